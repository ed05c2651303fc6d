/* What the server answers: well, or with which error, by which protocol. */
#include "http2/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "http2/test/echo.h"
#include "http2/test/raw.h"

#define GRPC  "application/grpc"
#define JSON  "application/json"
#define UNARY "/test.Echo/Unary"
#define CONNECT_ERROR(code, text) \
    "{\"code\":\"" code "\",\"message\":\"" text "\"}"

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

/* Sends one request on stream 1 and waits for its end. */
static void ask(struct fixture *f,
                const char *path,
                const char *type,
                const char *name,
                const char *value)
{
    raw_post(&f->raw, 1, path, type, name, value);
    raw_message(&f->raw, 1, "hello");
    raw_run_until_ended(&f->raw, 1);
}

static void assert_body(const struct raw *raw, const char *text, size_t skip)
{
    struct qc_bytes body = qc_buffer_bytes(&raw->body);

    assert_int_equal(body.size, strlen(text) + skip);
    assert_memory_equal(body.data + skip, text, strlen(text));
}

static void a_grpc_call_is_answered_in_its_own_type(void **state)
{
    struct fixture *f = *state;

    ask(f, UNARY, "application/grpc+proto; x=y", "x-test", "found");
    assert_true(raw_has(&f->raw, ":status: 200\n"));
    assert_true(raw_has(&f->raw, "content-type: application/grpc+proto\n"));
    assert_true(raw_has(&f->raw, "grpc-status: 0\n"));
    assert_true(raw_has(&f->raw, "x-test-meta: well\n"));
    assert_body(&f->raw, "hello", 5);
    assert_string_equal(f->echo.header, "found");
    assert_int_equal(f->echo.form, QC_CALL_PROTOBUF);
    echo_run_until_count(&f->echo, QC_HTTP2_CALLS, 1);
}

static void msgpack_may_have_names_as_keys(void **state)
{
    struct fixture *f = *state;

    ask(f, UNARY, "application/grpc+msgpack", NULL, NULL);
    assert_int_equal(f->echo.form, QC_CALL_MSGPACK);
    raw_post(&f->raw, 3, UNARY, "application/grpc+msgpack; keys=name", NULL,
             NULL);
    raw_message(&f->raw, 3, "hello");
    raw_run_until_ended(&f->raw, 2);
    assert_int_equal(f->echo.form, QC_CALL_MSGPACK_NAMES);
    assert_true(
        raw_has(&f->raw, "content-type: application/grpc+msgpack;keys=name\n"));
}

static void a_connect_call_has_a_bare_body(void **state)
{
    struct fixture *f = *state;

    raw_post(&f->raw, 1, UNARY, JSON, NULL, NULL);
    raw_frame(&f->raw, NGHTTP2_DATA, 0, 1, "{\"a\"", 4);
    raw_frame(&f->raw, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, ":1}", 3);
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, ":status: 200\n"));
    assert_true(raw_has(&f->raw, "content-type: application/json\n"));
    assert_true(raw_has(&f->raw, "x-test-meta: well\n"));
    assert_body(&f->raw, "{\"a\":1}", 0);
    assert_int_equal(f->echo.form, QC_CALL_JSON);
}

static void a_connect_error_is_json_whatever_was_asked_in(void **state)
{
    struct fixture *f = *state;

    ask(f, "/test.Echo/Fail", "application/proto", NULL, NULL);
    assert_true(raw_has(&f->raw, ":status: 400\n"));
    assert_true(raw_has(&f->raw, "content-type: application/json\n"));
    assert_true(raw_has(&f->raw, "x-test-meta: failed\n"));
    assert_body(&f->raw,
                "{\"code\":\"failed_precondition\",\"message\":\"100 % "
                "\\\"no\\\"\\u000a\xf0\x9f\x98\x80\",\"details\":[{\"type\":"
                "\"google.rpc.ErrorInfo\",\"value\":\"CgNXSFk\"}]}",
                0);
}

static void a_grpc_error_has_trailers_only(void **state)
{
    struct fixture *f = *state;

    ask(f, "/test.Echo/Fail", GRPC, NULL, NULL);
    assert_true(raw_has(&f->raw, ":status: 200\n"));
    assert_true(raw_has(&f->raw, "grpc-status: 9\n"));
    assert_true(
        raw_has(&f->raw, "grpc-message: 100 %25 \"no\"%0A%F0%9F%98%80\n"));
    assert_true(raw_has(&f->raw, "grpc-status-details-bin: CAkSDzEwMCAl"));
    assert_true(raw_has(&f->raw, "x-test-meta: failed\n"));
    assert_body(&f->raw, "", 0);
}

static void another_method_than_post_is_not_allowed(void **state)
{
    struct fixture *f = *state;
    const char *const get[] = {":method", "GET",        ":scheme",
                               "http",    ":authority", "t",
                               ":path",   UNARY,        NULL};

    raw_headers(&f->raw, 1, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM,
                get);
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, ":status: 405\n"));
    assert_true(raw_has(&f->raw, "allow: POST\n"));
}

static void another_content_type_is_told_what_is_accepted(void **state)
{
    struct fixture *f = *state;

    ask(f, UNARY, "application/grpc-web", NULL, NULL);
    assert_true(raw_has(&f->raw, ":status: 415\n"));
    assert_true(raw_has(&f->raw, "accept-post: application/grpc, "));
    assert_int_equal(f->echo.n_begun, 0);
}

static void a_client_stream_is_for_grpc_only(void **state)
{
    struct fixture *f = *state;

    ask(f, "/test.Echo/Stream", JSON, NULL, NULL);
    assert_true(raw_has(&f->raw, ":status: 415\n"));
}

static void an_unknown_path_is_unimplemented(void **state)
{
    struct fixture *f = *state;

    ask(f, "/test.Nobody/Unary", GRPC, NULL, NULL);
    assert_true(raw_has(&f->raw, "grpc-status: 12\n"));
    raw_post(&f->raw, 3, "/test.Nobody/Unary", JSON, NULL, NULL);
    raw_message(&f->raw, 3, "");
    raw_run_until_ended(&f->raw, 2);
    assert_true(raw_has(&f->raw, ":status: 501\n"));
    assert_body(&f->raw,
                CONNECT_ERROR("unimplemented", "there is no such method"), 0);
}

static void compression_is_unimplemented(void **state)
{
    struct fixture *f = *state;

    ask(f, UNARY, GRPC, "grpc-encoding", "gzip");
    assert_true(raw_has(&f->raw, "grpc-status: 12\n"));
    assert_true(raw_has(&f->raw, "grpc-accept-encoding: identity\n"));
    raw_post(&f->raw, 3, UNARY, JSON, "content-encoding", "br");
    raw_message(&f->raw, 3, "");
    raw_run_until_ended(&f->raw, 2);
    assert_true(raw_has(&f->raw, ":status: 501\n"));
    raw_post(&f->raw, 5, UNARY, GRPC, "grpc-encoding", "identity");
    raw_message(&f->raw, 5, "x");
    raw_run_until_ended(&f->raw, 3);
    assert_true(raw_has(&f->raw, "grpc-status: 0\n"));
}

static void a_malformed_timeout_is_an_error(void **state)
{
    struct fixture *f = *state;

    ask(f, UNARY, GRPC, "grpc-timeout", "100");
    assert_true(raw_has(&f->raw, "grpc-status: 13\n"));
    raw_post(&f->raw, 3, UNARY, JSON, "connect-timeout-ms", "1s");
    raw_message(&f->raw, 3, "");
    raw_run_until_ended(&f->raw, 2);
    assert_true(raw_has(&f->raw, ":status: 400\n"));
    assert_body(&f->raw,
                CONNECT_ERROR("invalid_argument", "the timeout is malformed"),
                0);
}

static void a_call_ends_at_its_deadline(void **state)
{
    struct fixture *f = *state;

    ask(f, "/test.Echo/Never", GRPC, "grpc-timeout", "30m");
    assert_true(raw_has(&f->raw, "grpc-status: 4\n"));
    echo_run_until_closed(&f->echo, 1);
    raw_post(&f->raw, 3, "/test.Echo/Never", JSON, "connect-timeout-ms", "30");
    raw_message(&f->raw, 3, "");
    raw_run_until_ended(&f->raw, 2);
    assert_true(raw_has(&f->raw, ":status: 504\n"));
    echo_run_until_closed(&f->echo, 2);
    echo_run_until_count(&f->echo, QC_HTTP2_DEADLINE, 2);
    echo_run_until_gauge(&f->echo, QC_HTTP2_OPEN_CALLS, 0);
}

static void a_request_that_is_too_late_is_not_begun_with(void **state)
{
    struct fixture *f = *state;

    ask(f, UNARY, GRPC, "grpc-timeout", "0n");
    assert_true(raw_has(&f->raw, "grpc-status: 4\n"));
}

/* Sends |size| bytes as the whole body of a gRPC call. */
static void ask_with_body(struct fixture *f, const void *body, size_t size)
{
    raw_post(&f->raw, 1, UNARY, GRPC, NULL, NULL);
    raw_frame(&f->raw, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, body, size);
    raw_run_until_ended(&f->raw, 1);
}

static void a_compressed_message_is_an_error(void **state)
{
    struct fixture *f = *state;

    ask_with_body(f, "\1\0\0\0\1x", 6);
    assert_true(raw_has(&f->raw, "grpc-status: 13\n"));
}

static void a_truncated_message_is_an_error(void **state)
{
    struct fixture *f = *state;

    ask_with_body(f, "\0\0\0\0\2x", 6);
    assert_true(raw_has(&f->raw, "grpc-status: 13\n"));
    assert_true(raw_has(&f->raw, "grpc-message: the last message is cut"));
}

static void a_truncated_prefix_is_an_error(void **state)
{
    struct fixture *f = *state;

    ask_with_body(f, "\0\0\0", 3);
    assert_true(raw_has(&f->raw, "grpc-message: the last message is cut"));
}

static void two_messages_in_a_unary_call_are_an_error(void **state)
{
    struct fixture *f = *state;

    ask_with_body(f, "\0\0\0\0\1x\0\0\0\0\1y", 12);
    assert_true(raw_has(&f->raw, "grpc-status: 13\n"));
    echo_run_until_closed(&f->echo, 1);
}

static void a_unary_call_without_a_message_is_an_error(void **state)
{
    struct fixture *f = *state;

    ask_with_body(f, "", 0);
    assert_true(raw_has(&f->raw, "grpc-status: 13\n"));
}

static void an_announced_size_is_refused_before_it_comes(void **state)
{
    struct fixture *f = *state;

    raw_post(&f->raw, 1, UNARY, GRPC, NULL, NULL);
    raw_frame(&f->raw, NGHTTP2_DATA, 0, 1, "\0\0\x40\0\1", 5);
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, "grpc-status: 8\n"));
    echo_run_until_count(&f->echo, QC_HTTP2_MESSAGE_TOO_BIG, 1);
    echo_run_until_closed(&f->echo, 1);
}

/* http2.md 2.3: some clients lose an answer that a reset follows at once. */
static void an_early_answer_is_reset_only_after_much_more_body(void **state)
{
    struct fixture *f = *state;
    static const uint8_t more[16 * 1024];

    raw_post(&f->raw, 1, "/test.Echo/Refuse", GRPC, NULL, NULL);
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, "grpc-status: 9\n"));
    assert_int_equal(f->raw.reset, RAW_NONE);
    echo_run_until_closed(&f->echo, 1);
    for (unsigned i = 0; i < 4; i++) {
        raw_frame(&f->raw, NGHTTP2_DATA, 0, 1, more, sizeof(more));
    }
    echo_run_ms(&f->echo, 50);
    assert_int_equal(f->raw.reset, RAW_NONE);
    raw_frame(&f->raw, NGHTTP2_DATA, 0, 1, more, sizeof(more));
    raw_run_until_ended(&f->raw, 2);
    assert_int_equal(f->raw.reset, NGHTTP2_NO_ERROR);
}

static void a_client_stream_is_handed_on_message_by_message(void **state)
{
    struct fixture *f = *state;

    raw_post(&f->raw, 1, "/test.Echo/Stream", GRPC, NULL, NULL);
    raw_frame(&f->raw, NGHTTP2_DATA, 0, 1, "\0\0\0\0\2ab\0\0\0\0\0\0\0", 14);
    while (f->echo.n_messages < 2) {
        uv_run(&f->echo.loop, UV_RUN_ONCE);
    }
    assert_int_equal(f->echo.n_message_bytes, 2);
    raw_frame(&f->raw, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "\0\0\1c", 4);
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, "grpc-status: 0\n"));
    assert_int_equal(f->echo.n_messages, 3);
    assert_int_equal(f->echo.n_ended, 1);
    assert_body(&f->raw, "3", 5);
}

static void a_reset_reaches_the_handler(void **state)
{
    struct fixture *f = *state;

    raw_post(&f->raw, 1, "/test.Echo/Never", GRPC, NULL, NULL);
    raw_message(&f->raw, 1, "x");
    while (f->echo.held == NULL) {
        uv_run(&f->echo.loop, UV_RUN_ONCE);
    }
    echo_run_until_gauge(&f->echo, QC_HTTP2_OPEN_CALLS, 1);
    raw_frame(&f->raw, NGHTTP2_RST_STREAM, 0, 1, "\0\0\0\x8", 4);
    while (f->echo.n_closed == 0) {
        uv_run(&f->echo.loop, UV_RUN_ONCE);
    }
    echo_run_until_gauge(&f->echo, QC_HTTP2_OPEN_CALLS, 0);
}

static void a_half_closed_connection_is_answered_in_full(void **state)
{
    struct fixture *f = *state;
    uv_shutdown_t shutdown;

    raw_post(&f->raw, 1, "/test.Echo/Never", GRPC, NULL, NULL);
    raw_message(&f->raw, 1, "x");
    raw_post(&f->raw, 3, UNARY, GRPC, NULL, NULL); /* Never complete. */
    uv_shutdown(&shutdown, (uv_stream_t *)&f->raw.tcp, NULL);
    while (f->echo.n_closed == 0) {
        uv_run(&f->echo.loop, UV_RUN_ONCE);
    }
    assert_false(f->raw.closed);
    qc_call_answer(f->echo.held, (struct qc_bytes){(const uint8_t *)"late", 4});
    raw_run_until_closed(&f->raw);
    assert_true(raw_has(&f->raw, "grpc-status: 0\n"));
    assert_body(&f->raw, "late", 5);
}

static void a_second_answer_does_nothing(void **state)
{
    struct fixture *f = *state;
    const struct qc_bytes bytes = {(const uint8_t *)"once", 4};

    raw_post(&f->raw, 1, "/test.Echo/Never", GRPC, NULL, NULL);
    raw_message(&f->raw, 1, "x");
    while (f->echo.held == NULL) {
        uv_run(&f->echo.loop, UV_RUN_ONCE);
    }
    qc_call_answer(f->echo.held, bytes);
    qc_call_answer(f->echo.held, bytes);
    raw_run_until_ended(&f->raw, 1);
    assert_body(&f->raw, "once", 5);
}

static void the_caller_is_known_by_its_address(void **state)
{
    struct fixture *f = *state;

    raw_post(&f->raw, 1, "/test.Echo/Never", GRPC, NULL, NULL);
    raw_message(&f->raw, 1, "x");
    while (f->echo.held == NULL) {
        uv_run(&f->echo.loop, UV_RUN_ONCE);
    }
    assert_string_equal(qc_call_address(f->echo.held), "127.0.0.1");
    assert_true(qc_call_from_loopback(f->echo.held));
}

static void other_protocols_are_told_so_once(void **state)
{
    struct fixture *f = *state;
    static const char *const hellos[] = {"GET / HTTP/1.1\r\n\r\n",
                                         "\x16\x03\x01\x02\x00", "PRx"};
    struct raw other;

    for (unsigned i = 0; i < 3; i++) {
        raw_open(&other, &f->echo, false);
        raw_send(&other, hellos[i], strlen(hellos[i]));
        raw_run_until_closed(&other);
        assert_memory_equal(other.body.data, "HTTP/1.1 505 ", 13);
        echo_run_until_count(&f->echo, QC_HTTP2_NOT_HTTP2, i + 1);
        raw_close(&other);
    }
}

static void the_preface_may_come_in_pieces(void **state)
{
    struct fixture *f = *state;
    struct raw other;

    raw_open(&other, &f->echo, false);
    other.plain = false;
    for (size_t i = 0; i < NGHTTP2_CLIENT_MAGIC_LEN; i++) {
        raw_send(&other, &NGHTTP2_CLIENT_MAGIC[i], 1);
        echo_run_ms(&f->echo, 1);
    }
    raw_frame(&other, NGHTTP2_SETTINGS, 0, 0, "", 0);
    raw_post(&other, 1, UNARY, GRPC, NULL, NULL);
    raw_message(&other, 1, "x");
    raw_run_until_ended(&other, 1);
    assert_true(raw_has(&other, "grpc-status: 0\n"));
    raw_close(&other);
}

static void a_drained_server_says_goodbye_and_lets_calls_go_on(void **state)
{
    struct fixture *f = *state;
    struct reply reply = {.done = false};

    raw_post(&f->raw, 1, "/test.Echo/Never", GRPC, NULL, NULL);
    raw_message(&f->raw, 1, "x");
    while (f->echo.held == NULL) {
        uv_run(&f->echo.loop, UV_RUN_ONCE);
    }
    qc_http2_server_stop_listening(f->echo.server);
    qc_http2_server_drain(f->echo.server);
    while (f->raw.n_goaways < 2) {
        uv_run(&f->echo.loop, UV_RUN_ONCE);
    }
    assert_int_equal(f->raw.goaway, NGHTTP2_NO_ERROR);
    assert_false(f->raw.closed);
    qc_call_answer(f->echo.held, (struct qc_bytes){(const uint8_t *)"bye", 3});
    raw_run_until_closed(&f->raw);
    assert_body(&f->raw, "bye", 5);
    echo_call(&f->echo, UNARY, 1, 1000, &reply);
    assert_int_equal(reply.status, QC_STATUS_UNAVAILABLE);
    reply_done(&reply);
}

static void a_port_in_use_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct qc_http2_server_options options = {
        .host = "127.0.0.1",
        .port = qc_http2_server_port(f->echo.server),
        .limits = qc_http2_limits_default(),
    };
    struct qc_http2_server *server;

    assert_int_equal(qc_http2_server_open(&f->echo.loop, &options, &server),
                     UV_EADDRINUSE);
    options.host = "no.such.host.invalid";
    assert_true(qc_http2_server_open(&f->echo.loop, &options, &server) < 0);
}

static void a_call_is_closed_once_when_the_server_is(void **state)
{
    struct fixture *f = *state;

    raw_post(&f->raw, 1, "/test.Echo/Never", GRPC, NULL, NULL);
    raw_message(&f->raw, 1, "x");
    while (f->echo.held == NULL) {
        uv_run(&f->echo.loop, UV_RUN_ONCE);
    }
    echo_close_server(&f->echo);
    echo_run_until_closed(&f->echo, 1);
    assert_null(f->echo.held);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_grpc_call_is_answered_in_its_own_type),
        TEST(msgpack_may_have_names_as_keys),
        TEST(a_connect_call_has_a_bare_body),
        TEST(a_connect_error_is_json_whatever_was_asked_in),
        TEST(a_grpc_error_has_trailers_only),
        TEST(another_method_than_post_is_not_allowed),
        TEST(another_content_type_is_told_what_is_accepted),
        TEST(a_client_stream_is_for_grpc_only),
        TEST(an_unknown_path_is_unimplemented),
        TEST(compression_is_unimplemented),
        TEST(a_malformed_timeout_is_an_error),
        TEST(a_call_ends_at_its_deadline),
        TEST(a_request_that_is_too_late_is_not_begun_with),
        TEST(a_compressed_message_is_an_error),
        TEST(a_truncated_message_is_an_error),
        TEST(a_truncated_prefix_is_an_error),
        TEST(two_messages_in_a_unary_call_are_an_error),
        TEST(a_unary_call_without_a_message_is_an_error),
        TEST(an_announced_size_is_refused_before_it_comes),
        TEST(an_early_answer_is_reset_only_after_much_more_body),
        TEST(a_client_stream_is_handed_on_message_by_message),
        TEST(a_reset_reaches_the_handler),
        TEST(a_half_closed_connection_is_answered_in_full),
        TEST(a_second_answer_does_nothing),
        TEST(the_caller_is_known_by_its_address),
        TEST(other_protocols_are_told_so_once),
        TEST(the_preface_may_come_in_pieces),
        TEST(a_drained_server_says_goodbye_and_lets_calls_go_on),
        TEST(a_port_in_use_is_an_error),
        TEST(a_call_is_closed_once_when_the_server_is),
    };

    return ECHO_RUN_GROUP_TESTS(tests, NULL, NULL);
}
