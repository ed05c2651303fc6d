#include "machine/reason.h"

#include <stddef.h>

#include "machine/store.h"
#include "quorumcall/v1/tenant.pb-c.h"

#define KIND(name) QC__V1__REASON_KIND__REASON_KIND_##name

const struct qc_entity qc_reason_entity = {
    .name = "reason",
    .space = QC_SPACE_REASON,
    .type = &qc__state__reason_row__descriptor,
    .counted = true,
};

static bool is_of_machine(Qc__V1__ReasonKind kind)
{
    return kind == KIND(RONA) || kind == KIND(SYSTEM);
}

static int check(const void *object, struct qc_refusal_detail *detail)
{
    const Qc__V1__Reason *reason = object;

    if (reason->kind > KIND(SYSTEM)) {
        detail->field = "reason.kind";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

static void complete(struct qc_txn *txn, const void *was_object, void *object)
{
    const Qc__V1__Reason *was = was_object;
    Qc__V1__Reason *reason = object;

    (void)txn;
    if (reason->kind == KIND(UNSPECIFIED)) {
        reason->kind =
            was != NULL && is_of_machine(was->kind) ? was->kind : KIND(CUSTOM);
    }
}

static int admit(struct qc_txn *txn, const void *was_object, const void *object)
{
    const Qc__V1__Reason *was = was_object;
    const Qc__V1__Reason *reason = object;
    bool is_theirs = was == NULL || !is_of_machine(was->kind);

    if (is_theirs ? is_of_machine(reason->kind) : reason->kind != was->kind) {
        return qc_refuse(txn, QC_REFUSED_BAD_STATE, "reason.kind");
    }
    if (!is_theirs && reason->productive != was->productive) {
        return qc_refuse(txn, QC_REFUSED_BAD_STATE, "reason.productive");
    }
    if (!is_theirs && reason->disabled != was->disabled) {
        return qc_refuse(txn, QC_REFUSED_BAD_STATE, "reason.disabled");
    }
    return 0;
}

const struct qc_config_kind qc_reason_kind = {
    .entity = &qc_reason_entity,
    .key_field = "reason.key",
    .unknown = QC_REFUSED_REASON_UNKNOWN,
    .quota = offsetof(Qc__V1__Quotas, reasons),
    .check = check,
    .complete = complete,
    .admit = admit,
};

const Qc__State__ReasonRow *qc_reason_get(struct qc_txn *txn, const char *key)
{
    return qc_config_get(txn, &qc_reason_kind, key);
}

int qc_reason_put(struct qc_txn *txn,
                  const Qc__V1__Reason *reason,
                  uint64_t if_rev,
                  enum qc_change *change_out)
{
    return qc_config_put(txn, &qc_reason_kind, &reason->base, if_rev,
                         change_out);
}

void qc_reason_seed(struct qc_txn *txn)
{
    static const struct {
        const char *key;
        const char *label;
        Qc__V1__ReasonKind kind;
        bool productive;
    } seeds[] = {
        {"admin_work", "Administrative work", KIND(ADMIN_WORK), true},
        {"lunch", "Lunch", KIND(LUNCH), false},
        {"meeting", "Meeting", KIND(MEETING), true},
        {"pause", "Pause", KIND(PAUSE), false},
        {"training", "Training", KIND(TRAINING), true},
        {"rona", "Did not answer", KIND(RONA), false},
        {"login", "Just logged in", KIND(SYSTEM), false},
        {"connection_lost", "Connection lost", KIND(SYSTEM), false},
        {"connect_failed", "Telephone not reached", KIND(SYSTEM), false},
        {"wrap_unset", "No disposition given", KIND(SYSTEM), false},
        {"logout_pending", "Logging out", KIND(SYSTEM), false},
    };

    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
        Qc__V1__Reason reason = QC__V1__REASON__INIT;

        reason.key = seeds[i].key;
        reason.label = seeds[i].label;
        reason.kind = seeds[i].kind;
        reason.productive = seeds[i].productive;
        qc_config_seed(txn, &qc_reason_kind, &reason.base);
    }
}
