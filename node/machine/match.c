#include "machine/match.h"

#include <string.h>

#include "machine/allocation.h"
#include "machine/allocation_index.h"
#include "machine/context.h"
#include "machine/context_rule.h"
#include "machine/decision.h"
#include "machine/interaction.h"
#include "machine/number.h"
#include "machine/pool.h"
#include "machine/routing.h"
#include "machine/store.h"
#include "machine/subject.h"
#include "machine/subscription.h"
#include "machine/wrong_code.h"

#define IDENTIFYING QC__V1__INTERACTION_STATE__INTERACTION_STATE_IDENTIFYING
#define NO_VISIT    QC__V1__MATCH_RULE__MATCH_RULE_NO_VISIT
#define CLOSED      QC__V1__INTERACTION_STATE__INTERACTION_STATE_CLOSED

/* A visit, and how the call comes to be one of it. */
struct found {
    Qc__State__AllocationRow *visit; /* NULL: none. */
    struct qc_visit_call call;
    const Qc__State__AllocationRow *holder; /* Of no visit: who has the number.
                                             */
};

static bool is_phone_of(const Qc__State__AllocationRow *visit, const char *ani)
{
    return strcmp(visit->allocation->customer_phone, ani) == 0;
}

/* Who holds the number, or with his own phone a part of it; the time may have
 * passed. */
static Qc__State__AllocationRow *holder_of(struct qc_txn *txn,
                                           const Qc__V1__Pool *pool,
                                           const Qc__V1__Interaction *x)
{
    uint64_t id = pool->match_mode == QC__V1__MATCH_MODE__MATCH_MODE_DNIS
                      ? qc_number_holder(txn, x->dnis)
                      : qc_allocation_of_pair(txn, x->dnis, x->ani);

    return id != 0 ? qc_allocation_get(txn, id) : NULL;
}

/* Rule 1; and rule 2 for a holder whose time has passed, but whose timer has
 * not fired: his grace would begin now. */
static bool is_own_call(const struct qc_txn *txn,
                        const Qc__V1__Pool *pool,
                        const Qc__V1__Interaction *x,
                        struct found *found)
{
    if (!is_phone_of(found->visit, x->ani)) {
        return false;
    }
    if (qc_allocation_is_held(txn, found->visit)) {
        found->call.rule = 1;
        return true;
    }
    found->call.rule = 2;
    found->call.late = true;
    return pool->grace_ms > 0;
}

static bool is_redial(struct qc_txn *txn,
                      const Qc__V1__Interaction *x,
                      struct found *found)
{
    uint64_t id = qc_allocation_of_redial(txn, x->dnis, x->ani);

    found->visit = id != 0 ? qc_allocation_get(txn, id) : NULL;
    if (found->visit == NULL) {
        return false;
    }
    found->call.rule = 2;
    found->call.redial = found->visit->allocation->matched_ms != 0;
    found->call.late = !found->call.redial;
    if (!is_phone_of(found->visit, x->ani)) {
        found->call.ani_mismatch = true;
        found->call.withheld = found->visit->allocation->withheld;
    }
    return true;
}

/* Rule 3: somebody else, or nobody that can be seen, calls the number. */
static bool is_strangers_call(const struct qc_txn *txn,
                              const Qc__V1__Pool *pool,
                              struct found *found)
{
    if (pool->match_mode != QC__V1__MATCH_MODE__MATCH_MODE_DNIS ||
        pool->ani_policy == QC__V1__ANI_POLICY__ANI_POLICY_REJECT ||
        !qc_allocation_is_held(txn, found->visit)) {
        return false;
    }
    found->call.rule = 3;
    found->call.ani_mismatch = true;
    found->call.withheld =
        pool->ani_policy == QC__V1__ANI_POLICY__ANI_POLICY_WITHHOLD;
    return true;
}

static struct found find_visit(struct qc_txn *txn,
                               const Qc__V1__Pool *pool,
                               const Qc__V1__Interaction *x)
{
    struct found held = {.visit = holder_of(txn, pool, x)};
    struct found redial = {.visit = NULL};

    if (held.visit != NULL && is_own_call(txn, pool, x, &held)) {
        return held;
    }
    /* Before rule 3: also when the number is somebody else's by now. */
    if (is_redial(txn, x, &redial)) {
        return redial;
    }
    if (held.visit != NULL && is_strangers_call(txn, pool, &held)) {
        return held;
    }
    return (struct found){.holder = held.visit};
}

/* The page without what may name its visitor. */
static const char *bare_page(struct qc_txn *txn, const char *page_url)
{
    size_t size = strcspn(page_url, "?#");
    char *page = qc_alloc(txn, size + 1);

    if (page == NULL) {
        return "";
    }
    memcpy(page, page_url, size);
    return page;
}

/* What is known of who calls, as far as he may be taken for the visitor. */
static void know(struct qc_txn *txn,
                 const struct found *found,
                 struct qc_contact *contact)
{
    const Qc__V1__Allocation *a = found->visit->allocation;
    const Qc__V1__MobileDetails *mobile = a->mobile;
    const char *page;

    *contact = (struct qc_contact){.language = "", .region = ""};
    qc_context_read(&contact->context, &a->base, QC_CONTEXT_OF_ALLOCATION);
    if (found->call.withheld) {
        page = qc_context_get(&contact->context, QC_CONTEXT_PAGE);
        contact->context = (struct qc_context){.n = 0};
        if (page != NULL) {
            qc_context_set(&contact->context, QC_CONTEXT_PAGE,
                           bare_page(txn, page));
        }
        return;
    }
    contact->language = a->language;
    contact->origin = a->origin;
    /* Without a place a device has told other things. */
    if (mobile != NULL && (mobile->lat_e7 != 0 || mobile->lon_e7 != 0 ||
                           mobile->captured_ms != 0)) {
        qc_contact_place(txn, contact,
                         (struct qc_place){mobile->lat_e7, mobile->lon_e7});
    }
}

/* What an agent will see: what is known of the caller, and of the call's
 * headers what still fits. */
static void attach(struct qc_txn *txn,
                   Qc__V1__Interaction *x,
                   const struct qc_contact *contact)
{
    struct qc_context attached = contact->context;
    struct qc_context headers;

    qc_context_read(&headers, &x->base, QC_CONTEXT_OF_INTERACTION);
    for (size_t i = 0; i < headers.n; i++) {
        if (qc_context_get(&attached, headers.pairs[i].key) == NULL) {
            qc_context_set(&attached, headers.pairs[i].key,
                           headers.pairs[i].value);
        }
    }
    qc_context_write(txn, &attached, &x->base, QC_CONTEXT_OF_INTERACTION);
    x->language = contact->language;
    x->geo_region = contact->region;
}

/* The call waits for |subject|, or for the one that its rules lead to; or
 * cannot wait, and then it is over. |visit| and |contact| are NULL when it is
 * nobody's.
 */
static bool enqueue(struct qc_txn *txn,
                    Qc__State__InteractionRow *row,
                    const char *subject,
                    const Qc__State__AllocationRow *visit,
                    const struct qc_contact *contact)
{
    const Qc__State__SubjectRow *of = qc_subject_get(txn, subject);
    struct qc_newcomer newcomer = {.queue = "",
                                   .media = QC__V1__MEDIA__MEDIA_VOICE};
    Qc__State__RulesHeld *rules = NULL;
    Qc__V1__EndReason bar;

    if (contact != NULL && of != NULL) {
        of = qc_context_rules_look(txn, of, contact, &rules);
    }
    newcomer.subject = of;
    newcomer.route =
        qc_context_rules_route(txn, rules, of != NULL ? of->route : NULL);
    bar = qc_routing_bar(txn, &newcomer);
    row->interaction->subject = of != NULL ? of->subject->key : subject;
    qc_context_rules_bind(row, rules, of);
    if (bar != QC__V1__END_REASON__END_REASON_UNSPECIFIED) {
        qc_interaction_close(txn, row, qc_routing_turn_away(of, bar));
        return false;
    }
    qc_routing_prefer(
        row, qc_subscription_call(txn, subject, row->interaction->ani, visit));
    qc_routing_enqueue(txn, row, of, "", NULL);
    return true;
}

static Qc__V1__MatchRule rule_of(const struct found *found)
{
    return found->call.rule != 0 ? (Qc__V1__MatchRule)found->call.rule
                                 : QC__V1__MATCH_RULE__MATCH_RULE_CODE;
}

/* Remembers why the call is of no visit, or over at once. */
static void explain(struct qc_txn *txn,
                    Qc__State__InteractionRow *row,
                    Qc__V1__MatchRule rule,
                    const Qc__State__AllocationRow *visit)
{
    struct qc_match_found found = {.rule = rule};

    if (visit != NULL) {
        found.visit = qc_allocation_id(visit);
    }
    if (visit != NULL && rule == NO_VISIT) {
        found.passed_over =
            qc_allocation_is_held(txn, visit)
                ? QC__V1__VISIT_PASSED_OVER__VISIT_PASSED_OVER_OTHER_PHONE
                : QC__V1__VISIT_PASSED_OVER__VISIT_PASSED_OVER_EXPIRED;
    }
    qc_decision_match(txn, row, &found);
}

/* The call waits as one of the visit; or cannot wait, and then the visit is as
 * if it had not come. */
static void join(struct qc_txn *txn,
                 Qc__State__InteractionRow *row,
                 struct found *found)
{
    const Qc__V1__Allocation *a = found->visit->allocation;
    Qc__V1__Interaction *x = row->interaction;
    struct qc_contact contact;

    know(txn, found, &contact);
    if (!enqueue(txn, row, a->subject, found->visit, &contact)) {
        explain(txn, row, rule_of(found), found->visit);
        return;
    }
    x->allocation_id = a->allocation_id;
    x->late = found->call.late;
    x->redial = found->call.redial;
    x->ani_mismatch = found->call.ani_mismatch;
    x->withheld = found->call.withheld;
    attach(txn, x, &contact);
    found->call.interaction = qc_interaction_id(row);
    found->call.ani = x->ani;
    qc_allocation_call_begins(txn, found->visit, &found->call);
}

/* Whether the visit, which has the code, may be reached with it from |ani|. A
 * code that has been used is for its own callers only. */
static bool code_serves(const struct qc_txn *txn,
                        const Qc__State__AllocationRow *visit,
                        const char *ani)
{
    const Qc__V1__Allocation *a = visit->allocation;
    bool reachable = a->matched_ms != 0 &&
                     (a->live_calls > 0 || a->grace_until_ms > txn->now_ms);

    if (qc_allocation_is_held(txn, visit)) {
        return true;
    }
    return reachable && ani[0] != '\0' &&
           (is_phone_of(visit, ani) || strcmp(a->matched_ani, ani) == 0);
}

/* The visit of a code. A wrong one is counted, unless the caller is blocked:
 * then it was not looked at. So is a right one not counted that a guarded
 * number does not take from elsewhere. */
static struct found find_by_code(struct qc_txn *txn,
                                 const Qc__V1__Interaction *x,
                                 const char *code)
{
    struct found none = {.visit = NULL};
    struct found found = {.visit = NULL};
    uint64_t id;

    if (qc_wrong_code_is_blocked(txn, x->dnis, x->ani)) {
        return none;
    }
    id = qc_allocation_of_code(txn, x->dnis, code);
    found.visit = id != 0 ? qc_allocation_get(txn, id) : NULL;
    if (found.visit == NULL || !code_serves(txn, found.visit, x->ani)) {
        qc_wrong_code_count(txn, x->dnis, x->ani);
        return none;
    }
    if (qc_wrong_code_is_guarded(txn, x->dnis) &&
        !is_phone_of(found.visit, x->ani)) {
        return none;
    }
    found.call.redial = found.visit->allocation->matched_ms != 0;
    return found;
}

/* Of a call that is being asked for a code. */
static void enter(struct qc_txn *txn,
                  Qc__State__InteractionRow *row,
                  const char *code)
{
    struct found found = {.visit = NULL};

    if (code[0] != '\0') {
        found = find_by_code(txn, row->interaction, code);
    }
    if (found.visit != NULL) {
        join(txn, row, &found);
    } else {
        qc_interaction_miss(txn, row);
    }
}

static void arrive_at_pool(struct qc_txn *txn,
                           Qc__State__InteractionRow *row,
                           const Qc__V1__Pool *pool)
{
    struct found found = find_visit(txn, pool, row->interaction);

    if (found.visit != NULL) {
        join(txn, row, &found);
    } else {
        enqueue(txn, row, pool->subject, NULL, NULL);
        explain(txn, row, NO_VISIT, found.holder);
    }
}

static void arrive_at_access(struct qc_txn *txn,
                             Qc__State__InteractionRow *row,
                             const Qc__V1__Pool *pool,
                             const char *code)
{
    row->access = true;
    row->interaction->subject = pool->subject;
    qc_interaction_identify(txn, row);
    if (code[0] != '\0') {
        enter(txn, row, code);
    }
}

/* Leads the call to where its number leads. */
static void arrive(struct qc_txn *txn,
                   Qc__State__InteractionRow *row,
                   const char *code)
{
    const Qc__State__NumberRow *number =
        qc_number_get(txn, row->interaction->dnis);
    const Qc__State__PoolRow *pool;

    if (number == NULL) {
        qc_interaction_close(txn, row, QC__V1__END_REASON__END_REASON_NO_ROUTE);
        explain(txn, row, QC__V1__MATCH_RULE__MATCH_RULE_UNKNOWN_NUMBER, NULL);
        return;
    }
    if (number->number->kind == QC__V1__NUMBER_KIND__NUMBER_KIND_STATIC) {
        enqueue(txn, row, number->number->subject, NULL, NULL);
        explain(txn, row, QC__V1__MATCH_RULE__MATCH_RULE_STATIC, NULL);
        return;
    }
    pool = qc_pool_get(txn, number->number->pool);
    if (pool == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    row->pool = pool->pool->key;
    if (number->number->kind == QC__V1__NUMBER_KIND__NUMBER_KIND_ACCESS) {
        arrive_at_access(txn, row, pool->pool, code);
    } else {
        arrive_at_pool(txn, row, pool->pool);
    }
}

int qc_match_call(struct qc_txn *txn,
                  const Qc__V1__MatchCallRequest *request,
                  Qc__State__InteractionRow **row_out)
{
    Qc__State__InteractionRow *row =
        qc_interaction_of_call(txn, request->connector, request->ext_ref);

    if (row == NULL) {
        row = qc_interaction_new(txn, request);
        if (row == NULL) {
            return txn->fault;
        }
        arrive(txn, row, request->code);
        qc_routing_put(txn, NULL, row);
    }
    *row_out = row;
    return 0;
}

int qc_match_digits(struct qc_txn *txn,
                    const Qc__V1__SubmitDigitsRequest *request,
                    Qc__State__InteractionRow **row_out)
{
    Qc__State__InteractionRow *row =
        qc_interaction_of_text(txn, request->interaction_id);
    const Qc__State__InteractionRow *was;

    if (row == NULL) {
        return qc_refuse(txn, QC_REFUSED_NOT_FOUND, "interaction_id");
    }
    if (row->interaction->state != IDENTIFYING &&
        row->interaction->state != CLOSED) {
        return QC_REFUSED_BAD_STATE;
    }
    if (row->interaction->state == IDENTIFYING) {
        was = qc_interaction_copy(txn, row);
        enter(txn, row, request->timed_out ? "" : request->digits);
        qc_routing_put(txn, was, row);
    }
    *row_out = row;
    return 0;
}
