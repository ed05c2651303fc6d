/*
 * Small files of text that are whole or not there: each ends in a line with
 * the checksum of what stands above it, and is replaced by renaming.
 */
#ifndef QC_STORAGE_SEALED_FILE_H
#define QC_STORAGE_SEALED_FILE_H

#include <stddef.h>

#include "base/error.h"

/* Durable when it returns, the directory's entry included. IO: see errno. A
 * file of the name with ".new" behind it may stay. */
QC_MUST_CHECK int qc_sealed_file_write(const char *path, const char *text);

/* Gives the text without its seal. IO: see errno. CORRUPT: the seal does not
 * fit, or the text does not fit |size|. */
QC_MUST_CHECK int qc_sealed_file_read(const char *path,
                                      char *text_out,
                                      size_t size);

/* Syncs the directory in which |path| stands, so that the entry of a new or
 * renamed file survives a power cut. IO: see errno. */
QC_MUST_CHECK int qc_sync_directory_of(const char *path);

#endif
