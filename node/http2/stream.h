/* Answers of many messages; what the handler does stands in call.h. */
#ifndef QC_HTTP2_STREAM_H
#define QC_HTTP2_STREAM_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"

struct qc_call;
struct qc_call_error;

/* Whether the server may send any number of messages. */
bool qc_stream_is(const struct qc_call *call);

/* Ends a stream with |error|. False when memory is short. */
QC_MUST_CHECK bool qc_stream_fail(struct qc_call *call,
                                  const struct qc_call_error *error);

/* One more message, whether or not there is room. False when memory is short:
 * then the stream has ended. */
bool qc_stream_say(struct qc_call *call, struct qc_bytes message);

/* The handler waits for room: it is told when there is some, at once perhaps,
 * but later than now. */
void qc_stream_want_room(struct qc_call *call);

/* Some of the output has left: there may be room for more. */
void qc_stream_drained(struct qc_call *call);

/* Tells the handler, if it waits for room and there is some. */
void qc_stream_look(struct qc_call *call);

/* Tells the handler that the stream is to end. */
void qc_stream_leave(struct qc_call *call);

#endif
