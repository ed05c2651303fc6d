#include "daemon/calls.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/quoted.h"
#include "command/table.h"
#include "daemon/inside.h"
#include "daemon/pages.h"

enum {
    QUOTED_SIZE = 160,
};

bool qc_calls_init(struct qc_calls *calls,
                   struct qc_node *node,
                   const struct qc_call_handler *inner)
{
    size_t n;
    const struct qc_method *methods = qc_methods(&n);

    *calls = (struct qc_calls){
        .node = node,
        .inner = *inner,
        .counts = calloc(n + 1, sizeof(*calls->counts)),
        .n_counts = n + 1,
    };
    for (size_t i = 0; calls->counts != NULL && i < n; i++) {
        calls->counts[i].method = &methods[i];
    }
    return calls->counts != NULL;
}

void qc_calls_done(struct qc_calls *calls)
{
    free(calls->counts);
    calls->counts = NULL;
}

static struct qc_call_count *count_of(struct qc_calls *calls,
                                      const struct qc_call *call)
{
    const struct qc_method *method = qc_method_of_path(qc_call_path(call));

    return method != NULL ? &calls->counts[method - calls->counts[0].method]
                          : &calls->counts[calls->n_counts - 1];
}

/* What is under way: by |by| more. */
static void count_open(struct qc_calls *calls,
                       const struct qc_call_count *count,
                       const struct qc_call *call,
                       int by)
{
    switch (qc_call_kind(call)) {
    case QC_CALL_UNARY:
        if (count->method == NULL || count->method->kind != QC_METHOD_NODE) {
            calls->open_calls += (uint64_t)by;
        }
        break;
    case QC_CALL_SERVER_STREAM:
    case QC_CALL_BIDI_STREAM:
        calls->open_streams += (uint64_t)by;
        break;
    case QC_CALL_CLIENT_STREAM: /* Of other nodes. */
    case QC_CALL_UNKNOWN:
    case QC_CALL_PAGE:
    case QC_CALL_PREFLIGHT:
    default:
        break;
    }
}

/* --- the handler ---------------------------------------------------------- */

static bool is_ours(const struct qc_call *call)
{
    return qc_call_kind(call) == QC_CALL_PAGE &&
           qc_web_page_is_public(qc_call_path(call));
}

static enum qc_call_kind handler_kind(void *ctx, const char *path, bool is_get)
{
    struct qc_calls *calls = ctx;

    if (is_get && qc_web_page_is_public(path)) {
        return QC_CALL_PAGE;
    }
    return calls->inner.kind(calls->inner.ctx, path, is_get);
}

static void answer_page(struct qc_calls *calls, struct qc_call *call)
{
    struct qc_web_page page;

    qc_web_page_make(calls->node, qc_call_path(call), &page);
    qc_call_answer_page(
        call, page.status, page.content_type,
        (struct qc_bytes){(const uint8_t *)page.body, page.size});
    free(page.body);
}

static void handler_begin(void *ctx, struct qc_call *call)
{
    struct qc_calls *calls = ctx;
    struct qc_call_count *count;

    if (is_ours(call)) {
        answer_page(calls, call);
        return;
    }
    count = count_of(calls, call);
    count->started++;
    count_open(calls, count, call, 1);
    calls->inner.begin(calls->inner.ctx, call);
}

static void handler_message(void *ctx,
                            struct qc_call *call,
                            struct qc_bytes message)
{
    struct qc_calls *calls = ctx;

    calls->inner.message(calls->inner.ctx, call, message);
}

static void handler_end(void *ctx, struct qc_call *call)
{
    struct qc_calls *calls = ctx;

    calls->inner.end(calls->inner.ctx, call);
}

/* A line for each command of an administrator, however it ended. Who it was by
 * their key stands in the audit trail; here is what the connection tells. */
static void tell(const struct qc_calls *calls,
                 const struct qc_call_count *count,
                 const struct qc_call *call)
{
    const char *request_id;
    const char *tenant;
    char of_tenant[QUOTED_SIZE];
    char of_request[QUOTED_SIZE];
    char identity[QUOTED_SIZE];

    if (count->method == NULL || !count->method->audited) {
        return;
    }
    tenant = qc_call_header(call, "x-tenant");
    request_id = qc_call_header(call, "x-request-id");
    qc_logger_write(
        calls->node->logger, QC_LEVEL_INFO,
        "admin_call method=%s/%s code=%s us=%" PRIu64
        " from=%s identity=%s tenant=%s req_id=%s",
        count->method->service, count->method->name,
        qc_call_outcome(call) == QC_STATUS_OK
            ? "OK"
            : qc_status_name(qc_call_outcome(call)),
        qc_call_age_us(call), qc_call_address(call),
        qc_quoted(identity, sizeof(identity), qc_call_identity(call)),
        qc_quoted(of_tenant, sizeof(of_tenant), tenant != NULL ? tenant : ""),
        qc_quoted(of_request, sizeof(of_request),
                  request_id != NULL ? request_id : ""));
}

static void handler_close(void *ctx, struct qc_call *call)
{
    struct qc_calls *calls = ctx;
    struct qc_call_count *count;

    if (is_ours(call)) {
        return;
    }
    count = count_of(calls, call);
    tell(calls, count, call);
    count->handled[qc_call_outcome(call)]++;
    if (qc_call_kind(call) == QC_CALL_UNARY) {
        qc_histogram_add(&count->durations, qc_call_age_us(call));
    }
    count_open(calls, count, call, -1);
    calls->inner.close(calls->inner.ctx, call);
}

static void handler_writable(void *ctx, struct qc_call *call)
{
    struct qc_calls *calls = ctx;

    if (calls->inner.writable != NULL) {
        calls->inner.writable(calls->inner.ctx, call);
    }
}

static void handler_leaving(void *ctx, struct qc_call *call)
{
    struct qc_calls *calls = ctx;

    if (calls->inner.leaving != NULL) {
        calls->inner.leaving(calls->inner.ctx, call);
    }
}

struct qc_call_handler qc_calls_handler(struct qc_calls *calls)
{
    return (struct qc_call_handler){
        .ctx = calls,
        .kind = handler_kind,
        .begin = handler_begin,
        .message = handler_message,
        .end = handler_end,
        .close = handler_close,
        .writable = handler_writable,
        .leaving = handler_leaving,
    };
}
