#include "storage/fetch.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/checkpoint_path.h"
#include "storage/rocks.h"
#include "storage/tree.h"

static const char FETCH[] = ".fetch";

/* Everything before byte |at| of file |file| is here. */
struct qc_fetch {
    struct qc_manifest manifest;
    char path[PATH_MAX];  /* Where it grows, */
    char whole[PATH_MAX]; /* and where it goes when it is whole. */
    size_t file;
    uint64_t at;
    uint64_t have;
    int fd; /* Of that file; -1: not open. */
    char text[QC_STORAGE_TEXT_SIZE];
};

static struct qc_text text_of(struct qc_fetch *fetch)
{
    return qc_text_of(fetch->text, sizeof(fetch->text));
}

static const Qc__Peer__CheckpointFile *next_file(const struct qc_fetch *fetch)
{
    return fetch->manifest.message->files[fetch->file];
}

static bool is_whole(const struct qc_fetch *fetch)
{
    return fetch->file == fetch->manifest.message->n_files;
}

static void close_file(struct qc_fetch *fetch)
{
    if (fetch->fd >= 0) {
        (void)close(fetch->fd);
        fetch->fd = -1;
    }
}

/* --- where it was left ---------------------------------------------------- */

/* Whether |path| is of the same manifest. */
static bool is_of(const struct qc_fetch *fetch, const char *path)
{
    struct qc_manifest found;
    bool same = false;

    if (qc_manifest_load(path, &found) == 0) {
        same = qc_manifest_same(found.message, fetch->manifest.message);
        qc_manifest_done(&found);
    }
    return same;
}

/* Other fetches that were begun. */
struct search {
    const struct qc_fetch *fetch;
    const char *directory;
    struct qc_text text;
};

static int retire_other(void *ctx, const char *name)
{
    const struct search *search = ctx;
    const char *dot = strrchr(name, '.');
    char path[PATH_MAX];
    int r;

    if (dot == NULL || strcmp(dot, FETCH) != 0) {
        return 0;
    }
    r = qc_tree_join(path, search->directory, name, search->text);
    if (r != 0 || (strcmp(path, search->fetch->path) == 0 &&
                   is_of(search->fetch, path))) {
        return r;
    }
    return qc_checkpoint_retire(path, search->text);
}

/* Sees how far it is. A file that is too long is none of ours: it is written
 * anew. */
static void measure(struct qc_fetch *fetch)
{
    char unsaid[1];
    struct stat found;
    char path[PATH_MAX];

    while (!is_whole(fetch)) {
        uint64_t size = next_file(fetch)->size;

        if (qc_tree_join(path, fetch->path, next_file(fetch)->name,
                         qc_text_of(unsaid, sizeof(unsaid))) != 0 ||
            stat(path, &found) != 0 || (uint64_t)found.st_size > size) {
            return;
        }
        fetch->have += (uint64_t)found.st_size;
        if ((uint64_t)found.st_size < size) {
            fetch->at = (uint64_t)found.st_size;
            return;
        }
        fetch->file++;
    }
}

static int begin(struct qc_fetch *fetch, struct qc_text text)
{
    int r = qc_tree_make(fetch->path, text);

    if (r == 0 && qc_manifest_save(fetch->path, fetch->manifest.message) != 0) {
        r = qc_say(text, QC_E_IO, "%s/manifest: cannot be written: %s",
                   fetch->path, strerror(errno));
    }
    return r;
}

static int find(struct qc_fetch *fetch,
                const char *directory,
                struct qc_text text)
{
    struct search search = {fetch, directory, text};
    uint64_t index = fetch->manifest.message->index;
    int r = qc_checkpoint_path(directory, index, fetch->whole, text);

    if (r == 0 && snprintf(fetch->path, sizeof(fetch->path), "%s%s",
                           fetch->whole, FETCH) >= (int)sizeof(fetch->path)) {
        r = qc_say(text, QC_E_IO, "%.256s...: the path is too long", directory);
    }
    if (r == 0) {
        r = qc_tree_each(directory, retire_other, &search, text);
    }
    if (r == 0 && access(fetch->path, F_OK) != 0 &&
        is_of(fetch, fetch->whole)) {
        /* It was whole, but was not made the rows. */
        r = qc_tree_rename(fetch->whole, fetch->path, text);
        if (r != 0 && errno == ENOENT) {
            r = 0; /* It has just been dropped. */
        }
    }
    if (r == 0 && access(fetch->path, F_OK) != 0) {
        r = begin(fetch, text);
    }
    if (r == 0) {
        measure(fetch);
    }
    return r;
}

int qc_fetch_open(const char *directory,
                  const Qc__Peer__Manifest *manifest,
                  struct qc_fetch **fetch_out,
                  char *text_out,
                  size_t text_size)
{
    struct qc_text text = qc_text_of(text_out, text_size);
    struct qc_fetch *fetch = calloc(1, sizeof(*fetch));
    const char *flaw = qc_manifest_flaw(manifest);
    int r;

    if (fetch == NULL) {
        return qc_say(text, QC_E_NOMEM, "%s: out of memory", directory);
    }
    fetch->fd = -1;
    r = qc_manifest_copy(manifest, &fetch->manifest);
    if (r != 0) {
        free(fetch);
        return qc_say(text, r,
                      "checkpoint of index %" PRIu64 ": the manifest %s",
                      manifest->index, flaw != NULL ? flaw : "is too large");
    }
    r = find(fetch, directory, text);
    if (r != 0) {
        qc_fetch_close(fetch);
        return r;
    }
    *fetch_out = fetch;
    return 0;
}

void qc_fetch_close(struct qc_fetch *fetch)
{
    if (fetch == NULL) {
        return;
    }
    close_file(fetch);
    qc_manifest_done(&fetch->manifest);
    free(fetch);
}

uint64_t qc_fetch_have(const struct qc_fetch *fetch)
{
    return fetch->have;
}

/* --- what comes ----------------------------------------------------------- */

static int open_file(struct qc_fetch *fetch)
{
    char path[PATH_MAX];
    int r;

    if (fetch->fd >= 0) {
        return 0;
    }
    r = qc_tree_join(path, fetch->path, next_file(fetch)->name, text_of(fetch));
    if (r != 0) {
        return r;
    }
    fetch->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fetch->fd < 0 || ftruncate(fetch->fd, (off_t)fetch->at) != 0) {
        return qc_say(text_of(fetch), QC_E_IO, "%s: cannot be written: %s",
                      path, strerror(errno));
    }
    return 0;
}

static int write_part(struct qc_fetch *fetch, struct qc_bytes data)
{
    size_t done = 0;

    while (done < data.size) {
        ssize_t n = pwrite(fetch->fd, data.data + done, data.size - done,
                           (off_t)(fetch->at + done));

        if (n < 0 && errno != EINTR) {
            return qc_say(text_of(fetch), QC_E_IO,
                          "%s/%s: cannot be written: %s", fetch->path,
                          next_file(fetch)->name, strerror(errno));
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* Files without bytes come by themselves. */
static int pass_empty(struct qc_fetch *fetch)
{
    int r = 0;

    while (r == 0 && !is_whole(fetch) && fetch->at == next_file(fetch)->size) {
        r = open_file(fetch);
        close_file(fetch);
        fetch->file++;
        fetch->at = 0;
    }
    return r;
}

int qc_fetch_write(struct qc_fetch *fetch,
                   const struct qc_checkpoint_part *part,
                   struct qc_bytes data)
{
    int r = pass_empty(fetch);

    if (r != 0) {
        return r;
    }
    if (is_whole(fetch) || part->index != fetch->manifest.message->index ||
        strcmp(part->file, next_file(fetch)->name) != 0 ||
        part->offset != fetch->at || data.size == 0 ||
        data.size > next_file(fetch)->size - fetch->at) {
        return 1;
    }
    r = open_file(fetch);
    if (r == 0) {
        r = write_part(fetch, data);
    }
    if (r != 0) {
        return r;
    }
    fetch->at += data.size;
    fetch->have += data.size;
    return pass_empty(fetch);
}

/* --- the end -------------------------------------------------------------- */

static int sync_files(struct qc_fetch *fetch)
{
    const Qc__Peer__Manifest *manifest = fetch->manifest.message;
    char path[PATH_MAX];
    int r = 0;

    for (size_t i = 0; r == 0 && i < manifest->n_files; i++) {
        r = qc_tree_join(path, fetch->path, manifest->files[i]->name,
                         text_of(fetch));
        if (r == 0) {
            r = qc_tree_sync(path, text_of(fetch));
        }
    }
    return r != 0 ? r : qc_tree_sync(fetch->path, text_of(fetch));
}

int qc_fetch_finish(struct qc_fetch *fetch)
{
    char unsaid[1];
    int r = pass_empty(fetch);

    close_file(fetch);
    if (r == 0 && !is_whole(fetch)) {
        r = qc_say(text_of(fetch), QC_E_CORRUPT,
                   "%s: %" PRIu64 " of %" PRIu64 " bytes are here: it must be "
                   "fetched again",
                   fetch->path, fetch->have,
                   qc_manifest_size(fetch->manifest.message));
    }
    if (r == 0) {
        r = sync_files(fetch);
    }
    if (r == 0) {
        r = qc_checkpoint_verify(fetch->path, fetch->manifest.message,
                                 fetch->text, sizeof(fetch->text));
    }
    if (r == 0) {
        return qc_checkpoint_place(fetch->path, fetch->whole, text_of(fetch));
    }
    if (r == QC_E_CORRUPT) {
        int dropped =
            qc_checkpoint_drop(fetch->path, qc_text_of(unsaid, sizeof(unsaid)));

        /* It must not be found again. */
        r = dropped != 0 ? dropped : r;
    }
    return r;
}

const Qc__Peer__Manifest *qc_fetch_manifest(const struct qc_fetch *fetch)
{
    return fetch->manifest.message;
}

const char *qc_fetch_error(const struct qc_fetch *fetch)
{
    return fetch->text;
}
