/* Names in a directory of checkpoints (checkpoint.h). */
#ifndef QC_STORAGE_CHECKPOINT_PATH_H
#define QC_STORAGE_CHECKPOINT_PATH_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "storage/manifest.h"
#include "storage/text.h"

/* Of a whole checkpoint. */
QC_MUST_CHECK int qc_checkpoint_path(const char *directory,
                                     uint64_t index,
                                     char path_out[PATH_MAX],
                                     struct qc_text text);

/* Whether |name| is that of a whole checkpoint, and its index. */
bool qc_checkpoint_name_index(const char *name, uint64_t *index_out);

/* Gives the manifest that stands in |path|, a directory. */
QC_MUST_CHECK int qc_checkpoint_load(const char *path,
                                     struct qc_manifest *manifest_out,
                                     struct qc_text text);

/* Puts |path|, a directory, out of use in one step: a crash never leaves a part
 * of it under its name. Quick; qc_checkpoint_drop() also removes it. */
QC_MUST_CHECK int qc_checkpoint_retire(const char *path, struct qc_text text);
QC_MUST_CHECK int qc_checkpoint_drop(const char *path, struct qc_text text);

/* Makes |from|, a directory, the whole checkpoint |to|; one that is there goes.
 */
QC_MUST_CHECK int qc_checkpoint_place(const char *from,
                                      const char *to,
                                      struct qc_text text);

#endif
