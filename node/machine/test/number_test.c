#include "machine/number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/id.h"
#include "machine/pool.h"
#include "machine/tenant.h"
#include "machine/test/fixture.h"
#include "machine/timer.h"

#define A "+442079460001"
#define B "+442079460002"

#define DNIS  QC__V1__MATCH_MODE__MATCH_MODE_DNIS
#define ANI   QC__V1__MATCH_MODE__MATCH_MODE_DNIS_ANI
#define CODES QC__V1__MATCH_MODE__MATCH_MODE_ACCESS_CODE

#define STATE(name) QC__V1__NUMBER_STATE__NUMBER_STATE_##name
#define KIND(name)  QC__V1__NUMBER_KIND__NUMBER_KIND_##name

enum {
    ALLOCATION = 4711,
    OTHER = 4712,
    REST_MS = 60000,
};

/* Two numbers in the pool "sales", of which A has been free longer. */
static int setup(void **state)
{
    struct fixture *f;

    assert_int_equal(fixture_setup(state), 0);
    f = *state;
    fixture_pool(f, "sales", DNIS);
    fixture_pool(f, "shared", ANI);
    fixture_pool(f, "codes", CODES);
    fixture_number(f, A, "sales");
    fixture_next(f, 1);
    fixture_number(f, B, "sales");
    fixture_next(f, 1);
    return 0;
}

static int put(struct fixture *f, const char *number, const char *pool)
{
    Qc__V1__Number wanted = QC__V1__NUMBER__INIT;
    enum qc_change change;

    wanted.number = number;
    wanted.pool = pool;
    return qc_number_put(&f->txn, &wanted, 0, &change);
}

static void set_disabled(struct fixture *f, const char *number, bool disabled)
{
    const Qc__State__NumberRow *row = qc_number_get(&f->txn, number);
    Qc__V1__Number wanted = *row->number;
    enum qc_change change;

    wanted.disabled = disabled;
    fixture_done(f, qc_number_put(&f->txn, &wanted, 0, &change));
    assert_int_equal(change, QC_CHANGE_UPDATED);
}

static void assert_state(struct fixture *f,
                         const char *number,
                         Qc__V1__NumberState state)
{
    assert_int_equal(f->txn.fault, 0);
    assert_int_equal(qc_number_get(&f->txn, number)->number->state, state);
}

static uint64_t revision(struct fixture *f, const char *number)
{
    return qc_number_get(&f->txn, number)->number->rev;
}

static void the_longest_free_number_is_given_first(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(qc_number_first_free(&f->txn, "sales"), A);
    qc_number_reserve(&f->txn, A, ALLOCATION);
    assert_string_equal(qc_number_first_free(&f->txn, "sales"), B);
    qc_number_reserve(&f->txn, B, OTHER);
    assert_null(qc_number_first_free(&f->txn, "sales"));
    qc_number_rests(&f->txn, B, OTHER, f->txn.now_ms);
    fixture_next(f, 1);
    qc_number_rests(&f->txn, A, ALLOCATION, f->txn.now_ms);
    assert_string_equal(qc_number_first_free(&f->txn, "sales"), B);
    fixture_reopen(f);
    assert_string_equal(qc_number_first_free(&f->txn, "sales"), B);
}

static void a_number_lives_from_visit_to_visit(void **state)
{
    struct fixture *f = *state;
    uint64_t rev = revision(f, A);

    qc_number_reserve(&f->txn, A, ALLOCATION);
    assert_state(f, A, STATE(RESERVED));
    assert_int_equal(qc_number_get(&f->txn, A)->allocation, ALLOCATION);
    qc_number_call_begins(&f->txn, A, ALLOCATION);
    assert_state(f, A, STATE(IN_CALL));
    qc_number_rests(&f->txn, A, ALLOCATION, f->txn.now_ms + REST_MS);
    assert_state(f, A, STATE(QUARANTINED));
    assert_int_equal(qc_number_get(&f->txn, A)->number->quarantine_until_ms,
                     f->txn.now_ms + REST_MS);
    assert_int_equal(qc_timer_next_ms(&f->txn), f->txn.now_ms + REST_MS);

    fixture_next(f, REST_MS - 1);
    qc_timer_fire_due(&f->txn, 0);
    assert_state(f, A, STATE(QUARANTINED));
    fixture_next(f, 1);
    qc_timer_fire_due(&f->txn, 0);
    assert_state(f, A, STATE(FREE));
    assert_int_equal(qc_number_get(&f->txn, A)->number->free_since_ms,
                     f->txn.now_ms);
    assert_true(qc_timer_next_ms(&f->txn) == INT64_MAX);
    assert_int_equal(revision(f, A), rev);
}

static void a_redial_takes_the_number_out_of_its_rest(void **state)
{
    struct fixture *f = *state;

    qc_number_reserve(&f->txn, A, ALLOCATION);
    qc_number_rests(&f->txn, A, ALLOCATION, f->txn.now_ms + REST_MS);
    qc_number_call_begins(&f->txn, A, ALLOCATION);
    assert_state(f, A, STATE(IN_CALL));
    assert_true(qc_timer_next_ms(&f->txn) == INT64_MAX);
    qc_number_rests(&f->txn, A, ALLOCATION, f->txn.now_ms);
    assert_state(f, A, STATE(FREE));
    qc_number_call_begins(&f->txn, A, ALLOCATION); /* Grace outlives rest. */
    assert_state(f, A, STATE(IN_CALL));
}

static void a_number_follows_only_the_allocation_it_names(void **state)
{
    struct fixture *f = *state;
    unsigned writes;

    qc_number_reserve(&f->txn, A, ALLOCATION);
    qc_number_rests(&f->txn, A, ALLOCATION, f->txn.now_ms);
    qc_number_reserve(&f->txn, A, OTHER);
    writes = qc_mem_store_writes(f->mem);
    qc_number_call_begins(&f->txn, A, ALLOCATION);
    assert_state(f, A, STATE(RESERVED));
    qc_number_rests(&f->txn, A, ALLOCATION, f->txn.now_ms + REST_MS);
    assert_state(f, A, STATE(RESERVED));
    assert_int_equal(qc_mem_store_writes(f->mem), writes);
}

static void a_disabled_number_is_not_given_out(void **state)
{
    struct fixture *f = *state;

    set_disabled(f, A, true);
    assert_state(f, A, STATE(DISABLED));
    assert_string_equal(qc_number_first_free(&f->txn, "sales"), B);
    fixture_next(f, 1);
    set_disabled(f, A, false);
    assert_state(f, A, STATE(FREE));
    assert_string_equal(qc_number_first_free(&f->txn, "sales"), B);
}

static void a_held_number_is_disabled_once_it_is_not(void **state)
{
    struct fixture *f = *state;

    qc_number_reserve(&f->txn, A, ALLOCATION);
    set_disabled(f, A, true);
    assert_state(f, A, STATE(RESERVED));
    qc_number_call_begins(&f->txn, A, ALLOCATION);
    assert_state(f, A, STATE(IN_CALL));
    qc_number_rests(&f->txn, A, ALLOCATION, f->txn.now_ms + REST_MS);
    assert_state(f, A, STATE(DISABLED));
    qc_number_call_begins(&f->txn, A, ALLOCATION); /* A redial drains too. */
    assert_state(f, A, STATE(IN_CALL));
    qc_number_rests(&f->txn, A, ALLOCATION, f->txn.now_ms + REST_MS);
    fixture_next(f, REST_MS);
    qc_timer_fire_due(&f->txn, 0);
    assert_state(f, A, STATE(DISABLED));
}

static void a_number_that_is_enabled_too_soon_rests_on(void **state)
{
    struct fixture *f = *state;

    qc_number_reserve(&f->txn, A, ALLOCATION);
    qc_number_rests(&f->txn, A, ALLOCATION, f->txn.now_ms + REST_MS);
    set_disabled(f, A, true);
    assert_state(f, A, STATE(DISABLED));
    set_disabled(f, A, false);
    assert_state(f, A, STATE(QUARANTINED));
    fixture_next(f, REST_MS);
    qc_timer_fire_due(&f->txn, 0);
    assert_state(f, A, STATE(FREE));
}

static void a_number_moves_only_while_nobody_has_it(void **state)
{
    struct fixture *f = *state;

    qc_number_reserve(&f->txn, A, ALLOCATION);
    fixture_refused(f, put(f, A, "shared"), QC_REFUSED_NUMBER_TAKEN,
                    "number.pool");
    qc_number_call_begins(&f->txn, A, ALLOCATION);
    fixture_refused(f, put(f, A, "shared"), QC_REFUSED_NUMBER_TAKEN,
                    "number.pool");
    qc_number_rests(&f->txn, A, ALLOCATION, f->txn.now_ms + REST_MS);
    fixture_refused(f, put(f, A, "shared"), QC_REFUSED_NUMBER_TAKEN,
                    "number.pool");
    fixture_next(f, REST_MS);
    qc_timer_fire_due(&f->txn, 0);
    fixture_done(f, put(f, A, "shared"));
    qc_number_call_begins(&f->txn, A, ALLOCATION); /* Of its former life. */
    assert_state(f, A, STATE(FREE));
    qc_number_load(&f->txn, A, 1);
    fixture_refused(f, put(f, A, "sales"), QC_REFUSED_NUMBER_TAKEN,
                    "number.pool");
    qc_number_load(&f->txn, A, -1);
    fixture_done(f, put(f, A, "sales"));
}

static void the_least_loaded_number_comes_first(void **state)
{
    struct fixture *f = *state;
    struct qc_key at = {.len = 0};

    assert_null(qc_number_by_load(&f->txn, "shared", &at));
    fixture_done(f, put(f, A, "shared"));
    fixture_done(f, put(f, B, "shared"));
    qc_number_load(&f->txn, A, 1);
    at.len = 0;
    assert_string_equal(qc_number_by_load(&f->txn, "shared", &at), B);
    assert_string_equal(qc_number_by_load(&f->txn, "shared", &at), A);
    assert_null(qc_number_by_load(&f->txn, "shared", &at));
    qc_number_load(&f->txn, B, 1);
    qc_number_load(&f->txn, B, 1);
    at.len = 0;
    assert_string_equal(qc_number_by_load(&f->txn, "shared", &at), A);
    set_disabled(f, A, true);
    at.len = 0;
    assert_string_equal(qc_number_by_load(&f->txn, "shared", &at), B);
}

static void a_pair_rests_for_its_allocation(void **state)
{
    const char *const caller = "+33123456789";
    struct fixture *f = *state;

    fixture_done(f, put(f, A, "shared"));
    assert_false(qc_number_pair_is_resting(&f->txn, A, caller));
    qc_number_pair_rests(&f->txn, A, caller, ALLOCATION,
                         f->txn.now_ms + REST_MS);
    assert_true(qc_number_pair_is_resting(&f->txn, A, caller));
    assert_false(qc_number_pair_is_resting(&f->txn, B, caller));
    qc_number_pair_wakes(&f->txn, A, caller, OTHER);
    assert_true(qc_number_pair_is_resting(&f->txn, A, caller));
    qc_number_pair_wakes(&f->txn, A, caller, ALLOCATION);
    assert_false(qc_number_pair_is_resting(&f->txn, A, caller));
    assert_true(qc_timer_next_ms(&f->txn) == INT64_MAX);
}

static void a_pair_rests_until_the_later_end(void **state)
{
    const char *const caller = "+33123456789";
    struct fixture *f = *state;

    fixture_done(f, put(f, A, "shared"));
    qc_number_pair_rests(&f->txn, A, caller, ALLOCATION,
                         f->txn.now_ms + REST_MS);
    qc_number_pair_rests(&f->txn, A, caller, OTHER, f->txn.now_ms + 1);
    fixture_next(f, REST_MS - 1);
    qc_timer_fire_due(&f->txn, 0);
    assert_true(qc_number_pair_is_resting(&f->txn, A, caller));
    fixture_next(f, 1);
    assert_false(qc_number_pair_is_resting(&f->txn, A, caller));
    qc_timer_fire_due(&f->txn, 0);
    assert_false(qc_number_pair_is_resting(&f->txn, A, caller));
    assert_int_equal(f->txn.fault, 0);
}

static void each_kind_has_what_it_needs(void **state)
{
    Qc__V1__Number number = QC__V1__NUMBER__INIT;
    struct fixture *f = *state;
    enum qc_change change;

    fixture_refused(f, put(f, "112", "sales"), QC_REFUSED_INVALID_PHONE,
                    "number.number");
    fixture_refused(f, put(f, A, ""), QC_REFUSED_INVALID, "number.pool");
    fixture_refused(f, put(f, A, "nobody"), QC_REFUSED_POOL_UNKNOWN,
                    "number.pool");
    fixture_refused(f, put(f, A, "codes"), QC_REFUSED_INVALID, "number.pool");
    number.number = "+442079460009";
    number.kind = KIND(ACCESS);
    number.pool = "sales";
    fixture_refused(f, qc_number_put(&f->txn, &number, 0, &change),
                    QC_REFUSED_INVALID, "number.pool");
    number.pool = "codes";
    number.subject = "subject1";
    fixture_refused(f, qc_number_put(&f->txn, &number, 0, &change),
                    QC_REFUSED_INVALID, "number.subject");
    number.subject = "";
    fixture_done(f, qc_number_put(&f->txn, &number, 0, &change));
    number.number = "+442079460008";
    number.kind = KIND(STATIC);
    fixture_refused(f, qc_number_put(&f->txn, &number, 0, &change),
                    QC_REFUSED_INVALID, "number.pool");
    number.pool = "";
    fixture_refused(f, qc_number_put(&f->txn, &number, 0, &change),
                    QC_REFUSED_INVALID, "number.subject");
    number.subject = "nobody";
    fixture_refused(f, qc_number_put(&f->txn, &number, 0, &change),
                    QC_REFUSED_SUBJECT_UNKNOWN, "number.subject");
    number.subject = "subject2";
    fixture_done(f, qc_number_put(&f->txn, &number, 0, &change));
    number.kind = (Qc__V1__NumberKind)4;
    fixture_refused(f, qc_number_put(&f->txn, &number, 0, &change),
                    QC_REFUSED_INVALID, "number.kind");
}

static void numbers_beyond_the_quota_are_refused(void **state)
{
    Qc__V1__Tenant tenant = QC__V1__TENANT__INIT;
    Qc__V1__Quotas quotas = QC__V1__QUOTAS__INIT;
    struct fixture *f = *state;
    enum qc_change change;

    tenant.key = "acme";
    tenant.access_code_enabled = true;
    tenant.quotas = &quotas;
    quotas.numbers = 2;
    fixture_done(f, qc_tenant_put(&f->txn, &tenant, 0, &change));
    fixture_refused(f, put(f, "+442079460003", "sales"), QC_REFUSED_QUOTA,
                    "number.number");
    fixture_done(f, put(f, A, "sales")); /* It is there already. */
}

static void putting_the_same_again_leaves_its_life_alone(void **state)
{
    Qc__V1__Number wanted = QC__V1__NUMBER__INIT;
    struct fixture *f = *state;
    enum qc_change change;

    qc_number_reserve(&f->txn, A, ALLOCATION);
    wanted.number = A;
    wanted.pool = "sales";
    wanted.state = STATE(FREE); /* People cannot set it. */
    wanted.live = 7;
    fixture_done(f, qc_number_put(&f->txn, &wanted, 0, &change));
    assert_int_equal(change, QC_CHANGE_NONE);
    assert_state(f, A, STATE(RESERVED));
    assert_string_equal(
        qc_number_show(&f->txn, qc_number_get(&f->txn, A))->allocation_id,
        qc_id_text(&f->txn, "al_", ALLOCATION));
}

static void a_list_is_filtered_and_goes_on_page_by_page(void **state)
{
    struct fixture *f = *state;
    struct qc_page page;

    fixture_number(f, "+442079460003", "shared");
    qc_number_reserve(&f->txn, B, ALLOCATION);
    qc_number_page(&f->txn, "", STATE(UNSPECIFIED), "", 2, &page);
    assert_int_equal(page.n_rows, 2);
    assert_string_equal(page.next_token, B);
    qc_number_page(&f->txn, "", STATE(UNSPECIFIED), B, 2, &page);
    assert_int_equal(page.n_rows, 1);
    assert_string_equal(page.next_token, "");
    qc_number_page(&f->txn, "sales", STATE(RESERVED), "", 0, &page);
    assert_int_equal(page.n_rows, 1);
    assert_string_equal(
        ((const Qc__State__NumberRow *)page.rows[0])->number->number, B);
    qc_number_page(&f->txn, "sales", STATE(UNSPECIFIED), "", 1, &page);
    assert_int_equal(page.n_rows, 1);
    assert_string_equal(page.next_token, A);
    qc_number_page(&f->txn, "sales", STATE(UNSPECIFIED), A, 1, &page);
    assert_int_equal(page.n_rows, 1);
    assert_string_equal(page.next_token, "");
}

static void what_no_allocation_may_do_is_a_fault(void **state)
{
    struct fixture *f = *state;

    qc_number_reserve(&f->txn, A, ALLOCATION);
    qc_number_reserve(&f->txn, A, OTHER);
    assert_int_equal(f->txn.fault, QC_E_CORRUPT);
    f->txn.fault = 0;
    qc_number_load(&f->txn, B, -1);
    assert_int_equal(f->txn.fault, QC_E_CORRUPT);
    f->txn.fault = 0;
    qc_number_rests(&f->txn, "+442079460009", OTHER, 0);
    assert_int_equal(f->txn.fault, QC_E_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
#define BREAKS(name) \
    cmocka_unit_test_setup_teardown(name, setup, fixture_teardown_broken)
        TEST(the_longest_free_number_is_given_first),
        TEST(a_number_lives_from_visit_to_visit),
        TEST(a_redial_takes_the_number_out_of_its_rest),
        TEST(a_number_follows_only_the_allocation_it_names),
        TEST(a_disabled_number_is_not_given_out),
        TEST(a_held_number_is_disabled_once_it_is_not),
        TEST(a_number_that_is_enabled_too_soon_rests_on),
        TEST(a_number_moves_only_while_nobody_has_it),
        TEST(the_least_loaded_number_comes_first),
        TEST(a_pair_rests_for_its_allocation),
        TEST(a_pair_rests_until_the_later_end),
        TEST(each_kind_has_what_it_needs),
        TEST(numbers_beyond_the_quota_are_refused),
        TEST(putting_the_same_again_leaves_its_life_alone),
        TEST(a_list_is_filtered_and_goes_on_page_by_page),
        BREAKS(what_no_allocation_may_do_is_a_fault),
#undef TEST
#undef BREAKS
    };

    return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
