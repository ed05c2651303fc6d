/*
 * The last hour, in twelve slots of five minutes: how much time something took
 * in it (domain model D.4, D.5).
 *
 * Rows keep the slots, the newest last, and when that one began; nothing at all
 * stands for an hour in which nothing was.
 */
#ifndef QC_MACHINE_LAST_HOUR_H
#define QC_MACHINE_LAST_HOUR_H

#include <stddef.h>
#include <stdint.h>

struct qc_txn;

enum {
    QC_HOUR_MS = 60 * 60 * 1000,
    QC_HOUR_SLOTS = 12,
    QC_HOUR_SLOT_MS = QC_HOUR_MS / QC_HOUR_SLOTS,
};

/* As it stands in a row. */
struct qc_last_hour {
    size_t n; /* 0, or all of them. */
    uint64_t *ms;
    int64_t slot_ms; /* When the newest began. */
};

/* Adds the time from |since_ms| until now, as far as it lies in the hour. The
 * slots are new ones, in the arena; what they were is left as it was. */
void qc_last_hour_add(struct qc_txn *txn,
                      struct qc_last_hour *hour,
                      int64_t since_ms);

/* The milliseconds of the hour that ends now; the slot of now is the last of
 * its twelve, so that it is up to five minutes shorter. */
uint64_t qc_last_hour_sum(const struct qc_txn *txn,
                          const struct qc_last_hour *hour);

#endif
