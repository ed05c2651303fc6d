/* Token buckets: what a tenant may send, and when it may again. */
#include "rpc/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
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
    return qc_rates_take(
        rates, reads ? QC_RATE_TENANT_READS : QC_RATE_TENANT_WRITES,
        (struct qc_bytes){(const uint8_t *)&tenant, sizeof(tenant)},
        (struct qc_rate){PER_S, BURST}, now_ms);
}

static int setup(void **state)
{
    static const uint8_t secret[QC_SIPHASH_KEY_SIZE] = "0123456789abcde";

    *state = qc_rates_new(secret);
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

/* Those who used up what they had, and left, fill every place at first. */
static void who_has_gone_keeps_no_place_from_two_who_are_busy(void **state)
{
    int64_t later_ms = NOW_MS + 60 * 1000;
    unsigned n_passed = 0;

    for (uint32_t gone = 1000; gone < 100000; gone++) {
        for (unsigned i = 0; i <= BURST; i++) {
            (void)take(*state, gone, true, NOW_MS);
        }
    }
    /* So many, each in turn, that two and more share every set of places. */
    for (unsigned round = 0; round < 2 * BURST; round++) {
        for (uint32_t busy = 0; busy < 3000; busy++) {
            n_passed += take(*state, busy, false, later_ms) == 0 ? 1 : 0;
        }
    }
    assert_in_range(n_passed, 3000 * BURST, 3000 * BURST + 300);
}

/* However many come, whoever sends without a pause stays where they are: what
 * makes room is what has been idle longest. */
static void a_crowd_of_others_does_not_refill_who_is_busy(void **state)
{
    unsigned n_more = 0;

    empty(*state);
    for (uint32_t other = 1000; other < 200000; other++) {
        int64_t now_ms = NOW_MS + other / 100000;

        assert_int_equal(take(*state, other, true, now_ms), 0);
        if (other % 1000 == 0) {
            n_more += take(*state, TENANT, false, now_ms) == 0 ? 1 : 0;
        }
    }
    assert_int_equal(n_more, 0);
}

static void there_is_none_of_a_burst_of_nothing(void **state)
{
    struct qc_rate none = {0, 0};

    assert_int_equal(qc_rates_take(*state, QC_RATE_ADDRESS,
                                   (struct qc_bytes){NULL, 0}, none, NOW_MS),
                     1000);
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
        TEST(a_crowd_of_others_does_not_refill_who_is_busy),
        TEST(who_has_gone_keeps_no_place_from_two_who_are_busy),
        TEST(there_is_none_of_a_burst_of_nothing),
#undef TEST
    };

    return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
