/* Visitors who want to be told, agents of three queues that overlap, and calls,
 * at random. After each step: whoever is told adds an agent to those that all
 * who may claim could be given, so that no agent is told to two; nobody is told
 * twice; and what has ended stays as it is. All rows are verified. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "command/test/world.h"
#include "quorumcall/v1/agent_service.pb-c.h"
#include "quorumcall/v1/effect_service.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"

enum {
    AGENTS = 4,
    QUEUES = 3,
    VISITORS = 16,
    SEEN_MAX = 500,
    STEPS = 3000,
    VERIFY_EVERY = 7,
    START_MS = 1000000,
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

/* A visitor: an app, with what it was given last. */
struct visitor {
    char subscription[32];
    char token[64];
    char number[32];
};

/* A subscription, as it was when it was looked at last. */
struct seen {
    char id[32];
    Qc__V1__SubscriptionState state;
    int64_t notified_ms;
    unsigned queue;
    bool open; /* Who was told may claim, or is about to call. */
};

static struct qc_world world;
static struct qc_reply reply;
static struct visitor visitors[VISITORS];
static char sessions[AGENTS][32];
static struct seen all[SEEN_MAX];
static size_t n_all;
static unsigned n_calls;
static unsigned event_seq;
static unsigned n_done[32]; /* Of each kind of step. */
static unsigned n_told;

static uint64_t seed = 11;

static uint32_t draw(uint32_t below)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(seed >> 33) % below;
}

#define ASK(...) qc_world_call(&world, &reply, __VA_ARGS__)

static void open_shop(void)
{
    static const struct qc_member only = {1, "node1:7400", true};

    qc_world_open(&world, START_MS);
    qc_world_configure(&world, &only, 1);
    assert_true(ASK("ReportNode node_id=1 version_max=4 release=test"));
    assert_true(ASK("PutTenant tenant.key=shop tenant.quotas.subjects=8 "
                    "tenant.no_phone_limit=true "
                    "tenant.runtime_retention_ms=600000"));
    for (unsigned i = 0; i < QUEUES; i++) {
        assert_true(ASK("PutQueue queue.key=q%u", i));
        assert_true(ASK("PutSubject subject.key=q%u subject.queue=q%u "
                        "subject.no_acw=true %s",
                        i, i,
                        i == 1 ? ""
                               : "subject.thresholds.0.media=MEDIA_VOICE "
                                 "subject.thresholds.0.ewt_ms=60000"));
        assert_true(ASK("PutPool pool.key=p%u pool.subject=q%u "
                        "pool.quarantine_ms=1000 pool.grace_ms=1000",
                        i, i));
        for (unsigned k = 0; k < 4; k++) {
            assert_true(ASK("PutNumber number.number=+4420794600%u%u "
                            "number.pool=p%u",
                            i, k, i));
        }
    }
    assert_true(ASK("PutAgent agent.key=agent0 agent.queues=q0"));
    assert_true(ASK("PutAgent agent.key=agent1 agent.queues=q0,q1"));
    assert_true(ASK("PutAgent agent.key=agent2 agent.queues=q1,q2"));
    assert_true(ASK("PutAgent agent.key=agent3 agent.queues=q2"));
}

/* --- what may never be
 * --------------------------------------------------------- */

static bool is_free[AGENTS];
static int given[AGENTS]; /* To which queue's claim; -1: to none. */

static void find_free(void)
{
    for (unsigned i = 0; i < AGENTS; i++) {
        const Qc__V1__GetDesktopResponse *desk;

        is_free[i] = false;
        if (ASK("GetDesktop agent=agent%u", i)) {
            desk = (const Qc__V1__GetDesktopResponse *)reply.response;
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

    assert_true(ASK("ListAvailabilitySubscriptions page_size=500"));
    response =
        (const Qc__V1__ListAvailabilitySubscriptionsResponse *)reply.response;
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

/* --- steps; each gives whether it was done
 * ------------------------------------ */

static void keep_token(struct visitor *visitor, ProtobufCBinaryData token)
{
    visitor->token[0] = '\0';
    for (size_t i = 0; i < token.len; i++) {
        snprintf(visitor->token + 2 * i, 3, "%02x", token.data[i]);
    }
}

static bool subscribe(unsigned n)
{
    struct visitor *visitor = &visitors[draw(VISITORS)];
    const Qc__V1__SubscribeAgentAvailableResponse *response;

    (void)n;
    if (!ASK("SubscribeAgentAvailable subject=q%u push_provider=fcm "
             "token_ref=device customer_phone=+4477009000%02u%s%s",
             draw(QUEUES), (unsigned)(visitor - visitors),
             visitor->token[0] != '\0' ? " visit_token=" : "",
             visitor->token)) {
        return false;
    }
    response = (const Qc__V1__SubscribeAgentAvailableResponse *)reply.response;
    snprintf(visitor->subscription, sizeof(visitor->subscription), "%s",
             response->subscription_id);
    keep_token(visitor, response->visit_token);
    return true;
}

/* The first from a random one on that is open, or is not; NULL: there is none.
 */
static const struct seen *find_some(bool open)
{
    size_t from = n_all > 0 ? draw((uint32_t)n_all) : 0;

    for (size_t i = 0; i < n_all; i++) {
        const struct seen *one = &all[(from + i) % n_all];

        if (one->open == open) {
            return one;
        }
    }
    return NULL;
}

static bool answer(const char *method, bool open)
{
    const struct seen *some = find_some(open);

    return some != NULL && ASK("%s subscription_id=%s", method, some->id);
}

static bool claim(unsigned n)
{
    (void)n;
    return answer("ClaimAvailability", true);
}

static bool decline(unsigned n)
{
    (void)n;
    return answer("DeclineAvailability", true);
}

static bool cancel(unsigned n)
{
    (void)n;
    return answer("CancelAvailabilitySubscription", draw(2) == 0);
}

/* Who has an open subscription gets a number for it. */
static bool allocate(unsigned n)
{
    const struct seen *some = find_some(true);
    const Qc__V1__AllocateNumberResponse *response;

    (void)n;
    for (unsigned i = 0; some != NULL && i < VISITORS; i++) {
        struct visitor *visitor = &visitors[i];

        if (strcmp(visitor->subscription, some->id) == 0 &&
            ASK("AllocateNumber subject=q%u origin=ORIGIN_MOBILE "
                "customer_phone=+4477009000%02u availability_claim=%s "
                "visit_token=%s",
                some->queue, i, visitor->subscription, visitor->token)) {
            response = (const Qc__V1__AllocateNumberResponse *)reply.response;
            snprintf(visitor->number, sizeof(visitor->number), "%s",
                     response->number);
            return true;
        }
    }
    return false;
}

static bool call(unsigned n)
{
    const struct visitor *visitor = &visitors[draw(VISITORS)];

    (void)n;
    return visitor->number[0] != '\0' &&
           ASK("MatchCall dnis=%s ani=+4477009000%02u connector=pbx "
               "ext_ref=c%u",
               visitor->number, (unsigned)(visitor - visitors), n_calls++);
}

static bool come(unsigned n)
{
    (void)n;
    return ASK("EnqueueInteraction media=MEDIA_VOICE subject=q%u connector=pbx "
               "ext_ref=c%u",
               draw(QUEUES), n_calls++);
}

static bool end_call(unsigned n)
{
    (void)n;
    return n_calls > 0 &&
           ASK("ReportCallEvent connector=pbx ext_ref=c%u "
               "event=CALL_EVENT_ENDED event_seq=%u",
               n_calls - 1 - draw(n_calls < 24 ? n_calls : 24), ++event_seq);
}

static bool push(unsigned n)
{
    const Qc__V1__LeaseEffectsResponse *response;
    const Qc__V1__LeasedEffect *effect;

    (void)n;
    if (!ASK("LeaseEffects connector=fcm max=1 "
             "kinds=EFFECT_KIND_PUSH_SEND")) {
        return false;
    }
    response = (const Qc__V1__LeaseEffectsResponse *)reply.response;
    if (response->n_items == 0) {
        return false;
    }
    effect = response->items[0];
    return ASK("%s effect_id=%s token=%llu",
               draw(4) == 0 ? "NackEffect" : "AckEffect", effect->effect_id,
               (unsigned long long)effect->token);
}

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

static bool not_ready(unsigned agent)
{
    return ASK("SetNotReady session_id=%s reason=lunch", sessions[agent]);
}

static bool set_ready(unsigned agent)
{
    return ASK("SetReady session_id=%s", sessions[agent]);
}

/* All of them, or they would all be gone soon. */
static bool live(unsigned agent)
{
    bool any = false;

    (void)agent;
    for (unsigned i = 0; i < AGENTS; i++) {
        any = ASK("Heartbeat session_id=%s", sessions[i]) || any;
    }
    return any;
}

static bool accept(unsigned agent)
{
    const Qc__V1__GetDesktopResponse *desk;
    char offer[32];

    if (!ASK("GetDesktop agent=agent%u", agent)) {
        return false;
    }
    desk = (const Qc__V1__GetDesktopResponse *)reply.response;
    if (desk->presence->n_work == 0) {
        return false;
    }
    snprintf(offer, sizeof(offer), "%s", desk->presence->work[0]->offer_id);
    return ASK("AcceptOffer offer_id=%s session_id=%s", offer, sessions[agent]);
}

static bool wait(unsigned n)
{
    (void)n;
    qc_world_pass(&world, world.now_ms + draw(30000));
    look(false);
    return true;
}

static const struct {
    const char *name;
    unsigned weight;
    bool (*step)(unsigned agent);
} steps[] = {
    {"subscribe", 12, subscribe},
    {"claim", 1, claim},
    {"decline", 9, decline},
    {"cancel", 2, cancel},
    {"allocate", 4, allocate},
    {"call", 3, call},
    {"come", 1, come},
    {"end", 14, end_call},
    {"push", 4, push},
    {"log in", 3, log_in},
    {"not ready", 1, not_ready},
    {"ready", 8, set_ready},
    {"live", 6, live},
    {"accept", 6, accept},
    {"wait", 3, wait},
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

static void no_agent_is_told_to_two(void **state)
{
    (void)state;
    open_shop();
    for (unsigned i = 0; i < STEPS; i++) {
        size_t step = draw_step();

        n_done[step] += steps[step].step(draw(AGENTS)) ? 1 : 0;
        look(false);
        qc_world_pass(&world, world.now_ms + 2);
        look(true);
        if (i % VERIFY_EVERY == 0) {
            qc_world_verify(&world);
        }
    }
    for (size_t i = 0; i < N_STEPS; i++) {
        if (n_done[i] == 0) {
            fail_msg("nobody could %s", steps[i].name);
        }
    }
    if (n_told < 100) {
        fail_msg("only %u were told", n_told);
    }
    qc_world_verify(&world);
    qc_world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_agent_is_told_to_two),
    };

    return cmocka_run_group_tests_name("told at random", tests, NULL, NULL);
}
