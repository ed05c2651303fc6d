#include "machine/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "machine/tenant.h"
#include "machine/test/fixture.h"

#define DNIS   QC__V1__MATCH_MODE__MATCH_MODE_DNIS
#define ANI    QC__V1__MATCH_MODE__MATCH_MODE_DNIS_ANI
#define CODES  QC__V1__MATCH_MODE__MATCH_MODE_ACCESS_CODE
#define UNSAID QC__V1__MATCH_MODE__MATCH_MODE_UNSPECIFIED

static Qc__V1__Pool pool_called(const char *key)
{
    Qc__V1__Pool pool = QC__V1__POOL__INIT;

    pool.key = key;
    pool.subject = "subject1";
    return pool;
}

static int put(struct fixture *f, const Qc__V1__Pool *pool)
{
    enum qc_change change;

    return qc_pool_put(&f->txn, pool, 0, &change);
}

static void a_new_pool_has_every_default(void **state)
{
    Qc__V1__Pool wanted = pool_called("sales");
    struct fixture *f = *state;
    const Qc__V1__Pool *pool;

    fixture_done(f, put(f, &wanted));
    pool = qc_pool_get(&f->txn, "sales")->pool;
    assert_int_equal(pool->match_mode, DNIS);
    assert_int_equal(pool->reserve_ttl_ms, 600000);
    assert_int_equal(pool->quarantine_ms, 120000);
    assert_int_equal(pool->grace_ms, 120000);
    assert_int_equal(pool->exhausted_policy,
                     QC__V1__EXHAUSTED_POLICY__EXHAUSTED_POLICY_FAIL);
    assert_int_equal(pool->ani_policy, QC__V1__ANI_POLICY__ANI_POLICY_WITHHOLD);
    assert_int_equal(pool->code_length, 6);
    assert_int_equal(pool->max_code_attempts, 3);
    assert_int_equal(pool->code_digits_timeout_ms, 10000);
    assert_null(pool->gauges);

    wanted = pool_called("codes");
    wanted.match_mode = CODES;
    fixture_done(f, put(f, &wanted));
    pool = qc_pool_get(&f->txn, "codes")->pool;
    assert_int_equal(pool->reserve_ttl_ms, 900000);
}

static void no_rest_and_no_grace_are_nothing(void **state)
{
    Qc__V1__Pool wanted = pool_called("sales");
    struct fixture *f = *state;
    const Qc__V1__Pool *pool;

    wanted.no_quarantine = true;
    wanted.no_grace = true;
    fixture_done(f, put(f, &wanted));
    pool = qc_pool_get(&f->txn, "sales")->pool;
    assert_int_equal(pool->quarantine_ms, 0);
    assert_int_equal(pool->grace_ms, 0);
    wanted.quarantine_ms = 1;
    fixture_refused(f, put(f, &wanted), QC_REFUSED_INVALID,
                    "pool.quarantine_ms");
    wanted.quarantine_ms = 0;
    wanted.grace_ms = 1;
    fixture_refused(f, put(f, &wanted), QC_REFUSED_INVALID, "pool.grace_ms");
}

static void a_subject_is_served_by_its_lowest_enabled_pool(void **state)
{
    Qc__V1__Pool a = pool_called("a");
    struct fixture *f = *state;

    fixture_pool(f, "c", CODES);
    assert_string_equal(
        qc_pool_of_subject(&f->txn, "subject1", UNSAID)->pool->key, "c");
    fixture_pool(f, "z", DNIS);
    fixture_pool(f, "b", DNIS);
    fixture_pool(f, "y", ANI);
    fixture_done(f, put(f, &a));
    assert_string_equal(
        qc_pool_of_subject(&f->txn, "subject1", UNSAID)->pool->key, "a");
    assert_string_equal(qc_pool_of_subject(&f->txn, "subject1", ANI)->pool->key,
                        "y");
    a.disabled = true;
    fixture_done(f, put(f, &a));
    assert_string_equal(
        qc_pool_of_subject(&f->txn, "subject1", DNIS)->pool->key, "b");
    assert_null(qc_pool_of_subject(&f->txn, "subject2", UNSAID));
    assert_null(qc_pool_of_subject(&f->txn, "subject", UNSAID));
}

static void a_pool_counts_its_numbers_by_state(void **state)
{
    struct fixture *f = *state;
    const Qc__V1__Pool *pool;

    fixture_pool(f, "sales", DNIS);
    fixture_number(f, "+442079460001", "sales");
    fixture_number(f, "+442079460002", "sales");
    pool = qc_pool_show(&f->txn, qc_pool_get(&f->txn, "sales"));
    assert_int_equal(pool->gauges->total, 2);
    assert_int_equal(pool->gauges->free, 2);
    assert_int_equal(pool->gauges->disabled, 0);
    assert_null(qc_pool_show(&f->txn, NULL));
}

static void the_mode_is_fixed_once_there_are_numbers(void **state)
{
    Qc__V1__Pool pool = pool_called("sales");
    struct fixture *f = *state;

    fixture_done(f, put(f, &pool));
    pool.match_mode = ANI;
    fixture_done(f, put(f, &pool));
    fixture_number(f, "+442079460001", "sales");
    pool.match_mode = DNIS;
    fixture_refused(f, put(f, &pool), QC_REFUSED_IN_USE, "pool.match_mode");
}

static void what_a_pool_needs_must_be_there(void **state)
{
    Qc__V1__Tenant tenant = QC__V1__TENANT__INIT;
    Qc__V1__Quotas quotas = QC__V1__QUOTAS__INIT;
    Qc__V1__Pool pool = pool_called("sales");
    struct fixture *f = *state;
    enum qc_change change;

    pool.subject = "nobody";
    fixture_refused(f, put(f, &pool), QC_REFUSED_SUBJECT_UNKNOWN,
                    "pool.subject");
    tenant.key = "acme";
    tenant.quotas = &quotas;
    quotas.pools = 1;
    fixture_done(f, qc_tenant_put(&f->txn, &tenant, 0, &change));
    pool.subject = "subject1";
    pool.match_mode = CODES;
    fixture_refused(f, put(f, &pool), QC_REFUSED_FEATURE_OFF,
                    "pool.match_mode");
    pool.match_mode = DNIS;
    fixture_done(f, put(f, &pool));
    pool.key = "more";
    fixture_refused(f, put(f, &pool), QC_REFUSED_QUOTA, "pool.key");
}

static void what_a_pool_may_not_be_is_refused(void **state)
{
    const char *static_numbers[] = {"+442079460000", "0800"};
    struct fixture *f = *state;
    Qc__V1__Pool pool;

    pool = pool_called("");
    fixture_refused(f, put(f, &pool), QC_REFUSED_INVALID, "pool.key");
    pool = pool_called("sales");
    pool.subject = "a b";
    fixture_refused(f, put(f, &pool), QC_REFUSED_INVALID, "pool.subject");
    pool = pool_called("sales");
    pool.match_mode = (Qc__V1__MatchMode)4;
    fixture_refused(f, put(f, &pool), QC_REFUSED_INVALID, "pool.match_mode");
    pool = pool_called("sales");
    pool.code_length = 3;
    fixture_refused(f, put(f, &pool), QC_REFUSED_INVALID, "pool.code_length");
    pool = pool_called("sales");
    pool.max_code_attempts = 11;
    fixture_refused(f, put(f, &pool), QC_REFUSED_INVALID,
                    "pool.max_code_attempts");
    pool = pool_called("sales");
    pool.code_digits_timeout_ms = 2999;
    fixture_refused(f, put(f, &pool), QC_REFUSED_INVALID,
                    "pool.code_digits_timeout_ms");
    pool = pool_called("sales");
    pool.static_numbers = static_numbers;
    pool.n_static_numbers = 2;
    fixture_refused(f, put(f, &pool), QC_REFUSED_INVALID_PHONE,
                    "pool.static_numbers");
    assert_null(qc_pool_get(&f->txn, "sales"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(a_new_pool_has_every_default),
        TEST(no_rest_and_no_grace_are_nothing),
        TEST(a_subject_is_served_by_its_lowest_enabled_pool),
        TEST(a_pool_counts_its_numbers_by_state),
        TEST(the_mode_is_fixed_once_there_are_numbers),
        TEST(what_a_pool_needs_must_be_there),
        TEST(what_a_pool_may_not_be_is_refused),
#undef TEST
    };

    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
