#include <string.h>

#include "command/glue.h"
#include "machine/allocate.h"
#include "machine/allocation.h"
#include "machine/allocation_index.h"
#include "machine/decision.h"
#include "machine/interaction.h"
#include "machine/match.h"
#include "machine/prompt.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/text.h"

/* NumberService but NearestBranch: from messages to transitions. */

static int refuse(struct qc_refusal_detail *detail, const char *field)
{
    detail->field = field;
    return QC_REFUSED_INVALID;
}

static struct qc_bytes bytes_of(ProtobufCBinaryData data)
{
    return (struct qc_bytes){data.data, data.len};
}

int qc_allocate_number_check(const Qc__V1__AllocateNumberRequest *request,
                             struct qc_refusal_detail *detail)
{
    if (request->subject[0] == '\0' && request->page_url[0] == '\0') {
        return refuse(detail, "subject");
    }
    if (request->origin == QC__V1__ORIGIN__ORIGIN_UNSPECIFIED ||
        request->origin > QC__V1__ORIGIN__ORIGIN_API) {
        return refuse(detail, "origin");
    }
    if (request->mode > QC__V1__MATCH_MODE__MATCH_MODE_ACCESS_CODE) {
        return refuse(detail, "mode");
    }
    return 0;
}

/* A pause of two commas, then the code: as telephones dial it (RFC 3966 knows
 * no pause, but all of them do). */
static const char *tel_uri(struct qc_txn *txn,
                           const char *number,
                           const char *code)
{
    const char *parts[] = {"tel:", number, code[0] != '\0' ? ",," : "", code};

    return qc_text_join(txn, parts, sizeof(parts) / sizeof(parts[0]));
}

int qc_allocate_number_run(struct qc_txn *txn,
                           const Qc__V1__AllocateNumberRequest *request,
                           Qc__V1__AllocateNumberResponse *response)
{
    const Qc__V1__Allocation *a;
    struct qc_grant grant;
    int r = qc_allocate(txn, request, &grant);

    if (r != 0) {
        return r;
    }
    response->subject = grant.subject;
    response->number = grant.number;
    response->wait = grant.wait;
    if (grant.allocation == NULL) {
        response->tel_uri = tel_uri(txn, grant.number, "");
        response->fallback = true;
        return 0;
    }
    a = grant.allocation->allocation;
    response->allocation_id = a->allocation_id;
    response->tel_uri = tel_uri(txn, grant.number, a->access_code);
    response->access_code = a->access_code;
    response->expires_ms = a->expires_ms;
    response->reused = grant.reused;
    response->decision_id = qc_decision_id(txn, a->allocation_id, 1);
    response->visit_token = grant.visit_token;
    return 0;
}

/* What the caller may see of it: a widget speaks for one visitor, and a call
 * may have come from somebody else. */
static Qc__V1__Allocation *show(struct qc_txn *txn,
                                const Qc__State__AllocationRow *row)
{
    Qc__V1__Allocation *a = row->allocation;

    if ((txn->roles & QC_ROLE_WIDGET) != 0 &&
        strcmp(a->matched_ani, a->customer_phone) != 0) {
        a = qc_row_copy(txn, a);
        if (a != NULL) {
            a->matched_ani = "";
        }
    }
    return a;
}

/* The allocation that the caller names, at the revision that it wants. NULL:
 * |refusal_out| is NOT_FOUND or REV_MISMATCH. */
static Qc__State__AllocationRow *find(struct qc_txn *txn,
                                      const char *allocation_id,
                                      ProtobufCBinaryData visit_token,
                                      uint64_t if_rev,
                                      int *refusal_out)
{
    Qc__State__AllocationRow *row =
        qc_allocation_prove(txn, allocation_id, bytes_of(visit_token));

    if (row == NULL) {
        *refusal_out = qc_refuse(txn, QC_REFUSED_NOT_FOUND, "allocation_id");
        return NULL;
    }
    if (if_rev != 0 && if_rev != row->allocation->rev) {
        *refusal_out = qc_refuse(txn, QC_REFUSED_REV_MISMATCH, "if_rev");
        return NULL;
    }
    return row;
}

int qc_attach_context_check(const Qc__V1__AttachContextRequest *request,
                            struct qc_refusal_detail *detail)
{
    (void)request;
    (void)detail;
    return 0;
}

int qc_attach_context_run(struct qc_txn *txn,
                          const Qc__V1__AttachContextRequest *request,
                          Qc__V1__AttachContextResponse *response)
{
    int r = 0;
    Qc__State__AllocationRow *row = find(
        txn, request->allocation_id, request->visit_token, request->if_rev, &r);

    if (row == NULL) {
        return r;
    }
    r = qc_allocation_attach(txn, row, request);
    if (r == 0) {
        response->allocation = show(txn, row);
    }
    return r;
}

int qc_refresh_allocation_check(const Qc__V1__RefreshAllocationRequest *request,
                                struct qc_refusal_detail *detail)
{
    (void)request;
    (void)detail;
    return 0;
}

int qc_refresh_allocation_run(struct qc_txn *txn,
                              const Qc__V1__RefreshAllocationRequest *request,
                              Qc__V1__RefreshAllocationResponse *response)
{
    int r = 0;
    Qc__State__AllocationRow *row = find(
        txn, request->allocation_id, request->visit_token, request->if_rev, &r);

    if (row == NULL) {
        return r;
    }
    r = qc_allocation_refresh(txn, row);
    if (r == 0) {
        response->allocation = show(txn, row);
    }
    return r;
}

int qc_release_allocation_check(const Qc__V1__ReleaseAllocationRequest *request,
                                struct qc_refusal_detail *detail)
{
    (void)request;
    (void)detail;
    return 0;
}

int qc_release_allocation_run(struct qc_txn *txn,
                              const Qc__V1__ReleaseAllocationRequest *request,
                              Qc__V1__ReleaseAllocationResponse *response)
{
    int r = 0;
    Qc__State__AllocationRow *row = find(
        txn, request->allocation_id, request->visit_token, request->if_rev, &r);

    if (row == NULL) {
        return r;
    }
    r = qc_allocation_release(txn, row);
    if (r == 0) {
        response->allocation = show(txn, row);
    }
    return r;
}

int qc_match_call_check(const Qc__V1__MatchCallRequest *request,
                        struct qc_refusal_detail *detail)
{
    (void)request;
    (void)detail;
    return 0;
}

int qc_match_call_run(struct qc_txn *txn,
                      const Qc__V1__MatchCallRequest *request,
                      Qc__V1__MatchCallResponse *response)
{
    Qc__State__InteractionRow *row;
    const Qc__V1__Interaction *x;
    int r = qc_match_call(txn, request, &row);

    if (r != 0) {
        return r;
    }
    x = row->interaction;
    response->interaction_id = x->interaction_id;
    response->result = qc_interaction_result(row);
    response->subject = x->subject;
    response->allocation_id = x->allocation_id;
    response->attempts_left = qc_interaction_attempts_left(txn, row);
    response->ani_mismatch = x->ani_mismatch;
    response->late = x->late;
    response->redial = x->redial;
    response->withheld = x->withheld;
    response->n_prompts = qc_prompts(txn, row, &response->prompts);
    return 0;
}

int qc_submit_digits_check(const Qc__V1__SubmitDigitsRequest *request,
                           struct qc_refusal_detail *detail)
{
    if (request->digits[0] != '\0' && request->timed_out) {
        return refuse(detail, "timed_out");
    }
    return 0;
}

static Qc__V1__DigitsResult digits_result(const Qc__V1__Interaction *x)
{
    if (x->state == QC__V1__INTERACTION_STATE__INTERACTION_STATE_IDENTIFYING) {
        return QC__V1__DIGITS_RESULT__DIGITS_RESULT_RETRY;
    }
    if (x->state != QC__V1__INTERACTION_STATE__INTERACTION_STATE_CLOSED ||
        x->end_reason == QC__V1__END_REASON__END_REASON_NO_ROUTE ||
        x->end_reason == QC__V1__END_REASON__END_REASON_OUT_OF_HOURS ||
        x->end_reason == QC__V1__END_REASON__END_REASON_NO_AGENTS ||
        x->end_reason == QC__V1__END_REASON__END_REASON_REJECTED_FULL ||
        x->end_reason == QC__V1__END_REASON__END_REASON_OVERFLOW_EXTERNAL) {
        return QC__V1__DIGITS_RESULT__DIGITS_RESULT_OK;
    }
    return QC__V1__DIGITS_RESULT__DIGITS_RESULT_FAILED;
}

int qc_submit_digits_run(struct qc_txn *txn,
                         const Qc__V1__SubmitDigitsRequest *request,
                         Qc__V1__SubmitDigitsResponse *response)
{
    Qc__State__InteractionRow *row;
    int r = qc_match_digits(txn, request, &row);

    if (r != 0) {
        return r;
    }
    response->result = digits_result(row->interaction);
    response->attempts_left = qc_interaction_attempts_left(txn, row);
    if (response->result == QC__V1__DIGITS_RESULT__DIGITS_RESULT_OK) {
        response->allocation_id = row->interaction->allocation_id;
        response->subject = row->interaction->subject;
    }
    response->n_prompts = qc_prompts(txn, row, &response->prompts);
    return 0;
}

int qc_get_allocation_check(const Qc__V1__GetAllocationRequest *request,
                            struct qc_refusal_detail *detail)
{
    (void)request;
    (void)detail;
    return 0;
}

int qc_get_allocation_run(struct qc_txn *txn,
                          const Qc__V1__GetAllocationRequest *request,
                          Qc__V1__GetAllocationResponse *response)
{
    int r = 0;
    Qc__State__AllocationRow *row =
        find(txn, request->allocation_id, request->visit_token, 0, &r);

    if (row != NULL) {
        response->allocation = show(txn, row);
    }
    return r;
}

int qc_list_allocations_check(const Qc__V1__ListAllocationsRequest *request,
                              struct qc_refusal_detail *detail)
{
    if (request->state > QC__V1__ALLOCATION_STATE__ALLOCATION_STATE_RELEASED) {
        return refuse(detail, "state");
    }
    return 0;
}

int qc_list_allocations_run(struct qc_txn *txn,
                            const Qc__V1__ListAllocationsRequest *request,
                            Qc__V1__ListAllocationsResponse *response)
{
    struct qc_page page;
    int r = qc_allocation_page(txn, request, &page);

    if (r != 0) {
        return r;
    }
    response->items = qc_alloc(txn, page.n_rows * sizeof(Qc__V1__Allocation *));
    if (response->items == NULL) {
        return txn->fault;
    }
    for (size_t i = 0; i < page.n_rows; i++) {
        response->items[i] =
            show(txn, (const Qc__State__AllocationRow *)page.rows[i]);
    }
    response->n_items = page.n_rows;
    response->next_token = page.next_token;
    return 0;
}
