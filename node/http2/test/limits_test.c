/* Every limit of a server: reached, and counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "http2/test/echo.h"
#include "http2/test/raw.h"

#define GRPC   "application/grpc"
#define UNARY  "/test.Echo/Unary"
#define NEVER  "/test.Echo/Never"
#define STREAM "/test.Echo/Stream"

/* INITIAL_WINDOW_SIZE 0 and 2^31 - 1. */
static const uint8_t NO_WINDOW[] = {0, 4, 0, 0, 0, 0};
static const uint8_t WIDE_WINDOW[] = {0, 4, 0x7f, 0xff, 0xff, 0xff};

struct fixture {
    struct echo echo;
    struct raw raw;
};

static struct fixture fixture;

/* Opens a server with |limits|, and a client that has said what it must. */
static struct fixture *begin(const struct qc_http2_limits *limits)
{
    echo_open(&fixture.echo, limits);
    raw_open(&fixture.raw, &fixture.echo, true);
    return &fixture;
}

static void end(struct fixture *f)
{
    raw_close(&f->raw);
    echo_close(&f->echo);
}

static void assert_count(struct fixture *f,
                         enum qc_http2_counter counter,
                         uint64_t n)
{
    echo_run_until_count(&f->echo, counter, n);
}

static void ask(struct raw *raw,
                int32_t stream_id,
                const char *path,
                const char *text)
{
    raw_post(raw, stream_id, path, GRPC, NULL, NULL);
    raw_message(raw, stream_id, text);
}

static void run_until_begun(struct fixture *f, unsigned n)
{
    while (f->echo.n_begun < n) {
        uv_run(&f->echo.loop, UV_RUN_ONCE);
    }
}

/* --- connections ---------------------------------------------------------- */

static void connections_beyond_the_limit_are_refused(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    struct raw second;
    struct raw third;
    struct fixture *f;

    (void)state;
    limits.connections = 2;
    limits.connections_per_address = 1; /* Loopback is exempt. */
    f = begin(&limits);
    raw_open(&second, &f->echo, true);
    raw_open(&third, &f->echo, true);
    raw_run_until_closed(&third);
    assert_count(f, QC_HTTP2_CONNECTIONS_REFUSED, 1);
    assert_count(f, QC_HTTP2_ADDRESS_REFUSED, 0);
    ask(&second, 1, UNARY, "x");
    raw_run_until_ended(&second, 1);
    raw_close(&third);
    raw_close(&second);
    end(f);
}

/* They come in a few at a time, however many wait. */
static void a_crowd_at_the_door_does_not_have_the_turn_to_itself(void **state)
{
    enum {
        N = 200,
        TURN_MAX = 33,
    };
    struct fixture *f = begin(NULL);
    uint16_t port = qc_http2_server_port(f->echo.server);
    uint64_t before =
        qc_http2_server_count(f->echo.server, QC_HTTP2_CONNECTIONS);
    uint64_t all = before + N;
    struct sockaddr_in address;
    int callers[N];

    (void)state;
    uv_ip4_addr("127.0.0.1", port, &address);
    for (unsigned i = 0; i < N; i++) {
        callers[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(
            connect(callers[i], (struct sockaddr *)&address, sizeof(address)),
            0);
    }
    while (before < all) {
        uint64_t n;

        uv_run(&f->echo.loop, UV_RUN_ONCE);
        n = qc_http2_server_count(f->echo.server, QC_HTTP2_CONNECTIONS);
        assert_in_range(n - before, 0, TURN_MAX);
        before = n;
    }
    for (unsigned i = 0; i < N; i++) {
        close(callers[i]);
    }
    end(f);
}

static bool has_paused(void *ctx)
{
    const struct echo *echo = ctx;

    return qc_http2_server_count(echo->server, QC_HTTP2_ACCEPT_FAILED) > 0;
}

/*
 * Has somebody connect who cannot be accepted for want of a file. libuv puts a
 * file by, so as to accept those and close them; when that is gone, too, it
 * would try for ever.
 */
static void run_out_of_files(struct fixture *f)
{
    struct sockaddr_in address;
    struct rlimit before;
    struct rlimit none;
    int caller = socket(AF_INET, SOCK_STREAM, 0);
    char byte;

    assert_true(caller >= 0);
    uv_ip4_addr("127.0.0.1", qc_http2_server_port(f->echo.server), &address);
    assert_int_equal(
        connect(caller, (struct sockaddr *)&address, sizeof(address)), 0);
    close(f->echo.loop.emfile_fd);
    f->echo.loop.emfile_fd = -1;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    echo_run_until(&f->echo, has_paused, &f->echo);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_count(f, QC_HTTP2_ACCEPT_FAILED, 1);
    assert_true(recv(caller, &byte, 1, 0) <= 0);
    close(caller);
}

static void who_cannot_be_accepted_is_not_waited_for(void **state)
{
    struct fixture *f = begin(NULL);
    struct raw other;

    (void)state;
    run_out_of_files(f);
    ask(&f->raw, 1, UNARY, "x"); /* Who was in is served. */
    raw_run_until_ended(&f->raw, 1);
    echo_run_ms(&f->echo, 1100);
    raw_open(&other, &f->echo, true);
    ask(&other, 1, UNARY, "x");
    raw_run_until_ended(&other, 1);
    assert_count(f, QC_HTTP2_ACCEPT_FAILED, 1);
    raw_close(&other);
    end(f);
}

static void a_server_may_be_closed_while_it_pauses(void **state)
{
    struct fixture *f = begin(NULL);

    (void)state;
    run_out_of_files(f);
    echo_run_ms(&f->echo, 10);
    qc_http2_server_stop_listening(f->echo.server);
    qc_http2_server_stop_listening(f->echo.server);
    end(f);
}

static void a_preface_that_does_not_come_is_not_waited_for(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    struct fixture *f;
    struct raw silent;
    struct raw slow;

    (void)state;
    limits.preface_ms = 50;
    f = begin(&limits);
    raw_open(&silent, &f->echo, false);
    raw_open(&slow, &f->echo, false);
    raw_send(&slow, NGHTTP2_CLIENT_MAGIC, 10);
    raw_run_until_closed(&silent);
    raw_run_until_closed(&slow);
    assert_count(f, QC_HTTP2_PREFACE_LATE, 2);
    assert_false(f->raw.closed);
    raw_close(&silent);
    raw_close(&slow);
    end(f);
}

static void headers_that_do_not_end_are_not_waited_for(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    const char *const fields[] = {":method", "POST", NULL};
    struct fixture *f;

    (void)state;
    limits.headers_ms = 50;
    f = begin(&limits);
    raw_headers(&f->raw, 1, 0, fields);
    raw_run_until_closed(&f->raw);
    assert_count(f, QC_HTTP2_HEADERS_LATE, 1);
    end(f);
}

/* The stream was reset by us: what still comes of it is ignored. */
static void the_end_of_headers_that_are_ignored_is_not_waited_for(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    const char *const trailers[] = {"x-late", "1", NULL};
    struct fixture *f;

    (void)state;
    limits.headers_ms = 50;
    f = begin(&limits);
    raw_post(&f->raw, 1, NEVER, GRPC, "content-length", "1");
    raw_frame(&f->raw, NGHTTP2_DATA, 0, 1, "xx", 2);
    raw_run_until_ended(&f->raw, 1);
    assert_int_equal(f->raw.reset, NGHTTP2_PROTOCOL_ERROR);
    raw_headers(&f->raw, 1, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM,
                trailers);
    echo_run_ms(&f->echo, 150);
    assert_false(f->raw.closed);
    assert_count(f, QC_HTTP2_HEADERS_LATE, 0);
    end(f);
}

static void an_idle_connection_is_closed_politely(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    struct fixture *f;

    (void)state;
    limits.idle_ms = 500;
    f = begin(&limits);
    ask(&f->raw, 1, NEVER, "x");
    echo_run_ms(&f->echo, 1200);
    assert_false(f->raw.closed);
    qc_call_answer(f->echo.held, (struct qc_bytes){(const uint8_t *)"x", 1});
    raw_run_until_closed(&f->raw);
    assert_int_equal(f->raw.goaway, NGHTTP2_NO_ERROR);
    assert_count(f, QC_HTTP2_IDLE, 1);
    end(f);
}

static void an_old_connection_ends_with_its_calls_or_its_grace(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    struct fixture *f;
    struct raw other;

    (void)state;
    limits.age_ms = 500;
    limits.age_grace_ms = 1500;
    f = begin(&limits);
    raw_open(&other, &f->echo, true);
    ask(&f->raw, 1, NEVER, "x");
    raw_run_until_closed(&other);
    assert_int_equal(other.n_goaways, 2);
    assert_false(f->raw.closed);
    raw_run_until_closed(&f->raw);
    assert_int_equal(f->raw.n_goaways, 2);
    echo_run_until_closed(&f->echo, 1);
    assert_count(f, QC_HTTP2_AGED, 2);
    raw_close(&other);
    end(f);
}

static void a_client_stream_is_exempt_from_age_and_idleness(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    struct fixture *f;

    (void)state;
    limits.age_ms = 500;
    limits.age_grace_ms = 500;
    limits.idle_ms = 500;
    limits.write_stall_ms = 500;
    f = begin(&limits);
    raw_post(&f->raw, 1, STREAM, GRPC, NULL, NULL);
    echo_run_ms(&f->echo, 1500);
    assert_int_equal(f->raw.n_goaways, 0);
    raw_message(&f->raw, 1, "x");
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, "grpc-status: 0\n"));
    raw_run_until_closed(&f->raw);
    assert_count(f, QC_HTTP2_STALLED, 0);
    end(f);
}

static void a_client_that_takes_nothing_is_closed(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    struct fixture *f;

    (void)state;
    limits.write_stall_ms = 80;
    f = begin(&limits);
    raw_frame(&f->raw, NGHTTP2_SETTINGS, 0, 0, NO_WINDOW, sizeof(NO_WINDOW));
    ask(&f->raw, 1, UNARY, "x");
    raw_run_until_closed(&f->raw);
    assert_count(f, QC_HTTP2_STALLED, 1);
    echo_run_until_closed(&f->echo, 1);
    end(f);
}

static void a_request_that_does_not_come_is_given_up(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    struct fixture *f;

    (void)state;
    limits.write_stall_ms = 80;
    f = begin(&limits);
    raw_post(&f->raw, 1, UNARY, GRPC, NULL, NULL);
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, "grpc-status: 4\n"));
    assert_count(f, QC_HTTP2_DEADLINE, 1);
    end(f);
}

/* --- calls ---------------------------------------------------------------- */

static void too_many_headers_reset_their_stream_only(void **state)
{
    const char *fields[2 * 101 + 1];
    struct fixture *f = begin(NULL);

    (void)state;
    for (size_t i = 0; i < 101; i++) {
        fields[2 * i] = "x-many";
        fields[2 * i + 1] = "1";
    }
    memcpy(fields,
           ((const char *[]){":method", "POST", ":scheme", "http", ":path",
                             UNARY}),
           6 * sizeof(fields[0]));
    fields[sizeof(fields) / sizeof(fields[0]) - 1] = NULL;
    raw_headers(&f->raw, 1, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM,
                fields);
    raw_run_until_ended(&f->raw, 1);
    assert_int_equal(f->raw.reset, NGHTTP2_INTERNAL_ERROR);
    assert_count(f, QC_HTTP2_HEADERS_TOO_BIG, 1);
    ask(&f->raw, 3, UNARY, "x");
    raw_run_until_ended(&f->raw, 2);
    assert_true(raw_has(&f->raw, "grpc-status: 0\n"));
    end(f);
}

static void too_long_headers_and_trailers_reset_their_stream(void **state)
{
    static char value[9000];
    const char *const trailers[] = {"x-long", value, NULL};
    struct fixture *f = begin(NULL);

    (void)state;
    memset(value, 'x', sizeof(value) - 1);
    raw_post(&f->raw, 1, UNARY, GRPC, "x-long", value);
    raw_headers(&f->raw, 1, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM,
                trailers);
    raw_run_until_ended(&f->raw, 1);
    assert_int_equal(f->raw.reset, NGHTTP2_INTERNAL_ERROR);
    assert_count(f, QC_HTTP2_HEADERS_TOO_BIG, 1);
    echo_run_until_closed(&f->echo, 1);
    end(f);
}

static void streams_beyond_the_limit_are_refused(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    struct fixture *f;

    (void)state;
    limits.concurrent_streams = 2;
    f = begin(&limits);
    ask(&f->raw, 1, NEVER, "x");
    ask(&f->raw, 3, NEVER, "x");
    ask(&f->raw, 5, NEVER, "x");
    raw_run_until_ended(&f->raw, 1);
    assert_int_equal(f->raw.reset, NGHTTP2_REFUSED_STREAM);
    run_until_begun(f, 2);
    assert_count(f, QC_HTTP2_FRAMES_REFUSED, 1);
    end(f);
}

static void a_body_beyond_the_limit_is_refused(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    struct fixture *f;

    (void)state;
    limits.message_size = 5;
    f = begin(&limits);
    ask(&f->raw, 1, UNARY, "12345");
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, "grpc-status: 0\n"));
    ask(&f->raw, 3, UNARY, "123456");
    raw_run_until_ended(&f->raw, 2);
    assert_true(raw_has(&f->raw, "grpc-status: 8\n"));
    raw_post(&f->raw, 5, UNARY, "application/json", NULL, NULL);
    raw_frame(&f->raw, NGHTTP2_DATA, 0, 5, "1234", 4);
    raw_frame(&f->raw, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 5, "56", 2);
    raw_run_until_ended(&f->raw, 3);
    assert_true(raw_has(&f->raw, ":status: 429\n"));
    assert_count(f, QC_HTTP2_MESSAGE_TOO_BIG, 2);
    end(f);
}

/* --- what waits ----------------------------------------------------------- */

static void while_answers_wait_no_call_is_begun(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    struct fixture *f;

    (void)state;
    limits.output_size = 10;
    f = begin(&limits);
    raw_frame(&f->raw, NGHTTP2_SETTINGS, 0, 0, NO_WINDOW, sizeof(NO_WINDOW));
    ask(&f->raw, 1, UNARY, "more than ten");
    run_until_begun(f, 1);
    echo_run_ms(&f->echo, 200);
    ask(&f->raw, 3, UNARY, "x");
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, "grpc-status: 14\n"));
    assert_int_equal(f->echo.n_begun, 1);
    assert_count(f, QC_HTTP2_BACKLOG, 1);
    /* The client opens its windows; all is well again. */
    raw_frame(&f->raw, NGHTTP2_SETTINGS, 0, 0, WIDE_WINDOW,
              sizeof(WIDE_WINDOW));
    raw_run_until_ended(&f->raw, 2);
    ask(&f->raw, 5, UNARY, "x");
    raw_run_until_ended(&f->raw, 3);
    assert_int_equal(f->echo.n_begun, 2);
    end(f);
}

static void run_until_held_is_not(struct fixture *f,
                                  const struct qc_call *other)
{
    while (f->echo.held == other) {
        uv_run(&f->echo.loop, UV_RUN_ONCE);
    }
}

static void answers_that_find_no_room_become_unavailable(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    const struct qc_bytes answer = {(const uint8_t *)"more than ten", 13};
    struct qc_call *first;
    struct fixture *f;

    (void)state;
    /* Room for an answer on its way to its thread, not for one that waits. */
    limits.output_total_size = 15;
    f = begin(&limits);
    raw_frame(&f->raw, NGHTTP2_SETTINGS, 0, 0, NO_WINDOW, sizeof(NO_WINDOW));
    ask(&f->raw, 1, NEVER, "x");
    run_until_held_is_not(f, NULL);
    echo_run_until_gauge(&f->echo, QC_HTTP2_WAITING_BYTES, 0);
    first = f->echo.held;
    ask(&f->raw, 3, NEVER, "x");
    run_until_held_is_not(f, first);
    echo_run_until_gauge(&f->echo, QC_HTTP2_WAITING_BYTES, 0);
    qc_call_answer(first, answer);
    echo_run_until_gauge(&f->echo, QC_HTTP2_WAITING_BYTES, 13 + 5);
    qc_call_answer(f->echo.held, answer);
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, "grpc-status: 14\n"));
    echo_run_until_closed(&f->echo, 2); /* Though one is not sent yet. */
    assert_count(f, QC_HTTP2_BACKLOG, 1);
    end(f);
}

static void requests_that_find_no_room_are_refused(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    struct fixture *f;

    (void)state;
    limits.output_total_size = 10;
    f = begin(&limits);
    ask(&f->raw, 1, UNARY, "more than ten");
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, "grpc-status: 14\n"));
    assert_count(f, QC_HTTP2_BACKLOG, 1);
    ask(&f->raw, 3, UNARY, "fits");
    raw_run_until_ended(&f->raw, 2);
    assert_true(raw_has(&f->raw, "grpc-status: 0\n"));
    end(f);
}

/* Each is within its own limit; together they are not. */
static void requests_of_one_connection_share_its_room(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    struct fixture *f;

    (void)state;
    limits.input_size = 10;
    f = begin(&limits);
    for (int32_t stream_id = 1; stream_id <= 3; stream_id += 2) {
        raw_post(&f->raw, stream_id, UNARY, GRPC, NULL, NULL);
        raw_frame(&f->raw, NGHTTP2_DATA, 0, stream_id, "\0\0\0\0\x8xxxxxx", 11);
    }
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, "grpc-status: 14\n"));
    assert_count(f, QC_HTTP2_BACKLOG, 1);
    raw_frame(&f->raw, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "xx", 2);
    raw_run_until_ended(&f->raw, 2);
    assert_true(raw_has(&f->raw, "grpc-status: 0\n"));
    end(f);
}

/* A proxy for many may take back more than one caller would. */
static void limits_may_change_while_the_server_runs(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    struct fixture *f = begin(NULL);
    struct raw other;

    (void)state;
    limits.reset_burst = 2;
    limits.reset_per_s = 0;
    limits.message_size = 3;
    assert_int_equal(qc_http2_server_set_limits(f->echo.server, &limits), 0);
    raw_open(&other, &f->echo, true);
    for (int32_t stream_id = 1; stream_id <= 5; stream_id += 2) {
        ask(&other, stream_id, NEVER, "x");
        raw_frame(&other, NGHTTP2_RST_STREAM, 0, stream_id, "\0\0\0\x8", 4);
    }
    raw_run_until_closed(&other);
    assert_count(f, QC_HTTP2_RESETS, 1);
    assert_int_equal(other.goaway, NGHTTP2_ENHANCE_YOUR_CALM);
    ask(&f->raw, 1, UNARY, "1234");
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, "grpc-status: 8\n"));
    raw_close(&other);
    end(f);
}

/* And not only those messages that begin afterwards. */
static void a_message_that_has_begun_keeps_to_a_new_limit(void **state)
{
    struct qc_http2_limits limits = qc_http2_limits_default();
    struct fixture *f = begin(NULL);

    (void)state;
    raw_post(&f->raw, 1, UNARY, "application/proto", NULL, NULL);
    raw_frame(&f->raw, NGHTTP2_DATA, 0, 1, "123456", 6);
    run_until_begun(f, 1);
    limits.message_size = 5;
    assert_int_equal(qc_http2_server_set_limits(f->echo.server, &limits), 0);
    echo_run_ms(&f->echo, 200);
    raw_frame(&f->raw, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "7", 1);
    raw_run_until_ended(&f->raw, 1);
    assert_true(raw_has(&f->raw, ":status: 429\n"));
    assert_count(f, QC_HTTP2_MESSAGE_TOO_BIG, 1);
    end(f);
}

/* What is asked by a client that does not read stays in the sockets. */
/* With threads, answers may crowd for a moment while the socket still has room:
 * those become UNAVAILABLE, which is short, and so more are asked for before
 * the socket is full. */
static void who_does_not_read_is_not_read_from(void **state)
{
    enum {
        ROUNDS = 3000,
        SIZE = 16000
    };
    struct qc_http2_limits limits = qc_http2_limits_default();
    static char text[SIZE + 1];
    struct fixture *f;
    unsigned n_begun;

    (void)state;
    memset(text, 'x', SIZE);
    limits.output_size = 256 * 1024;
    limits.concurrent_streams = ROUNDS;
    f = begin(&limits);
    raw_frame(&f->raw, NGHTTP2_SETTINGS, 0, 0, WIDE_WINDOW,
              sizeof(WIDE_WINDOW));
    raw_frame(&f->raw, NGHTTP2_WINDOW_UPDATE, 0, 0, "\x7f\x00\x00\x00", 4);
    raw_read(&f->raw, false);
    for (int32_t i = 0; i < ROUNDS; i++) {
        ask(&f->raw, 2 * i + 1, UNARY, text);
    }
    do {
        n_begun = f->echo.n_begun;
        echo_run_ms(&f->echo, 300);
    } while (f->echo.n_begun > n_begun);
    assert_true(n_begun < (echo_threads() > 0 ? ROUNDS : ROUNDS / 2));
    raw_read(&f->raw, true);
    raw_run_until_ended(&f->raw, ROUNDS);
    assert_false(f->raw.closed);
    end(f);
}

/* Each takes a millisecond: the first slice, of 512 bytes, has room for eight,
 * later ones, of 64, for one or two. With threads the calls are handled where
 * nothing is read. */
static void dear_calls_do_not_have_a_turn_to_themselves(void **state)
{
    enum {
        N = 100,
        FIRST = 1 + 8 + 8,
        LATER = 2 + 2,
    };
    struct fixture *f = begin(NULL);
    unsigned before = 0;

    (void)state;
    f->echo.busy_ns = UINT64_C(1000) * 1000;
    for (int32_t i = 0; i < N; i++) {
        ask(&f->raw, 2 * i + 1, NEVER, "x");
    }
    while (before < N) {
        uv_run(&f->echo.loop, UV_RUN_ONCE);
        if (echo_threads() == 0) {
            assert_in_range(f->echo.n_begun - before, 0,
                            before == 0 ? FIRST : LATER);
        }
        before = f->echo.n_begun;
    }
    end(f);
}

/* One bufferful is a turn's share, and twice that when it comes from another
 * loop; who sends more takes more turns. */
static void nobody_has_a_turn_to_himself(void **state)
{
    enum {
        SIZE = 1000,
        N = 600,
        SHARE = 64 * 1024,
    };
    static const uint8_t message[5 + SIZE] = {0, 0, 0, SIZE >> 8, SIZE & 0xff};
    unsigned shares = echo_threads() > 0 ? 3 : 1;
    struct fixture *f = begin(NULL);
    uint64_t before = 0;

    (void)state;
    raw_post(&f->raw, 1, STREAM, GRPC, NULL, NULL);
    for (unsigned i = 0; i < N; i++) {
        raw_frame(&f->raw, NGHTTP2_DATA, 0, 1, message, sizeof(message));
    }
    while (before < (uint64_t)N * SIZE) {
        uv_run(&f->echo.loop, UV_RUN_ONCE);
        assert_in_range(f->echo.n_message_bytes - before, 0,
                        (uint64_t)shares * SHARE);
        before = f->echo.n_message_bytes;
    }
    end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_beyond_the_limit_are_refused),
        cmocka_unit_test(a_crowd_at_the_door_does_not_have_the_turn_to_itself),
        cmocka_unit_test(who_cannot_be_accepted_is_not_waited_for),
        cmocka_unit_test(a_server_may_be_closed_while_it_pauses),
        cmocka_unit_test(a_preface_that_does_not_come_is_not_waited_for),
        cmocka_unit_test(headers_that_do_not_end_are_not_waited_for),
        cmocka_unit_test(the_end_of_headers_that_are_ignored_is_not_waited_for),
        cmocka_unit_test(an_idle_connection_is_closed_politely),
        cmocka_unit_test(an_old_connection_ends_with_its_calls_or_its_grace),
        cmocka_unit_test(a_client_stream_is_exempt_from_age_and_idleness),
        cmocka_unit_test(a_client_that_takes_nothing_is_closed),
        cmocka_unit_test(a_request_that_does_not_come_is_given_up),
        cmocka_unit_test(too_many_headers_reset_their_stream_only),
        cmocka_unit_test(too_long_headers_and_trailers_reset_their_stream),
        cmocka_unit_test(streams_beyond_the_limit_are_refused),
        cmocka_unit_test(a_body_beyond_the_limit_is_refused),
        cmocka_unit_test(while_answers_wait_no_call_is_begun),
        cmocka_unit_test(answers_that_find_no_room_become_unavailable),
        cmocka_unit_test(requests_that_find_no_room_are_refused),
        cmocka_unit_test(requests_of_one_connection_share_its_room),
        cmocka_unit_test(limits_may_change_while_the_server_runs),
        cmocka_unit_test(a_message_that_has_begun_keeps_to_a_new_limit),
        cmocka_unit_test(who_does_not_read_is_not_read_from),
        cmocka_unit_test(nobody_has_a_turn_to_himself),
        cmocka_unit_test(dear_calls_do_not_have_a_turn_to_themselves),
    };

    return ECHO_RUN_GROUP_TESTS(tests, NULL, NULL);
}
