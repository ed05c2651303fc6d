/* What the client does: against our server, against none, against a bad one. */
#include "http2/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "http2/test/echo.h"

#define UNARY  "/test.Echo/Unary"
#define NEVER  "/test.Echo/Never"
#define STREAM "/test.Echo/Stream"
#define WATCH  "/test.Echo/Watch"

enum {
    MANY_CALLS = 2000,
    MANY_MESSAGES = 10000,
    BACKLOG_MAX = 256 * 1024,
};

static const size_t MIB = 1024 * (size_t)1024;

static const struct qc_bytes SMALL = {(const uint8_t *)"small", 5};

static int setup(void **state)
{
    static struct echo echo;

    echo_open(&echo, NULL);
    *state = &echo;
    return 0;
}

static int teardown(void **state)
{
    echo_close(*state);
    return 0;
}

static struct qc_http2_request *call(struct echo *echo,
                                     const char *path,
                                     int64_t timeout_ms,
                                     struct reply *reply)
{
    struct qc_http2_request *request;

    *reply = (struct reply){.done = false};
    request = qc_http2_client_call(echo->client, path, QC_CALL_PROTOBUF, NULL,
                                   0, SMALL, timeout_ms, reply_take, reply);
    assert_non_null(request);
    return request;
}

static bool is_held(void *ctx)
{
    const struct echo *echo = ctx;

    return echo->held != NULL;
}

static bool has_rtt(void *ctx)
{
    const struct echo *echo = ctx;

    return qc_http2_client_rtt_us(echo->client) > 0;
}

static void a_ping_tells_how_long_it_was_under_way(void **state)
{
    struct echo *echo = *state;
    struct reply reply;

    qc_http2_client_ping(echo->client); /* There is no connection. */
    echo_call(echo, UNARY, 100, 2000, &reply);
    reply_done(&reply);
    assert_int_equal(qc_http2_client_rtt_us(echo->client), 0);
    qc_http2_client_ping(echo->client);
    echo_run_until(echo, has_rtt, echo);
    assert_in_range(qc_http2_client_rtt_us(echo->client), 1, 5 * 1000 * 1000);
    echo_close_server(echo);
    echo_run_ms(echo, 50);
    assert_int_equal(qc_http2_client_rtt_us(echo->client), 0);
}

static void a_call_is_answered(void **state)
{
    struct echo *echo = *state;
    struct reply reply;

    assert_false(qc_http2_client_connected(echo->client));
    echo_call(echo, UNARY, 100, 2000, &reply);
    assert_int_equal(reply.status, QC_STATUS_OK);
    assert_string_equal(reply.message, "");
    assert_string_equal(reply.metadata, "well");
    assert_true(reply.sent);
    assert_true(echo->remaining_ms > 1000 && echo->remaining_ms <= 2000);
    assert_true(qc_http2_client_connected(echo->client));
    reply_done(&reply);
}

static void headers_and_form_arrive(void **state)
{
    struct echo *echo = *state;
    const struct qc_http2_header header = {"x-test", "value"};
    struct reply reply = {.done = false};

    assert_non_null(qc_http2_client_call(echo->client, UNARY, QC_CALL_MSGPACK,
                                         &header, 1, SMALL, INT64_MAX,
                                         reply_take, &reply));
    echo_run_until_true(echo, &reply.done);
    assert_string_equal(echo->header, "value");
    assert_int_equal(echo->form, QC_CALL_MSGPACK);
    assert_true(echo->remaining_ms == INT64_MAX);
    reply_done(&reply);
}

static void an_error_comes_with_its_details(void **state)
{
    struct echo *echo = *state;
    struct reply reply;

    echo_call(echo, "/test.Echo/Fail", 1, 2000, &reply);
    assert_int_equal(reply.status, QC_STATUS_FAILED_PRECONDITION);
    assert_string_equal(reply.message, "100 % \"no\"\n\xf0\x9f\x98\x80");
    assert_string_equal(reply.metadata, "failed");
    assert_true(reply.details_size > 0);
    reply_done(&reply);
    echo_call(echo, "/no.Such/Method", 1, 2000, &reply);
    assert_int_equal(reply.status, QC_STATUS_UNIMPLEMENTED);
    assert_int_equal(reply.details_size, 0);
    reply_done(&reply);
}

static void large_messages_pass_and_larger_do_not(void **state)
{
    struct echo *echo = *state;
    struct reply reply;

    echo_call(echo, UNARY, 0, 2000, &reply);
    assert_int_equal(reply.status, QC_STATUS_OK);
    reply_done(&reply);
    echo_call(echo, UNARY, 3 * MIB, 20000, &reply);
    assert_int_equal(reply.status, QC_STATUS_OK);
    reply_done(&reply);
    echo_call(echo, UNARY, 5 * MIB, 20000, &reply);
    assert_int_equal(reply.status, QC_STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(reply.message, "the message is too big");
    reply_done(&reply);
    echo_call(echo, UNARY, 10, 2000, &reply);
    assert_int_equal(reply.status, QC_STATUS_OK);
    reply_done(&reply);
}

static void an_answer_before_the_message_is_taken(void **state)
{
    struct echo *echo = *state;
    struct reply reply;

    echo_call(echo, "/test.Echo/Refuse", 2 * MIB, 20000, &reply);
    assert_int_equal(reply.status, QC_STATUS_FAILED_PRECONDITION);
    reply_done(&reply);
}

struct tally {
    unsigned n_ok;
    unsigned n_done;
};

static void tally_take(void *ctx, const struct qc_http2_response *response)
{
    struct tally *tally = ctx;

    tally->n_ok += response->status == QC_STATUS_OK ? 1 : 0;
    tally->n_done++;
}

static bool all_done(void *ctx)
{
    const struct tally *tally = ctx;

    return tally->n_done == MANY_CALLS;
}

static void many_calls_at_once_are_all_answered(void **state)
{
    struct echo *echo = *state;
    struct tally tally = {.n_ok = 0};

    for (unsigned i = 0; i < MANY_CALLS; i++) {
        assert_non_null(qc_http2_client_call(echo->client, UNARY,
                                             QC_CALL_PROTOBUF, NULL, 0, SMALL,
                                             30000, tally_take, &tally));
    }
    echo_run_until(echo, all_done, &tally);
    assert_int_equal(tally.n_ok, MANY_CALLS);
}

static void a_cancelled_call_is_cancelled_at_both_ends(void **state)
{
    struct echo *echo = *state;
    struct qc_http2_request *request;
    struct reply reply;

    request = call(echo, NEVER, 5000, &reply);
    echo_run_until(echo, is_held, echo);
    qc_http2_client_cancel(request);
    assert_int_equal(reply.status, QC_STATUS_CANCELLED);
    assert_true(reply.sent);
    while (echo->held != NULL) {
        uv_run(&echo->loop, UV_RUN_ONCE);
    }
    assert_int_equal(echo->n_closed, 1);
    reply_done(&reply);
    echo_call(echo, UNARY, 10, 2000, &reply);
    assert_int_equal(reply.status, QC_STATUS_OK);
    reply_done(&reply);
}

static void a_call_cancelled_before_it_left_was_not_sent(void **state)
{
    struct echo *echo = *state;
    struct reply reply;

    qc_http2_client_cancel(call(echo, UNARY, 5000, &reply));
    assert_int_equal(reply.status, QC_STATUS_CANCELLED);
    assert_false(reply.sent);
    reply_done(&reply);
}

static void the_deadline_ends_a_call(void **state)
{
    struct echo *echo = *state;
    struct reply reply;

    echo_call(echo, UNARY, 10, 5000, &reply); /* So that it is connected. */
    assert_int_equal(reply.status, QC_STATUS_OK);
    reply_done(&reply);
    echo_call(echo, NEVER, 10, 200, &reply);
    assert_int_equal(reply.status, QC_STATUS_DEADLINE_EXCEEDED);
    reply_done(&reply);
    echo_run_until_closed(echo, 2);
    echo_call(echo, NEVER, 10, -1, &reply);
    assert_int_equal(reply.status, QC_STATUS_DEADLINE_EXCEEDED);
    reply_done(&reply);
}

static void without_a_server_a_call_is_unavailable_and_unsent(void **state)
{
    struct echo *echo = *state;
    struct reply reply;

    echo_close_server(echo);
    for (unsigned i = 0; i < 3; i++) {
        echo_call(echo, UNARY, 10, 2000, &reply);
        assert_int_equal(reply.status, QC_STATUS_UNAVAILABLE);
        assert_false(reply.sent);
        reply_done(&reply);
    }
    assert_false(qc_http2_client_connected(echo->client));
}

static void a_killed_connection_ends_its_calls_and_the_next_dials(void **state)
{
    struct echo *echo = *state;
    uint16_t port = qc_http2_server_port(echo->server);
    struct reply reply;

    call(echo, NEVER, 20000, &reply);
    echo_run_until(echo, is_held, echo);
    echo_close_server(echo);
    echo_run_until_true(echo, &reply.done);
    assert_int_equal(reply.status, QC_STATUS_UNAVAILABLE);
    assert_true(reply.sent);
    assert_int_equal(reply.n_done, 1);
    assert_false(qc_http2_client_refused(echo->client));
    reply_done(&reply);

    /* Now there is nobody; and then somebody again. */
    echo_call(echo, UNARY, 10, 20000, &reply);
    assert_int_equal(reply.status, QC_STATUS_UNAVAILABLE);
    assert_true(qc_http2_client_refused(echo->client));
    reply_done(&reply);
    echo_open_server(echo, port, NULL);
    echo_call(echo, UNARY, 10, 2000, &reply);
    assert_int_equal(reply.status, QC_STATUS_OK);
    assert_false(qc_http2_client_refused(echo->client));
    reply_done(&reply);
}

static void addresses_are_host_and_port(void **state)
{
    static const char *const bad[] = {
        "",        "localhost", "localhost:", ":7400",   "::1:7400", "[::1]",
        "h:65536", "h:7400 ",   "h:-1",       "[]:7400", "h:123456",
    };
    struct echo *echo = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_null(qc_http2_client_new(&echo->loop, bad[i]));
    }
}

/* localhost may be ::1 first, where nobody listens. */
static void all_addresses_of_a_name_are_tried(void **state)
{
    struct echo *echo = *state;
    struct reply reply;
    char address[32];

    echo_close_client(echo);
    snprintf(address, sizeof(address), "localhost:%u",
             (unsigned)qc_http2_server_port(echo->server));
    echo->client = qc_http2_client_new(&echo->loop, address);
    assert_non_null(echo->client);
    echo_call(echo, UNARY, 10, 5000, &reply);
    assert_int_equal(reply.status, QC_STATUS_OK);
    reply_done(&reply);
}

static void an_unknown_name_is_unavailable(void **state)
{
    struct echo *echo = *state;
    struct reply reply;

    echo_close_client(echo);
    echo->client = qc_http2_client_new(&echo->loop, "no.such.host.invalid:1");
    assert_non_null(echo->client);
    echo_call(echo, UNARY, 10, 20000, &reply);
    assert_int_equal(reply.status, QC_STATUS_UNAVAILABLE);
    assert_false(reply.sent);
    reply_done(&reply);
}

static void a_closed_client_cancels_its_calls(void **state)
{
    struct echo *echo = *state;
    struct reply dialling;
    struct reply running;

    call(echo, NEVER, 20000, &running);
    echo_run_until(echo, is_held, echo);
    call(echo, UNARY, 20000, &dialling);
    echo_close_client(echo);
    assert_int_equal(running.status, QC_STATUS_CANCELLED);
    assert_int_equal(running.n_done, 1);
    assert_int_equal(dialling.status, QC_STATUS_CANCELLED);
    assert_int_equal(dialling.n_done, 1);
    reply_done(&running);
    reply_done(&dialling);
}

struct retry {
    struct echo *echo;
    struct reply reply;
    unsigned n_tries;
};

static void retry_take(void *ctx, const struct qc_http2_response *response)
{
    struct retry *retry = ctx;

    if (response->status == QC_STATUS_OK || retry->n_tries == 5) {
        reply_take(&retry->reply, response);
        return;
    }
    retry->n_tries++;
    assert_non_null(qc_http2_client_call(retry->echo->client, UNARY,
                                         QC_CALL_PROTOBUF, NULL, 0, SMALL, 2000,
                                         retry_take, retry));
}

static void whoever_is_told_may_call_again_at_once(void **state)
{
    struct echo *echo = *state;
    struct retry retry = {.echo = echo};

    assert_non_null(qc_http2_client_call(echo->client, NEVER, QC_CALL_PROTOBUF,
                                         NULL, 0, SMALL, 20000, retry_take,
                                         &retry));
    echo_run_until(echo, is_held, echo);
    echo_close_server(echo);
    echo_run_until_true(echo, &retry.reply.done);
    assert_int_equal(retry.n_tries, 5);
    assert_int_equal(retry.reply.status, QC_STATUS_UNAVAILABLE);
    reply_done(&retry.reply);
}

/* --- streams -------------------------------------------------------------- */

static void a_stream_carries_many_messages_against_back_pressure(void **state)
{
    struct echo *echo = *state;
    static uint8_t message[1000];
    const struct qc_bytes bytes = {message, sizeof(message)};
    struct reply reply = {.done = false};
    struct qc_http2_stream *stream;
    unsigned n_refused = 0;
    unsigned n_sent = 0;

    stream = qc_http2_client_stream(echo->client, STREAM, reply_take, &reply);
    assert_non_null(stream);
    while (n_sent < MANY_MESSAGES) {
        if (qc_http2_stream_send(stream, bytes, BACKLOG_MAX)) {
            n_sent++;
        } else {
            n_refused++;
            uv_run(&echo->loop, UV_RUN_ONCE);
        }
    }
    while (echo->n_messages < MANY_MESSAGES) {
        uv_run(&echo->loop, UV_RUN_ONCE);
    }
    assert_true(n_refused > 0);
    assert_int_equal(echo->n_message_bytes, sizeof(message) * MANY_MESSAGES);
    assert_false(reply.done);
    qc_http2_stream_reset(stream);
    assert_int_equal(reply.status, QC_STATUS_CANCELLED);
    while (echo->n_closed == 0) {
        uv_run(&echo->loop, UV_RUN_ONCE);
    }
    assert_int_equal(echo->n_ended, 0);
    reply_done(&reply);
}

static void a_stream_ends_when_the_server_goes(void **state)
{
    struct echo *echo = *state;
    struct reply reply = {.done = false};
    struct qc_http2_stream *stream;

    stream = qc_http2_client_stream(echo->client, STREAM, reply_take, &reply);
    assert_non_null(stream);
    assert_true(qc_http2_stream_send(stream, SMALL, 1000));
    while (echo->n_messages < 1) {
        uv_run(&echo->loop, UV_RUN_ONCE);
    }
    echo_close_server(echo);
    echo_run_until_true(echo, &reply.done);
    assert_int_equal(reply.status, QC_STATUS_UNAVAILABLE);
    assert_int_equal(echo->n_closed, 1);
    reply_done(&reply);
}

static void a_stream_to_nobody_ends(void **state)
{
    struct echo *echo = *state;
    struct reply reply = {.done = false};
    struct qc_http2_stream *stream;

    echo_close_server(echo);
    stream = qc_http2_client_stream(echo->client, STREAM, reply_take, &reply);
    assert_non_null(stream);
    assert_true(qc_http2_stream_send(stream, SMALL, 1000));
    assert_false(reply.done);
    echo_run_until_true(echo, &reply.done);
    assert_int_equal(reply.status, QC_STATUS_UNAVAILABLE);
    assert_false(reply.sent);
    reply_done(&reply);
}

static void a_stream_may_be_refused(void **state)
{
    struct echo *echo = *state;
    struct reply reply = {.done = false};

    assert_non_null(qc_http2_client_stream(echo->client, "/test.Echo/Refuse",
                                           reply_take, &reply));
    echo_run_until_true(echo, &reply.done);
    assert_int_equal(reply.status, QC_STATUS_FAILED_PRECONDITION);
    reply_done(&reply);
    while (echo->n_closed == 0) {
        uv_run(&echo->loop, UV_RUN_ONCE);
    }
}

/* --- bad servers ---------------------------------------------------------- */

/* A server that answers whatever comes with fixed bytes, and closes. */
struct parrot {
    uv_tcp_t listener;
    uv_tcp_t peer;
    const void *bytes;
    size_t size;
};

static void parrot_listen(uv_stream_t *listener, int status)
{
    struct parrot *parrot = listener->data;
    uv_buf_t buf =
        uv_buf_init((char *)(uintptr_t)parrot->bytes, (unsigned)parrot->size);

    assert_int_equal(status, 0);
    uv_tcp_init(listener->loop, &parrot->peer);
    assert_int_equal(uv_accept(listener, (uv_stream_t *)&parrot->peer), 0);
    uv_try_write((uv_stream_t *)&parrot->peer, &buf, 1);
    uv_close((uv_handle_t *)&parrot->peer, NULL);
}

static void assert_unavailable_from(struct echo *echo,
                                    const void *bytes,
                                    size_t size)
{
    struct parrot parrot = {.bytes = bytes, .size = size};
    struct sockaddr_in address;
    struct reply reply;
    char text[32];
    int length = sizeof(address);

    echo_close_client(echo);
    uv_ip4_addr("127.0.0.1", 0, &address);
    uv_tcp_init(&echo->loop, &parrot.listener);
    parrot.listener.data = &parrot;
    uv_tcp_bind(&parrot.listener, (const struct sockaddr *)&address, 0);
    assert_int_equal(
        uv_listen((uv_stream_t *)&parrot.listener, 1, parrot_listen), 0);
    uv_tcp_getsockname(&parrot.listener, (struct sockaddr *)&address, &length);
    snprintf(text, sizeof(text), "127.0.0.1:%u",
             (unsigned)ntohs(address.sin_port));
    echo->client = qc_http2_client_new(&echo->loop, text);
    echo_call(echo, UNARY, 10, 5000, &reply);
    assert_int_equal(reply.status, QC_STATUS_UNAVAILABLE);
    reply_done(&reply);
    uv_close((uv_handle_t *)&parrot.listener, NULL);
    echo_run_ms(echo, 1);
}

static void a_server_of_another_kind_is_unavailable(void **state)
{
    static const char http1[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    static const uint8_t goaway[] = {
        0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 8, 7,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    };

    assert_unavailable_from(*state, http1, sizeof(http1) - 1);
    assert_unavailable_from(*state, "", 0);
    assert_unavailable_from(*state, goaway, sizeof(goaway));
}

/* Headers, a message and trailers on stream 1, as they are sent. */
static const char ANSWER[] = "\0\0\0\4\0\0\0\0\0"
                             "\0\0\x13\1\4\0\0\0\1\x88\x5f\x10"
                             "application/grpc"
                             "\0\0\x0a\0\0\0\0\0\1\0\0\0\0\5small"
                             "\0\0\x0f\1\5\0\0\0\1\0\x0bgrpc-status\1"
                             "0";

/* Answers what comes, and is gone at once, as by a reset. */
static void answer_and_reset(int peer)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    assert_int_equal(write(peer, ANSWER, sizeof(ANSWER) - 1),
                     sizeof(ANSWER) - 1);
    shutdown(peer, SHUT_WR);
    setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(peer);
}

static void an_answer_counts_though_the_server_is_gone(void **state)
{
    struct echo *echo = *state;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct reply first;
    struct reply second;
    char text[32];
    int peer = -1;

    echo_close_client(echo);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, length),
                     0);
    assert_int_equal(listen(listener, 1), 0);
    getsockname(listener, (struct sockaddr *)&address, &length);
    snprintf(text, sizeof(text), "127.0.0.1:%u",
             (unsigned)ntohs(address.sin_port));
    echo->client = qc_http2_client_new(&echo->loop, text);

    call(echo, UNARY, 5000, &first);
    while (peer < 0) {
        echo_run_ms(echo, 20);
        peer = accept(listener, NULL, NULL);
    }
    echo_run_ms(echo, 20);
    answer_and_reset(peer);
    call(echo, UNARY, 5000, &second);
    qc_http2_client_flush(echo->client);

    echo_run_until_true(echo, &first.done);
    assert_int_equal(first.status, QC_STATUS_OK);
    echo_run_until_true(echo, &second.done);
    assert_int_equal(second.status, QC_STATUS_UNAVAILABLE);
    reply_done(&first);
    reply_done(&second);
    close(listener);
}

/* What a watch has brought. */
struct watched {
    struct reply reply;
    unsigned n;
    unsigned n_wanted; /* Then it is cancelled; 0: never. */
    char last[16];
};

static bool on_message(void *ctx, struct qc_bytes message)
{
    struct watched *watched = ctx;

    watched->n++;
    snprintf(watched->last, sizeof(watched->last), "%.*s", (int)message.size,
             (const char *)message.data);
    return watched->n != watched->n_wanted;
}

static void on_watch_ended(void *ctx, const struct qc_http2_response *response)
{
    struct watched *watched = ctx;

    reply_take(&watched->reply, response);
}

/* Opens one, and waits until the server has it. */
static void watch(struct echo *echo, struct watched *watched)
{
    assert_non_null(qc_http2_client_watch(echo->client, WATCH, QC_CALL_PROTOBUF,
                                          NULL, 0, SMALL, on_message,
                                          on_watch_ended, watched));
    echo_run_until(echo, is_held, echo);
}

static void send_messages(struct echo *echo, unsigned n)
{
    for (unsigned i = 1; i <= n; i++) {
        char text[16];
        int size = snprintf(text, sizeof(text), "m%u", i);

        assert_true(
            qc_call_send(echo->held, (struct qc_bytes){(const uint8_t *)text,
                                                       (size_t)size}));
    }
}

static void a_watch_is_told_message_by_message(void **state)
{
    struct echo *echo = *state;
    struct watched watched = {.n = 0};

    watch(echo, &watched);
    send_messages(echo, 1000);
    qc_call_end(echo->held);
    echo_run_until_true(echo, &watched.reply.done);
    assert_int_equal(watched.n, 1000);
    assert_string_equal(watched.last, "m1000");
    assert_int_equal(watched.reply.status, QC_STATUS_OK);
    assert_int_equal(watched.reply.size, 0);
    reply_done(&watched.reply);
}

static void a_watch_without_messages_may_end_well(void **state)
{
    struct echo *echo = *state;
    struct watched watched = {.n = 0};

    watch(echo, &watched);
    qc_call_end(echo->held);
    echo_run_until_true(echo, &watched.reply.done);
    assert_int_equal(watched.n, 0);
    assert_int_equal(watched.reply.status, QC_STATUS_OK);
    reply_done(&watched.reply);
}

static void a_watch_that_fails_brings_its_messages_before(void **state)
{
    const struct qc_call_error error = {
        .status = QC_STATUS_UNAVAILABLE,
        .message = "go elsewhere",
    };
    struct echo *echo = *state;
    struct watched watched = {.n = 0};

    watch(echo, &watched);
    send_messages(echo, 2);
    qc_call_add_metadata(echo->held, "x-test-meta", "where");
    qc_call_fail(echo->held, &error);
    echo_run_until_true(echo, &watched.reply.done);
    assert_int_equal(watched.n, 2);
    assert_int_equal(watched.reply.status, QC_STATUS_UNAVAILABLE);
    assert_string_equal(watched.reply.message, "go elsewhere");
    assert_string_equal(watched.reply.metadata, "where");
    reply_done(&watched.reply);
}

static void a_watch_ends_when_its_reader_has_enough(void **state)
{
    struct echo *echo = *state;
    struct watched watched = {.n_wanted = 3};
    unsigned n_closed = echo->n_closed;

    watch(echo, &watched);
    send_messages(echo, 10);
    echo_run_until_true(echo, &watched.reply.done);
    assert_int_equal(watched.n, 3);
    assert_string_equal(watched.last, "m3");
    assert_int_equal(watched.reply.status, QC_STATUS_CANCELLED);
    while (echo->n_closed == n_closed) {
        echo_run_ms(echo, 1);
    }
    reply_done(&watched.reply);
}

static void a_watch_ends_when_the_server_goes(void **state)
{
    struct echo *echo = *state;
    struct watched watched = {.n = 0};

    watch(echo, &watched);
    echo_close_server(echo);
    echo_run_until_true(echo, &watched.reply.done);
    assert_int_equal(watched.reply.status, QC_STATUS_UNAVAILABLE);
    reply_done(&watched.reply);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_ping_tells_how_long_it_was_under_way),
        TEST(a_call_is_answered),
        TEST(headers_and_form_arrive),
        TEST(an_error_comes_with_its_details),
        TEST(large_messages_pass_and_larger_do_not),
        TEST(an_answer_before_the_message_is_taken),
        TEST(many_calls_at_once_are_all_answered),
        TEST(a_cancelled_call_is_cancelled_at_both_ends),
        TEST(a_call_cancelled_before_it_left_was_not_sent),
        TEST(the_deadline_ends_a_call),
        TEST(without_a_server_a_call_is_unavailable_and_unsent),
        TEST(a_killed_connection_ends_its_calls_and_the_next_dials),
        TEST(addresses_are_host_and_port),
        TEST(all_addresses_of_a_name_are_tried),
        TEST(an_unknown_name_is_unavailable),
        TEST(a_closed_client_cancels_its_calls),
        TEST(whoever_is_told_may_call_again_at_once),
        TEST(a_stream_carries_many_messages_against_back_pressure),
        TEST(a_stream_ends_when_the_server_goes),
        TEST(a_stream_to_nobody_ends),
        TEST(a_stream_may_be_refused),
        TEST(a_server_of_another_kind_is_unavailable),
        TEST(an_answer_counts_though_the_server_is_gone),
        TEST(a_watch_is_told_message_by_message),
        TEST(a_watch_without_messages_may_end_well),
        TEST(a_watch_that_fails_brings_its_messages_before),
        TEST(a_watch_ends_when_its_reader_has_enough),
        TEST(a_watch_ends_when_the_server_goes),
    };

    return ECHO_RUN_GROUP_TESTS(tests, NULL, NULL);
}
