/*
 * A backup: a checkpoint in one file, made by `qcctl snapshot save`.
 *
 *   "qcbackup1\n"       10 bytes
 *   size of manifest    4 bytes, big-endian; at most QC_MANIFEST_SIZE_MAX
 *   manifest            peer.v1 Manifest, protobuf
 *   files               one after the other, in the manifest's order, each as
 *                       long as the manifest says, with nothing between them
 *   checksum            16 bytes: XXH3-128 of all bytes before it, in the
 *                       canonical form (big-endian)
 *
 * Nothing follows. On a fault |text_out| says file and what to do next. IO: it
 * cannot be read or written. CORRUPT: it is no backup, or is cut short or
 * damaged.
 */
#ifndef QC_STORAGE_BACKUP_H
#define QC_STORAGE_BACKUP_H

#include <stddef.h>

#include "base/error.h"
#include "storage/manifest.h"

#define QC_BACKUP_MAGIC "qcbackup1\n"

/* Reads all of |file| and checks every checksum in it. Gives its manifest. */
QC_MUST_CHECK int qc_backup_inspect(const char *file,
                                    struct qc_manifest *manifest_out,
                                    char *text_out,
                                    size_t text_size);

/* Makes it a whole checkpoint in |directory| (qc_directory_checkpoints()),
 * verified and durable. Gives its manifest. */
QC_MUST_CHECK int qc_backup_unpack(const char *file,
                                   const char *directory,
                                   struct qc_manifest *manifest_out,
                                   char *text_out,
                                   size_t text_size);

#endif
