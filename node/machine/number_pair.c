#include "machine/index.h"
#include "machine/number.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/timer.h"

/*
 * The pair of a number and a caller rests, in mode DNIS_ANI: the caller is not
 * given the number again so soon that a late call could meet another visit of
 * the same phone.
 */

static void derive(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *message,
                   enum qc_derive how)
{
    const Qc__State__PairRow *row = message;

    qc_timer_derive(txn, key, row->quarantine, how);
}

static const char *verify(struct qc_txn *txn,
                          const struct qc_key *key,
                          const void *message)
{
    const Qc__State__PairRow *row = message;
    size_t at = QC_KEY_PREFIX_SIZE;

    if (row->quarantine == NULL) {
        return "it rests for ever";
    }
    if (qc_number_get(txn, qc_key_read_str(key, &at)) == NULL) {
        return "its number is not there";
    }
    return NULL;
}

const struct qc_entity qc_number_pair_entity = {
    .name = "pair",
    .space = QC_SPACE_PAIR,
    .type = &qc__state__pair_row__descriptor,
    .derive = derive,
    .verify = verify,
};

static struct qc_key pair_key(uint32_t tenant,
                              const char *number,
                              const char *ani)
{
    struct qc_key key;

    qc_key_begin(&key, tenant, QC_SPACE_PAIR);
    qc_key_put_str(&key, number);
    qc_key_put_str(&key, ani);
    return key;
}

static Qc__State__PairRow *get(struct qc_txn *txn, const struct qc_key *key)
{
    return qc_row_get(txn, qc_number_pair_entity.type, key);
}

bool qc_number_pair_is_resting(struct qc_txn *txn,
                               const char *number,
                               const char *ani)
{
    struct qc_key key = pair_key(txn->tenant, number, ani);
    const Qc__State__PairRow *row = get(txn, &key);

    /* The timer may be late: many may have been due. */
    return row != NULL && row->quarantine != NULL &&
           row->quarantine->due_ms > txn->now_ms;
}

void qc_number_pair_rests(struct qc_txn *txn,
                          const char *number,
                          const char *ani,
                          uint64_t allocation,
                          int64_t until_ms)
{
    struct qc_key key = pair_key(txn->tenant, number, ani);
    const Qc__State__PairRow *was = get(txn, &key);
    Qc__State__PairRow *row;

    if (until_ms <= txn->now_ms || (was != NULL && was->quarantine != NULL &&
                                    was->quarantine->due_ms >= until_ms)) {
        return;
    }
    row = was != NULL ? qc_row_copy(txn, was)
                      : qc_row_new(txn, qc_number_pair_entity.type);
    if (row == NULL) {
        return;
    }
    row->allocation = allocation;
    row->quarantine = qc_timer_new(txn, QC_TIMER_PAIR_QUARANTINE, until_ms,
                                   until_ms - txn->now_ms);
    qc_entity_put(txn, &qc_number_pair_entity, &key, was, row);
}

void qc_number_pair_wakes(struct qc_txn *txn,
                          const char *number,
                          const char *ani,
                          uint64_t allocation)
{
    struct qc_key key = pair_key(txn->tenant, number, ani);
    const Qc__State__PairRow *was = get(txn, &key);

    if (was != NULL && was->allocation == allocation) {
        qc_entity_put(txn, &qc_number_pair_entity, &key, was, NULL);
    }
}

void qc_number_pair_ended(struct qc_txn *txn, struct qc_bytes object)
{
    const Qc__State__PairRow *was;
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_PAIR);
    qc_key_put_bytes(&key, object);
    was = get(txn, &key);
    if (was != NULL) {
        qc_entity_put(txn, &qc_number_pair_entity, &key, was, NULL);
    }
}
