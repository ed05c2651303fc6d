/*
 * qcctl snapshot save: a node's checkpoint, read part by part into one file.
 *
 * A node keeps its checkpoints for a while only. When the one that is being
 * read is dropped, it begins again with the next.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "cli/backup_writer.h"
#include "cli/inquiry.h"
#include "cli/manifest.h"
#include "cli/patience.h"
#include "cli/roster.h"
#include "cli/words.h"

enum {
    TRIES = 3,
    PART_SIZE = 512 * 1024,
    PART_ARENA_SIZE_MAX = 4 * 1024 * 1024,
    TAKE_WITHIN_MS = 5 * 60 * 1000,
    LOOK_EVERY_MS = 200,
    TELL_EVERY_MS = 1000,
    MIB = 1024 * 1024,
};

/* How an attempt ended, when not as qcctl ends. */
enum attempt {
    DONE,
    DROPPED, /* The checkpoint, by the node. */
    FAILED,
};

struct save {
    struct qc_inquiry inquiry;
    const char *path;
    struct qc_arena arena; /* The manifest. */
    struct qc_bytes manifest_bytes;
    const Qc__Peer__Manifest *manifest;
    struct qc_backup_writer writer;
    uint64_t n_read;
    uint64_t size;
    int64_t told_ms;
    enum qc_exit exit; /* When FAILED. */
};

/* Asks the node, without a word on NOT_FOUND. */
static enum attempt ask(struct save *save,
                        const struct qc_rpc *rpc,
                        const ProtobufCMessage *request,
                        struct qc_arena *arena,
                        struct qc_client_answer *answer)
{
    if (!qc_client_ask(save->inquiry.client, rpc, request,
                       save->inquiry.timeout_ms, arena, answer)) {
        fprintf(stderr, "qcctl: out of memory\n");
        save->exit = QC_EXIT_FAILED;
        return FAILED;
    }
    if (answer->status == QC_STATUS_NOT_FOUND) {
        return DROPPED;
    }
    if (answer->status != QC_STATUS_OK) {
        save->exit = qc_inquiry_complain(answer);
        return FAILED;
    }
    return DONE;
}

/* Reads the newest manifest. It is NULL when the node has no checkpoint. */
static bool read_manifest(struct save *save)
{
    Qc__V1__GetCheckpointRequest request = QC__V1__GET_CHECKPOINT_REQUEST__INIT;
    const Qc__V1__GetCheckpointResponse *newest;
    struct qc_client_answer answer;

    qc_arena_done(&save->arena);
    qc_arena_init(&save->arena, QC_MANIFEST_ARENA_SIZE_MAX);
    save->manifest = NULL;
    if (ask(save, &qc_rpc_get_checkpoint, &request.base, &save->arena,
            &answer) != DONE) {
        return false;
    }
    newest = (const Qc__V1__GetCheckpointResponse *)answer.response;
    save->manifest_bytes =
        (struct qc_bytes){newest->manifest.data, newest->manifest.len};
    if (newest->manifest.len == 0) {
        return true;
    }
    save->manifest = qc_manifest_decode(save->manifest_bytes, &save->arena);
    save->exit = QC_EXIT_FAILED;
    return save->manifest != NULL;
}

/* Has the node take a checkpoint, and waits until it is there. */
static bool take(struct save *save)
{
    Qc__V1__TakeCheckpointRequest request =
        QC__V1__TAKE_CHECKPOINT_REQUEST__INIT;
    int64_t deadline_ms = qc_patience_now_ms() + TAKE_WITHIN_MS;
    struct qc_client_answer answer;
    struct qc_arena arena;
    uint64_t index = 0;
    bool ok;

    qc_arena_init(&arena, PART_ARENA_SIZE_MAX);
    ok = ask(save, &qc_rpc_take_checkpoint, &request.base, &arena, &answer) ==
         DONE;
    if (ok) {
        index = ((const Qc__V1__TakeCheckpointResponse *)answer.response)
                    ->applied_index;
    }
    qc_arena_done(&arena);
    if (ok) {
        fprintf(stderr, "the node takes a checkpoint of entry %" PRIu64 "\n",
                index);
    }
    while (ok && (ok = read_manifest(save)) &&
           (save->manifest == NULL || save->manifest->index < index)) {
        ok = qc_patience_pause(deadline_ms, LOOK_EVERY_MS);
        if (!ok) {
            fprintf(stderr, "qcctl: the node takes no checkpoint\n");
            save->exit = QC_EXIT_TIMED_OUT;
        }
    }
    return ok;
}

/* Says how far it is; to a file, only where it begins and ends. */
static void tell(struct save *save)
{
    int64_t now_ms = qc_patience_now_ms();

    if (isatty(STDERR_FILENO) != 0 && now_ms - save->told_ms >= TELL_EVERY_MS) {
        fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " MiB", save->n_read / MIB,
                save->size / MIB);
        save->told_ms = now_ms;
    }
}

static enum attempt fetch_part(struct save *save,
                               const Qc__Peer__CheckpointFile *file,
                               uint64_t *offset)
{
    Qc__V1__ReadCheckpointRequest request =
        QC__V1__READ_CHECKPOINT_REQUEST__INIT;
    const Qc__V1__ReadCheckpointResponse *part;
    struct qc_client_answer answer;
    struct qc_arena arena;
    enum attempt attempt;

    request.index = save->manifest->index;
    request.file = file->name;
    request.offset = *offset;
    request.size = PART_SIZE;
    qc_arena_init(&arena, PART_ARENA_SIZE_MAX);
    attempt =
        ask(save, &qc_rpc_read_checkpoint, &request.base, &arena, &answer);
    if (attempt == DONE) {
        part = (const Qc__V1__ReadCheckpointResponse *)answer.response;
        if (part->data.len == 0 || part->data.len > file->size - *offset) {
            fprintf(stderr, "qcctl: %s: the node's file has another size\n",
                    file->name);
            save->exit = QC_EXIT_FAILED;
            attempt = FAILED;
        } else if (!qc_backup_writer_add(
                       &save->writer,
                       (struct qc_bytes){part->data.data, part->data.len})) {
            save->exit = QC_EXIT_FAILED;
            attempt = FAILED;
        } else {
            *offset += part->data.len;
            save->n_read += part->data.len;
            tell(save);
        }
    }
    qc_arena_done(&arena);
    return attempt;
}

static enum attempt fetch_file(struct save *save,
                               const Qc__Peer__CheckpointFile *file)
{
    enum attempt attempt = DONE;
    uint64_t offset = 0;

    while (attempt == DONE && offset < file->size) {
        attempt = fetch_part(save, file, &offset);
    }
    if (attempt == DONE &&
        !qc_backup_writer_end_file(
            &save->writer,
            (struct qc_bytes){file->checksum.data, file->checksum.len})) {
        save->exit = QC_EXIT_FAILED;
        attempt = FAILED;
    }
    return attempt;
}

/* Takes a checkpoint and reads it into the file. */
static enum attempt try_once(struct save *save)
{
    enum attempt attempt = DONE;

    save->n_read = save->size = 0;
    save->exit = QC_EXIT_FAILED;
    if (!take(save) || !qc_backup_writer_open(&save->writer, save->path,
                                              save->manifest_bytes)) {
        return FAILED;
    }
    save->size = qc_manifest_bytes(save->manifest);
    for (size_t i = 0; attempt == DONE && i < save->manifest->n_files; i++) {
        attempt = fetch_file(save, save->manifest->files[i]);
    }
    if (isatty(STDERR_FILENO) != 0 && save->told_ms != 0) {
        fputc('\n', stderr);
    }
    return attempt == DONE && !qc_backup_writer_commit(&save->writer) ? FAILED
                                                                      : attempt;
}

/* Which node to read from: the one that was said, or else one that follows, so
 * that the leader has nothing more to do. NULL, and why on stderr. */
static const char *choose_node(const struct qc_options *options,
                               const struct qc_words *words,
                               struct qc_roster *roster)
{
    if (words->endpoint != NULL) {
        return words->endpoint;
    }
    if (!qc_roster_look(roster, options)) {
        return NULL;
    }
    for (unsigned i = 0; i < roster->n_members; i++) {
        const struct qc_node_view *view = roster->members[i].view;

        if (view != NULL && view != roster->leader && !view->installing) {
            return view->address;
        }
    }
    if (roster->teller == NULL) {
        fprintf(stderr, "qcctl: no node answers\n");
        return NULL;
    }
    return roster->teller->address;
}

static enum qc_exit save_from(const char *endpoint,
                              const struct qc_options *options,
                              const char *path)
{
    struct save save = {.path = path};
    struct qc_options these = *options;
    enum attempt attempt = DROPPED;

    these.endpoints = endpoint;
    if (!qc_inquiry_open(&save.inquiry, &these)) {
        return QC_EXIT_USAGE;
    }
    qc_arena_init(&save.arena, QC_MANIFEST_ARENA_SIZE_MAX);
    for (unsigned i = 0; attempt == DROPPED && i < TRIES; i++) {
        attempt = try_once(&save);
        if (attempt == DONE) {
            qc_manifest_print(save.manifest, path, options);
        } else if (attempt == DROPPED) {
            fprintf(stderr, "qcctl: the node has dropped the checkpoint%s\n",
                    i + 1 < TRIES ? "; once more" : "");
        }
        qc_backup_writer_abort(&save.writer);
    }
    qc_arena_done(&save.arena);
    qc_inquiry_close(&save.inquiry);
    return attempt == DONE      ? QC_EXIT_OK
           : attempt == DROPPED ? QC_EXIT_FAILED
                                : save.exit;
}

enum qc_exit qc_snapshot_save(const struct qc_verb *verb,
                              const struct qc_options *options)
{
    struct qc_roster roster;
    struct qc_words words;
    const char *endpoint;

    if (!qc_words_read(verb, options, 1, 1, &words)) {
        return QC_EXIT_USAGE;
    }
    if (access(words.bare[0], F_OK) == 0) {
        fprintf(stderr, "qcctl: %s: is there already\n", words.bare[0]);
        return QC_EXIT_FAILED;
    }
    endpoint = choose_node(options, &words, &roster);
    return endpoint != NULL ? save_from(endpoint, options, words.bare[0])
                            : QC_EXIT_UNREACHABLE;
}
