/* Visitors who want to be told, agents of three queues that overlap, and calls,
 * at random. After each step: whoever is told adds an agent to those that all
 * who may claim could be given, so that no agent is told to two; nobody is told
 * twice; and what has ended stays as it is. All rows are verified. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "command/test/visitors.h"
#include "quorumcall/v1/agent_service.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"

enum {
    AGENTS = 4,
    QUEUES = 3,
    SEEN_MAX = 500,
    STEPS = 3000,
    VERIFY_EVERY = 7,
};

#define WAITING  QC__V1__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_WAITING
#define NOTIFIED QC__V1__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_NOTIFIED

/* Who serves what: a chain, so that claims on one queue move those on another.
 */
static const bool serves[AGENTS][QUEUES] = {
    {true, false, false},
    {true, true, false},
    {false, true, true},
    {false, false, true},
};

/* A subscription, as it was when it was looked at last. */
struct seen {
    char id[32];
    Qc__V1__SubscriptionState state;
    int64_t notified_ms;
    unsigned queue;
    bool open; /* Who was told may claim, or is about to call. */
};

static struct seen all[SEEN_MAX];
static size_t n_all;
static unsigned n_told;

static void open_shop(void)
{
    static const char *const subjects[QUEUES] = {"q0", "q1", "q2"};

    qc_shop_open(AGENTS, 12);
    qc_visitors_come(subjects, QUEUES);
    assert_true(QC_ASK("PutTenant tenant.key=shop tenant.quotas.subjects=8 "
                       "tenant.no_phone_limit=true "
                       "tenant.runtime_retention_ms=600000"));
    for (unsigned i = 0; i < QUEUES; i++) {
        assert_true(QC_ASK("PutQueue queue.key=q%u", i));
        assert_true(QC_ASK("PutSubject subject.key=q%u subject.queue=q%u "
                           "subject.no_acw=true %s",
                           i, i,
                           i == 1 ? ""
                                  : "subject.thresholds.0.media=MEDIA_VOICE "
                                    "subject.thresholds.0.ewt_ms=60000"));
        assert_true(QC_ASK("PutPool pool.key=p%u pool.subject=q%u "
                           "pool.quarantine_ms=1000 pool.grace_ms=1000",
                           i, i));
        for (unsigned k = 0; k < 4; k++) {
            assert_true(QC_ASK("PutNumber number.number=+4420794600%u%u "
                               "number.pool=p%u",
                               i, k, i));
        }
    }
    assert_true(QC_ASK("PutAgent agent.key=agent0 agent.queues=q0"));
    assert_true(QC_ASK("PutAgent agent.key=agent1 agent.queues=q0,q1"));
    assert_true(QC_ASK("PutAgent agent.key=agent2 agent.queues=q1,q2"));
    assert_true(QC_ASK("PutAgent agent.key=agent3 agent.queues=q2"));
}

/* --- what may never be ---------------------------------------------------- */

static bool is_free[AGENTS];
static int given[AGENTS]; /* To which queue's claim; -1: to none. */

static void find_free(void)
{
    for (unsigned i = 0; i < AGENTS; i++) {
        const Qc__V1__GetDesktopResponse *desk;

        is_free[i] = false;
        if (QC_ASK("GetDesktop agent=agent%u", i)) {
            desk = (const Qc__V1__GetDesktopResponse *)qc_shop.reply.response;
            is_free[i] = desk->presence->n_work == 0 &&
                         desk->presence->state ==
                             QC__V1__PRESENCE_STATE__PRESENCE_STATE_READY;
        }
    }
}

/* Gives an agent to a claim of |queue|, moving those that have one if need be.
 */
static bool give(unsigned queue, bool tried[AGENTS])
{
    for (unsigned i = 0; i < AGENTS; i++) {
        if (!is_free[i] || !serves[i][queue] || tried[i]) {
            continue;
        }
        tried[i] = true;
        if (given[i] < 0 || give((unsigned)given[i], tried)) {
            given[i] = (int)queue;
            return true;
        }
    }
    return false;
}

/* How many of the claims could be given an agent each. */
static unsigned count_given(const unsigned claims[QUEUES])
{
    unsigned n = 0;

    for (unsigned i = 0; i < AGENTS; i++) {
        given[i] = -1;
    }
    for (unsigned q = 0; q < QUEUES; q++) {
        for (unsigned k = 0; k < claims[q]; k++) {
            bool tried[AGENTS] = {false};

            n += give(q, tried) ? 1 : 0;
        }
    }
    return n;
}

static const struct seen *find_seen(const char *id)
{
    for (size_t i = 0; i < n_all; i++) {
        if (strcmp(all[i].id, id) == 0) {
            return &all[i];
        }
    }
    return NULL;
}

static size_t list(struct seen seen[SEEN_MAX])
{
    const Qc__V1__ListAvailabilitySubscriptionsResponse *response;

    assert_true(QC_ASK("ListAvailabilitySubscriptions page_size=500"));
    response = (const Qc__V1__ListAvailabilitySubscriptionsResponse *)
                   qc_shop.reply.response;
    assert_true(response->n_items < SEEN_MAX);
    for (size_t i = 0; i < response->n_items; i++) {
        const Qc__V1__Subscription *s = response->items[i];

        seen[i].state = s->state;
        seen[i].notified_ms = s->notified_ms;
        seen[i].queue = (unsigned)(s->subject[1] - '0');
        seen[i].open = s->claim_until_ms != 0;
        snprintf(seen[i].id, sizeof(seen[i].id), "%s", s->subscription_id);
    }
    return response->n_items;
}

/* What a subscription may have become since. */
static void check_one(const struct seen *was, const struct seen *now)
{
    if (was->state != WAITING && was->state != NOTIFIED) {
        assert_int_equal(was->state, now->state);
        assert_true(was->open || !now->open);
    }
    if (was->notified_ms != 0) {
        assert_true(was->notified_ms == now->notified_ms);
        assert_true(now->state != WAITING);
    }
}

/* Looks at all subscriptions. |told|: nothing but the telling has happened, so
 * agents are as they were then. */
static void look(bool told)
{
    static struct seen now[SEEN_MAX];
    size_t n = list(now);
    unsigned before[QUEUES] = {0};
    unsigned after[QUEUES] = {0};
    unsigned n_new = 0;

    for (size_t i = 0; i < n; i++) {
        const struct seen *was = find_seen(now[i].id);
        bool is_new = now[i].open && was != NULL && !was->open;

        if (was != NULL) {
            check_one(was, &now[i]);
        }
        n_new += is_new ? 1 : 0;
        before[now[i].queue] += now[i].open && !is_new ? 1 : 0;
        after[now[i].queue] += now[i].open ? 1 : 0;
    }
    if (told && n_new > 0) {
        find_free();
        assert_int_equal(count_given(before) + n_new, count_given(after));
    }
    n_told += n_new;
    memcpy(all, now, sizeof(all));
    n_all = n;
}

/* --- steps; each gives whether it was done -------------------------------- */

static bool come(unsigned n)
{
    (void)n;
    return QC_ASK(
        "EnqueueInteraction media=MEDIA_VOICE subject=q%u connector=pbx "
        "ext_ref=c%u",
        qc_shop_draw(QUEUES), qc_shop.n_calls++);
}

/* All of them, or they would all be gone soon. */
static bool live(unsigned agent)
{
    bool any = false;

    (void)agent;
    for (unsigned i = 0; i < AGENTS; i++) {
        any = QC_ASK("Heartbeat session_id=%s", qc_shop.sessions[i]) || any;
    }
    return any;
}

static bool wait(unsigned n)
{
    (void)n;
    qc_world_pass(&qc_shop.world, qc_shop.world.now_ms + qc_shop_draw(30000));
    look(false);
    return true;
}

static struct qc_shop_step steps[] = {
    {"subscribe", 14, qc_visitors_subscribe, 0},
    {"claim", 1, qc_visitors_claim, 0},
    {"decline", 12, qc_visitors_decline, 0},
    {"cancel", 1, qc_visitors_cancel, 0},
    {"allocate", 4, qc_visitors_allocate, 0},
    {"call", 3, qc_visitors_call, 0},
    {"come", 1, come, 0},
    {"end", 14, qc_shop_end_call, 0},
    {"push", 4, qc_visitors_push, 0},
    {"log in", 3, qc_shop_log_in, 0},
    {"not ready", 1, qc_shop_not_ready, 0},
    {"ready", 8, qc_shop_set_ready, 0},
    {"live", 6, live, 0},
    {"accept", 6, qc_shop_accept, 0},
    {"wait", 3, wait, 0},
};

enum {
    N_STEPS = sizeof(steps) / sizeof(steps[0]),
};

static void no_agent_is_told_to_two(void **state)
{
    (void)state;
    open_shop();
    for (unsigned i = 0; i < STEPS; i++) {
        qc_shop_do_some(steps, N_STEPS);
        look(false);
        qc_world_pass(&qc_shop.world, qc_shop.world.now_ms + 2);
        look(true);
        if (i % VERIFY_EVERY == 0) {
            qc_world_verify(&qc_shop.world);
        }
    }
    qc_shop_did_all(steps, N_STEPS);
    if (n_told < 100) {
        fail_msg("only %u were told", n_told);
    }
    qc_world_verify(&qc_shop.world);
    qc_world_close(&qc_shop.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_agent_is_told_to_two),
    };

    return cmocka_run_group_tests_name("told at random", tests, NULL, NULL);
}
