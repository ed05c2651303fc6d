#include "rpc/authentication.h"

#include <stdio.h>
#include <string.h>

#include "machine/cors.h"
#include "machine/machine.h"
#include "machine/origin.h"
#include "machine/principal.h"
#include "machine/row.h"
#include "machine/tenant.h"
#include "rpc/failure.h"

enum {
    /* More than any key that was ever made. */
    API_KEY_SIZE_MAX = 256,
    TAG_SIZE_MAX = 1024,
    AGAIN_ARENA_SIZE = 1024 * 1024,
};

/* Who it is, once that is clear. */
struct who {
    bool local;
    struct qc_principal_ref principal; /* When it is not. */
};

static const char *header(const struct qc_request *request, const char *name)
{
    const char *value = qc_call_header(request->call, name);

    return value != NULL ? value : "";
}

/* The key in "authorization: Bearer KEY"; empty when that is something else.
 * The scheme's name is in any case (RFC 9110). */
static struct qc_bytes api_key_of(const char *authorization)
{
    static const char scheme[] = "bearer ";
    const char *key = authorization;
    size_t size;

    for (size_t i = 0; scheme[i] != '\0'; i++, key++) {
        if ((*key | 0x20) != (scheme[i] | 0x20)) {
            return (struct qc_bytes){NULL, 0};
        }
    }
    key += strspn(key, " ");
    size = strlen(key);
    return (struct qc_bytes){(const uint8_t *)key,
                             size <= API_KEY_SIZE_MAX ? size : 0};
}

/* The tenant that x-tenant names; false when there is none of that name. */
static bool named_tenant(struct qc_txn *txn,
                         const struct qc_request *request,
                         uint32_t *tenant_out)
{
    return qc_tenant_of_key(txn, header(request, "x-tenant"), tenant_out);
}

/* Its tenant must be named, for any tenant may name any certificate: nobody is
 * to be led to another's by that. */
static bool find_certificate(struct qc_txn *txn,
                             const struct qc_request *request,
                             struct who *who)
{
    const char *uri = qc_call_identity(request->call);
    uint32_t tenant;

    if (qc_call_trust(request->call) != QC_TRUST_CLIENT) {
        return false;
    }
    return (named_tenant(txn, request, &tenant) &&
            qc_principal_of_certificate(txn, uri, tenant, &who->principal)) ||
           qc_principal_of_certificate(txn, uri, 0, &who->principal);
}

/* Whoever brings a key is known by that, or not at all. */
static bool find_who(struct qc_txn *txn,
                     const struct qc_request *request,
                     struct who *who)
{
    const char *authorization = header(request, "authorization");
    uint8_t hash[QC_API_KEY_HASH_SIZE];
    struct qc_bytes key;

    if (authorization[0] != '\0') {
        key = api_key_of(authorization);
        qc_api_key_hash(key, hash);
        return key.size > 0 && qc_principal_of_key(txn, hash, &who->principal);
    }
    if (find_certificate(txn, request, who)) {
        return true;
    }
    who->local =
        qc_call_from_loopback(request->call) && !qc_principal_keys_exist(txn);
    return who->local;
}

/* "/name": one of the cluster that acts for a tenant. */
static const char *abroad(struct qc_txn *txn, const char *name)
{
    size_t size = strlen(name);
    char *text = qc_alloc(txn, size + 2);

    if (text == NULL) {
        return "";
    }
    text[0] = '/';
    memcpy(text + 1, name, size + 1);
    return text;
}

/* The tenant of |request|, and what the caller is called there, for one of the
 * cluster. */
static int place_of_cluster(struct qc_txn *txn,
                            struct qc_request *request,
                            const struct who *who)
{
    const struct qc_method *method = request->method;
    bool names_none = header(request, "x-tenant")[0] == '\0';
    struct qc_caller *caller = &request->caller;

    if (who->local) {
        caller->principal = QC_PRINCIPAL_LOCAL;
    } else {
        caller->principal = who->principal.key;
    }
    if (method->cluster || (method->either && names_none)) {
        caller->tenant = 0;
        return 0;
    }
    if (names_none) {
        txn->detail.text = "is required: the key of the tenant";
    }
    if (!named_tenant(txn, request, &caller->tenant)) {
        return qc_refuse(txn, QC_REFUSED_TENANT_UNKNOWN, "x-tenant");
    }
    if (!who->local) {
        caller->principal = abroad(txn, who->principal.key);
    }
    return 0;
}

/* The same for one of a tenant. */
static int place_at_home(struct qc_txn *txn,
                         struct qc_request *request,
                         const struct who *who)
{
    bool names_none = header(request, "x-tenant")[0] == '\0';
    uint32_t named;

    if (!names_none && (!named_tenant(txn, request, &named) ||
                        named != who->principal.tenant)) {
        return QC_REFUSED_UNAUTHENTICATED;
    }
    request->caller.tenant = who->principal.tenant;
    request->caller.principal = who->principal.key;
    return 0;
}

/* Whether the page that calls may, if one does. A widget is nothing without its
 * page; a page is nothing to the cluster. */
static int check_origin(struct qc_txn *txn, const struct qc_request *request)
{
    const char *origin = header(request, "origin");
    const Qc__State__PrincipalRow *row;
    const Qc__V1__CorsOrigins *cors;

    if ((request->caller.roles & QC_ROLE_WIDGET) != 0) {
        row = qc_principal_get(txn, request->caller.principal);
        return row != NULL && qc_origins_hold(row->principal->origins,
                                              row->principal->n_origins, origin)
                   ? 0
                   : QC_REFUSED_CORS_ORIGIN;
    }
    if (origin[0] == '\0') {
        return 0;
    }
    cors = request->caller.tenant != 0 ? qc_cors_get(txn) : NULL;
    return cors != NULL &&
                   qc_origins_hold(cors->origins, cors->n_origins, origin)
               ? 0
               : QC_REFUSED_CORS_ORIGIN;
}

static int find_terms(struct qc_txn *txn, struct qc_request *request)
{
    uint32_t tenant = request->caller.tenant;
    struct qc_terms *terms = &request->terms;
    const Qc__State__TenantRow *row;
    const char *country;

    *terms = (struct qc_terms){.country = ""};
    if (tenant == 0) {
        return 0;
    }
    row = qc_tenant_get(txn, tenant);
    if (row == NULL) {
        return qc_txn_fail(txn, QC_E_CORRUPT);
    }
    terms->rate = (struct qc_rate){row->tenant->quotas->rate_per_s,
                                   row->tenant->quotas->rate_burst};
    country = row->tenant->default_country;
    memcpy(terms->country, country,
           strnlen(country, sizeof(terms->country) - 1));
    return 0;
}

/* Who calls, for whom, and whether they may, as of the rows of |txn|: 0, or a
 * refusal. */
static int admit(struct qc_txn *txn, struct qc_request *request)
{
    struct qc_caller *caller = &request->caller;
    struct who who = {.local = false};
    int r;

    if (!find_who(txn, request, &who)) {
        return QC_REFUSED_UNAUTHENTICATED;
    }
    r = who.local || who.principal.tenant == 0
            ? place_of_cluster(txn, request, &who)
            : place_at_home(txn, request, &who);
    if (r != 0) {
        return r;
    }
    txn->tenant = caller->tenant;
    caller->roles = qc_principal_roles(txn, caller->principal);
    if (caller->roles == 0) {
        return QC_REFUSED_UNAUTHENTICATED;
    }
    if ((caller->roles & qc_method_callers(request->method, caller->tenant)) ==
            0 ||
        (request->method->cluster && caller->tenant != 0)) {
        return QC_REFUSED_ROLE;
    }
    r = find_terms(txn, request);
    return r == 0 ? check_origin(txn, request) : r;
}

/* The same of this node's rows: 0, a refusal, or a fault. */
static int look(struct qc_request *request, struct qc_refusal_detail *detail)
{
    struct qc_txn txn;
    int r;

    qc_machine_look(request->rpc->options.machine, &request->arena, &txn);
    r = qc_txn_answer(&txn, admit(&txn, request));
    *detail = txn.detail;
    return r;
}

static void refuse(struct qc_request *request,
                   int r,
                   const struct qc_refusal_detail *detail)
{
    if (r < 0) {
        qc_request_fail_fault(request, r);
    } else {
        qc_request_refuse(request, r, detail);
    }
}

/* All that a refusal depends on, put into one number. */
static uint64_t tag_of(const struct qc_request *request)
{
    const char *const parts[] = {
        qc_call_path(request->call),     header(request, "x-tenant"),
        header(request, "origin"),       header(request, "authorization"),
        qc_call_identity(request->call),
    };
    uint8_t text[TAG_SIZE_MAX];
    size_t size = 0;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        size_t part = strlen(parts[i]) + 1;

        if (part > sizeof(text) - size) {
            part = sizeof(text) - size;
        }
        memcpy(text + size, parts[i], part);
        size += part;
    }
    return qc_doubt_tag(request->rpc->doubts, (struct qc_bytes){text, size});
}

/* Whether a caller who is not known here is worth asking the cluster. */
static bool is_worth_asking(const struct qc_request *request, uint64_t tag)
{
    static const struct qc_rate rate = {QC_DOUBTS_PER_S, QC_DOUBTS_PER_S};
    const struct qc_rpc *rpc = request->rpc;
    int64_t now_ms = qc_request_now_ms(request);

    return !qc_doubts_were_refused(rpc->doubts, tag, now_ms) &&
           qc_rates_take(rpc->rates, QC_RATE_DOUBTS,
                         qc_call_network(request->call), rate, now_ms) == 0;
}

bool qc_address_may(struct qc_rpc *rpc, struct qc_call *call)
{
    const struct qc_clocks *clocks = &rpc->options.clocks;
    const struct qc_rate *rate = &rpc->limits.of_address;
    struct qc_failure failure = {
        .status = QC_STATUS_RESOURCE_EXHAUSTED,
        .reason = "RATE",
        .text = "this address sends more than it may",
        .quota = "address",
    };

    if (rate->per_s == 0 || qc_call_is_exempt(call)) {
        return true;
    }
    failure.retry_after_ms =
        qc_rates_take(rpc->rates, QC_RATE_ADDRESS, qc_call_network(call), *rate,
                      clocks->monotonic_ms(clocks->ctx));
    if (failure.retry_after_ms > 0) {
        qc_failure_send(call, &failure);
    }
    return failure.retry_after_ms == 0;
}

bool qc_origin_may_ask(const struct qc_rpc *rpc, const struct qc_call *call)
{
    const char *origin = qc_call_header(call, "origin");
    struct qc_arena arena;
    struct qc_txn txn;
    bool known;

    if (origin == NULL) {
        return false;
    }
    qc_arena_init(&arena, 0);
    qc_machine_view(rpc->options.machine, &arena, &txn);
    known = qc_origin_is_known(&txn, origin);
    qc_arena_done(&arena);
    return known;
}

/* Looks. Whoever is not known here is doubted; false: or refused, which has
 * ended the call. */
static bool judge(struct qc_request *request)
{
    struct qc_refusal_detail detail;
    uint64_t tag;
    int r;

    request->judged_at = request->rpc->options.machine->applied_index;
    r = look(request, &detail);
    if (r == 0) {
        return true;
    }
    tag = tag_of(request);
    if (r < 0 || !is_worth_asking(request, tag)) {
        refuse(request, r, &detail);
        return false;
    }
    request->doubted = true;
    request->doubt = tag;
    return true;
}

void qc_request_authenticate(struct qc_request *request)
{
    (void)judge(request);
}

int qc_request_look_again(const struct qc_request *request)
{
    struct qc_request again = *request;
    struct qc_refusal_detail detail;
    int r;

    qc_arena_init(&again.arena, AGAIN_ARENA_SIZE);
    r = look(&again, &detail);
    qc_arena_done(&again.arena);
    return r;
}

static void confirmed(void *ctx, bool is_confirmed)
{
    struct qc_request *request = ctx;
    struct qc_refusal_detail detail;
    int r;

    request->read = NULL;
    if (!is_confirmed) {
        qc_request_fail_outcome(request, QC_OUTCOME_NO_LEADER);
        return;
    }
    r = look(request, &detail);
    if (r == 0) {
        request->admitted(request);
        return;
    }
    qc_doubts_refused(request->rpc->doubts, request->doubt,
                      qc_request_now_ms(request));
    refuse(request, r, &detail);
}

void qc_request_settle(struct qc_request *request,
                       void (*admitted)(struct qc_request *request))
{
    /* Whoever sends its message late must not be who it was. */
    if (!request->doubted &&
        request->judged_at != request->rpc->options.machine->applied_index &&
        !judge(request)) {
        return;
    }
    if (!request->doubted) {
        admitted(request);
        return;
    }
    request->admitted = admitted;
    qc_request_read(request, confirmed);
}
