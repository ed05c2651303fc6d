#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "machine/roster.h"

#define VOICE QC__V1__MEDIA__MEDIA_VOICE

/* Ann serves red, Ben red and green, Cay green and blue. */
static const char *const queues[3][2] = {
    {"red"},
    {"red", "green"},
    {"green", "blue"},
};

static void be(struct qc_roster *roster, uint32_t agent, bool ready)
{
    struct qc_presence_facts now = {
        .index = agent,
        .logged_in = true,
        .ready = ready,
    };

    assert_true(qc_roster_presence(roster, &now));
}

static int setup(void **state)
{
    struct qc_terms_of_work terms = {.voice_over_units = 30};
    struct qc_roster *roster = qc_roster_new();

    assert_non_null(roster);
    terms.costs[VOICE] = 100;
    assert_true(qc_roster_terms(roster, &terms));
    for (uint32_t i = 0; i < 3; i++) {
        struct qc_agent_facts facts = {.index = i, .units = 100};

        facts.caps[VOICE] = 1;
        while (facts.n_queues < 2 && queues[i][facts.n_queues] != NULL) {
            facts.queues[facts.n_queues] = queues[i][facts.n_queues];
            facts.n_queues++;
        }
        assert_true(qc_roster_agent(roster, &facts));
        be(roster, i, true);
    }
    *state = roster;
    return 0;
}

static int teardown(void **state)
{
    qc_roster_free(*state);
    return 0;
}

/* A call for anybody of |queue|. */
static struct qc_waiting call(const char *queue)
{
    static Qc__State__RouteStep anybody = QC__STATE__ROUTE_STEP__INIT;
    static Qc__State__RouteStep *steps[] = {&anybody};
    static Qc__State__Route route = QC__STATE__ROUTE__INIT;

    route.steps = steps;
    route.n_steps = 1;
    return (struct qc_waiting){.media = VOICE,
                               .queue = queue,
                               .route = &route,
                               .step = 1};
}

static uint32_t spare(struct qc_roster *roster,
                      const char *queue,
                      const struct qc_claim *claims,
                      size_t n_claims)
{
    struct qc_waiting waiting = call(queue);
    uint32_t n;

    assert_true(qc_roster_spare(roster, &waiting, claims, n_claims, &n));
    return n;
}

static void an_agent_whom_no_claim_needs_is_spare(void **state)
{
    struct qc_claim claims[] = {{call("red"), 1}, {call("green"), 1}};

    assert_int_equal(spare(*state, "red", NULL, 0), 2);
    assert_int_equal(spare(*state, "nobody's", NULL, 0), 0);
    /* Ann is for red, Cay for green: Ben is left to both. */
    assert_int_equal(spare(*state, "red", claims, 2), 1);
    assert_int_equal(spare(*state, "green", claims, 2), 1);
    /* Cay is blue's alone, if Ben is green's. */
    assert_int_equal(spare(*state, "blue", claims, 2), 1);
    claims[0].n = 2;
    assert_int_equal(spare(*state, "blue", claims, 2), 0);
    assert_int_equal(spare(*state, "red", claims, 2), 0);
}

/* Red might be given Ann and green Ben, whatever red is given first. */
static void what_others_took_is_taken_off_what_is_left(void **state)
{
    struct qc_claim claims[] = {{call("red"), 1},
                                {call("red"), 1},
                                {call("green"), 1}};

    assert_int_equal(spare(*state, "green", claims, 3), 0);
    assert_int_equal(spare(*state, "blue", claims, 3), 0);
}

static void a_claim_whose_agents_are_busy_holds_up_nobody(void **state)
{
    struct qc_claim claims[] = {{call("red"), 2}};

    be(*state, 0, false);
    be(*state, 1, false);
    assert_int_equal(spare(*state, "red", claims, 1), 0);
    assert_int_equal(spare(*state, "green", claims, 1), 1);
    be(*state, 0, true);
    assert_int_equal(spare(*state, "red", claims, 1), 0);
    assert_int_equal(spare(*state, "green", claims, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_agent_whom_no_claim_needs_is_spare,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            what_others_took_is_taken_off_what_is_left, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_claim_whose_agents_are_busy_holds_up_nobody, setup, teardown),
    };

    return cmocka_run_group_tests_name("spare", tests, NULL, NULL);
}
