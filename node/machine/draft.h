/*
 * A draft: several transitions that are written all, or not at all.
 *
 * A transition decides before it writes, so one that is refused has nothing to
 * undo. Many of them one after the other, each of which must see what those
 * before it have done, need more: between qc_draft_begin() and qc_draft_end()
 * what is written stays in memory, reads see it, and changes of indexes are
 * remembered. Then all is written in order, or forgotten. Ids that were drawn
 * stay drawn, on every node alike.
 */
#ifndef QC_MACHINE_DRAFT_H
#define QC_MACHINE_DRAFT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "machine/entity.h"
#include "machine/key.h"

struct qc_txn;

/* One at a time. Cursors cannot be opened meanwhile. */
void qc_draft_begin(struct qc_txn *txn);

/* Writes all of it if |keep|; else takes back what was done to indexes. Also
 * after a fault. */
void qc_draft_end(struct qc_txn *txn, bool keep);

/* For store.c: a write of |row|, or the removal of the row. */
void qc_draft_put(struct qc_txn *txn,
                  const struct qc_key *key,
                  struct qc_bytes row,
                  bool removed);

/* For store.c: whether the draft says what stands at |key|, and whether there
 * is a row. */
bool qc_draft_get(struct qc_txn *txn,
                  const struct qc_key *key,
                  struct qc_bytes *row_out,
                  bool *found_out);

/* For entity.c: what the roster is to be told of |row|, which outlives the
 * draft, if it is kept. Till then the roster is as it was. */
void qc_draft_enlist(struct qc_txn *txn,
                     const struct qc_entity *entity,
                     const struct qc_key *key,
                     const void *row,
                     enum qc_derive how);

/* For index.c: |key| is about to change. |value| counts if it is |present|. */
void qc_draft_note(struct qc_txn *txn,
                   const struct qc_key *key,
                   bool present,
                   uint64_t value);

#endif
