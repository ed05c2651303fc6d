/* Origins: which may stand on a list, and which are on it. */
#include "machine/origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "machine/cors.h"
#include "machine/test/fixture.h"

static bool may_be_listed(const char *origin)
{
    struct qc_refusal_detail detail = {.field = NULL};

    return qc_origins_check(&origin, 1, "origins", &detail) == 0;
}

static void an_origin_is_as_browsers_write_it(void **state)
{
    static const char *const good[] = {
        "https://www.example.com", "http://localhost:8080",
        "https://[::1]:8443",      "https://*.example.com",
        "https://10.0.0.1",        "https://*.example.com:8443",
    };
    static const char *const bad[] = {
        "",
        "*",
        "null",
        "https://",
        "https://*",
        "https://*.",
        "https://*.com",
        "https://*.com.",
        "https://*.com:8443",
        "http://*.example.com",
        "https://a*.example.com",
        "https://Www.example.com",
        "https://www.example.com/",
        "https://www.example.com:",
        "https://www.example.com:123456",
        "https://a@www.example.com",
        "https://[::1",
        "ftp://www.example.com",
        "www.example.com",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(may_be_listed(good[i]));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(may_be_listed(bad[i]));
    }
}

static const struct {
    const char *origin;
    bool is_on_it;
} asked[] = {
    {"https://www.example.com", true},
    {"https://www.example.com:443", false},
    {"http://www.example.com", false},
    {"https://www.example.com.example.net", false},
    {"https://shop.example.org", true},
    {"https://a.b.example.org", true},
    {"https://example.org", false},
    {"https://.example.org", false},
    {"https://myshop.example.net:8443", false},
    {"http://shop.example.org", false},
    {"https://shop.example.org:8443", false},
    {"https://a.shop.example.net:8443", true},
    {"https://*.example.com", false},
    {"null", false},
    {"", false},
};

static const char *const list[] = {
    "https://www.example.com",
    "https://*.example.org",
    "https://*.shop.example.net:8443",
};

static void a_star_is_all_below_and_not_the_name_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        assert_int_equal(qc_origins_hold(list, 3, asked[i].origin),
                         asked[i].is_on_it);
    }
}

static void the_cluster_knows_what_is_on_any_list(void **state)
{
    struct fixture *f = *state;

    fixture_done(f, qc_cors_put(&f->txn, list, 3, 0));
    f->txn.tenant = 0; /* Whoever asks names none. */
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        assert_int_equal(qc_origin_is_known(&f->txn, asked[i].origin),
                         asked[i].is_on_it);
    }
}

static void a_list_that_is_replaced_is_forgotten(void **state)
{
    struct fixture *f = *state;
    uint64_t rev;

    fixture_done(f, qc_cors_put(&f->txn, list, 3, 0));
    rev = qc_cors_get(&f->txn)->rev;
    fixture_next(f, 1000);
    fixture_refused(f, qc_cors_put(&f->txn, list, 1, rev + 1),
                    QC_REFUSED_REV_MISMATCH, "if_rev");
    fixture_done(f, qc_cors_put(&f->txn, list, 3, rev));
    assert_int_equal(qc_cors_get(&f->txn)->rev, rev);
    fixture_done(f, qc_cors_put(&f->txn, list, 0, rev));
    assert_int_equal(qc_cors_get(&f->txn)->n_origins, 0);
    assert_false(qc_origin_is_known(&f->txn, list[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_origin_is_as_browsers_write_it),
        cmocka_unit_test(a_star_is_all_below_and_not_the_name_itself),
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(the_cluster_knows_what_is_on_any_list),
        TEST(a_list_that_is_replaced_is_forgotten),
#undef TEST
    };

    return cmocka_run_group_tests_name("origin", tests, NULL, NULL);
}
