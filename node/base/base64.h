/* Bytes as letters (RFC 4648): how JSON, YAML and headers carry them. */
#ifndef QC_BASE_BASE64_H
#define QC_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* How many letters |size| bytes take, padding included. */
size_t qc_base64_text_size(size_t size);

/* Writes |bytes| in the standard alphabet, padded, without a NUL. |text| has
 * room for qc_base64_text_size(). */
void qc_base64_write(struct qc_bytes bytes, char *text);

/* How many bytes |text| can hold at most. */
size_t qc_base64_size_max(const char *text);

/* Reads |text|, in the standard alphabet or the one for URLs, padded or not.
 * |bytes| has room for qc_base64_size_max(). False when it is no base64. */
bool qc_base64_read(const char *text, uint8_t *bytes, size_t *size_out);

#endif
