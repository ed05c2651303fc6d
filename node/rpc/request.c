#include "rpc/request.h"

#include <assert.h>
#include <stdlib.h>

#include "machine/store.h"
#include "rpc/authentication.h"
#include "rpc/failure.h"
#include "rpc/service.h"
#include "rpc/spoken.h"
#include "rpc/watch.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
    DEADLINE_DEFAULT_MS = 10 * 1000,
    DEADLINE_MAX_MS = 60 * 1000,
    /* The replica gives up a little before the call does, so that the caller
     * learns what is known of the outcome. */
    DEADLINE_MARGIN_MS = 5,
};

int64_t qc_request_now_ms(const struct qc_request *request)
{
    const struct qc_clocks *clocks = &request->rpc->options.clocks;

    return clocks->monotonic_ms(clocks->ctx);
}

/* Ends the call. Always false, so that it can end a check. */
bool qc_request_fail(struct qc_request *request,
                     enum qc_status status,
                     const char *reason,
                     const char *text)
{
    struct qc_failure failure = {.status = status,
                                 .reason = reason,
                                 .text = text};

    qc_failure_send(request->call, &failure);
    return false;
}

bool qc_request_fail_memory(struct qc_request *request)
{
    return qc_request_fail(request, QC_STATUS_RESOURCE_EXHAUSTED, "TOO_BIG",
                           "nothing was done: the request, or what it asks "
                           "for, needs too much memory; ask for less");
}

bool qc_request_fail_fault(struct qc_request *request, int fault)
{
    const struct qc_rpc_options *options = &request->rpc->options;

    if (fault == QC_E_NOMEM) {
        return qc_request_fail_memory(request);
    }
    options->fault(options->ctx, fault);
    return false;
}

bool qc_request_fail_field(struct qc_request *request,
                           const char *reason,
                           const char *field,
                           const char *text)
{
    struct qc_failure failure = {
        .status = QC_STATUS_INVALID_ARGUMENT,
        .reason = reason,
        .field = field,
        .text = text,
    };

    qc_failure_send(request->call, &failure);
    return false;
}

bool qc_request_refuse(struct qc_request *request,
                       int refusal,
                       const struct qc_refusal_detail *detail)
{
    struct qc_failure failure = qc_failure_of_refusal(refusal, detail);

    qc_failure_send(request->call, &failure);
    return false;
}

bool qc_request_fail_outcome(struct qc_request *request,
                             enum qc_outcome outcome)
{
    struct qc_replica_status status;
    struct qc_failure failure = {.status = QC_STATUS_UNAVAILABLE};

    qc_replica_status(request->rpc->replica, &status);
    switch (outcome) {
    case QC_OUTCOME_EXPIRED:
        failure.status = QC_STATUS_DEADLINE_EXCEEDED;
        failure.reason = "DEADLINE_BEFORE_COMMIT";
        failure.text = "the deadline came first; nothing was done";
        break;
    case QC_OUTCOME_NO_LEADER:
        failure.reason = "NO_LEADER";
        failure.text = "no leader, or no quorum; nothing was done";
        break;
    case QC_OUTCOME_OVERLOADED:
        failure.status = QC_STATUS_RESOURCE_EXHAUSTED;
        failure.reason = "OVERLOADED";
        failure.quota = "node";
        failure.text = "too many requests wait on this node; nothing was done";
        failure.retry_after_ms = 100;
        break;
    case QC_OUTCOME_NO_SPACE:
        failure.status = QC_STATUS_RESOURCE_EXHAUSTED;
        failure.reason = "NO_SPACE";
        failure.quota = "cluster";
        failure.text = "the disks are full, and the cluster is read-only: "
                       "nothing was done";
        break;
    case QC_OUTCOME_UNKNOWN:
    case QC_OUTCOME_APPLIED:
    default:
        failure.reason = "UNKNOWN_OUTCOME";
        failure.text = "it may or may not have been done: send it again with "
                       "the same request id to learn which";
        break;
    }
    if (status.leader_address[0] != '\0') {
        failure.leader = status.leader_address;
    }
    qc_failure_send(request->call, &failure);
    return false;
}

void qc_request_read(struct qc_request *request,
                     void (*done)(void *ctx, bool confirmed))
{
    request->read = qc_replica_read(request->rpc->replica, request->deadline_ms,
                                    done, request);
    if (request->read == NULL) {
        qc_request_fail_outcome(request, QC_OUTCOME_OVERLOADED);
    }
}

static int64_t deadline_of(const struct qc_request *request)
{
    int64_t left_ms = qc_call_remaining_ms(request->call);

    if (left_ms == INT64_MAX) {
        left_ms = DEADLINE_DEFAULT_MS;
    }
    if (left_ms > DEADLINE_MAX_MS) {
        left_ms = DEADLINE_MAX_MS;
    }
    if (left_ms > DEADLINE_MARGIN_MS) {
        left_ms -= DEADLINE_MARGIN_MS;
    }
    return qc_request_now_ms(request) + left_ms;
}

void qc_request_renew_deadline(struct qc_request *request)
{
    request->deadline_ms = deadline_of(request);
}

void qc_request_rest(struct qc_request *request)
{
    request->message = NULL;
    qc_rpc_give_arena(request->rpc, &request->arena);
    qc_arena_init(&request->arena, ARENA_SIZE);
}

static enum qc_call_kind kind(const char *path)
{
    const struct qc_method *method = qc_method_of_path(path);

    if (method == NULL) {
        return QC_CALL_UNKNOWN;
    }
    return method->kind == QC_METHOD_STREAM ? QC_CALL_SERVER_STREAM
                                            : QC_CALL_UNARY;
}

static void begin(struct qc_rpc *rpc, struct qc_call *call)
{
    struct qc_request *request = calloc(1, sizeof(*request));

    qc_call_set_data(call, request);
    if (request == NULL) {
        struct qc_failure failure = {
            .status = QC_STATUS_RESOURCE_EXHAUSTED,
            .reason = "TOO_BIG",
            .text = "the node is short of memory",
        };

        qc_failure_send(call, &failure);
        return;
    }
    request->rpc = rpc;
    request->call = call;
    request->method = qc_method_of_path(qc_call_path(call));
    assert(request->method != NULL); /* The server has asked. */
    request->arena = qc_rpc_take_arena(rpc, ARENA_SIZE);
    qc_request_authenticate(request);
}

static void message(struct qc_rpc *rpc,
                    struct qc_call *call,
                    struct qc_bytes bytes)
{
    struct qc_request *request = qc_call_data(call);

    (void)rpc;
    qc_request_renew_deadline(request);
    request->message =
        qc_spoken_read(call, request->method->request, bytes, &request->arena);
    if (request->message != NULL) {
        qc_request_admit(request);
    }
}

static void closed(struct qc_rpc *rpc, struct qc_call *call)
{
    struct qc_request *request = qc_call_data(call);

    if (request == NULL) {
        return;
    }
    if (request->proposal != NULL) {
        qc_proposal_forget(request->proposal);
    }
    if (request->read != NULL) {
        qc_read_forget(request->read);
    }
    if (request->part != NULL) {
        qc_part_forget(request->part);
    }
    qc_watch_close(request);
    qc_desk_close(request);
    qc_lease_close(request);
    qc_rpc_give_arena(rpc, &request->arena);
    free(request);
}

static void writable(struct qc_rpc *rpc, struct qc_call *call)
{
    struct qc_request *request = qc_call_data(call);

    (void)rpc;
    qc_watch_writable(request);
    qc_desk_writable(request);
}

static void leaving(struct qc_rpc *rpc, struct qc_call *call)
{
    struct qc_request *request = qc_call_data(call);

    (void)rpc;
    qc_watch_leaving(request);
    qc_desk_leaving(request);
    qc_lease_leaving(request);
}

const struct qc_service qc_request_service = {
    .kind = kind,
    .begin = begin,
    .message = message,
    .writable = writable,
    .leaving = leaving,
    .close = closed,
};
