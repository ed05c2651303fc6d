#include "storage/checkpoint_path.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/tree.h"

enum {
    NAME_SIZE = 24, /* Of an index. */
    RETIRED_MAX = 64,
};

int qc_checkpoint_path(const char *directory,
                       uint64_t index,
                       char path_out[PATH_MAX],
                       struct qc_text text)
{
    char name[NAME_SIZE];

    (void)snprintf(name, sizeof(name), "%" PRIu64, index);
    return qc_tree_join(path_out, directory, name, text);
}

bool qc_checkpoint_name_index(const char *name, uint64_t *index_out)
{
    char again[NAME_SIZE];
    uint64_t index = strtoull(name, NULL, 10);

    /* Only what we would have written. */
    (void)snprintf(again, sizeof(again), "%" PRIu64, index);
    if (index == 0 || strcmp(name, again) != 0) {
        return false;
    }
    *index_out = index;
    return true;
}

int qc_checkpoint_load(const char *path,
                       struct qc_manifest *manifest_out,
                       struct qc_text text)
{
    int r = qc_manifest_load(path, manifest_out);

    if (r == 0) {
        return 0;
    }
    return qc_say(
        text, r,
        "%s/manifest: %s: remove this checkpoint's directory; another "
        "one is taken, or fetched",
        path, r == QC_E_IO ? strerror(errno) : "damaged");
}

/* Renames |path|, to a name that nobody has: of the same name one may have gone
 * before it that is still being removed. It may be gone itself by now. */
static int retire_to(const char *path,
                     char away_out[PATH_MAX],
                     struct qc_text text)
{
    for (unsigned i = 0; i < RETIRED_MAX; i++) {
        if (snprintf(away_out, PATH_MAX, "%s.%u.drop", path, i) >= PATH_MAX) {
            errno = ENAMETOOLONG;
            return qc_say(text, QC_E_IO, "%.256s...: the path is too long",
                          path);
        }
        if (rename(path, away_out) == 0 || errno == ENOENT) {
            return 0;
        }
        if (errno != ENOTEMPTY && errno != EEXIST) {
            break;
        }
    }
    return qc_say(text, QC_E_IO, "%s: cannot be renamed: %s", path,
                  strerror(errno));
}

int qc_checkpoint_retire(const char *path, struct qc_text text)
{
    char away[PATH_MAX];

    return retire_to(path, away, text);
}

int qc_checkpoint_drop(const char *path, struct qc_text text)
{
    char away[PATH_MAX];
    int r = retire_to(path, away, text);

    return r != 0 ? r : qc_tree_remove(away, text);
}

int qc_checkpoint_place(const char *from, const char *to, struct qc_text text)
{
    int r = access(to, F_OK) == 0 ? qc_checkpoint_drop(to, text) : 0;

    return r != 0 ? r : qc_tree_rename(from, to, text);
}
