/* What the files of a checkpoint, and the rows in them, add up to. */
#ifndef QC_STORAGE_DIGEST_H
#define QC_STORAGE_DIGEST_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "storage/manifest.h"
#include "storage/text.h"

/* Size and XXH3-128 of a file. IO: see errno. */
QC_MUST_CHECK int qc_digest_file(const char *path,
                                 uint64_t *size_out,
                                 uint8_t checksum_out[QC_CHECKSUM_SIZE]);

/*
 * Reads all rows in |path|, a directory, and writes what follows from them into
 * |manifest|: index, time, hashes, how many there are, members and cluster
 * version. Lists and bytes live in |arena|. Changes nothing in |path|. 0 or a
 * fault; CORRUPT: these are no rows.
 */
QC_MUST_CHECK int qc_digest_rows(const char *path,
                                 struct qc_arena *arena,
                                 Qc__Peer__Manifest *manifest,
                                 struct qc_text text);

#endif
