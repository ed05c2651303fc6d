#include "lib/endpoints.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum {
    NOW_MS = 5000,
};

static void a_list_is_read_in_its_order(void **state)
{
    struct qc_endpoints endpoints;

    (void)state;
    assert_true(qc_endpoints_read(&endpoints, "127.0.0.1:7400,[::1]:7410,a:1"));
    assert_int_equal(endpoints.n, 3);
    assert_string_equal(endpoints.addresses[0], "127.0.0.1:7400");
    assert_string_equal(endpoints.addresses[1], "[::1]:7410");
    assert_string_equal(endpoints.addresses[2], "a:1");
}

static void a_scheme_says_whether_tls_is_a_must(void **state)
{
    struct qc_endpoints endpoints;

    (void)state;
    assert_true(qc_endpoints_read(&endpoints, "a:1,https://b:2,http://c:3"));
    assert_int_equal(endpoints.n, 3);
    assert_string_equal(endpoints.addresses[1], "b:2");
    assert_string_equal(endpoints.addresses[2], "c:3");
    assert_int_equal(endpoints.schemes[0], QC_SCHEME_NONE);
    assert_int_equal(endpoints.schemes[1], QC_SCHEME_HTTPS);
    assert_int_equal(endpoints.schemes[2], QC_SCHEME_HTTP);
    assert_false(qc_endpoints_read(&endpoints, "a:1,ftp://b:2"));
    assert_false(qc_endpoints_read(&endpoints, "https://"));
}

static void this_machine_is_known_by_its_address(void **state)
{
    struct qc_endpoints endpoints;

    (void)state;
    assert_true(qc_endpoints_read(
        &endpoints, "127.0.0.2:1,localhost:1,[::1]:1,localhost.example:1,"
                    "127.example:1,10.0.0.1:1,[::2]:1"));
    for (unsigned i = 0; i < endpoints.n; i++) {
        assert_int_equal(qc_endpoints_is_loopback(&endpoints, i), i < 3);
    }
}

static void what_has_no_host_or_port_is_no_address(void **state)
{
    static const char *const wrong[] = {"",  "a",    ":7400", "a:",      "a:b",
                                        ",", "a:1,", ",a:1",  "a:1,,b:2"};
    struct qc_endpoints endpoints;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(qc_endpoints_read(&endpoints, wrong[i]));
    }
}

static void a_list_too_long_is_refused(void **state)
{
    struct qc_endpoints endpoints;
    char list[(QC_ENDPOINTS_MAX + 1) * 4];
    char address[QC_ENDPOINT_SIZE + 1];

    (void)state;
    for (unsigned i = 0; i <= QC_ENDPOINTS_MAX; i++) {
        memcpy(list + 4 * (size_t)i, "a:1,", 4);
    }
    list[4 * QC_ENDPOINTS_MAX - 1] = '\0';
    assert_true(qc_endpoints_read(&endpoints, list));
    list[4 * QC_ENDPOINTS_MAX - 1] = ',';
    list[sizeof(list) - 1] = '\0';
    assert_false(qc_endpoints_read(&endpoints, list));

    memset(address, 'a', sizeof(address));
    memcpy(address + sizeof(address) - 3, ":1", 3);
    assert_false(qc_endpoints_read(&endpoints, address));
    assert_true(qc_endpoints_read(&endpoints, address + 1));
}

static void a_node_that_rests_is_passed_over(void **state)
{
    struct qc_endpoints endpoints;

    (void)state;
    assert_true(qc_endpoints_read(&endpoints, "a:1,b:2,c:3"));
    assert_int_equal(qc_endpoints_pick(&endpoints, 1, NOW_MS), 1);
    qc_endpoints_rest(&endpoints, 1, NOW_MS);
    assert_int_equal(qc_endpoints_pick(&endpoints, 1, NOW_MS), 2);
    assert_int_equal(qc_endpoints_pick(&endpoints, 4, NOW_MS), 2);
    assert_int_equal(qc_endpoints_pick(&endpoints, 1, NOW_MS + 1000), 1);
}

static void when_all_rest_the_one_whose_turn_it_is_is_asked(void **state)
{
    struct qc_endpoints endpoints;

    (void)state;
    assert_true(qc_endpoints_read(&endpoints, "a:1,b:2"));
    qc_endpoints_rest(&endpoints, 0, NOW_MS);
    qc_endpoints_rest(&endpoints, 1, NOW_MS);
    assert_int_equal(qc_endpoints_pick(&endpoints, 3, NOW_MS), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_read_in_its_order),
        cmocka_unit_test(a_scheme_says_whether_tls_is_a_must),
        cmocka_unit_test(this_machine_is_known_by_its_address),
        cmocka_unit_test(what_has_no_host_or_port_is_no_address),
        cmocka_unit_test(a_list_too_long_is_refused),
        cmocka_unit_test(a_node_that_rests_is_passed_over),
        cmocka_unit_test(when_all_rest_the_one_whose_turn_it_is_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
