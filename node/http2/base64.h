/* Base64 without padding (RFC 4648, 4), as gRPC and Connect write bytes into
 * headers and JSON. */
#ifndef QC_HTTP2_BASE64_H
#define QC_HTTP2_BASE64_H

#include <stdbool.h>

#include "base/bytes.h"
#include "http2/buffer.h"

/* Appends the text of |bytes|. False when memory is short. */
QC_MUST_CHECK bool qc_base64_write(struct qc_buffer *output,
                                   struct qc_bytes bytes);

/* Appends the bytes of |text|, with or without padding. False when it is no
 * base64 or memory is short; then some may have been appended. */
QC_MUST_CHECK bool qc_base64_read(struct qc_buffer *output, const char *text);

#endif
