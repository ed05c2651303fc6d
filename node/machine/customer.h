/*
 * Customers: their profiles, and what there was with them (domain model B.25).
 *
 * An interaction is a customer's by a name: "id:" and what the visit or the
 * connector calls him; else the profile that alone has the telephone; else
 * "phone:" and the telephone, or "email:" and the address. By that name it
 * stands in the history, until it is forgotten.
 *
 * All functions are about the tenant of the transaction.
 */
#ifndef QC_MACHINE_CUSTOMER_H
#define QC_MACHINE_CUSTOMER_H

#include <stdbool.h>

#include "base/error.h"
#include "machine/config.h"
#include "machine/entity.h"
#include "quorumcall/state/v1/customer.pb-c.h"
#include "quorumcall/state/v1/interaction.pb-c.h"
#include "quorumcall/v1/customer_service.pb-c.h"

struct qc_txn;

extern const struct qc_entity qc_customer_entity;
extern const struct qc_config_kind qc_customer_kind;

/* NULL when there is none. */
const Qc__State__CustomerRow *qc_customer_get(struct qc_txn *txn,
                                              const char *key);

/* Creates or replaces. Refuses: INVALID, INVALID_PHONE, REV_MISMATCH, QUOTA. */
QC_MUST_CHECK int qc_customer_put(struct qc_txn *txn,
                                  const Qc__V1__CustomerProfile *customer,
                                  uint64_t if_rev,
                                  enum qc_change *change_out);

/* The name of |row|'s customer, in the arena; "" when nobody can tell. */
const char *qc_customer_name(struct qc_txn *txn,
                             const Qc__State__InteractionRow *row);

/* |row| takes the place of |was| (NULL: it is new): when it has a customer and
 * had none, it joins his history. */
void qc_customer_follow(struct qc_txn *txn,
                        const Qc__State__InteractionRow *was,
                        const Qc__State__InteractionRow *row);

/* |row| is about to be removed, from the history too. */
void qc_customer_forget(struct qc_txn *txn,
                        const Qc__State__InteractionRow *row);

/* A page of the history of whom |request| names; only what the caller may see
 * is on it. |profile_out|: NULL when there is none. Refuses: PAGE_TOKEN. */
QC_MUST_CHECK int qc_customer_history(
    struct qc_txn *txn,
    const Qc__V1__GetCustomerHistoryRequest *request,
    const Qc__State__CustomerRow **profile_out,
    struct qc_page *page_out);

#endif
