/* What browsers and probes ask: pages, and whether an origin may call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "http2/test/echo.h"
#include "http2/test/raw.h"

#define UNARY     "/test.Echo/Unary"
#define REQUESTED "access-control-request-method"
#define ALLOWED   "access-control-allow-origin: https://good.example.com\n"

struct fixture {
    struct echo echo;
    struct raw raw;
};

static int setup(void **state)
{
    static struct fixture fixture;

    echo_open(&fixture.echo, NULL);
    raw_open(&fixture.raw, &fixture.echo, true);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    raw_close(&f->raw);
    echo_close(&f->echo);
    return 0;
}

/* Asks on stream 1, with up to two more fields, and waits for the answer. */
static void ask(struct fixture *f,
                const char *method,
                const char *path,
                const char *const more[4])
{
    const char *const fields[] = {
        ":method", method,  ":scheme", "https", ":authority", "t",  ":path",
        path,      more[0], more[1],   more[2], more[3],      NULL,
    };

    raw_headers(&f->raw, 1, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM,
                fields);
    raw_run_until_ended(&f->raw, 1);
}

static const char *const NOTHING[4] = {NULL, NULL, NULL, NULL};

static bool lacks(struct raw *raw, const char *line)
{
    assert_true(qc_buffer_add(&raw->headers, "", 1));
    raw->headers.end--;
    return strstr((const char *)raw->headers.data, line) == NULL;
}

static void a_page_is_got(void **state)
{
    struct fixture *f = *state;

    ask(f, "GET", "/page", NOTHING);
    assert_true(raw_has(&f->raw, ":status: 503\n"
                                 "content-type: text/plain\n"
                                 "content-length: 7\n"
                                 "cache-control: no-store\n"
                                 "x-content-type-options: nosniff\n"));
    assert_int_equal(f->raw.body.end, 7);
    assert_memory_equal(f->raw.body.data, "a page\n", 7);
    echo_run_until_closed(&f->echo, 1);
}

static void the_head_of_a_page_has_its_size_and_no_body(void **state)
{
    struct fixture *f = *state;

    ask(f, "HEAD", "/page", NOTHING);
    assert_true(raw_has(&f->raw, ":status: 503\n"));
    assert_true(raw_has(&f->raw, "content-length: 7\n"));
    assert_int_equal(f->raw.body.end, 0);
}

static void a_page_does_not_mind_a_body(void **state)
{
    struct fixture *f = *state;
    const char *const get[] = {":method", "GET",        ":scheme",
                               "http",    ":authority", "t",
                               ":path",   "/page",      NULL};

    raw_headers(&f->raw, 1, NGHTTP2_FLAG_END_HEADERS, get);
    raw_frame(&f->raw, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "xx", 2);
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, ":status: 503\n"));
}

static void a_wrong_method_or_path_is_told_apart(void **state)
{
    static const struct {
        const char *method;
        const char *path;
        const char *answer;
    } CASES[] = {
        {"GET", UNARY, ":status: 405\nallow: POST\n"},
        {"PUT", UNARY, ":status: 405\nallow: POST\n"},
        {"OPTIONS", UNARY, ":status: 405\nallow: POST\n"},
        {"PUT", "/page", ":status: 405\nallow: GET, HEAD\n"},
        {"GET", "/nothing", ":status: 404\n"},
        {"TRACE", "/nothing", ":status: 404\n"},
    };

    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct fixture *f;

        if (i > 0) {
            assert_int_equal(teardown(state), 0);
            assert_int_equal(setup(state), 0);
        }
        f = *state;
        ask(f, CASES[i].method, CASES[i].path, NOTHING);
        assert_true(raw_has(&f->raw, CASES[i].answer));
        assert_int_equal(f->echo.n_begun, 0);
    }
}

static void a_good_origin_is_let_in_beforehand(void **state)
{
    struct fixture *f = *state;
    const char *const more[] = {"origin", "https://good.example.com", REQUESTED,
                                "POST"};

    ask(f, "OPTIONS", UNARY, more);
    assert_true(raw_has(&f->raw, ":status: 204\nvary: origin\n" ALLOWED));
    assert_true(raw_has(&f->raw, "access-control-allow-methods: POST\n"));
    assert_true(raw_has(
        &f->raw,
        "access-control-allow-headers: content-type, "
        "connect-protocol-version, connect-timeout-ms, authorization, "
        "x-request-id, x-client-id, x-if-rev, x-tenant, x-consistency\n"));
    assert_true(raw_has(&f->raw, "access-control-max-age: 7200\n"));
    assert_int_equal(f->raw.body.end, 0);
    echo_run_until_closed(&f->echo, 1);
}

static void a_bad_origin_is_not(void **state)
{
    struct fixture *f = *state;
    const char *const more[] = {"origin", "https://bad.example.com", REQUESTED,
                                "POST"};

    ask(f, "OPTIONS", UNARY, more);
    assert_true(raw_has(&f->raw, ":status: 403\nvary: origin\n"));
    assert_true(lacks(&f->raw, "access-control-"));
}

/* An answer, an error, and a stream: each in its first block of headers. */
static void a_good_origin_may_read_what_is_answered(void **state)
{
    static const struct {
        const char *path;
        const char *type;
        const char *status;
    } CASES[] = {
        {UNARY, "application/json", ":status: 200\n"},
        {"/test.Echo/Fail", "application/json", ":status: 400\n"},
        {"/test.Echo/Refuse", "application/json", ":status: 400\n"},
        {UNARY, "application/grpc", "grpc-status: 0\n"},
        {"/test.Echo/Fail", "application/grpc", "grpc-status: 9\n"},
    };
    struct fixture *f = *state;

    for (unsigned i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        int32_t stream_id = (int32_t)(2 * i + 1);

        qc_buffer_clear(&f->raw.headers);
        raw_post(&f->raw, stream_id, CASES[i].path, CASES[i].type, "origin",
                 "https://good.example.com");
        raw_message(&f->raw, stream_id, "x");
        raw_run_until_ended(&f->raw, i + 1);
        assert_true(raw_has(&f->raw, CASES[i].status));
        assert_true(raw_has(&f->raw, ALLOWED "vary: origin\n"));
        assert_true(raw_has(&f->raw,
                            "access-control-expose-headers: x-applied-index, "
                            "x-staleness-ms, x-leader, idempotent-replayed\n"));
    }
}

static void a_bad_origin_may_not(void **state)
{
    struct fixture *f = *state;

    raw_post(&f->raw, 1, UNARY, "application/json", "origin",
             "https://bad.example.com");
    raw_message(&f->raw, 1, "x");
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, ":status: 200\n"));
    assert_true(lacks(&f->raw, "access-control-"));
}

static void a_stream_may_be_read_by_a_good_origin(void **state)
{
    struct fixture *f = *state;

    raw_post(&f->raw, 1, "/test.Echo/Watch", "application/connect+json",
             "origin", "https://good.example.com");
    raw_message(&f->raw, 1, "{}");
    while (f->echo.held == NULL) {
        uv_run(&f->echo.loop, UV_RUN_ONCE);
    }
    qc_call_end(f->echo.held);
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, ALLOWED));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_page_is_got),
        TEST(the_head_of_a_page_has_its_size_and_no_body),
        TEST(a_page_does_not_mind_a_body),
        TEST(a_wrong_method_or_path_is_told_apart),
        TEST(a_good_origin_is_let_in_beforehand),
        TEST(a_bad_origin_is_not),
        TEST(a_good_origin_may_read_what_is_answered),
        TEST(a_bad_origin_may_not),
        TEST(a_stream_may_be_read_by_a_good_origin),
    };

    return ECHO_RUN_GROUP_TESTS(tests, NULL, NULL);
}
