#include "machine/wrong_code.h"

#include <stddef.h>
#include <stdint.h>

#include "machine/row.h"
#include "machine/store.h"
#include "machine/timer.h"
#include "quorumcall/state/v1/code.pb-c.h"

enum {
    SPANS = 6,
    SPAN_MS = 10 * 1000,
    NUMBER_WRONG_MAX = 30, /* In all spans together. */
    CALLER_WRONG_MAX = 10, /* In CALLER_MS. */
    CALLER_MS = 60 * 60 * 1000,
};

static struct qc_key number_key(const struct qc_txn *txn, const char *number)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_WRONG_CODES);
    qc_key_put_str(&key, number);
    return key;
}

static struct qc_key caller_key(const struct qc_txn *txn,
                                const char *number,
                                const char *ani)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_WRONG_CALLER);
    qc_key_put_str(&key, number);
    qc_key_put_str(&key, ani);
    return key;
}

static int64_t span_of(int64_t ms)
{
    return ms - ms % SPAN_MS;
}

/* Those of the last 60 s, in spans that began within them. */
static uint64_t recent(const struct qc_txn *txn,
                       const Qc__State__WrongCodesRow *row)
{
    int64_t first_ms = span_of(txn->now_ms) - (int64_t)(SPANS - 1) * SPAN_MS;
    uint64_t sum = 0;

    for (size_t i = 0; i < row->n_counts; i++) {
        if (row->newest_ms - (int64_t)i * SPAN_MS >= first_ms) {
            sum += row->counts[i];
        }
    }
    return sum;
}

bool qc_wrong_code_is_guarded(struct qc_txn *txn, const char *number)
{
    struct qc_key key = number_key(txn, number);
    const Qc__State__WrongCodesRow *row =
        qc_row_get(txn, &qc__state__wrong_codes_row__descriptor, &key);

    return row != NULL && recent(txn, row) > NUMBER_WRONG_MAX;
}

bool qc_wrong_code_is_blocked(struct qc_txn *txn,
                              const char *number,
                              const char *ani)
{
    struct qc_key key = caller_key(txn, number, ani);
    const Qc__State__WrongCallerRow *row =
        qc_row_get(txn, &qc__state__wrong_caller_row__descriptor, &key);

    return row != NULL && row->count >= CALLER_WRONG_MAX &&
           txn->now_ms < row->since_ms + CALLER_MS;
}

/* Moves the spans on to now. */
static bool shift(struct qc_txn *txn, Qc__State__WrongCodesRow *row)
{
    uint32_t *counts = qc_alloc(txn, SPANS * sizeof(*counts));
    int64_t newest_ms = span_of(txn->now_ms);
    int64_t by = (newest_ms - row->newest_ms) / SPAN_MS;

    if (counts == NULL) {
        return false;
    }
    for (size_t i = 0; i < row->n_counts && by + (int64_t)i < SPANS; i++) {
        counts[by + (int64_t)i] = row->counts[i];
    }
    row->newest_ms = newest_ms;
    row->n_counts = SPANS;
    row->counts = counts;
    return true;
}

static void count_for_number(struct qc_txn *txn, const char *number)
{
    struct qc_key key = number_key(txn, number);
    Qc__State__WrongCodesRow *row =
        qc_row_get(txn, &qc__state__wrong_codes_row__descriptor, &key);

    if (row == NULL) {
        row = qc_row_new(txn, &qc__state__wrong_codes_row__descriptor);
    }
    if (row == NULL || !shift(txn, row)) {
        return;
    }
    row->counts[0]++;
    if (recent(txn, row) > NUMBER_WRONG_MAX) {
        row->alarm_ms = txn->now_ms;
    }
    qc_row_put(txn, &key, row);
}

static void count_for_caller(struct qc_txn *txn,
                             const char *number,
                             const char *ani)
{
    struct qc_key key = caller_key(txn, number, ani);
    const Qc__State__WrongCallerRow *was =
        qc_row_get(txn, &qc__state__wrong_caller_row__descriptor, &key);
    Qc__State__WrongCallerRow *row =
        was != NULL ? qc_row_copy(txn, was)
                    : qc_row_new(txn, &qc__state__wrong_caller_row__descriptor);

    if (row == NULL) {
        return;
    }
    if (txn->now_ms >= row->since_ms + CALLER_MS) {
        row->count = 0;
    }
    row->count++;
    if (row->count == 1 || row->count == CALLER_WRONG_MAX) {
        row->since_ms = txn->now_ms;
        row->purge = qc_timer_new(txn, QC_TIMER_CODEFAIL_PURGE,
                                  row->since_ms + CALLER_MS, CALLER_MS);
    }
    qc_entity_put(txn, &qc_wrong_caller_entity, &key, was, row);
}

void qc_wrong_code_count(struct qc_txn *txn,
                         const char *number,
                         const char *ani)
{
    count_for_number(txn, number);
    if (ani[0] != '\0') {
        count_for_caller(txn, number, ani);
    }
}

void qc_codefail_purge(struct qc_txn *txn, struct qc_bytes object)
{
    const Qc__State__WrongCallerRow *row;
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_WRONG_CALLER);
    qc_key_put_bytes(&key, object);
    row = qc_row_get(txn, &qc__state__wrong_caller_row__descriptor, &key);
    if (row != NULL) {
        qc_entity_put(txn, &qc_wrong_caller_entity, &key, row, NULL);
    }
}

static const char *codes_verify(struct qc_txn *txn,
                                const struct qc_key *key,
                                const void *row)
{
    const Qc__State__WrongCodesRow *codes = row;

    (void)txn;
    (void)key;
    return codes->n_counts != SPANS || codes->newest_ms % SPAN_MS != 0
               ? "its spans are not six of 10 s"
               : NULL;
}

static void caller_derive(struct qc_txn *txn,
                          const struct qc_key *key,
                          const void *row,
                          enum qc_derive how)
{
    const Qc__State__WrongCallerRow *caller = row;

    qc_timer_derive(txn, key, caller->purge, how);
}

static const char *caller_verify(struct qc_txn *txn,
                                 const struct qc_key *key,
                                 const void *row)
{
    const Qc__State__WrongCallerRow *caller = row;

    (void)txn;
    (void)key;
    return caller->count == 0 || caller->purge == NULL ||
                   caller->purge->due_ms != caller->since_ms + CALLER_MS
               ? "it is not forgotten an hour after it was counted"
               : NULL;
}

const struct qc_entity qc_wrong_codes_entity = {
    .name = "wrong codes",
    .space = QC_SPACE_WRONG_CODES,
    .type = &qc__state__wrong_codes_row__descriptor,
    .verify = codes_verify,
};

const struct qc_entity qc_wrong_caller_entity = {
    .name = "wrong caller",
    .space = QC_SPACE_WRONG_CALLER,
    .type = &qc__state__wrong_caller_row__descriptor,
    .derive = caller_derive,
    .verify = caller_verify,
};
