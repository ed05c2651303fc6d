/*
 * Peers that mean ill (http2.md 7): each is sent away after a bounded amount of
 * work, and the next client finds the server as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "http2/test/echo.h"
#include "http2/test/raw.h"

#define GRPC  "application/grpc"
#define UNARY "/test.Echo/Unary"
#define NEVER "/test.Echo/Never"

enum {
    BATCH = 500, /* Frames between two looks at what came back. */
    FRAMES_MAX = 60000,
};

struct attack {
    struct echo echo;
    struct raw raw;
    int32_t stream_id;
};

static int setup(void **state)
{
    static struct attack attack;

    echo_open(&attack.echo, NULL);
    raw_open(&attack.raw, &attack.echo, true);
    attack.stream_id = 1;
    *state = &attack;
    return 0;
}

/* After every attack, others are served. */
static int teardown(void **state)
{
    struct attack *a = *state;
    struct reply reply;

    raw_close(&a->raw);
    echo_call(&a->echo, UNARY, 100, 5000, &reply);
    assert_int_equal(reply.status, QC_STATUS_OK);
    reply_done(&reply);
    echo_run_until_gauge(&a->echo, QC_HTTP2_OPEN_CALLS, 0);
    echo_close(&a->echo);
    return 0;
}

static int32_t next_stream(struct attack *a)
{
    int32_t stream_id = a->stream_id;

    a->stream_id += 2;
    return stream_id;
}

/* Repeats |act| until the connection is closed. */
static void repeat(struct attack *a, void (*act)(struct attack *a))
{
    unsigned n = 0;

    while (!a->raw.closed && n < FRAMES_MAX) {
        for (unsigned i = 0; i < BATCH && !a->raw.closed; i++) {
            act(a);
            n++;
        }
        do {
            uv_run(&a->echo.loop, UV_RUN_NOWAIT);
        } while (!a->raw.closed && raw_unsent(&a->raw) > 0);
    }
    assert_true(a->raw.closed);
}

static void assert_counted(struct attack *a, enum qc_http2_counter counter)
{
    echo_run_until_count(&a->echo, counter, 1);
}

static void assert_noisy(struct attack *a)
{
    assert_counted(a, QC_HTTP2_NOISY);
    assert_int_equal(a->raw.goaway, NGHTTP2_ENHANCE_YOUR_CALM);
}

/* What comes first depends on how much is read in a turn: more to answer than
 * is kept, or enough of the noise. */
static void assert_noisy_or_flooded(struct attack *a)
{
    if (qc_http2_server_count(a->echo.server, QC_HTTP2_ACKS) == 0) {
        assert_noisy(a);
    } else {
        assert_counted(a, QC_HTTP2_ACKS);
    }
}

static void ping(struct attack *a)
{
    raw_frame(&a->raw, NGHTTP2_PING, 0, 0, "12345678", 8);
}

static void a_flood_of_pings_ends_the_connection(void **state)
{
    repeat(*state, ping);
    assert_noisy_or_flooded(*state);
}

static void unread_answers_to_pings_end_the_connection(void **state)
{
    struct attack *a = *state;

    raw_read(&a->raw, false);
    for (unsigned i = 0; i < 10 * BATCH; i++) {
        ping(a);
    }
    echo_run_ms(&a->echo, 100);
    raw_read(&a->raw, true);
    raw_run_until_closed(&a->raw);
    assert_noisy_or_flooded(a);
}

static void settings(struct attack *a)
{
    raw_frame(&a->raw, NGHTTP2_SETTINGS, 0, 0, "", 0);
}

static void a_flood_of_settings_ends_the_connection(void **state)
{
    repeat(*state, settings);
    assert_noisy_or_flooded(*state);
}

static void priority(struct attack *a)
{
    raw_frame(&a->raw, NGHTTP2_PRIORITY, 0, 1, "\0\0\0\0\x10", 5);
}

static void a_flood_of_priorities_ends_the_connection(void **state)
{
    repeat(*state, priority);
    assert_noisy(*state);
}

static void empty_data(struct attack *a)
{
    raw_frame(&a->raw, NGHTTP2_DATA, 0, 1, "", 0);
}

static void a_flood_of_empty_data_ends_the_connection(void **state)
{
    struct attack *a = *state;

    raw_post(&a->raw, 1, UNARY, GRPC, NULL, NULL);
    repeat(a, empty_data);
    assert_noisy(a);
}

static void open_and_reset(struct attack *a)
{
    int32_t stream_id = next_stream(a);

    raw_post(&a->raw, stream_id, NEVER, GRPC, NULL, NULL);
    raw_frame(&a->raw, NGHTTP2_RST_STREAM, 0, stream_id, "\0\0\0\x8", 4);
}

static void rapid_resets_end_the_connection(void **state)
{
    struct attack *a = *state;

    repeat(a, open_and_reset);
    echo_run_until_closed(&a->echo, a->echo.n_begun);
    assert_true(a->echo.n_begun < 3 * BATCH);
    assert_counted(a, QC_HTTP2_RESETS);
    assert_int_equal(a->raw.goaway, NGHTTP2_ENHANCE_YOUR_CALM);
}

/* A body longer than its content-length makes nghttp2 reset the stream. */
static void provoke_reset(struct attack *a)
{
    int32_t stream_id = next_stream(a);

    raw_post(&a->raw, stream_id, NEVER, GRPC, "content-length", "1");
    raw_frame(&a->raw, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, stream_id, "xx",
              2);
}

static void provoked_resets_end_the_connection(void **state)
{
    repeat(*state, provoke_reset);
    assert_noisy(*state);
}

static void a_flood_of_continuations_ends_the_connection(void **state)
{
    struct attack *a = *state;
    const char *const fields[] = {":method", "POST", NULL};

    raw_headers(&a->raw, 1, 0, fields);
    for (unsigned i = 0; i < 20; i++) {
        raw_frame(&a->raw, NGHTTP2_CONTINUATION, 0, 1, "", 0);
    }
    raw_run_until_closed(&a->raw);
    assert_counted(a, QC_HTTP2_CONTINUATIONS);
}

/* A long value is put in the table once, and named many times by one byte. */
static void bomb(struct attack *a)
{
    enum {
        VALUE = 3900,
        REFERENCES = 12000
    };
    static uint8_t block[16 * 1024];
    size_t size = 0;

    block[size++] = 0x40; /* A new name, to be put in the table. */
    block[size++] = 1;
    block[size++] = 'x';
    block[size++] = 0x7f; /* 3900 as an integer with a prefix of 7 bits. */
    block[size++] = (VALUE - 127) % 128 + 128;
    block[size++] = (VALUE - 127) / 128;
    memset(block + size, 'y', VALUE);
    size += VALUE;
    memset(block + size, 0xbe, REFERENCES); /* Number 62: the newest. */
    size += REFERENCES;
    raw_frame(&a->raw, NGHTTP2_HEADERS,
              NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM,
              next_stream(a), block, size);
}

static void a_bomb_of_headers_is_cut_short(void **state)
{
    struct attack *a = *state;

    bomb(a);
    raw_run_until_ended(&a->raw, 1);
    assert_int_equal(a->raw.reset, NGHTTP2_INTERNAL_ERROR);
    assert_counted(a, QC_HTTP2_HEADERS_TOO_BIG);
    assert_int_equal(a->echo.n_begun, 0);
}

static void a_flood_of_bombs_ends_the_connection(void **state)
{
    repeat(*state, bomb);
    assert_noisy(*state);
}

static void too_many_settings_end_the_connection(void **state)
{
    struct attack *a = *state;
    uint8_t entries[6 * 33] = {0};

    raw_frame(&a->raw, NGHTTP2_SETTINGS, 0, 0, entries, sizeof(entries));
    raw_run_until_closed(&a->raw);
    assert_int_equal(a->raw.goaway, NGHTTP2_ENHANCE_YOUR_CALM);
}

static void a_window_update_of_nothing_ends_the_connection(void **state)
{
    struct attack *a = *state;

    raw_frame(&a->raw, NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\0\0\0", 4);
    raw_run_until_closed(&a->raw);
    assert_int_equal(a->raw.goaway, NGHTTP2_PROTOCOL_ERROR);
}

static void frames_that_are_too_long_end_the_connection(void **state)
{
    struct attack *a = *state;

    raw_send(&a->raw, "\xff\xff\xff\0\0\0\0\0\1", 9);
    raw_run_until_closed(&a->raw);
}

/* Whatever follows the preface: no crash, and others are served. */
static void garbage_ends_the_connection(void **state)
{
    struct attack *a = *state;
    uint32_t seed = 12345;

    for (unsigned round = 0; round < 200; round++) {
        struct raw raw;
        uint8_t garbage[200];

        for (size_t i = 0; i < sizeof(garbage); i++) {
            seed = seed * 1664525 + 1013904223;
            garbage[i] = (uint8_t)(seed >> 24);
        }
        garbage[0] = 0; /* A frame of a size that is allowed. */
        garbage[1] = 0;
        garbage[3] %= 10;
        raw_open(&raw, &a->echo, true);
        raw_send(&raw, garbage, sizeof(garbage));
        echo_run_ms(&a->echo, 1);
        raw_close(&raw);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_flood_of_pings_ends_the_connection),
        TEST(unread_answers_to_pings_end_the_connection),
        TEST(a_flood_of_settings_ends_the_connection),
        TEST(a_flood_of_priorities_ends_the_connection),
        TEST(a_flood_of_empty_data_ends_the_connection),
        TEST(rapid_resets_end_the_connection),
        TEST(provoked_resets_end_the_connection),
        TEST(a_flood_of_continuations_ends_the_connection),
        TEST(a_bomb_of_headers_is_cut_short),
        TEST(a_flood_of_bombs_ends_the_connection),
        TEST(too_many_settings_end_the_connection),
        TEST(a_window_update_of_nothing_ends_the_connection),
        TEST(frames_that_are_too_long_end_the_connection),
        TEST(garbage_ends_the_connection),
    };

    return ECHO_RUN_GROUP_TESTS(tests, NULL, NULL);
}
