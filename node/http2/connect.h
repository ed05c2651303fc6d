/* How Connect writes deadlines, errors and the ends of streams
 * (connectrpc.com/docs/protocol). */
#ifndef QC_HTTP2_CONNECT_H
#define QC_HTTP2_CONNECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "http2/fields.h"

struct qc_call_error;

/* Reads a connect-timeout-ms. False when it is malformed. */
QC_MUST_CHECK bool qc_connect_timeout_read(const char *text,
                                           int64_t *timeout_ms_out);

/* Appends |error| as the JSON body of an answer. False when memory is short. */
QC_MUST_CHECK bool qc_connect_error_write(struct qc_buffer *output,
                                          const struct qc_call_error *error);

/* Appends the frame that ends a stream: its trailing metadata, and |error|
 * unless that is NULL. False, and nothing appended, when memory is short. */
QC_MUST_CHECK bool qc_connect_end_write(struct qc_buffer *output,
                                        const struct qc_call_error *error,
                                        const struct qc_fields *metadata);

#endif
