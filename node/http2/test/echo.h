/*
 * A server for tests, and a loop to run it in.
 *
 * It knows these methods:
 *   /test.Echo/Unary   answers with the message;
 *   /test.Echo/Fail    answers an error with a detail and metadata;
 *   /test.Echo/Refuse  answers an error before the message has come;
 *   /test.Echo/Never   does not answer;
 *   /test.Echo/Stream  a client stream: answers with the number of messages;
 *   /test.Echo/Watch   a server stream, on which the test sends;
 *   /test.Echo/Talk    a bidi stream: sends back each message;
 * and "/page", a page that says 503. Pages of https://good.example.com may
 * call.
 */
#ifndef QC_HTTP2_TEST_ECHO_H
#define QC_HTTP2_TEST_ECHO_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "http2/client.h"
#include "http2/server.h"

struct echo {
    uv_loop_t loop;
    uv_prepare_t prepare;
    uv_timer_t alarm;         /* Ends a test that hangs. */
    bool (*is_so)(void *ctx); /* What the loop runs for. */
    void *is_so_ctx;
    struct qc_http2_server *server; /* NULL once it is closed. */
    struct qc_http2_client *client; /* NULL once it is closed. */
    struct qc_tls *tls;             /* Of the server; NULL: cleartext. */
    /* What the handler has seen. */
    unsigned n_begun;
    unsigned n_closed;
    uint64_t n_messages; /* Of client streams. */
    uint64_t n_message_bytes;
    unsigned n_ended;
    enum qc_call_form form; /* Of the last call. */
    int64_t remaining_ms;
    char header[64]; /* x-test of the last call; "" when there is none. */
    unsigned n_writable;
    unsigned n_leaving;
    uint64_t busy_ns; /* How long each call takes. */
    bool stays;       /* Streams are not ended when they are to leave. */
    bool secure;      /* And who called. */
    enum qc_call_trust trust;
    char identity[256];
    struct qc_call *held; /* The last call of Never or Watch. */
};

/* Runs a group of tests with servers of one loop, and again with servers that
 * have threads. Gives how many have failed. */
#define ECHO_RUN_GROUP_TESTS(tests, enter, leave)                           \
    (echo_use_threads(0),                                                   \
     echo_failed(cmocka_run_group_tests_name(#tests " on one loop", tests,  \
                                             enter, leave)),                \
     echo_use_threads(2),                                                   \
     echo_failed(cmocka_run_group_tests_name(#tests " with threads", tests, \
                                             enter, leave)))

/* With how many threads servers are opened from now on. */
void echo_use_threads(unsigned n);
unsigned echo_threads(void);

/* Adds |n|; gives the sum so far. */
int echo_failed(int n);

/* Opens a server on loopback with |limits|, NULL for the default ones, and a
 * client to it. */
void echo_open(struct echo *echo, const struct qc_http2_limits *limits);

/* The same, but the server speaks TLS, and the client not yet. */
void echo_open_secure(struct echo *echo,
                      const struct qc_http2_limits *limits,
                      struct qc_tls *tls);

/* Closes what is open, and checks that each call was closed once. */
void echo_close(struct echo *echo);

/* Each returns once it is so; the test fails when it does not become so. */
void echo_run_until(struct echo *echo, bool (*is_so)(void *ctx), void *ctx);
void echo_run_until_true(struct echo *echo, const bool *flag);
void echo_run_ms(struct echo *echo, uint64_t ms);

/* Returns once the handler has been told of the end of |n| calls in all, which
 * may be later than when their clients know. */
void echo_run_until_closed(struct echo *echo, unsigned n);

/* Returns once the server shows |n|: its threads do after the other end has
 * seen what they did. */
void echo_run_until_gauge(struct echo *echo,
                          enum qc_http2_gauge gauge,
                          uint64_t n);
void echo_run_until_count(struct echo *echo,
                          enum qc_http2_counter counter,
                          uint64_t n);

void echo_open_server(struct echo *echo,
                      uint16_t port,
                      const struct qc_http2_limits *limits);
void echo_close_server(struct echo *echo);
void echo_close_client(struct echo *echo);

/* What came back of one call. */
struct reply {
    bool done;
    unsigned n_done;
    enum qc_status status;
    char message[256];
    bool sent;
    uint8_t *body;
    size_t size;
    size_t details_size;
    char metadata[64]; /* x-test-meta. */
};

void reply_take(void *ctx, const struct qc_http2_response *response);
void reply_done(struct reply *reply);

/* Calls |path| with |size| bytes and waits for what comes back. */
void echo_call(struct echo *echo,
               const char *path,
               size_t size,
               int64_t timeout_ms,
               struct reply *reply);

#endif
