/* Addresses to listen on. */
#include "daemon/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void host_and_port_are_told_apart(void **state)
{
    static const struct {
        const char *text;
        const char *host;
        uint16_t port;
    } good[] = {
        {"127.0.0.1:7400", "127.0.0.1", 7400},
        {"[::1]:7400", "::1", 7400},
        {"node1.example:0", "node1.example", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct qc_address address;

        assert_true(qc_address_read(good[i].text, &address));
        assert_string_equal(address.host, good[i].host);
        assert_int_equal(address.port, good[i].port);
    }
}

static void what_is_no_address_is_refused(void **state)
{
    static const char *const bad[] = {
        "",        "127.0.0.1", ":7400",    "127.0.0.1:", "127.0.0.1:x",
        "a:65536", "a:-1",      "::1:7400", "[]:7400",    "a:7400 ",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct qc_address address;

        assert_false(qc_address_read(bad[i], &address));
    }
}

static void only_this_machine_is_loopback(void **state)
{
    static const char *const here[] = {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1",
                                       "localhost:1"};
    static const char *const there[] = {"0.0.0.0:1", "[::]:1", "10.0.0.1:1",
                                        "127.example:1"};
    struct qc_address address;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        assert_true(qc_address_read(here[i], &address));
        assert_true(qc_address_is_loopback(&address));
        assert_true(qc_address_read(there[i], &address));
        assert_false(qc_address_is_loopback(&address));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_and_port_are_told_apart),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(only_this_machine_is_loopback),
    };

    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
