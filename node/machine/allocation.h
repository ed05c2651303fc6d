/*
 * Allocations: a number, or a code, held by one visit for a while.
 *
 *   RESERVED --call--> MATCHED --last call ends--> RELEASED
 *      |                  ^                           |
 *      +--release, expiry-+-- redial within grace ----+
 *
 * Grace and quarantine begin when the allocation ends, never at the match: so
 * a caller who was cut off reaches the same visit again, and the number is not
 * somebody else's meanwhile. The whole table is domain model C.2; the row B.6.
 *
 * Invariants, checked by qc_allocation_verify():
 *   - at most one RESERVED allocation per number in mode DNIS, and the number
 *     names it; per number and phone in mode DNIS_ANI; per number and code in
 *     mode ACCESS_CODE, where a code that rests is not drawn either;
 *   - a MATCHED one has calls, an ended one has none;
 *   - each has the timers of its state, and no other.
 *
 * All functions act on the tenant of the transaction. Rows live in the arena.
 */
#ifndef QC_MACHINE_ALLOCATION_H
#define QC_MACHINE_ALLOCATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "quorumcall/state/v1/allocation.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"

struct qc_txn;

enum {
    QC_VISIT_TOKEN_SIZE = 16,
    QC_ALLOCATION_TTLS_MAX = 4, /* Held at most so many times its ttl. */
    QC_DECISIONS_MAX = 16,
    QC_LIST_SCAN_MAX = 10000, /* Rows looked at for one page. */
};

#define QC_ALLOCATION_PREFIX "al_"

/* What ListAllocations asks for; unset members ask for nothing. */
struct qc_allocation_filter {
    Qc__V1__AllocationState state;
    const char *pool;
    const char *number;
    const char *customer_phone;
};

/* A call that belongs to a visit. */
struct qc_visit_call {
    uint64_t interaction;
    const char *ani; /* "" when withheld by the network. */
    uint32_t rule;   /* Of C.2, that found the visit; 0: its code did. */
    bool late;       /* The visit had ended, and no call had come before. */
    bool redial;     /* A call had come before. */
    bool ani_mismatch;
    bool withheld; /* It is shown subject and page only. */
};

/* NULL when there is none. */
Qc__State__AllocationRow *qc_allocation_get(struct qc_txn *txn, uint64_t id);
uint64_t qc_allocation_id(const Qc__State__AllocationRow *row);

/* The one that a request names, if the caller may have it: a widget must prove
 * its visit (B.2), else it is NULL as if there were none. */
Qc__State__AllocationRow *qc_allocation_prove(struct qc_txn *txn,
                                              const char *text,
                                              struct qc_bytes token);

/* Whether |token| is that of the visit. In constant time. */
bool qc_allocation_token_fits(const Qc__State__AllocationRow *row,
                              struct qc_bytes token);

/* Whether it is RESERVED and its time has not passed. */
bool qc_allocation_held(const struct qc_txn *txn,
                        const Qc__State__AllocationRow *row);

/* Writes a new row, or one that was changed since qc_allocation_copy(). Draws
 * its rev. */
Qc__State__AllocationRow *qc_allocation_copy(
    struct qc_txn *txn,
    const Qc__State__AllocationRow *row);
void qc_allocation_put(struct qc_txn *txn,
                       const Qc__State__AllocationRow *was,
                       Qc__State__AllocationRow *row);

/* Adds a decision, made now, to the row; the oldest leaves a full list. */
void qc_allocation_decide(struct qc_txn *txn,
                          Qc__State__AllocationRow *row,
                          Qc__State__Decision decision);

/* Moves T:expire: held until |expires_ms|. Writes nothing. */
void qc_allocation_hold(struct qc_txn *txn,
                        Qc__State__AllocationRow *row,
                        int64_t expires_ms);

/* Merges context. Refuses: BAD_STATE, BAD_CONTEXT. */
QC_MUST_CHECK int qc_allocation_attach(
    struct qc_txn *txn,
    Qc__State__AllocationRow *row,
    const Qc__V1__AttachContextRequest *request);

/* Holds longer, up to 4 x its ttl from its creation. Refuses: BAD_STATE. */
QC_MUST_CHECK int qc_allocation_refresh(struct qc_txn *txn,
                                        Qc__State__AllocationRow *row);

/* Gives back before its time. Refuses: BAD_STATE. */
QC_MUST_CHECK int qc_allocation_release(struct qc_txn *txn,
                                        Qc__State__AllocationRow *row);

/* A call of the visit has come. The caller has found that it may. */
void qc_allocation_call_begins(struct qc_txn *txn,
                               Qc__State__AllocationRow *row,
                               const struct qc_visit_call *call);

/* One of its calls has ended. */
void qc_allocation_call_ends(struct qc_txn *txn, Qc__State__AllocationRow *row);

/* Up to |n_max| that the filter lets through, by id, after |after|, into
 * |items_out|; looks at no more than QC_LIST_SCAN_MAX rows. |next_out| is the
 * last one looked at, or 0 when there are no more. */
size_t qc_allocation_list(struct qc_txn *txn,
                          const struct qc_allocation_filter *filter,
                          uint64_t after,
                          size_t n_max,
                          Qc__V1__Allocation **items_out,
                          uint64_t *next_out);

/* T:expire, T:grace (of redials and codes), and the purge. |object| is the id,
 * big-endian. */
void qc_allocation_expire(struct qc_txn *txn, struct qc_bytes object);
void qc_allocation_grace(struct qc_txn *txn, struct qc_bytes object);
void qc_allocation_purge(struct qc_txn *txn, struct qc_bytes object);

/* Of all rows of the tenant. */
void qc_allocation_open(struct qc_txn *txn);
void qc_allocation_verify(struct qc_txn *txn);

#endif
