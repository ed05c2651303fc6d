/*
 * Tenants: those who share a cluster and see nothing of one another
 * (domain model B.1).
 *
 * Every key begins with the tenant's number. Numbers are given out by the
 * cluster from 1 on and never again; people and headers use the tenant's key.
 */
#ifndef QC_MACHINE_TENANT_H
#define QC_MACHINE_TENANT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "machine/config.h"
#include "machine/entity.h"
#include "machine/refusal.h"
#include "quorumcall/state/v1/tenant.pb-c.h"

struct qc_txn;

enum {
    QC_TENANT_SUBJECTS = 4, /* Seeded with each tenant: subject1, ... */
    /* The cluster version from which on tenants have agents: their limits, what
     * they cost, reasons and dispositions. */
    QC_TENANT_AGENTS_SINCE = 4,
    QC_TENANT_ORPHAN_MS_MIN = 60 * 1000, /* Of each of its spans. */
};

extern const struct qc_entity qc_tenant_entity;
extern const struct qc_entity qc_tenant_key_entity;

/* Whether there is a tenant with this key, and its number. */
bool qc_tenant_of_key(struct qc_txn *txn,
                      const char *key,
                      uint32_t *tenant_out);

/* NULL when there is none. In the row every default is filled in; a limit of 0
 * live allocations is none. */
const Qc__State__TenantRow *qc_tenant_get(struct qc_txn *txn, uint32_t tenant);

/* Rules that the message alone must keep. Refuses: INVALID. */
QC_MUST_CHECK int qc_tenant_check(const Qc__V1__Tenant *tenant,
                                  struct qc_refusal_detail *detail);

/* Creates the tenant, with its subjects, reasons and dispositions, or replaces
 * what is said of it. |default_subject| need not exist yet: subjects may be
 * written later. Refuses: INVALID, REV_MISMATCH. */
QC_MUST_CHECK int qc_tenant_put(struct qc_txn *txn,
                                const Qc__V1__Tenant *tenant,
                                uint64_t if_rev,
                                enum qc_change *change_out);

/* The cluster version has become QC_TENANT_AGENTS_SINCE: gives the tenants that
 * were there before what they lack. */
void qc_tenant_complete_all(struct qc_txn *txn);

#endif
