#include "storage/checkpoint.h"

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
#include "storage/digest.h"
#include "storage/tree.h"

enum {
    ARENA_SIZE = 8 * 1024 * 1024, /* Of a manifest that is being made. */
    COPY_SIZE = 256 * 1024,
};

static const char MANIFEST[] = "manifest";

#define NO_HARM                                                             \
    "nothing is lost: without it the next checkpoint is taken, or fetched " \
    "again"

/* --- the files of a checkpoint -------------------------------------------- */

/* What the rows need of what RocksDB puts into a checkpoint. The rest is its
 * diary, its options, and a write-ahead log in which nothing is. */
static bool is_needed(const char *name)
{
    static const char table[] = ".sst";
    size_t length = strlen(name);

    return strcmp(name, "CURRENT") == 0 || strncmp(name, "MANIFEST-", 9) == 0 ||
           (length > sizeof(table) - 1 &&
            strcmp(name + length - (sizeof(table) - 1), table) == 0);
}

/* The files in a directory, as they are being put into a manifest. */
struct files {
    const char *path;
    struct qc_arena *arena;
    struct qc_text text;
    Qc__Peer__CheckpointFile *files[QC_MANIFEST_FILES_MAX];
    size_t n;
};

static int compare_files(const void *a, const void *b)
{
    const Qc__Peer__CheckpointFile *const *one = a;
    const Qc__Peer__CheckpointFile *const *other = b;

    return strcmp((*one)->name, (*other)->name);
}

static Qc__Peer__CheckpointFile *file_new(struct qc_arena *arena,
                                          const char *name)
{
    Qc__Peer__CheckpointFile *file = qc_arena_alloc(arena, sizeof(*file));
    size_t size = strlen(name) + 1;
    char *copy = qc_arena_alloc(arena, size);
    uint8_t *checksum = qc_arena_alloc(arena, QC_CHECKSUM_SIZE);

    if (file == NULL || copy == NULL || checksum == NULL) {
        return NULL;
    }
    memcpy(copy, name, size);
    qc__peer__checkpoint_file__init(file);
    file->name = copy;
    file->checksum = (ProtobufCBinaryData){QC_CHECKSUM_SIZE, checksum};
    return file;
}

/* Syncs the file, and adds it with size and checksum. */
static int add_file(void *ctx, const char *name)
{
    struct files *files = ctx;
    Qc__Peer__CheckpointFile *file;
    char path[PATH_MAX];
    int r = qc_tree_join(path, files->path, name, files->text);

    if (r != 0) {
        return r;
    }
    if (!is_needed(name)) {
        return qc_tree_remove(path, files->text);
    }
    file =
        files->n < QC_MANIFEST_FILES_MAX ? file_new(files->arena, name) : NULL;
    if (file == NULL) {
        return qc_say(files->text, QC_E_NOMEM, "%s: has too many files",
                      files->path);
    }
    r = qc_tree_sync(path, files->text);
    if (r == 0 && qc_digest_file(path, &file->size, file->checksum.data) != 0) {
        r = qc_say(files->text, QC_E_IO, "%s: cannot be read: %s", path,
                   strerror(errno));
    }
    files->files[files->n++] = file;
    return r;
}

/* Whether the file is as the manifest says. */
static int verify_file(const char *path,
                       const Qc__Peer__CheckpointFile *file,
                       struct qc_text text)
{
    uint8_t checksum[QC_CHECKSUM_SIZE];
    char own[PATH_MAX];
    uint64_t size;
    int r = qc_tree_join(own, path, file->name, text);

    if (r != 0) {
        return r;
    }
    if (qc_digest_file(own, &size, checksum) != 0) {
        return errno == ENOENT
                   ? qc_say(text, QC_E_CORRUPT,
                            "%s: is missing from its checkpoint; " NO_HARM, own)
                   : qc_say(text, QC_E_IO, "%s: cannot be read: %s", own,
                            strerror(errno));
    }
    if (size != file->size) {
        return qc_say(text, QC_E_CORRUPT,
                      "%s: has %" PRIu64 " bytes, and not %" PRIu64
                      "; " NO_HARM,
                      own, size, file->size);
    }
    if (memcmp(checksum, file->checksum.data, sizeof(checksum)) != 0) {
        return qc_say(text, QC_E_CORRUPT,
                      "%s: is damaged: its checksum does not fit; " NO_HARM,
                      own);
    }
    return 0;
}

/* A directory, and the manifest that names what may be in it. */
struct named {
    const char *path;
    const Qc__Peer__Manifest *manifest;
    struct qc_text text;
};

/* RocksDB would take to heart whatever else lies there. */
static int expect_named(void *ctx, const char *name)
{
    const struct named *named = ctx;

    for (size_t i = 0; i < named->manifest->n_files; i++) {
        if (strcmp(named->manifest->files[i]->name, name) == 0) {
            return 0;
        }
    }
    if (strncmp(name, MANIFEST, sizeof(MANIFEST) - 1) == 0) {
        return 0;
    }
    return qc_say(named->text, QC_E_CORRUPT,
                  "%s/%s: is no file of this checkpoint; " NO_HARM, named->path,
                  name);
}

static const char *difference(const Qc__Peer__Manifest *have,
                              const Qc__Peer__Manifest *want)
{
    if (have->index != want->index) {
        return "index";
    }
    if (have->now_ms != want->now_ms) {
        return "time";
    }
    if (memcmp(have->state_hash.data, want->state_hash.data,
               have->state_hash.len) != 0) {
        return "state hash";
    }
    if (have->n_rows != want->n_rows) {
        return "number of rows";
    }
    if (memcmp(have->rows_hash.data, want->rows_hash.data,
               have->rows_hash.len) != 0) {
        return "hash of all rows";
    }
    return NULL;
}

int qc_checkpoint_verify(const char *path,
                         const Qc__Peer__Manifest *manifest,
                         char *text_out,
                         size_t text_size)
{
    Qc__Peer__Manifest have = QC__PEER__MANIFEST__INIT;
    struct qc_text text = qc_text_of(text_out, text_size);
    struct named named = {path, manifest, text};
    const char *flaw = qc_manifest_flaw(manifest);
    struct qc_arena arena;
    int r = 0;

    if (flaw != NULL) {
        return qc_say(text, QC_E_CORRUPT, "%s: the manifest %s", path, flaw);
    }
    r = qc_tree_each(path, expect_named, &named, text);
    for (size_t i = 0; r == 0 && i < manifest->n_files; i++) {
        r = verify_file(path, manifest->files[i], text);
    }
    if (r != 0) {
        return r;
    }
    qc_arena_init(&arena, ARENA_SIZE);
    r = qc_digest_rows(path, &arena, &have, text);
    if (r == 0) {
        flaw = difference(&have, manifest);
    }
    qc_arena_done(&arena);
    if (flaw != NULL) {
        r = qc_say(text, QC_E_CORRUPT,
                   "%s: the rows are not those of index %" PRIu64
                   ": their %s differs from the manifest's; " NO_HARM,
                   path, manifest->index, flaw);
    }
    return r;
}

/* --- taking one ----------------------------------------------------------- */

/* Makes the manifest of what stands in |path|, term aside. */
static int describe(const char *path,
                    const char *cluster_id,
                    struct qc_manifest *manifest_out,
                    struct qc_text text)
{
    Qc__Peer__Manifest manifest = QC__PEER__MANIFEST__INIT;
    struct files *files = calloc(1, sizeof(*files));
    struct qc_arena arena;
    int r;

    if (files == NULL) {
        return qc_say(text, QC_E_NOMEM, "%s: out of memory", path);
    }
    qc_arena_init(&arena, ARENA_SIZE);
    files->path = path;
    files->arena = &arena;
    files->text = text;
    manifest.format = QC_MANIFEST_FORMAT;
    manifest.cluster_id = cluster_id;
    r = qc_digest_rows(path, &arena, &manifest, text);
    if (r == 0) {
        r = qc_tree_each(path, add_file, files, text);
    }
    if (r == 0) {
        qsort(files->files, files->n, sizeof(files->files[0]), compare_files);
        manifest.n_files = files->n;
        manifest.files = files->files;
        r = qc_manifest_copy(&manifest, manifest_out);
        if (r != 0) {
            (void)qc_say(text, r, "%s: no manifest can be made of it", path);
        }
    }
    qc_arena_done(&arena);
    free(files);
    return r;
}

/* Makes the described directory the whole checkpoint that it is. */
static int settle(const char *directory,
                  const char *part,
                  struct qc_manifest *manifest,
                  struct qc_text text)
{
    struct qc_manifest found;
    char path[PATH_MAX];
    int r;

    assert(manifest->message != NULL);
    r = qc_checkpoint_path(directory, manifest->message->index, path, text);

    if (r == 0 && access(path, F_OK) == 0) {
        if (qc_checkpoint_load(path, &found, text) == 0) {
            /* Of the same rows; and somebody may be reading it. */
            qc_manifest_done(manifest);
            *manifest = found;
            return 0;
        }
        r = qc_checkpoint_drop(path, text);
    }
    if (r == 0 && qc_manifest_save(part, manifest->message) != 0) {
        r = qc_say(text, QC_E_IO, "%s/manifest: cannot be written: %s", part,
                   strerror(errno));
    }
    if (r == 0) {
        r = qc_tree_sync(part, text);
    }
    return r != 0 ? r : qc_tree_rename(part, path, text);
}

/* What was begun, and what RocksDB began it with. */
static int clear_part(const char *part, struct qc_text text)
{
    char inner[PATH_MAX];
    int r = qc_tree_remove(part, text);

    if (r == 0 &&
        snprintf(inner, sizeof(inner), "%s.tmp", part) < (int)sizeof(inner)) {
        r = qc_tree_remove(inner, text);
    }
    return r;
}

int qc_checkpoint_take(struct qc_rows *rows,
                       const struct qc_checkpoint_options *options,
                       struct qc_manifest *manifest_out,
                       char *text_out,
                       size_t text_size)
{
    struct qc_text text = qc_text_of(text_out, text_size);
    struct qc_manifest manifest = {.message = NULL};
    char unsaid[1];
    char part[PATH_MAX];
    int left;
    int r = qc_tree_join(part, options->directory, "take.part", text);

    if (r == 0) {
        r = clear_part(part, text);
    }
    if (r == 0) {
        r = qc_rows_link(rows, part, text.out, text.size);
    }
    if (r == 0) {
        r = describe(part, options->cluster_id, &manifest, text);
    }
    if (r == 0) {
        r = settle(options->directory, part, &manifest, text);
    }
    /* What is left of a failure takes room, which may be what was missing. */
    left = clear_part(part, r != 0 ? qc_text_of(unsaid, sizeof(unsaid)) : text);
    r = r != 0 ? r : left;
    if (r != 0) {
        qc_manifest_done(&manifest);
        return r;
    }
    *manifest_out = manifest;
    return 0;
}

/* --- making rows of one --------------------------------------------------- */

static int copy_bytes(int from, int to)
{
    uint8_t *buffer = malloc(COPY_SIZE);
    int r = buffer != NULL ? 1 : QC_E_NOMEM;

    while (r > 0) {
        ssize_t n = read(from, buffer, COPY_SIZE);

        if (n == 0) {
            r = 0;
        } else if (n < 0 && errno != EINTR) {
            r = QC_E_IO;
        } else if (n > 0 && write(to, buffer, (size_t)n) != n) {
            r = QC_E_IO;
        }
    }
    free(buffer);
    return r;
}

static int copy_file(const char *from, const char *to, struct qc_text text)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int r = in >= 0 && out >= 0 ? copy_bytes(in, out) : QC_E_IO;

    if (r == 0 && fsync(out) != 0) {
        r = QC_E_IO;
    }
    if (r != 0) {
        (void)qc_say(text, r, "%s: cannot be copied to %s: %s", from, to,
                     strerror(errno));
    }
    if (in >= 0) {
        (void)close(in);
    }
    if (out >= 0) {
        (void)close(out);
    }
    return r;
}

/* Tables never change, so they can be shared. What is not linked for the file
 * system's sake is copied. */
static int give_file(const char *from,
                     const char *to,
                     const char *name,
                     struct qc_text text)
{
    static const char table[] = ".sst";
    size_t length = strlen(name);
    char source[PATH_MAX];
    char target[PATH_MAX];
    int r = qc_tree_join(source, from, name, text);

    if (r == 0) {
        r = qc_tree_join(target, to, name, text);
    }
    if (r != 0) {
        return r;
    }
    if (length >= sizeof(table) &&
        strcmp(name + length - (sizeof(table) - 1), table) == 0 &&
        link(source, target) == 0) {
        return 0;
    }
    return copy_file(source, target, text);
}

int qc_checkpoint_make_rows(const char *directory,
                            uint64_t index,
                            const char *rows_path,
                            char *text_out,
                            size_t text_size)
{
    struct qc_text text = qc_text_of(text_out, text_size);
    struct qc_manifest manifest = {.message = NULL};
    char path[PATH_MAX];
    int r = qc_checkpoint_path(directory, index, path, text);

    if (r == 0) {
        r = qc_checkpoint_load(path, &manifest, text);
    }
    if (r == 0) {
        r = qc_tree_remove(rows_path, text);
    }
    if (r == 0) {
        r = qc_tree_make(rows_path, text);
    }
    for (size_t i = 0; r == 0 && i < manifest.message->n_files; i++) {
        r = give_file(path, rows_path, manifest.message->files[i]->name, text);
    }
    if (r == 0) {
        r = qc_tree_sync(rows_path, text);
    }
    qc_manifest_done(&manifest);
    return r;
}

/* --- those that are there ------------------------------------------------- */

int qc_checkpoint_manifest(const char *directory,
                           uint64_t index,
                           struct qc_manifest *manifest_out,
                           char *text_out,
                           size_t text_size)
{
    struct qc_text text = qc_text_of(text_out, text_size);
    char path[PATH_MAX];
    int r = qc_checkpoint_path(directory, index, path, text);

    return r != 0 ? r : qc_checkpoint_load(path, manifest_out, text);
}

struct listing {
    uint64_t *indexes;
    size_t max;
    size_t n;
};

/* Keeps them rising, and the highest. */
static int list_name(void *ctx, const char *name)
{
    struct listing *listing = ctx;
    uint64_t index;
    size_t at;

    if (!qc_checkpoint_name_index(name, &index)) {
        return 0;
    }
    for (at = listing->n; at > 0 && listing->indexes[at - 1] > index; at--) {
    }
    if (listing->n == listing->max) {
        if (at == 0) {
            return 0;
        }
        at--;
        memmove(listing->indexes, listing->indexes + 1,
                at * sizeof(listing->indexes[0]));
    } else {
        memmove(listing->indexes + at + 1, listing->indexes + at,
                (listing->n - at) * sizeof(listing->indexes[0]));
        listing->n++;
    }
    listing->indexes[at] = index;
    return 0;
}

int qc_checkpoint_list(const char *directory,
                       uint64_t *indexes_out,
                       size_t max,
                       size_t *n_out)
{
    struct listing listing = {.max = max};
    char unsaid[1];
    int r;

    listing.indexes = indexes_out;
    r = qc_tree_each(directory, list_name, &listing,
                     qc_text_of(unsaid, sizeof(unsaid)));
    *n_out = listing.n;
    return r;
}

int qc_checkpoint_read(const char *directory,
                       const struct qc_checkpoint_part *part,
                       uint8_t *buffer,
                       size_t *n_out)
{
    char unsaid[1];
    char path[PATH_MAX];
    char file[PATH_MAX];
    struct qc_text text = qc_text_of(unsaid, sizeof(unsaid));
    size_t used = 0;
    ssize_t n = 1;
    int fd;

    /* Where the kernel would not know a place, there is nothing. */
    if (!qc_manifest_is_name(part->file) || part->offset > INT64_MAX ||
        part->size > INT64_MAX - part->offset) {
        return 1;
    }
    if (qc_checkpoint_path(directory, part->index, path, text) != 0 ||
        qc_tree_join(file, path, part->file, text) != 0) {
        return QC_E_IO;
    }
    fd = open(file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? 1 : QC_E_IO;
    }
    while (used < part->size && n != 0) {
        n = pread(fd, buffer + used, part->size - used,
                  (off_t)(part->offset + used));
        if (n < 0 && errno != EINTR) {
            int kept = errno;

            (void)close(fd);
            errno = kept;
            return QC_E_IO;
        }
        used += n > 0 ? (size_t)n : 0;
    }
    (void)close(fd);
    *n_out = used;
    return 0;
}

/* What to keep of a directory of checkpoints. */
struct keeping {
    const char *directory;
    const uint64_t *indexes;
    size_t n;
    struct qc_text text;
};

static int keep_name(void *ctx, const char *name)
{
    const struct keeping *keeping = ctx;
    uint64_t index;
    char path[PATH_MAX];
    int r = qc_tree_join(path, keeping->directory, name, keeping->text);

    if (r != 0) {
        return r;
    }
    if (!qc_checkpoint_name_index(name, &index)) {
        const char *dot = strrchr(name, '.');

        return dot != NULL && strcmp(dot, ".drop") == 0
                   ? qc_tree_remove(path, keeping->text)
                   : 0;
    }
    for (size_t i = 0; i < keeping->n; i++) {
        if (keeping->indexes[i] == index) {
            return 0;
        }
    }
    r = qc_checkpoint_drop(path, keeping->text);
    return r;
}

int qc_checkpoint_keep(const char *directory,
                       const uint64_t *indexes,
                       size_t n,
                       char *text_out,
                       size_t text_size)
{
    struct keeping keeping = {directory, indexes, n,
                              qc_text_of(text_out, text_size)};

    return qc_tree_each(directory, keep_name, &keeping, keeping.text);
}
