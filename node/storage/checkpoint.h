/*
 * Checkpoints: the machine's rows at one index, as files that do not change.
 *
 *   <index>/        whole: its files, and "manifest", which is written last
 *   take.part/      being taken
 *   <index>.fetch/  being fetched (fetch.h)
 *   *.drop/         to be removed
 *
 * A checkpoint is made of hard links to the tables of the live rows, so it
 * costs little room at first, and it is read by RocksDB without being changed.
 *
 * Every function may run on any thread, beside a loop that uses the rows; only
 * one of them at a time may work on the same directory, but for
 * qc_checkpoint_read(). On a fault |text_out| says file, index and what to do
 * next. IO: the disk has failed. CORRUPT: what is there is not what it should
 * be.
 */
#ifndef QC_STORAGE_CHECKPOINT_H
#define QC_STORAGE_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "storage/manifest.h"
#include "storage/rows.h"

struct qc_checkpoint_options {
    const char *directory; /* Of all checkpoints: qc_directory_checkpoints(). */
    const char *cluster_id; /* Goes into the manifest. */
};

/*
 * Takes a checkpoint of the rows as they are or will be at some moment of the
 * call, and syncs it. Gives its manifest, in which term is 0. When there is one
 * of that index already, it is that one.
 */
QC_MUST_CHECK int qc_checkpoint_take(
    struct qc_rows *rows,
    const struct qc_checkpoint_options *options,
    struct qc_manifest *manifest_out,
    char *text_out,
    size_t text_size);

/* Whether the files in |path|, a directory, are those of |manifest|, and the
 * rows in them those it tells of. Reads them all. 0, IO or CORRUPT. */
QC_MUST_CHECK int qc_checkpoint_verify(const char *path,
                                       const Qc__Peer__Manifest *manifest,
                                       char *text_out,
                                       size_t text_size);

/* Makes directory |rows_path| hold the rows of checkpoint |index|, which stays
 * as it is. Anything that stands there is removed first. Durable when it
 * returns. */
QC_MUST_CHECK int qc_checkpoint_make_rows(const char *directory,
                                          uint64_t index,
                                          const char *rows_path,
                                          char *text_out,
                                          size_t text_size);

/* Writes the indexes of all whole checkpoints, rising, and how many there are:
 * at most |max|, the highest of them. */
QC_MUST_CHECK int qc_checkpoint_list(const char *directory,
                                     uint64_t *indexes_out,
                                     size_t max,
                                     size_t *n_out);

/* Gives the manifest of a whole checkpoint, as it stands beside its files. */
QC_MUST_CHECK int qc_checkpoint_manifest(const char *directory,
                                         uint64_t index,
                                         struct qc_manifest *manifest_out,
                                         char *text_out,
                                         size_t text_size);

/* A part of a file of a checkpoint. */
struct qc_checkpoint_part {
    uint64_t index; /* The checkpoint's. */
    const char *file;
    uint64_t offset;
    size_t size;
};

/* Reads a part into |buffer|, of part->size bytes; shorter at the end of the
 * file. 0; 1 when there is no such whole checkpoint, no such file in it, or no
 * file is ever so long; IO: see errno. */
QC_MUST_CHECK int qc_checkpoint_read(const char *directory,
                                     const struct qc_checkpoint_part *part,
                                     uint8_t *buffer,
                                     size_t *n_out);

/* Drops all whole checkpoints but those of |indexes|, and what is left of ones
 * that were dropped. */
QC_MUST_CHECK int qc_checkpoint_keep(const char *directory,
                                     const uint64_t *indexes,
                                     size_t n,
                                     char *text_out,
                                     size_t text_size);

#endif
