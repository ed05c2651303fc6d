#include "machine/principal.h"

#include <string.h>

#include "machine/index.h"
#include "machine/origin.h"
#include "machine/row.h"
#include "machine/sha256.h"
#include "machine/store.h"

#define ACTIVE QC__V1__PRINCIPAL_STATE__PRINCIPAL_STATE_ACTIVE
#define WIDGET QC__V1__PRINCIPAL_KIND__PRINCIPAL_KIND_WIDGET

enum {
    /* Below QC_SPACE_KEYS_N. */
    OF_ANYBODY = 0,
    OF_OPERATORS = 1, /* Active ones of tenant 0. */
    /* Whom a line of business does not bind. */
    UNBOUND = QC_ROLE_ADMIN | QC_ROLE_DEVELOPER | QC_ROLE_CONNECTOR,
};

/* Roles are numbered from 1 as the bits of enum qc_role are from 0. */
static_assert(1 << (QC__V1__ROLE__ROLE_ADMIN - 1) == QC_ROLE_ADMIN &&
                  1 << (QC__V1__ROLE__ROLE_AGENT - 1) == QC_ROLE_AGENT &&
                  1 << (QC__V1__ROLE__ROLE_OPERATOR - 1) == QC_ROLE_OPERATOR,
              "one numbering");

static uint32_t roles_of(const Qc__V1__Principal *principal)
{
    uint32_t roles = 0;

    for (size_t i = 0; i < principal->n_roles; i++) {
        roles |= UINT32_C(1) << (principal->roles[i] - 1);
    }
    return roles;
}

/* --- what is derived --------------------------------------------------------
 */

static struct qc_key principal_key(uint32_t tenant,
                                   enum qc_space space,
                                   const char *name)
{
    struct qc_key key;

    qc_key_begin(&key, tenant, space);
    qc_key_put_str(&key, name);
    return key;
}

/* What leads to a principal ends with who it is. */
static void put_ref(struct qc_key *key, uint32_t tenant, const char *name)
{
    qc_key_put_u32(key, tenant);
    qc_key_put_str(key, name);
}

static struct qc_key hash_key(const uint8_t hash[QC_API_KEY_HASH_SIZE])
{
    struct qc_key key;

    qc_key_begin(&key, 0, QC_SPACE_API_KEY);
    qc_key_put_bytes(&key, (struct qc_bytes){hash, QC_API_KEY_HASH_SIZE});
    return key;
}

static struct qc_key certificate_key(const char *uri)
{
    return principal_key(0, QC_SPACE_CERTIFICATE, uri);
}

static struct qc_key keys_n_key(uint8_t whose)
{
    struct qc_key key;

    qc_key_begin(&key, 0, QC_SPACE_KEYS_N);
    qc_key_put_u8(&key, whose);
    return key;
}

static bool is_operator(uint32_t tenant, const Qc__V1__Principal *principal)
{
    return tenant == 0 && principal->state == ACTIVE &&
           (roles_of(principal) & QC_ROLE_OPERATOR) != 0;
}

static void derive_api_key(struct qc_txn *txn,
                           uint32_t tenant,
                           const Qc__State__PrincipalRow *row,
                           enum qc_derive how)
{
    struct qc_key anybody = keys_n_key(OF_ANYBODY);
    struct qc_key operators = keys_n_key(OF_OPERATORS);
    struct qc_key key;

    if (row->api_key_hash.len != QC_API_KEY_HASH_SIZE) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    key = hash_key(row->api_key_hash.data);
    put_ref(&key, tenant, row->principal->key);
    qc_entity_derive_key(txn, &key, 0, how);
    qc_index_add(txn, &anybody, how);
    if (is_operator(tenant, row->principal)) {
        qc_index_add(txn, &operators, how);
    }
}

static void derive(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *message,
                   enum qc_derive how)
{
    const Qc__State__PrincipalRow *row = message;
    const Qc__V1__Principal *principal = row->principal;
    uint32_t tenant = qc_key_tenant(key);
    struct qc_key derived;

    if (principal->state == ACTIVE) {
        derived = principal_key(tenant, QC_SPACE_ROLES, principal->key);
        qc_entity_derive_key(txn, &derived, roles_of(principal), how);
        qc_origins_derive(txn, principal->origins, principal->n_origins, how);
    }
    if (row->api_key_hash.len != 0) {
        derive_api_key(txn, tenant, row, how);
    }
    if (principal->certificate[0] != '\0') {
        derived = certificate_key(principal->certificate);
        put_ref(&derived, tenant, principal->key);
        qc_entity_derive_key(txn, &derived, 0, how);
    }
}

/* --- what must be true ------------------------------------------------------
 */

static int refuse(struct qc_refusal_detail *detail,
                  const char *field,
                  const char *text)
{
    detail->field = field;
    detail->text = text;
    return QC_REFUSED_INVALID;
}

/* Whether all values are known ones of an enum that ends with |max|. */
static bool are_known(const int *values, size_t n, int max)
{
    for (size_t i = 0; i < n; i++) {
        if (values[i] < 1 || values[i] > max) {
            return false;
        }
    }
    return true;
}

static int check_widget(const Qc__V1__Principal *principal,
                        struct qc_refusal_detail *detail)
{
    bool widget = principal->kind == WIDGET;
    uint32_t roles = roles_of(principal);

    if (widget ? roles != QC_ROLE_WIDGET : (roles & QC_ROLE_WIDGET) != 0) {
        return refuse(detail, "principal.roles",
                      "a WIDGET has the role WIDGET alone, and nobody else "
                      "has it");
    }
    if (widget != (principal->n_origins > 0)) {
        return refuse(detail, "principal.origins",
                      "a WIDGET has origins, and nobody else has");
    }
    return qc_origins_check(principal->origins, principal->n_origins,
                            "principal.origins", detail);
}

/* What is true of a principal by itself. */
static int check(const Qc__V1__Principal *principal,
                 struct qc_refusal_detail *detail)
{
    if (!qc_config_is_key(principal->key) ||
        strcmp(principal->key, QC_PRINCIPAL_LOCAL) == 0 ||
        strcmp(principal->key, QC_PRINCIPAL_NODE) == 0) {
        return refuse(detail, "principal.key", NULL);
    }
    if (principal->kind > WIDGET) {
        return refuse(detail, "principal.kind", NULL);
    }
    if (principal->state > QC__V1__PRINCIPAL_STATE__PRINCIPAL_STATE_DISABLED) {
        return refuse(detail, "principal.state", NULL);
    }
    if (principal->n_roles == 0 ||
        !are_known((const int *)principal->roles, principal->n_roles,
                   QC__V1__ROLE__ROLE_OPERATOR)) {
        return refuse(detail, "principal.roles", NULL);
    }
    if (!are_known((const int *)principal->grants, principal->n_grants,
                   QC__V1__GRANT__GRANT_MANAGE_CALLBACKS)) {
        return refuse(detail, "principal.grants", NULL);
    }
    return check_widget(principal, detail);
}

int qc_principal_check(const Qc__V1__PutPrincipalRequest *request,
                       struct qc_refusal_detail *detail)
{
    size_t size = request->api_key_hash.len;

    if (size != 0 && (size != QC_API_KEY_HASH_SIZE || request->remove_key)) {
        return refuse(detail, "api_key_hash", NULL);
    }
    return check(request->principal, detail);
}

/* The cluster has operators and no widgets, tenants have no operators. */
static int check_place(uint32_t tenant,
                       const Qc__V1__Principal *principal,
                       struct qc_refusal_detail *detail)
{
    if (tenant != 0 && (roles_of(principal) & QC_ROLE_OPERATOR) != 0) {
        return refuse(detail, "principal.roles",
                      "an OPERATOR belongs to the cluster, not to a tenant");
    }
    if (tenant == 0 && principal->kind == WIDGET) {
        return refuse(detail, "principal.kind", "a WIDGET belongs to a tenant");
    }
    if (tenant == 0 && principal->n_lob > 0) {
        return refuse(detail, "principal.lob",
                      "the cluster has no lines of business");
    }
    return 0;
}

static const char *verify(struct qc_txn *txn,
                          const struct qc_key *key,
                          const void *message)
{
    const Qc__State__PrincipalRow *row = message;
    const Qc__V1__Principal *principal = row->principal;
    struct qc_key own =
        principal_key(qc_key_tenant(key), QC_SPACE_PRINCIPAL, principal->key);
    struct qc_key operators = keys_n_key(OF_OPERATORS);
    struct qc_refusal_detail detail;

    if (own.len != key->len || memcmp(own.data, key->data, own.len) != 0) {
        return "stands where another one should";
    }
    if (check(principal, &detail) != 0 ||
        check_place(qc_key_tenant(key), principal, &detail) != 0) {
        return "is none that could have been written";
    }
    if ((row->api_key_hash.len != 0) != (principal->key_since_ms != 0)) {
        return "has a key and no time of it, or the other way round";
    }
    if (qc_principal_keys_exist(txn) && qc_index_gauge(txn, &operators) == 0) {
        return "is where keys exist, and no operator holds one";
    }
    return NULL;
}

const struct qc_entity qc_principal_entity = {
    .name = "principal",
    .space = QC_SPACE_PRINCIPAL,
    .type = &qc__state__principal_row__descriptor,
    .counted = true,
    .derive = derive,
    .verify = verify,
};

/* --- who it is --------------------------------------------------------------
 */

const struct qc_config_kind qc_principal_kind = {
    .entity = &qc_principal_entity,
    .key_field = "principal.key",
    .unknown = QC_REFUSED_NOT_FOUND,
};

const Qc__State__PrincipalRow *qc_principal_get(struct qc_txn *txn,
                                                const char *key)
{
    return qc_config_get(txn, &qc_principal_kind, key);
}

void qc_api_key_hash(struct qc_bytes api_key,
                     uint8_t hash_out[QC_API_KEY_HASH_SIZE])
{
    qc_sha256(&api_key, 1, hash_out);
}

bool qc_principal_of_key(struct qc_txn *txn,
                         const uint8_t hash[QC_API_KEY_HASH_SIZE],
                         struct qc_principal_ref *who_out)
{
    struct qc_key prefix = hash_key(hash);
    size_t at = prefix.len;
    struct qc_key found;

    if (!qc_index_first(txn, &prefix, &found, NULL)) {
        return false;
    }
    who_out->tenant = qc_key_read_u32(&found, &at);
    who_out->key = qc_copy(txn, qc_key_read_str(&found, &at));
    return true;
}

bool qc_principal_of_certificate(struct qc_txn *txn,
                                 const char *uri,
                                 uint32_t tenant,
                                 struct qc_principal_ref *who_out)
{
    struct qc_key prefix;
    struct qc_key found;
    size_t at;

    if (uri[0] == '\0' || strlen(uri) > QC_ORIGIN_LENGTH_MAX) {
        return false;
    }
    prefix = certificate_key(uri);
    qc_key_put_u32(&prefix, tenant);
    at = prefix.len;
    if (!qc_index_first(txn, &prefix, &found, NULL)) {
        return false;
    }
    who_out->tenant = tenant;
    who_out->key = qc_copy(txn, qc_key_read_str(&found, &at));
    return true;
}

bool qc_principal_keys_exist(struct qc_txn *txn)
{
    struct qc_key key = keys_n_key(OF_ANYBODY);

    return qc_index_gauge(txn, &key) > 0;
}

/* The tenant of |*name|, which loses its slash. */
static uint32_t tenant_of(const struct qc_txn *txn, const char **name)
{
    if ((*name)[0] != '/') {
        return txn->tenant;
    }
    ++*name;
    return 0;
}

uint32_t qc_principal_roles(struct qc_txn *txn, const char *name)
{
    uint32_t tenant = tenant_of(txn, &name);
    struct qc_key key;
    uint64_t roles;

    if (strcmp(name, QC_PRINCIPAL_NODE) == 0) {
        return QC_ROLE_NODE;
    }
    if (strcmp(name, QC_PRINCIPAL_LOCAL) == 0) {
        return qc_principal_keys_exist(txn) ? 0 : QC_ROLE_LOCAL;
    }
    if (!qc_config_is_key(name)) {
        return 0;
    }
    key = principal_key(tenant, QC_SPACE_ROLES, name);
    return qc_index_get(txn, &key, &roles) ? (uint32_t)roles : 0;
}

bool qc_principal_sees(struct qc_txn *txn, const char *queue)
{
    const Qc__State__PrincipalRow *row;
    const char *name = txn->principal;

    if ((txn->roles & UNBOUND) != 0 || tenant_of(txn, &name) != txn->tenant) {
        return true;
    }
    row = qc_principal_get(txn, name);
    if (row == NULL || row->principal->n_lob == 0) {
        return row != NULL;
    }
    for (size_t i = 0; i < row->principal->n_lob; i++) {
        if (strcmp(row->principal->lob[i], queue) == 0) {
            return true;
        }
    }
    return false;
}

/* --- writing one ------------------------------------------------------------
 */

/* Whether |a| and |b|, either of which may be NULL, hold the same key. */
static bool holds_same_key(const Qc__State__PrincipalRow *a,
                           const Qc__State__PrincipalRow *b)
{
    return a->api_key_hash.len == b->api_key_hash.len &&
           (a->api_key_hash.len == 0 ||
            memcmp(a->api_key_hash.data, b->api_key_hash.data,
                   a->api_key_hash.len) == 0);
}

/* Whether somebody else has |who| already. */
static bool is_another(const struct qc_txn *txn,
                       const struct qc_principal_ref *who,
                       const char *key)
{
    return who->tenant != txn->tenant || strcmp(who->key, key) != 0;
}

static int check_unique(struct qc_txn *txn, const Qc__State__PrincipalRow *row)
{
    const Qc__V1__Principal *principal = row->principal;
    struct qc_principal_ref who;

    if (row->api_key_hash.len != 0 &&
        qc_principal_of_key(txn, row->api_key_hash.data, &who) &&
        is_another(txn, &who, principal->key)) {
        return qc_refuse(txn, QC_REFUSED_DUPLICATE, "api_key_hash");
    }
    if (principal->certificate[0] != '\0' &&
        qc_principal_of_certificate(txn, principal->certificate, txn->tenant,
                                    &who) &&
        is_another(txn, &who, principal->key)) {
        return qc_refuse(txn, QC_REFUSED_DUPLICATE, "principal.certificate");
    }
    return 0;
}

/* That an operator still holds a key if anybody does. */
static int check_operator_is_left(struct qc_txn *txn,
                                  const Qc__State__PrincipalRow *was,
                                  const Qc__State__PrincipalRow *row)
{
    struct qc_key anybody = keys_n_key(OF_ANYBODY);
    struct qc_key operators = keys_n_key(OF_OPERATORS);
    int64_t n = (int64_t)qc_index_gauge(txn, &anybody);
    int64_t n_operators = (int64_t)qc_index_gauge(txn, &operators);

    if (was != NULL && was->api_key_hash.len != 0) {
        n--;
        n_operators -= is_operator(txn->tenant, was->principal) ? 1 : 0;
    }
    if (row->api_key_hash.len != 0) {
        n++;
        n_operators += is_operator(txn->tenant, row->principal) ? 1 : 0;
    }
    return n == 0 || n_operators > 0
               ? 0
               : qc_refuse(txn, QC_REFUSED_LAST_OPERATOR, "principal.key");
}

/* The roles in the order of their numbers, each once. */
static void sort_roles(struct qc_txn *txn, Qc__V1__Principal *principal)
{
    uint32_t roles = roles_of(principal);

    principal->roles =
        qc_alloc(txn, principal->n_roles * sizeof(*principal->roles));
    principal->n_roles = 0;
    for (unsigned i = 0; principal->roles != NULL && roles >> i != 0; i++) {
        if ((roles >> i & 1) != 0) {
            principal->roles[principal->n_roles++] = (Qc__V1__Role)(i + 1);
        }
    }
}

/* What is to stand in the row but for its revision; NULL is a fault. */
static Qc__State__PrincipalRow *complete(
    struct qc_txn *txn,
    const Qc__State__PrincipalRow *was,
    const Qc__V1__PutPrincipalRequest *request)
{
    Qc__State__PrincipalRow *row =
        was != NULL ? qc_row_copy(txn, was)
                    : qc_row_new(txn, qc_principal_entity.type);
    Qc__V1__Principal *principal = qc_row_copy(txn, request->principal);

    if (row == NULL || principal == NULL) {
        return NULL;
    }
    row->principal = principal;
    sort_roles(txn, principal);
    if (principal->kind == QC__V1__PRINCIPAL_KIND__PRINCIPAL_KIND_UNSPECIFIED) {
        principal->kind = QC__V1__PRINCIPAL_KIND__PRINCIPAL_KIND_USER;
    }
    if (principal->state ==
        QC__V1__PRINCIPAL_STATE__PRINCIPAL_STATE_UNSPECIFIED) {
        principal->state = ACTIVE;
    }
    if (request->remove_key) {
        row->api_key_hash = (ProtobufCBinaryData){0, NULL};
    } else if (request->api_key_hash.len != 0) {
        row->api_key_hash = request->api_key_hash;
    }
    principal->key_since_ms = was != NULL ? was->principal->key_since_ms : 0;
    if (row->api_key_hash.len == 0) {
        principal->key_since_ms = 0;
    } else if (was == NULL || !holds_same_key(was, row)) {
        /* Never twice the same, so that another key is another revision. */
        principal->key_since_ms = txn->now_ms > principal->key_since_ms
                                      ? txn->now_ms
                                      : principal->key_since_ms + 1;
    }
    return row;
}

int qc_principal_put(struct qc_txn *txn,
                     const Qc__V1__PutPrincipalRequest *request,
                     enum qc_change *change_out)
{
    const ProtobufCMessage *before;
    const Qc__State__PrincipalRow *was;
    Qc__State__PrincipalRow *row;
    struct qc_key key;
    int r;

    r = qc_principal_check(request, &txn->detail);
    if (r == 0) {
        r = check_place(txn->tenant, request->principal, &txn->detail);
    }
    if (r != 0) {
        return r;
    }
    was = qc_principal_get(txn, request->principal->key);
    before = was != NULL ? &was->principal->base : NULL;
    r = qc_config_match(txn, before, request->if_rev);
    if (r != 0) {
        return r;
    }
    if (was == NULL &&
        qc_entity_count(txn, &qc_principal_entity) >= QC_PRINCIPALS_MAX) {
        return qc_refuse(txn, QC_REFUSED_QUOTA, "principal.key");
    }
    row = complete(txn, was, request);
    if (row == NULL) {
        return txn->fault;
    }
    r = check_unique(txn, row);
    if (r == 0) {
        r = check_operator_is_left(txn, was, row);
    }
    if (r != 0) {
        return r;
    }

    *change_out = qc_config_stamp(txn, before, &row->principal->base);
    if (*change_out != QC_CHANGE_NONE) {
        key =
            principal_key(txn->tenant, QC_SPACE_PRINCIPAL, row->principal->key);
        qc_entity_put(txn, &qc_principal_entity, &key, was, row);
    }
    return 0;
}
