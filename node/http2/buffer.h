/* Bytes that wait: added at the end, taken from the front. */
#ifndef QC_HTTP2_BUFFER_H
#define QC_HTTP2_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

/* Memory that may be kept though nothing stands in it. The sanitizers say that
 * nothing is: what is used too late is seen then. */
#ifdef QC_CALLS_KEPT_MAX
#define QC_BUFFER_KEPT_MAX 0
#else
#define QC_BUFFER_KEPT_MAX 1024
#define QC_CALLS_KEPT_MAX  1024
#endif

struct qc_buffer {
    uint8_t *data; /* The caller's bytes are data[begin] to data[end - 1]. */
    size_t begin;
    size_t end;
    size_t capacity;
};

/* All zero is an empty buffer. */
void qc_buffer_done(struct qc_buffer *buffer);

static inline size_t qc_buffer_size(const struct qc_buffer *buffer)
{
    return buffer->end - buffer->begin;
}

/* All that waits; borrowed until the buffer is next changed. */
struct qc_bytes qc_buffer_bytes(const struct qc_buffer *buffer);

/* False, and nothing added, when memory is short. */
QC_MUST_CHECK bool qc_buffer_add(struct qc_buffer *buffer,
                                 const void *data,
                                 size_t size);
/* Makes room for |size| more bytes, to be written there by the caller; NULL,
 * and nothing added, when memory is short. */
QC_MUST_CHECK uint8_t *qc_buffer_extend(struct qc_buffer *buffer, size_t size);

/* Makes room for |size| bytes in all, so that what is there moves once, and not
 * each time that it has doubled. False, and nothing changed, when memory is
 * short. */
QC_MUST_CHECK bool qc_buffer_reserve(struct qc_buffer *buffer, size_t size);

QC_MUST_CHECK bool qc_buffer_add_text(struct qc_buffer *buffer,
                                      const char *text);

/* Adds |bytes| as base64, without padding, as gRPC and Connect want it. */
QC_MUST_CHECK bool qc_buffer_add_base64(struct qc_buffer *buffer,
                                        struct qc_bytes bytes);

/* Moves at most |size| bytes from the front to |into|; gives how many. */
size_t qc_buffer_take(struct qc_buffer *buffer, uint8_t *into, size_t size);

/* Forgets what waits, and keeps the memory if it is little: of a buffer that
 * is soon filled again. */
void qc_buffer_rest(struct qc_buffer *buffer);

/* Forgets what waits, and keeps the memory. */
void qc_buffer_clear(struct qc_buffer *buffer);

#endif
