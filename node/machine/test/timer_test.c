#include "machine/timer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/index.h"
#include "machine/meta.h"
#include "machine/number.h"
#include "machine/row.h"
#include "machine/test/fixture.h"

/*
 * The timers here are those of resting numbers and pairs, and those by which
 * allocations are forgotten: there is no other way to have one.
 */

enum {
    REST_MS = 1000,
    N_COMMANDS = 112, /* Of each entry, if nothing else is said. */
    LIMIT = QC_TIMERS_ALONE + N_COMMANDS,
    MANY = LIMIT + LIMIT / 2,
    SHARE = LIMIT / 3, /* Of three tenants; two timers are over. */
};

static const char *nth_number(unsigned n)
{
    static char text[] = "+44200000000";

    for (size_t i = strlen(text) - 1; i > 3; i--) {
        text[i] = (char)('0' + n % 10);
        n /= 10;
    }
    return text;
}

/* |n| callers rest on a number of |tenant|, all until the same time. */
static void rest(struct fixture *f, uint32_t tenant, unsigned n, int64_t for_ms)
{
    f->txn.tenant = tenant;
    fixture_pool(f, "shared", QC__V1__MATCH_MODE__MATCH_MODE_DNIS_ANI);
    fixture_number(f, "+442079460001", "shared");
    for (unsigned i = 0; i < n; i++) {
        qc_number_pair_rests(&f->txn, "+442079460001", nth_number(i), i + 1,
                             f->txn.now_ms + for_ms);
    }
    assert_int_equal(f->txn.fault, 0);
    f->txn.tenant = FIXTURE_TENANT;
}

/* How many of them still have a row. */
static unsigned resting(struct fixture *f, uint32_t tenant)
{
    struct qc_cursor *cursor;
    struct qc_bytes row;
    struct qc_key prefix;
    struct qc_key key;
    unsigned n = 0;

    qc_key_begin(&prefix, tenant, QC_SPACE_PAIR);
    cursor = qc_open(&f->txn, &prefix, NULL);
    while (qc_next(&f->txn, cursor, &key, &row)) {
        n++;
    }
    qc_close(&f->txn, cursor);
    return n;
}

static void fire_with(struct fixture *f, size_t n_commands)
{
    qc_timer_fire_due(&f->txn, n_commands);
    assert_int_equal(f->txn.fault, 0);
    f->txn.tenant = FIXTURE_TENANT;
}

static void fire(struct fixture *f)
{
    fire_with(f, N_COMMANDS);
}

static void nothing_is_due_before_its_time(void **state)
{
    struct fixture *f = *state;

    assert_true(qc_timer_next_ms(&f->txn) == INT64_MAX);
    rest(f, 1, 1, REST_MS);
    assert_int_equal(qc_timer_next_ms(&f->txn), f->txn.now_ms + REST_MS);
    fixture_next(f, REST_MS - 1);
    fire(f);
    assert_int_equal(resting(f, 1), 1);
    fixture_next(f, 1);
    fire(f);
    assert_int_equal(resting(f, 1), 0);
    assert_true(qc_timer_next_ms(&f->txn) == INT64_MAX);
}

static void the_earliest_of_all_tenants_is_the_next(void **state)
{
    struct fixture *f = *state;

    fixture_tenant(f, "bcme");
    rest(f, 1, 1, REST_MS);
    rest(f, 2, 1, REST_MS / 2);
    assert_int_equal(qc_timer_next_ms(&f->txn), f->txn.now_ms + REST_MS / 2);
    fixture_reopen(f);
    assert_int_equal(qc_timer_next_ms(&f->txn), f->txn.now_ms + REST_MS / 2);
    fixture_next(f, REST_MS / 2);
    fire(f);
    assert_int_equal(resting(f, 1), 1);
    assert_int_equal(resting(f, 2), 0);
    assert_int_equal(qc_timer_next_ms(&f->txn), f->txn.now_ms + REST_MS / 2);
}

static void timers_fire_in_the_order_they_are_due(void **state)
{
    const char *const numbers[] = {"+442079460001", "+442079460002",
                                   "+442079460003"};
    const int64_t rest_ms[] = {30, 10, 20};
    struct fixture *f = *state;

    fixture_pool(f, "sales", QC__V1__MATCH_MODE__MATCH_MODE_DNIS);
    for (size_t i = 0; i < 3; i++) {
        fixture_number(f, numbers[i], "sales");
        qc_number_reserve(&f->txn, numbers[i], i + 1);
        qc_number_rests(&f->txn, numbers[i], i + 1, f->txn.now_ms + rest_ms[i]);
    }
    fixture_next(f, 10);
    fire(f);
    assert_string_equal(qc_number_first_free(&f->txn, "sales"), numbers[1]);
    fixture_next(f, 20);
    qc_number_reserve(&f->txn, numbers[1], 9);
    fire(f);
    assert_int_equal(qc_number_get(&f->txn, numbers[0])->number->state,
                     QC__V1__NUMBER_STATE__NUMBER_STATE_FREE);
    assert_int_equal(qc_number_get(&f->txn, numbers[2])->number->state,
                     QC__V1__NUMBER_STATE__NUMBER_STATE_FREE);
}

static void an_entry_fires_no_more_than_its_limit(void **state)
{
    struct fixture *f = *state;

    rest(f, 1, MANY, REST_MS);
    fixture_next(f, REST_MS);
    fire(f);
    assert_int_equal(resting(f, 1), MANY - LIMIT);
    fixture_next(f, 0);
    fire(f);
    assert_int_equal(resting(f, 1), 0);
}

static void an_entry_fires_more_when_it_has_more_commands(void **state)
{
    struct fixture *f = *state;

    rest(f, 1, MANY, REST_MS);
    fixture_next(f, REST_MS);
    fire_with(f, 0);
    assert_int_equal(resting(f, 1), MANY - QC_TIMERS_ALONE);
    fixture_next(f, 0);
    fire_with(f, 1);
    assert_int_equal(resting(f, 1), MANY - 2 * QC_TIMERS_ALONE - 1);
}

static void an_older_cluster_fires_as_many_as_ever(void **state)
{
    struct fixture *f = *state;

    rest(f, 1, 2 * QC_TIMERS_BEFORE, REST_MS);
    fixture_next(f, REST_MS);
    fire_with(f, 0);
    assert_int_equal(resting(f, 1), QC_TIMERS_BEFORE);
    fixture_next(f, 0);
    fire_with(f, 1);
    assert_int_equal(resting(f, 1), 0);
}

static void as_many_as_the_limit_are_not_shared(void **state)
{
    struct fixture *f = *state;

    rest(f, 1, LIMIT, REST_MS);
    fixture_next(f, REST_MS);
    fire(f);
    assert_int_equal(resting(f, 1), 0);
    assert_int_equal(qc_meta_get(&f->txn)->timers_served, 0);
}

static void too_many_are_shared_by_the_tenants(void **state)
{
    struct fixture *f = *state;

    fixture_tenant(f, "bcme");
    fixture_tenant(f, "ccme");
    rest(f, 1, MANY, REST_MS - 1); /* The greedy one came first. */
    rest(f, 2, SHARE, REST_MS);
    rest(f, 3, 10, REST_MS);
    fixture_next(f, REST_MS);
    fire(f);
    assert_int_equal(resting(f, 3), 0);
    assert_int_equal(resting(f, 2), 0);
    assert_int_equal(resting(f, 1), MANY - (LIMIT - SHARE - 10));
}

static void the_turn_goes_on_after_the_tenant_served_last(void **state)
{
    struct fixture *f = *state;

    fixture_tenant(f, "bcme");
    fixture_tenant(f, "ccme");
    for (uint32_t tenant = 1; tenant <= 3; tenant++) {
        rest(f, tenant, MANY, REST_MS);
    }
    fixture_next(f, REST_MS);
    fire(f);
    assert_int_equal(resting(f, 1), MANY - SHARE - 1);
    assert_int_equal(resting(f, 2), MANY - SHARE - 1);
    assert_int_equal(resting(f, 3), MANY - SHARE);
    fixture_reopen(f);
    fire(f);
    assert_int_equal(resting(f, 1), MANY - SHARE - 1 - SHARE - 1);
    assert_int_equal(resting(f, 2), MANY - SHARE - 1 - SHARE);
    assert_int_equal(resting(f, 3), MANY - SHARE - SHARE - 1);
}

/* How many timers stand in rows of their own; |n_rows_out|: in how many. */
static size_t timers_in_rows(struct fixture *f, size_t *n_rows_out)
{
    struct qc_cursor *cursor;
    struct qc_bytes bytes;
    struct qc_key prefix;
    struct qc_key key;
    size_t n = 0;

    *n_rows_out = 0;

    qc_key_begin(&prefix, FIXTURE_TENANT, QC_SPACE_TIMER);
    cursor = qc_open(&f->txn, &prefix, NULL);
    while (qc_next(&f->txn, cursor, &key, &bytes)) {
        const Qc__State__TimersRow *row =
            qc_row_read(&f->txn, &qc__state__timers_row__descriptor, bytes);

        assert_non_null(row);
        n += row->n_objects;
        *n_rows_out += 1;
    }
    qc_close(&f->txn, cursor);
    return n;
}

static size_t timer_rows(struct fixture *f)
{
    size_t n_rows;

    timers_in_rows(f, &n_rows);
    return n_rows;
}

static void purge(struct fixture *f, int64_t later_ms, uint64_t object)
{
    qc_timer_row_put(&f->txn, QC_TIMER_ALLOC_PURGE, f->txn.now_ms + later_ms,
                     object);
    assert_int_equal(f->txn.fault, 0);
}

static void of_timers_that_are_rows_only_the_next_is_in_memory(void **state)
{
    struct fixture *f = *state;
    size_t indexed;

    purge(f, 500, 1);
    fixture_next(f, 0);
    indexed = qc_index_count(f->machine.index);
    purge(f, 700, 2);
    purge(f, 300, 3);
    fixture_next(f, 0);
    assert_int_equal(qc_index_count(f->machine.index), indexed);
    assert_int_equal(qc_timer_next_ms(&f->txn), f->txn.now_ms + 300);
    fixture_reopen(f);
    assert_int_equal(qc_index_count(f->machine.index), indexed);
    assert_int_equal(qc_timer_next_ms(&f->txn), f->txn.now_ms + 300);
}

static void timers_that_are_rows_go_when_they_fire(void **state)
{
    struct fixture *f = *state;

    purge(f, 500, 1);
    purge(f, 700, 2);
    purge(f, 300, 3);
    fixture_next(f, 500);
    fire(f);
    assert_int_equal(timer_rows(f), 1);
    assert_int_equal(qc_timer_next_ms(&f->txn), f->txn.now_ms + 200);
    fixture_next(f, 200);
    fire(f);
    assert_int_equal(timer_rows(f), 0);
    assert_true(qc_timer_next_ms(&f->txn) == INT64_MAX);
}

static void timers_that_an_entry_writes_for_one_time_are_a_row(void **state)
{
    struct fixture *f = *state;
    size_t n_rows;

    purge(f, 500, 1);
    purge(f, 500, 2);
    fixture_next(f, 0);
    purge(f, 500, 3);
    fixture_next(f, 0);
    assert_int_equal(timers_in_rows(f, &n_rows), 3);
    assert_int_equal(n_rows, 2);
    fixture_next(f, 500);
    fire(f);
    assert_int_equal(timer_rows(f), 0);
}

static void of_a_full_row_no_entry_fires_more_than_it_may(void **state)
{
    struct fixture *f = *state;
    size_t left = 2 * LIMIT + 1;
    size_t n_rows;

    for (size_t i = 0; i < left; i++) {
        purge(f, 500, i + 1);
    }
    fixture_next(f, 500);
    assert_int_equal(timers_in_rows(f, &n_rows), left);
    assert_int_equal(n_rows, 3);
    for (; left > LIMIT; left -= LIMIT) {
        fire(f);
        assert_int_equal(timers_in_rows(f, &n_rows), left - LIMIT);
        fixture_reopen(f);
    }
    fire(f);
    assert_int_equal(timers_in_rows(f, &n_rows), 0);
    assert_true(qc_timer_next_ms(&f->txn) == INT64_MAX);
}

static void a_patient_timer_is_armed_again_once_after_an_outage(void **state)
{
    struct fixture *f = *state;
    Qc__State__Timer *timer =
        qc_timer_new(&f->txn, QC_TIMER_CODE, f->txn.now_ms, 60000);

    assert_non_null(timer);
    f->txn.now_ms += QC_TIMER_LATE_MS;
    assert_null(qc_timer_rearm(&f->txn, timer));
    f->txn.now_ms++;
    timer = qc_timer_rearm(&f->txn, timer);
    assert_non_null(timer);
    assert_int_equal(timer->due_ms, f->txn.now_ms + 60000);
    f->txn.now_ms = timer->due_ms + 1000000;
    assert_null(qc_timer_rearm(&f->txn, timer));
}

static void other_timers_do_not_wait(void **state)
{
    struct fixture *f = *state;
    Qc__State__Timer *timer =
        qc_timer_new(&f->txn, QC_TIMER_ALLOC_EXPIRE, f->txn.now_ms, 60000);

    assert_non_null(timer);
    f->txn.now_ms += 1000000;
    assert_null(qc_timer_rearm(&f->txn, timer));
}

static void a_kind_that_is_not_known_is_a_fault(void **state)
{
    struct fixture *f = *state;
    Qc__State__Timer timer = QC__STATE__TIMER__INIT;
    struct qc_key key;

    timer.kind = 200;
    qc_key_begin(&key, FIXTURE_TENANT, QC_SPACE_NUMBER);
    qc_timer_derive(&f->txn, &key, &timer, QC_DERIVE_ADD);
    assert_int_equal(f->txn.fault, QC_E_NEWER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
#define BREAKS(name)                                     \
    cmocka_unit_test_setup_teardown(name, fixture_setup, \
                                    fixture_teardown_broken)
        TEST(nothing_is_due_before_its_time),
        TEST(the_earliest_of_all_tenants_is_the_next),
        TEST(timers_fire_in_the_order_they_are_due),
        TEST(an_entry_fires_no_more_than_its_limit),
        TEST(an_entry_fires_more_when_it_has_more_commands),
        cmocka_unit_test_setup_teardown(an_older_cluster_fires_as_many_as_ever,
                                        fixture_setup_old, fixture_teardown),
        TEST(as_many_as_the_limit_are_not_shared),
        TEST(too_many_are_shared_by_the_tenants),
        TEST(the_turn_goes_on_after_the_tenant_served_last),
        TEST(of_timers_that_are_rows_only_the_next_is_in_memory),
        TEST(timers_that_are_rows_go_when_they_fire),
        TEST(timers_that_an_entry_writes_for_one_time_are_a_row),
        TEST(of_a_full_row_no_entry_fires_more_than_it_may),
        TEST(a_patient_timer_is_armed_again_once_after_an_outage),
        TEST(other_timers_do_not_wait),
        BREAKS(a_kind_that_is_not_known_is_a_fault),
#undef TEST
#undef BREAKS
    };

    return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
