/* Bytes as JSON and YAML carry them (RFC 4648). */
#ifndef QC_CODEC_BASE64_H
#define QC_CODEC_BASE64_H

#include <stdbool.h>

#include "base/bytes.h"
#include "codec/sink.h"

/* How many bytes |text| can hold at most. */
size_t qc_base64_size_max(const char *text);

/* Reads |text|, in the standard alphabet or the one for URLs, padded or not.
 * |bytes| has room for qc_base64_size_max(). False when it is no base64. */
bool qc_base64_read(const char *text, uint8_t *bytes, size_t *size_out);

/* Writes the standard alphabet, padded. */
void qc_base64_put(struct qc_sink *sink, struct qc_bytes bytes);

#endif
