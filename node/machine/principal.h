/*
 * Principals: who may call, and what they may (domain model B.2).
 *
 * A principal belongs to a tenant, or to the cluster (tenant 0): an operator,
 * who may act for any tenant. Entries of the log name their caller by text:
 *
 *   "alice"   the principal of the command's tenant
 *   "/alice"  the cluster's, acting for a tenant
 *   "node"    a node, by itself
 *   "local"   whoever is on the machine of a node, as long as nobody in the
 *             cluster holds a key
 *
 * and what it may do is looked up again, here, when the entry is applied.
 *
 * Invariants, checked by the entity's verify and by its indexes:
 *   - a key belongs to one principal of the cluster, a certificate to one of a
 *     tenant;
 *   - if anybody holds a key, an active operator of the cluster does: the first
 *     key ends "local", and without an operator nobody could go on;
 *   - a WIDGET has origins, and its role alone; OPERATOR is of tenant 0.
 */
#ifndef QC_MACHINE_PRINCIPAL_H
#define QC_MACHINE_PRINCIPAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "machine/config.h"
#include "machine/entity.h"
#include "machine/refusal.h"
#include "machine/sha256.h"
#include "quorumcall/state/v1/principal.pb-c.h"
#include "quorumcall/v1/admin_service.pb-c.h"

struct qc_txn;

enum {
    QC_API_KEY_HASH_SIZE = QC_SHA256_SIZE,
    QC_PRINCIPALS_MAX = 10000,       /* Of one tenant. */
    QC_PRINCIPAL_NAME_SIZE = 64 + 2, /* With the slash and the NUL. */
};

#define QC_PRINCIPAL_LOCAL "local"
#define QC_PRINCIPAL_NODE  "node"

extern const struct qc_entity qc_principal_entity;

/* To be read as others are; written by qc_principal_put(). */
extern const struct qc_config_kind qc_principal_kind;

/* Of the transaction's tenant; NULL when there is none. */
const Qc__State__PrincipalRow *qc_principal_get(struct qc_txn *txn,
                                                const char *key);

/* Rules that the message alone must keep. Refuses: INVALID. */
QC_MUST_CHECK int qc_principal_check(const Qc__V1__PutPrincipalRequest *request,
                                     struct qc_refusal_detail *detail);

/* Creates or replaces; its key stays unless the request has one, or takes it
 * away. Refuses: INVALID, REV_MISMATCH, QUOTA, DUPLICATE, LAST_OPERATOR. */
QC_MUST_CHECK int qc_principal_put(struct qc_txn *txn,
                                   const Qc__V1__PutPrincipalRequest *request,
                                   enum qc_change *change_out);

/* SHA-256 of a key as it is sent: all that rows keep of it. */
void qc_api_key_hash(struct qc_bytes api_key,
                     uint8_t hash_out[QC_API_KEY_HASH_SIZE]);

/* Who it is; |key| lives in the arena. */
struct qc_principal_ref {
    uint32_t tenant;
    const char *key;
};

/* Whose key it is, also when that is DISABLED. */
bool qc_principal_of_key(struct qc_txn *txn,
                         const uint8_t hash[QC_API_KEY_HASH_SIZE],
                         struct qc_principal_ref *who_out);

/* Whose certificate bears |uri|, of |tenant|'s principals. */
bool qc_principal_of_certificate(struct qc_txn *txn,
                                 const char *uri,
                                 uint32_t tenant,
                                 struct qc_principal_ref *who_out);

/* Whether anybody in the cluster holds a key. */
bool qc_principal_keys_exist(struct qc_txn *txn);

/* The roles of |name|, as entries write it, for the transaction's tenant: enum
 * qc_role, joined; 0 for whoever is not known, or DISABLED. A look into an
 * index. */
uint32_t qc_principal_roles(struct qc_txn *txn, const char *name);

/* Whether |queue| is in the line of business of the caller. */
bool qc_principal_sees(struct qc_txn *txn, const char *queue);

#endif
