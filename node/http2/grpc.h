/* How gRPC writes deadlines and errors into headers ("gRPC over HTTP2"). */
#ifndef QC_HTTP2_GRPC_H
#define QC_HTTP2_GRPC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/status.h"
#include "http2/fields.h"

struct qc_call_error;

enum {
    QC_GRPC_TIMEOUT_SIZE = 10,  /* Eight digits, a unit, NUL. */
    QC_GRPC_MESSAGE_MAX = 1024, /* Bytes of text; the rest is cut off. */
    QC_GRPC_DETAILS_MAX = 4096, /* Bytes, before base64; else left out. */
};

/* Reads a grpc-timeout; less than a millisecond is one. False when it is
 * malformed. */
QC_MUST_CHECK bool qc_grpc_timeout_read(const char *text,
                                        int64_t *timeout_ms_out);

/* Writes a timeout above 0; one too long for milliseconds in seconds. */
void qc_grpc_timeout_write(int64_t timeout_ms, char text[QC_GRPC_TIMEOUT_SIZE]);

/* Appends |text| percent-encoded. False when memory is short. */
QC_MUST_CHECK bool qc_grpc_message_write(struct qc_buffer *output,
                                         const char *text);

/* Appends the text of a grpc-message and a NUL; what is malformed is taken as
 * it stands. False when memory is short. */
QC_MUST_CHECK bool qc_grpc_message_read(struct qc_buffer *output,
                                        const char *text);

/* Appends the grpc-status-details-bin of |error|: google.rpc.Status in base64.
 * Appends nothing when there are no details, or more than fit a header. False
 * when memory is short. */
QC_MUST_CHECK bool qc_grpc_details_write(struct qc_buffer *output,
                                         const struct qc_call_error *error);

/* Adds what tells of |error|: grpc-status, grpc-message, and
 * grpc-status-details-bin if there is something to it. False when memory is
 * short. */
QC_MUST_CHECK bool qc_grpc_failure_write(struct qc_fields *fields,
                                         const struct qc_call_error *error);

/* A grpc-status; UNKNOWN for what is none. */
enum qc_status qc_grpc_status_read(const char *text);

/* What an answer without a grpc-status means ("HTTP to gRPC Status Code
 * Mapping"). */
enum qc_status qc_grpc_status_of_http(long http);

/* What a stream that was reset means, by its HTTP/2 error code. */
enum qc_status qc_grpc_status_of_reset(uint32_t error_code);

#endif
