/*
 * How allocations are found by other things than their id: indexes in memory,
 * derived from their rows (domain model B.6).
 *
 *   number, or number and phone, or number and code   who may be called on it
 *   number and caller                                 whose redial it is
 *   phone, network address                            how much one visitor
 * holds hash of the visit token                           who asks again
 *
 * A look-up may find an allocation whose time has passed but whose timer has
 * not fired yet; whoever looks tests the deadline.
 */
#ifndef QC_MACHINE_ALLOCATION_INDEX_H
#define QC_MACHINE_ALLOCATION_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "machine/entity.h"
#include "quorumcall/state/v1/allocation.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"

struct qc_txn;

/* Derives all of it from a row, or takes it away (entity.h). */
void qc_allocation_derive(struct qc_txn *txn,
                          const struct qc_key *key,
                          const void *row,
                          enum qc_derive how);

/* Which fields that reads. */
bool qc_allocation_derived_from(const ProtobufCMessageDescriptor *type,
                                uint32_t number);

/* Whether its number (and phone, or code) leads to it. */
bool qc_allocation_is_found(struct qc_txn *txn,
                            const Qc__State__AllocationRow *row);

/* A page of allocations (qc_page holds their rows), in the order of their ids,
 * after the one whose id is |token|; see listing.h. Refuses: PAGE_TOKEN. */
QC_MUST_CHECK int qc_allocation_page(
    struct qc_txn *txn,
    const Qc__V1__ListAllocationsRequest *request,
    struct qc_page *page_out);

/* The id of the RESERVED allocation of a number and a phone (mode DNIS_ANI); 0
 * when there is none. Of a whole number see qc_number_holder(). */
uint64_t qc_allocation_of_pair(struct qc_txn *txn,
                               const char *number,
                               const char *phone);

/* The id of the allocation that has this code on this access number: live, or
 * ended and the code at rest. 0 when there is none. */
uint64_t qc_allocation_of_code(struct qc_txn *txn,
                               const char *number,
                               const char *code);

/* How many codes may not be drawn on |number|. */
uint64_t qc_allocation_codes_taken(struct qc_txn *txn, const char *number);

/* The latest allocation of |number|, MATCHED or in grace, that |ani| has
 * called or whose phone it is (C.2 rule 2); 0 when there is none. */
uint64_t qc_allocation_of_redial(struct qc_txn *txn,
                                 const char *number,
                                 const char *ani);

/* Whether |phone| has a visit on |number| that has not ended (DNIS_ANI). */
bool qc_allocation_pair_is_live(struct qc_txn *txn,
                                const char *number,
                                const char *phone);

/* The id of the RESERVED allocation of the visit; 0 when there is none. */
uint64_t qc_allocation_of_visit(struct qc_txn *txn, struct qc_bytes visit_hash);

/* How much one visitor holds. */
struct qc_held {
    uint32_t n;      /* Allocations that are RESERVED and in time. */
    int64_t free_ms; /* When the first of them expires; INT64_MAX for none. */
};

/* Counts to |limit|, and no further. */
struct qc_held qc_allocation_held_by_phone(struct qc_txn *txn,
                                           const char *phone,
                                           uint32_t limit);
struct qc_held qc_allocation_held_by_address(struct qc_txn *txn,
                                             struct qc_bytes ip_hash,
                                             uint32_t limit);

#endif
