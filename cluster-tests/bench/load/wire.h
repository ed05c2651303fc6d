/*
 * How calls get to a system: a client is one connection, and what it is told of
 * an answer is what the HTTP/2 client is told.
 */
#ifndef QC_LOAD_WIRE_H
#define QC_LOAD_WIRE_H

#include <stdbool.h>

#include <uv.h>

#include "base/bytes.h"
#include "http2/client.h"

struct qc_load_wire {
    /* A connection to |address|, dialled when it is first needed. NULL when
     * memory is short or the address is none. */
    void *(*open)(uv_loop_t *loop, const char *address);
    /* Sends |body| (copied); |done| is called once, later. |tenant| may be
     * NULL. False, and |done| never called, when it cannot be sent. */
    bool (*call)(void *client,
                 const char *path,
                 const char *tenant,
                 struct qc_bytes body,
                 qc_http2_response_fn done,
                 void *ctx);
    /* Sends what was written in this turn of the loop; NULL: nothing waits. */
    void (*flush)(void *client);
    /* Frees it, at once or later on the loop. */
    void (*close)(void *client);
};

/* gRPC: many calls at a time on a connection. */
extern const struct qc_load_wire qc_load_wire_http2;

/* Redis: one call at a time on a connection, which is a command and a WAIT, and
 * whose answer is two replies as they came. */
extern const struct qc_load_wire qc_load_wire_redis;

#endif
