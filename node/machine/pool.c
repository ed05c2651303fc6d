#include "machine/pool.h"

#include <stddef.h>
#include <string.h>

#include "machine/index.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/subject.h"
#include "machine/tenant.h"
#include "quorumcall/v1/number.pb-c.h"

enum {
    RESERVE_TTL_MS = 600000,
    RESERVE_TTL_CODE_MS = 900000,
    QUARANTINE_MS = 120000,
    GRACE_MS = 120000,
    CODE_LENGTH = 6,
    CODE_LENGTH_MIN = 4,
    CODE_LENGTH_MAX = 10,
    CODE_ATTEMPTS = 3,
    CODE_ATTEMPTS_MAX = 10,
    CODE_TIMEOUT_MS = 10000,
    CODE_TIMEOUT_MIN_MS = 3000,
    CODE_TIMEOUT_MAX_MS = 30000,
};

static struct qc_key subject_pools(uint32_t tenant,
                                   const char *subject,
                                   Qc__V1__MatchMode mode)
{
    struct qc_key key;

    qc_key_begin(&key, tenant, QC_SPACE_SUBJECT_POOL);
    qc_key_put_str(&key, subject);
    qc_key_put_u8(&key, (uint8_t)mode);
    return key;
}

static void derive(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *row,
                   enum qc_derive how)
{
    const Qc__State__PoolRow *pool_row = row;
    const Qc__V1__Pool *pool = pool_row->pool;
    struct qc_key of_subject;

    if (pool->disabled) {
        return;
    }
    of_subject =
        subject_pools(qc_key_tenant(key), pool->subject, pool->match_mode);
    qc_key_put_str(&of_subject, pool->key);
    qc_entity_derive_key(txn, &of_subject, 0, how);
}

static const char *verify(struct qc_txn *txn,
                          const struct qc_key *key,
                          const void *row)
{
    const Qc__State__PoolRow *pool = row;

    (void)key;
    if (qc_subject_get(txn, pool->pool->subject) == NULL) {
        return "its subject is not there";
    }
    return NULL;
}

const struct qc_entity qc_pool_entity = {
    .name = "pool",
    .space = QC_SPACE_POOL,
    .type = &qc__state__pool_row__descriptor,
    .counted = true,
    .derive = derive,
    .verify = verify,
};

const Qc__State__PoolRow *qc_pool_get(struct qc_txn *txn, const char *key)
{
    return qc_config_get(txn, &qc_pool_kind, key);
}

const Qc__State__PoolRow *qc_pool_of_subject(struct qc_txn *txn,
                                             const char *subject,
                                             Qc__V1__MatchMode mode)
{
    struct qc_key prefix;
    struct qc_key key;
    size_t at;

    qc_key_begin(&prefix, txn->tenant, QC_SPACE_SUBJECT_POOL);
    qc_key_put_str(&prefix, subject);
    if (mode != QC__V1__MATCH_MODE__MATCH_MODE_UNSPECIFIED) {
        prefix = subject_pools(txn->tenant, subject, mode);
    }
    /* Modes are numbered in the order in which they are preferred. */
    if (!qc_index_first(txn, &prefix, &key, NULL)) {
        return NULL;
    }
    at = QC_KEY_PREFIX_SIZE + strlen(subject) + 1 + 1;
    return qc_pool_get(txn, qc_key_read_str(&key, &at));
}

static uint64_t count(struct qc_txn *txn,
                      const char *pool,
                      Qc__V1__NumberState state)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_POOL_STATE);
    qc_key_put_str(&key, pool);
    qc_key_put_u8(&key, (uint8_t)state);
    return qc_index_gauge(txn, &key);
}

Qc__V1__Pool *qc_pool_show(struct qc_txn *txn, const Qc__State__PoolRow *row)
{
    Qc__V1__PoolGauges *gauges =
        qc_row_new(txn, &qc__v1__pool_gauges__descriptor);
    Qc__V1__Pool *pool;

    if (row == NULL || gauges == NULL) {
        return NULL;
    }
    pool = qc_row_copy(txn, row->pool);
    if (pool == NULL) {
        return NULL;
    }
    gauges->free =
        count(txn, pool->key, QC__V1__NUMBER_STATE__NUMBER_STATE_FREE);
    gauges->reserved =
        count(txn, pool->key, QC__V1__NUMBER_STATE__NUMBER_STATE_RESERVED);
    gauges->in_call =
        count(txn, pool->key, QC__V1__NUMBER_STATE__NUMBER_STATE_IN_CALL);
    gauges->quarantined =
        count(txn, pool->key, QC__V1__NUMBER_STATE__NUMBER_STATE_QUARANTINED);
    gauges->disabled =
        count(txn, pool->key, QC__V1__NUMBER_STATE__NUMBER_STATE_DISABLED);
    gauges->total = gauges->free + gauges->reserved + gauges->in_call +
                    gauges->quarantined + gauges->disabled;
    pool->gauges = gauges;
    return pool;
}

static int invalid(struct qc_refusal_detail *detail, const char *field)
{
    detail->field = field;
    return QC_REFUSED_INVALID;
}

static int check_code(const Qc__V1__Pool *pool,
                      struct qc_refusal_detail *detail)
{
    if (pool->code_length != 0 && (pool->code_length < CODE_LENGTH_MIN ||
                                   pool->code_length > CODE_LENGTH_MAX)) {
        return invalid(detail, "pool.code_length");
    }
    if (pool->max_code_attempts > CODE_ATTEMPTS_MAX) {
        return invalid(detail, "pool.max_code_attempts");
    }
    if (pool->code_digits_timeout_ms != 0 &&
        (pool->code_digits_timeout_ms < CODE_TIMEOUT_MIN_MS ||
         pool->code_digits_timeout_ms > CODE_TIMEOUT_MAX_MS)) {
        return invalid(detail, "pool.code_digits_timeout_ms");
    }
    return 0;
}

static int check(const void *object, struct qc_refusal_detail *detail)
{
    const Qc__V1__Pool *pool = object;

    if (!qc_config_is_key(pool->subject)) {
        return invalid(detail, "pool.subject");
    }
    if (pool->match_mode > QC__V1__MATCH_MODE__MATCH_MODE_ACCESS_CODE) {
        return invalid(detail, "pool.match_mode");
    }
    if (pool->no_quarantine && pool->quarantine_ms != 0) {
        return invalid(detail, "pool.quarantine_ms");
    }
    if (pool->no_grace && pool->grace_ms != 0) {
        return invalid(detail, "pool.grace_ms");
    }
    for (size_t i = 0; i < pool->n_static_numbers; i++) {
        if (!qc_config_is_e164(pool->static_numbers[i])) {
            detail->field = "pool.static_numbers";
            return QC_REFUSED_INVALID_PHONE;
        }
    }
    return check_code(pool, detail);
}

static void default_i64(int64_t *value, int64_t otherwise)
{
    if (*value == 0) {
        *value = otherwise;
    }
}

static void default_u32(uint32_t *value, uint32_t otherwise)
{
    if (*value == 0) {
        *value = otherwise;
    }
}

/* As proto/quorumcall/v1/pool.proto says. */
static void complete(struct qc_txn *txn, const void *was, void *object)
{
    Qc__V1__Pool *pool = object;

    (void)txn;
    (void)was;
    if (pool->match_mode == QC__V1__MATCH_MODE__MATCH_MODE_UNSPECIFIED) {
        pool->match_mode = QC__V1__MATCH_MODE__MATCH_MODE_DNIS;
    }
    if (pool->exhausted_policy ==
        QC__V1__EXHAUSTED_POLICY__EXHAUSTED_POLICY_UNSPECIFIED) {
        pool->exhausted_policy =
            QC__V1__EXHAUSTED_POLICY__EXHAUSTED_POLICY_FAIL;
    }
    if (pool->ani_policy == QC__V1__ANI_POLICY__ANI_POLICY_UNSPECIFIED) {
        pool->ani_policy = QC__V1__ANI_POLICY__ANI_POLICY_WITHHOLD;
    }
    default_i64(&pool->reserve_ttl_ms,
                pool->match_mode == QC__V1__MATCH_MODE__MATCH_MODE_ACCESS_CODE
                    ? RESERVE_TTL_CODE_MS
                    : RESERVE_TTL_MS);
    if (!pool->no_quarantine) {
        default_i64(&pool->quarantine_ms, QUARANTINE_MS);
    }
    if (!pool->no_grace) {
        default_i64(&pool->grace_ms, GRACE_MS);
    }
    default_u32(&pool->code_length, CODE_LENGTH);
    default_u32(&pool->max_code_attempts, CODE_ATTEMPTS);
    default_i64(&pool->code_digits_timeout_ms, CODE_TIMEOUT_MS);
    pool->gauges = NULL;
}

static bool has_numbers(struct qc_txn *txn, const char *pool)
{
    struct qc_key prefix;
    struct qc_key key;

    qc_key_begin(&prefix, txn->tenant, QC_SPACE_POOL_NUMBER);
    qc_key_put_str(&prefix, pool);
    return qc_index_first(txn, &prefix, &key, NULL);
}

static int admit(struct qc_txn *txn, const void *was_object, const void *object)
{
    const Qc__State__TenantRow *tenant = qc_tenant_get(txn, txn->tenant);
    const Qc__V1__Pool *was = was_object;
    const Qc__V1__Pool *pool = object;

    if (tenant == NULL) {
        return qc_refuse(txn, QC_REFUSED_TENANT_UNKNOWN, NULL);
    }
    if (qc_subject_get(txn, pool->subject) == NULL) {
        return qc_refuse(txn, QC_REFUSED_SUBJECT_UNKNOWN, "pool.subject");
    }
    if (pool->match_mode == QC__V1__MATCH_MODE__MATCH_MODE_ACCESS_CODE &&
        !tenant->tenant->access_code_enabled) {
        return qc_refuse(txn, QC_REFUSED_FEATURE_OFF, "pool.match_mode");
    }
    if (was != NULL && was->match_mode != pool->match_mode &&
        has_numbers(txn, pool->key)) {
        return qc_refuse(txn, QC_REFUSED_IN_USE, "pool.match_mode");
    }
    return 0;
}

static void *show(struct qc_txn *txn, const void *row)
{
    return qc_pool_show(txn, row);
}

const struct qc_config_kind qc_pool_kind = {
    .entity = &qc_pool_entity,
    .key_field = "pool.key",
    .unknown = QC_REFUSED_POOL_UNKNOWN,
    .quota = offsetof(Qc__V1__Quotas, pools),
    .check = check,
    .complete = complete,
    .admit = admit,
    .show = show,
};

int qc_pool_put(struct qc_txn *txn,
                const Qc__V1__Pool *pool,
                uint64_t if_rev,
                enum qc_change *change_out)
{
    return qc_config_put(txn, &qc_pool_kind, &pool->base, if_rev, change_out);
}
