#include "machine/context_rule.h"

#include <string.h>

#include "machine/interaction.h"
#include "machine/predicate.h"
#include "machine/region.h"
#include "machine/rosters.h"
#include "machine/route.h"
#include "machine/routing.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/subject.h"
#include "machine/text.h"

enum {
    DELTA_MAX = 1000,
};

static const char CONTEXT_FIELD[] = "context.";

/* --- what a rule may be ----------------------------------------------------
 */

static enum qc_predicate_type type_of(const char *field)
{
    static const char *const texts[] = {"page", "language", "origin",
                                        "geo_region"};
    size_t prefix = strlen(CONTEXT_FIELD);

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strcmp(field, texts[i]) == 0) {
            return QC_PREDICATE_TEXT;
        }
    }
    return strncmp(field, CONTEXT_FIELD, prefix) == 0 && field[prefix] != '\0'
               ? QC_PREDICATE_ANY
               : QC_PREDICATE_UNKNOWN;
}

/* Refuses because of a rule: "subject.context_rules[3].subject". |text| may be
 * NULL. */
static int refuse(struct qc_txn *txn,
                  enum qc_refusal refusal,
                  size_t rule,
                  const char *part,
                  const char *text)
{
    const char *const parts[] = {"subject.context_rules[",
                                 qc_text_decimal(txn, (int64_t)rule), "].",
                                 part};

    txn->detail.text = text;
    return qc_refuse(
        txn, refusal,
        qc_text_join(txn, parts, sizeof(parts) / sizeof(parts[0])));
}

/* Likewise, because of a node of its predicate: "predicate[2].op". */
static int refuse_node(struct qc_txn *txn,
                       enum qc_refusal refusal,
                       size_t rule,
                       const struct qc_predicate_fault *fault)
{
    const char *const parts[] = {"predicate[",
                                 qc_text_decimal(txn, (int64_t)fault->node),
                                 fault->field != NULL ? "]." : "]",
                                 fault->field != NULL ? fault->field : ""};

    return refuse(txn, refusal, rule,
                  qc_text_join(txn, parts, sizeof(parts) / sizeof(parts[0])),
                  fault->text);
}

static int check_predicate(struct qc_txn *txn,
                           const Qc__V1__ContextRule *rule,
                           size_t i)
{
    struct qc_predicate_fault fault;

    if (!qc_predicate_check(rule->predicate, rule->n_predicate, type_of,
                            &fault)) {
        return fault.node < rule->n_predicate
                   ? refuse_node(txn, QC_REFUSED_INVALID, i, &fault)
                   : refuse(txn, QC_REFUSED_INVALID, i, "predicate",
                            fault.text);
    }
    for (size_t k = 0; k < rule->n_predicate; k++) {
        const char *region = rule->predicate[k]->region;

        if (region[0] != '\0' && qc_region_get(txn, region) == NULL) {
            fault = (struct qc_predicate_fault){k, "region", "no such region"};
            return refuse_node(txn, QC_REFUSED_NOT_FOUND, i, &fault);
        }
    }
    return 0;
}

static int resolve_requirement(struct qc_txn *txn,
                               Qc__State__SubjectRow *row,
                               size_t i)
{
    const Qc__V1__ContextRule *rule = row->subject->context_rules[i];
    Qc__State__RuleRequirement *made =
        qc_row_new(txn, &qc__state__rule_requirement__descriptor);
    int refusal = 0;

    if (made == NULL) {
        return txn->fault;
    }
    made->rule = (uint32_t)i;
    made->requirement =
        qc_route_requirement(txn, rule->add_requirement, &refusal);
    if (refusal != 0) {
        return refuse(txn, (enum qc_refusal)refusal, i, "add_requirement",
                      NULL);
    }
    row->rule_requirements = qc_row_append(txn, row->rule_requirements,
                                           row->n_rule_requirements, made);
    row->n_rule_requirements++;
    return txn->fault;
}

int qc_context_rules_resolve(struct qc_txn *txn, Qc__State__SubjectRow *row)
{
    const Qc__V1__Subject *subject = row->subject;
    int r = 0;

    row->rule_requirements = NULL;
    row->n_rule_requirements = 0;
    if (subject->n_context_rules > QC_CONTEXT_RULES_MAX) {
        return qc_refuse(txn, QC_REFUSED_INVALID, "subject.context_rules");
    }
    for (size_t i = 0; r == 0 && i < subject->n_context_rules; i++) {
        const Qc__V1__ContextRule *rule = subject->context_rules[i];

        if (rule->priority_delta < -DELTA_MAX ||
            rule->priority_delta > DELTA_MAX) {
            return refuse(txn, QC_REFUSED_INVALID, i, "priority_delta", NULL);
        }
        if (strcmp(rule->subject, subject->key) == 0) {
            return refuse(txn, QC_REFUSED_INVALID, i, "subject",
                          "it is for this subject already");
        }
        r = check_predicate(txn, rule, i);
        if (r == 0 && rule->add_requirement != NULL) {
            r = resolve_requirement(txn, row, i);
        }
    }
    return r;
}

int qc_context_rules_lead(struct qc_txn *txn, const Qc__V1__Subject *subject)
{
    for (size_t i = 0; i < subject->n_context_rules; i++) {
        const char *to = subject->context_rules[i]->subject;

        if (to[0] != '\0' && qc_subject_get(txn, to) == NULL) {
            return refuse(txn, QC_REFUSED_SUBJECT_UNKNOWN, i, "subject", NULL);
        }
    }
    return 0;
}

/* --- what rules come to ----------------------------------------------------
 */

void qc_contact_place(struct qc_txn *txn,
                      struct qc_contact *contact,
                      struct qc_place place)
{
    contact->is_placed = true;
    contact->place = place;
    contact->region = qc_region_of(txn, place);
}

struct facts {
    struct qc_txn *txn;
    const struct qc_contact *contact;
    const char *page; /* Its path; NULL: not known. */
};

static const char *text_of(void *ctx, const char *field)
{
    static const char *const origins[] = {
        [QC__V1__ORIGIN__ORIGIN_UNSPECIFIED] = "",
        [QC__V1__ORIGIN__ORIGIN_WEB] = "WEB",
        [QC__V1__ORIGIN__ORIGIN_MOBILE] = "MOBILE",
        [QC__V1__ORIGIN__ORIGIN_IVR] = "IVR",
        [QC__V1__ORIGIN__ORIGIN_API] = "API",
    };
    const struct facts *facts = ctx;
    const struct qc_contact *contact = facts->contact;
    size_t origin = (size_t)contact->origin;

    if (strncmp(field, CONTEXT_FIELD, strlen(CONTEXT_FIELD)) == 0) {
        return qc_context_get(&contact->context, field + strlen(CONTEXT_FIELD));
    }
    if (strcmp(field, "origin") == 0) {
        return origin < sizeof(origins) / sizeof(origins[0]) ? origins[origin]
                                                             : NULL;
    }
    return strcmp(field, "page") == 0         ? facts->page
           : strcmp(field, "language") == 0   ? contact->language
           : strcmp(field, "geo_region") == 0 ? contact->region
                                              : NULL;
}

static bool is_in(void *ctx, const char *region, struct qc_place place)
{
    const struct facts *facts = ctx;
    const Qc__State__RegionRow *row = qc_region_get(facts->txn, region);

    return row != NULL && qc_region_holds(row->region, place);
}

static int32_t bounded(int32_t delta)
{
    return delta > DELTA_MAX    ? DELTA_MAX
           : delta < -DELTA_MAX ? -DELTA_MAX
                                : delta;
}

/* |rules| ask for what the rule |i| of |subject| adds. */
static void ask_for(struct qc_txn *txn,
                    const Qc__State__SubjectRow *subject,
                    size_t i,
                    Qc__State__RulesHeld *rules)
{
    for (size_t k = 0; k < subject->n_rule_requirements; k++) {
        const Qc__State__RuleRequirement *adds = subject->rule_requirements[k];

        if (adds->rule == i &&
            !qc_route_add(txn, &rules->requirements, &rules->n_requirements,
                          QC_RULE_SKILLS_MAX, adds->requirement)) {
            rules->left_out = true;
        }
    }
}

const Qc__State__SubjectRow *qc_context_rules_look(
    struct qc_txn *txn,
    const Qc__State__SubjectRow *subject,
    const struct qc_contact *contact,
    Qc__State__RulesHeld **rules_out)
{
    const char *url = qc_context_get(&contact->context, QC_CONTEXT_PAGE);
    struct facts facts = {.txn = txn, .contact = contact};
    struct qc_predicate_facts known = {
        text_of, is_in, &facts, contact->is_placed ? &contact->place : NULL};
    const Qc__State__SubjectRow *to = NULL;
    Qc__State__RulesHeld *rules;
    int32_t delta = 0;

    *rules_out = NULL;
    if (subject->subject->n_context_rules == 0) {
        return subject;
    }
    rules = qc_row_new(txn, &qc__state__rules_held__descriptor);
    if (rules == NULL) {
        return NULL;
    }
    facts.page = url != NULL ? qc_subject_path(txn, url) : NULL;
    for (size_t i = 0; i < subject->subject->n_context_rules; i++) {
        const Qc__V1__ContextRule *rule = subject->subject->context_rules[i];

        if (!qc_predicate_holds(rule->predicate, rule->n_predicate, &known)) {
            continue;
        }
        rules->held |= UINT64_C(1) << i;
        delta += rule->priority_delta; /* At most 64 000. */
        ask_for(txn, subject, i, rules);
        if (to == NULL && rule->subject[0] != '\0') {
            to = qc_subject_get(txn, rule->subject);
        }
    }
    rules->subject = subject->subject->key;
    rules->n_rules = (uint32_t)subject->subject->n_context_rules;
    rules->priority_delta = bounded(delta);
    rules->log_index = txn->log_index;
    if (txn->fault != 0) {
        return NULL;
    }
    *rules_out = rules;
    return to != NULL ? to : subject;
}

/* --- what they do to an interaction ----------------------------------------
 */

void qc_context_rules_bind(Qc__State__InteractionRow *row,
                           Qc__State__RulesHeld *rules,
                           const Qc__State__SubjectRow *subject)
{
    row->rules = rules;
    if (rules == NULL) {
        return;
    }
    qc_routing_prefer(row, rules->priority_delta);
    if (strcmp(rules->subject, subject->subject->key) != 0) {
        row->interaction->dnis_subject = rules->subject;
    }
}

void qc_context_rules_lift(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    Qc__State__RulesHeld *rules;

    if (row->rules == NULL || row->rules->n_requirements == 0) {
        return;
    }
    rules = qc_row_copy(txn, row->rules);
    if (rules != NULL) {
        rules->n_requirements = 0;
        rules->left_out = true;
        row->rules = rules;
    }
}

Qc__State__Route *qc_context_rules_route(struct qc_txn *txn,
                                         const Qc__State__RulesHeld *rules,
                                         Qc__State__Route *route)
{
    Qc__State__InteractionRow of = QC__STATE__INTERACTION_ROW__INIT;

    if (rules == NULL || rules->n_requirements == 0) {
        return route;
    }
    of.route = route;
    return qc_route_narrow(txn, qc_interaction_route(&of), rules->requirements,
                           rules->n_requirements);
}

void qc_context_rules_narrow(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    struct qc_roster *roster = qc_roster_of(txn);
    Qc__State__Route *whole = row->route;
    struct qc_waiting waiting;

    row->route = qc_context_rules_route(txn, row->rules, whole);
    if (row->route == whole || row->route == NULL || roster == NULL) {
        return;
    }
    qc_interaction_waiting(row, &waiting);
    if (!qc_roster_has_room(roster, &waiting)) {
        row->route = whole;
        qc_context_rules_lift(txn, row);
    }
}
