/* Agents, calls and chats at random: after each step all rows are verified, so
 * that nothing ever waits while an agent could take it, whoever has something
 * is at it, and what indexes and rosters say follows from the rows. In the end
 * all goes home, and nothing is left of anybody's load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "command/test/world.h"
#include "quorumcall/v1/agent_service.pb-c.h"
#include "quorumcall/v1/routing_service.pb-c.h"

enum {
    AGENTS = 5,
    CUSTOMERS = 6,
    CALLS = 400, /* Connectors' ids. */
    STEPS = 4000,
    VERIFY_EVERY = 5,
    START_MS = 1000000,
};

static struct qc_world world;
static struct qc_reply reply;
static char sessions[AGENTS][32];
static unsigned n_calls;
static unsigned event_seq;
static unsigned n_done[32]; /* Of each kind of step. */

static uint64_t seed = 7;

static uint32_t draw(uint32_t below)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(seed >> 33) % below;
}

/* The context rule |n|: |field| is there. */
#define RULE(n, field)                                                 \
    "subject.context_rules." #n ".predicate.0.op=PREDICATE_OP_EXISTS " \
    "subject.context_rules." #n ".predicate.0.field=" field

#define ASK(...) qc_world_call(&world, &reply, __VA_ARGS__)

static void open_shop(void)
{
    static const struct qc_member only = {1, "node1:7400", true};

    qc_world_open(&world, START_MS);
    qc_world_configure(&world, &only, 1);
    assert_true(ASK("ReportNode node_id=1 version_max=4 release=test"));
    assert_true(ASK("PutTenant tenant.key=shop tenant.quotas.subjects=8"));
    assert_true(ASK("PutSkill skill.key=talk"));
    assert_true(ASK("PutQueue queue.key=a "
                    "queue.last_agent_mode=LAST_AGENT_MODE_WAIT "
                    "queue.last_agent_wait_ms=20000"));
    assert_true(ASK("PutQueue queue.key=b "
                    "queue.selection=SELECTION_ROUND_ROBIN "
                    "queue.announce_position=true "
                    "queue.announce_interval_ms=15000"));
    assert_true(ASK(
        "PutSubject subject.key=a subject.queue=a "
        "subject.steps.0.requirements.0.skill=talk "
        "subject.steps.0.requirements.0.min_level=7 "
        "subject.steps.0.timeout_ms=20000 "
        "subject.steps.1.requirements.0.skill=talk " RULE(
            0, "language") " subject.context_rules.0."
                           "add_requirement.skill=talk subject.context_rules.0."
                           "add_requirement.min_level=5"));
    assert_true(ASK(
        "PutSubject subject.key=b subject.queue=b "
        "subject.no_acw=true subject.max_wait_ms=90000 " RULE(
            0, "language") " subject.context_rules.0."
                           "add_requirement.skill=talk subject.context_rules.0."
                           "add_requirement.min_level=3 " RULE(
                               1, "context.tier") " subject.context_rules.1."
                                                  "priority_delta=70 "
                                                  "subject.context_rules.1."
                                                  "subject=a"));
    for (unsigned i = 0; i < AGENTS; i++) {
        assert_true(ASK("PutAgent agent.key=agent%u agent.skills.0.skill=talk "
                        "agent.skills.0.level=%u",
                        i, 2 * i));
    }
}

/* --- steps; each gives whether it was done
 * ------------------------------------ */

static bool log_in(unsigned agent)
{
    const Qc__V1__LoginResponse *response;

    if (!ASK("Login agent=agent%u ready=true", agent)) {
        return false;
    }
    response = (const Qc__V1__LoginResponse *)reply.response;
    snprintf(sessions[agent], sizeof(sessions[agent]), "%s",
             response->session_id);
    return true;
}

/* What the agent is at, in |phase|: the interaction, and the offer. */
static bool find_work(unsigned agent,
                      Qc__V1__WorkPhase phase,
                      char interaction[32],
                      char offer[32])
{
    const Qc__V1__GetDesktopResponse *desk;

    if (!ASK("GetDesktop agent=agent%u", agent)) {
        return false;
    }
    desk = (const Qc__V1__GetDesktopResponse *)reply.response;
    for (size_t i = 0; i < desk->presence->n_work; i++) {
        const Qc__V1__Work *work = desk->presence->work[i];

        if (work->phase == phase) {
            snprintf(interaction, 32, "%s", work->interaction_id);
            snprintf(offer, 32, "%s", work->offer_id);
            return true;
        }
    }
    return false;
}

static bool answer(unsigned agent, const char *method)
{
    char interaction[32];
    char offer[32];

    return find_work(agent, QC__V1__WORK_PHASE__WORK_PHASE_OFFERED, interaction,
                     offer) &&
           ASK("%s offer_id=%s session_id=%s", method, offer, sessions[agent]);
}

static bool pass_on(unsigned agent)
{
    char interaction[32];
    char offer[32];

    return find_work(agent, QC__V1__WORK_PHASE__WORK_PHASE_ACTIVE, interaction,
                     offer) &&
           ASK("TransferInteraction interaction_id=%s subject=%s", interaction,
               draw(2) == 0 ? "a" : "b");
}

static bool wrap_up(unsigned agent)
{
    char interaction[32];
    char offer[32];

    return find_work(agent, QC__V1__WORK_PHASE__WORK_PHASE_ACW, interaction,
                     offer) &&
           ASK("SetDisposition interaction_id=%s session_id=%s code=resolved",
               interaction, sessions[agent]) &&
           ASK("WrapUpDone interaction_id=%s session_id=%s", interaction,
               sessions[agent]);
}

static bool enqueue(void)
{
    static const char *const media[] = {"VOICE", "CHAT", "VOICE", "EMAIL"};
    static const char *const known[] = {"", "language=fr", "attached.tier=gold",
                                        "language=fr attached.tier=gold"};

    return n_calls < CALLS &&
           ASK("EnqueueInteraction media=MEDIA_%s subject=%s connector=pbx "
               "ext_ref=c%u priority_delta=%u customer.customer_id=customer%u "
               "%s",
               media[draw(4)], draw(2) == 0 ? "a" : "b", n_calls++,
               draw(3) * 50, draw(CUSTOMERS), known[draw(4)]);
}

static bool happen(const char *event)
{
    return n_calls > 0 &&
           ASK("ReportCallEvent connector=pbx ext_ref=c%u event=CALL_EVENT_%s "
               "event_seq=%u",
               n_calls - 1 - draw(n_calls < 12 ? n_calls : 12), event,
               ++event_seq);
}

static bool change_agent(unsigned agent)
{
    return ASK("PutAgent agent.key=agent%u agent.skills.0.skill=talk "
               "agent.skills.0.level=%u agent.disabled=%s",
               agent, draw(11), draw(6) == 0 ? "true" : "false");
}

/* What agents can do at once, and who is served first. */
static bool change_tenant(unsigned agent)
{
    static const char *const orderings[] = {"STRICT", "LINEAR"};

    (void)agent;
    return ASK("PutTenant tenant.key=shop tenant.quotas.subjects=8 "
               "tenant.voice_over_units=%u tenant.blend_over_voice=%s "
               "tenant.unit_costs.chat=%u tenant.unit_costs.voice=%u "
               "tenant.ordering=ORDERING_%s",
               20 + draw(60), draw(2) == 0 ? "true" : "false", 10 + draw(40),
               60 + draw(41), orderings[draw(2)]);
}

static bool import(unsigned agent)
{
    return ASK("ImportConfig items.0.agent.key=agent%u "
               "items.0.agent.skills.0.skill=talk "
               "items.0.agent.skills.0.level=%u "
               "items.1.agent.key=agent%u items.1.agent.skills.0.skill=talk "
               "items.1.agent.skills.0.level=%u items.1.agent.units=%u",
               agent, draw(11), (agent + 1) % AGENTS, draw(11),
               100 + draw(100));
}

static bool not_ready(unsigned agent)
{
    return ASK("SetNotReady session_id=%s reason=lunch", sessions[agent]);
}

static bool set_ready(unsigned agent)
{
    return ASK("SetReady session_id=%s", sessions[agent]);
}

static bool log_out(unsigned agent)
{
    return ASK("Logout session_id=%s force=%s", sessions[agent],
               draw(2) == 0 ? "true" : "false");
}

static bool throw_out(unsigned agent)
{
    return ASK("SetAgentState agent=agent%u "
               "state=PRESENCE_STATE_LOGGED_OUT",
               agent);
}

static bool live(unsigned agent)
{
    return ASK("Heartbeat session_id=%s", sessions[agent]);
}

static bool accept(unsigned agent)
{
    return answer(agent, "AcceptOffer");
}

static bool reject(unsigned agent)
{
    return answer(agent, "RejectOffer");
}

static bool fail_call(unsigned agent)
{
    (void)agent;
    return happen("FAILED");
}

static bool hold_call(unsigned agent)
{
    (void)agent;
    return happen(draw(2) == 0 ? "HELD" : "RETRIEVED");
}

static bool end_call(unsigned agent)
{
    (void)agent;
    return happen("ENDED");
}

static bool come(unsigned agent)
{
    (void)agent;
    return enqueue();
}

static bool wait(unsigned agent)
{
    (void)agent;
    qc_world_pass(&world, world.now_ms + draw(20000));
    return true;
}

static const struct {
    const char *name;
    unsigned weight;
    bool (*step)(unsigned agent);
} steps[] = {
    {"log in", 4, log_in},       {"not ready", 1, not_ready},
    {"ready", 5, set_ready},     {"log out", 1, log_out},
    {"throw out", 1, throw_out}, {"live", 3, live},
    {"accept", 9, accept},       {"reject", 1, reject},
    {"pass on", 1, pass_on},     {"wrap up", 9, wrap_up},
    {"fail", 1, fail_call},      {"hold", 2, hold_call},
    {"end", 2, end_call},        {"come", 4, come},
    {"wait", 1, wait},           {"change", 1, change_agent},
    {"import", 1, import},       {"change tenant", 1, change_tenant},
};

enum {
    N_STEPS = sizeof(steps) / sizeof(steps[0]),
};

static size_t draw_step(void)
{
    unsigned sum = 0;
    unsigned at;
    size_t i = 0;

    for (size_t k = 0; k < N_STEPS; k++) {
        sum += steps[k].weight;
    }
    for (at = draw(sum); at >= steps[i].weight; i++) {
        at -= steps[i].weight;
    }
    return i;
}

static void close_shop(void)
{
    for (unsigned i = 0; i < n_calls; i++) {
        ASK("ReportCallEvent connector=pbx ext_ref=c%u event=CALL_EVENT_ENDED "
            "event_seq=%u",
            i, ++event_seq);
    }
    qc_world_pass(&world, world.now_ms + 600000);
    qc_world_verify(&world);
    for (unsigned i = 0; i < AGENTS; i++) {
        const Qc__V1__GetDesktopResponse *desk;

        if (ASK("GetDesktop agent=agent%u", i)) {
            desk = (const Qc__V1__GetDesktopResponse *)reply.response;
            assert_int_equal(desk->presence->n_work, 0);
            assert_int_equal(desk->presence->state,
                             QC__V1__PRESENCE_STATE__PRESENCE_STATE_LOGGED_OUT);
        }
    }
}

static void nothing_waits_while_an_agent_could_take_it(void **state)
{
    (void)state;
    open_shop();
    for (unsigned i = 0; i < STEPS && n_calls < CALLS; i++) {
        size_t step = draw_step();

        n_done[step] += steps[step].step(draw(AGENTS)) ? 1 : 0;
        if (i % VERIFY_EVERY == 0) {
            qc_world_verify(&world);
        }
    }
    for (size_t i = 0; i < N_STEPS; i++) {
        if (n_done[i] == 0) {
            fail_msg("nobody could %s", steps[i].name);
        }
    }
    close_shop();
    qc_world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_waits_while_an_agent_could_take_it),
    };

    return cmocka_run_group_tests_name("routing at random", tests, NULL, NULL);
}
