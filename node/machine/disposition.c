#include "machine/disposition.h"

#include <stddef.h>
#include <string.h>

#include "machine/row.h"
#include "machine/store.h"
#include "machine/text.h"
#include "quorumcall/v1/tenant.pb-c.h"

#define CATEGORY(name) QC__V1__DISPOSITION_CATEGORY__DISPOSITION_CATEGORY_##name
#define ACTION(name)   QC__V1__RECORD_ACTION__RECORD_ACTION_##name

enum {
    DISPOSITIONS_MAX = 200,
};

const struct qc_entity qc_disposition_set_entity = {
    .name = "disposition set",
    .space = QC_SPACE_DISPOSITIONS,
    .type = &qc__state__disposition_set_row__descriptor,
    .counted = true,
};

static int invalid(struct qc_refusal_detail *detail, const char *field)
{
    detail->field = field;
    return QC_REFUSED_INVALID;
}

static int check(const void *object, struct qc_refusal_detail *detail)
{
    const Qc__V1__DispositionSet *set = object;

    if (set->n_dispositions == 0 || set->n_dispositions > DISPOSITIONS_MAX) {
        return invalid(detail, "disposition_set.dispositions");
    }
    for (size_t i = 0; i < set->n_dispositions; i++) {
        const Qc__V1__Disposition *disposition = set->dispositions[i];

        if (!qc_config_is_key(disposition->code)) {
            return invalid(detail, "disposition_set.dispositions.code");
        }
        if (disposition->category > CATEGORY(OTHER)) {
            return invalid(detail, "disposition_set.dispositions.category");
        }
        if (disposition->record_action > ACTION(SCHEDULE)) {
            return invalid(detail,
                           "disposition_set.dispositions.record_action");
        }
    }
    return 0;
}

static void complete(struct qc_txn *txn, const void *was, void *object)
{
    Qc__V1__DispositionSet *set = object;
    Qc__V1__Disposition **filled =
        qc_alloc(txn, set->n_dispositions * sizeof(*filled));

    (void)was;
    for (size_t i = 0; txn->fault == 0 && i < set->n_dispositions; i++) {
        filled[i] = qc_row_copy(txn, set->dispositions[i]);
        if (filled[i] != NULL && filled[i]->category == CATEGORY(UNSPECIFIED)) {
            filled[i]->category = CATEGORY(OTHER);
        }
    }
    set->dispositions = filled;
}

/* Whether one before the |nth| has its code. */
static bool is_twice(const Qc__V1__DispositionSet *set, size_t nth)
{
    const char *code = set->dispositions[nth]->code;

    for (size_t i = 0; i < nth; i++) {
        if (strcmp(set->dispositions[i]->code, code) == 0) {
            return true;
        }
    }
    return false;
}

static int admit(struct qc_txn *txn, const void *was, const void *object)
{
    const Qc__V1__DispositionSet *set = object;

    (void)was;
    for (size_t i = 0; i < set->n_dispositions; i++) {
        if (is_twice(set, i)) {
            const char *const parts[] = {"disposition_set.dispositions[",
                                         qc_text_decimal(txn, (int64_t)i),
                                         "].code"};

            return qc_refuse(txn, QC_REFUSED_INVALID,
                             qc_text_join(txn, parts, 3));
        }
    }
    return 0;
}

const struct qc_config_kind qc_disposition_set_kind = {
    .entity = &qc_disposition_set_entity,
    .key_field = "disposition_set.key",
    .unknown = QC_REFUSED_DISPOSITIONS_UNKNOWN,
    .quota = offsetof(Qc__V1__Quotas, disposition_sets),
    .check = check,
    .complete = complete,
    .admit = admit,
};

const Qc__State__DispositionSetRow *qc_disposition_set_get(struct qc_txn *txn,
                                                           const char *key)
{
    return qc_config_get(txn, &qc_disposition_set_kind, key);
}

int qc_disposition_set_put(struct qc_txn *txn,
                           const Qc__V1__DispositionSet *set,
                           uint64_t if_rev,
                           enum qc_change *change_out)
{
    return qc_config_put(txn, &qc_disposition_set_kind, &set->base, if_rev,
                         change_out);
}

void qc_disposition_set_seed(struct qc_txn *txn)
{
    static const struct {
        const char *code;
        const char *label;
        Qc__V1__DispositionCategory category;
        Qc__V1__RecordAction action;
    } seeds[] = {
        {"resolved", "Resolved", CATEGORY(SUCCESS), ACTION(COMPLETE)},
        {"unresolved", "Not resolved", CATEGORY(FAILURE), ACTION(COMPLETE)},
        {"callback", "To be called again", CATEGORY(CALLBACK),
         ACTION(SCHEDULE)},
        {"wrong_party", "Somebody else", CATEGORY(WRONG_PARTY), ACTION(RETRY)},
        {"opt_out", "No more contact", CATEGORY(OPT_OUT), ACTION(SUPPRESS)},
        {"other", "Other", CATEGORY(OTHER), ACTION(COMPLETE)},
    };
    enum {
        N = sizeof(seeds) / sizeof(seeds[0])
    };
    Qc__V1__DispositionSet set = QC__V1__DISPOSITION_SET__INIT;
    Qc__V1__Disposition dispositions[N];
    Qc__V1__Disposition *list[N];

    for (size_t i = 0; i < N; i++) {
        list[i] = &dispositions[i];
        qc__v1__disposition__init(list[i]);
        list[i]->code = seeds[i].code;
        list[i]->label = seeds[i].label;
        list[i]->category = seeds[i].category;
        list[i]->record_action = seeds[i].action;
    }
    set.key = "default";
    set.label = "Default";
    set.dispositions = list;
    set.n_dispositions = N;
    qc_config_seed(txn, &qc_disposition_set_kind, &set.base);
}

const Qc__V1__Disposition *qc_disposition_find(struct qc_txn *txn,
                                               const char *key,
                                               const char *code)
{
    const Qc__State__DispositionSetRow *row = qc_disposition_set_get(txn, key);

    for (size_t i = 0; row != NULL && i < row->disposition_set->n_dispositions;
         i++) {
        if (strcmp(row->disposition_set->dispositions[i]->code, code) == 0) {
            return row->disposition_set->dispositions[i];
        }
    }
    return NULL;
}
