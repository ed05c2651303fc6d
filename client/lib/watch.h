/*
 * A watch: what happens in a cluster, not at a node.
 *
 * It follows WatchService.WatchEvents, or AgentService.WatchAgent, and whenever
 * a stream ends that may go on it does so, on the next node, where it was left.
 * So each event comes once, and in order, whatever becomes of the nodes; of a
 * desktop, what comes next. A node that keeps silent for longer than heartbeats
 * take is left, too.
 *
 * A watch must have ended before its client is closed.
 */
#ifndef QC_LIB_WATCH_H
#define QC_LIB_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/client.h"

struct qc_client_watch; /* The client's, until it has ended. */

/* A message of the stream, heartbeats too; borrowed. Answers whether to go on.
 * Must not close the client, or stop the watch. */
typedef bool (*qc_client_event_fn)(void *ctx, const ProtobufCMessage *message);

/*
 * Watches as |request| says, which is copied: a WatchEventsRequest, or a
 * WatchAgentRequest. |told| is called for each message. |ended| is called once,
 * later: with OK when |told| wanted no more, with CANCELLED when it was
 * stopped, with UNAVAILABLE when nothing was heard from any node for
 * |patience_ms|, else with the error that ended it; OUT_OF_RANGE when no node
 * has what it asks for any more. NULL, and nobody called, when memory is short.
 */
struct qc_client_watch *qc_client_watch(struct qc_client *client,
                                        const ProtobufCMessage *request,
                                        int64_t patience_ms,
                                        qc_client_event_fn told,
                                        qc_client_answer_fn ended,
                                        void *ctx);

/* Ends it; |ended| is called before it returns. */
void qc_client_watch_stop(struct qc_client_watch *watch);

#endif
