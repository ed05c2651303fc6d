#include "machine/allocate.h"

#include <string.h>

#include "machine/allocation.h"
#include "machine/allocation_index.h"
#include "machine/code.h"
#include "machine/context.h"
#include "machine/gate.h"
#include "machine/id.h"
#include "machine/number.h"
#include "machine/planted.h"
#include "machine/pool.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/subject.h"
#include "machine/subscription.h"
#include "machine/tenant.h"

enum {
    FIELD_CONTEXT = 8, /* Of an AllocateNumberRequest. */
};

#define DNIS        QC__V1__MATCH_MODE__MATCH_MODE_DNIS
#define DNIS_ANI    QC__V1__MATCH_MODE__MATCH_MODE_DNIS_ANI
#define ACCESS_CODE QC__V1__MATCH_MODE__MATCH_MODE_ACCESS_CODE

/* What is asked for, and where it is looked for. */
struct search {
    const Qc__V1__AllocateNumberRequest *request;
    const Qc__V1__Tenant *tenant;
    const char *subject;
    const Qc__State__SubjectRow *of; /* Its row. */
    struct qc_gate gate;
    bool overridden; /* The visitor calls though it takes too long. */
    /* Whose visitor was told that an agent is available; NULL: none. */
    Qc__State__SubscriptionRow *claim;
    const Qc__V1__Pool *pool;
    struct qc_context context; /* The page among it. */
    const char *number;        /* What was found. */
    const char *code;          /* "" unless in mode ACCESS_CODE. */
};

static int find_subject(struct qc_txn *txn, struct search *search)
{
    const char *asked = search->request->subject;
    const char *field = asked[0] != '\0' ? "subject" : "page_url";
    const Qc__State__SubjectRow *row;

    search->subject = asked[0] != '\0'
                          ? asked
                          : qc_subject_of_page(txn, search->request->page_url);
    row = qc_subject_get(txn, search->subject);
    if (row == NULL) {
        return qc_refuse(txn, QC_REFUSED_SUBJECT_UNKNOWN, field);
    }
    if (row->subject->disabled) {
        return qc_refuse(txn, QC_REFUSED_BAD_STATE, field);
    }
    search->of = row;
    return 0;
}

static int find_pool(struct qc_txn *txn, struct search *search)
{
    const Qc__State__PoolRow *row =
        qc_pool_of_subject(txn, search->subject, search->request->mode);

    if (row == NULL) {
        return qc_refuse(txn, QC_REFUSED_POOL_UNKNOWN, "mode");
    }
    if (row->pool->match_mode == ACCESS_CODE &&
        !search->tenant->access_code_enabled) {
        return qc_refuse(txn, QC_REFUSED_FEATURE_OFF, "mode");
    }
    search->pool = row->pool;
    return 0;
}

static int read_context(struct qc_txn *txn, struct search *search)
{
    const Qc__V1__AllocateNumberRequest *request = search->request;

    qc_context_read(&search->context, &request->base, FIELD_CONTEXT);
    if (request->page_url[0] != '\0' &&
        !qc_context_set(&search->context, QC_CONTEXT_PAGE, request->page_url)) {
        return qc_refuse(txn, QC_REFUSED_BAD_CONTEXT, "context");
    }
    return 0;
}

/* From the request to the pool. */
static int begin(struct qc_txn *txn, struct search *search)
{
    int r = find_subject(txn, search);

    if (r == 0) {
        r = qc_subscription_of_claim(txn, search->request, search->subject,
                                     &search->claim);
    }
    if (r == 0) {
        r = find_pool(txn, search);
    }
    if (r == 0) {
        r = read_context(txn, search);
    }
    return r;
}

/* What the visit says of itself; said again, it takes the place of what it
 * said before. */
static void describe(struct qc_txn *txn,
                     const struct search *search,
                     Qc__V1__Allocation *a)
{
    const Qc__V1__AllocateNumberRequest *request = search->request;

    a->customer_id = request->customer_id;
    a->first_name = request->first_name;
    a->last_name = request->last_name;
    a->email = request->email;
    a->language = request->language;
    a->mobile = request->mobile;
    a->origin = request->origin;
    qc_context_write(txn, &search->context, &a->base, QC_CONTEXT_OF_ALLOCATION);
}

static struct qc_bytes bytes_of(ProtobufCBinaryData data)
{
    return (struct qc_bytes){data.data, data.len};
}

/* Whether the visit would be served from there again: from the pool itself, or
 * with the code that it had got in the place of a number. */
static bool is_of_pool(const struct search *search, const Qc__V1__Allocation *a)
{
    return strcmp(a->pool, search->pool->key) == 0 ||
           (a->mode == ACCESS_CODE &&
            search->pool->exhausted_policy ==
                QC__V1__EXHAUSTED_POLICY__EXHAUSTED_POLICY_FALLBACK_CODE &&
            strcmp(a->subject, search->subject) == 0);
}

/* The allocation that the visit holds already, if it proves that it does. The
 * phone number alone proves nothing: anybody may know it. */
static Qc__State__AllocationRow *find_held(struct qc_txn *txn,
                                           const struct search *search)
{
    const Qc__V1__AllocateNumberRequest *request = search->request;
    uint8_t hash[QC_VISIT_HASH_SIZE];
    Qc__State__AllocationRow *row;
    uint64_t id;

    if (request->visit_token.len != QC_VISIT_TOKEN_SIZE ||
        search->pool->no_reuse_live) {
        return NULL;
    }
    qc_visit_hash(bytes_of(request->visit_token), hash);
    id = qc_allocation_of_visit(txn, (struct qc_bytes){hash, sizeof(hash)});
    row = id != 0 ? qc_allocation_get(txn, id) : NULL;
    if (row == NULL || !qc_allocation_is_held(txn, row) ||
        !is_of_pool(search, row->allocation) ||
        strcmp(row->allocation->customer_phone, request->customer_phone) != 0) {
        return NULL;
    }
    return row;
}

static bool has_claim(const struct search *search)
{
    return search->claim != NULL && qc_subscription_may_allocate(search->claim);
}

/* |row|, not yet written, is what the claim is for. */
static void redeem(struct qc_txn *txn,
                   const struct search *search,
                   Qc__State__AllocationRow *row)
{
    if (has_claim(search)) {
        row->priority_delta = QC_CLAIM_BONUS;
        qc_subscription_allocated(txn, search->claim,
                                  row->allocation->allocation_id);
    }
}

static void hold_again(struct qc_txn *txn,
                       const struct search *search,
                       Qc__State__AllocationRow *row)
{
    const Qc__State__AllocationRow *was = qc_allocation_copy(txn, row);

    describe(txn, search, row->allocation);
    redeem(txn, search, row);
    qc_allocation_hold(txn, row);
    qc_allocation_put(txn, was, row);
}

/* NULL when there is none: the numbers of a pool of codes ask for a code. */
static const char *shared_number(const Qc__V1__Pool *pool)
{
    return pool->n_static_numbers > 0 && pool->match_mode != ACCESS_CODE
               ? pool->static_numbers[0]
               : NULL;
}

static bool may_override(const struct search *search)
{
    const Qc__V1__Subject *subject = search->of->subject;

    if (!search->request->override_threshold) {
        return false;
    }
    return search->request->origin == QC__V1__ORIGIN__ORIGIN_WEB
               ? subject->web_override
               : !subject->no_other_override;
}

/* A subject without a threshold is asked for numbers whose calls others take:
 * of its gate only the hours hold. */
static int pass_gate(struct qc_txn *txn, struct search *search)
{
    static const enum qc_refusal refusals[] = {
        [QC__V1__UNAVAILABLE__UNAVAILABLE_NO_ROUTE] = QC_REFUSED_BAD_STATE,
        [QC__V1__UNAVAILABLE__UNAVAILABLE_OUT_OF_HOURS] =
            QC_REFUSED_OUT_OF_HOURS,
        [QC__V1__UNAVAILABLE__UNAVAILABLE_QUEUE_FULL] = QC_REFUSED_QUEUE_FULL,
        [QC__V1__UNAVAILABLE__UNAVAILABLE_NO_AGENTS] = QC_REFUSED_NO_AGENTS,
        [QC__V1__UNAVAILABLE__UNAVAILABLE_EWT_ABOVE_THRESHOLD] =
            QC_REFUSED_EWT_ABOVE_THRESHOLD,
    };

    if (search->claim != NULL && !has_claim(search)) {
        return qc_refuse(txn, QC_REFUSED_BAD_STATE, "availability_claim");
    }
    search->overridden =
        search->gate.why ==
            QC__V1__UNAVAILABLE__UNAVAILABLE_EWT_ABOVE_THRESHOLD &&
        (may_override(search) || search->claim != NULL);
    if (search->overridden ||
        search->gate.why == QC__V1__UNAVAILABLE__UNAVAILABLE_UNSPECIFIED ||
        (!search->gate.gated &&
         search->gate.why != QC__V1__UNAVAILABLE__UNAVAILABLE_OUT_OF_HOURS)) {
        return 0;
    }
    return qc_refuse(txn, refusals[search->gate.why], "subject");
}

static int check_limits(struct qc_txn *txn, const struct search *search)
{
    const Qc__V1__AllocateNumberRequest *request = search->request;
    uint32_t per_phone = search->tenant->max_live_per_phone;
    uint32_t per_ip = search->tenant->max_live_per_ip;
    struct qc_held held;

    if (per_phone != 0) {
        held = qc_allocation_held_by_phone(txn, request->customer_phone,
                                           per_phone);
        if (held.n >= per_phone) {
            return qc_refuse(txn, QC_REFUSED_PHONE_LIMIT, "customer_phone");
        }
    }
    if (per_ip != 0 && request->ip_hash.len > 0) {
        held = qc_allocation_held_by_address(txn, bytes_of(request->ip_hash),
                                             per_ip);
        if (held.n >= per_ip) {
            txn->detail.retry_after_ms = held.free_ms - txn->now_ms;
            return QC_REFUSED_IP_LIMIT;
        }
    }
    return 0;
}

/* The least loaded number on which the phone has no visit, nor just had one. */
static const char *number_for_phone(struct qc_txn *txn,
                                    const struct search *search)
{
    const char *phone = search->request->customer_phone;
    struct qc_key at = {.len = 0};
    const char *number = qc_number_by_load(txn, search->pool->key, &at);

    while (number != NULL && (qc_allocation_pair_is_live(txn, number, phone) ||
                              qc_number_pair_is_resting(txn, number, phone))) {
        number = qc_number_by_load(txn, search->pool->key, &at);
    }
    return number;
}

/* A code on the least loaded access number that has room for one. */
static int find_code(struct qc_txn *txn, struct search *search)
{
    struct qc_key at = {.len = 0};
    int r = QC_REFUSED_POOL_EMPTY;

    search->number = qc_number_by_load(txn, search->pool->key, &at);
    while (search->number != NULL) {
        r = qc_code_draw(txn, search->number, search->pool->code_length,
                         &search->code);
        if (r != QC_REFUSED_CODE_SPACE) {
            break;
        }
        search->number = qc_number_by_load(txn, search->pool->key, &at);
    }
    return r;
}

static int find_free(struct qc_txn *txn, struct search *search)
{
    search->code = "";
    if (search->pool->match_mode == ACCESS_CODE) {
        return find_code(txn, search);
    }
    search->number = search->pool->match_mode == DNIS
                         ? qc_number_first_free(txn, search->pool->key)
                         : number_for_phone(txn, search);
    return search->number != NULL ? 0 : QC_REFUSED_POOL_EMPTY;
}

/* Nothing was free: a code of the same subject, if the pool says so. */
static int find_code_instead(struct qc_txn *txn, struct search *search)
{
    const Qc__State__PoolRow *row =
        qc_pool_of_subject(txn, search->subject, ACCESS_CODE);

    if (row == NULL || !search->tenant->access_code_enabled) {
        return QC_REFUSED_POOL_EMPTY;
    }
    search->pool = row->pool;
    return find_free(txn, search) == 0 ? 0 : QC_REFUSED_POOL_EMPTY;
}

/* Fills |token| with the visit's: that of the claim, unless the visit holds
 * something else by it; or one that is drawn. */
static void fill_token(struct qc_txn *txn,
                       const struct search *search,
                       uint8_t token[QC_VISIT_TOKEN_SIZE])
{
    const Qc__State__SubscriptionRow *claim = search->claim;

    if (claim != NULL &&
        qc_allocation_of_visit(txn, bytes_of(claim->visit_hash)) == 0) {
        memcpy(token, search->request->visit_token.data, QC_VISIT_TOKEN_SIZE);
    } else {
        qc_random_fill(txn, token, QC_VISIT_TOKEN_SIZE);
    }
}

/* A row, not yet written. NULL is a fault. */
static Qc__State__AllocationRow *new_row(struct qc_txn *txn,
                                         const struct search *search,
                                         ProtobufCBinaryData *token_out)
{
    Qc__State__AllocationRow *row =
        qc_row_new(txn, &qc__state__allocation_row__descriptor);
    Qc__V1__Allocation *a = qc_row_new(txn, &qc__v1__allocation__descriptor);
    uint8_t *token = qc_alloc(txn, QC_VISIT_TOKEN_SIZE);
    uint8_t *hash = qc_alloc(txn, QC_VISIT_HASH_SIZE);

    if (row == NULL || a == NULL || token == NULL || hash == NULL) {
        return NULL;
    }
    a->allocation_id = qc_id_text(txn, QC_ALLOCATION_PREFIX, qc_id_draw(txn));
    a->created_ms = QC_PLANTED_BUG(10) ? qc_planted_now_ms() : txn->now_ms;
    fill_token(txn, search, token);
    qc_visit_hash((struct qc_bytes){token, QC_VISIT_TOKEN_SIZE}, hash);
    row->allocation = a;
    row->visit_hash = (ProtobufCBinaryData){QC_VISIT_HASH_SIZE, hash};
    *token_out = (ProtobufCBinaryData){QC_VISIT_TOKEN_SIZE, token};
    return row;
}

static int64_t ttl_of(const struct search *search)
{
    int64_t asked_ms = search->request->ttl_ms;
    int64_t pool_ms = search->pool->reserve_ttl_ms;

    return asked_ms > 0 && asked_ms < pool_ms ? asked_ms : pool_ms;
}

/* What the gate was held against; NULL: there is none, or a fault. */
static Qc__State__GateDecision *decide_gate(struct qc_txn *txn,
                                            const struct search *search)
{
    const struct qc_gate *gate = &search->gate;
    Qc__State__GateDecision *decision =
        gate->gated ? qc_row_new(txn, &qc__state__gate_decision__descriptor)
                    : NULL;

    if (decision != NULL) {
        decision->ewt_ms = gate->estimate.ewt_ms;
        decision->threshold_ms = gate->threshold_ms;
        decision->position = gate->estimate.position;
        decision->agents_ready = gate->estimate.ready;
        decision->agents_active = gate->estimate.active;
        decision->overridden = search->overridden;
        decision->claimed = search->overridden && search->claim != NULL;
    }
    return decision;
}

static void take(struct qc_txn *txn,
                 const struct search *search,
                 struct qc_grant *grant)
{
    Qc__State__Decision decision = QC__STATE__DECISION__INIT;
    Qc__State__GateDecision *gate = decide_gate(txn, search);
    Qc__State__AllocationRow *row = new_row(txn, search, &grant->visit_token);
    Qc__V1__Allocation *a;

    if (row == NULL || txn->fault != 0) {
        return;
    }
    a = row->allocation;
    a->pool = search->pool->key;
    a->subject = search->subject;
    a->mode = search->pool->match_mode;
    a->number = search->number;
    a->access_code = search->code;
    a->customer_phone = search->request->customer_phone;
    a->state = QC__V1__ALLOCATION_STATE__ALLOCATION_STATE_RESERVED;
    describe(txn, search, a);
    row->ip_hash = search->request->ip_hash;
    row->ttl_ms = ttl_of(search);
    qc_allocation_hold(txn, row);
    decision.kind = QC__STATE__DECISION_KIND__DECISION_KIND_ALLOCATE;
    decision.pool_rev = search->pool->rev;
    decision.gate = gate;
    qc_allocation_decide(txn, row, &decision);
    redeem(txn, search, row);

    if (a->mode == DNIS) {
        qc_number_reserve(txn, a->number, qc_allocation_id(row));
    } else {
        qc_number_load(txn, a->number, 1);
    }
    qc_allocation_put(txn, NULL, row);
    grant->number = a->number;
    grant->allocation = row;
}

/* Holds what is free; or what the pool gives when nothing is. */
static int take_free(struct qc_txn *txn,
                     struct search *search,
                     struct qc_grant *grant)
{
    const char *shared = shared_number(search->pool);
    Qc__V1__ExhaustedPolicy policy = search->pool->exhausted_policy;
    int r = find_free(txn, search);

    if (r != 0 && shared != NULL &&
        policy == QC__V1__EXHAUSTED_POLICY__EXHAUSTED_POLICY_FALLBACK_STATIC) {
        grant->number = shared;
        return 0;
    }
    if (r != 0 && search->pool->match_mode != ACCESS_CODE &&
        policy == QC__V1__EXHAUSTED_POLICY__EXHAUSTED_POLICY_FALLBACK_CODE) {
        r = find_code_instead(txn, search);
    }
    if (r != 0) {
        return r;
    }
    take(txn, search, grant);
    return 0;
}

int qc_allocate(struct qc_txn *txn,
                const Qc__V1__AllocateNumberRequest *request,
                struct qc_grant *grant_out)
{
    const Qc__State__TenantRow *tenant = qc_tenant_get(txn, txn->tenant);
    struct search search = {.request = request};
    struct qc_grant grant = {.number = ""};
    int r;

    if (tenant == NULL) {
        return QC_REFUSED_TENANT_UNKNOWN;
    }
    search.tenant = tenant->tenant;
    r = begin(txn, &search);
    if (r != 0) {
        return r;
    }
    grant.subject = search.subject;
    qc_gate_judge(txn, search.of, QC__V1__MEDIA__MEDIA_VOICE, NULL,
                  &search.gate);
    grant.wait = qc_gate_show(txn, search.of, &search.gate.estimate);
    grant.allocation = find_held(txn, &search);
    if (grant.allocation != NULL) {
        grant.number = grant.allocation->allocation->number;
        grant.visit_token = request->visit_token;
        grant.reused = true;
        hold_again(txn, &search, grant.allocation);
        *grant_out = grant;
        return 0;
    }
    r = pass_gate(txn, &search);
    if (r != 0) {
        return r;
    }
    r = check_limits(txn, &search);
    /* Whoever types a stranger's phone cannot shut him out. */
    if (r == QC_REFUSED_PHONE_LIMIT && shared_number(search.pool) != NULL) {
        grant.number = shared_number(search.pool);
        r = 0;
    } else if (r == 0) {
        r = take_free(txn, &search, &grant);
    }
    if (r == 0) {
        *grant_out = grant;
    }
    return r;
}
