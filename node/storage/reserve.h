/*
 * Room on a disk: how much is free, and a file that keeps some back, to be
 * released when there is none left.
 */
#ifndef QC_STORAGE_RESERVE_H
#define QC_STORAGE_RESERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Bytes that this process may still write where |path| is. IO: see errno. */
QC_MUST_CHECK int qc_space_free(const char *path, uint64_t *free_out);

/* Makes file |path| take |size| bytes of the disk; one that is that long is
 * left alone. May take long. IO: see errno (ENOSPC: there is no room, and no
 * file). */
QC_MUST_CHECK int qc_reserve_make(const char *path, uint64_t size);

/* Whether |path| is such a file, of that size and with all its blocks. */
bool qc_reserve_is_whole(const char *path, uint64_t size);

/* Gives the room back; also when there is no such file. IO: see errno. */
QC_MUST_CHECK int qc_reserve_release(const char *path);

#endif
