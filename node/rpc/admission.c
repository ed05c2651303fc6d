#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/limits.h"
#include "codec/message.h"
#include "codec/utf8.h"
#include "machine/machine.h"
#include "machine/tenant.h"
#include "rpc/envelope.h"
#include "rpc/failure.h"
#include "rpc/phones.h"
#include "rpc/request.h"

/* Connectors tell what has already happened, and are never refused. */
static bool within_rate(struct qc_request *request)
{
    struct qc_refusal_detail detail = {.field = NULL};
    uint32_t nodes = request->rpc->n_members > 0 ? request->rpc->n_members : 1;
    const Qc__V1__Quotas *quotas;

    if (request->tenant == NULL ||
        (request->method->roles & QC_ROLE_CONNECTOR) != 0) {
        return true;
    }
    quotas = request->tenant->quotas;
    detail.retry_after_ms = qc_rates_take(
        request->rpc->rates, request->caller.tenant,
        request->method->kind != QC_METHOD_COMMAND,
        quotas->rate_per_s / nodes + 1, quotas->rate_burst / nodes + 1,
        qc_request_now_ms(request));
    return detail.retry_after_ms == 0 ||
           qc_request_refuse(request, QC_REFUSED_RATE, &detail);
}

static bool within_limits(struct qc_request *request)
{
    struct qc_codec_error errors[QC_VIOLATIONS_MAX];
    struct qc_failure failure = {
        .status = QC_STATUS_INVALID_ARGUMENT,
        .reason = "INVALID",
        .field = errors[0].where,
        .text = errors[0].text,
        .violations = errors,
        .n_violations =
            qc_limits_violations(request->message, errors, QC_VIOLATIONS_MAX),
    };

    if (failure.n_violations > 0) {
        qc_failure_send(request->call, &failure);
    }
    return failure.n_violations == 0;
}

/* x-if-rev, for callers that cannot set field 101. */
static bool take_if_rev(struct qc_request *request)
{
    const char *text = qc_call_header(request->call, "x-if-rev");
    char *end;
    uint64_t rev;

    if (text == NULL) {
        return true;
    }
    errno = 0;
    rev = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0) {
        return qc_request_fail_field(request, "INVALID", "x-if-rev",
                                     "must be a revision");
    }
    qc_envelope_set_number(request->message, QC_FIELD_IF_REV, rev);
    return true;
}

/* Sets a field of the envelope by a header, for callers that cannot set it.
 * Headers are bytes; what stands in the log and in rows is text. */
static bool take_text(struct qc_request *request,
                      uint32_t number,
                      const char *header)
{
    const char *text = qc_call_header(request->call, header);

    if (text == NULL) {
        return true;
    }
    if (!qc_utf8_is_text(
            (struct qc_bytes){(const uint8_t *)text, strlen(text)})) {
        return qc_request_fail_field(request, "INVALID", header,
                                     "is not UTF-8");
    }
    qc_envelope_set_text(request->message, number, text);
    return true;
}

/* The time of a request for which the caller gave none: by this node's clock,
 * but near the log's time, or a node whose clock is wrong would have all such
 * requests refused. */
static int64_t first_try_ms(const struct qc_rpc *rpc)
{
    const struct qc_clocks *clocks = &rpc->options.clocks;
    int64_t wall_ms = clocks->wall_ms(clocks->ctx);
    int64_t log_ms = rpc->options.machine->now_ms;

    if (wall_ms < log_ms) {
        return log_ms;
    }
    return wall_ms - log_ms > QC_CLIENT_AHEAD_MS / 2
               ? log_ms + QC_CLIENT_AHEAD_MS / 2
               : wall_ms;
}

/* Who asks, and which request it is. A caller that names itself has named the
 * request too; for one that does not, the node makes both. */
static bool identify(struct qc_request *request)
{
    struct qc_rpc *rpc = request->rpc;
    ProtobufCMessage *message = request->message;
    char *made;

    if (!take_text(request, QC_FIELD_CLIENT_ID, "x-client-id") ||
        !take_text(request, QC_FIELD_REQUEST_ID, "x-request-id")) {
        return false;
    }
    if (qc_message_string(message, QC_FIELD_CLIENT_ID)[0] != '\0') {
        if (qc_message_string(message, QC_FIELD_REQUEST_ID)[0] == '\0') {
            return qc_request_fail_field(request, "INVALID", "request_id",
                                         "is required with a client_id");
        }
        if (qc_message_int64(message, QC_FIELD_CLIENT_TS) <= 0) {
            return qc_request_fail_field(
                request, "INVALID", "client_ts_ms",
                "is required with a client_id: the time of the "
                "first try, unchanged over its retries");
        }
        return true;
    }
    if (qc_message_string(message, QC_FIELD_REQUEST_ID)[0] != '\0') {
        return qc_request_fail_field(request, "INVALID", "client_id",
                                     "is required with a request_id");
    }
    made = qc_arena_alloc(&request->arena, 24);
    if (made == NULL) {
        return qc_request_fail_memory(request);
    }
    snprintf(made, 24, "%" PRIu64, ++rpc->n_requests);
    qc_envelope_set_text(message, QC_FIELD_CLIENT_ID, rpc->client_id);
    qc_envelope_set_text(message, QC_FIELD_REQUEST_ID, made);
    qc_envelope_set_number(message, QC_FIELD_CLIENT_TS,
                           (uint64_t)first_try_ms(rpc));
    return true;
}

static bool normalise(struct qc_request *request)
{
    const char *country = "US";
    const char *field;

    if (request->tenant != NULL &&
        request->tenant->default_country[0] != '\0') {
        country = request->tenant->default_country;
    }
    if (qc_phones_normalise(request->message, country, &request->arena,
                            &field)) {
        return true;
    }
    if (field[0] == '\0') {
        return qc_request_fail_memory(request);
    }
    return qc_request_fail_field(
        request, "INVALID_PHONE", field,
        "is not a phone number; write it with its country code, "
        "as in +442079460000");
}

static bool checked(struct qc_request *request)
{
    struct qc_refusal_detail detail = {.field = NULL};
    int refusal = 0;

    if (request->method->check != NULL) {
        refusal = request->method->check(request->message, &detail);
    }
    return refusal == 0 || qc_request_refuse(request, refusal, &detail);
}

static void examine(struct qc_request *request)
{
    bool command = request->method->kind == QC_METHOD_COMMAND;

    if (!within_rate(request)) {
        return;
    }
    qc_envelope_clear_facts(request->message);
    if (command && (!take_if_rev(request) || !identify(request))) {
        return;
    }
    if (!within_limits(request)) {
        return;
    }
    if (command && !qc_envelope_digest(request->message, request->method->id,
                                       &request->arena, request->digest)) {
        qc_request_fail_memory(request);
        return;
    }
    if (!normalise(request) || !checked(request)) {
        return;
    }
    qc_request_dispatch(request);
}

/* Looks for the tenant in the rows as they are here: |request->tenant| stays
 * NULL when it is not there. False when the call has ended. */
static bool find_tenant(struct qc_request *request)
{
    const char *key = qc_call_header(request->call, "x-tenant");
    const Qc__State__TenantRow *row = NULL;
    struct qc_txn txn;
    int fault;

    qc_machine_view(request->rpc->options.machine, &request->arena, &txn);
    if (qc_tenant_of_key(&txn, key, &request->caller.tenant)) {
        row = qc_tenant_get(&txn, request->caller.tenant);
    }
    fault = qc_txn_answer(&txn, 0);
    if (fault != 0) {
        return qc_request_fail_fault(request, fault);
    }
    request->tenant = row != NULL ? row->tenant : NULL;
    return true;
}

static void tenant_confirmed(void *ctx, bool confirmed)
{
    struct qc_request *request = ctx;
    struct qc_refusal_detail detail = {.field = "x-tenant"};

    request->read = NULL;
    if (!confirmed) {
        qc_request_fail_outcome(request, QC_OUTCOME_NO_LEADER);
    } else if (!find_tenant(request)) {
        return;
    } else if (request->tenant == NULL) {
        qc_request_refuse(request, QC_REFUSED_TENANT_UNKNOWN, &detail);
    } else {
        examine(request);
    }
}

void qc_request_admit(struct qc_request *request)
{
    const char *key = qc_call_header(request->call, "x-tenant");
    struct qc_refusal_detail detail = {
        .field = "x-tenant",
        .text = "is required: the key of the tenant",
    };

    if (request->method->cluster) {
        examine(request);
    } else if (key == NULL || key[0] == '\0') {
        qc_request_refuse(request, QC_REFUSED_TENANT_UNKNOWN, &detail);
    } else if (!find_tenant(request)) {
        return;
    } else if (request->tenant != NULL) {
        examine(request);
    } else {
        qc_request_read(request, tenant_confirmed);
    }
}
