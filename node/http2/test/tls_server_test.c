/* Server and client over TLS and sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http2/test/echo.h"
#include "http2/test/raw.h"
#include "http2/test/tls_files.h"

enum {
    TIMEOUT_MS = 10000,
};

struct fixture {
    struct echo echo;
    struct qc_tls *server;
    struct qc_tls *client;
};

/* |files| are the client's. */
static void open_all(struct fixture *f,
                     const struct qc_tls_files *files,
                     const struct qc_http2_limits *limits)
{
    f->server = tls_new(&NODE_1);
    f->client = tls_new(files);
    echo_open_secure(&f->echo, limits, f->server);
    qc_http2_client_secure(f->echo.client, f->client, NULL);
}

static void close_all(struct fixture *f)
{
    echo_close(&f->echo);
    qc_tls_free(f->client);
    qc_tls_free(f->server);
}

static void calls_go_over_tls_however_long_they_are(void **state)
{
    static const size_t sizes[] = {0, 1, 16384, 65536, 3000000};
    struct fixture f;
    struct reply reply;

    (void)state;
    open_all(&f, &NOBODY, NULL);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        echo_call(&f.echo, "/test.Echo/Unary", sizes[i], TIMEOUT_MS, &reply);
        assert_int_equal(reply.status, QC_STATUS_OK);
        reply_done(&reply);
    }
    assert_int_equal(qc_tls_count(f.server, QC_TLS_HANDSHAKES), 1);
    assert_true(f.echo.secure);
    assert_int_equal(f.echo.trust, QC_TRUST_NONE);
    close_all(&f);
}

static void a_call_knows_whose_certificate_it_came_with(void **state)
{
    struct fixture f;
    struct reply reply;

    (void)state;
    open_all(&f, &NODE_2, NULL);
    echo_call(&f.echo, "/test.Echo/Unary", 1, TIMEOUT_MS, &reply);
    assert_int_equal(reply.status, QC_STATUS_OK);
    reply_done(&reply);
    assert_int_equal(f.echo.trust, QC_TRUST_NODE);
    assert_string_equal(f.echo.identity, CLUSTER "2");
    close_all(&f);
}

static void a_caller_is_told_why_it_will_not_do(void **state)
{
    static const struct qc_tls_files believer = {.node_ca = "clients.pem"};
    struct fixture f;
    struct reply reply;

    (void)state;
    open_all(&f, &believer, NULL);
    echo_call(&f.echo, "/test.Echo/Unary", 1, TIMEOUT_MS, &reply);
    assert_int_equal(reply.status, QC_STATUS_UNAVAILABLE);
    assert_false(reply.sent);
    assert_string_equal(reply.message, "certificate verify failed: unable to "
                                       "get local issuer certificate");
    reply_done(&reply);
    close_all(&f);
}

static void cleartext_and_tls_do_not_understand_one_another(void **state)
{
    struct fixture f;
    struct reply reply;

    (void)state;
    f.client = NULL;
    f.server = tls_new(&NODE_1);
    echo_open_secure(&f.echo, NULL, f.server);
    echo_call(&f.echo, "/test.Echo/Unary", 1, TIMEOUT_MS, &reply);
    assert_int_equal(reply.status, QC_STATUS_UNAVAILABLE);
    reply_done(&reply);
    assert_int_equal(f.echo.n_begun, 0);
    close_all(&f);

    f.client = tls_new(&NOBODY);
    f.server = NULL;
    echo_open(&f.echo, NULL);
    qc_http2_client_secure(f.echo.client, f.client, NULL);
    echo_call(&f.echo, "/test.Echo/Unary", 1, TIMEOUT_MS, &reply);
    assert_int_equal(reply.status, QC_STATUS_UNAVAILABLE);
    assert_string_equal(reply.message, "the other end does not speak TLS");
    reply_done(&reply);
    close_all(&f);
}

static void a_handshake_that_does_not_come_is_not_waited_for(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    static const uint8_t beginning[] = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01};
    struct raw raw;
    struct fixture f;

    (void)state;
    limits.preface_ms = 100;
    open_all(&f, &NOBODY, &limits);
    raw_open(&raw, &f.echo, false);
    raw.plain = true;
    raw_send(&raw, beginning, sizeof(beginning));
    raw_run_until_closed(&raw);
    echo_run_until_count(&f.echo, QC_HTTP2_PREFACE_LATE, 1);
    raw_close(&raw);
    while (qc_tls_count(f.server, QC_TLS_FAILED) == 0) {
        echo_run_ms(&f.echo, 1);
    }
    assert_int_equal(qc_tls_count(f.server, QC_TLS_FAILED), 1);
    close_all(&f);
}

static void connections_live_on_when_certificates_change(void **state)
{
    struct fixture f;
    struct reply reply;
    char text[512];

    (void)state;
    open_all(&f, &NOBODY, NULL);
    echo_call(&f.echo, "/test.Echo/Unary", 1000, TIMEOUT_MS, &reply);
    reply_done(&reply);
    issue(&nodes, "node1", &(struct wanted){.names = "DNS:elsewhere"});
    assert_true(qc_tls_reload(f.server, text, sizeof(text)));
    echo_call(&f.echo, "/test.Echo/Unary", 100000, TIMEOUT_MS, &reply);
    assert_int_equal(reply.status, QC_STATUS_OK);
    reply_done(&reply);
    assert_int_equal(qc_tls_count(f.server, QC_TLS_HANDSHAKES), 1);
    close_all(&f);
}

#define TEST(name) cmocka_unit_test_setup(name, tls_files_write)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(calls_go_over_tls_however_long_they_are),
        TEST(a_call_knows_whose_certificate_it_came_with),
        TEST(a_caller_is_told_why_it_will_not_do),
        TEST(cleartext_and_tls_do_not_understand_one_another),
        TEST(a_handshake_that_does_not_come_is_not_waited_for),
        TEST(connections_live_on_when_certificates_change),
    };

    return ECHO_RUN_GROUP_TESTS(tests, tls_files_enter, tls_files_leave);
}
