#include "command/glue.h"
#include "machine/context.h"
#include "machine/effect.h"
#include "machine/outbox.h"
#include "machine/store.h"

/* EffectService: from messages to transitions. */

enum {
    FIELD_ACK_RESULT = 3,  /* Of an AckEffectRequest. */
    FIELD_NACK_RESULT = 4, /* Of a NackEffectRequest. */
};

static int refuse(struct qc_refusal_detail *detail, const char *field)
{
    detail->field = field;
    return QC_REFUSED_INVALID;
}

/* 0 is the usual time. */
static int check_lease_ms(int64_t lease_ms, struct qc_refusal_detail *detail)
{
    return lease_ms != 0 &&
                   (lease_ms < QC_LEASE_MS_MIN || lease_ms > QC_LEASE_MS_MAX)
               ? refuse(detail, "lease_ms")
               : 0;
}

int qc_lease_effects_check(const Qc__V1__LeaseEffectsRequest *request,
                           struct qc_refusal_detail *detail)
{
    for (size_t i = 0; i < request->n_kinds; i++) {
        if (request->kinds[i] == QC__V1__EFFECT_KIND__EFFECT_KIND_UNSPECIFIED ||
            request->kinds[i] > QC_EFFECT_KIND_MAX) {
            return refuse(detail, "kinds");
        }
    }
    if (request->max > QC_LEASE_ITEMS_MAX) {
        return refuse(detail, "max");
    }
    return check_lease_ms(request->lease_ms, detail);
}

int qc_lease_effects_run(struct qc_txn *txn,
                         const Qc__V1__LeaseEffectsRequest *request,
                         Qc__V1__LeaseEffectsResponse *response)
{
    qc_outbox_lease(txn, request, response);
    return 0;
}

int qc_ack_effect_check(const Qc__V1__AckEffectRequest *request,
                        struct qc_refusal_detail *detail)
{
    (void)request;
    (void)detail;
    return 0;
}

/* NULL when there is none, and then that is the refusal. */
static Qc__State__EffectRow *find(struct qc_txn *txn,
                                  const char *effect_id,
                                  int *r_out)
{
    Qc__State__EffectRow *row = qc_effect_of_text(txn, effect_id);

    *r_out =
        row != NULL ? 0 : qc_refuse(txn, QC_REFUSED_NOT_FOUND, "effect_id");
    return row;
}

int qc_ack_effect_run(struct qc_txn *txn,
                      const Qc__V1__AckEffectRequest *request,
                      Qc__V1__AckEffectResponse *response)
{
    struct qc_context result;
    int r;
    Qc__State__EffectRow *row = find(txn, request->effect_id, &r);
    bool late;

    if (row == NULL) {
        return r;
    }
    qc_context_read(&result, &request->base, FIELD_ACK_RESULT);
    r = qc_effect_ack(txn, row, request->token, &result, &late);
    if (r != 0) {
        return r;
    }
    response->effect_id = row->effect->effect_id;
    response->state = row->effect->state;
    response->late = late;
    return 0;
}

int qc_nack_effect_check(const Qc__V1__NackEffectRequest *request,
                         struct qc_refusal_detail *detail)
{
    (void)request;
    (void)detail;
    return 0;
}

int qc_nack_effect_run(struct qc_txn *txn,
                       const Qc__V1__NackEffectRequest *request,
                       Qc__V1__NackEffectResponse *response)
{
    struct qc_context result;
    int r;
    Qc__State__EffectRow *row = find(txn, request->effect_id, &r);
    bool late;

    if (row == NULL) {
        return r;
    }
    qc_context_read(&result, &request->base, FIELD_NACK_RESULT);
    r = qc_effect_nack(txn, row, request->token, request->retryable, &result,
                       &late);
    if (r != 0) {
        return r;
    }
    response->effect_id = row->effect->effect_id;
    response->state = row->effect->state;
    response->late = late;
    if (row->effect->state == QC__V1__EFFECT_STATE__EFFECT_STATE_PENDING) {
        response->not_before_ms = row->effect->not_before_ms;
    }
    return 0;
}

int qc_renew_lease_check(const Qc__V1__RenewLeaseRequest *request,
                         struct qc_refusal_detail *detail)
{
    return check_lease_ms(request->lease_ms, detail);
}

int qc_renew_lease_run(struct qc_txn *txn,
                       const Qc__V1__RenewLeaseRequest *request,
                       Qc__V1__RenewLeaseResponse *response)
{
    int r;
    Qc__State__EffectRow *row = find(txn, request->effect_id, &r);

    if (row == NULL) {
        return r;
    }
    r = qc_effect_renew(txn, row, request->token,
                        request->lease_ms != 0 ? request->lease_ms
                                               : QC_LEASE_MS);
    if (r != 0) {
        return r;
    }
    response->effect_id = row->effect->effect_id;
    response->state = row->effect->state;
    response->lease_until_ms = row->effect->lease_until_ms;
    return 0;
}

int qc_cancel_effect_check(const Qc__V1__CancelEffectRequest *request,
                           struct qc_refusal_detail *detail)
{
    (void)request;
    (void)detail;
    return 0;
}

int qc_cancel_effect_run(struct qc_txn *txn,
                         const Qc__V1__CancelEffectRequest *request,
                         Qc__V1__CancelEffectResponse *response)
{
    int r;
    Qc__State__EffectRow *row = find(txn, request->effect_id, &r);

    if (row == NULL) {
        return r;
    }
    r = qc_effect_cancel(txn, row);
    if (r != 0) {
        return r;
    }
    response->effect_id = row->effect->effect_id;
    response->state = row->effect->state;
    return 0;
}

int qc_get_effect_check(const Qc__V1__GetEffectRequest *request,
                        struct qc_refusal_detail *detail)
{
    (void)request;
    (void)detail;
    return 0;
}

int qc_get_effect_run(struct qc_txn *txn,
                      const Qc__V1__GetEffectRequest *request,
                      Qc__V1__GetEffectResponse *response)
{
    int r;
    const Qc__State__EffectRow *row = find(txn, request->effect_id, &r);

    if (row != NULL) {
        response->effect = row->effect;
    }
    return r;
}

int qc_list_effects_check(const Qc__V1__ListEffectsRequest *request,
                          struct qc_refusal_detail *detail)
{
    if (request->state > QC__V1__EFFECT_STATE__EFFECT_STATE_DEAD) {
        return refuse(detail, "state");
    }
    if (request->kind > QC_EFFECT_KIND_MAX) {
        return refuse(detail, "kind");
    }
    return 0;
}

int qc_list_effects_run(struct qc_txn *txn,
                        const Qc__V1__ListEffectsRequest *request,
                        Qc__V1__ListEffectsResponse *response)
{
    struct qc_page page;
    int r = qc_outbox_page(txn, request, &page);

    if (r != 0) {
        return r;
    }
    response->items = qc_alloc(txn, page.n_rows * sizeof(*response->items));
    for (size_t i = 0; txn->fault == 0 && i < page.n_rows; i++) {
        const Qc__State__EffectRow *row = page.rows[i];

        response->items[response->n_items++] = row->effect;
    }
    response->next_token = page.next_token;
    return 0;
}
