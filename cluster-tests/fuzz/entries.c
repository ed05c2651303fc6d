/*
 * What stands in the log and in checkpoints: any bytes, read as an entry or as
 * a manifest.
 */
#include <string.h>

#include "base/arena.h"
#include "cluster-tests/fuzz/stories.h"
#include "cluster-tests/fuzz/target.h"
#include "codec/limits.h"
#include "codec/msgpack.h"
#include "command/apply.h"
#include "command/entry.h"
#include "command/table.h"
#include "command/test/world.h"
#include "machine/machine.h"
#include "storage/manifest.h"

enum {
    ARENA_SIZE = 4 * 1024 * 1024,
};

static void same(struct qc_bytes a, struct qc_bytes b)
{
    FUZZ_MUST(a.size == b.size && memcmp(a.data, b.data, a.size) == 0);
}

/* --- entry ---------------------------------------------------------------- */

static void answered(void *ctx,
                     const struct qc_command *command,
                     const struct qc_answer *answer)
{
    unsigned *n = ctx;

    FUZZ_MUST(command != NULL && answer->refusal >= 0);
    ++*n;
}

/* Whether no request in |entry| is beyond the limits of its fields. Edges see
 * to that, for limits are not of the machine: it trusts what is in the log. */
static bool is_within_limits(const struct qc_entry *entry,
                             struct qc_arena *arena)
{
    for (size_t i = 0; i < entry->n_commands; i++) {
        const struct qc_command *command = &entry->commands[i];
        const struct qc_method *method = qc_method_of_id(command->id);
        struct qc_codec_error error;
        ProtobufCMessage *request;

        if (method != NULL &&
            qc_msgpack_read(method->request, command->body, arena, &request,
                            &error) == QC_CODEC_OK &&
            !qc_limits_check(request, &error)) {
            return false;
        }
    }
    return true;
}

/* An entry that can be read is applied as a whole, each command answered, or is
 * a fault, and nobody is told anything. */
static void apply(struct qc_bytes bytes, size_t n_commands)
{
    struct qc_world world;
    unsigned n_answered = 0;
    int r;

    qc_world_open(&world, 0);
    r = qc_entry_apply(&world.machine, 1, bytes, answered, &n_answered);
    if (r == 0) {
        FUZZ_MUST(n_answered == n_commands);
        qc_world_verify(&world);
    } else {
        FUZZ_MUST(r < 0 && n_answered == 0);
    }
    qc_world_close(&world);
}

/* Equal entries are equal bytes: what is read is what would be written. */
void fuzz_entry_run(struct qc_bytes input)
{
    struct qc_arena arena;
    struct qc_entry entry;
    struct qc_bytes again;
    int r;

    qc_arena_init(&arena, ARENA_SIZE);
    r = qc_entry_read(input, &arena, &entry);
    if (r == 0) {
        FUZZ_MUST(qc_entry_write(&entry, &arena, &again) == 0);
        same(input, again);
        if (is_within_limits(&entry, &arena)) {
            apply(input, entry.n_commands);
        }
    } else {
        FUZZ_MUST(r == QC_E_CORRUPT);
    }
    qc_arena_done(&arena);
}

void fuzz_entry_seed(const struct fuzz_seeds *seeds)
{
    stories_seed_entries(seeds);
}

/* --- manifest ------------------------------------------------------------- */

void fuzz_manifest_run(struct qc_bytes input)
{
    struct qc_manifest manifest = {.message = NULL};
    struct qc_manifest again = {.message = NULL};
    struct qc_arena arena;
    struct qc_bytes bytes;

    qc_arena_init(&arena, ARENA_SIZE);
    if (qc_manifest_read(input, &manifest) == 0) {
        FUZZ_MUST(qc_manifest_flaw(manifest.message) == NULL);
        (void)qc_manifest_size(manifest.message);
        for (size_t i = 0; i < manifest.message->n_files; i++) {
            FUZZ_MUST(qc_manifest_is_name(manifest.message->files[i]->name));
        }
        FUZZ_MUST(qc_manifest_write(manifest.message, &arena, &bytes) == 0);
        FUZZ_MUST(qc_manifest_read(bytes, &again) == 0);
        FUZZ_MUST(qc_manifest_same(manifest.message, again.message));
    }
    qc_manifest_done(&again);
    qc_manifest_done(&manifest);
    qc_arena_done(&arena);
}

void fuzz_manifest_seed(const struct fuzz_seeds *seeds)
{
    static char name[] = "000007.sst";
    static char address[] = "127.0.0.1:7400";
    static char cluster[] = "a-cluster";
    static uint8_t hash[QC_CHECKSUM_SIZE];
    ProtobufCBinaryData sum = {sizeof(hash), hash};
    Qc__Peer__CheckpointFile file = QC__PEER__CHECKPOINT_FILE__INIT;
    Qc__Peer__CheckpointFile *files[] = {&file};
    Qc__Peer__Server server = QC__PEER__SERVER__INIT;
    Qc__Peer__Server *servers[] = {&server};
    Qc__Peer__Manifest message = QC__PEER__MANIFEST__INIT;
    struct qc_arena arena;
    struct qc_bytes bytes;

    file.name = name;
    file.size = 4096;
    file.checksum = sum;
    server.id = 1;
    server.address = address;
    message.format = QC_MANIFEST_FORMAT;
    message.cluster_id = cluster;
    message.index = 12;
    message.term = 3;
    message.state_hash = sum;
    message.rows_hash = sum;
    message.n_servers = 1;
    message.servers = servers;
    message.n_files = 1;
    message.files = files;
    qc_arena_init(&arena, ARENA_SIZE);
    FUZZ_MUST(qc_manifest_flaw(&message) == NULL);
    FUZZ_MUST(qc_manifest_write(&message, &arena, &bytes) == 0);
    seeds->take(seeds->ctx, bytes);
    qc_arena_done(&arena);
}
