/* Answers of many messages: as gRPC, as Connect, and how they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http2/test/echo.h"
#include "http2/test/raw.h"

#define GRPC    "application/grpc"
#define CONNECT "application/connect+json"
#define WATCH   "/test.Echo/Watch"
#define TALK    "/test.Echo/Talk"

/* INITIAL_WINDOW_SIZE 0 and 2^31 - 1. */
static const uint8_t NO_WINDOW[] = {0, 4, 0, 0, 0, 0};
static const uint8_t WIDE_WINDOW[] = {0, 4, 0x7f, 0xff, 0xff, 0xff};

struct fixture {
    struct echo echo;
    struct raw raw;
};

static struct fixture fixture;

static struct fixture *begin(const struct qc_http2_limits *limits)
{
    echo_open(&fixture.echo, limits);
    raw_open(&fixture.raw, &fixture.echo, true);
    return &fixture;
}

static int setup(void **state)
{
    *state = begin(NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    raw_close(&fixture.raw);
    echo_close(&fixture.echo);
    return 0;
}

static bool is_held(void *ctx)
{
    const struct fixture *f = ctx;

    return f->echo.held != NULL;
}

/* Opens a stream of the server on stream 1. */
static struct qc_call *watch(struct fixture *f, const char *type)
{
    raw_post(&f->raw, 1, WATCH, type, NULL, NULL);
    raw_message(&f->raw, 1, "{}");
    echo_run_until(&f->echo, is_held, f);
    return f->echo.held;
}

static struct qc_bytes bytes_of(const char *text)
{
    return (struct qc_bytes){(const uint8_t *)text, strlen(text)};
}

static void assert_body(const struct raw *raw, const char *bytes, size_t size)
{
    struct qc_bytes body = qc_buffer_bytes(&raw->body);

    assert_int_equal(body.size, size);
    assert_memory_equal(body.data, bytes, size);
}

#define ASSERT_BODY(raw, literal) assert_body(raw, literal, sizeof(literal) - 1)

static void refuse(struct qc_call *call)
{
    qc_call_fail(call, &(struct qc_call_error){
                           .status = QC_STATUS_FAILED_PRECONDITION,
                           .message = "no more",
                       });
}

/* --- well ----------------------------------------------------------------- */

static void a_grpc_stream_ends_in_trailers(void **state)
{
    struct fixture *f = *state;
    struct qc_call *call = watch(f, GRPC);

    assert_true(qc_call_send(call, bytes_of("one")));
    assert_true(qc_call_send(call, bytes_of("")));
    qc_call_add_metadata(call, "x-last", "yes");
    qc_call_end(call);
    assert_false(qc_call_send(call, bytes_of("late")));
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, ":status: 200\n"
                                 "content-type: application/grpc\n"
                                 "grpc-status: 0\n"
                                 "x-last: yes\n"));
    ASSERT_BODY(&f->raw, "\0\0\0\0\3one\0\0\0\0\0");
    echo_run_until_closed(&f->echo, 1);
}

static void a_connect_stream_ends_in_a_frame(void **state)
{
    struct fixture *f = *state;
    struct qc_call *call = watch(f, CONNECT);

    assert_int_equal(qc_call_form(call), QC_CALL_JSON);
    assert_true(qc_call_send(call, bytes_of("{\"a\":1}")));
    qc_call_end(call);
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, ":status: 200\n"
                                 "content-type: application/connect+json\n"));
    ASSERT_BODY(&f->raw, "\0\0\0\0\7{\"a\":1}\2\0\0\0\2{}");
}

static void a_connect_stream_of_protobuf_ends_in_a_frame_of_json(void **state)
{
    struct fixture *f = *state;
    struct qc_call *call = watch(f, "application/connect+proto");
    static const struct qc_call_error error = {.status = QC_STATUS_NOT_FOUND,
                                               .message = "gone"};

    assert_int_equal(qc_call_form(call), QC_CALL_PROTOBUF);
    assert_true(qc_call_send(call, bytes_of("\x08\x01")));
    qc_call_fail(call, &error);
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, ":status: 200\n"
                                 "content-type: application/connect+proto\n"));
    ASSERT_BODY(&f->raw, "\0\0\0\0\2\x08\x01\2\0\0\0\x2f"
                         "{\"error\":{\"code\":\"not_found\","
                         "\"message\":\"gone\"}}");
}

static void metadata_of_a_connect_stream_stands_in_its_end(void **state)
{
    struct fixture *f = *state;
    struct qc_call *call = watch(f, CONNECT);

    qc_call_add_metadata(call, "x-a", "1");
    qc_call_add_metadata(call, "x-b", "\"");
    qc_call_add_metadata(call, "x-a", "2");
    qc_call_end(call);
    raw_run_until_ended(&f->raw, 1);
    ASSERT_BODY(&f->raw, "\2\0\0\0\x2b"
                         "{\"metadata\":{\"x-a\":[\"1\",\"2\"],"
                         "\"x-b\":[\"\\\"\"]}}");
}

static bool has_body(void *ctx)
{
    const struct raw *raw = ctx;

    return qc_buffer_size(&raw->body) > 0;
}

static void messages_leave_as_they_come(void **state)
{
    struct fixture *f = *state;
    struct qc_call *call = watch(f, GRPC);

    for (unsigned i = 0; i < 3; i++) {
        assert_true(qc_call_send(call, bytes_of("x")));
        echo_run_until(&f->echo, has_body, &f->raw);
        ASSERT_BODY(&f->raw, "\0\0\0\0\1x");
        qc_buffer_clear(&f->raw.body);
        echo_run_ms(&f->echo, 5);
    }
    assert_int_equal(f->raw.n_ended, 0);
}

static void a_bidi_stream_is_answered_message_by_message(void **state)
{
    struct fixture *f = *state;

    raw_post(&f->raw, 1, TALK, GRPC, NULL, NULL);
    raw_frame(&f->raw, NGHTTP2_DATA, 0, 1, "\0\0\0\0\2ab\0\0\0", 10);
    echo_run_until(&f->echo, has_body, &f->raw);
    ASSERT_BODY(&f->raw, "\0\0\0\0\2ab");
    raw_frame(&f->raw, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "\0\1c", 3);
    raw_run_until_ended(&f->raw, 1);
    ASSERT_BODY(&f->raw, "\0\0\0\0\2ab\0\0\0\0\1c");
    assert_true(raw_has(&f->raw, "grpc-status: 0\n"));
    assert_int_equal(f->echo.n_ended, 1);
}

/* Clients that have no gRPC at hand learn the schema so. */
static void a_bidi_stream_can_be_spoken_as_connect(void **state)
{
    struct fixture *f = *state;

    raw_post(&f->raw, 1, TALK, "application/connect+proto", NULL, NULL);
    raw_frame(&f->raw, NGHTTP2_DATA, 0, 1, "\0\0\0\0\2ab", 7);
    echo_run_until(&f->echo, has_body, &f->raw);
    ASSERT_BODY(&f->raw, "\0\0\0\0\2ab");
    raw_frame(&f->raw, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "", 0);
    raw_run_until_ended(&f->raw, 1);
    ASSERT_BODY(&f->raw, "\0\0\0\0\2ab\2\0\0\0\2{}");
    assert_int_equal(f->echo.n_ended, 1);
}

static void streams_are_gauged(void **state)
{
    struct fixture *f = *state;
    struct qc_call *call = watch(f, GRPC);

    echo_run_until_gauge(&f->echo, QC_HTTP2_OPEN_STREAMS, 1);
    echo_run_until_gauge(&f->echo, QC_HTTP2_OPEN_CALLS, 1);
    assert_true(qc_call_send(call, bytes_of("x")));
    assert_int_equal(
        qc_http2_server_gauge(f->echo.server, QC_HTTP2_WAITING_BYTES), 6);
    qc_call_end(call);
    raw_run_until_ended(&f->raw, 1);
    echo_run_until_gauge(&f->echo, QC_HTTP2_OPEN_STREAMS, 0);
    echo_run_until_gauge(&f->echo, QC_HTTP2_WAITING_BYTES, 0);
    assert_int_equal(
        qc_http2_server_gauge(f->echo.server, QC_HTTP2_OPEN_CONNECTIONS), 1);
}

/* --- badly ---------------------------------------------------------------- */

static void a_grpc_stream_may_fail_after_messages(void **state)
{
    struct fixture *f = *state;
    struct qc_call *call = watch(f, GRPC);

    assert_true(qc_call_send(call, bytes_of("one")));
    refuse(call);
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, "grpc-status: 9\ngrpc-message: no more\n"));
    ASSERT_BODY(&f->raw, "\0\0\0\0\3one");
}

static void a_grpc_stream_that_fails_at_once_has_trailers_only(void **state)
{
    struct fixture *f = *state;

    refuse(watch(f, GRPC));
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, ":status: 200\n"
                                 "content-type: application/grpc\n"
                                 "grpc-status: 9\n"));
    ASSERT_BODY(&f->raw, "");
}

static void a_connect_stream_fails_in_its_last_frame(void **state)
{
    struct fixture *f = *state;
    struct qc_call *call = watch(f, CONNECT);

    assert_true(qc_call_send(call, bytes_of("{}")));
    qc_call_add_metadata(call, "x-a", "1");
    refuse(call);
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, ":status: 200\n"));
    ASSERT_BODY(&f->raw,
                "\0\0\0\0\2{}\2\0\0\0\x55"
                "{\"error\":{\"code\":\"failed_precondition\",\"message\":"
                "\"no more\"},\"metadata\":{\"x-a\":[\"1\"]}}");
}

/* An error of the server itself, in the only frame there is. */
static void a_connect_stream_is_refused_by_a_frame(void **state)
{
    struct fixture *f = *state;

    raw_post(&f->raw, 1, "/test.Nobody/Watch", CONNECT, NULL, NULL);
    raw_message(&f->raw, 1, "{}");
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, ":status: 200\n"));
    ASSERT_BODY(&f->raw, "\2\0\0\0\x46"
                         "{\"error\":{\"code\":\"unimplemented\",\"message\":"
                         "\"there is no such method\"}}");
}

static void compressed_connect_streams_are_unimplemented(void **state)
{
    struct fixture *f = *state;

    raw_post(&f->raw, 1, WATCH, CONNECT, "connect-content-encoding", "gzip");
    raw_message(&f->raw, 1, "{}");
    raw_run_until_ended(&f->raw, 1);
    assert_memory_equal(f->raw.body.data + 5,
                        "{\"error\":{\"code\":\"unimplemented\"", 32);
    assert_int_equal(f->echo.n_begun, 0);
}

/* Neither two messages, nor none, nor one that is cut or is flagged. */
static void the_request_of_a_connect_stream_is_one_message(void **state)
{
    static const struct {
        const char *body;
        size_t size;
    } CASES[] = {
        {"\0\0\0\0\1a\0\0\0\0\1b", 12},
        {"", 0},
        {"\0\0\0\0\2a", 6},
        {"\2\0\0\0\2{}", 7},
        {"\1\0\0\0\2{}", 7},
    };
    struct fixture *f = *state;

    for (unsigned i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        int32_t stream_id = (int32_t)(2 * i + 1);

        qc_buffer_clear(&f->raw.body);
        raw_post(&f->raw, stream_id, WATCH, CONNECT, NULL, NULL);
        raw_frame(&f->raw, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, stream_id,
                  CASES[i].body, CASES[i].size);
        raw_run_until_ended(&f->raw, i + 1);
        assert_int_equal(f->raw.body.data[0], 2);
        assert_memory_equal(f->raw.body.data + 5,
                            "{\"error\":{\"code\":\"internal\"", 27);
        assert_null(f->echo.held);
    }
}

static void each_kind_of_call_is_told_what_it_may_be_spoken_in(void **state)
{
    static const struct {
        const char *path;
        const char *type;
        const char *accepted;
    } CASES[] = {
        {WATCH, "application/json",
         "accept-post: application/grpc, application/grpc+proto, "
         "application/grpc+msgpack, application/connect+json, "
         "application/connect+proto\n"},
        {"/test.Echo/Unary", CONNECT,
         "accept-post: application/grpc, application/grpc+proto, "
         "application/grpc+msgpack, application/json, application/proto\n"},
        {TALK, "application/proto",
         "accept-post: application/grpc, application/grpc+proto, "
         "application/grpc+msgpack, application/connect+json, "
         "application/connect+proto\n"},
        {"/test.Echo/Stream", CONNECT,
         "accept-post: application/grpc, application/grpc+proto, "
         "application/grpc+msgpack\n"},
        {WATCH, "application/grpc-web+proto", "application/connect+proto\n"},
    };
    struct fixture *f = *state;

    for (unsigned i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        int32_t stream_id = (int32_t)(2 * i + 1);

        qc_buffer_clear(&f->raw.headers);
        raw_post(&f->raw, stream_id, CASES[i].path, CASES[i].type, NULL, NULL);
        raw_message(&f->raw, stream_id, "{}");
        raw_run_until_ended(&f->raw, i + 1);
        assert_true(raw_has(&f->raw, ":status: 415\n"));
        assert_true(raw_has(&f->raw, CASES[i].accepted));
    }
}

static void a_stream_ends_at_its_deadline(void **state)
{
    struct fixture *f = *state;

    raw_post(&f->raw, 1, WATCH, GRPC, "grpc-timeout", "100m");
    raw_message(&f->raw, 1, "{}");
    echo_run_until(&f->echo, is_held, f);
    assert_true(qc_call_send(f->echo.held, bytes_of("one")));
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, "grpc-status: 4\n"));
    ASSERT_BODY(&f->raw, "\0\0\0\0\3one");
    echo_run_until_closed(&f->echo, 1);
}

static void a_stream_ends_when_its_client_sends_no_more(void **state)
{
    struct fixture *f = *state;
    uv_shutdown_t shutdown;

    watch(f, GRPC);
    uv_shutdown(&shutdown, (uv_stream_t *)&f->raw.tcp, NULL);
    echo_run_until_closed(&f->echo, 1);
    raw_run_until_closed(&f->raw);
    assert_false(raw_has(&f->raw, "grpc-status"));
}

/* --- room ----------------------------------------------------------------- */

/* Sends until there is no room; gives how often. */
static unsigned fill(struct qc_call *call, size_t size)
{
    uint8_t *message = calloc(1, size);
    unsigned n = 0;

    assert_non_null(message);
    while (qc_call_send(call, (struct qc_bytes){message, size})) {
        n++;
        assert_true(n < 1000);
    }
    free(message);
    return n;
}

static bool is_writable(void *ctx)
{
    const struct echo *echo = ctx;

    return echo->n_writable > 0;
}

static void open_windows(struct fixture *f)
{
    raw_frame(&f->raw, NGHTTP2_SETTINGS, 0, 0, WIDE_WINDOW,
              sizeof(WIDE_WINDOW));
    raw_frame(&f->raw, NGHTTP2_WINDOW_UPDATE, 0, 0, "\x7f\x00\x00\x00", 4);
}

static void a_stream_that_is_not_read_takes_256_kib(void **state)
{
    struct fixture *f = *state;
    struct qc_call *call;
    unsigned n;

    raw_frame(&f->raw, NGHTTP2_SETTINGS, 0, 0, NO_WINDOW, sizeof(NO_WINDOW));
    call = watch(f, GRPC);
    n = fill(call, 1024 - 5);
    assert_int_equal(n, 257);
    echo_run_ms(&f->echo, 50);
    assert_int_equal(f->echo.n_writable, 0);
    open_windows(f);
    echo_run_until(&f->echo, is_writable, &f->echo);
    echo_run_ms(&f->echo, 50);
    assert_int_equal(f->echo.n_writable, 1);
    assert_true(qc_call_send(call, bytes_of("x")));
    qc_call_end(call);
    raw_run_until_ended(&f->raw, 1);
    assert_int_equal(qc_buffer_size(&f->raw.body), 257 * 1024 + 6);
}

static void one_message_may_be_greater_than_the_room(void **state)
{
    enum {
        SIZE = 1024 * 1024
    };
    struct fixture *f = *state;
    struct qc_call *call;

    raw_frame(&f->raw, NGHTTP2_SETTINGS, 0, 0, NO_WINDOW, sizeof(NO_WINDOW));
    call = watch(f, GRPC);
    assert_int_equal(fill(call, SIZE), 1);
    open_windows(f);
    echo_run_until(&f->echo, is_writable, &f->echo);
    qc_call_end(call);
    raw_run_until_ended(&f->raw, 1);
    assert_int_equal(qc_buffer_size(&f->raw.body), SIZE + 5);
}

/* The other does not tell this one when it has been read. */
static void a_stream_waits_for_room_that_others_take(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    struct fixture *f;
    struct qc_call *first;
    struct raw other;

    (void)state;
    limits.output_total_size = 100;
    f = begin(&limits);
    raw_frame(&f->raw, NGHTTP2_SETTINGS, 0, 0, NO_WINDOW, sizeof(NO_WINDOW));
    first = watch(f, GRPC);
    f->echo.held = NULL;
    raw_open(&other, &f->echo, true);
    raw_post(&other, 1, WATCH, GRPC, NULL, NULL);
    raw_message(&other, 1, "{}");
    echo_run_until(&f->echo, is_held, f);
    assert_int_equal(fill(first, 200), 1);
    assert_false(qc_call_send(f->echo.held, bytes_of("x")));
    echo_run_ms(&f->echo, 250);
    /* What other threads hold is known to a millisecond, or thereabouts. */
    assert_true(echo_threads() > 0 || f->echo.n_writable == 0);
    assert_false(qc_call_send(f->echo.held, bytes_of("x")));
    f->echo.n_writable = 0;
    raw_close(&f->raw);
    echo_run_until(&f->echo, is_writable, &f->echo);
    assert_true(qc_call_send(f->echo.held, bytes_of("x")));
    raw_close(&other);
    echo_close(&f->echo);
}

/* --- farewell ------------------------------------------------------------- */

static void an_open_stream_is_not_idle(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    struct fixture *f;

    (void)state;
    limits.idle_ms = 500;
    f = begin(&limits);
    watch(f, GRPC);
    echo_run_ms(&f->echo, 1200);
    assert_int_equal(f->raw.n_goaways, 0);
    qc_call_end(f->echo.held);
    raw_run_until_closed(&f->raw);
    assert_true(raw_has(&f->raw, "grpc-status: 0\n"));
    teardown(state);
}

static void an_old_connection_ends_its_streams_with_a_cursor(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    struct fixture *f;

    (void)state;
    limits.age_ms = 500;
    f = begin(&limits);
    assert_true(qc_call_send(watch(f, GRPC), bytes_of("one")));
    raw_run_until_closed(&f->raw);
    assert_int_equal(f->raw.n_goaways, 2);
    assert_int_equal(f->echo.n_leaving, 1);
    assert_true(raw_has(&f->raw, "grpc-status: 14\n"));
    assert_true(raw_has(&f->raw, "grpc-message: go elsewhere\n"
                                 "x-resume: here\n"));
    teardown(state);
}

static void a_drained_server_ends_connect_streams_by_their_frame(void **state)
{
    struct fixture *f = *state;

    watch(f, CONNECT);
    qc_http2_server_drain(f->echo.server);
    assert_int_equal(f->echo.n_leaving, 0); /* Not from inside. */
    raw_run_until_closed(&f->raw);
    ASSERT_BODY(&f->raw,
                "\2\0\0\0\x5a"
                "{\"error\":{\"code\":\"unavailable\",\"message\":"
                "\"go elsewhere\"},\"metadata\":{\"x-resume\":[\"here\"]}}");
}

static void a_stream_that_does_not_leave_is_ended(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    struct fixture *f;

    (void)state;
    limits.age_ms = 500;
    limits.age_grace_ms = 800;
    f = begin(&limits);
    f->echo.stays = true;
    assert_true(qc_call_send(watch(f, GRPC), bytes_of("one")));
    raw_run_until_closed(&f->raw);
    assert_int_equal(f->echo.n_leaving, 1);
    assert_true(raw_has(&f->raw, "grpc-status: 14\n"
                                 "grpc-message: the node ends this "
                                 "connection\n"));
    echo_run_until_count(&f->echo, QC_HTTP2_CUT, 1);
    echo_run_until_closed(&f->echo, 1);
    teardown(state);
}

/* A stream nobody reads does not keep its connection beyond the grace. */
static void a_stream_that_cannot_end_is_closed_with_its_connection(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    struct fixture *f;

    (void)state;
    limits.age_ms = 500;
    limits.age_grace_ms = 800;
    f = begin(&limits);
    raw_frame(&f->raw, NGHTTP2_SETTINGS, 0, 0, NO_WINDOW, sizeof(NO_WINDOW));
    assert_true(qc_call_send(watch(f, GRPC), bytes_of("one")));
    raw_run_until_closed(&f->raw);
    ASSERT_BODY(&f->raw, "");
    assert_int_equal(f->raw.n_ended, 0);
    echo_run_until_closed(&f->echo, 1);
    teardown(state);
}

static void a_server_that_closes_does_not_end_streams_well(void **state)
{
    struct fixture *f = *state;

    assert_true(qc_call_send(watch(f, CONNECT), bytes_of("{}")));
    echo_run_until(&f->echo, has_body, &f->raw);
    echo_close_server(&f->echo);
    raw_run_until_closed(&f->raw);
    assert_int_equal(f->raw.n_ended, 0);
    ASSERT_BODY(&f->raw, "\0\0\0\0\2{}");
    echo_run_until_closed(&f->echo, 1);
}

static void who_comes_while_a_server_drains_may_stay_for_a_second(void **state)
{
    struct fixture *f = *state;
    struct raw other;
    struct raw later;

    qc_http2_server_drain(f->echo.server);
    raw_open(&other, &f->echo, true);
    raw_post(&other, 1, "/test.Echo/Unary", GRPC, NULL, NULL);
    raw_message(&other, 1, "x");
    raw_run_until_ended(&other, 1);
    assert_true(raw_has(&other, "grpc-status: 0\n"));
    assert_int_equal(other.n_goaways, 0);
    raw_run_until_closed(&other);
    assert_int_equal(other.goaway, NGHTTP2_NO_ERROR);
    qc_http2_server_undrain(f->echo.server);
    raw_open(&later, &f->echo, true);
    echo_run_ms(&f->echo, 1500);
    assert_int_equal(later.n_goaways, 0);
    raw_close(&later);
    raw_close(&other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_grpc_stream_ends_in_trailers),
        TEST(a_connect_stream_ends_in_a_frame),
        TEST(a_connect_stream_of_protobuf_ends_in_a_frame_of_json),
        TEST(metadata_of_a_connect_stream_stands_in_its_end),
        TEST(messages_leave_as_they_come),
        TEST(a_bidi_stream_is_answered_message_by_message),
        TEST(a_bidi_stream_can_be_spoken_as_connect),
        TEST(streams_are_gauged),
        TEST(a_grpc_stream_may_fail_after_messages),
        TEST(a_grpc_stream_that_fails_at_once_has_trailers_only),
        TEST(a_connect_stream_fails_in_its_last_frame),
        TEST(a_connect_stream_is_refused_by_a_frame),
        TEST(compressed_connect_streams_are_unimplemented),
        TEST(the_request_of_a_connect_stream_is_one_message),
        TEST(each_kind_of_call_is_told_what_it_may_be_spoken_in),
        TEST(a_stream_ends_at_its_deadline),
        TEST(a_stream_ends_when_its_client_sends_no_more),
        TEST(a_stream_that_is_not_read_takes_256_kib),
        TEST(one_message_may_be_greater_than_the_room),
        cmocka_unit_test(a_stream_waits_for_room_that_others_take),
        cmocka_unit_test(an_open_stream_is_not_idle),
        cmocka_unit_test(an_old_connection_ends_its_streams_with_a_cursor),
        TEST(a_drained_server_ends_connect_streams_by_their_frame),
        cmocka_unit_test(a_stream_that_does_not_leave_is_ended),
        cmocka_unit_test(
            a_stream_that_cannot_end_is_closed_with_its_connection),
        TEST(a_server_that_closes_does_not_end_streams_well),
        TEST(who_comes_while_a_server_drains_may_stay_for_a_second),
    };

    return ECHO_RUN_GROUP_TESTS(tests, NULL, NULL);
}
