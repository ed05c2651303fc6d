#include "command/glue.h"
#include "machine/audit.h"
#include "machine/id.h"
#include "machine/row.h"
#include "machine/store.h"

/* AdminService: what was done. A page token is the id that the last page ended
 * with. */

static int check_token(const char *token, struct qc_refusal_detail *detail)
{
    uint64_t id;

    if (token[0] != '\0' && !qc_id_parse(QC_AUDIT_PREFIX, token, &id)) {
        detail->field = "page_token";
        return QC_REFUSED_PAGE_TOKEN;
    }
    return 0;
}

/* 0 for "", from the first on. */
static uint64_t id_of_token(const char *token)
{
    uint64_t id = 0;

    return qc_id_parse(QC_AUDIT_PREFIX, token, &id) ? id : 0;
}

/* "" for 0. */
static const char *id_text(struct qc_txn *txn, uint64_t id)
{
    return id != 0 ? qc_id_text(txn, QC_AUDIT_PREFIX, id) : "";
}

/* NULL is a fault. */
static Qc__V1__AuditRecord *show(struct qc_txn *txn,
                                 const struct qc_audit_record *sealed)
{
    const Qc__State__AuditRecord *record = sealed->record;
    Qc__V1__AuditRecord *shown =
        qc_row_new(txn, &qc__v1__audit_record__descriptor);

    if (shown == NULL) {
        return NULL;
    }
    shown->audit_id = id_text(txn, record->id);
    shown->at_ms = record->at_ms;
    shown->log_index = qc_id_log_index(record->id);
    shown->principal = record->principal;
    shown->method = record->method;
    shown->object = record->object;
    shown->before = record->before;
    shown->after = record->after;
    shown->request = record->request;
    shown->hash = sealed->hash;
    return shown;
}

int qc_get_audit_check(const Qc__V1__GetAuditRequest *request,
                       struct qc_refusal_detail *detail)
{
    return check_token(request->page_token, detail);
}

int qc_get_audit_run(struct qc_txn *txn,
                     const Qc__V1__GetAuditRequest *request,
                     Qc__V1__GetAuditResponse *response)
{
    struct qc_page page;
    uint64_t next = qc_audit_page(txn, id_of_token(request->page_token),
                                  request->page_size, &page);

    response->items = qc_alloc(txn, page.n_rows * sizeof(*response->items));
    for (size_t i = 0; txn->fault == 0 && i < page.n_rows; i++) {
        response->items[response->n_items++] = show(txn, page.rows[i]);
    }
    response->next_token = id_text(txn, next);
    return 0;
}

int qc_verify_audit_check(const Qc__V1__VerifyAuditRequest *request,
                          struct qc_refusal_detail *detail)
{
    return check_token(request->page_token, detail);
}

int qc_verify_audit_run(struct qc_txn *txn,
                        const Qc__V1__VerifyAuditRequest *request,
                        Qc__V1__VerifyAuditResponse *response)
{
    Qc__V1__AuditSpan *shown = qc_row_new(txn, &qc__v1__audit_span__descriptor);
    size_t size =
        request->page_size > 0 ? request->page_size : QC_PAGE_SIZE_MAX;
    struct qc_audit_span span;

    response->items = qc_alloc(txn, sizeof(*response->items));
    if (shown == NULL || response->items == NULL) {
        return txn->fault;
    }
    if (!qc_audit_verify(txn, id_of_token(request->page_token), size, &span)) {
        return qc_refuse(txn, QC_REFUSED_PAGE_TOKEN, "page_token");
    }
    if (span.n_records == 0 && !span.cut_off) {
        return 0;
    }
    shown->first = id_text(txn, span.first);
    shown->last = id_text(txn, span.last);
    shown->records = (uint32_t)span.n_records;
    shown->broken_at = id_text(txn, span.broken_at);
    shown->cut_off = span.cut_off;
    response->items[response->n_items++] = shown;
    response->next_token =
        span.is_end || span.broken_at != 0 ? "" : id_text(txn, span.last);
    return 0;
}
