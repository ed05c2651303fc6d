#include "http2/cors.h"

#include <string.h>

#include "http2/answer.h"
#include "http2/head.h"
#include "http2/incoming.h"
#include "http2/twin.h"

/* What a page may send, and read, beyond what every page may. */
static const char ALLOWED[] =
    "content-type, connect-protocol-version, connect-timeout-ms, "
    "authorization, x-request-id, x-client-id, x-if-rev, x-tenant, "
    "x-consistency";
static const char EXPOSED[] =
    "x-applied-index, x-staleness-ms, x-leader, idempotent-replayed";

static const char MAX_AGE_S[] = "7200";

bool qc_cors_is_preflight(const struct qc_call *call)
{
    const char *method = qc_call_header(call, ":method");

    return method != NULL && strcmp(method, "OPTIONS") == 0 &&
           qc_call_header(call, "origin") != NULL &&
           qc_call_header(call, "access-control-request-method") != NULL;
}

static void add_origin(struct qc_head *head, const struct qc_call *call)
{
    qc_head_add(head, "access-control-allow-origin",
                qc_call_header(call, "origin"), QC_HEAD_PLAIN);
}

void qc_cors_add(struct qc_head *head, const struct qc_call *call)
{
    if (!call->origin_allowed) {
        return;
    }
    add_origin(head, call);
    qc_head_add(head, "vary", "origin", QC_HEAD_STATIC);
    qc_head_add(head, "access-control-expose-headers", EXPOSED, QC_HEAD_STATIC);
}

void qc_call_allow_origin(struct qc_call *call)
{
    bool allowed = qc_call_header(call, "origin") != NULL;

    if (allowed && call->twin != NULL && !call->origin_allowed) {
        qc_twin_allow_origin(call->twin);
    }
    call->origin_allowed = allowed;
}

void qc_call_answer_preflight(struct qc_call *call, bool allowed)
{
    struct qc_head head;

    if (call->twin != NULL) {
        qc_twin_answer_preflight(call->twin, allowed);
        return;
    }
    head.n = 0;
    if (!qc_answer_open(call)) {
        return;
    }
    qc_head_add(&head, ":status", allowed ? "204" : "403", QC_HEAD_STATIC);
    qc_head_add(&head, "vary", "origin", QC_HEAD_STATIC);
    if (allowed) {
        add_origin(&head, call);
        qc_head_add(&head, "access-control-allow-methods", "POST",
                    QC_HEAD_STATIC);
        qc_head_add(&head, "access-control-allow-headers", ALLOWED,
                    QC_HEAD_STATIC);
        qc_head_add(&head, "access-control-max-age", MAX_AGE_S, QC_HEAD_STATIC);
    }
    qc_answer_whole(call, &head);
}
