#include "replica/snapshot.h"

#include <string.h>

#include "replica/configuration.h"
#include "replica/wire.h"

bool qc_snapshot_is_name_sound(const char *name)
{
    size_t size = strlen(name);

    return size > 0 && size <= QC_SNAPSHOT_NAME_SIZE_MAX &&
           strchr(name, '/') == NULL && name[0] != '.';
}

/* Names rise, so that none comes twice; sizes fit one number together. */
static bool are_files_sound(const Qc__Peer__Manifest *manifest)
{
    uint64_t size = 0;

    if (manifest->n_files == 0 || manifest->n_files > QC_SNAPSHOT_FILES_MAX) {
        return false;
    }
    for (size_t i = 0; i < manifest->n_files; i++) {
        const Qc__Peer__CheckpointFile *file = manifest->files[i];

        if (!qc_snapshot_is_name_sound(file->name) ||
            file->checksum.len != QC_SNAPSHOT_HASH_SIZE ||
            file->size > INT64_MAX - size ||
            (i > 0 && strcmp(manifest->files[i - 1]->name, file->name) >= 0)) {
            return false;
        }
        size += file->size;
    }
    return true;
}

static bool are_servers_sound(const Qc__Peer__Manifest *manifest)
{
    unsigned n_voters = 0;

    if (manifest->n_servers > QC_SERVERS_MAX) {
        return false;
    }
    for (size_t i = 0; i < manifest->n_servers; i++) {
        const Qc__Peer__Server *server = manifest->servers[i];

        if (server->id == 0 || server->role > RAFT_SPARE ||
            server->address[0] == '\0') {
            return false;
        }
        for (size_t j = 0; j < i; j++) {
            if (manifest->servers[j]->id == server->id ||
                strcmp(manifest->servers[j]->address, server->address) == 0) {
                return false;
            }
        }
        n_voters += server->role == RAFT_VOTER ? 1 : 0;
    }
    return n_voters > 0;
}

bool qc_snapshot_is_sound(const Qc__Peer__Manifest *manifest)
{
    return manifest->format == QC_SNAPSHOT_FORMAT && manifest->index > 0 &&
           manifest->index < UINT64_MAX / 4 && manifest->term > 0 &&
           manifest->term < UINT64_MAX / 4 &&
           manifest->configuration_index > 0 &&
           manifest->configuration_index <= manifest->index &&
           manifest->state_hash.len == QC_SNAPSHOT_HASH_SIZE &&
           manifest->rows_hash.len == QC_SNAPSHOT_HASH_SIZE &&
           are_servers_sound(manifest) && are_files_sound(manifest) &&
           qc__peer__manifest__get_packed_size(manifest) <=
               QC_SNAPSHOT_SIZE_MAX;
}

int qc_snapshot_read(struct qc_bytes bytes, struct qc_snapshot *snapshot)
{
    struct qc_snapshot read = {.message = NULL};
    uint8_t *copy;

    qc_arena_init(&read.arena, QC_WIRE_ARENA_SIZE);
    copy = qc_arena_alloc(&read.arena, bytes.size + 1);
    if (copy != NULL && bytes.size > 0) {
        memcpy(copy, bytes.data, bytes.size);
        read.bytes = (struct qc_bytes){copy, bytes.size};
        read.message = (const Qc__Peer__Manifest *)qc_wire_read(
            &qc__peer__manifest__descriptor, read.bytes, &read.arena);
    }
    if (read.message == NULL) {
        qc_arena_done(&read.arena);
        return QC_E_NOMEM;
    }
    *snapshot = read;
    return 0;
}

int qc_snapshot_copy(const Qc__Peer__Manifest *manifest,
                     struct qc_snapshot *snapshot)
{
    size_t size = qc__peer__manifest__get_packed_size(manifest);
    uint8_t *bytes;
    int r = QC_E_NOMEM;

    if (size > QC_SNAPSHOT_SIZE_MAX) {
        return QC_E_NOMEM;
    }
    bytes = raft_malloc(size + 1);
    if (bytes != NULL) {
        (void)qc__peer__manifest__pack(manifest, bytes);
        r = qc_snapshot_read((struct qc_bytes){bytes, size}, snapshot);
    }
    raft_free(bytes);
    return r;
}

void qc_snapshot_move(struct qc_snapshot *from, struct qc_snapshot *to)
{
    qc_snapshot_done(to);
    *to = *from;
    *from = (struct qc_snapshot){.message = NULL};
}

void qc_snapshot_done(struct qc_snapshot *snapshot)
{
    if (snapshot->message != NULL) {
        qc_arena_done(&snapshot->arena);
        *snapshot = (struct qc_snapshot){.message = NULL};
    }
}

uint64_t qc_snapshot_index(const struct qc_snapshot *snapshot)
{
    return snapshot->message != NULL ? snapshot->message->index : 0;
}

int qc_snapshot_metadata(const Qc__Peer__Manifest *manifest,
                         struct raft_snapshot_metadata *metadata_out)
{
    struct raft_snapshot_metadata metadata = {
        .index = manifest->index,
        .term = manifest->term,
        .configuration_index = manifest->configuration_index,
    };

    raft_configuration_init(&metadata.configuration);
    for (size_t i = 0; i < manifest->n_servers; i++) {
        const Qc__Peer__Server *server = manifest->servers[i];
        int rv = raft_configuration_add(&metadata.configuration, server->id,
                                        server->address, (int)server->role);

        if (rv != 0) {
            raft_configuration_close(&metadata.configuration);
            return rv == RAFT_NOMEM ? QC_E_NOMEM : QC_E_CORRUPT;
        }
    }
    *metadata_out = metadata;
    return 0;
}
