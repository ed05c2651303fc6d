/*
 * Indexes in memory: one ordered map of keys to numbers, derived from rows.
 *
 * Everything that is looked up by another way than its own key, or taken in an
 * order, stands here: which allocation holds a number, which number has rested
 * longest, which timer is due, how many calls wait. Nothing here is ever
 * written to disk. The same transition that changes a row changes what is
 * derived from it; opening the machine derives everything anew; and
 * qc_machine_verify() derives it again and compares.
 *
 * Keys are made as for rows (key.h), from the key spaces of indexes; a prefix
 * names a tenant and a key space at least.
 */
#ifndef QC_MACHINE_INDEX_H
#define QC_MACHINE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "machine/key.h"

struct qc_index;
struct qc_txn;

/* NULL when memory is short. */
struct qc_index *qc_index_new(void);
void qc_index_free(struct qc_index *index);

size_t qc_index_count(const struct qc_index *index);

/* Whether both hold the same keys with the same numbers. If not, |key_out| is
 * one that differs. */
bool qc_index_equal(struct qc_index *a,
                    struct qc_index *b,
                    struct qc_key *key_out);

/* Without a transaction, for draft.h: sets the number of |key|, or removes the
 * key if it is not to be |present|. False when memory is short. */
QC_MUST_CHECK bool qc_index_restore(struct qc_index *index,
                                    const struct qc_key *key,
                                    bool present,
                                    uint64_t value);

/* Likewise: whether there is such a key. */
bool qc_index_find(struct qc_index *index,
                   const struct qc_key *key,
                   uint64_t *value_out);

/* In a transition. Lack of memory is a fault, remembered by the transaction.
 * Sets the number of |key|. */
void qc_index_put(struct qc_txn *txn, const struct qc_key *key, uint64_t value);

/* As qc_index_put(), unless |key| has a number, which is written then. Returns
 * whether it was put; false also after a fault. */
bool qc_index_claim(struct qc_txn *txn,
                    const struct qc_key *key,
                    uint64_t value,
                    uint64_t *there_out);

/* Removes |key|; a key that is not there is a fault, CORRUPT, since somebody
 * derived two things from one row. */
void qc_index_del(struct qc_txn *txn, const struct qc_key *key);

/* A gauge: adds to the number of |key|, which is absent while it is 0. Below 0
 * is a fault, CORRUPT. */
void qc_index_add(struct qc_txn *txn, const struct qc_key *key, int64_t delta);

/* Whether there is such a key. |value_out| may be NULL; it is 0 if not. */
bool qc_index_get(struct qc_txn *txn,
                  const struct qc_key *key,
                  uint64_t *value_out);

/* The number of a gauge: 0 when it is absent. */
uint64_t qc_index_gauge(struct qc_txn *txn, const struct qc_key *key);

/* The first key that starts with |prefix|. */
bool qc_index_first(struct qc_txn *txn,
                    const struct qc_key *prefix,
                    struct qc_key *key_out,
                    uint64_t *value_out);

/* The first key after |key| that starts with |prefix|; |key| becomes it. Keys
 * may be removed and added between two steps. */
bool qc_index_next(struct qc_txn *txn,
                   const struct qc_key *prefix,
                   struct qc_key *key,
                   uint64_t *value_out);

/* The last key that starts with |prefix|. */
bool qc_index_last(struct qc_txn *txn,
                   const struct qc_key *prefix,
                   struct qc_key *key_out,
                   uint64_t *value_out);

#endif
