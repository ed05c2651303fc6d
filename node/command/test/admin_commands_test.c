#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "command/test/world.h"
#include "quorumcall/v1/admin_service.pb-c.h"

/* ImportConfig, which a story cannot tell: its items are one thing of many.
 * The rest of AdminService is in stories/. */

static const struct qc_method *method(const char *name)
{
    const struct qc_method *found = qc_method_of_path(name);

    assert_non_null(found);
    return found;
}

static int setup(void **state)
{
    static struct qc_world world;
    Qc__V1__PutTenantRequest request = QC__V1__PUT_TENANT_REQUEST__INIT;
    Qc__V1__Tenant tenant = QC__V1__TENANT__INIT;
    struct qc_reply reply;

    qc_world_open(&world, 1000000);
    tenant.key = "acme";
    request.tenant = &tenant;
    request.client_ts_ms = world.now_ms;
    qc_world_ask(&world, method("/quorumcall.v1.AdminService/PutTenant"),
                 &request.base, NULL, &reply);
    assert_int_equal(reply.refusal, 0);
    *state = &world;
    return 0;
}

static int teardown(void **state)
{
    qc_world_verify(*state);
    qc_world_close(*state);
    return 0;
}

/* Imports a branch called |branch| and a pool of |subject|. */
static struct qc_reply import(struct qc_world *world,
                              const char *branch,
                              const char *subject)
{
    Qc__V1__ImportConfigRequest request = QC__V1__IMPORT_CONFIG_REQUEST__INIT;
    Qc__V1__ConfigItem items[] = {QC__V1__CONFIG_ITEM__INIT,
                                  QC__V1__CONFIG_ITEM__INIT};
    Qc__V1__ConfigItem *list[] = {&items[0], &items[1]};
    Qc__V1__Branch wanted_branch = QC__V1__BRANCH__INIT;
    Qc__V1__Pool wanted_pool = QC__V1__POOL__INIT;
    struct qc_reply reply;

    wanted_branch.key = branch;
    items[0].item_case = QC__V1__CONFIG_ITEM__ITEM_BRANCH;
    items[0].branch = &wanted_branch;
    wanted_pool.key = "sales";
    wanted_pool.subject = subject;
    items[1].item_case = subject != NULL ? QC__V1__CONFIG_ITEM__ITEM_POOL
                                         : QC__V1__CONFIG_ITEM__ITEM__NOT_SET;
    items[1].pool = &wanted_pool;
    request.items = list;
    request.n_items = 2;
    request.client_ts_ms = world->now_ms;
    qc_world_ask(world, method("/quorumcall.v1.AdminService/ImportConfig"),
                 &request.base, NULL, &reply);
    return reply;
}

static bool has_branch(struct qc_world *world, const char *key)
{
    Qc__V1__GetBranchRequest request = QC__V1__GET_BRANCH_REQUEST__INIT;
    struct qc_reply reply;

    request.key = key;
    qc_world_ask(world, method("/quorumcall.v1.AdminService/GetBranch"),
                 &request.base, NULL, &reply);
    return reply.refusal == 0;
}

static void an_import_says_what_became_of_its_items(void **state)
{
    struct qc_world *world = *state;
    const Qc__V1__ImportConfigResponse *response;
    struct qc_reply reply = import(world, "soho", "subject1");

    assert_int_equal(reply.refusal, 0);
    response = (const Qc__V1__ImportConfigResponse *)reply.response;
    assert_int_equal(response->created, 2);

    reply = import(world, "soho", "subject2");
    assert_int_equal(reply.refusal, 0);
    response = (const Qc__V1__ImportConfigResponse *)reply.response;
    assert_int_equal(response->created, 0);
    assert_int_equal(response->updated, 1);
    assert_int_equal(response->unchanged, 1);
}

static void a_refused_import_names_the_item_and_leaves_nothing(void **state)
{
    struct qc_world *world = *state;
    struct qc_reply reply = import(world, "soho", "nobody");

    assert_int_equal(reply.refusal, QC_REFUSED_SUBJECT_UNKNOWN);
    assert_string_equal(reply.detail.field, "items[1].pool.subject");
    assert_false(has_branch(world, "soho"));
}

static void an_item_that_is_nothing_is_refused(void **state)
{
    struct qc_world *world = *state;
    struct qc_reply reply = import(world, "soho", NULL);

    assert_int_equal(reply.refusal, QC_REFUSED_INVALID);
    assert_string_equal(reply.detail.field, "items");
    assert_false(has_branch(world, "soho"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(an_import_says_what_became_of_its_items),
        TEST(a_refused_import_names_the_item_and_leaves_nothing),
        TEST(an_item_that_is_nothing_is_refused),
#undef TEST
    };

    return cmocka_run_group_tests_name("admin commands", tests, NULL, NULL);
}
