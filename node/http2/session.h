/* The HTTP/2 session of a connection: what nghttp2 tells, and to whom. */
#ifndef QC_HTTP2_SESSION_H
#define QC_HTTP2_SESSION_H

#include <stdbool.h>

#include <nghttp2/nghttp2.h>

#include "base/error.h"

struct qc_connection;

/* The same for all sessions of servers. Gives both; false, and neither given,
 * when memory is short. */
QC_MUST_CHECK bool qc_session_prepare(nghttp2_session_callbacks **callbacks_out,
                                      nghttp2_option **option_out);

/* Gives the wire of |connection| its session, which has the settings to say.
 * False when memory is short. */
QC_MUST_CHECK bool qc_session_open(struct qc_connection *connection);

#endif
