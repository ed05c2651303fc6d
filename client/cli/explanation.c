#include "cli/explanation.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "cli/enum_name.h"
#include "cli/moment.h"
#include "cli/output.h"

enum {
    TEXT_SIZE = 256,
    NAME_SIZE = 48,
    NUMBER_SIZE = 24,
};

#define NOTHING QC__V1__PASSED_OVER__PASSED_OVER_UNSPECIFIED

/* What a value of an enum says. */
struct phrase {
    int value;
    const char *text;
};

static const struct phrase REASONS[] = {
    {QC__V1__PASSED_OVER__PASSED_OVER_NOT_READY, "not ready"},
    {QC__V1__PASSED_OVER__PASSED_OVER_NO_CAPACITY, "has as much to do as fits"},
    {QC__V1__PASSED_OVER__PASSED_OVER_VOICE_OVER_UNITS,
     "too much at messages for a call"},
    {QC__V1__PASSED_OVER__PASSED_OVER_RONA_EXCLUDED,
     "was asked just now, and did not take it; or is who asks"},
    {QC__V1__PASSED_OVER__PASSED_OVER_LOWER_RANK, "another one comes before"},
    {QC__V1__PASSED_OVER__PASSED_OVER_HELD_FOR_LAST_AGENT,
     "it waits for the agent who had this customer last"},
    {QC__V1__PASSED_OVER__PASSED_OVER_DRAINING,
     "kept free of messages, since a call waits"},
    {QC__V1__PASSED_OVER__PASSED_OVER_RESERVED_INBOUND,
     "kept for those who call"},
    {QC__V1__PASSED_OVER__PASSED_OVER_LOGGED_OUT, "not signed in"},
    {QC__V1__PASSED_OVER__PASSED_OVER_DISABLED, "disabled"},
    {QC__V1__PASSED_OVER__PASSED_OVER_NOT_IN_QUEUE, "does not serve the queue"},
    {QC__V1__PASSED_OVER__PASSED_OVER_NOT_NAMED, "the step names other agents"},
    {QC__V1__PASSED_OVER__PASSED_OVER_NO_SKILL, "lacks the skill"},
    {QC__V1__PASSED_OVER__PASSED_OVER_LEVEL_LOW, "not good enough"},
    {QC__V1__PASSED_OVER__PASSED_OVER_LEVEL_HIGH, "too good for this step"},
    {QC__V1__PASSED_OVER__PASSED_OVER_LATER_STEP,
     "is meant from a later step on"},
    {0, NULL},
};

static const struct phrase RULES[] = {
    {QC__V1__MATCH_RULE__MATCH_RULE_OWN_PHONE,
     "the visitor's own phone calls the number of the visit"},
    {QC__V1__MATCH_RULE__MATCH_RULE_REDIAL,
     "the phone has called the visit before, or had its number until just now"},
    {QC__V1__MATCH_RULE__MATCH_RULE_OTHER_PHONE,
     "another phone calls the number of the visit, which the pool allows"},
    {QC__V1__MATCH_RULE__MATCH_RULE_NO_VISIT,
     "no visit has the number: it is a call for the subject of its pool"},
    {QC__V1__MATCH_RULE__MATCH_RULE_CODE, "the code of the visit was entered"},
    {QC__V1__MATCH_RULE__MATCH_RULE_STATIC,
     "the number is of no pool: it is a call for the subject of the number"},
    {QC__V1__MATCH_RULE__MATCH_RULE_UNKNOWN_NUMBER,
     "the number is not known here"},
    {0, NULL},
};

static const struct phrase SELECTIONS[] = {
    {QC__V1__SELECTION__SELECTION_LONGEST_IDLE, "ready longest"},
    {QC__V1__SELECTION__SELECTION_LEAST_OCCUPIED,
     "least busy in the last hour"},
    {QC__V1__SELECTION__SELECTION_MOST_SKILLED, "best at it"},
    {QC__V1__SELECTION__SELECTION_ROUND_ROBIN, "next in turn"},
    {0, NULL},
};

static const char *phrase(const struct phrase *phrases, int value)
{
    while (phrases->text != NULL && phrases->value != value) {
        phrases++;
    }
    return phrases->text != NULL ? phrases->text
                                 : "for a reason that a newer qcctl knows";
}

/* --- agents ------------------------------------------------------------------
 */

/* "english 4, at least 7 is asked for" */
static void skill_text(const Qc__V1__Candidate *told, char *out, size_t size)
{
    if (told->skill[0] == '\0') {
        out[0] = '\0';
    } else if (told->level > told->min_level || told->min_level == 0) {
        snprintf(out, size, "%s %" PRIu32 ", at most %" PRIu32 " is asked for",
                 told->skill, told->level, told->max_level);
    } else {
        snprintf(out, size, "%s %" PRIu32 ", at least %" PRIu32 " is asked for",
                 told->skill, told->level, told->min_level);
    }
}

/* By what agents were compared. */
static void merit_text(const Qc__V1__Candidate *told, char *out, size_t size)
{
    char since[QC_MOMENT_SIZE];
    int n = 0;

    out[0] = '\0';
    if (told->distance > 0) {
        snprintf(out, size, "turn %" PRIu32, told->distance);
        return;
    }
    if (told->skill_sum > 0) {
        n = snprintf(out, size, "skill %" PRIu32 ", ", told->skill_sum);
    } else if (told->occupancy_ppm > 0) {
        n = snprintf(out, size, "busy %" PRIu32 " %% of the hour, ",
                     told->occupancy_ppm / 10000);
    } else if (told->load_units > 0) {
        n = snprintf(out, size, "load %" PRIu32 ", ", told->load_units);
    }
    if (told->idle_since_ms > 0) {
        qc_moment_text(told->idle_since_ms, since);
        snprintf(out + n, size - (size_t)n, "ready since %s", since);
    }
}

/* What there is to say beside the reason. */
static void detail_text(const Qc__V1__Candidate *told, char *out, size_t size)
{
    char until[QC_MOMENT_SIZE];
    char skill[TEXT_SIZE / 2];

    if (told->reason[0] != '\0') {
        snprintf(out, size, "%s", told->reason);
        return;
    }
    skill_text(told, skill, sizeof(skill));
    if (told->until_ms == 0 && skill[0] != '\0') {
        snprintf(out, size, "%s", skill);
    } else if (told->until_ms != 0) {
        bool later =
            told->passed_over == QC__V1__PASSED_OVER__PASSED_OVER_LATER_STEP;

        qc_moment_text(told->until_ms, until);
        snprintf(out, size, "%s %s%s%s", later ? "from" : "until", until,
                 skill[0] != '\0' ? "; " : "", skill);
    } else {
        merit_text(told, out, size);
    }
}

static void print_candidates(const Qc__V1__Decision *decision, bool asked)
{
    struct qc_table *table = NULL;

    if (decision->n_candidates > 0) {
        table = qc_table_new("agent,step,verdict,detail", false);
    }
    if (table == NULL) {
        return;
    }
    for (size_t i = 0; i < decision->n_candidates; i++) {
        const Qc__V1__Candidate *told = decision->candidates[i];
        char step[NUMBER_SIZE] = "";
        char detail[TEXT_SIZE];
        const char *const cells[] = {
            told->agent, step,
            told->passed_over != NOTHING
                ? phrase(REASONS, (int)told->passed_over)
                : (asked ? "asked" : "would be asked"),
            detail};

        if (told->step > 0) {
            snprintf(step, sizeof(step), "%" PRIu32, told->step);
        }
        detail_text(told, detail, sizeof(detail));
        qc_table_row(table, cells, sizeof(cells) / sizeof(cells[0]));
    }
    qc_table_print(table);
}

static void print_about(const Qc__V1__Candidate *about)
{
    char detail[TEXT_SIZE];

    if (about == NULL) {
        return;
    }
    detail_text(about, detail, sizeof(detail));
    printf("\nabout %s, as it is now: %s%s%s\n", about->agent,
           about->passed_over != NOTHING
               ? phrase(REASONS, (int)about->passed_over)
               : "nothing speaks against it",
           detail[0] != '\0' ? ", " : "", detail);
}

/* --- decisions ---------------------------------------------------------------
 */

static void print_end(Qc__V1__EndReason reason)
{
    char name[NAME_SIZE];

    if (reason != QC__V1__END_REASON__END_REASON_UNSPECIFIED) {
        qc_enum_short_name(&qc__v1__end_reason__descriptor, (int)reason, name,
                           sizeof(name));
        printf("; it ended: %s", name);
    }
}

/* "3 agents are meant, 2 of them signed in, 1 ready, none free" */
static void print_counts(const Qc__V1__Decision *told)
{
    if (told->n_meant == 0) {
        printf("nobody serves the queue and has what step %" PRIu32 " asks for",
               told->step);
        return;
    }
    printf("%" PRIu32 " %s meant, of these %" PRIu32 " signed in, %" PRIu32
           " ready, %" PRIu32 " free",
           told->n_meant, told->n_meant == 1 ? "agent is" : "agents are",
           told->n_signed_in, told->n_ready, told->n_free);
}

static void print_offer(const Qc__V1__Decision *told, bool asked)
{
    printf("%s %s: ", told->chosen, asked ? "is asked" : "would be asked");
    switch (told->cause) {
    case QC__V1__OFFER_CAUSE__OFFER_CAUSE_AGENT_CAME:
        printf("had become free, and this was the first that waited for "
               "them");
        break;
    case QC__V1__OFFER_CAUSE__OFFER_CAUSE_LAST_AGENT:
        printf("had this customer last");
        break;
    case QC__V1__OFFER_CAUSE__OFFER_CAUSE_UNSPECIFIED:
    case _QC__V1__OFFER_CAUSE_IS_INT_SIZE:
    default:
        printf("%s of those who could",
               phrase(SELECTIONS, (int)told->selection));
        break;
    }
    printf("; ");
    print_counts(told);
}

static void print_route(const Qc__V1__Decision *told)
{
    if (told->held_for[0] != '\0') {
        printf("it waits for %s, who had this customer last", told->held_for);
    } else {
        printf("nobody can be asked: ");
        print_counts(told);
    }
}

static void print_allocation(const Qc__V1__Decision *told)
{
    printf("the visit gets %s of pool %s", told->chosen, told->pool);
    if (told->gate != NULL) {
        printf("; the wait was estimated at %" PRId64 " s, %" PRId64
               " s are allowed%s",
               told->gate->ewt_ms / 1000, told->gate->threshold_ms / 1000,
               told->gate->overridden ? ", and the visitor wanted to call all "
                                        "the same"
                                      : "");
    }
}

static void print_match(const Qc__V1__Decision *told)
{
    printf("%s", phrase(RULES, (int)told->rule));
    if (told->visit_passed_over ==
        QC__V1__VISIT_PASSED_OVER__VISIT_PASSED_OVER_EXPIRED) {
        printf("; the time of %s had passed", told->allocation_id);
    } else if (told->visit_passed_over ==
               QC__V1__VISIT_PASSED_OVER__VISIT_PASSED_OVER_OTHER_PHONE) {
        printf("; %s has it, and the pool takes no other phone",
               told->allocation_id);
    }
    print_end(told->end_reason);
}

/* A rule, and what it did, on a line of its own. */
static void print_rule(const Qc__V1__RuleHeld *rule)
{
    const Qc__V1__Requirement *adds = rule->add_requirement;

    printf("\n    %" PRIu32 "%s%s", rule->n, rule->label[0] != '\0' ? " " : "",
           rule->label);
    if (rule->priority_delta != 0) {
        printf("; priority %+" PRId32, rule->priority_delta);
    }
    if (adds != NULL) {
        printf("; %s is asked for, at least %" PRIu32, adds->skill,
               adds->min_level);
    }
    if (adds != NULL && adds->max_level != 0) {
        printf(", at most %" PRIu32, adds->max_level);
    }
    if (rule->subject[0] != '\0') {
        printf("; for %s", rule->subject);
    }
}

/* "of 3 context rules of sales 1 held:" */
static void print_rules(const Qc__V1__RulesHeld *told)
{
    if (told == NULL) {
        return;
    }
    printf("  of %" PRIu32 " context rules of %s ", told->n_rules,
           told->subject);
    if (told->n_held == 0) {
        printf("none held");
    } else {
        printf("%zu held%s:", told->n_held,
               told->left_out ? ", but not all that they ask for counts" : "");
    }
    for (size_t i = 0; i < told->n_held; i++) {
        print_rule(told->held[i]);
    }
    putchar('\n');
}

/* Whether rules are to be told of: they have not been before |told|, or count
 * for less since then. */
static bool has_news(const Qc__V1__Decision *before,
                     const Qc__V1__Decision *told)
{
    const Qc__V1__RulesHeld *was =
        before != NULL ? before->context_rules : NULL;
    const Qc__V1__RulesHeld *is = told->context_rules;

    return is != NULL && (was == NULL || was->left_out != is->left_out);
}

/* What was decided, in a sentence. */
static void print_what(const Qc__V1__Decision *told, bool asked)
{
    switch (told->kind) {
    case QC__V1__DECISION_KIND__DECISION_KIND_ALLOCATE:
        print_allocation(told);
        break;
    case QC__V1__DECISION_KIND__DECISION_KIND_MATCH:
        print_match(told);
        break;
    case QC__V1__DECISION_KIND__DECISION_KIND_ROUTE:
        print_route(told);
        break;
    case QC__V1__DECISION_KIND__DECISION_KIND_OFFER:
        print_offer(told, asked);
        break;
    case QC__V1__DECISION_KIND__DECISION_KIND_LEAVE:
        printf("it waits no longer");
        print_end(told->end_reason);
        break;
    case QC__V1__DECISION_KIND__DECISION_KIND_UNSPECIFIED:
    case _QC__V1__DECISION_KIND_IS_INT_SIZE:
    default:
        printf("something that a newer qcctl knows");
        break;
    }
}

static void print_decision(const Qc__V1__Decision *before,
                           const Qc__V1__Decision *told)
{
    char kind[NAME_SIZE];
    char at[QC_MOMENT_SIZE];

    qc_enum_short_name(&qc__v1__decision_kind__descriptor, (int)told->kind,
                       kind, sizeof(kind));
    qc_moment_text(told->at_ms, at);
    printf("\n%s %s", at, kind);
    if (told->step > 0) {
        printf(", step %" PRIu32 ", priority %" PRIu32, told->step,
               told->priority);
    }
    printf("  (%s)\n  ", told->decision_id);
    print_what(told, true);
    printf("%s\n", told->rules_changed
                       ? " (what it was decided by has been changed since)"
                       : "");
    if (has_news(before, told)) {
        print_rules(told->context_rules);
    }
    print_candidates(told, true);
}

/* --- as it is now ------------------------------------------------------------
 */

static void print_steps(Qc__V1__StepProspect *const *steps, size_t n)
{
    struct qc_table *table = NULL;

    if (n > 0) {
        table = qc_table_new("step,begins,meant,signed_in,ready,free", false);
    }
    if (table == NULL) {
        return;
    }
    putchar('\n');
    for (size_t i = 0; i < n; i++) {
        char numbers[5][NUMBER_SIZE];
        char begins[QC_MOMENT_SIZE] = "now";
        const uint32_t counts[] = {steps[i]->step, steps[i]->n_meant,
                                   steps[i]->n_signed_in, steps[i]->n_ready,
                                   steps[i]->n_free};
        const char *const cells[] = {numbers[0], begins,     numbers[1],
                                     numbers[2], numbers[3], numbers[4]};

        for (size_t k = 0; k < sizeof(counts) / sizeof(counts[0]); k++) {
            snprintf(numbers[k], NUMBER_SIZE, "%" PRIu32, counts[k]);
        }
        if (steps[i]->begins_ms != 0) {
            qc_moment_text(steps[i]->begins_ms, begins);
        } else if (i > 0) {
            snprintf(begins, sizeof(begins), "never");
        }
        qc_table_row(table, cells, sizeof(cells) / sizeof(cells[0]));
    }
    qc_table_print(table);
}

static void print_wait(uint64_t position, const Qc__V1__WaitEstimate *wait)
{
    printf("place %" PRIu64 " in line", position);
    if (wait != NULL) {
        printf(", estimated to wait %" PRId64 " s", wait->ewt_ms / 1000);
    } else {
        printf(", and nobody is there who could take it");
    }
}

static void print_now(const Qc__V1__Decision *now)
{
    if (now != NULL) {
        print_what(now, false);
        putchar('\n');
        print_candidates(now, false);
    }
}

static void print_state(const Qc__V1__ExplainDecisionResponse *told)
{
    char state[NAME_SIZE];
    char media[NAME_SIZE];
    char since[QC_MOMENT_SIZE];

    qc_enum_short_name(&qc__v1__interaction_state__descriptor, (int)told->state,
                       state, sizeof(state));
    qc_enum_short_name(&qc__v1__media__descriptor, (int)told->media, media,
                       sizeof(media));
    printf("%s  %s", told->interaction_id, state);
    if (told->agent[0] != '\0') {
        printf(", %s", told->agent);
    }
    print_end(told->end_reason);
    if (told->queue[0] != '\0') {
        printf("\n  %s for %s in queue %s", media, told->subject, told->queue);
    }
    if (told->enqueued_ms != 0) {
        qc_moment_text(told->enqueued_ms, since);
        printf(", waiting since %s", since);
    }
    putchar('\n');
}

void qc_explanation_print(const Qc__V1__ExplainDecisionResponse *told)
{
    if (told->state !=
        QC__V1__INTERACTION_STATE__INTERACTION_STATE_UNSPECIFIED) {
        print_state(told);
    }
    for (size_t i = 0; i < told->n_decisions; i++) {
        print_decision(i > 0 ? told->decisions[i - 1] : NULL,
                       told->decisions[i]);
    }
    if (told->now != NULL) {
        printf("\nnow it waits: ");
        print_wait(told->position, told->wait);
        printf("\n  ");
        print_now(told->now);
        print_steps(told->steps, told->n_steps);
    }
    print_about(told->about);
}

void qc_explanation_print_simulated(const Qc__V1__SimulateRouteResponse *told)
{
    char state[NAME_SIZE];

    qc_enum_short_name(&qc__v1__interaction_state__descriptor, (int)told->state,
                       state, sizeof(state));
    printf("would be %s", state);
    print_end(told->end_reason);
    if (told->overflow_number[0] != '\0') {
        printf(", and sent to %s", told->overflow_number);
    }
    printf("\n  for %s in queue %s", told->subject, told->queue);
    if (told->decision != NULL) {
        printf(", priority %" PRIu32, told->priority);
    }
    if (told->position != 0) {
        printf(", ");
        print_wait(told->position, told->wait);
    }
    putchar('\n');
    print_rules(told->context_rules);
    if (told->decision != NULL) {
        printf("  ");
        print_now(told->decision);
    }
    print_steps(told->steps, told->n_steps);
    print_about(told->about);
}
