/*
 * Ids and dice: everything in the machine that looks random or unique.
 *
 * A runtime id is where it was drawn: (log index << 20) | ordinal in the entry.
 * Random numbers are SipHash-2-4 in counter mode, keyed by the entry's entropy;
 * the counter begins anew for each command (domain model 0.2, rules 4 and 10).
 */
#ifndef QC_MACHINE_ID_H
#define QC_MACHINE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct qc_txn;

enum {
    QC_ID_TEXT_SIZE = 17, /* "al_", 13 characters, NUL. */
};

/* Never 0. More than 2^20 in one entry is a fault, CORRUPT. */
uint64_t qc_id_draw(struct qc_txn *txn);

/* The id that the entry |log_index| draws as its |ordinal|th, from 1. */
uint64_t qc_id_of(uint64_t log_index, uint32_t ordinal);

/* The index of the log entry in which |id| was drawn. */
uint64_t qc_id_log_index(uint64_t id);

/* "al_" and 13 characters of Crockford's base 32, in upper case. */
const char *qc_id_text(struct qc_txn *txn, const char *prefix, uint64_t id);

/* Reads what qc_id_text() made; lower case, and O, I, L for 0, 1, 1 are taken
 * too. False when it is no id with this prefix. */
bool qc_id_parse(const char *prefix, const char *text, uint64_t *id_out);

uint64_t qc_random_draw(struct qc_txn *txn);

/* From 0 to |bound| - 1, each as likely: by rejection. |bound| is not 0. */
uint64_t qc_random_below(struct qc_txn *txn, uint64_t bound);

void qc_random_fill(struct qc_txn *txn, uint8_t *bytes, size_t size);

#endif
