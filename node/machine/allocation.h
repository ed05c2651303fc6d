/*
 * Allocations: a number, or a code, held by one visit for a while.
 *
 *   RESERVED --a call--> MATCHED --its last call ends--> RELEASED
 *      |                    ^                               |
 *      |                    +---- a redial within grace ----+
 *      +-- given back --> RELEASED                          |
 *      +-- too late ----> EXPIRED --------------------------+
 *
 * Grace and quarantine begin when the allocation ends, never at the match: so
 * a caller who was cut off reaches the same visit again, and the number is not
 * somebody else's meanwhile. The table is domain model C.2, the row B.6.
 *
 * Invariants, checked by the entity's verify and by its indexes:
 *   - at most one RESERVED allocation per number in mode DNIS, and the number
 *     names it; per number and phone in mode DNIS_ANI; per number and code in
 *     mode ACCESS_CODE, where a code that rests is not drawn either;
 *   - a MATCHED one has calls, others have none;
 *   - each has the timers of its state, and no other.
 *
 * All functions are about the tenant of the transaction. Rows live in the
 * arena.
 */
#ifndef QC_MACHINE_ALLOCATION_H
#define QC_MACHINE_ALLOCATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "machine/entity.h"
#include "machine/sha256.h"
#include "quorumcall/state/v1/allocation.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"

struct qc_txn;

enum {
    QC_VISIT_TOKEN_SIZE = 16,
    QC_VISIT_HASH_SIZE = QC_SHA256_SIZE,
    QC_ALLOCATION_TTLS_MAX = 4, /* It is held so many times its ttl in all. */
    QC_DECISIONS_MAX = 16,
    QC_CONTEXT_OF_ALLOCATION = 13, /* The field. */
};

#define QC_ALLOCATION_PREFIX "al_"

extern const struct qc_entity qc_allocation_entity;

/* A call that belongs to a visit, as C.2 has found. */
struct qc_visit_call {
    uint64_t interaction;
    const char *ani; /* "" when the network withholds it. */
    uint32_t rule;   /* Of C.2; 0: the code of the visit. */
    bool late;       /* The visit had ended, and no call had come for it. */
    bool redial;     /* A call had come for it. */
    bool ani_mismatch;
    bool withheld; /* It is shown subject and page only. */
};

/* NULL when there is none. */
Qc__State__AllocationRow *qc_allocation_get(struct qc_txn *txn, uint64_t id);
uint64_t qc_allocation_id(const Qc__State__AllocationRow *row);

/* The one of which |text| is the id, if the caller may have it: a widget must
 * prove its visit (B.2), or it is NULL as if there were none. */
Qc__State__AllocationRow *qc_allocation_prove(struct qc_txn *txn,
                                              const char *text,
                                              struct qc_bytes token);

/* SHA-256 of a visit token: all that rows keep of it. */
void qc_visit_hash(struct qc_bytes token, uint8_t hash_out[QC_VISIT_HASH_SIZE]);

/* Whether |visit_hash| is of |token|: in constant time, so that nobody learns a
 * token byte by byte. */
bool qc_visit_fits(ProtobufCBinaryData visit_hash, struct qc_bytes token);

/* Whether it is RESERVED, and in time. */
bool qc_allocation_is_held(const struct qc_txn *txn,
                           const Qc__State__AllocationRow *row);

/* Whether it is RESERVED or MATCHED. */
bool qc_allocation_is_live(const Qc__State__AllocationRow *row);

/* A copy that stays as it is when the row is changed; NULL is a fault. */
Qc__State__AllocationRow *qc_allocation_copy(
    struct qc_txn *txn,
    const Qc__State__AllocationRow *row);

/* Writes |row|, with a new rev, in the place of |was|: NULL, or what
 * qc_allocation_copy() gave before it was changed. */
void qc_allocation_put(struct qc_txn *txn,
                       const Qc__State__AllocationRow *was,
                       Qc__State__AllocationRow *row);

/* Adds a decision, made now, to the row; the oldest leaves a full list. Its
 * number and time are filled in. Writes nothing. */
void qc_allocation_decide(struct qc_txn *txn,
                          Qc__State__AllocationRow *row,
                          const Qc__State__Decision *decision);

/* Holds it from now on for its ttl, but in all no longer than 4 times that.
 * Writes nothing. */
void qc_allocation_hold(struct qc_txn *txn, Qc__State__AllocationRow *row);

/* Merges context. Refuses: BAD_STATE, BAD_CONTEXT. */
QC_MUST_CHECK int qc_allocation_attach(
    struct qc_txn *txn,
    Qc__State__AllocationRow *row,
    const Qc__V1__AttachContextRequest *request);

/* Holds it longer. Refuses: BAD_STATE. */
QC_MUST_CHECK int qc_allocation_refresh(struct qc_txn *txn,
                                        Qc__State__AllocationRow *row);

/* Gives it back before its time. Refuses: BAD_STATE. */
QC_MUST_CHECK int qc_allocation_release(struct qc_txn *txn,
                                        Qc__State__AllocationRow *row);

/* A call of it has come. */
void qc_allocation_call_begins(struct qc_txn *txn,
                               Qc__State__AllocationRow *row,
                               const struct qc_visit_call *call);

/* A call of it has ended. */
void qc_allocation_call_ends(struct qc_txn *txn, Qc__State__AllocationRow *row);

#endif
