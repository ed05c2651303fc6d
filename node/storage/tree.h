/*
 * Directories with all that is in them. Every int is 0, a fault, or what a
 * caller's function returned; on IO, errno says why, and |text| what failed.
 */
#ifndef QC_STORAGE_TREE_H
#define QC_STORAGE_TREE_H

#include <limits.h>

#include "base/error.h"
#include "storage/text.h"

/* |path| and |name| joined. */
QC_MUST_CHECK int qc_tree_join(char path_out[PATH_MAX],
                               const char *path,
                               const char *name,
                               struct qc_text text);

/* Calls |each| for every name in |path| but "." and ".."; names may be removed
 * meanwhile. Anything but 0 that it returns ends the walk, and is returned. */
QC_MUST_CHECK int qc_tree_each(const char *path,
                               int (*each)(void *ctx, const char *name),
                               void *ctx,
                               struct qc_text text);

/* Makes directory |path|, or takes the one that is there. Durable. */
QC_MUST_CHECK int qc_tree_make(const char *path, struct qc_text text);

/* Removes |path|, a file or a directory, with all that is in it; also when it
 * is not there. */
QC_MUST_CHECK int qc_tree_remove(const char *path, struct qc_text text);

/* Renames durably; what stands at |to| must not be there. */
QC_MUST_CHECK int qc_tree_rename(const char *from,
                                 const char *to,
                                 struct qc_text text);

/* Syncs a file, or a directory with the names in it. */
QC_MUST_CHECK int qc_tree_sync(const char *path, struct qc_text text);

#endif
