#include "storage/backup.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "storage/checkpoint.h"
#include "storage/checkpoint_path.h"
#include "storage/tree.h"

enum {
    MAGIC_SIZE = sizeof(QC_BACKUP_MAGIC) - 1,
    PIECE_SIZE = 256 * 1024,
};

#define OTHER_COPY "take another copy of it, or another backup"

/* A backup that is being read from its beginning to its end. */
struct reader {
    const char *path;
    int fd;
    XXH3_state_t *whole; /* Of all bytes so far, */
    XXH3_state_t *part;  /* and of those of one file. */
    uint8_t *piece;      /* Of PIECE_SIZE. */
    struct qc_text text;
};

static int cut_short(const struct reader *reader)
{
    return qc_say(reader->text, QC_E_CORRUPT,
                  "%s: ends too soon: it was not written to its end, or has "
                  "been cut: " OTHER_COPY,
                  reader->path);
}

static int no_backup(const struct reader *reader)
{
    return qc_say(reader->text, QC_E_CORRUPT,
                  "%s: is no backup: name a file that `qcctl snapshot save` "
                  "has made",
                  reader->path);
}

static int damaged(const struct reader *reader, const char *what)
{
    return qc_say(reader->text, QC_E_CORRUPT,
                  "%s: is damaged: %s does not fit its checksum: " OTHER_COPY,
                  reader->path, what);
}

/* Reads what is to be there, all of it. */
static int read_all(struct reader *reader, uint8_t *to, size_t size)
{
    size_t used = 0;

    while (used < size) {
        ssize_t n = read(reader->fd, to + used, size - used);

        if (n == 0) {
            return cut_short(reader);
        }
        if (n < 0 && errno != EINTR) {
            return qc_say(reader->text, QC_E_IO, "%s: cannot be read: %s",
                          reader->path, strerror(errno));
        }
        used += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int read_summed(struct reader *reader, uint8_t *to, size_t size)
{
    int r = read_all(reader, to, size);

    if (r == 0) {
        (void)XXH3_128bits_update(reader->whole, to, size);
    }
    return r;
}

static int read_head(struct reader *reader, size_t *manifest_size_out)
{
    uint8_t head[MAGIC_SIZE + 4];
    const uint8_t *size = head + MAGIC_SIZE;
    int r = read_summed(reader, head, sizeof(head));

    if (r == QC_E_IO) {
        return r;
    }
    if (r != 0 || memcmp(head, QC_BACKUP_MAGIC, MAGIC_SIZE) != 0) {
        return no_backup(reader);
    }
    *manifest_size_out = (size_t)size[0] << 24 | (size_t)size[1] << 16 |
                         (size_t)size[2] << 8 | (size_t)size[3];
    return *manifest_size_out <= QC_MANIFEST_SIZE_MAX
               ? 0
               : damaged(reader, "its manifest");
}

static int read_manifest(struct reader *reader,
                         struct qc_manifest *manifest_out)
{
    uint8_t *bytes;
    size_t size = 0;
    int r = read_head(reader, &size);

    if (r != 0) {
        return r;
    }
    bytes = malloc(size + 1);
    if (bytes == NULL) {
        return qc_say(reader->text, QC_E_NOMEM, "%s: out of memory",
                      reader->path);
    }
    r = read_summed(reader, bytes, size);
    if (r == 0 &&
        qc_manifest_read((struct qc_bytes){bytes, size}, manifest_out) != 0) {
        r = damaged(reader, "its manifest");
    }
    free(bytes);
    return r;
}

static bool sum_fits(const XXH3_state_t *state, const uint8_t *checksum)
{
    XXH128_canonical_t bytes;

    XXH128_canonicalFromHash(&bytes, XXH3_128bits_digest(state));
    return memcmp(bytes.digest, checksum, sizeof(bytes.digest)) == 0;
}

/* Reads a file, and writes it to |out| unless that is -1. */
static int read_file(struct reader *reader,
                     const Qc__Peer__CheckpointFile *file,
                     int out)
{
    uint64_t left = file->size;
    int r = 0;

    (void)XXH3_128bits_reset(reader->part);
    while (r == 0 && left > 0) {
        size_t size = left < PIECE_SIZE ? (size_t)left : PIECE_SIZE;

        r = read_summed(reader, reader->piece, size);
        if (r == 0) {
            (void)XXH3_128bits_update(reader->part, reader->piece, size);
            left -= size;
        }
        if (r == 0 && out >= 0 &&
            write(out, reader->piece, size) != (ssize_t)size) {
            r = qc_say(reader->text, QC_E_IO, "%s: cannot be unpacked: %s",
                       file->name, strerror(errno));
        }
    }
    return r != 0 || sum_fits(reader->part, file->checksum.data)
               ? r
               : damaged(reader, file->name);
}

static int unpack_file(struct reader *reader,
                       const Qc__Peer__CheckpointFile *file,
                       const char *directory)
{
    char path[PATH_MAX];
    int out;
    int r = qc_tree_join(path, directory, file->name, reader->text);

    if (r != 0) {
        return r;
    }
    out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out < 0) {
        return qc_say(reader->text, QC_E_IO, "%s: cannot be made: %s", path,
                      strerror(errno));
    }
    r = read_file(reader, file, out);
    if (r == 0 && fsync(out) != 0) {
        r = qc_say(reader->text, QC_E_IO, "%s: cannot be synced: %s", path,
                   strerror(errno));
    }
    (void)close(out);
    return r;
}

/* The checksum of everything, and nothing after it. */
static int read_end(struct reader *reader)
{
    uint8_t checksum[QC_CHECKSUM_SIZE];
    uint8_t more;
    int r = read_all(reader, checksum, sizeof(checksum));

    if (r != 0) {
        return r;
    }
    if (!sum_fits(reader->whole, checksum)) {
        return damaged(reader, "the whole");
    }
    if (read(reader->fd, &more, 1) != 0) {
        return qc_say(reader->text, QC_E_CORRUPT,
                      "%s: is damaged: something follows its end: " OTHER_COPY,
                      reader->path);
    }
    return 0;
}

/* Reads it all; into |part|, unless that is NULL. */
static int read_backup(struct reader *reader,
                       const char *part,
                       struct qc_manifest *manifest_out)
{
    struct qc_manifest manifest = {.message = NULL};
    int r = read_manifest(reader, &manifest);

    assert(r != 0 || manifest.message != NULL);
    for (size_t i = 0; r == 0 && i < manifest.message->n_files; i++) {
        const Qc__Peer__CheckpointFile *file = manifest.message->files[i];

        r = part == NULL ? read_file(reader, file, -1)
                         : unpack_file(reader, file, part);
    }
    if (r == 0) {
        r = read_end(reader);
    }
    if (r != 0) {
        qc_manifest_done(&manifest);
        return r;
    }
    *manifest_out = manifest;
    return 0;
}

static int open_and_read(const char *file,
                         const char *part,
                         struct qc_manifest *manifest_out,
                         struct qc_text text)
{
    struct reader reader = {.path = file, .text = text};
    int r;

    reader.fd = open(file, O_RDONLY | O_CLOEXEC);
    if (reader.fd < 0) {
        return qc_say(text, QC_E_IO, "%s: cannot be opened: %s", file,
                      strerror(errno));
    }
    reader.whole = XXH3_createState();
    reader.part = XXH3_createState();
    reader.piece = malloc(PIECE_SIZE);
    if (reader.whole == NULL || reader.part == NULL || reader.piece == NULL) {
        r = qc_say(text, QC_E_NOMEM, "%s: out of memory", file);
    } else {
        (void)XXH3_128bits_reset(reader.whole);
        r = read_backup(&reader, part, manifest_out);
    }
    free(reader.piece);
    (void)XXH3_freeState(reader.part);
    (void)XXH3_freeState(reader.whole);
    (void)close(reader.fd);
    return r;
}

int qc_backup_inspect(const char *file,
                      struct qc_manifest *manifest_out,
                      char *text_out,
                      size_t text_size)
{
    struct qc_text text = qc_text_of(text_out, text_size);

    return open_and_read(file, NULL, manifest_out, text);
}

/* What was unpacked becomes the whole checkpoint that it is. */
static int settle(const char *directory,
                  const char *part,
                  const Qc__Peer__Manifest *manifest,
                  struct qc_text text)
{
    char path[PATH_MAX];
    int r;

    assert(manifest != NULL);
    r = qc_checkpoint_verify(part, manifest, text.out, text.size);

    if (r == 0) {
        r = qc_checkpoint_path(directory, manifest->index, path, text);
    }
    if (r == 0 && qc_manifest_save(part, manifest) != 0) {
        r = qc_say(text, QC_E_IO, "%s/manifest: cannot be written: %s", part,
                   strerror(errno));
    }
    if (r == 0) {
        r = qc_tree_sync(part, text);
    }
    return r != 0 ? r : qc_checkpoint_place(part, path, text);
}

int qc_backup_unpack(const char *file,
                     const char *directory,
                     struct qc_manifest *manifest_out,
                     char *text_out,
                     size_t text_size)
{
    struct qc_text text = qc_text_of(text_out, text_size);
    struct qc_manifest manifest = {.message = NULL};
    char part[PATH_MAX];
    int r = qc_tree_join(part, directory, "backup.part", text);

    if (r == 0) {
        r = qc_tree_make(directory, text);
    }
    if (r == 0) {
        r = qc_tree_remove(part, text);
    }
    if (r == 0) {
        r = qc_tree_make(part, text);
    }
    if (r == 0) {
        r = open_and_read(file, part, &manifest, text);
    }
    if (r == 0) {
        r = settle(directory, part, manifest.message, text);
    }
    if (r != 0) {
        qc_manifest_done(&manifest);
        return r;
    }
    *manifest_out = manifest;
    return 0;
}
