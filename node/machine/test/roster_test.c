#include "machine/roster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine/roster_parts.h"

#define VOICE    QC__V1__MEDIA__MEDIA_VOICE
#define CHAT     QC__V1__MEDIA__MEDIA_CHAT
#define OUTBOUND QC__V1__MEDIA__MEDIA_OUTBOUND_VOICE

enum {
    AGENTS = 150, /* More than one growth of the bitmaps. */
    SKILLS = 4,
    QUEUES = 3,
    WAITS = 300,
    ROUNDS = 6000,
    PRIORITIES = 3,
};

/* --- a small world, told to the roster and kept beside it --- */

struct step {
    Qc__State__RouteRequirement requirement;
    Qc__State__RouteRequirement *requirements[1];
    Qc__State__RouteStep step;
};

struct route {
    struct step steps[QC_STEPS_MAX];
    Qc__State__RouteStep *list[QC_STEPS_MAX];
    Qc__State__Route route;
};

static const char *const queues[QUEUES] = {"red", "green", "blue"};

/* Skill |skill| from level 7, then from 4, then from 1. */
static void route_of(struct route *route, uint32_t skill)
{
    static const uint32_t levels[QC_STEPS_MAX] = {7, 4, 1};

    qc__state__route__init(&route->route);
    for (size_t i = 0; i < QC_STEPS_MAX; i++) {
        struct step *step = &route->steps[i];

        qc__state__route_requirement__init(&step->requirement);
        qc__state__route_step__init(&step->step);
        step->requirement.skill = skill;
        step->requirement.min_level = levels[i];
        step->requirements[0] = &step->requirement;
        step->step.requirements = step->requirements;
        step->step.n_requirements = 1;
        route->list[i] = &step->step;
    }
    route->route.steps = route->list;
    route->route.n_steps = QC_STEPS_MAX;
}

static struct route routes[SKILLS];

static struct qc_terms_of_work terms(void)
{
    struct qc_terms_of_work terms = {.voice_over_units = 30};

    terms.costs[VOICE] = 100;
    terms.costs[CHAT] = 25;
    return terms;
}

static struct qc_agent_facts agent_with(uint32_t index,
                                        uint32_t skill,
                                        uint32_t level)
{
    struct qc_agent_facts facts = {
        .index = index,
        .units = 100,
        .n_skills = 1,
        .skills = {{skill, level}},
    };

    facts.caps[VOICE] = 1;
    facts.caps[CHAT] = 4;
    return facts;
}

static struct qc_presence_facts ready(uint32_t index, int64_t since_ms)
{
    return (struct qc_presence_facts){
        .index = index,
        .logged_in = true,
        .ready = true,
        .ready_since_ms = since_ms,
    };
}

static struct qc_waiting call(uint64_t id, uint32_t skill, uint32_t step)
{
    return (struct qc_waiting){
        .media = VOICE,
        .queue = queues[0],
        .route = &routes[skill].route,
        .step = step,
        .rank = {100, (int64_t)id, id},
    };
}

static int setup(void **state)
{
    struct qc_roster *roster = qc_roster_new();
    struct qc_terms_of_work with = terms();

    assert_non_null(roster);
    for (uint32_t i = 0; i < SKILLS; i++) {
        route_of(&routes[i], i);
    }
    assert_true(qc_roster_terms(roster, &with));
    *state = roster;
    return 0;
}

static int teardown(void **state)
{
    qc_roster_free(*state);
    return 0;
}

static void add(struct qc_roster *roster,
                const struct qc_agent_facts *facts,
                const struct qc_presence_facts *presence)
{
    assert_true(qc_roster_agent(roster, facts));
    assert_true(qc_roster_presence(roster, presence));
}

/* An agent with one skill, ready since then. */
static void add_ready(struct qc_roster *roster,
                      uint32_t index,
                      uint32_t skill,
                      uint32_t level,
                      int64_t since_ms)
{
    struct qc_agent_facts facts = agent_with(index, skill, level);
    struct qc_presence_facts presence = ready(index, since_ms);

    add(roster, &facts, &presence);
}

static struct qc_choice choose(struct qc_roster *roster,
                               const struct qc_waiting *waiting,
                               enum qc_selection selection)
{
    struct qc_search how = {.selection = selection};
    struct qc_choice choice;

    qc_roster_choose(roster, waiting, &how, &choice);
    return choice;
}

static bool never(void *ctx, uint64_t interaction)
{
    (void)ctx;
    (void)interaction;
    return false;
}

/* --- for an interaction --- */

static void who_is_ready_longest_is_asked(void **state)
{
    struct qc_roster *roster = *state;
    struct qc_waiting waiting = call(1, 0, 1);
    struct qc_choice choice;

    add_ready(roster, 0, 0, 9, 300);
    add_ready(roster, 1, 0, 9, 200);
    add_ready(roster, 2, 1, 9, 100);
    choice = choose(roster, &waiting, QC_SELECT_LONGEST_IDLE);
    assert_true(choice.found);
    assert_int_equal(choice.agent, 1);
    assert_int_equal(choice.n_able, 2);
    assert_int_equal(choice.n_candidates, 2);
    assert_int_equal(choice.candidates[0].why, QC_PASSED_NOT);
    assert_int_equal(choice.candidates[1].why, QC_PASSED_LOWER_RANK);
}

static void a_campaign_leaves_agents_for_those_who_call(void **state)
{
    struct qc_roster *roster = *state;
    struct qc_waiting out = call(1, 0, 1);
    struct qc_choice choice;
    uint32_t other;

    out.media = OUTBOUND;
    for (uint32_t i = 0; i < 3; i++) {
        struct qc_agent_facts facts = agent_with(i, 0, 9);
        struct qc_presence_facts now = ready(i, 100 + i);

        facts.caps[OUTBOUND] = 1;
        assert_true(qc_roster_agent(roster, &facts));
        assert_true(qc_roster_presence(roster, &now));
    }
    assert_true(qc_roster_reserve(roster, queues[0], 3));
    assert_true(qc_roster_wait(roster, &out));
    choice = choose(roster, &out, QC_SELECT_LONGEST_IDLE);
    assert_false(choice.found);
    assert_int_equal(choice.candidates[0].why, QC_PASSED_RESERVED_INBOUND);
    assert_true(qc_roster_keeps(roster, &out, 1));
    assert_int_equal(qc_roster_next_for(roster, 1, never, NULL), 0);
    assert_false(qc_roster_set_free_by(roster, 1, 0, &other));

    assert_true(qc_roster_reserve(roster, queues[1], 9)); /* Another queue. */
    assert_true(qc_roster_reserve(roster, queues[0], 2));
    assert_int_equal(choose(roster, &out, QC_SELECT_LONGEST_IDLE).agent, 0);
    assert_false(qc_roster_keeps(roster, &out, 1));
    assert_int_equal(qc_roster_next_for(roster, 1, never, NULL), 1);
    assert_true(qc_roster_set_free_by(roster, 2, 1, &other));
    assert_int_equal(other, 1);
    out = call(2, 0, 1); /* Who calls gets one of them anyway. */
    assert_true(qc_roster_reserve(roster, queues[0], 3));
    assert_true(choose(roster, &out, QC_SELECT_LONGEST_IDLE).found);
}

static void who_could_take_no_call_is_not_kept_for_one(void **state)
{
    struct qc_roster *roster = *state;
    struct qc_agent_facts facts = agent_with(0, 0, 9);
    struct qc_presence_facts now = ready(0, 100);
    struct qc_waiting out = call(1, 0, 1);

    out.media = OUTBOUND;
    facts.caps[OUTBOUND] = 1;
    facts.caps[VOICE] = 0;
    assert_true(qc_roster_agent(roster, &facts));
    assert_true(qc_roster_presence(roster, &now));
    assert_true(qc_roster_reserve(roster, queues[0], 1));
    assert_true(choose(roster, &out, QC_SELECT_LONGEST_IDLE).found);
}

static void a_later_step_adds_agents_behind_those_of_the_first(void **state)
{
    struct qc_roster *roster = *state;
    struct qc_waiting waiting = call(1, 0, 1);

    add_ready(roster, 0, 0, 4, 100);
    assert_false(choose(roster, &waiting, QC_SELECT_LONGEST_IDLE).found);
    waiting.step = 2;
    assert_int_equal(
        choose(roster, &waiting, QC_SELECT_LONGEST_IDLE).candidates[0].step, 2);
    add_ready(roster, 1, 0, 7, 200);
    assert_int_equal(choose(roster, &waiting, QC_SELECT_LONGEST_IDLE).agent, 1);
}

static void a_step_that_replaces_leaves_the_others_out(void **state)
{
    struct qc_roster *roster = *state;
    struct qc_waiting waiting = call(1, 0, 2);

    add_ready(roster, 0, 0, 9, 100);
    routes[0].steps[0].requirement.min_level = 8;
    routes[0].steps[1].requirement.max_level = 5;
    routes[0].route.replace = true;
    assert_false(choose(roster, &waiting, QC_SELECT_LONGEST_IDLE).found);
    routes[0].route.replace = false;
    assert_true(choose(roster, &waiting, QC_SELECT_LONGEST_IDLE).found);
}

static void only_the_agents_that_a_step_names_are_asked(void **state)
{
    struct qc_roster *roster = *state;
    struct qc_waiting waiting = call(1, 0, 1);
    uint32_t named[] = {1};

    add_ready(roster, 0, 0, 9, 100);
    add_ready(roster, 1, 0, 9, 200);
    routes[0].steps[0].step.agents = named;
    routes[0].steps[0].step.n_agents = 1;
    assert_int_equal(choose(roster, &waiting, QC_SELECT_LONGEST_IDLE).agent, 1);
    named[0] = 7;
    assert_false(choose(roster, &waiting, QC_SELECT_LONGEST_IDLE).found);
}

static void each_mode_tells_agents_apart_its_own_way(void **state)
{
    struct qc_roster *roster = *state;
    struct qc_waiting waiting = call(1, 0, 1);
    struct qc_search round = {.selection = QC_SELECT_ROUND_ROBIN, .cursor = 1};
    struct qc_presence_facts presence = ready(1, 200);
    struct qc_choice choice;

    add_ready(roster, 0, 0, 8, 100);
    add_ready(roster, 1, 0, 9, 200);
    add_ready(roster, 2, 0, 7, 300);
    assert_int_equal(choose(roster, &waiting, QC_SELECT_MOST_SKILLED).agent, 1);
    presence.occupancy_ppm = 1;
    assert_true(qc_roster_presence(roster, &presence));
    assert_int_equal(choose(roster, &waiting, QC_SELECT_LEAST_OCCUPIED).agent,
                     0);
    qc_roster_choose(roster, &waiting, &round, &choice);
    assert_int_equal(choice.agent, 2);
    round.cursor = 2;
    qc_roster_choose(roster, &waiting, &round, &choice);
    assert_int_equal(choice.agent, 0);
}

static void who_was_passed_over_is_told_with_the_reason(void **state)
{
    struct qc_roster *roster = *state;
    struct qc_waiting waiting = call(1, 0, 1);
    struct qc_presence_facts busy = ready(0, 100);
    struct qc_presence_facts away = ready(1, 100);
    struct qc_presence_facts chats = ready(2, 100);
    struct qc_agent_facts facts;
    struct qc_choice choice;

    busy.loads[VOICE] = 1;
    away.ready = false;
    chats.loads[CHAT] = 2;
    facts = agent_with(0, 0, 9);
    add(roster, &facts, &busy);
    facts = agent_with(1, 0, 9);
    add(roster, &facts, &away);
    facts = agent_with(2, 0, 9);
    add(roster, &facts, &chats);
    choice = choose(roster, &waiting, QC_SELECT_LONGEST_IDLE);
    assert_false(choice.found);
    assert_int_equal(choice.n_candidates, 3);
    assert_int_equal(choice.candidates[0].why, QC_PASSED_NO_CAPACITY);
    assert_int_equal(choice.candidates[1].why, QC_PASSED_VOICE_OVER_UNITS);
    assert_int_equal(choice.candidates[2].why, QC_PASSED_NOT_READY);
    assert_int_equal(choice.n_meant, 3);
    assert_int_equal(choice.n_there, 3);
    assert_int_equal(choice.n_ready, 2);
    assert_int_equal(choice.n_able, 0);
}

static void an_agent_of_several_steps_is_told_once_by_the_first(void **state)
{
    struct qc_roster *roster = *state;
    struct qc_waiting waiting = call(1, 0, 3);
    struct qc_choice choice;

    add_ready(roster, 0, 0, 9, 100);
    add_ready(roster, 1, 0, 5, 50);
    add_ready(roster, 2, 0, 9, 200);
    choice = choose(roster, &waiting, QC_SELECT_LONGEST_IDLE);
    assert_int_equal(choice.agent, 0);
    assert_int_equal(choice.n_candidates, 3);
    assert_int_equal(choice.candidates[1].agent, 2);
    assert_int_equal(choice.candidates[1].step, 1);
    assert_int_equal(choice.candidates[2].agent, 1);
    assert_int_equal(choice.candidates[2].step, 2);
    assert_int_equal(choice.candidates[2].why, QC_PASSED_LOWER_RANK);
}

static void who_became_able_is_told_with_the_others(void **state)
{
    struct qc_roster *roster = *state;
    struct qc_waiting waiting = call(1, 0, 2);
    struct qc_presence_facts busy = ready(0, 100);
    struct qc_search how = {.selection = QC_SELECT_LONGEST_IDLE};
    struct qc_agent_facts facts = agent_with(0, 0, 9);
    struct qc_choice choice;

    busy.loads[VOICE] = 1;
    add(roster, &facts, &busy);
    add_ready(roster, 1, 0, 4, 200);
    qc_roster_confirm(roster, &waiting, &how, 1, &choice);
    assert_true(choice.found);
    assert_int_equal(choice.agent, 1);
    assert_int_equal(choice.n_candidates, 2);
    assert_int_equal(choice.candidates[0].agent, 1);
    assert_int_equal(choice.candidates[0].step, 2);
    assert_int_equal(choice.candidates[1].agent, 0);
    assert_int_equal(choice.candidates[1].why, QC_PASSED_NO_CAPACITY);
}

/* --- capacity --- */

static void one_chat_does_not_keep_an_agent_from_the_telephone(void **state)
{
    struct qc_roster *roster = *state;
    struct qc_presence_facts presence = ready(0, 100);
    struct qc_agent_facts facts = agent_with(0, 0, 9);

    presence.loads[CHAT] = 1;
    add(roster, &facts, &presence);
    assert_int_equal(qc_roster_can_take(roster, 0, VOICE), QC_PASSED_NOT);
    presence.loads[VOICE] = 1;
    assert_true(qc_roster_presence(roster, &presence));
    assert_int_equal(qc_roster_can_take(roster, 0, VOICE),
                     QC_PASSED_NO_CAPACITY);
    assert_int_equal(qc_roster_can_take(roster, 0, CHAT),
                     QC_PASSED_NO_CAPACITY);
}

/* --- for an agent --- */

static void steps_that_ask_for_the_same_are_one_target(void **state)
{
    struct qc_waiting first = call(1, 0, 2);
    struct qc_waiting second = call(2, 0, 2);

    routes[0].steps[1].requirement.min_level = 7;
    assert_true(qc_roster_wait(*state, &first));
    assert_true(qc_roster_wait(*state, &second));
    add_ready(*state, 0, 0, 7, 1000);
    assert_int_equal(qc_roster_next_for(*state, 0, NULL, NULL), 1);
    assert_true(qc_roster_leave(*state, &first));
    assert_int_equal(qc_roster_next_for(*state, 0, NULL, NULL), 2);
    assert_true(qc_roster_leave(*state, &second));
}

static void an_agent_gets_the_first_of_all_his_classes(void **state)
{
    struct qc_roster *roster = *state;
    struct qc_waiting first = call(1, 0, 1);
    struct qc_waiting second = call(2, 0, 3);
    struct qc_waiting foreign = call(3, 1, 1);

    add_ready(roster, 0, 0, 9, 100);
    foreign.rank.priority = 900;
    assert_true(qc_roster_wait(roster, &second));
    assert_true(qc_roster_wait(roster, &first));
    assert_true(qc_roster_wait(roster, &foreign));
    assert_int_equal(qc_roster_next_for(roster, 0, never, NULL), 1);
    assert_true(qc_roster_leave(roster, &first));
    assert_int_equal(qc_roster_next_for(roster, 0, never, NULL), 2);
    assert_true(qc_roster_leave(roster, &second));
    assert_int_equal(qc_roster_next_for(roster, 0, never, NULL), 0);
    assert_false(qc_roster_leave(roster, &second));
}

static bool is_the_one(void *ctx, uint64_t interaction)
{
    return *(const uint64_t *)ctx == interaction;
}

static void of_many_classes_those_that_nobody_waits_in_are_given_up(
    void **state)
{
    struct qc_roster *roster = *state;
    struct qc_agent_facts facts = agent_with(0, 0, 9);
    struct qc_presence_facts now = ready(0, 100);
    struct qc_waiting kept = call(1, 0, 1);
    struct qc_waiting first = call(2, 0, 1);

    add(roster, &facts, &now);
    assert_true(qc_roster_wait(roster, &kept));
    for (unsigned i = 0; i < 3 * QC_CLASSES_MAX; i++) {
        struct qc_waiting other = call(3, 0, 1);
        char queue[16];

        snprintf(queue, sizeof(queue), "q%u", i);
        other.queue = queue;
        assert_true(qc_roster_wait(roster, &other));
        assert_true(qc_roster_leave(roster, &other));
        assert_in_range(roster->n_classes, 1, 2 * QC_CLASSES_MAX);
    }
    assert_int_equal(qc_roster_next_for(roster, 0, never, NULL), 1);
    first.queue = "q0";
    assert_true(qc_roster_wait(roster, &first));
    assert_true(qc_roster_leave(roster, &kept));
    assert_int_equal(qc_roster_next_for(roster, 0, never, NULL), 2);
    assert_true(qc_roster_leave(roster, &first));
}

static void what_is_withheld_from_him_he_walks_past(void **state)
{
    struct qc_roster *roster = *state;
    struct qc_waiting first = call(1, 0, 1);
    struct qc_waiting second = call(2, 0, 1);
    uint64_t withheld = 1;

    add_ready(roster, 0, 0, 9, 100);
    first.guarded = true;
    assert_true(qc_roster_wait(roster, &first));
    assert_true(qc_roster_wait(roster, &second));
    assert_int_equal(qc_roster_next_for(roster, 0, is_the_one, &withheld), 2);
    withheld = 9;
    assert_int_equal(qc_roster_next_for(roster, 0, is_the_one, &withheld), 1);
}

/* Not by which was held first: a machine that was opened anew does not know. */
static void what_is_held_for_an_agent_comes_by_its_rank(void **state)
{
    struct qc_waiting chat = call(2, 0, 1);
    struct qc_waiting first = call(1, 0, 1);

    chat.media = CHAT;
    chat.held = first.held = true;
    add_ready(*state, 0, 0, 7, 1000);
    assert_true(qc_roster_wait(*state, &chat));
    assert_true(qc_roster_wait(*state, &first));
    assert_int_equal(qc_roster_held_for(*state, 0), 1);
    assert_true(qc_roster_leave(*state, &first));
    assert_int_equal(qc_roster_held_for(*state, 0), 2);
}

static void new_skills_open_what_waits_already(void **state)
{
    struct qc_roster *roster = *state;
    struct qc_waiting waiting = call(1, 1, 1);

    add_ready(roster, 0, 0, 9, 100);
    assert_true(qc_roster_wait(roster, &waiting));
    assert_int_equal(qc_roster_next_for(roster, 0, never, NULL), 0);
    add_ready(roster, 0, 1, 9, 100);
    assert_int_equal(qc_roster_next_for(roster, 0, never, NULL), 1);
    assert_int_equal(qc_roster_step_of(roster, &waiting, 0), 1);
    qc_roster_agent_gone(roster, 0);
    assert_int_equal(qc_roster_next_for(roster, 0, never, NULL), 0);
}

/* --- for a newcomer --- */

static void a_newcomer_is_told_who_is_served_before(void **state)
{
    struct qc_roster *roster = *state;
    struct qc_waiting shared = call(1, 0, 3);
    struct qc_waiting elsewhere = call(2, 1, 1);
    struct qc_waiting newcomer = call(9, 0, 1);
    struct qc_prospect prospect;

    add_ready(roster, 0, 0, 5, 100);
    add_ready(roster, 1, 1, 9, 100);
    assert_true(qc_roster_wait(roster, &shared));
    assert_true(qc_roster_wait(roster, &elsewhere));
    assert_true(qc_roster_prospect(roster, &newcomer, &prospect));
    assert_int_equal(prospect.before, 1);
    assert_int_equal(prospect.able[0], 0);
    assert_int_equal(prospect.able[1], 1);
    assert_int_equal(prospect.able[2], 1);
    assert_int_equal(prospect.active, 1);
}

/* --- against the plain way to do it --- */

static uint64_t seed = 1;

static uint32_t draw(uint32_t below)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(seed >> 33) % below;
}

struct model {
    struct qc_agent_facts agents[AGENTS];
    struct qc_presence_facts presences[AGENTS];
    struct qc_waiting waits[WAITS];
    size_t n_waits;
    struct qc_ordering ordering;
};

static bool takes(const struct qc_agent_facts *agent,
                  const struct qc_waiting *waiting,
                  uint32_t step)
{
    const Qc__State__RouteRequirement *wanted =
        waiting->route->steps[step - 1]->requirements[0];
    bool serves = agent->n_queues == 0;

    for (size_t i = 0; i < agent->n_queues; i++) {
        serves = serves || strcmp(agent->queues[i], waiting->queue) == 0;
    }
    return serves && agent->skills[0].skill == wanted->skill &&
           agent->skills[0].level >= wanted->min_level &&
           (wanted->max_level == 0 ||
            agent->skills[0].level <= wanted->max_level);
}

static uint32_t step_of(const struct qc_agent_facts *agent,
                        const struct qc_waiting *waiting)
{
    for (uint32_t step = 1; step <= waiting->step; step++) {
        if (takes(agent, waiting, step)) {
            return step;
        }
    }
    return 0;
}

static void assert_choice(struct model *model,
                          struct qc_roster *roster,
                          const struct qc_waiting *waiting)
{
    struct qc_choice choice = choose(roster, waiting, QC_SELECT_LONGEST_IDLE);
    uint32_t best = AGENTS;
    uint32_t best_step = 0;

    for (uint32_t i = 0; i < AGENTS; i++) {
        uint32_t step = step_of(&model->agents[i], waiting);

        if (step == 0 ||
            qc_roster_can_take(roster, i, waiting->media) != QC_PASSED_NOT) {
            continue;
        }
        if (best == AGENTS || step < best_step ||
            (step == best_step && model->presences[i].ready_since_ms <
                                      model->presences[best].ready_since_ms)) {
            best = i;
            best_step = step;
        }
    }
    assert_int_equal(choice.found, best < AGENTS);
    if (choice.found) {
        assert_int_equal(choice.agent, best);
        assert_int_equal(choice.candidates[0].step, best_step);
    }
}

static void assert_next(struct model *model,
                        struct qc_roster *roster,
                        uint32_t agent)
{
    const struct qc_waiting *best = NULL;

    for (size_t i = 0; i < model->n_waits; i++) {
        const struct qc_waiting *waiting = &model->waits[i];

        if (step_of(&model->agents[agent], waiting) > 0 &&
            qc_roster_can_take(roster, agent, waiting->media) ==
                QC_PASSED_NOT &&
            (best == NULL || qc_rank_order(&model->ordering, &waiting->rank,
                                           &best->rank) < 0)) {
            best = waiting;
        }
    }
    assert_int_equal(qc_roster_next_for(roster, agent, never, NULL),
                     best != NULL ? best->rank.id : 0);
}

static void change_agent(struct model *model, struct qc_roster *roster)
{
    uint32_t i = draw(AGENTS);

    model->agents[i] = agent_with(i, draw(SKILLS), draw(10));
    model->agents[i].n_queues = draw(2);
    model->agents[i].queues[0] = queues[draw(QUEUES)];
    assert_true(qc_roster_agent(roster, &model->agents[i]));
}

static void change_presence(struct model *model, struct qc_roster *roster)
{
    uint32_t i = draw(AGENTS);

    /* No two are ready since the same moment: a plainer model. */
    model->presences[i] = ready(i, (int64_t)draw(1000) * AGENTS + i);
    model->presences[i].ready = draw(3) > 0;
    model->presences[i].loads[VOICE] = (uint16_t)draw(2);
    assert_true(qc_roster_presence(roster, &model->presences[i]));
}

static void change_waits(struct model *model,
                         struct qc_roster *roster,
                         uint64_t id)
{
    if (model->n_waits < WAITS && draw(100) < 60) {
        struct qc_waiting waiting = call(id, draw(SKILLS), 1 + draw(3));

        waiting.queue = queues[draw(QUEUES)];
        waiting.rank.priority = draw(PRIORITIES);
        waiting.rank.since_ms = draw(1000);
        assert_true(qc_roster_has_room(roster, &waiting));
        assert_true(qc_roster_wait(roster, &waiting));
        model->waits[model->n_waits++] = waiting;
    } else if (model->n_waits > 0) {
        size_t at = draw((uint32_t)model->n_waits);

        assert_true(qc_roster_leave(roster, &model->waits[at]));
        model->waits[at] = model->waits[--model->n_waits];
    }
}

/* The same world, told from the beginning. */
static void assert_derived(struct model *model, struct qc_roster *roster)
{
    struct qc_roster *fresh = qc_roster_new();
    struct qc_terms_of_work with = terms();

    with.ordering = model->ordering;
    for (size_t i = 0; i < model->n_waits; i++) {
        assert_true(qc_roster_wait(fresh, &model->waits[i]));
    }
    for (uint32_t i = AGENTS; i-- > 0;) {
        assert_true(qc_roster_presence(fresh, &model->presences[i]));
        assert_true(qc_roster_agent(fresh, &model->agents[i]));
    }
    assert_true(qc_roster_terms(fresh, &with));
    assert_null(qc_roster_difference(roster, fresh));
    assert_null(qc_roster_difference(fresh, roster));
    if (model->n_waits > 0) {
        assert_true(qc_roster_leave(fresh, &model->waits[0]));
        assert_non_null(qc_roster_difference(roster, fresh));
    }
    qc_roster_free(fresh);
}

static void random_changes_leave_what_is_told_true(void **state)
{
    struct qc_roster *roster = *state;
    static struct model model;

    for (uint32_t i = 0; i < AGENTS; i++) {
        model.agents[i] = agent_with(i, draw(SKILLS), draw(10));
        model.presences[i] = ready(i, (int64_t)draw(1000) * AGENTS + i);
        add(roster, &model.agents[i], &model.presences[i]);
    }
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        struct qc_waiting newcomer = call(i, draw(SKILLS), 1 + draw(3));
        struct qc_terms_of_work with = terms();

        if (draw(4) == 0) {
            change_agent(&model, roster);
        }
        change_presence(&model, roster);
        change_waits(&model, roster, i);
        if (i % 500 == 0) {
            model.ordering.prio_step_ms = (int64_t)draw(2) * 100;
            with.ordering = model.ordering;
            assert_true(qc_roster_terms(roster, &with));
            assert_derived(&model, roster);
        }
        newcomer.queue = queues[draw(QUEUES)];
        assert_choice(&model, roster, &newcomer);
        assert_next(&model, roster, draw(AGENTS));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_is_ready_longest_is_asked),
        TEST(a_campaign_leaves_agents_for_those_who_call),
        TEST(who_could_take_no_call_is_not_kept_for_one),
        TEST(a_later_step_adds_agents_behind_those_of_the_first),
        TEST(a_step_that_replaces_leaves_the_others_out),
        TEST(only_the_agents_that_a_step_names_are_asked),
        TEST(each_mode_tells_agents_apart_its_own_way),
        TEST(who_was_passed_over_is_told_with_the_reason),
        TEST(an_agent_of_several_steps_is_told_once_by_the_first),
        TEST(who_became_able_is_told_with_the_others),
        TEST(one_chat_does_not_keep_an_agent_from_the_telephone),
        TEST(steps_that_ask_for_the_same_are_one_target),
        TEST(an_agent_gets_the_first_of_all_his_classes),
        TEST(of_many_classes_those_that_nobody_waits_in_are_given_up),
        TEST(what_is_withheld_from_him_he_walks_past),
        TEST(what_is_held_for_an_agent_comes_by_its_rank),
        TEST(new_skills_open_what_waits_already),
        TEST(a_newcomer_is_told_who_is_served_before),
        TEST(random_changes_leave_what_is_told_true),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
