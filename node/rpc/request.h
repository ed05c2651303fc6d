/*
 * A unary request, from its first header to its answer.
 *
 *   begin     who calls, for whom, and may they           (authentication.c)
 *   message   decode                                             (request.c)
 *   settle    whoever is not known here is looked up again behind a confirmed
 *             index                                       (authentication.c)
 *   examine   rate, limits, identity of the request, facts, phones, the
 *             method's check                                   (admission.c)
 *   dispatch  propose it, read behind a confirmed index, or ask the node
 *                                               (dispatch.c, node_control.c)
 *   close     the caller has the answer, or has gone
 *
 * Whatever is found wrong ends the call at once, with its reason; functions
 * that may find something say whether to go on.
 */
#ifndef QC_RPC_REQUEST_H
#define QC_RPC_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "codec/codec.h"
#include "command/apply.h"
#include "rpc/edge.h"

struct qc_part_wanted;

/* What of its tenant every request asks for; zero for those of the cluster. */
struct qc_terms {
    struct qc_rate rate;
    char country[3]; /* Its own, in two letters. */
};

struct qc_request {
    struct qc_rpc *rpc;
    struct qc_call *call;
    const struct qc_method *method;
    struct qc_caller caller;
    struct qc_terms terms;
    uint64_t judged_at; /* The applied index at which it was. */
    bool doubted;       /* The caller is not known here; yet. */
    uint64_t doubt;     /* Its tag. */
    void (*admitted)(struct qc_request *request); /* When doubts have ended. */
    ProtobufCMessage *message;                    /* In the arena. */
    struct qc_arena arena;
    uint8_t digest[QC_DIGEST_SIZE]; /* Of a command. */
    int64_t deadline_ms;            /* Monotonic. */
    struct qc_proposal *proposal;
    struct qc_read *read;
    struct qc_part_wanted *part; /* Of a checkpoint, that is being read. */
    struct qc_desk_watcher *desk_watcher; /* The same, of a desktop. */
    struct qc_lease *lease;               /* That waits, or has waited. */
    struct qc_watcher *watcher; /* Of a stream; NULL before it is dispatched. */
};

int64_t qc_request_now_ms(const struct qc_request *request);

/* Each ends the call, and is false, so that it can end a check. */
bool qc_request_fail(struct qc_request *request,
                     enum qc_status status,
                     const char *reason,
                     const char *text);
bool qc_request_fail_memory(struct qc_request *request);
bool qc_request_fail_field(struct qc_request *request,
                           const char *reason,
                           const char *field,
                           const char *text);
bool qc_request_refuse(struct qc_request *request,
                       int refusal,
                       const struct qc_refusal_detail *detail);
bool qc_request_fail_outcome(struct qc_request *request,
                             enum qc_outcome outcome);
/* Of what was read here. Short of memory, it is the request that asks for too
 * much; any other fault is the node's, and answers nobody. */
bool qc_request_fail_fault(struct qc_request *request, int fault);

/* Calls |done| with the request once a read is confirmed, or cannot be. */
void qc_request_read(struct qc_request *request,
                     void (*done)(void *ctx, bool confirmed));

/* Gives back what memory it holds, its message and all: whoever waits long
 * keeps what it needs by itself. */
void qc_request_rest(struct qc_request *request);

/* Gives it the time that its call has left, or the usual: of one that has
 * waited, and begins now. */
void qc_request_renew_deadline(struct qc_request *request);

/* Proposes it. */
void qc_request_propose(struct qc_request *request);

/* Takes a decoded request on, through all checks. */
void qc_request_admit(struct qc_request *request);

/* Takes a good request on to where it is answered. */
void qc_request_dispatch(struct qc_request *request);

/* The caller has gone: whoever reads |part| tells nobody. (node_control.c) */
void qc_part_forget(struct qc_part_wanted *part);

/* Answers with |response|, or fails when it needs too much memory. */
void qc_request_answer(struct qc_request *request,
                       const ProtobufCMessage *response);

#endif
