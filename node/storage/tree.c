#include "storage/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/sealed_file.h"

enum {
    DEPTH_MAX = 8,
};

static int io(struct qc_text text, const char *path, const char *what)
{
    int kept = errno;
    int r = qc_say(text, QC_E_IO, "%s: cannot be %s: %s", path, what,
                   strerror(kept));

    errno = kept;
    return r;
}

int qc_tree_join(char path_out[PATH_MAX],
                 const char *path,
                 const char *name,
                 struct qc_text text)
{
    if (snprintf(path_out, PATH_MAX, "%s/%s", path, name) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return qc_say(text, QC_E_IO, "%.256s...: the path is too long", path);
    }
    return 0;
}

int qc_tree_each(const char *path,
                 int (*each)(void *ctx, const char *name),
                 void *ctx,
                 struct qc_text text)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    int r = 0;

    if (directory == NULL) {
        return io(text, path, "read");
    }
    while (r == 0) {
        errno = 0;
        /* One thread reads this stream, which is all that readdir() asks. */
        entry = readdir(directory); /* NOLINT(concurrency-mt-unsafe) */
        if (entry == NULL) {
            r = errno == 0 ? 0 : io(text, path, "read");
            break;
        }
        if (strcmp(entry->d_name, ".") != 0 &&
            strcmp(entry->d_name, "..") != 0) {
            r = each(ctx, entry->d_name);
        }
    }
    (void)closedir(directory);
    return r;
}

int qc_tree_make(const char *path, struct qc_text text)
{
    if (mkdir(path, 0700) == 0) {
        return qc_sync_directory_of(path) == 0 ? 0 : io(text, path, "synced");
    }
    return errno == EEXIST ? 0 : io(text, path, "made");
}

/* What is removed, how deep inside it we are. */
struct removal {
    const char *path;
    unsigned depth;
    struct qc_text text;
};

static int remove_at(const char *path, unsigned depth, struct qc_text text);

static int remove_name(void *ctx, const char *name)
{
    const struct removal *removal = ctx;
    char path[PATH_MAX];
    int r = qc_tree_join(path, removal->path, name, removal->text);

    return r != 0 ? r : remove_at(path, removal->depth + 1, removal->text);
}

/* As deep as our own directories are, and not for ever. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static int remove_at(const char *path, unsigned depth, struct qc_text text)
{
    struct removal removal = {path, depth, text};
    int r;

    if (unlink(path) == 0 || errno == ENOENT) {
        return 0;
    }
    if ((errno != EISDIR && errno != EPERM) || depth == DEPTH_MAX) {
        return io(text, path, "removed");
    }
    r = qc_tree_each(path, remove_name, &removal, text);
    if (r == 0 && rmdir(path) != 0) {
        r = io(text, path, "removed");
    }
    /* Another thread may be removing it, too. */
    return r == QC_E_IO && errno == ENOENT ? 0 : r;
}

int qc_tree_remove(const char *path, struct qc_text text)
{
    return remove_at(path, 0, text);
}

int qc_tree_rename(const char *from, const char *to, struct qc_text text)
{
    if (rename(from, to) != 0) {
        return io(text, from, "renamed");
    }
    return qc_sync_directory_of(to) == 0 ? 0 : io(text, to, "synced");
}

int qc_tree_sync(const char *path, struct qc_text text)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int r;

    if (fd < 0) {
        return io(text, path, "opened");
    }
    r = fsync(fd) == 0 ? 0 : io(text, path, "synced");
    (void)close(fd);
    return r;
}
