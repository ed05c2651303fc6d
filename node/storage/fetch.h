/*
 * A checkpoint that is being fetched from another node: its files grow one
 * after the other, in the order of the manifest. What is here stays over a
 * restart. Nothing of it is believed before all of it has been verified.
 *
 * Called by one thread at a time, which is no loop: qc_fetch_open() syncs,
 * qc_fetch_write() may have to wait for a disk that is slower than the network,
 * qc_fetch_finish() takes long. On a fault |text_out|, or
 * qc_fetch_error(), says file, index and what to do next.
 */
#ifndef QC_STORAGE_FETCH_H
#define QC_STORAGE_FETCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "storage/checkpoint.h"

struct qc_fetch;

/*
 * Begins, or goes on where the same manifest was left; another fetch that was
 * left in |directory| (qc_directory_checkpoints()) is forgotten. Gives; closed
 * by qc_fetch_close(), which keeps what is here. |manifest| is copied.
 * CORRUPT: it has a flaw, and nothing was changed.
 */
QC_MUST_CHECK int qc_fetch_open(const char *directory,
                                const Qc__Peer__Manifest *manifest,
                                struct qc_fetch **fetch_out,
                                char *text_out,
                                size_t text_size);
void qc_fetch_close(struct qc_fetch *fetch);

/* How many bytes of the files, one after the other, are here. */
uint64_t qc_fetch_have(const struct qc_fetch *fetch);

/* Writes the bytes that come next. 0; 1 when |part| (its size is that of
 * |data|) is not what comes next, and nothing was written; IO. */
QC_MUST_CHECK int qc_fetch_write(struct qc_fetch *fetch,
                                 const struct qc_checkpoint_part *part,
                                 struct qc_bytes data);

/*
 * Everything is here: verifies it, syncs it, and makes it a whole checkpoint of
 * its index. CORRUPT: it does not verify, or is not all here; then all of it is
 * removed, and the fetch is at an end but for qc_fetch_close().
 */
QC_MUST_CHECK int qc_fetch_finish(struct qc_fetch *fetch);

/* The manifest; lives until it is closed. */
const Qc__Peer__Manifest *qc_fetch_manifest(const struct qc_fetch *fetch);

/* What went wrong at the last fault; "" when nothing did. */
const char *qc_fetch_error(const struct qc_fetch *fetch);

#endif
