#include "storage/digest.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "machine/fold.h"
#include "machine/member.h"
#include "quorumcall/v1/cluster_service.pb-c.h"
#include "storage/rows.h"
#include "storage/tree.h"

enum {
    READ_SIZE = 256 * 1024,
    /* As libraft numbers roles, in a configuration. */
    ROLE_STANDBY = 0,
    ROLE_VOTER = 1,
};

static_assert(QC_CHECKSUM_SIZE == sizeof(XXH128_canonical_t), "of 128 bits");

static void canonical(const XXH3_state_t *state,
                      uint8_t checksum_out[QC_CHECKSUM_SIZE])
{
    XXH128_canonical_t bytes;

    XXH128_canonicalFromHash(&bytes, XXH3_128bits_digest(state));
    memcpy(checksum_out, bytes.digest, QC_CHECKSUM_SIZE);
}

/* --- files ---------------------------------------------------------------- */

static int sum(int fd, XXH3_state_t *state, uint8_t *buffer, uint64_t *size_out)
{
    uint64_t size = 0;

    for (;;) {
        ssize_t n = read(fd, buffer, READ_SIZE);

        if (n == 0) {
            *size_out = size;
            return 0;
        }
        if (n < 0 && errno != EINTR) {
            return QC_E_IO;
        }
        if (n > 0) {
            (void)XXH3_128bits_update(state, buffer, (size_t)n);
            size += (uint64_t)n;
        }
    }
}

int qc_digest_file(const char *path,
                   uint64_t *size_out,
                   uint8_t checksum_out[QC_CHECKSUM_SIZE])
{
    XXH3_state_t *state = XXH3_createState();
    uint8_t *buffer = malloc(READ_SIZE);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int r = state == NULL || buffer == NULL ? QC_E_NOMEM : QC_E_IO;
    int kept;

    if (r != QC_E_NOMEM && fd >= 0) {
        (void)XXH3_128bits_reset(state);
        r = sum(fd, state, buffer, size_out);
        canonical(state, checksum_out);
    }
    kept = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    free(buffer);
    (void)XXH3_freeState(state);
    errno = kept;
    return r;
}

/* --- rows ----------------------------------------------------------------- */

static uint8_t *give_bytes(struct qc_arena *arena,
                           const uint8_t *from,
                           size_t size,
                           ProtobufCBinaryData *out)
{
    uint8_t *to = qc_arena_alloc(arena, size);

    if (to != NULL) {
        memcpy(to, from, size);
        *out = (ProtobufCBinaryData){size, to};
    }
    return to;
}

static void add_sized(XXH3_state_t *state, struct qc_bytes bytes)
{
    uint8_t size[4] = {
        (uint8_t)(bytes.size >> 24),
        (uint8_t)(bytes.size >> 16),
        (uint8_t)(bytes.size >> 8),
        (uint8_t)bytes.size,
    };

    (void)XXH3_128bits_update(state, size, sizeof(size));
    if (bytes.size > 0) {
        (void)XXH3_128bits_update(state, bytes.data, bytes.size);
    }
}

static int hash_rows(struct qc_store *store,
                     XXH3_state_t *state,
                     uint64_t *n_out)
{
    static const struct qc_key all = {.len = 0};
    struct qc_cursor *cursor;
    struct qc_bytes row;
    struct qc_key key;
    bool found = true;
    int r = store->ops->open(store, &all, NULL, &cursor);

    if (r != 0) {
        return r;
    }
    *n_out = 0;
    while (r == 0 && found) {
        r = store->ops->next(cursor, &key, &row, &found);
        if (r == 0 && found) {
            add_sized(state, (struct qc_bytes){key.data, key.len});
            add_sized(state, row);
            (*n_out)++;
        }
    }
    store->ops->close(cursor);
    return r;
}

static int add_rows_hash(struct qc_rows *rows,
                         struct qc_arena *arena,
                         Qc__Peer__Manifest *manifest)
{
    XXH3_state_t *state = XXH3_createState();
    uint8_t checksum[QC_CHECKSUM_SIZE];
    int r;

    if (state == NULL) {
        return QC_E_NOMEM;
    }
    (void)XXH3_128bits_reset(state);
    r = hash_rows(qc_rows_store(rows), state, &manifest->n_rows);
    canonical(state, checksum);
    (void)XXH3_freeState(state);
    if (r == 0 && give_bytes(arena, checksum, sizeof(checksum),
                             &manifest->rows_hash) == NULL) {
        r = QC_E_NOMEM;
    }
    return r;
}

static int add_applied(struct qc_rows *rows,
                       struct qc_arena *arena,
                       Qc__Peer__Manifest *manifest)
{
    const Qc__State__AppliedRow *applied;
    int r = qc_rows_applied(rows, arena, &applied);

    if (r != 0) {
        return r;
    }
    if (applied == NULL || applied->log_index == 0 ||
        applied->hash.len != QC_HASH_SIZE) {
        return QC_E_CORRUPT;
    }
    manifest->index = applied->log_index;
    manifest->now_ms = applied->now_ms;
    manifest->state_hash = applied->hash;
    return 0;
}

static Qc__Peer__Server *server_of(struct qc_arena *arena,
                                   const Qc__State__MemberRow *member)
{
    Qc__Peer__Server *server = qc_arena_alloc(arena, sizeof(*server));

    if (server != NULL) {
        qc__peer__server__init(server);
        server->id = member->node_id;
        server->address = member->address;
        server->role = member->role == QC__V1__MEMBER_ROLE__MEMBER_ROLE_VOTER
                           ? ROLE_VOTER
                           : ROLE_STANDBY;
    }
    return server;
}

static int add_members(struct qc_rows *rows,
                       struct qc_arena *arena,
                       Qc__Peer__Manifest *manifest)
{
    struct qc_txn txn = {.store = qc_rows_store(rows)};
    const Qc__State__MembersRow *row;
    int r;

    txn.arena = arena;
    row = qc_members_get(&txn);
    r = qc_txn_answer(&txn, 0);
    if (r != 0 || row == NULL) {
        return r;
    }
    manifest->configuration_index = row->configuration_index;
    manifest->cluster_version =
        row->cluster_version > 0 ? row->cluster_version : 1;
    manifest->servers =
        qc_arena_alloc(arena, (row->n_members + 1) * sizeof(manifest->servers));
    if (manifest->servers == NULL) {
        return QC_E_NOMEM;
    }
    manifest->n_servers = 0;
    for (size_t i = 0; i < row->n_members; i++) {
        Qc__Peer__Server *server;

        if (row->members[i]->role ==
            QC__V1__MEMBER_ROLE__MEMBER_ROLE_UNSPECIFIED) {
            continue;
        }
        server = server_of(arena, row->members[i]);
        if (server == NULL) {
            return QC_E_NOMEM;
        }
        manifest->servers[manifest->n_servers++] = server;
    }
    return 0;
}

/* RocksDB's diary, which it writes when it only reads, too. */
static int remove_diary(void *ctx, const char *name)
{
    const char *path = ctx;
    char file[PATH_MAX];

    if (strncmp(name, "LOG", 3) == 0 &&
        snprintf(file, sizeof(file), "%s/%s", path, name) < (int)sizeof(file)) {
        (void)unlink(file);
    }
    return 0;
}

int qc_digest_rows(const char *path,
                   struct qc_arena *arena,
                   Qc__Peer__Manifest *manifest,
                   struct qc_text text)
{
    char own[PATH_MAX];
    struct qc_rows *rows;
    int r = qc_rows_open_to_read(path, &rows, text.out, text.size);

    if (r != 0) {
        return r;
    }
    r = add_applied(rows, arena, manifest);
    if (r == 0) {
        r = add_members(rows, arena, manifest);
    }
    if (r == 0) {
        r = add_rows_hash(rows, arena, manifest);
    }
    if (r != 0) {
        r = qc_say(text, r, "%s: the rows in it cannot be read: %s", path,
                   qc_rows_error(rows));
    }
    qc_rows_close(rows);
    (void)snprintf(own, sizeof(own), "%s", path);
    return r != 0 ? r : qc_tree_each(path, remove_diary, own, text);
}
