/* What one change makes possible for many agents at once is offered piece by
 * piece, and all of it in the end. */
#include "machine/rematch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "command/test/world.h"
#include "quorumcall/v1/agent_service.pb-c.h"

enum {
    AGENTS = 20,
    CHATS = 300, /* More than two pieces, and not all can be taken. */
};

static struct qc_world world;
static struct qc_reply reply;

#define ASK(...) qc_world_call(&world, &reply, __VA_ARGS__)

/* Agents with room for one chat each; the others wait. */
static void open_shop(void)
{
    qc_world_open_alone(&world);
    assert_true(ASK("PutTenant tenant.key=shop tenant.unit_costs.chat=100"));
    for (unsigned i = 0; i < AGENTS; i++) {
        assert_true(
            ASK("PutAgent agent.key=agent%u agent.media_caps.chat=20", i));
        assert_true(ASK("Login agent=agent%u ready=true", i));
    }
    for (unsigned i = 0; i < CHATS; i++) {
        assert_true(ASK("EnqueueInteraction media=MEDIA_CHAT subject=subject1 "
                        "connector=web ext_ref=w%u",
                        i));
    }
}

static unsigned offered(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < AGENTS; i++) {
        const Qc__V1__GetDesktopResponse *desk;

        assert_true(ASK("GetDesktop agent=agent%u", i));
        desk = (const Qc__V1__GetDesktopResponse *)reply.response;
        n += (unsigned)desk->presence->n_work;
    }
    return n;
}

static void what_a_change_frees_is_offered_in_pieces(void **state)
{
    (void)state;
    open_shop();
    assert_int_equal(offered(), AGENTS);
    assert_true(ASK("PutTenant tenant.key=shop tenant.unit_costs.chat=7"));
    assert_int_equal(offered(), AGENTS + QC_REMATCH_OFFERS_MAX);
    qc_world_verify(&world);
    qc_world_pass(&world, QC_WORLD_START_MS + 2);
    assert_int_equal(offered(), 14 * AGENTS);
    qc_world_verify(&world);
    qc_world_close(&world);
}

static void a_change_while_offers_are_made_begins_anew(void **state)
{
    (void)state;
    open_shop();
    assert_true(ASK("PutTenant tenant.key=shop tenant.unit_costs.chat=10"));
    assert_int_equal(offered(), AGENTS + QC_REMATCH_OFFERS_MAX);
    /* The first ones can take more than what they have been asked for. */
    assert_true(ASK("PutTenant tenant.key=shop tenant.unit_costs.chat=7"));
    qc_world_verify(&world);
    qc_world_pass(&world, QC_WORLD_START_MS + 2);
    assert_int_equal(offered(), 14 * AGENTS);
    qc_world_verify(&world);
    qc_world_close(&world);
}

static void agents_of_a_file_are_asked_what_they_can_take_now(void **state)
{
    (void)state;
    open_shop();
    assert_true(
        ASK("ImportConfig items.0.agent.key=agent3 "
            "items.0.agent.units=300 items.0.agent.media_caps.chat=20 "
            "items.1.agent.key=agent5 "
            "items.1.agent.units=200 items.1.agent.media_caps.chat=20"));
    assert_int_equal(offered(), AGENTS + 3);
    qc_world_verify(&world);
    qc_world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_change_frees_is_offered_in_pieces),
        cmocka_unit_test(a_change_while_offers_are_made_begins_anew),
        cmocka_unit_test(agents_of_a_file_are_asked_what_they_can_take_now),
    };

    return cmocka_run_group_tests_name("rematching", tests, NULL, NULL);
}
