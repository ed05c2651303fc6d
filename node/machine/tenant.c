#include "machine/tenant.h"

#include <string.h>

#include "base/arena.h"
#include "machine/disposition.h"
#include "machine/media.h"
#include "machine/member.h"
#include "machine/meta.h"
#include "machine/queue.h"
#include "machine/reason.h"
#include "machine/rematch.h"
#include "machine/rosters.h"
#include "machine/row.h"
#include "machine/row_memory.h"
#include "machine/store.h"
#include "machine/subject.h"

#define DAY_MS  INT64_C(86400000)
#define HOUR_MS INT64_C(3600000)

enum {
    ROW_ARENA_SIZE = 16 * 1024 * 1024, /* More than any row. */
};

static const char *const seeds[QC_TENANT_SUBJECTS] = {
    "subject1",
    "subject2",
    "subject3",
    "subject4",
};

/* How much an agent can do at once, and in which order. The row is the
 * tenant's, whoever writes it. */
static void enlist(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *row,
                   enum qc_derive how)
{
    const Qc__State__TenantRow *of = row;
    const Qc__V1__Tenant *tenant = of->tenant;
    struct qc_terms_of_work terms = {
        .voice_over_units = tenant->voice_over_units,
        .blend_over_voice = tenant->blend_over_voice,
    };
    uint32_t caller = txn->tenant;
    struct qc_roster *roster;

    if (how == QC_DERIVE_TAKE || tenant->unit_costs == NULL) {
        return; /* What comes next replaces it; none came before agents. */
    }
    if (tenant->ordering == QC__V1__ORDERING__ORDERING_LINEAR) {
        terms.ordering.prio_step_ms = tenant->prio_step_ms;
    }
    qc_media_read(tenant->unit_costs, terms.costs);
    txn->tenant = qc_key_tenant(key);
    roster = qc_roster_of(txn);
    txn->tenant = caller;
    if (roster != NULL) {
        qc_roster_terms(roster, &terms);
    }
}

const struct qc_entity qc_tenant_entity = {
    .name = "tenant",
    .space = QC_SPACE_TENANT,
    .type = &qc__state__tenant_row__descriptor,
    .enlist = enlist,
};

static const char *verify_key(struct qc_txn *txn,
                              const struct qc_key *key,
                              const void *row)
{
    const Qc__State__TenantKeyRow *named = row;
    const Qc__State__TenantRow *tenant = qc_tenant_get(txn, named->tenant);
    size_t at = QC_KEY_PREFIX_SIZE;

    if (tenant == NULL ||
        strcmp(tenant->tenant->key, qc_key_read_str(key, &at)) != 0) {
        return "leads to no tenant of this key";
    }
    return NULL;
}

const struct qc_entity qc_tenant_key_entity = {
    .name = "tenant key",
    .space = QC_SPACE_TENANT_KEY,
    .type = &qc__state__tenant_key_row__descriptor,
    .verify = verify_key,
};

static struct qc_key tenant_key(uint32_t tenant)
{
    struct qc_key key;

    qc_key_begin(&key, tenant, QC_SPACE_TENANT);
    return key;
}

static struct qc_key tenant_key_key(const char *text)
{
    struct qc_key key;

    qc_key_begin(&key, 0, QC_SPACE_TENANT_KEY);
    qc_key_put_str(&key, text);
    return key;
}

bool qc_tenant_of_key(struct qc_txn *txn, const char *key, uint32_t *tenant_out)
{
    const Qc__State__TenantKeyRow *row;
    struct qc_key named;

    if (!qc_config_is_key(key)) {
        return false;
    }
    named = tenant_key_key(key);
    row = qc_row_get(txn, qc_tenant_key_entity.type, &named);
    if (row == NULL) {
        return false;
    }
    *tenant_out = row->tenant;
    return true;
}

const Qc__State__TenantRow *qc_tenant_get(struct qc_txn *txn, uint32_t tenant)
{
    struct qc_key key = tenant_key(tenant);

    return qc_row_recall(txn, qc_tenant_entity.type, &key);
}

/* As it was before there were agents. */
static int check_calls(const Qc__V1__Tenant *tenant,
                       struct qc_refusal_detail *detail)
{
    if (!qc_config_is_key(tenant->key)) {
        detail->field = "tenant.key";
        return QC_REFUSED_INVALID;
    }
    if (tenant->no_phone_limit && tenant->max_live_per_phone != 0) {
        detail->field = "tenant.max_live_per_phone";
        return QC_REFUSED_INVALID;
    }
    if (tenant->no_ip_limit && tenant->max_live_per_ip != 0) {
        detail->field = "tenant.max_live_per_ip";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

static int check_agents(const Qc__V1__Tenant *tenant,
                        struct qc_refusal_detail *detail)
{
    if (tenant->ordering > QC__V1__ORDERING__ORDERING_LINEAR) {
        detail->field = "tenant.ordering";
        return QC_REFUSED_INVALID;
    }
    if (tenant->no_draining && tenant->drain_after_ms != 0) {
        detail->field = "tenant.drain_after_ms";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

/* 0 is the usual time. */
static bool is_too_short(int64_t orphan_ms)
{
    return orphan_ms != 0 && orphan_ms < QC_TENANT_ORPHAN_MS_MIN;
}

static int check_orphans(const Qc__V1__Tenant *tenant,
                         struct qc_refusal_detail *detail)
{
    if (is_too_short(tenant->orphan_ms)) {
        detail->field = "tenant.orphan_ms";
    } else if (is_too_short(tenant->orphan_offered_ms)) {
        detail->field = "tenant.orphan_offered_ms";
    } else if (is_too_short(tenant->orphan_other_ms)) {
        detail->field = "tenant.orphan_other_ms";
    } else {
        return 0;
    }
    return QC_REFUSED_INVALID;
}

int qc_tenant_check(const Qc__V1__Tenant *tenant,
                    struct qc_refusal_detail *detail)
{
    int r = check_calls(tenant, detail);

    r = r != 0 ? r : check_agents(tenant, detail);
    return r != 0 ? r : check_orphans(tenant, detail);
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

/* As proto/quorumcall/v1/tenant.proto says. */
static void fill_defaults(Qc__V1__Tenant *tenant, Qc__V1__Quotas *quotas)
{
    if (tenant->state == QC__V1__TENANT_STATE__TENANT_STATE_UNSPECIFIED) {
        tenant->state = QC__V1__TENANT_STATE__TENANT_STATE_ACTIVE;
    }
    if (tenant->default_country[0] == '\0') {
        tenant->default_country = "US";
    }
    if (tenant->default_subject[0] == '\0') {
        tenant->default_subject = seeds[0];
    }
    default_i64(&tenant->short_abandon_ms, 5000);
    if (!tenant->no_phone_limit) {
        default_u32(&tenant->max_live_per_phone, 3);
    }
    if (!tenant->no_ip_limit) {
        default_u32(&tenant->max_live_per_ip, 5);
    }
    default_i64(&tenant->runtime_retention_ms, 30 * DAY_MS);
    default_u32(&quotas->subjects, QC_TENANT_SUBJECTS);
    default_u32(&quotas->numbers, 100000);
    default_u32(&quotas->pools, 1000);
    default_u32(&quotas->branches, 1000);
    default_u32(&quotas->waiting_interactions, 100000);
    default_u32(&quotas->rate_per_s, 50000);
    default_u32(&quotas->rate_burst, 100000);
    tenant->quotas = quotas;
}

/* The rest of it, for agents. */
static void fill_agents_defaults(struct qc_txn *txn, Qc__V1__Tenant *tenant)
{
    Qc__V1__PerMedia costs = QC__V1__PER_MEDIA__INIT;
    Qc__V1__Quotas *quotas = tenant->quotas;

    costs.voice = costs.outbound_voice = costs.callback_voice = 100;
    costs.chat = 25;
    costs.email = 20;
    costs.message = costs.sms = 15;
    costs.workitem = 10;
    tenant->unit_costs = qc_media_fill(txn, tenant->unit_costs, &costs);
    if (tenant->ordering == QC__V1__ORDERING__ORDERING_UNSPECIFIED) {
        tenant->ordering = QC__V1__ORDERING__ORDERING_STRICT;
    }
    default_i64(&tenant->prio_step_ms, 60000);
    default_i64(&tenant->orphan_ms, 4 * HOUR_MS);
    default_i64(&tenant->orphan_offered_ms, 300000);
    default_i64(&tenant->orphan_other_ms, 7 * DAY_MS);
    default_i64(&tenant->conversation_window_ms, 3 * DAY_MS);
    if (!tenant->no_draining) {
        default_i64(&tenant->drain_after_ms, 20000);
    }
    default_u32(&tenant->voice_over_units, 30);
    default_u32(&quotas->skills, 1000);
    default_u32(&quotas->agents, 10000);
    default_u32(&quotas->regions, 1000);
    default_u32(&quotas->queues, 2000);
    default_u32(&quotas->reasons, 100);
    default_u32(&quotas->disposition_sets, 100);
    default_u32(&quotas->hours, 100);
    default_u32(&quotas->customers, 100000);
    default_u32(&quotas->subscriptions, 100000);
}

/* Nodes that keep to an older version would write another row. */
static bool has_agents(struct qc_txn *txn)
{
    return qc_cluster_version(txn) >= QC_TENANT_AGENTS_SINCE;
}

/* What is to stand in the row; NULL is a fault. */
static Qc__V1__Tenant *complete(struct qc_txn *txn,
                                const Qc__V1__Tenant *wanted)
{
    Qc__V1__Tenant *tenant = qc_row_copy(txn, wanted);
    Qc__V1__Quotas *quotas = wanted->quotas != NULL
                                 ? qc_row_copy(txn, wanted->quotas)
                                 : qc_row_new(txn, &qc__v1__quotas__descriptor);

    if (tenant == NULL || quotas == NULL) {
        return NULL;
    }
    fill_defaults(tenant, quotas);
    if (has_agents(txn)) {
        fill_agents_defaults(txn, tenant);
    }
    return tenant;
}

/* Gives out the next number. */
static uint32_t number_tenant(struct qc_txn *txn, const char *key)
{
    struct qc_key named = tenant_key_key(key);
    Qc__State__TenantKeyRow row = QC__STATE__TENANT_KEY_ROW__INIT;
    Qc__State__MetaRow *meta = qc_meta_get(txn);

    if (meta == NULL) {
        return 0;
    }
    row.tenant = ++meta->last_tenant;
    qc_meta_put(txn, meta);
    qc_entity_put(txn, &qc_tenant_key_entity, &named, NULL, &row);
    return row.tenant;
}

static void seed_agents(struct qc_txn *txn)
{
    qc_reason_seed(txn);
    qc_disposition_set_seed(txn);
    qc_queue_seed(txn);
}

/* What every tenant has from its beginning. */
static void seed(struct qc_txn *txn, uint32_t tenant)
{
    uint32_t caller = txn->tenant;

    txn->tenant = tenant;
    for (size_t i = 0; i < QC_TENANT_SUBJECTS; i++) {
        qc_subject_seed(txn, seeds[i]);
    }
    if (has_agents(txn)) {
        seed_agents(txn);
    }
    txn->tenant = caller;
}

/* Fills in what a tenant of an older version does not have. */
static void complete_old(struct qc_txn *txn, uint32_t tenant)
{
    const Qc__State__TenantRow *was = qc_tenant_get(txn, tenant);
    struct qc_key key = tenant_key(tenant);
    Qc__State__TenantRow *row;

    if (was == NULL || (row = qc_row_copy(txn, was)) == NULL ||
        (row->tenant = complete(txn, was->tenant)) == NULL) {
        return;
    }
    (void)qc_config_stamp(txn, &was->tenant->base, &row->tenant->base);
    qc_entity_put(txn, &qc_tenant_entity, &key, was, row);
    txn->tenant = tenant;
    seed_agents(txn);
}

void qc_tenant_complete_all(struct qc_txn *txn)
{
    const Qc__State__MetaRow *meta = qc_meta_get(txn);
    struct qc_arena *of_command = txn->arena;
    uint32_t last = meta != NULL ? meta->last_tenant : 0;
    uint32_t caller = txn->tenant;
    struct qc_arena of_tenant;

    qc_arena_init(&of_tenant, ROW_ARENA_SIZE);
    txn->arena = &of_tenant;
    for (uint32_t tenant = 1; txn->fault == 0 && tenant <= last; tenant++) {
        complete_old(txn, tenant);
        qc_arena_reset(&of_tenant);
    }
    txn->arena = of_command;
    txn->tenant = caller;
    qc_arena_done(&of_tenant);
}

/* Agents may have room for more than before. */
static void rematch(struct qc_txn *txn, uint32_t tenant)
{
    uint32_t caller = txn->tenant;

    txn->tenant = tenant;
    qc_rematch(txn, 0);
    txn->tenant = caller;
}

int qc_tenant_put(struct qc_txn *txn,
                  const Qc__V1__Tenant *tenant,
                  uint64_t if_rev,
                  enum qc_change *change_out)
{
    const Qc__State__TenantRow *was = NULL;
    Qc__State__TenantRow *row;
    enum qc_change change;
    uint32_t number = 0;
    struct qc_key key;
    int r;

    r = has_agents(txn) ? qc_tenant_check(tenant, &txn->detail)
                        : check_calls(tenant, &txn->detail);
    if (r != 0) {
        return r;
    }
    if (qc_tenant_of_key(txn, tenant->key, &number)) {
        was = qc_tenant_get(txn, number);
        if (was == NULL) {
            return qc_txn_fail(txn, QC_E_CORRUPT);
        }
    }
    r = qc_config_match(txn, was != NULL ? &was->tenant->base : NULL, if_rev);
    if (r != 0) {
        return r;
    }
    row = was != NULL ? qc_row_copy(txn, was)
                      : qc_row_new(txn, qc_tenant_entity.type);
    if (row == NULL || (row->tenant = complete(txn, tenant)) == NULL) {
        return txn->fault;
    }

    change = qc_config_stamp(txn, was != NULL ? &was->tenant->base : NULL,
                             &row->tenant->base);
    if (was == NULL) {
        number = number_tenant(txn, tenant->key);
        seed(txn, number);
    }
    if (change != QC_CHANGE_NONE) {
        key = tenant_key(number);
        qc_entity_put(txn, &qc_tenant_entity, &key, was, row);
        rematch(txn, number);
    }
    *change_out = change;
    return 0;
}
