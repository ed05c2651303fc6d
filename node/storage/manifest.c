#include "storage/manifest.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "machine/fold.h"
#include "machine/member.h"
#include "storage/sealed_file.h"

enum {
    ARENA_SIZE = 8 * 1024 * 1024, /* Of a message with all its files. */
    CLUSTER_ID_LENGTH_MAX = 64,
    ADDRESS_LENGTH_MAX = 262,
};

/* Of the file beside them, and of what it is renamed from. */
static const char OWN_NAME[] = "manifest";

void qc_manifest_done(struct qc_manifest *manifest)
{
    if (manifest->message != NULL) {
        qc_arena_done(&manifest->arena);
    }
    *manifest = (struct qc_manifest){.message = NULL};
}

bool qc_manifest_is_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    size_t length = strnlen(name, QC_MANIFEST_NAME_SIZE);

    return length > 0 && length < QC_MANIFEST_NAME_SIZE &&
           strspn(name, allowed) == length && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0 &&
           strncmp(name, OWN_NAME, sizeof(OWN_NAME) - 1) != 0;
}

static const char *flaw_of_files(const Qc__Peer__Manifest *message)
{
    uint64_t left = INT64_MAX;

    if (message->n_files == 0 || message->n_files > QC_MANIFEST_FILES_MAX) {
        return "names no file, or more than 4096";
    }
    for (size_t i = 0; i < message->n_files; i++) {
        const Qc__Peer__CheckpointFile *file = message->files[i];

        if (!qc_manifest_is_name(file->name)) {
            return "names a file that no checkpoint has";
        }
        if (i > 0 && strcmp(message->files[i - 1]->name, file->name) >= 0) {
            return "names its files twice or out of order";
        }
        if (file->checksum.len != QC_CHECKSUM_SIZE) {
            return "has a file without its checksum";
        }
        if (file->size > left) {
            return "has files that are too large together";
        }
        left -= file->size;
    }
    return NULL;
}

static const char *flaw_of_servers(const Qc__Peer__Manifest *message)
{
    if (message->n_servers > QC_MEMBERS_MAX) {
        return "has more than 16 members";
    }
    for (size_t i = 0; i < message->n_servers; i++) {
        const Qc__Peer__Server *server = message->servers[i];
        size_t length = strnlen(server->address, ADDRESS_LENGTH_MAX + 1);

        if (server->id == 0 || length == 0 || length > ADDRESS_LENGTH_MAX) {
            return "has a member without its id or address";
        }
    }
    return NULL;
}

const char *qc_manifest_flaw(const Qc__Peer__Manifest *message)
{
    size_t id_length = strnlen(message->cluster_id, CLUSTER_ID_LENGTH_MAX + 1);
    const char *flaw;

    if (message->format != QC_MANIFEST_FORMAT) {
        return "is of a format that this release does not know";
    }
    if (id_length == 0 || id_length > CLUSTER_ID_LENGTH_MAX) {
        return "does not say of which cluster it is";
    }
    if (message->index == 0 || message->configuration_index > message->index) {
        return "has no index, or members that are newer";
    }
    if (message->state_hash.len != QC_HASH_SIZE ||
        message->rows_hash.len != QC_CHECKSUM_SIZE) {
        return "lacks the hashes of its rows";
    }
    flaw = flaw_of_servers(message);
    return flaw != NULL ? flaw : flaw_of_files(message);
}

int qc_manifest_read(struct qc_bytes bytes, struct qc_manifest *manifest_out)
{
    struct qc_manifest manifest = {.message = NULL};
    ProtobufCMessage *message = NULL;
    struct qc_codec_error error;
    enum qc_codec_answer answer;
    int r = 0;

    if (bytes.size > QC_MANIFEST_SIZE_MAX) {
        return QC_E_CORRUPT;
    }
    qc_arena_init(&manifest.arena, ARENA_SIZE);
    answer = qc_decode(QC_FORMAT_PROTOBUF, &qc__peer__manifest__descriptor,
                       bytes, &manifest.arena, &message, &error);
    manifest.message = (const Qc__Peer__Manifest *)message;
    if (answer == QC_CODEC_TOO_BIG) {
        r = QC_E_NOMEM;
    } else if (answer != QC_CODEC_OK ||
               qc_manifest_flaw(manifest.message) != NULL) {
        r = QC_E_CORRUPT;
    }
    if (r != 0) {
        qc_arena_done(&manifest.arena);
        return r;
    }
    *manifest_out = manifest;
    return 0;
}

int qc_manifest_write(const Qc__Peer__Manifest *message,
                      struct qc_arena *arena,
                      struct qc_bytes *bytes_out)
{
    bool good = qc_encode(QC_FORMAT_PROTOBUF, &message->base, arena, bytes_out);

    return good ? 0 : QC_E_NOMEM;
}

int qc_manifest_copy(const Qc__Peer__Manifest *message,
                     struct qc_manifest *manifest_out)
{
    struct qc_arena arena;
    struct qc_bytes bytes;
    int r;

    qc_arena_init(&arena, ARENA_SIZE);
    r = qc_manifest_write(message, &arena, &bytes);
    if (r == 0) {
        r = qc_manifest_read(bytes, manifest_out);
    }
    qc_arena_done(&arena);
    return r;
}

uint64_t qc_manifest_size(const Qc__Peer__Manifest *message)
{
    uint64_t size = 0;

    for (size_t i = 0; i < message->n_files; i++) {
        size += message->files[i]->size;
    }
    return size;
}

static int path_of(const char *path, char file_out[PATH_MAX])
{
    if (snprintf(file_out, PATH_MAX, "%s/%s", path, OWN_NAME) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return QC_E_IO;
    }
    return 0;
}

int qc_manifest_save(const char *path, const Qc__Peer__Manifest *message)
{
    char file[PATH_MAX];
    struct qc_arena arena;
    struct qc_bytes bytes;
    int r = path_of(path, file);

    if (r != 0) {
        return r;
    }
    qc_arena_init(&arena, ARENA_SIZE);
    r = qc_manifest_write(message, &arena, &bytes);
    if (r == 0) {
        r = qc_sealed_file_write_bytes(file, bytes);
    }
    qc_arena_done(&arena);
    return r;
}

int qc_manifest_load(const char *path, struct qc_manifest *manifest_out)
{
    enum {
        SEALED_SIZE_MAX = QC_MANIFEST_SIZE_MAX + 64,
    };
    char file[PATH_MAX];
    struct qc_bytes bytes;
    uint8_t *buffer;
    int r = path_of(path, file);

    if (r != 0) {
        return r;
    }
    buffer = malloc(SEALED_SIZE_MAX);
    if (buffer == NULL) {
        return QC_E_NOMEM;
    }
    r = qc_sealed_file_read_bytes(file, buffer, SEALED_SIZE_MAX, &bytes.size);
    if (r == 0) {
        bytes.data = buffer;
        r = qc_manifest_read(bytes, manifest_out);
    }
    free(buffer);
    return r;
}

bool qc_manifest_same(const Qc__Peer__Manifest *a, const Qc__Peer__Manifest *b)
{
    struct qc_arena arena;
    struct qc_bytes of_a;
    struct qc_bytes of_b;
    bool same;

    qc_arena_init(&arena, 2 * (size_t)ARENA_SIZE);
    same = qc_manifest_write(a, &arena, &of_a) == 0 &&
           qc_manifest_write(b, &arena, &of_b) == 0 && of_a.size == of_b.size &&
           memcmp(of_a.data, of_b.data, of_a.size) == 0;
    qc_arena_done(&arena);
    return same;
}
