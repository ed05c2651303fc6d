/* The HTTP/2 session of a connection: what nghttp2 tells, and to whom. */
#ifndef QC_HTTP2_SESSION_H
#define QC_HTTP2_SESSION_H

#include <stdbool.h>

#include <nghttp2/nghttp2.h>

#include "base/error.h"

struct qc_connection;

struct qc_http2_limits;

/* What all sessions of servers call; freed by nghttp2_session_callbacks_del().
 * NULL when memory is short. */
nghttp2_session_callbacks *qc_session_callbacks(void);

/* What nghttp2 itself has to know of |limits|; freed by nghttp2_option_del().
 * NULL when memory is short. */
nghttp2_option *qc_session_option(const struct qc_http2_limits *limits);

/* Gives the wire of |connection| its session, which has the settings to say.
 * False when memory is short. */
QC_MUST_CHECK bool qc_session_open(struct qc_connection *connection);

#endif
