/* Token buckets: what a tenant may send, and when it may again. */
#include "rpc/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    TENANT = 7,
    PER_S = 100,
    BURST = 5,
    NOW_MS = 1000000,
};

static int64_t take(struct qc_rates *rates,
                    uint32_t tenant,
                    bool reads,
                    int64_t now_ms)
{
    return qc_rates_take(rates, tenant, reads, PER_S, BURST, now_ms);
}

static int setup(void **state)
{
    *state = qc_rates_new();
    return *state == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    qc_rates_free(*state);
    return 0;
}

static void empty(struct qc_rates *rates)
{
    for (unsigned i = 0; i < BURST; i++) {
        assert_int_equal(take(rates, TENANT, false, NOW_MS), 0);
    }
}

static void the_burst_passes_and_the_next_must_wait(void **state)
{
    empty(*state);
    assert_int_equal(take(*state, TENANT, false, NOW_MS), 1000 / PER_S);
}

static void whoever_waits_as_told_passes(void **state)
{
    int64_t wait_ms;

    empty(*state);
    wait_ms = take(*state, TENANT, false, NOW_MS);
    assert_int_not_equal(take(*state, TENANT, false, NOW_MS + wait_ms - 1), 0);
    assert_int_equal(take(*state, TENANT, false, NOW_MS + wait_ms), 0);
}

static void reads_are_counted_apart(void **state)
{
    empty(*state);
    assert_int_equal(take(*state, TENANT, true, NOW_MS), 0);
}

static void one_tenant_does_not_slow_another(void **state)
{
    empty(*state);
    assert_int_equal(take(*state, TENANT + 1, false, NOW_MS), 0);
}

static void a_long_pause_saves_no_more_than_the_burst(void **state)
{
    int64_t later_ms = NOW_MS + (int64_t)365 * 24 * 60 * 60 * 1000;

    empty(*state);
    for (unsigned i = 0; i < BURST; i++) {
        assert_int_equal(take(*state, TENANT, false, later_ms), 0);
    }
    assert_int_not_equal(take(*state, TENANT, false, later_ms), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(the_burst_passes_and_the_next_must_wait),
        TEST(whoever_waits_as_told_passes),
        TEST(reads_are_counted_apart),
        TEST(one_tenant_does_not_slow_another),
        TEST(a_long_pause_saves_no_more_than_the_burst),
#undef TEST
    };

    return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
