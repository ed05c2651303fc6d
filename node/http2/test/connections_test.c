/* Who is connected, from where, and how much noise is borne. */
#include "http2/connections.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http2/noise.h"

static struct qc_peer_address address_of(const char *text)
{
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;

    if (uv_ip4_addr(text, 1, &v4) == 0) {
        return qc_peer_address_read((const struct sockaddr *)&v4);
    }
    assert_int_equal(uv_ip6_addr(text, 1, &v6), 0);
    return qc_peer_address_read((const struct sockaddr *)&v6);
}

static bool same(const char *a, const char *b)
{
    struct qc_peer_address first = address_of(a);
    struct qc_peer_address second = address_of(b);

    return qc_peer_address_same(&first, &second);
}

static void loopback_is_known_in_all_its_forms(void **state)
{
    (void)state;
    assert_true(address_of("127.0.0.1").loopback);
    assert_true(address_of("127.255.0.9").loopback);
    assert_true(address_of("::1").loopback);
    assert_true(address_of("::ffff:127.0.0.1").loopback);
    assert_false(address_of("128.0.0.1").loopback);
    assert_false(address_of("::2").loopback);
    assert_false(address_of("::ffff:10.0.0.1").loopback);
    assert_string_equal(address_of("::ffff:10.0.0.1").text, "10.0.0.1");
    assert_string_equal(address_of("2001:db8::1").text, "2001:db8::1");
}

static void an_ipv6_network_is_one_address(void **state)
{
    (void)state;
    assert_true(same("192.0.2.1", "::ffff:192.0.2.1"));
    assert_false(same("192.0.2.1", "192.0.2.2"));
    assert_true(same("2001:db8::1", "2001:db8::ffff:2"));
    assert_false(same("2001:db8::1", "2001:db8:0:1::1"));
}

static bool has(const char *range_text, const char *address_text)
{
    struct qc_peer_address address = address_of(address_text);
    struct qc_address_range range;

    assert_true(qc_address_range_read(range_text, &range));
    return qc_address_range_has(&range, &address);
}

static void a_range_has_the_addresses_that_begin_with_its_bits(void **state)
{
    (void)state;
    assert_true(has("192.0.2.1", "192.0.2.1"));
    assert_false(has("192.0.2.1", "192.0.2.2"));
    assert_true(has("192.0.2.1/32", "::ffff:192.0.2.1"));
    assert_true(has("10.0.0.0/8", "10.255.3.4"));
    assert_false(has("10.0.0.0/8", "11.0.0.0"));
    assert_true(has("172.16.0.0/12", "172.31.255.255"));
    assert_false(has("172.16.0.0/12", "172.32.0.0"));
    assert_true(has("0.0.0.0/0", "203.0.113.9"));
    assert_false(has("0.0.0.0/0", "2001:db8::1"));
    assert_true(has("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(has("2001:db8::/33", "2001:db8:8000::1"));
    assert_true(has("2001:db8::1", "2001:db8::1"));
    assert_false(has("2001:db8::1", "2001:db8::2"));
    assert_true(has("::/0", "192.0.2.1"));
}

static void what_is_no_range_is_refused(void **state)
{
    static const char *const others[] = {
        "",           "10",
        "10.0.0.0/",  "10.0.0.0/33",
        "10.0.0.0/x", "10.0.0.0/8x",
        "::/129",     "localhost",
        "10.0.0/8",   "/8",
        "::/0000008", "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb",
    };
    struct qc_address_range range;

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(qc_address_range_read(others[i], &range));
    }
}

static void exempt_ranges_are_bounded_and_checked(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();

    (void)state;
    assert_false(qc_http2_limits_exempt(&limits, "10.0.0.0/99"));
    assert_int_equal(limits.n_exempt, 0);
    for (unsigned i = 0; i < QC_HTTP2_EXEMPT_MAX; i++) {
        assert_true(qc_http2_limits_exempt(&limits, "10.0.0.0/8"));
    }
    assert_false(qc_http2_limits_exempt(&limits, "10.0.0.0/8"));
    assert_int_equal(limits.n_exempt, QC_HTTP2_EXEMPT_MAX);
}

static void connections_are_counted_by_address(void **state)
{
    struct qc_connections *connections = calloc(1, sizeof(*connections));
    struct qc_peer_address ours = address_of("192.0.2.1");
    struct qc_peer_address theirs = address_of("192.0.2.2");
    struct qc_connection *some = calloc(3, sizeof(*some));

    (void)state;
    some[0].address = ours;
    some[1].address = theirs;
    some[2].address = ours;
    for (unsigned i = 0; i < 3; i++) {
        qc_connections_add(connections, &some[i]);
    }
    assert_int_equal(qc_connections_of_address(connections, &ours), 2);
    assert_int_equal(qc_connections_of_address(connections, &theirs), 1);
    assert_int_equal(connections->n, 3);
    qc_connections_remove(connections, &some[0]);
    assert_int_equal(qc_connections_of_address(connections, &ours), 1);
    assert_int_equal(connections->n, 2);
    free(some);
    free(connections);
}

static unsigned take_all(struct qc_noise *noise, int64_t now_ms)
{
    unsigned n = 0;

    while (qc_noise_take(noise, now_ms)) {
        n++;
    }
    return n;
}

static void noise_is_borne_in_a_burst_and_then_at_a_rate(void **state)
{
    struct qc_noise noise;

    (void)state;
    qc_noise_init(&noise, 20, 5, 1000);
    assert_int_equal(take_all(&noise, 1000), 20);
    assert_int_equal(take_all(&noise, 1199), 0);
    assert_int_equal(take_all(&noise, 1200), 1);
    assert_int_equal(take_all(&noise, 3200), 10);
    assert_int_equal(take_all(&noise, 1000000), 20);
    qc_noise_give(&noise, 3);
    assert_int_equal(take_all(&noise, 1000000), 3);
    qc_noise_give(&noise, 300);
    assert_int_equal(take_all(&noise, 1000000), 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loopback_is_known_in_all_its_forms),
        cmocka_unit_test(an_ipv6_network_is_one_address),
        cmocka_unit_test(a_range_has_the_addresses_that_begin_with_its_bits),
        cmocka_unit_test(what_is_no_range_is_refused),
        cmocka_unit_test(exempt_ranges_are_bounded_and_checked),
        cmocka_unit_test(connections_are_counted_by_address),
        cmocka_unit_test(noise_is_borne_in_a_burst_and_then_at_a_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
