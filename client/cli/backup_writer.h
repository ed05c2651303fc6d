/*
 * Writes a backup: a checkpoint in one file, as node/storage/backup.h says.
 *
 *   "qcbackup1\n", size of the manifest, manifest, files, checksum of it all
 *
 * The file is written beside its name, as FILE.part-..., and gets it when it is
 * whole and durable. Only its owner can read it. What went wrong is said on
 * stderr.
 */
#ifndef QC_CLI_BACKUP_WRITER_H
#define QC_CLI_BACKUP_WRITER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <xxhash.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
    QC_CHECKSUM_SIZE = 16, /* XXH3-128, big-endian. */
};

struct qc_backup_writer {
    FILE *stream; /* NULL: not open. */
    XXH3_state_t *whole;
    XXH3_state_t *one; /* Of the file that is being written. */
    const char *path;
    char part_path[PATH_MAX];
};

/* Opens it for |path|, which is borrowed and must not be there, and writes what
 * comes before the files. Ended by _abort(), also after it has failed. */
QC_MUST_CHECK bool qc_backup_writer_open(struct qc_backup_writer *writer,
                                         const char *path,
                                         struct qc_bytes manifest);

/* Adds bytes to the file at hand. */
QC_MUST_CHECK bool qc_backup_writer_add(struct qc_backup_writer *writer,
                                        struct qc_bytes bytes);

/* Ends the file at hand. False when its checksum is not |checksum|. */
QC_MUST_CHECK bool qc_backup_writer_end_file(struct qc_backup_writer *writer,
                                             struct qc_bytes checksum);

/* Makes it whole and durable, and gives it its name. */
QC_MUST_CHECK bool qc_backup_writer_commit(struct qc_backup_writer *writer);

/* Removes what is there, unless it was committed. Takes one that is all zeros,
 * too, and leaves it so. */
void qc_backup_writer_abort(struct qc_backup_writer *writer);

#endif
