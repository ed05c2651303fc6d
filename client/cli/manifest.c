#include "cli/manifest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "cli/output.h"
#include "codec/codec.h"

enum {
    MAGIC_SIZE = 10,
    HEAD_SIZE = MAGIC_SIZE + 4,
    MANIFEST_SIZE_MAX = 1024 * 1024,
    N_NUMBERS = 5,
};

const Qc__Peer__Manifest *qc_manifest_decode(struct qc_bytes bytes,
                                             struct qc_arena *arena)
{
    struct qc_codec_error error;
    ProtobufCMessage *message;

    if (qc_decode(QC_FORMAT_PROTOBUF, &qc__peer__manifest__descriptor, bytes,
                  arena, &message, &error) != QC_CODEC_OK) {
        fprintf(stderr, "qcctl: the manifest cannot be read: %s\n", error.text);
        return NULL;
    }
    return (const Qc__Peer__Manifest *)message;
}

/* The bytes of the manifest, as node/storage/backup.h has it. */
static bool bytes_read(FILE *stream,
                       struct qc_arena *arena,
                       struct qc_bytes *bytes_out)
{
    uint8_t head[HEAD_SIZE];
    uint8_t *bytes;
    uint32_t size;

    if (fread(head, 1, HEAD_SIZE, stream) != HEAD_SIZE ||
        memcmp(head, "qcbackup1\n", MAGIC_SIZE) != 0) {
        return false;
    }
    size = (uint32_t)head[MAGIC_SIZE] << 24 |
           (uint32_t)head[MAGIC_SIZE + 1] << 16 |
           (uint32_t)head[MAGIC_SIZE + 2] << 8 | head[MAGIC_SIZE + 3];
    if (size > MANIFEST_SIZE_MAX) {
        return false;
    }
    bytes = qc_arena_alloc(arena, size);
    *bytes_out = (struct qc_bytes){bytes, size};
    return bytes != NULL && fread(bytes, 1, size, stream) == size;
}

const Qc__Peer__Manifest *qc_manifest_of_backup(const char *path,
                                                struct qc_arena *arena)
{
    FILE *stream = fopen(path, "r");
    struct qc_bytes bytes;
    bool ok;

    if (stream == NULL) {
        perror(path);
        return NULL;
    }
    ok = bytes_read(stream, arena, &bytes);
    fclose(stream);
    if (!ok) {
        fprintf(stderr, "qcctl: %s: not a backup\n", path);
        return NULL;
    }
    return qc_manifest_decode(bytes, arena);
}

uint64_t qc_manifest_bytes(const Qc__Peer__Manifest *manifest)
{
    uint64_t size = 0;

    for (size_t i = 0; i < manifest->n_files; i++) {
        size += manifest->files[i]->size;
    }
    return size;
}

static void print_json(const Qc__Peer__Manifest *manifest, const char *path)
{
    json_t *members = json_array();

    for (size_t i = 0; i < manifest->n_servers; i++) {
        json_array_append_new(
            members, json_pack("{s:I,s:s}", "node_id",
                               (json_int_t)manifest->servers[i]->id, "address",
                               manifest->servers[i]->address));
    }
    qc_print_value(json_pack(
        "{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:o}", "file", path, "cluster_id",
        manifest->cluster_id, "index", (json_int_t)manifest->index, "term",
        (json_int_t)manifest->term, "cluster_version",
        (json_int_t)manifest->cluster_version, "rows",
        (json_int_t)manifest->n_rows, "bytes",
        (json_int_t)qc_manifest_bytes(manifest), "members", members));
}

void qc_manifest_print(const Qc__Peer__Manifest *manifest,
                       const char *path,
                       const struct qc_options *options)
{
    const uint64_t values[N_NUMBERS] = {
        manifest->index, manifest->term, manifest->cluster_version,
        manifest->n_rows, qc_manifest_bytes(manifest)};
    char texts[N_NUMBERS][24];
    const char *const cells[] = {
        path,    manifest->cluster_id, texts[0], texts[1], texts[2], texts[3],
        texts[4]};
    struct qc_table *table;

    if (options->json) {
        print_json(manifest, path);
        return;
    }
    for (size_t i = 0; i < N_NUMBERS; i++) {
        snprintf(texts[i], sizeof(texts[i]), "%" PRIu64, values[i]);
    }
    table = qc_table_new("file,cluster,index,term,version,rows,bytes",
                         options->raw);
    if (table != NULL) {
        qc_table_row(table, cells, 7);
        qc_table_print(table);
    }
}
