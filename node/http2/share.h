/*
 * A connection's share of a turn, of what it has sent.
 *
 * A turn has so much time for what all connections have sent. Once that is
 * spent each still has a slice, some calls, or one or two if they are dear, and
 * what else was read of it is kept for the next turn. So nobody is left out,
 * and no turn gets long, however dear calls may be and however many come at
 * once.
 */
#ifndef QC_HTTP2_SHARE_H
#define QC_HTTP2_SHARE_H

#include <stdbool.h>

#include "http2/connection.h"

/* Gives |bytes| to the session, behind what is kept; keeps what there is no
 * time for. */
void qc_share_take(struct qc_connection *connection, struct qc_bytes bytes);

/* Goes on with what is kept, in another turn. */
void qc_share_go_on(struct qc_connection *connection);

/* Whether something is kept: no more is to be read then. */
bool qc_share_is_due(const struct qc_connection *connection);

#endif
