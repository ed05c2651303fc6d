/* Whose desktop has changed is told: of whoever is at what has, and of nobody
 * else. */
#include "machine/desktop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "command/test/world.h"

enum {
    TEXT_SIZE = 64,
};

struct fixture {
    struct qc_world world;
    struct qc_reply reply;
    struct qc_desktop_listener listener;
    bool amy; /* Whether it was told of. */
    bool bob;
    char session[TEXT_SIZE]; /* Amy's. */
    char offer[TEXT_SIZE];   /* Hers, of the call c1. */
};

#define ASK(f, ...) \
    assert_true(qc_world_call(&(f)->world, &(f)->reply, __VA_ARGS__))

static void on_changed(void *ctx, uint32_t tenant, const char *agent)
{
    struct fixture *f = ctx;

    assert_int_not_equal(tenant, 0);
    f->amy = f->amy || strcmp(agent, "amy") == 0;
    f->bob = f->bob || strcmp(agent, "bob") == 0;
}

static bool was_told_of_amy_alone(struct fixture *f)
{
    bool told = f->amy && !f->bob;

    f->amy = false;
    f->bob = false;
    return told;
}

static void keep(char text[TEXT_SIZE], const char *from)
{
    assert_in_range(strlen(from), 1, TEXT_SIZE - 1);
    memcpy(text, from, strlen(from) + 1);
}

/* Amy and Bob are there, and Amy is asked to take a call. */
static int setup(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;
    const Qc__V1__GetDesktopResponse *desktop;

    *f = (struct fixture){.listener = {.changed = on_changed, .ctx = f}};
    qc_world_open_alone(&f->world);
    ASK(f, "PutTenant tenant.key=shop");
    ASK(f, "PutAgent agent.key=amy");
    ASK(f, "PutAgent agent.key=bob");
    ASK(f, "Login agent=bob");
    ASK(f, "Login agent=amy ready=true");
    keep(f->session,
         ((const Qc__V1__LoginResponse *)f->reply.response)->session_id);
    ASK(f, "EnqueueInteraction subject=subject1 connector=pbx ext_ref=c1");
    ASK(f, "GetDesktop agent=amy");
    desktop = (const Qc__V1__GetDesktopResponse *)f->reply.response;
    keep(f->offer, desktop->presence->work[0]->offer_id);
    f->world.machine.desktops = &f->listener;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    qc_world_close(&f->world);
    return 0;
}

static void who_takes_what_is_offered_has_another_desktop(void **state)
{
    struct fixture *f = *state;

    ASK(f, "AcceptOffer offer_id=%s session_id=%s", f->offer, f->session);
    assert_true(was_told_of_amy_alone(f));
}

static void who_does_not_take_it_in_time_has_another_desktop(void **state)
{
    struct fixture *f = *state;

    qc_world_pass(&f->world, QC_WORLD_START_MS + 20 * 1000);
    assert_true(was_told_of_amy_alone(f));
}

static void what_becomes_of_a_call_changes_the_desktop_it_is_on(void **state)
{
    struct fixture *f = *state;

    ASK(f, "AcceptOffer offer_id=%s session_id=%s", f->offer, f->session);
    (void)was_told_of_amy_alone(f);
    ASK(f, "ReportCallEvent connector=pbx ext_ref=c1 event=CALL_EVENT_HELD "
           "event_seq=1");
    assert_true(was_told_of_amy_alone(f));
}

static void what_is_written_of_a_wrap_up_changes_the_desktop(void **state)
{
    struct fixture *f = *state;
    const Qc__V1__GetDesktopResponse *desktop;

    ASK(f, "AcceptOffer offer_id=%s session_id=%s", f->offer, f->session);
    ASK(f, "ReportCallEvent connector=pbx ext_ref=c1 event=CALL_EVENT_ENDED "
           "event_seq=1");
    ASK(f, "GetDesktop agent=amy");
    desktop = (const Qc__V1__GetDesktopResponse *)f->reply.response;
    (void)was_told_of_amy_alone(f);
    ASK(f, "AddNote interaction_id=%s session_id=%s note=x",
        desktop->interactions[0]->interaction_id, f->session);
    assert_true(was_told_of_amy_alone(f));
}

static void what_others_do_changes_no_desktop(void **state)
{
    struct fixture *f = *state;

    ASK(f, "EnqueueInteraction subject=subject1 connector=pbx ext_ref=c2");
    ASK(f, "GetDesktop agent=amy");
    assert_false(f->amy);
    assert_false(f->bob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            who_takes_what_is_offered_has_another_desktop, setup, teardown),
        cmocka_unit_test_setup_teardown(
            who_does_not_take_it_in_time_has_another_desktop, setup, teardown),
        cmocka_unit_test_setup_teardown(
            what_becomes_of_a_call_changes_the_desktop_it_is_on, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            what_is_written_of_a_wrap_up_changes_the_desktop, setup, teardown),
        cmocka_unit_test_setup_teardown(what_others_do_changes_no_desktop,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
