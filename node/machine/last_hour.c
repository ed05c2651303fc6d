#include "machine/last_hour.h"

#include "machine/store.h"

/* When the slot of now began. */
static int64_t newest_ms(const struct qc_txn *txn)
{
    return txn->now_ms - txn->now_ms % QC_HOUR_SLOT_MS;
}

/* How many of the oldest slots have left, and as many empty ones come, since
 * |hour| was written. The log's time never goes back. */
static size_t n_gone(const struct qc_txn *txn, const struct qc_last_hour *hour)
{
    int64_t turns = (newest_ms(txn) - hour->slot_ms) / QC_HOUR_SLOT_MS;

    return hour->n != QC_HOUR_SLOTS || turns >= QC_HOUR_SLOTS ? QC_HOUR_SLOTS
                                                              : (size_t)turns;
}

void qc_last_hour_add(struct qc_txn *txn,
                      struct qc_last_hour *hour,
                      int64_t since_ms)
{
    uint64_t *slots = qc_alloc(txn, QC_HOUR_SLOTS * sizeof(*slots));
    size_t gone = n_gone(txn, hour);
    int64_t begin_ms = newest_ms(txn);

    if (slots == NULL) {
        return;
    }
    for (size_t i = gone; i < QC_HOUR_SLOTS; i++) {
        slots[i - gone] = hour->ms[i];
    }
    *hour = (struct qc_last_hour){QC_HOUR_SLOTS, slots, begin_ms};
    for (size_t i = QC_HOUR_SLOTS; i-- > 0; begin_ms -= QC_HOUR_SLOT_MS) {
        int64_t end_ms = begin_ms + QC_HOUR_SLOT_MS;
        int64_t from_ms = since_ms > begin_ms ? since_ms : begin_ms;
        int64_t to_ms = txn->now_ms < end_ms ? txn->now_ms : end_ms;

        if (to_ms > from_ms) {
            slots[i] += (uint64_t)(to_ms - from_ms);
        }
    }
}

uint64_t qc_last_hour_sum(const struct qc_txn *txn,
                          const struct qc_last_hour *hour)
{
    uint64_t sum = 0;

    for (size_t i = n_gone(txn, hour); i < hour->n; i++) {
        sum += hour->ms[i];
    }
    return sum;
}
