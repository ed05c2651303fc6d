/* Agents who ask one another about their calls, and a connector that does what
 * it is asked for or cannot, at random: after each entry all rows are verified,
 * so that a consult is never about what nobody has, nobody is at two calls for
 * one, and nothing waits while an agent could take it. In the end nothing is
 * left of anybody's load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "command/test/shop.h"
#include "quorumcall/v1/agent_service.pb-c.h"
#include "quorumcall/v1/effect_service.pb-c.h"

enum {
    AGENTS = 5,
    SHOPS = 4,
    STEPS = 300, /* In each. */
    WHOM_SIZE = 48,
};

static bool come(unsigned agent)
{
    (void)agent;
    return QC_ASK("EnqueueInteraction subject=a connector=pbx ext_ref=c%u",
                  qc_shop.n_calls++);
}

static bool live(unsigned agent)
{
    return QC_ASK("Heartbeat session_id=%s", qc_shop.sessions[agent]);
}

static bool wait(unsigned agent)
{
    (void)agent;
    qc_world_pass(&qc_shop.world,
                  qc_shop.world.now_ms + qc_shop_draw(12 * 1000));
    return true;
}

static bool leave(unsigned agent)
{
    return QC_ASK("Logout session_id=%s force=%s", qc_shop.sessions[agent],
                  qc_shop_draw(2) == 0 ? "true" : "false");
}

static bool fail_call(unsigned agent)
{
    (void)agent;
    return qc_shop_happen("FAILED");
}

/* Whoever can do it, from |agent| on, to the call that he has. */
static bool let_somebody(unsigned agent, const char *method, const char *fields)
{
    char interaction[QC_SHOP_ID_SIZE];
    char offer[QC_SHOP_ID_SIZE];

    for (unsigned i = 0; i < AGENTS; i++) {
        unsigned who = (agent + i) % AGENTS;

        if (qc_shop_find_work(who, QC__V1__WORK_PHASE__WORK_PHASE_ACTIVE,
                              interaction, offer) &&
            QC_ASK("%s interaction_id=%s session_id=%s %s", method, interaction,
                   qc_shop.sessions[who], fields)) {
            return true;
        }
    }
    return false;
}

static bool consult(unsigned agent)
{
    char whom[WHOM_SIZE];

    qc_shop_set_ready(agent);
    snprintf(whom, sizeof(whom), "agent=agent%u", agent);
    return let_somebody(qc_shop_draw(AGENTS), "Consult",
                        qc_shop_draw(3) == 0 ? "subject=a" : whom);
}

static bool complete(unsigned agent)
{
    return let_somebody(agent, "CompleteConsult", "");
}

static bool go_back(unsigned agent)
{
    return let_somebody(agent, "CancelConsult", "");
}

static bool confer(unsigned agent)
{
    return let_somebody(agent, "Conference", "");
}

static bool hold(unsigned agent)
{
    return let_somebody(agent, qc_shop_draw(2) == 0 ? "Hold" : "Retrieve", "");
}

static bool pass_on(unsigned agent)
{
    char interaction[QC_SHOP_ID_SIZE];
    char offer[QC_SHOP_ID_SIZE];

    return qc_shop_find_work(agent, QC__V1__WORK_PHASE__WORK_PHASE_ACTIVE,
                             interaction, offer) &&
           QC_ASK("TransferInteraction interaction_id=%s subject=a",
                  interaction);
}

/* The other one of a consult hangs up, or could not be reached. */
static bool hang_up(unsigned agent)
{
    const Qc__V1__GetDesktopResponse *desk;
    char consult_id[QC_SHOP_ID_SIZE] = "";

    if (!QC_ASK("GetDesktop agent=agent%u", agent)) {
        return false;
    }
    desk = (const Qc__V1__GetDesktopResponse *)qc_shop.reply.response;
    for (size_t i = 0; i < desk->n_screen_pops && consult_id[0] == '\0'; i++) {
        snprintf(consult_id, sizeof(consult_id), "%s",
                 desk->screen_pops[i]->consult_id);
    }
    /* The connector's id of a consult is its own. */
    return consult_id[0] != '\0' &&
           QC_ASK("ReportCallEvent connector=pbx ext_ref=%s "
                  "event=CALL_EVENT_%s event_seq=%u",
                  consult_id, qc_shop_draw(2) == 0 ? "ENDED" : "FAILED",
                  ++qc_shop.event_seq);
}

/* The connector does one thing that it is asked for, or cannot. */
static bool obey(unsigned agent)
{
    const Qc__V1__LeaseEffectsResponse *leased;
    unsigned long long token;
    char effect[QC_SHOP_ID_SIZE];

    (void)agent;
    if (!QC_ASK("LeaseEffects connector=pbx max=1")) {
        return false;
    }
    leased = (const Qc__V1__LeaseEffectsResponse *)qc_shop.reply.response;
    if (leased->n_items == 0) {
        return false;
    }
    token = leased->items[0]->token;
    snprintf(effect, sizeof(effect), "%s", leased->items[0]->effect_id);
    return QC_ASK("%s effect_id=%s token=%llu",
                  qc_shop_draw(8) == 0 ? "NackEffect" : "AckEffect", effect,
                  token);
}

static struct qc_shop_step steps[] = {
    {"log in", 3, qc_shop_log_in, 0},
    {"ready", 4, qc_shop_set_ready, 0},
    {"not ready", 1, qc_shop_not_ready, 0},
    {"leave", 1, leave, 0},
    {"live", 6, live, 0},
    {"accept", 14, qc_shop_accept, 0},
    {"reject", 1, qc_shop_reject, 0},
    {"come", 2, come, 0},
    {"end", 1, qc_shop_end_call, 0},
    {"fail", 1, fail_call, 0},
    {"wait", 1, wait, 0},
    {"pass on", 1, pass_on, 0},
    {"consult", 5, consult, 0},
    {"complete", 2, complete, 0},
    {"go back", 1, go_back, 0},
    {"confer", 2, confer, 0},
    {"hold", 2, hold, 0},
    {"hang up", 2, hang_up, 0},
    {"obey", 8, obey, 0},
};

enum {
    N_STEPS = sizeof(steps) / sizeof(steps[0]),
};

static void open_shop(unsigned seed)
{
    qc_shop_open(AGENTS, seed);
    qc_shop.world.is_watched = true;
    assert_true(QC_ASK("PutTenant tenant.key=shop tenant.quotas.subjects=8"));
    assert_true(QC_ASK("PutSubject subject.key=a subject.queue=a "
                       "subject.disposition_optional=true "
                       "subject.acw_ms=5000"));
    for (unsigned i = 0; i < AGENTS; i++) {
        assert_true(QC_ASK("PutAgent agent.key=agent%u agent.units=%u "
                           "agent.media_caps.voice=2",
                           i, i == 0 ? 200U : 100U));
    }
}

static void close_shop(void)
{
    for (unsigned i = 0; i < qc_shop.n_calls; i++) {
        QC_ASK("ReportCallEvent connector=pbx ext_ref=c%u "
               "event=CALL_EVENT_ENDED event_seq=%u",
               i, ++qc_shop.event_seq);
    }
    qc_world_pass(&qc_shop.world, qc_shop.world.now_ms + 600000);
    qc_world_verify(&qc_shop.world);
    for (unsigned i = 0; i < AGENTS; i++) {
        if (QC_ASK("GetDesktop agent=agent%u", i)) {
            assert_int_equal(
                ((const Qc__V1__GetDesktopResponse *)qc_shop.reply.response)
                    ->presence->n_work,
                0);
        }
    }
    qc_world_close(&qc_shop.world);
}

static void nothing_is_left_when_agents_ask_one_another(void **state)
{
    (void)state;
    for (unsigned shop = 1; shop <= SHOPS; shop++) {
        open_shop(shop);
        for (unsigned i = 0; i < STEPS; i++) {
            qc_shop_do_some(steps, N_STEPS);
        }
        close_shop();
    }
    qc_shop_did_all(steps, N_STEPS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_left_when_agents_ask_one_another),
    };

    return cmocka_run_group_tests_name("consults at random", tests, NULL, NULL);
}
