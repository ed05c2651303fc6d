#include "machine/code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/allocation.h"
#include "machine/allocation_index.h"
#include "machine/pool.h"
#include "machine/tenant.h"
#include "machine/test/visits.h"

enum {
    DRAWS = 20000,
    LENGTH = 4,     /* So that each code comes up twice in DRAWS, on average. */
    LIVE_MAX = 100, /* 1 % of 10^4. */
};

static bool is_step(const char *code, int step)
{
    for (size_t i = 1; i < strlen(code); i++) {
        if (code[i] - code[i - 1] != step) {
            return false;
        }
    }
    return true;
}

static void what_everybody_tries_first_is_never_drawn(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < DRAWS; i++) {
        const char *code;

        fixture_done(f, qc_code_draw(&f->txn, ACCESS, LENGTH, &code));
        assert_int_equal(strlen(code), LENGTH);
        assert_int_equal(strspn(code, "0123456789"), LENGTH);
        assert_false(is_step(code, 0) || is_step(code, 1) || is_step(code, -1));
    }
}

static void put_pool(struct fixture *f)
{
    Qc__V1__Tenant tenant = QC__V1__TENANT__INIT;
    Qc__V1__Pool pool = QC__V1__POOL__INIT;
    enum qc_change change;

    tenant.key = "acme";
    tenant.access_code_enabled = true;
    tenant.no_phone_limit = true;
    fixture_done(f, qc_tenant_put(&f->txn, &tenant, 0, &change));
    pool.key = "codes";
    pool.subject = "subject1";
    pool.match_mode = ACCESS_CODE;
    pool.code_length = LENGTH;
    fixture_done(f, qc_pool_put(&f->txn, &pool, 0, &change));
}

/* A guess then hits one in a hundred at most. */
static void live_codes_fill_one_percent_of_their_space(void **state)
{
    struct fixture *f = *state;
    struct qc_grant grant;

    put_pool(f);
    for (unsigned i = 0; i < LIVE_MAX; i++) {
        const Qc__State__AllocationRow *row =
            visits_granted(f, ANN, ACCESS_CODE);

        assert_int_equal(qc_allocation_of_code(&f->txn, ACCESS,
                                               row->allocation->access_code),
                         qc_allocation_id(row));
    }
    assert_int_equal(visits_allocate(f, ANN, ACCESS_CODE, &grant),
                     QC_REFUSED_CODE_SPACE);
}

static void a_code_that_rests_is_taken(void **state)
{
    struct fixture *f = *state;
    Qc__State__AllocationRow *row = visits_granted(f, ANN, ACCESS_CODE);
    const char *code = row->allocation->access_code;

    fixture_done(f, qc_allocation_release(&f->txn, row));
    assert_int_equal(qc_allocation_of_code(&f->txn, ACCESS, code),
                     qc_allocation_id(row));
    assert_int_equal(qc_allocation_codes_taken(&f->txn, ACCESS), 1);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, visits_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_everybody_tries_first_is_never_drawn),
        TEST(live_codes_fill_one_percent_of_their_space),
        TEST(a_code_that_rests_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
