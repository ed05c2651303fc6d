#include "cli/backup_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC "qcbackup1\n"

static bool complain(const char *path)
{
    fprintf(stderr, "qcctl: %s: %s\n", path, strerror(errno));
    return false;
}

/* Writes |bytes| and counts them into the checksum of the whole. */
static bool put(struct qc_backup_writer *writer, struct qc_bytes bytes)
{
    XXH3_128bits_update(writer->whole, bytes.data, bytes.size);
    return fwrite(bytes.data, 1, bytes.size, writer->stream) == bytes.size ||
           complain(writer->part_path);
}

/* Under a name of its own, and for its owner alone to read. */
static bool open_part(struct qc_backup_writer *writer)
{
    int fd = mkstemp(writer->part_path);

    if (fd < 0) {
        return false;
    }
    writer->stream = fdopen(fd, "w");
    if (writer->stream == NULL) {
        close(fd);
        unlink(writer->part_path);
    }
    return writer->stream != NULL;
}

bool qc_backup_writer_open(struct qc_backup_writer *writer,
                           const char *path,
                           struct qc_bytes manifest)
{
    const uint8_t size[4] = {
        (uint8_t)(manifest.size >> 24), (uint8_t)(manifest.size >> 16),
        (uint8_t)(manifest.size >> 8), (uint8_t)manifest.size};

    *writer = (struct qc_backup_writer){.path = path};
    if (access(path, F_OK) == 0) {
        errno = EEXIST;
        return complain(path);
    }
    if (snprintf(writer->part_path, PATH_MAX, "%s.part-XXXXXX", path) >=
        PATH_MAX) {
        errno = ENAMETOOLONG;
        return complain(path);
    }
    writer->whole = XXH3_createState();
    writer->one = XXH3_createState();
    if (writer->whole == NULL || writer->one == NULL) {
        errno = ENOMEM;
        return complain(path);
    }
    XXH3_128bits_reset(writer->whole);
    XXH3_128bits_reset(writer->one);
    if (!open_part(writer)) {
        return complain(writer->part_path);
    }
    return put(writer,
               (struct qc_bytes){(const uint8_t *)MAGIC, sizeof(MAGIC) - 1}) &&
           put(writer, (struct qc_bytes){size, sizeof(size)}) &&
           put(writer, manifest);
}

bool qc_backup_writer_add(struct qc_backup_writer *writer,
                          struct qc_bytes bytes)
{
    XXH3_128bits_update(writer->one, bytes.data, bytes.size);
    return put(writer, bytes);
}

/* The checksum in its canonical form. */
static XXH128_canonical_t checksum_of(const XXH3_state_t *state)
{
    XXH128_canonical_t canonical;

    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state));
    return canonical;
}

bool qc_backup_writer_end_file(struct qc_backup_writer *writer,
                               struct qc_bytes checksum)
{
    XXH128_canonical_t is = checksum_of(writer->one);

    XXH3_128bits_reset(writer->one);
    if (checksum.size != QC_CHECKSUM_SIZE ||
        memcmp(is.digest, checksum.data, QC_CHECKSUM_SIZE) != 0) {
        fprintf(stderr,
                "qcctl: %s: a file is not what its checksum says: save from "
                "another node\n",
                writer->path);
        return false;
    }
    return true;
}

/* Makes the name durable that stands in the directory of |path|. */
static bool sync_directory(const char *path)
{
    char directory[PATH_MAX];
    char *slash;
    bool ok;
    int fd;

    snprintf(directory, sizeof(directory), "%s", path);
    slash = strrchr(directory, '/');
    if (slash == NULL) {
        snprintf(directory, sizeof(directory), ".");
    } else {
        slash[slash == directory ? 1 : 0] = '\0';
    }
    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok || complain(directory);
}

bool qc_backup_writer_commit(struct qc_backup_writer *writer)
{
    XXH128_canonical_t whole = checksum_of(writer->whole);
    bool ok = fwrite(whole.digest, 1, sizeof(whole.digest), writer->stream) ==
                  sizeof(whole.digest) &&
              fflush(writer->stream) == 0 && fsync(fileno(writer->stream)) == 0;

    if (fclose(writer->stream) != 0 || !ok) {
        writer->stream = NULL;
        complain(writer->part_path);
        unlink(writer->part_path);
        return false;
    }
    writer->stream = NULL;
    /* Not rename(): it would replace a file that came here meanwhile. */
    if (link(writer->part_path, writer->path) != 0) {
        complain(writer->path);
        unlink(writer->part_path);
        return false;
    }
    unlink(writer->part_path);
    return sync_directory(writer->path);
}

void qc_backup_writer_abort(struct qc_backup_writer *writer)
{
    if (writer->stream != NULL) {
        fclose(writer->stream);
        unlink(writer->part_path);
    }
    XXH3_freeState(writer->whole);
    XXH3_freeState(writer->one);
    *writer = (struct qc_backup_writer){.stream = NULL};
}
