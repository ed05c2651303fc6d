/* Agents, calls, chats, and visitors who are told of agents, at random: after
 * each entry all rows are verified, so that nothing ever waits while an agent
 * could take it, whoever has something is at it, and what indexes and rosters
 * say follows from the rows. In the end all goes home, and nothing is left of
 * anybody's load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "command/test/visitors.h"
#include "quorumcall/v1/agent_service.pb-c.h"
#include "quorumcall/v1/routing_service.pb-c.h"

enum {
    AGENTS = 5,
    CUSTOMERS = 6,
    /* Shops, one after the other: what is verified grows with what is
     * remembered, so many short ones see more than a long one. */
    SHOPS = 10,
    STEPS = 300, /* In each. */
    OPEN_EVERY = 20,
};

#define TENANT                                            \
    "PutTenant tenant.key=shop tenant.quotas.subjects=8 " \
    "tenant.no_phone_limit=true tenant.runtime_retention_ms=600000"

/* The context rule |n|: |field| is there. */
#define RULE(n, field)                                                 \
    "subject.context_rules." #n ".predicate.0.op=PREDICATE_OP_EXISTS " \
    "subject.context_rules." #n ".predicate.0.field=" field            \
    " subject.context_rules." #n "."

static void open_shop(unsigned seed)
{
    static const char *const subjects[] = {"a", "b"};

    qc_shop_open(AGENTS, seed);
    qc_shop.world.is_watched = true;
    qc_visitors_come(subjects, 2);
    assert_true(QC_ASK(TENANT));
    assert_true(QC_ASK("PutSkill skill.key=talk"));
    assert_true(QC_ASK("PutQueue queue.key=a "
                       "queue.last_agent_mode=LAST_AGENT_MODE_WAIT "
                       "queue.last_agent_wait_ms=20000 "
                       "queue.reserved_inbound_agents=1"));
    assert_true(QC_ASK("PutQueue queue.key=b "
                       "queue.selection=SELECTION_ROUND_ROBIN "
                       "queue.announce_position=true "
                       "queue.announce_interval_ms=15000"));
    assert_true(QC_ASK(
        "PutSubject subject.key=a subject.queue=a "
        "subject.steps.0.requirements.0.skill=talk "
        "subject.steps.0.requirements.0.min_level=7 "
        "subject.steps.0.timeout_ms=20000 "
        "subject.steps.1.requirements.0.skill=talk " RULE(
            0,
            "language") "add_requirement.skill=talk "
                        "subject.context_rules.0.add_requirement.min_level=5"));
    assert_true(QC_ASK(
        "PutSubject subject.key=b subject.queue=b "
        "subject.no_acw=true subject.max_wait_ms=90000 " RULE(
            0, "language") "add_requirement.skill=talk "
                           "subject.context_rules.0.add_requirement.min_level="
                           "3 " RULE(1, "context.tier") "priority_delta=70 "
                                                        "subject.context_rules."
                                                        "1.subject=a"));
    for (unsigned i = 0; i < 2; i++) {
        assert_true(QC_ASK("PutPool pool.key=%s pool.subject=%s "
                           "pool.quarantine_ms=1000 pool.grace_ms=1000",
                           subjects[i], subjects[i]));
        for (unsigned k = 0; k < 4; k++) {
            assert_true(QC_ASK("PutNumber number.number=+4420794600%u%u "
                               "number.pool=%s",
                               i, k, subjects[i]));
        }
    }
    for (unsigned i = 0; i < AGENTS; i++) {
        assert_true(
            QC_ASK("PutAgent agent.key=agent%u agent.skills.0.skill=talk "
                   "agent.skills.0.level=%u",
                   i, 2 * i));
    }
}

/* --- steps; each gives whether it was done -------------------------------- */

static bool pass_on(unsigned agent)
{
    char interaction[QC_SHOP_ID_SIZE];
    char offer[QC_SHOP_ID_SIZE];

    return qc_shop_find_work(agent, QC__V1__WORK_PHASE__WORK_PHASE_ACTIVE,
                             interaction, offer) &&
           QC_ASK("TransferInteraction interaction_id=%s subject=%s",
                  interaction, qc_shop_draw(2) == 0 ? "a" : "b");
}

static bool wrap_up(unsigned agent)
{
    char interaction[QC_SHOP_ID_SIZE];
    char offer[QC_SHOP_ID_SIZE];

    return qc_shop_find_work(agent, QC__V1__WORK_PHASE__WORK_PHASE_ACW,
                             interaction, offer) &&
           QC_ASK(
               "SetDisposition interaction_id=%s session_id=%s code=resolved",
               interaction, qc_shop.sessions[agent]) &&
           QC_ASK("WrapUpDone interaction_id=%s session_id=%s", interaction,
                  qc_shop.sessions[agent]);
}

static bool enqueue(void)
{
    static const char *const media[] = {"VOICE", "CHAT", "VOICE", "EMAIL",
                                        "OUTBOUND_VOICE"};
    static const char *const known[] = {"", "language=fr", "attached.tier=gold",
                                        "language=fr attached.tier=gold"};

    return QC_ASK("EnqueueInteraction media=MEDIA_%s subject=%s connector=pbx "
                  "ext_ref=c%u "
                  "priority_delta=%u customer.customer_id=customer%u %s",
                  media[qc_shop_draw(5)], qc_shop_draw(2) == 0 ? "a" : "b",
                  qc_shop.n_calls++, qc_shop_draw(3) * 50,
                  qc_shop_draw(CUSTOMERS), known[qc_shop_draw(4)]);
}

static bool change_agent(unsigned agent)
{
    return QC_ASK("PutAgent agent.key=agent%u agent.skills.0.skill=talk "
                  "agent.skills.0.level=%u agent.disabled=%s",
                  agent, qc_shop_draw(11),
                  qc_shop_draw(6) == 0 ? "true" : "false");
}

/* What agents can do at once, and who is served first. */
static bool change_tenant(unsigned agent)
{
    static const char *const orderings[] = {"STRICT", "LINEAR"};

    (void)agent;
    return QC_ASK(
        TENANT " tenant.voice_over_units=%u tenant.blend_over_voice=%s "
               "tenant.unit_costs.chat=%u tenant.unit_costs.voice=%u "
               "tenant.ordering=ORDERING_%s",
        20 + qc_shop_draw(60), qc_shop_draw(2) == 0 ? "true" : "false",
        10 + qc_shop_draw(40), 60 + qc_shop_draw(41),
        orderings[qc_shop_draw(2)]);
}

/* How many agents campaigns leave for those who call. */
static bool change_queue(unsigned agent)
{
    (void)agent;
    return QC_ASK("PutQueue queue.key=b "
                  "queue.selection=SELECTION_ROUND_ROBIN "
                  "queue.announce_position=true "
                  "queue.announce_interval_ms=15000 "
                  "queue.reserved_inbound_agents=%u",
                  qc_shop_draw(3));
}

static bool import(unsigned agent)
{
    return QC_ASK("ImportConfig items.0.agent.key=agent%u "
                  "items.0.agent.skills.0.skill=talk "
                  "items.0.agent.skills.0.level=%u "
                  "items.1.agent.key=agent%u items.1.agent.skills.0.skill=talk "
                  "items.1.agent.skills.0.level=%u items.1.agent.units=%u",
                  agent, qc_shop_draw(11), (agent + 1) % AGENTS,
                  qc_shop_draw(11), 100 + qc_shop_draw(100));
}

static bool log_out(unsigned agent)
{
    return QC_ASK("Logout session_id=%s force=%s", qc_shop.sessions[agent],
                  qc_shop_draw(2) == 0 ? "true" : "false");
}

static bool throw_out(unsigned agent)
{
    return QC_ASK("SetAgentState agent=agent%u "
                  "state=PRESENCE_STATE_LOGGED_OUT",
                  agent);
}

static bool live(unsigned agent)
{
    return QC_ASK("Heartbeat session_id=%s", qc_shop.sessions[agent]);
}

static bool fail_call(unsigned agent)
{
    (void)agent;
    return qc_shop_happen("FAILED");
}

static bool hold_call(unsigned agent)
{
    (void)agent;
    return qc_shop_happen(qc_shop_draw(2) == 0 ? "HELD" : "RETRIEVED");
}

static bool come(unsigned agent)
{
    (void)agent;
    return enqueue();
}

static bool wait(unsigned agent)
{
    (void)agent;
    qc_world_pass(&qc_shop.world, qc_shop.world.now_ms + qc_shop_draw(20000));
    return true;
}

static struct qc_shop_step steps[] = {
    {"log in", 4, qc_shop_log_in, 0},
    {"not ready", 1, qc_shop_not_ready, 0},
    {"ready", 5, qc_shop_set_ready, 0},
    {"log out", 1, log_out, 0},
    {"throw out", 1, throw_out, 0},
    {"live", 3, live, 0},
    {"accept", 14, qc_shop_accept, 0},
    {"reject", 1, qc_shop_reject, 0},
    {"pass on", 1, pass_on, 0},
    {"wrap up", 9, wrap_up, 0},
    {"fail", 1, fail_call, 0},
    {"hold", 2, hold_call, 0},
    {"end", 5, qc_shop_end_call, 0},
    {"come", 8, come, 0},
    {"wait", 1, wait, 0},
    {"subscribe", 5, qc_visitors_subscribe, 0},
    {"claim", 2, qc_visitors_claim, 0},
    {"decline", 8, qc_visitors_decline, 0},
    {"cancel", 1, qc_visitors_cancel, 0},
    {"allocate", 4, qc_visitors_allocate, 0},
    {"call", 2, qc_visitors_call, 0},
    {"push", 2, qc_visitors_push, 0},
    {"change", 1, change_agent, 0},
    {"import", 1, import, 0},
    {"change tenant", 1, change_tenant, 0},
    {"change queue", 1, change_queue, 0},
};

enum {
    N_STEPS = sizeof(steps) / sizeof(steps[0]),
};

static void close_shop(void)
{
    for (unsigned i = 0; i < qc_shop.n_calls; i++) {
        QC_ASK(
            "ReportCallEvent connector=pbx ext_ref=c%u event=CALL_EVENT_ENDED "
            "event_seq=%u",
            i, ++qc_shop.event_seq);
    }
    qc_world_pass(&qc_shop.world, qc_shop.world.now_ms + 600000);
    qc_world_verify(&qc_shop.world);
    for (unsigned i = 0; i < AGENTS; i++) {
        const Qc__V1__GetDesktopResponse *desk;

        if (QC_ASK("GetDesktop agent=agent%u", i)) {
            desk = (const Qc__V1__GetDesktopResponse *)qc_shop.reply.response;
            assert_int_equal(desk->presence->n_work, 0);
            assert_int_equal(desk->presence->state,
                             QC__V1__PRESENCE_STATE__PRESENCE_STATE_LOGGED_OUT);
        }
    }
}

static void nothing_waits_while_an_agent_could_take_it(void **state)
{
    (void)state;
    for (unsigned shop = 1; shop <= SHOPS; shop++) {
        open_shop(shop);
        for (unsigned i = 0; i < STEPS; i++) {
            qc_shop_do_some(steps, N_STEPS);
            if (i % OPEN_EVERY == 0) {
                qc_world_verify(&qc_shop.world);
            }
        }
        close_shop();
        qc_world_close(&qc_shop.world);
    }
    qc_shop_did_all(steps, N_STEPS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_waits_while_an_agent_could_take_it),
    };

    return cmocka_run_group_tests_name("routing at random", tests, NULL, NULL);
}
