/*
 * libquorumcall: calls of a cluster, not of a node.
 *
 * A client knows the addresses of all nodes and may ask any of them. Calls go
 * round the nodes in turn; one that ends with UNAVAILABLE, or hears nothing
 * for half of the time it has left, is sent again to the next, with
 * exponential pauses, until its deadline. That is safe: all tries of one
 * logical call carry the same client id and request id, and the cluster does
 * it once.
 *
 * A change that may have been done, and that no node would tell of before the
 * deadline, ends with reason UNKNOWN_OUTCOME: it is unknown, not failed.
 *
 * Everything happens on one loop, in its thread. There is no global state.
 */
#ifndef QC_LIB_CLIENT_H
#define QC_LIB_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>
#include <uv.h>

#include "base/error.h"
#include "base/status.h"
#include "lib/rpc.h"

struct qc_arena;
struct qc_client;
struct qc_tls;

enum {
    QC_CLIENT_TIMEOUT_DEFAULT_MS = 2000,
};

struct qc_client_options {
    /* "host:port,[v6]:port", at most 16; "https://host:port" is one that must
     * not be called without TLS, "http://host:port" one that is. */
    const char *endpoints;
    const char *tenant; /* Its key; NULL for calls of the cluster only. */
    unsigned tries_max; /* 0: as many as the deadline allows. */
    /* Has all of them speak TLS, and must outlive the client (http2/tls.h);
     * NULL: none does. */
    struct qc_tls *tls;
    /* Shown to each; NULL or "": there is none. Without TLS it is shown to this
     * machine only, and where "http://" says that it may be. */
    const char *api_key;
};

/* How a call ended. */
struct qc_client_answer {
    enum qc_status status;
    ProtobufCMessage *response; /* NULL unless OK. */
    const char *message;        /* For people; "" when OK. */
    const char *reason;         /* "POOL_EMPTY"; "" when none is known. */
    const char *field;          /* Which field is wrong; "" for none. */
    int64_t retry_after_ms;     /* 0: nothing is known of it. */
    const char *endpoint;       /* The node that answered last. */
    unsigned n_tries;
};

/* |answer| is borrowed until the function returns. */
typedef void (*qc_client_answer_fn)(void *ctx,
                                    const struct qc_client_answer *answer);

/* Connects when it is first needed. NULL when memory is short, when |endpoints|
 * is no such list, one of them wants TLS and there is none, or the key would be
 * shown to whoever listens on the way. */
struct qc_client *qc_client_new(uv_loop_t *loop,
                                const struct qc_client_options *options);

/* Ends every call with CANCELLED. |closed|, which may be NULL, is called when
 * nothing of the client is left on the loop; it is freed then. */
void qc_client_close(struct qc_client *client,
                     void (*closed)(void *ctx),
                     void *ctx);

/*
 * Calls |rpc|. Request id, client id and time of the first try are filled in
 * where |request| leaves them empty; |request| itself is only read, and only
 * before this function returns. |done| is called exactly once, later. False,
 * and |done| never called, when memory is short.
 */
QC_MUST_CHECK bool qc_client_call(struct qc_client *client,
                                  const struct qc_rpc *rpc,
                                  const ProtobufCMessage *request,
                                  int64_t timeout_ms,
                                  qc_client_answer_fn done,
                                  void *ctx);

/* The same, and runs the loop until the answer is there; it lives in |arena|.
 * False when memory is short. Not from within a callback of the loop. */
QC_MUST_CHECK bool qc_client_ask(struct qc_client *client,
                                 const struct qc_rpc *rpc,
                                 const ProtobufCMessage *request,
                                 int64_t timeout_ms,
                                 struct qc_arena *arena,
                                 struct qc_client_answer *answer_out);

#endif
