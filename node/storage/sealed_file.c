#include "storage/sealed_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

static const char SEAL_FORMAT[] = "checksum %016" PRIx64 "\n";

enum {
    SEAL_SIZE = sizeof("checksum 0123456789abcdef\n") - 1,
};

static void seal_of(const void *text, size_t size, char seal[SEAL_SIZE + 1])
{
    (void)snprintf(seal, SEAL_SIZE + 1, SEAL_FORMAT,
                   (uint64_t)XXH3_64bits(text, size));
}

static int write_all(int fd, const void *bytes, size_t size)
{
    const char *data = bytes;

    while (size > 0) {
        ssize_t n = write(fd, data, size);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return QC_E_IO;
        }
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

/* Closes |fd|, and keeps the errno of what failed before. */
static int close_after(int fd, int r)
{
    int kept = errno;

    if (close(fd) != 0 && r == 0) {
        return QC_E_IO;
    }
    errno = kept;
    return r;
}

int qc_sync_directory_of(const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int fd;
    int n;

    if (slash == NULL) {
        n = snprintf(directory, sizeof(directory), ".");
    } else {
        n = snprintf(directory, sizeof(directory), "%.*s",
                     (int)(slash - path) + (slash == path), path);
    }
    if (n >= (int)sizeof(directory)) {
        errno = ENAMETOOLONG;
        return QC_E_IO;
    }
    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return QC_E_IO;
    }
    return close_after(fd, fsync(fd) == 0 ? 0 : QC_E_IO);
}

int qc_sealed_file_write(const char *path, const char *text)
{
    return qc_sealed_file_write_bytes(
        path, (struct qc_bytes){(const uint8_t *)text, strlen(text)});
}

int qc_sealed_file_write_bytes(const char *path, struct qc_bytes bytes)
{
    char path_new[PATH_MAX];
    char seal[SEAL_SIZE + 1];
    int fd;
    int r;

    if (snprintf(path_new, sizeof(path_new), "%s.new", path) >=
        (int)sizeof(path_new)) {
        errno = ENAMETOOLONG;
        return QC_E_IO;
    }
    seal_of(bytes.data, bytes.size, seal);
    fd = open(path_new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return QC_E_IO;
    }
    r = write_all(fd, bytes.data, bytes.size);
    if (r == 0) {
        r = write_all(fd, seal, SEAL_SIZE);
    }
    if (r == 0 && fsync(fd) != 0) {
        r = QC_E_IO;
    }
    r = close_after(fd, r);
    if (r == 0 && rename(path_new, path) != 0) {
        r = QC_E_IO;
    }
    return r != 0 ? r : qc_sync_directory_of(path);
}

int qc_sealed_file_read_bytes(const char *path,
                              uint8_t *bytes_out,
                              size_t size,
                              size_t *size_out)
{
    char seal[SEAL_SIZE + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t used = 0;
    ssize_t n;

    if (fd < 0) {
        return QC_E_IO;
    }
    do {
        n = read(fd, bytes_out + used, size - used);
        used += n > 0 ? (size_t)n : 0;
    } while (n > 0 || (n < 0 && errno == EINTR));
    if (close_after(fd, n < 0 ? QC_E_IO : 0) != 0) {
        return QC_E_IO;
    }
    /* A buffer that is full may lack the rest. */
    if (used < SEAL_SIZE || used == size) {
        return QC_E_CORRUPT;
    }
    used -= SEAL_SIZE;
    seal_of(bytes_out, used, seal);
    if (memcmp(bytes_out + used, seal, SEAL_SIZE) != 0) {
        return QC_E_CORRUPT;
    }
    *size_out = used;
    return 0;
}

int qc_sealed_file_read(const char *path, char *text_out, size_t size)
{
    size_t used;
    int r = qc_sealed_file_read_bytes(path, (uint8_t *)text_out, size, &used);

    if (r == 0) {
        text_out[used] = '\0'; /* Where the seal began. */
    }
    return r;
}
