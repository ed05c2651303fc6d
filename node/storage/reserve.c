#include "storage/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "storage/sealed_file.h"

int qc_space_free(const char *path, uint64_t *free_out)
{
    struct statvfs found;

    if (statvfs(path, &found) != 0) {
        return QC_E_IO;
    }
    *free_out = (uint64_t)found.f_bavail * (uint64_t)found.f_frsize;
    return 0;
}

/* Its blocks, too, and not its length alone. */
static bool is_whole(const struct stat *found, uint64_t size)
{
    return (uint64_t)found->st_size == size &&
           (uint64_t)found->st_blocks * 512 >= size;
}

bool qc_reserve_is_whole(const char *path, uint64_t size)
{
    struct stat found;

    return stat(path, &found) == 0 && is_whole(&found, size);
}

int qc_reserve_make(const char *path, uint64_t size)
{
    struct stat found;
    int failed;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0) {
        return QC_E_IO;
    }
    if (fstat(fd, &found) == 0 && is_whole(&found, size)) {
        (void)close(fd);
        return 0;
    }
    failed = ftruncate(fd, (off_t)size) != 0 ? errno : 0;
    if (failed == 0 && size > 0) {
        failed = posix_fallocate(fd, 0, (off_t)size);
    }
    if (failed == 0 && fsync(fd) != 0) {
        failed = errno;
    }
    (void)close(fd);
    if (failed != 0) {
        (void)unlink(path);
        errno = failed;
        return QC_E_IO;
    }
    return 0;
}

int qc_reserve_release(const char *path)
{
    if (unlink(path) != 0) {
        return errno == ENOENT ? 0 : QC_E_IO;
    }
    return qc_sync_directory_of(path);
}
