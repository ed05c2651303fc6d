/* Pages: what is fetched by GET, like /readyz. */
#include <assert.h>
#include <stdio.h>

#include "http2/answer.h"
#include "http2/cors.h"
#include "http2/head.h"
#include "http2/incoming.h"
#include "http2/twin.h"

void qc_call_answer_page(struct qc_call *call,
                         unsigned status,
                         const char *content_type,
                         struct qc_bytes body)
{
    struct qc_head head;
    char status_text[12];
    char size_text[24];

    head.n = 0;
    assert(call->kind == QC_CALL_PAGE);

    if (call->twin != NULL) {
        qc_twin_answer_page(call->twin, status, content_type, body);
        return;
    }
    if (!qc_answer_open(call)) {
        return;
    }
    if (!call->is_head && !qc_buffer_add(&call->output, body.data, body.size)) {
        qc_answer_turn_away(call, "the node is short of memory");
        return;
    }
    snprintf(status_text, sizeof(status_text), "%u", status);
    snprintf(size_text, sizeof(size_text), "%zu", body.size);
    qc_head_add(&head, ":status", status_text, QC_HEAD_PLAIN);
    qc_head_add(&head, "content-type", content_type, QC_HEAD_PLAIN);
    qc_head_add(&head, "content-length", size_text, QC_HEAD_UNIQUE);
    qc_head_add(&head, "cache-control", "no-store", QC_HEAD_STATIC);
    qc_head_add(&head, "x-content-type-options", "nosniff", QC_HEAD_STATIC);
    qc_cors_add(&head, call);
    qc_head_add_all(&head, &call->metadata);
    qc_answer_whole(call, &head);
}
