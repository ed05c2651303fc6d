/*
 * One logical call: all its tries, and the pauses between them.
 *
 *   new -> write -> try -> (answered -> pause -> try)* -> finished
 */
#ifndef QC_LIB_CALL_H
#define QC_LIB_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "lib/client.h"

struct qc_http2_request;

struct qc_client_call {
    struct qc_client *client;
    struct qc_client_call *previous;
    struct qc_client_call *next;
    const struct qc_rpc *rpc;
    struct qc_arena arena; /* The request, and what the last try brought. */
    struct qc_bytes request;
    struct qc_http2_request *under_way; /* NULL in a pause. */
    uv_timer_t pause;
    int64_t deadline_ms;
    int64_t pause_ms; /* The longest the next one may be. */
    unsigned endpoint;
    bool in_doubt; /* A try may have been done, and nobody has told. */
    struct qc_client_answer answer;
    qc_client_answer_fn done;
    void *ctx;
};

/* NULL when memory is short. */
struct qc_client_call *qc_client_call_new(struct qc_client *client,
                                          const struct qc_rpc *rpc,
                                          int64_t timeout_ms);

/* Packs |request|, and fills in who asks, and when. False when memory is
 * short. */
QC_MUST_CHECK bool qc_client_call_write(struct qc_client_call *call,
                                        const ProtobufCMessage *request);

/* Sends it to the next node. From here on done() is called, once, later. */
void qc_client_call_try(struct qc_client_call *call);

/* Gives up a call that was never tried. */
void qc_client_call_drop(struct qc_client_call *call);

/* Ends a call of a client that closes: at once in a pause, else by the
 * connection, which closes too. */
void qc_client_call_cancel(struct qc_client_call *call);

#endif
