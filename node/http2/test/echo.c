#include "http2/test/echo.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    ALARM_MS = 60 * 1000,
};

static unsigned n_threads;

void echo_use_threads(unsigned n)
{
    n_threads = n;
}

unsigned echo_threads(void)
{
    return n_threads;
}

int echo_failed(int n)
{
    static int n_failed;

    n_failed += n;
    return n_failed;
}

static bool is(const struct qc_call *call, const char *method)
{
    return strcmp(qc_call_path(call), method) == 0;
}

static enum qc_call_kind echo_kind(void *ctx, const char *path, bool is_get)
{
    static const struct {
        const char *path;
        enum qc_call_kind kind;
    } OTHERS[] = {
        {"/test.Echo/Stream", QC_CALL_CLIENT_STREAM},
        {"/test.Echo/Watch", QC_CALL_SERVER_STREAM},
        {"/test.Echo/Talk", QC_CALL_BIDI_STREAM},
    };

    (void)ctx;
    if (is_get) {
        return strcmp(path, "/page") == 0 ? QC_CALL_PAGE : QC_CALL_UNKNOWN;
    }
    for (size_t i = 0; i < sizeof(OTHERS) / sizeof(OTHERS[0]); i++) {
        if (strcmp(path, OTHERS[i].path) == 0) {
            return OTHERS[i].kind;
        }
    }
    return strncmp(path, "/test.Echo/", 11) == 0 ? QC_CALL_UNARY
                                                 : QC_CALL_UNKNOWN;
}

static void say_no(struct qc_call *call)
{
    static const uint8_t VALUE[] = {0x0a, 0x03, 'W', 'H', 'Y'};
    const struct qc_call_detail detail = {
        .type = "google.rpc.ErrorInfo",
        .value = {VALUE, sizeof(VALUE)},
    };
    const struct qc_call_error error = {
        .status = QC_STATUS_FAILED_PRECONDITION,
        .message = "100 % \"no\"\n\xf0\x9f\x98\x80",
        .details = &detail,
        .n_details = 1,
    };

    qc_call_add_metadata(call, "x-test-meta", "failed");
    qc_call_fail(call, &error);
}

static bool origin_is_good(const struct qc_call *call)
{
    const char *origin = qc_call_header(call, "origin");

    return origin != NULL && strcmp(origin, "https://good.example.com") == 0;
}

static void echo_begin(void *ctx, struct qc_call *call)
{
    struct echo *echo = ctx;
    const char *header = qc_call_header(call, "x-test");
    uint64_t until_ns = uv_hrtime() + echo->busy_ns;

    while (uv_hrtime() < until_ns) {
    }
    echo->n_begun++;
    echo->form = qc_call_form(call);
    echo->remaining_ms = qc_call_remaining_ms(call);
    snprintf(echo->header, sizeof(echo->header), "%s",
             header != NULL ? header : "");
    echo->secure = qc_call_is_secure(call);
    echo->trust = qc_call_trust(call);
    snprintf(echo->identity, sizeof(echo->identity), "%s",
             qc_call_identity(call));
    qc_call_set_data(call, echo);
    if (qc_call_kind(call) == QC_CALL_PREFLIGHT) {
        qc_call_answer_preflight(call, origin_is_good(call));
        return;
    }
    if (origin_is_good(call)) {
        qc_call_allow_origin(call);
    }
    if (is(call, "/test.Echo/Refuse")) {
        say_no(call);
    } else if (qc_call_kind(call) == QC_CALL_PAGE) {
        qc_call_answer_page(call, 503, "text/plain",
                            (struct qc_bytes){(const uint8_t *)"a page\n", 7});
    }
}

static void echo_message(void *ctx, struct qc_call *call, struct qc_bytes bytes)
{
    struct echo *echo = ctx;

    assert_ptr_equal(qc_call_data(call), echo);
    if (is(call, "/test.Echo/Unary")) {
        qc_call_add_metadata(call, "x-test-meta", "well");
        qc_call_answer(call, bytes);
    } else if (is(call, "/test.Echo/Fail")) {
        say_no(call);
    } else if (is(call, "/test.Echo/Never")) {
        echo->held = call;
    } else if (is(call, "/test.Echo/Watch")) {
        echo->held = call;
    } else if (is(call, "/test.Echo/Talk")) {
        assert_true(qc_call_send(call, bytes));
    } else {
        echo->n_messages++;
        echo->n_message_bytes += bytes.size;
    }
}

static void echo_end(void *ctx, struct qc_call *call)
{
    struct echo *echo = ctx;
    char text[24];
    int size;

    echo->n_ended++;
    if (is(call, "/test.Echo/Talk")) {
        qc_call_end(call);
        return;
    }
    size = snprintf(text, sizeof(text), "%llu",
                    (unsigned long long)echo->n_messages);
    qc_call_answer(call, (struct qc_bytes){(uint8_t *)text, (size_t)size});
}

static void echo_closed(void *ctx, struct qc_call *call)
{
    struct echo *echo = ctx;

    assert_ptr_equal(qc_call_data(call), echo);
    qc_call_set_data(call, NULL); /* So that a second time is found. */
    echo->n_closed++;
    if (echo->held == call) {
        echo->held = NULL;
    }
}

static void echo_writable(void *ctx, struct qc_call *call)
{
    struct echo *echo = ctx;

    assert_ptr_equal(qc_call_data(call), echo);
    echo->n_writable++;
}

static void echo_leaving(void *ctx, struct qc_call *call)
{
    const struct qc_call_error error = {
        .status = QC_STATUS_UNAVAILABLE,
        .message = "go elsewhere",
    };
    struct echo *echo = ctx;

    echo->n_leaving++;
    if (!echo->stays) {
        qc_call_add_metadata(call, "x-resume", "here");
        qc_call_fail(call, &error);
    }
}

static void flush(uv_prepare_t *prepare)
{
    struct echo *echo = prepare->data;

    if (echo->server != NULL) {
        qc_http2_server_flush(echo->server);
    }
    if (echo->client != NULL) {
        qc_http2_client_flush(echo->client);
    }
    /* A timer may have made it so: the loop would wait for more. */
    if (echo->is_so != NULL && echo->is_so(echo->is_so_ctx)) {
        uv_stop(&echo->loop);
    }
}

static void hangs(uv_timer_t *alarm)
{
    (void)alarm;
    fail_msg("the test hangs");
}

void echo_open_server(struct echo *echo,
                      uint16_t port,
                      const struct qc_http2_limits *limits)
{
    const struct qc_http2_server_options options = {
        .host = "127.0.0.1",
        .port = port,
        .limits = limits != NULL ? *limits : qc_http2_limits_default(),
        .handler =
            {
                .ctx = echo,
                .kind = echo_kind,
                .begin = echo_begin,
                .message = echo_message,
                .end = echo_end,
                .close = echo_closed,
                .writable = echo_writable,
                .leaving = echo_leaving,
            },
        .tls = echo->tls,
        .threads = n_threads,
    };

    assert_int_equal(qc_http2_server_open(&echo->loop, &options, &echo->server),
                     0);
}

void echo_open(struct echo *echo, const struct qc_http2_limits *limits)
{
    echo_open_secure(echo, limits, NULL);
}

void echo_open_secure(struct echo *echo,
                      const struct qc_http2_limits *limits,
                      struct qc_tls *tls)
{
    char address[32];

    signal(SIGPIPE, SIG_IGN);
    memset(echo, 0, sizeof(*echo));
    echo->tls = tls;
    assert_int_equal(uv_loop_init(&echo->loop), 0);
    echo->prepare.data = echo;
    uv_prepare_init(&echo->loop, &echo->prepare);
    uv_prepare_start(&echo->prepare, flush);
    uv_timer_init(&echo->loop, &echo->alarm);
    uv_timer_start(&echo->alarm, hangs, ALARM_MS, 0);
    echo_open_server(echo, 0, limits);
    snprintf(address, sizeof(address), "127.0.0.1:%u",
             (unsigned)qc_http2_server_port(echo->server));
    echo->client = qc_http2_client_new(&echo->loop, address);
    assert_non_null(echo->client);
}

static void server_closed(void *ctx)
{
    struct echo *echo = ctx;

    echo->server = NULL;
}

static void client_closed(void *ctx)
{
    struct echo *echo = ctx;

    echo->client = NULL;
}

static bool server_is_closed(void *ctx)
{
    const struct echo *echo = ctx;

    return echo->server == NULL;
}

static bool client_is_closed(void *ctx)
{
    const struct echo *echo = ctx;

    return echo->client == NULL;
}

void echo_close_server(struct echo *echo)
{
    qc_http2_server_close(echo->server, server_closed, echo);
    echo_run_until(echo, server_is_closed, echo);
}

void echo_close_client(struct echo *echo)
{
    qc_http2_client_close(echo->client, client_closed, echo);
    echo_run_until(echo, client_is_closed, echo);
}

void echo_close(struct echo *echo)
{
    if (echo->client != NULL) {
        echo_close_client(echo);
    }
    if (echo->server != NULL) {
        echo_close_server(echo);
    }
    uv_close((uv_handle_t *)&echo->prepare, NULL);
    uv_close((uv_handle_t *)&echo->alarm, NULL);
    assert_int_equal(uv_run(&echo->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&echo->loop), 0);
    assert_int_equal(echo->n_begun, echo->n_closed);
}

void echo_run_until(struct echo *echo, bool (*is_so)(void *ctx), void *ctx)
{
    echo->is_so = is_so;
    echo->is_so_ctx = ctx;
    while (!is_so(ctx)) {
        uv_run(&echo->loop, UV_RUN_ONCE);
    }
    echo->is_so = NULL;
}

static bool flag_is_true(void *ctx)
{
    const bool *flag = ctx;

    return *flag;
}

void echo_run_until_true(struct echo *echo, const bool *flag)
{
    echo_run_until(echo, flag_is_true, (void *)(uintptr_t)flag);
}

void echo_run_until_closed(struct echo *echo, unsigned n)
{
    assert_true(echo->n_closed <= n);
    while (echo->n_closed < n) {
        uv_run(&echo->loop, UV_RUN_ONCE);
    }
}

static void raise_flag(uv_timer_t *timer)
{
    bool *flag = timer->data;

    *flag = true;
}

void echo_run_ms(struct echo *echo, uint64_t ms)
{
    uv_timer_t timer;
    bool flag = false;

    uv_timer_init(&echo->loop, &timer);
    timer.data = &flag;
    uv_update_time(&echo->loop);
    uv_timer_start(&timer, raise_flag, ms, 0);
    echo_run_until_true(echo, &flag);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&echo->loop, UV_RUN_NOWAIT);
}

void echo_run_until_gauge(struct echo *echo,
                          enum qc_http2_gauge gauge,
                          uint64_t n)
{
    while (qc_http2_server_gauge(echo->server, gauge) != n) {
        echo_run_ms(echo, 1);
    }
}

void echo_run_until_count(struct echo *echo,
                          enum qc_http2_counter counter,
                          uint64_t n)
{
    while (qc_http2_server_count(echo->server, counter) != n) {
        echo_run_ms(echo, 1);
    }
}

void reply_take(void *ctx, const struct qc_http2_response *response)
{
    struct reply *reply = ctx;

    reply->done = true;
    reply->n_done++;
    reply->status = response->status;
    reply->sent = response->sent;
    snprintf(reply->message, sizeof(reply->message), "%s", response->message);
    reply->details_size = response->details.size;
    reply->size = response->body.size;
    reply->body = malloc(response->body.size + 1);
    assert_non_null(reply->body);
    if (response->body.size > 0) {
        memcpy(reply->body, response->body.data, response->body.size);
    }
    for (unsigned i = 0; i < response->n_metadata; i++) {
        if (strcmp(response->metadata[i].name, "x-test-meta") == 0) {
            snprintf(reply->metadata, sizeof(reply->metadata), "%s",
                     response->metadata[i].value);
        }
    }
}

void reply_done(struct reply *reply)
{
    free(reply->body);
    *reply = (struct reply){.done = false};
}

void echo_call(struct echo *echo,
               const char *path,
               size_t size,
               int64_t timeout_ms,
               struct reply *reply)
{
    uint8_t *body = malloc(size + 1);

    assert_non_null(body);
    for (size_t i = 0; i < size; i++) {
        body[i] = (uint8_t)(i * 31 + i / 251);
    }
    *reply = (struct reply){.done = false};
    assert_non_null(qc_http2_client_call(echo->client, path, QC_CALL_PROTOBUF,
                                         NULL, 0, (struct qc_bytes){body, size},
                                         timeout_ms, reply_take, reply));
    assert_false(reply->done);
    echo_run_until_true(echo, &reply->done);
    if (reply->status == QC_STATUS_OK) {
        assert_int_equal(reply->size, size);
        assert_memory_equal(reply->body, body, size);
    }
    free(body);
}
