#include "machine/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "command/test/world.h"
#include "quorumcall/v1/number_service.pb-c.h"

enum {
    SUBJECTS = QC_NOTIFY_TRIES_MAX + 40, /* More than one entry looks at. */
};

static struct qc_world world;
static struct qc_reply reply;

#define ASK(...) qc_world_call(&world, &reply, __VA_ARGS__)

/* As many subjects as that, each with a queue and somebody who waits to be
 * told; and an agent for the last of them alone. */
static void open_shop(void)
{
    qc_world_open_alone(&world);
    assert_true(ASK("PutTenant tenant.key=shop tenant.quotas.subjects=256"));
    for (unsigned i = 0; i < SUBJECTS; i++) {
        assert_true(ASK("PutQueue queue.key=q%u", i));
        assert_true(ASK("PutSubject subject.key=s%u subject.queue=q%u", i, i));
        assert_true(ASK("SubscribeAgentAvailable subject=s%u push_provider=fcm "
                        "token_ref=device",
                        i));
    }
    assert_true(ASK("PutAgent agent.key=amy agent.queues=q%u", SUBJECTS - 1));
    qc_world_pass(&world, world.now_ms + 1000);
}

static size_t count(const char *state)
{
    assert_true(ASK("ListAvailabilitySubscriptions page_size=500 "
                    "state=SUBSCRIPTION_STATE_%s",
                    state));
    return ((const Qc__V1__ListAvailabilitySubscriptionsResponse *)
                reply.response)
        ->n_items;
}

static void who_waits_behind_many_subjects_is_told_all_the_same(void **state)
{
    (void)state;
    open_shop();
    assert_int_equal(count("WAITING"), SUBJECTS);
    assert_true(ASK("Login agent=amy ready=true"));
    qc_world_pass(&world, world.now_ms + 1);
    assert_int_equal(count("NOTIFIED"), 0);
    qc_world_pass(&world, world.now_ms + 1);
    assert_int_equal(count("NOTIFIED"), 1);
    assert_int_equal(count("WAITING"), SUBJECTS - 1);
    qc_world_verify(&world);
    qc_world_close(&world);
}

/* What tenant |n|, the n-th that was written, has of its own: somebody who
 * waits to be told, and amy, who could be told of. */
static void open_branch(unsigned n)
{
    assert_true(ASK("PutTenant tenant.key=shop%u tenant.quotas.subjects=8", n));
    world.tenant = n;
    assert_true(ASK("PutQueue queue.key=care"));
    assert_true(ASK("PutSubject subject.key=care subject.queue=care"));
    assert_true(ASK("SubscribeAgentAvailable subject=care push_provider=fcm "
                    "token_ref=device"));
    assert_true(ASK("PutAgent agent.key=amy"));
}

static void nobody_is_told_of_another_tenants_agent(void **state)
{
    (void)state;
    qc_world_open_alone(&world);
    open_branch(1);
    open_branch(2);
    assert_true(ASK("Login agent=amy ready=true"));
    qc_world_pass(&world, world.now_ms + 1000);
    assert_int_equal(count("NOTIFIED"), 1);
    world.tenant = 1;
    assert_int_equal(count("NOTIFIED"), 0);
    assert_int_equal(count("WAITING"), 1);

    /* Its own agent is another one, of the same key. */
    assert_true(ASK("Login agent=amy ready=true"));
    qc_world_pass(&world, world.now_ms + 1000);
    assert_int_equal(count("NOTIFIED"), 1);
    qc_world_verify(&world);
    qc_world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_waits_behind_many_subjects_is_told_all_the_same),
        cmocka_unit_test(nobody_is_told_of_another_tenants_agent),
    };

    return cmocka_run_group_tests_name("who is told", tests, NULL, NULL);
}
