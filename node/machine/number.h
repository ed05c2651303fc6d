/*
 * Numbers: what can be dialled (domain model B.5, C.2).
 *
 * A number of a pool in mode DNIS serves one visit at a time:
 *
 *     FREE -> RESERVED -> IN_CALL -> QUARANTINED -> FREE
 *
 * It follows only the allocation it names: the functions below that are given
 * another one change nothing, so that a late call of an old visit does not
 * disturb the new holder. DISABLED takes the place of FREE and QUARANTINED
 * once a number is taken out of use; RESERVED and IN_CALL are lived to their
 * end. A number of mode DNIS_ANI, or of another kind, is FREE or DISABLED; it
 * counts the allocations that live on it, and what rests is the pair of it and
 * a caller.
 *
 * The revision of a number is that of what people write about it; its life
 * does not change it.
 *
 * All functions are about the tenant of the transaction.
 */
#ifndef QC_MACHINE_NUMBER_H
#define QC_MACHINE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "machine/config.h"
#include "machine/entity.h"
#include "machine/refusal.h"
#include "quorumcall/state/v1/number.pb-c.h"

struct qc_txn;

extern const struct qc_entity qc_number_entity;
extern const struct qc_entity qc_number_pair_entity;

/* NULL when there is none. */
Qc__State__NumberRow *qc_number_get(struct qc_txn *txn, const char *number);

/* The number as it is shown; in the arena. NULL for NULL. */
Qc__V1__Number *qc_number_show(struct qc_txn *txn,
                               const Qc__State__NumberRow *row);

/* Rules that the message alone must keep. Refuses: INVALID, INVALID_PHONE. */
QC_MUST_CHECK int qc_number_check(const Qc__V1__Number *number,
                                  struct qc_refusal_detail *detail);

/* Creates or replaces. Refuses: INVALID_PHONE, INVALID (also a pool whose mode
 * does not suit the kind), REV_MISMATCH, QUOTA, POOL_UNKNOWN, SUBJECT_UNKNOWN;
 * NUMBER_TAKEN for another pool or kind while it is RESERVED, IN_CALL,
 * QUARANTINED or has live allocations. */
QC_MUST_CHECK int qc_number_put(struct qc_txn *txn,
                                const Qc__V1__Number *number,
                                uint64_t if_rev,
                                enum qc_change *change_out);

/* A page of numbers after |token| ("": from the first), at most |size| (0:
 * QC_PAGE_SIZE), of |pool| ("": of all) and in |state| (UNSPECIFIED: any). It
 * may be shorter than asked for without being the last. */
void qc_number_page(struct qc_txn *txn,
                    const char *pool,
                    Qc__V1__NumberState state,
                    const char *token,
                    uint32_t size,
                    struct qc_page *page_out);

/* --- mode DNIS ----------------------------------------------------------- */

/* The number of |pool| that has been free longest; in the arena. NULL when
 * none is. Changes nothing. */
const char *qc_number_first_free(struct qc_txn *txn, const char *pool);

/* The id of the RESERVED allocation that holds |number|; 0 when there is none.
 */
uint64_t qc_number_holder(struct qc_txn *txn, const char *number);

/* FREE -> RESERVED by |allocation|. A number that is not FREE is a fault,
 * CORRUPT. */
void qc_number_reserve(struct qc_txn *txn,
                       const char *number,
                       uint64_t allocation);

/* A call of |allocation| begins: -> IN_CALL, also out of quarantine or from
 * FREE. Unless the number names another allocation by now. */
void qc_number_call_begins(struct qc_txn *txn,
                           const char *number,
                           uint64_t allocation);

/* |allocation| has ended: -> QUARANTINED until |until_ms|; at once FREE when
 * that is past. Unless the number names another allocation by now. */
void qc_number_rests(struct qc_txn *txn,
                     const char *number,
                     uint64_t allocation,
                     int64_t until_ms);

/* --- modes DNIS_ANI and ACCESS_CODE ----------------------------------------
 */

/* Walks the numbers of |pool| that may be given out, fewest live allocations
 * first. |at| is zeroed before the first step. In the arena; NULL at the end.
 */
const char *qc_number_by_load(struct qc_txn *txn,
                              const char *pool,
                              struct qc_key *at);

/* Counts one live allocation more, or less. Below 0 is a fault, CORRUPT. */
void qc_number_load(struct qc_txn *txn, const char *number, int delta);

/* Whether |ani| may not be given |number| yet. */
bool qc_number_pair_is_resting(struct qc_txn *txn,
                               const char *number,
                               const char *ani);

/* |allocation| of |ani| on |number| has ended: the pair rests until |until_ms|,
 * or until it did before, whatever is later. */
void qc_number_pair_rests(struct qc_txn *txn,
                          const char *number,
                          const char *ani,
                          uint64_t allocation,
                          int64_t until_ms);

/* |allocation| lives again: its rest is taken away, if the pair rests for it.
 */
void qc_number_pair_wakes(struct qc_txn *txn,
                          const char *number,
                          const char *ani,
                          uint64_t allocation);

#endif
