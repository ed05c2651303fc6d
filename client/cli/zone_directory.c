#include "cli/zone_directory.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    DEPTH_MAX = 3, /* America/Argentina/Ushuaia */
    FILE_SIZE_MAX = 64 * 1024,
    NAME_SIZE_MAX = 40, /* That the cluster takes. */
};

struct walk {
    const char *root;
    qc_zone_fn told;
    void *ctx;
};

static bool complain(const char *path, const char *why)
{
    fprintf(stderr, "qcctl: %s: %s\n", path, why);
    return false;
}

/* Tells of the zone in |data|, unless it is none. */
static bool tell(const struct walk *walk,
                 const char *path,
                 const char *name,
                 struct qc_bytes data)
{
    struct qc_zone_file zone;
    const char *wrong;

    if (data.size < 4 || memcmp(data.data, "TZif", 4) != 0 ||
        strlen(name) > NAME_SIZE_MAX) {
        return true;
    }
    return qc_zone_file_read(data, &zone, &wrong)
               ? walk->told(walk->ctx, name, &zone)
               : complain(path, wrong);
}

static bool read_file(const struct walk *walk,
                      const char *path,
                      const char *name)
{
    FILE *stream = fopen(path, "rb");
    uint8_t *data = malloc(FILE_SIZE_MAX);
    bool ok = false;

    if (stream == NULL || data == NULL) {
        ok = complain(path, strerror(errno));
    } else {
        size_t size = fread(data, 1, FILE_SIZE_MAX, stream);

        ok = ferror(stream) != 0
                 ? complain(path, strerror(errno))
                 : tell(walk, path, name, (struct qc_bytes){data, size});
    }
    free(data);
    if (stream != NULL) {
        fclose(stream);
    }
    return ok;
}

/* Zones, and directories of them, begin with a capital letter; the one of these
 * that stands for no place is "Factory". */
static int is_named(const struct dirent *entry)
{
    const char *name = entry->d_name;

    return name[0] >= 'A' && name[0] <= 'Z' && strcmp(name, "UTC") != 0 &&
           strcmp(name, "Factory") != 0;
}

/* Walks the directory |name| below the root; "" is the root. */
static bool walk_directory(const struct walk *walk,
                           const char *name,
                           unsigned depth);

static bool visit(const struct walk *walk, const char *name, unsigned depth)
{
    char path[PATH_MAX];
    struct stat status;
    int size = snprintf(path, sizeof(path), "%s/%s", walk->root, name);

    if (size < 0 || (size_t)size >= sizeof(path)) {
        return complain(walk->root, strerror(ENAMETOOLONG));
    }
    if (stat(path, &status) != 0) {
        return complain(path, strerror(errno));
    }
    if (S_ISREG(status.st_mode)) {
        return read_file(walk, path, name);
    }
    return !S_ISDIR(status.st_mode) || depth == DEPTH_MAX ||
           walk_directory(walk, name, depth);
}

static bool walk_directory(const struct walk *walk,
                           const char *name,
                           unsigned depth)
{
    char path[PATH_MAX];
    char below[PATH_MAX];
    struct dirent **entries;
    bool ok = true;
    int n;

    (void)snprintf(path, sizeof(path), "%s%s%s", walk->root,
                   name[0] != '\0' ? "/" : "", name);
    n = scandir(path, &entries, is_named, alphasort);
    if (n < 0) {
        return complain(path, strerror(errno));
    }
    for (int i = 0; i < n; i++) {
        int size = snprintf(below, sizeof(below), "%s%s%s", name,
                            name[0] != '\0' ? "/" : "", entries[i]->d_name);

        ok = ok && size > 0 && (size_t)size < sizeof(below) &&
             visit(walk, below, depth + 1);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

bool qc_zone_directory_walk(const char *path, qc_zone_fn told, void *ctx)
{
    const struct walk walk = {.root = path, .told = told, .ctx = ctx};

    return walk_directory(&walk, "", 0);
}
