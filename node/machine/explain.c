#include "machine/explain.h"

#include <string.h>

#include "machine/agent.h"
#include "machine/allocation.h"
#include "machine/decision.h"
#include "machine/gate.h"
#include "machine/id.h"
#include "machine/interaction.h"
#include "machine/pool.h"
#include "machine/presence.h"
#include "machine/principal.h"
#include "machine/queue.h"
#include "machine/rosters.h"
#include "machine/routing.h"
#include "machine/row.h"
#include "machine/skill.h"
#include "machine/store.h"
#include "machine/subject.h"

#define QUEUED QC__V1__INTERACTION_STATE__INTERACTION_STATE_QUEUED

#define NOTHING   QC__V1__PASSED_OVER__PASSED_OVER_UNSPECIFIED
#define NOT_READY QC__V1__PASSED_OVER__PASSED_OVER_NOT_READY
#define EXCLUDED  QC__V1__PASSED_OVER__PASSED_OVER_RONA_EXCLUDED
#define LATER     QC__V1__PASSED_OVER__PASSED_OVER_LATER_STEP

enum {
    SHOWN_MAX = 16, /* Candidates of what is told as of now. */
    DECIMAL_MAX = 10,
};

/* --- who an index is --------------------------------------------------------
 */

static const char *agent_of(struct qc_txn *txn, uint32_t index)
{
    const Qc__State__PresenceRow *row = qc_presence_of_index(txn, index);

    return row != NULL ? row->presence->agent : "";
}

static const char *skill_of(struct qc_txn *txn, uint32_t index)
{
    const char *key = "";
    struct qc_cursor *cursor;
    struct qc_bytes bytes;
    struct qc_key at;

    qc_key_begin(&at, txn->tenant, QC_SPACE_SKILL);
    cursor = qc_open(txn, &at, NULL);
    while (key[0] == '\0' && qc_next(txn, cursor, &at, &bytes)) {
        const Qc__State__SkillRow *row =
            qc_row_read(txn, &qc__state__skill_row__descriptor, bytes);

        if (row != NULL && row->index == index) {
            key = row->skill->key;
        }
    }
    qc_close(txn, cursor);
    return key;
}

/* --- what speaks against an agent, as it is now ------------------------------
 */

static bool is_named(const Qc__State__RouteStep *step, uint32_t index)
{
    for (size_t i = 0; i < step->n_agents; i++) {
        if (step->agents[i] == index) {
            return true;
        }
    }
    return step->n_agents == 0;
}

static bool serves(const Qc__V1__Agent *agent, const char *queue)
{
    for (size_t i = 0; i < agent->n_queues; i++) {
        if (strcmp(agent->queues[i], queue) == 0) {
            return true;
        }
    }
    return agent->n_queues == 0;
}

static const Qc__State__AgentLevel *level_of(const Qc__State__AgentRow *agent,
                                             uint32_t skill)
{
    for (size_t i = 0; i < agent->n_levels; i++) {
        if (agent->levels[i]->skill == skill) {
            return agent->levels[i];
        }
    }
    return NULL;
}

/* Which of what |step| asks for the agent has not; NOTHING when all is there.
 */
static Qc__V1__PassedOver what_lacks(struct qc_txn *txn,
                                     const Qc__State__RouteStep *step,
                                     const Qc__State__AgentRow *agent,
                                     Qc__V1__Candidate *told)
{
    if (!is_named(step, agent->index)) {
        return QC__V1__PASSED_OVER__PASSED_OVER_NOT_NAMED;
    }
    for (size_t i = 0; i < step->n_requirements; i++) {
        const Qc__State__RouteRequirement *wanted = step->requirements[i];
        const Qc__State__AgentLevel *has = level_of(agent, wanted->skill);
        bool low = has == NULL || has->level < wanted->min_level;

        if (!low &&
            (wanted->max_level == 0 || has->level <= wanted->max_level)) {
            continue;
        }
        told->skill = skill_of(txn, wanted->skill);
        told->level = has != NULL ? has->level : 0;
        told->min_level = wanted->min_level;
        told->max_level = wanted->max_level;
        if (has == NULL) {
            return QC__V1__PASSED_OVER__PASSED_OVER_NO_SKILL;
        }
        return low ? QC__V1__PASSED_OVER__PASSED_OVER_LEVEL_LOW
                   : QC__V1__PASSED_OVER__PASSED_OVER_LEVEL_HIGH;
    }
    return NOTHING;
}

/* When |step|, a later one, begins; 0 when none before it ends. */
static int64_t begin_of(const Qc__State__InteractionRow *row, uint32_t step)
{
    const Qc__State__Route *route = qc_interaction_route(row);
    int64_t begins_ms = row->interaction->step_deadline_ms;

    for (uint32_t i = row->interaction->step + 1; i < step && begins_ms != 0;
         i++) {
        begins_ms = route->steps[i - 1]->timeout_ms > 0
                        ? begins_ms + route->steps[i - 1]->timeout_ms
                        : 0;
    }
    return begins_ms;
}

/* Of an agent whom the steps so far ask for: what keeps them from it. */
static Qc__V1__PassedOver what_keeps(struct qc_txn *txn,
                                     const Qc__State__InteractionRow *row,
                                     uint32_t index,
                                     Qc__V1__Candidate *told)
{
    const Qc__State__PresenceRow *presence = qc_presence_of_index(txn, index);
    struct qc_roster *roster = qc_roster_of(txn);
    struct qc_waiting waiting;
    enum qc_passed_over why;

    if (presence == NULL || !qc_presence_is_logged_in(presence) ||
        roster == NULL) {
        return QC__V1__PASSED_OVER__PASSED_OVER_LOGGED_OUT;
    }
    why = qc_roster_can_take(roster, index, row->interaction->media);
    if (why == QC_PASSED_NOT_READY) {
        told->reason = presence->presence->reason;
    }
    for (size_t i = 0; why == QC_PASSED_NOT && i < row->n_exclusions; i++) {
        if (row->exclusions[i]->agent == index) {
            told->until_ms = row->exclusions[i]->until_ms;
            return EXCLUDED;
        }
    }
    qc_interaction_waiting(row, &waiting);
    if (why == QC_PASSED_NOT && qc_roster_keeps(roster, &waiting, index)) {
        return QC__V1__PASSED_OVER__PASSED_OVER_RESERVED_INBOUND;
    }
    if (why == QC_PASSED_NOT) {
        told->idle_since_ms = presence->presence->ready_since_ms;
    }
    return (Qc__V1__PassedOver)why;
}

/* The first step, after the one it is at, that asks for the agent; 0: none. */
static uint32_t later_step(struct qc_txn *txn,
                           const Qc__State__InteractionRow *row,
                           const Qc__State__AgentRow *agent)
{
    const Qc__State__Route *route = qc_interaction_route(row);
    Qc__V1__Candidate unused = QC__V1__CANDIDATE__INIT;

    for (uint32_t i = row->interaction->step; i < route->n_steps; i++) {
        if (what_lacks(txn, route->steps[i], agent, &unused) == NOTHING) {
            return i + 1;
        }
    }
    return 0;
}

static Qc__V1__PassedOver judge(struct qc_txn *txn,
                                const Qc__State__InteractionRow *row,
                                const Qc__State__AgentRow *agent,
                                Qc__V1__Candidate *told)
{
    const Qc__State__Route *route = qc_interaction_route(row);
    struct qc_roster *roster = qc_roster_of(txn);
    struct qc_waiting waiting;
    Qc__V1__PassedOver lacks;

    if (agent->agent->disabled) {
        return QC__V1__PASSED_OVER__PASSED_OVER_DISABLED;
    }
    if (!serves(agent->agent, row->interaction->queue)) {
        return QC__V1__PASSED_OVER__PASSED_OVER_NOT_IN_QUEUE;
    }
    if (row->hold != NULL &&
        strcmp(row->interaction->hold_agent, agent->agent->key) != 0) {
        told->until_ms = row->interaction->hold_until_ms;
        return QC__V1__PASSED_OVER__PASSED_OVER_HELD_FOR_LAST_AGENT;
    }
    qc_interaction_waiting(row, &waiting);
    told->step =
        roster != NULL ? qc_roster_step_of(roster, &waiting, agent->index) : 0;
    if (told->step != 0) {
        return what_keeps(txn, row, agent->index, told);
    }
    lacks = what_lacks(txn, route->steps[waiting.step - 1], agent, told);
    told->step = later_step(txn, row, agent);
    if (told->step != 0) {
        told->until_ms = begin_of(row, told->step);
        return LATER;
    }
    return lacks;
}

int qc_explain_agent(struct qc_txn *txn,
                     const Qc__State__InteractionRow *row,
                     const char *agent,
                     Qc__V1__Candidate **about_out)
{
    const Qc__State__AgentRow *of = qc_agent_get(txn, agent);
    Qc__V1__Candidate *about = qc_row_new(txn, &qc__v1__candidate__descriptor);

    *about_out = NULL;
    if (of == NULL) {
        return qc_refuse(txn, QC_REFUSED_NOT_FOUND, "agent");
    }
    if (about != NULL) {
        about->agent = of->agent->key;
        about->passed_over = judge(txn, row, of, about);
    }
    *about_out = about;
    return txn->fault;
}

/* --- what was decided --------------------------------------------------------
 */

static bool is_later(uint64_t rev, uint64_t log_index)
{
    return qc_id_log_index(rev) > log_index;
}

/* Whether the context rules are what they were. */
static bool is_still_so(struct qc_txn *txn, const Qc__State__RulesHeld *rules)
{
    const Qc__State__SubjectRow *subject = qc_subject_get(txn, rules->subject);

    return subject != NULL &&
           subject->subject->n_context_rules == rules->n_rules &&
           !is_later(subject->subject->rev, rules->log_index);
}

/* Whether the subject, its context rules or the queue have been changed since.
 */
static bool has_changed(struct qc_txn *txn,
                        const Qc__V1__Interaction *x,
                        const Qc__State__RouteDecision *decision)
{
    bool has_segment =
        decision->segment > 0 && decision->segment <= x->n_segments;
    const Qc__V1__Segment *segment =
        has_segment ? x->segments[decision->segment - 1] : NULL;
    const Qc__State__SubjectRow *subject =
        qc_subject_get(txn, has_segment ? segment->subject : x->subject);
    const Qc__State__QueueRow *queue =
        qc_queue_get(txn, has_segment ? segment->queue : x->queue);

    if (decision->rules != NULL && !is_still_so(txn, decision->rules)) {
        return true;
    }
    return (subject != NULL &&
            is_later(subject->subject->rev, decision->log_index)) ||
           (queue != NULL && is_later(queue->queue->rev, decision->log_index));
}

static Qc__V1__Candidate *show_candidate(
    struct qc_txn *txn,
    Qc__V1__Selection selection,
    const Qc__State__RouteCandidate *candidate)
{
    Qc__V1__Candidate *shown = qc_row_new(txn, &qc__v1__candidate__descriptor);
    struct qc_merit merit;

    if (shown == NULL) {
        return NULL;
    }
    shown->agent = agent_of(txn, candidate->agent);
    shown->passed_over = candidate->reason;
    shown->step = candidate->step;
    if (selection != QC__V1__SELECTION__SELECTION_UNSPECIFIED &&
        (candidate->reason == NOTHING ||
         candidate->reason == QC__V1__PASSED_OVER__PASSED_OVER_LOWER_RANK)) {
        merit = qc_merit_of(qc_selection_of(selection), candidate->rank);
        shown->idle_since_ms = merit.idle_since_ms;
        shown->load_units = merit.units;
        shown->occupancy_ppm = merit.occupancy_ppm;
        shown->skill_sum = merit.skill;
        shown->distance = merit.distance;
    }
    return shown;
}

static Qc__V1__RuleHeld *show_rule(struct qc_txn *txn,
                                   const Qc__V1__ContextRule *rule,
                                   size_t i)
{
    Qc__V1__RuleHeld *shown = qc_row_new(txn, &qc__v1__rule_held__descriptor);

    if (shown == NULL) {
        return NULL;
    }
    shown->n = (uint32_t)i + 1;
    if (rule != NULL) {
        shown->label = rule->label;
        shown->priority_delta = rule->priority_delta;
        shown->add_requirement = rule->add_requirement;
        shown->subject = rule->subject;
    }
    return shown;
}

Qc__V1__RulesHeld *qc_explain_rules(struct qc_txn *txn,
                                    const Qc__State__RulesHeld *rules)
{
    const Qc__State__SubjectRow *subject;
    Qc__V1__RulesHeld *shown;
    bool same;

    if (rules == NULL) {
        return NULL;
    }
    subject = qc_subject_get(txn, rules->subject);
    same = is_still_so(txn, rules);
    shown = qc_row_new(txn, &qc__v1__rules_held__descriptor);
    if (shown == NULL) {
        return NULL;
    }
    shown->subject = rules->subject;
    shown->n_rules = rules->n_rules;
    shown->priority_delta = rules->priority_delta;
    shown->left_out = rules->left_out;
    for (size_t i = 0; txn->fault == 0 && i < rules->n_rules; i++) {
        if ((rules->held >> i & 1) != 0) {
            shown->held = qc_row_append(
                txn, shown->held, shown->n_held,
                show_rule(txn, same ? subject->subject->context_rules[i] : NULL,
                          i));
            shown->n_held++;
        }
    }
    return txn->fault == 0 ? shown : NULL;
}

static Qc__V1__Decision *show_route(struct qc_txn *txn,
                                    const Qc__V1__Interaction *x,
                                    const Qc__State__RouteDecision *decision)
{
    Qc__V1__Decision *shown = qc_row_new(txn, &qc__v1__decision__descriptor);

    if (shown == NULL) {
        return NULL;
    }
    shown->decision_id = qc_decision_id(txn, x->interaction_id, decision->n);
    shown->kind = decision->kind;
    shown->at_ms = decision->at_ms;
    shown->log_index = decision->log_index;
    shown->segment = decision->segment;
    shown->chosen =
        decision->chosen > 0 ? agent_of(txn, decision->chosen - 1) : "";
    shown->cause = decision->cause;
    shown->held_for = decision->held_for;
    shown->step = decision->step;
    shown->priority = decision->priority;
    shown->waiting_since_ms = decision->since_ms;
    shown->selection = decision->selection;
    shown->n_meant = decision->n_meant;
    shown->n_signed_in = decision->n_there;
    shown->n_ready = decision->n_ready;
    shown->n_free = decision->n_able;
    shown->rule = decision->rule;
    if (decision->visit != 0) {
        shown->allocation_id =
            qc_id_text(txn, QC_ALLOCATION_PREFIX, decision->visit);
    }
    shown->visit_passed_over = decision->visit_passed_over;
    shown->end_reason = decision->end_reason;
    shown->rules_changed = has_changed(txn, x, decision);
    shown->context_rules = qc_explain_rules(txn, decision->rules);
    shown->candidates =
        qc_alloc(txn, (SHOWN_MAX + 1) * sizeof(Qc__V1__Candidate *));
    for (size_t i = 0; txn->fault == 0 && i < decision->n_candidates; i++) {
        shown->candidates[shown->n_candidates++] =
            show_candidate(txn, decision->selection, decision->candidates[i]);
    }
    return txn->fault == 0 ? shown : NULL;
}

static Qc__V1__GatePassed *show_gate(struct qc_txn *txn,
                                     const Qc__State__GateDecision *gate)
{
    Qc__V1__GatePassed *shown =
        gate != NULL ? qc_row_new(txn, &qc__v1__gate_passed__descriptor) : NULL;

    if (shown != NULL) {
        shown->ewt_ms = gate->ewt_ms;
        shown->threshold_ms = gate->threshold_ms;
        shown->position = gate->position;
        shown->agents_ready = gate->agents_ready;
        shown->agents_active = gate->agents_active;
        shown->overridden = gate->overridden;
        shown->claimed = gate->claimed;
    }
    return shown;
}

static Qc__V1__Decision *show_visit(struct qc_txn *txn,
                                    const Qc__V1__Allocation *a,
                                    const Qc__State__Decision *decision)
{
    Qc__V1__Decision *shown = qc_row_new(txn, &qc__v1__decision__descriptor);
    const Qc__State__PoolRow *pool = qc_pool_get(txn, a->pool);

    if (shown == NULL) {
        return NULL;
    }
    shown->decision_id = qc_decision_id(txn, a->allocation_id, decision->n);
    shown->kind = (Qc__V1__DecisionKind)decision->kind;
    shown->at_ms = decision->at_ms;
    shown->log_index = decision->log_index;
    shown->allocation_id = a->allocation_id;
    shown->pool = a->pool;
    shown->rules_changed =
        pool != NULL && pool->pool->rev != decision->pool_rev;
    if (shown->kind == QC__V1__DECISION_KIND__DECISION_KIND_ALLOCATE) {
        shown->chosen = a->number;
        shown->gate = show_gate(txn, decision->gate);
    } else {
        shown->rule = decision->rule != 0 ? (Qc__V1__MatchRule)decision->rule
                                          : QC__V1__MATCH_RULE__MATCH_RULE_CODE;
        shown->interaction_id =
            qc_id_text(txn, QC_INTERACTION_PREFIX, decision->interaction);
    }
    return shown;
}

/* --- as it is now ------------------------------------------------------------
 */

/* Says more of those who were thought of, and adds others who are ready. */
static void add_what_is_now(struct qc_txn *txn,
                            const Qc__State__InteractionRow *row,
                            Qc__V1__Decision *shown)
{
    struct qc_roster *roster = qc_roster_of(txn);
    uint32_t others[SHOWN_MAX];
    struct qc_waiting waiting;
    size_t n = 0;

    for (size_t i = 0; i < shown->n_candidates; i++) {
        Qc__V1__Candidate *told = shown->candidates[i];
        const Qc__State__AgentRow *agent = qc_agent_get(txn, told->agent);
        Qc__V1__Candidate now = QC__V1__CANDIDATE__INIT;

        if (agent != NULL) {
            judge(txn, row, agent, &now);
            told->reason = now.reason;
            told->until_ms = now.until_ms;
        }
    }
    qc_interaction_waiting(row, &waiting);
    if (roster != NULL) {
        n = qc_roster_others(roster, &waiting, others,
                             SHOWN_MAX - shown->n_candidates);
    }
    for (size_t i = 0; i < n && txn->fault == 0; i++) {
        Qc__V1__Candidate *about;

        if (qc_explain_agent(txn, row, agent_of(txn, others[i]), &about) == 0) {
            shown->candidates[shown->n_candidates++] = about;
        }
    }
}

Qc__V1__Decision *qc_explain_now(struct qc_txn *txn,
                                 const Qc__State__InteractionRow *row)
{
    Qc__State__InteractionRow *copy = qc_interaction_copy(txn, row);
    struct qc_finding finding;
    Qc__V1__Decision *shown;

    if (copy == NULL) {
        return NULL;
    }
    qc_routing_look(txn, copy, &finding);
    qc_decision_route(txn, copy, &finding);
    if (txn->fault != 0) {
        return NULL;
    }
    shown = show_route(txn, copy->interaction,
                       copy->decisions[copy->n_decisions - 1]);
    if (shown != NULL) {
        shown->decision_id = "";
        add_what_is_now(txn, row, shown);
    }
    return shown;
}

size_t qc_explain_steps(struct qc_txn *txn,
                        const Qc__State__InteractionRow *row,
                        Qc__V1__StepProspect ***steps_out)
{
    const Qc__State__Route *route = qc_interaction_route(row);
    Qc__State__InteractionRow *copy = qc_interaction_copy(txn, row);
    size_t n = 0;

    *steps_out =
        qc_alloc(txn, (QC_STEPS_MAX + 1) * sizeof(Qc__V1__StepProspect *));
    for (uint32_t step = row->interaction->step;
         txn->fault == 0 && step <= route->n_steps; step++) {
        Qc__V1__StepProspect *prospect =
            qc_row_new(txn, &qc__v1__step_prospect__descriptor);
        struct qc_finding finding;

        if (prospect == NULL) {
            return 0;
        }
        copy->interaction->step = step;
        qc_routing_compare(txn, copy, &finding);
        prospect->step = step;
        prospect->begins_ms =
            step > row->interaction->step ? begin_of(row, step) : 0;
        prospect->n_meant = finding.choice.n_meant;
        prospect->n_signed_in = finding.choice.n_there;
        prospect->n_ready = finding.choice.n_ready;
        prospect->n_free = finding.choice.n_able;
        (*steps_out)[n++] = prospect;
    }
    return n;
}

/* --- what is asked for -------------------------------------------------------
 */

/* What is to be told: all, or the decision |only|. */
struct telling {
    struct qc_txn *txn;
    Qc__V1__ExplainDecisionResponse *response;
    uint32_t only; /* 0: all. */
};

static void add(struct telling *telling, Qc__V1__Decision *decision)
{
    if (decision != NULL) {
        telling->response->decisions[telling->response->n_decisions++] =
            decision;
    }
}

/* Of the visit |id|, what is about |interaction| (0: about any). */
static int tell_visit(struct telling *telling,
                      const char *id_text,
                      uint64_t interaction)
{
    struct qc_txn *txn = telling->txn;
    const Qc__State__AllocationRow *row;
    uint64_t id;

    if (!qc_id_parse(QC_ALLOCATION_PREFIX, id_text, &id) ||
        (row = qc_allocation_get(txn, id)) == NULL) {
        return QC_REFUSED_NOT_FOUND;
    }
    telling->response->allocation_id = row->allocation->allocation_id;
    for (size_t i = 0; i < row->n_decisions; i++) {
        const Qc__State__Decision *decision = row->decisions[i];

        if ((interaction == 0 || decision->interaction == 0 ||
             decision->interaction == interaction) &&
            (telling->only == 0 || telling->only == decision->n)) {
            add(telling, show_visit(txn, row->allocation, decision));
        }
    }
    return 0;
}

static void tell_state(struct qc_txn *txn,
                       const Qc__State__InteractionRow *row,
                       Qc__V1__ExplainDecisionResponse *response)
{
    const Qc__V1__Interaction *x = row->interaction;

    response->interaction_id = x->interaction_id;
    response->state = x->state;
    response->end_reason = x->end_reason;
    response->media = x->media;
    response->subject = x->subject;
    response->queue = x->queue;
    response->status = x->status;
    response->step = x->step;
    response->priority = x->priority;
    response->enqueued_ms = x->enqueued_ms;
    response->agent = x->agent;
    if (x->state == QUEUED) {
        response->now = qc_explain_now(txn, row);
        response->position = qc_routing_position(txn, row);
        response->wait = qc_gate_wait_of(txn, row);
        response->n_steps = qc_explain_steps(txn, row, &response->steps);
    }
}

static int tell_interaction(struct telling *telling,
                            const char *id_text,
                            const char *agent)
{
    struct qc_txn *txn = telling->txn;
    const Qc__State__InteractionRow *row = qc_interaction_of_text(txn, id_text);
    int r = 0;

    if (row == NULL) {
        return QC_REFUSED_NOT_FOUND;
    }
    if (!qc_principal_sees(txn, row->interaction->queue)) {
        return QC_REFUSED_LOB;
    }
    if (agent[0] != '\0' && row->interaction->n_segments == 0) {
        return qc_refuse(txn, QC_REFUSED_BAD_STATE, "agent");
    }
    if (agent[0] != '\0') {
        r = qc_explain_agent(txn, row, agent, &telling->response->about);
    }
    if (r != 0) {
        return r;
    }
    if (telling->only == 0) {
        tell_state(txn, row, telling->response);
        /* A visit that has been forgotten has nothing to tell. */
        tell_visit(telling, row->interaction->allocation_id,
                   qc_interaction_id(row));
    }
    telling->response->interaction_id = row->interaction->interaction_id;
    for (size_t i = 0; txn->fault == 0 && i < row->n_decisions; i++) {
        if (telling->only == 0 || telling->only == row->decisions[i]->n) {
            add(telling, show_route(txn, row->interaction, row->decisions[i]));
        }
    }
    return txn->fault;
}

/* "dc_ix_....3" becomes "ix_..." and 3. */
static bool split(struct qc_txn *txn,
                  const char *decision_id,
                  const char **of_out,
                  uint32_t *n_out)
{
    size_t prefix = strlen(QC_DECISION_PREFIX);
    const char *dot = strchr(decision_id, '.');
    uint32_t n = 0;
    char *of;

    if (strncmp(decision_id, QC_DECISION_PREFIX, prefix) != 0 || dot == NULL ||
        dot < decision_id + prefix || strlen(dot + 1) >= DECIMAL_MAX) {
        return false;
    }
    for (const char *at = dot + 1; *at != '\0'; at++) {
        if (*at < '0' || *at > '9') {
            return false;
        }
        n = n * 10 + (uint32_t)(*at - '0');
    }
    of = qc_alloc(txn, (size_t)(dot - decision_id));
    if (of == NULL) {
        return false;
    }
    memcpy(of, decision_id + prefix, (size_t)(dot - decision_id) - prefix);
    *of_out = of;
    *n_out = n;
    return n != 0;
}

int qc_explain(struct qc_txn *txn,
               const Qc__V1__ExplainDecisionRequest *request,
               Qc__V1__ExplainDecisionResponse *response)
{
    struct telling telling = {.txn = txn, .response = response};
    const char *field = "interaction_id";
    const char *of = request->interaction_id;
    int r = 0;

    if (request->decision_id[0] != '\0') {
        field = "decision_id";
        r = split(txn, request->decision_id, &of, &telling.only)
                ? 0
                : QC_REFUSED_NOT_FOUND;
    } else if (request->allocation_id[0] != '\0') {
        field = "allocation_id";
        of = request->allocation_id;
    }
    response->asof_ms = txn->now_ms;
    response->decisions =
        qc_alloc(txn, (QC_ROUTE_DECISIONS_MAX + QC_DECISIONS_MAX) *
                          sizeof(Qc__V1__Decision *));
    if (r == 0 && txn->fault == 0) {
        r = strncmp(of, QC_ALLOCATION_PREFIX, strlen(QC_ALLOCATION_PREFIX)) == 0
                ? tell_visit(&telling, of, 0)
                : tell_interaction(&telling, of, request->agent);
    }
    if (r == 0 && telling.only != 0 && response->n_decisions == 0) {
        r = QC_REFUSED_NOT_FOUND;
    }
    return (r == QC_REFUSED_NOT_FOUND || r == QC_REFUSED_LOB) &&
                   txn->detail.field == NULL
               ? qc_refuse(txn, (enum qc_refusal)r, field)
               : qc_txn_answer(txn, r);
}
