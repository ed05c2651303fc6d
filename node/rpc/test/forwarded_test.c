#include "rpc/forwarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/limits.h"
#include "codec/msgpack.h"
#include "command/table.h"
#include "quorumcall/v1/admin_service.pb-c.h"

enum {
    ARENA_SIZE = 1024 * 1024,
};

struct fixture {
    struct qc_arena arena;
    Qc__V1__PutTenantRequest request;
    Qc__V1__Tenant tenant;
    struct qc_command command;
};

static int setup(void **state)
{
    static struct fixture fixture;
    const struct qc_method *method =
        qc_method_of_path("/quorumcall.v1.AdminService/PutTenant");

    qc_arena_init(&fixture.arena, ARENA_SIZE);
    qc__v1__put_tenant_request__init(&fixture.request);
    qc__v1__tenant__init(&fixture.tenant);
    fixture.tenant.key = (char *)(uintptr_t) "shop";
    fixture.request.tenant = &fixture.tenant;
    fixture.command = (struct qc_command){
        .id = method->id,
        .principal = "local",
        .client_id = "test",
        .request_id = "1",
    };
    *state = &fixture;
    return qc_limits_load() ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    qc_arena_done(&f->arena);
    return 0;
}

static bool is_sound(struct fixture *f)
{
    assert_true(
        qc_msgpack_write(&f->request.base, &f->arena, &f->command.body));
    return qc_forwarded_is_sound(&f->command);
}

static void what_an_edge_lets_through_is_sound(void **state)
{
    assert_true(is_sound(*state));
}

/* Every node would look into the tenant that is not there. */
static void a_command_without_what_it_needs_is_not(void **state)
{
    struct fixture *f = *state;

    f->request.tenant = NULL;
    assert_false(is_sound(f));
}

static void a_command_beyond_its_limits_is_not(void **state)
{
    struct fixture *f = *state;

    f->tenant.default_country = (char *)(uintptr_t) "Great Britain";
    assert_false(is_sound(f));
}

static void a_command_that_its_check_refuses_is_not(void **state)
{
    struct fixture *f = *state;

    f->tenant.no_ip_limit = true;
    f->tenant.max_live_per_ip = 1;
    assert_false(is_sound(f));
}

static void a_command_that_is_none_is_not(void **state)
{
    struct fixture *f = *state;

    f->command.body = (struct qc_bytes){(const uint8_t *)"\x81\x01", 2};
    assert_false(qc_forwarded_is_sound(&f->command));
    assert_true(is_sound(f));
    f->command.id = 0; /* As queries have. */
    assert_false(qc_forwarded_is_sound(&f->command));
    f->command.id = UINT32_MAX;
    assert_false(qc_forwarded_is_sound(&f->command));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_an_edge_lets_through_is_sound,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_command_without_what_it_needs_is_not,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_command_beyond_its_limits_is_not,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_command_that_its_check_refuses_is_not,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_command_that_is_none_is_not, setup,
                                        teardown),
    };

    return cmocka_run_group_tests_name("forwarded", tests, NULL, NULL);
}
