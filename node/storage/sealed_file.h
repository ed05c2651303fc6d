/*
 * Small files, of text mostly, that are whole or not there: each ends in a line
 * with the checksum of what stands above it, and is replaced by renaming.
 */
#ifndef QC_STORAGE_SEALED_FILE_H
#define QC_STORAGE_SEALED_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

/* Durable when it returns, the directory's entry included. IO: see errno. A
 * file of the name with ".new" behind it may stay. */
QC_MUST_CHECK int qc_sealed_file_write(const char *path, const char *text);

/* The same of any bytes. */
QC_MUST_CHECK int qc_sealed_file_write_bytes(const char *path,
                                             struct qc_bytes bytes);

/* Gives the text without its seal. IO: see errno. CORRUPT: the seal does not
 * fit, or the text does not fit |size|. */
QC_MUST_CHECK int qc_sealed_file_read(const char *path,
                                      char *text_out,
                                      size_t size);

/* The same of any bytes; |size_out| is how many. */
QC_MUST_CHECK int qc_sealed_file_read_bytes(const char *path,
                                            uint8_t *bytes_out,
                                            size_t size,
                                            size_t *size_out);

/* Syncs the directory in which |path| stands, so that the entry of a new or
 * renamed file survives a power cut. IO: see errno. */
QC_MUST_CHECK int qc_sync_directory_of(const char *path);

#endif
