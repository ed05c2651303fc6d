/*
 * What RFC 9113 and RFC 7541 want of a server: a rule a row, with the frames
 * that a client sends, byte by byte, and what has to come of them. As strict as
 * they are read by those who test servers; the sections are those of RFC 7540,
 * which the tools still name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "http2/test/echo.h"
#include "http2/test/raw.h"

enum {
    FRAMES_MAX = 4,
    PROBE = 101, /* The stream of the call that comes last. */
    PRIORITIZED = NGHTTP2_FLAG_PRIORITY,
    PADDED = NGHTTP2_FLAG_PADDED,
    ACK = NGHTTP2_FLAG_ACK,
    END = NGHTTP2_FLAG_END_STREAM,
    WHOLE = NGHTTP2_FLAG_END_HEADERS,
    ALL = END | WHOLE,
    UNKNOWN_TYPE = 0x16,
    RESERVED_BIT = INT32_MIN,
};

/* --- blocks of headers, by hand ------------------------------------------- */

/* Indexed: GET, POST, http. Not indexed: all that differs. */
#define GET       "\x82"
#define POST      "\x83"
#define HTTP      "\x86"
#define PAGE      "\x04\x05/page"
#define NEVER     "\x04\x10/test.Echo/Never"
#define AUTHORITY "\x01\x04test"
#define TYPE       \
    "\x0f\x10\x10" \
    "application/grpc"

/* A page that is got; a call that is not answered. */
#define GET_PAGE  GET HTTP PAGE AUTHORITY
#define POST_CALL POST HTTP NEVER AUTHORITY TYPE

/* Not indexed, not even its name. */
#define FIELD(name_size, name, value_size, value) \
    "\0" name_size name value_size value

struct frame {
    uint8_t type;
    uint8_t flags;
    int32_t stream_id;
    const char *payload; /* NULL behind the last. */
    size_t size;
};

#define FRAME(type, flags, stream_id, payload)                         \
    {                                                                  \
        NGHTTP2_##type, flags, stream_id, payload, sizeof(payload) - 1 \
    }

enum outcome {
    ENDS,   /* GOAWAY with the code, and the connection is closed. */
    RESETS, /* RST_STREAM with the code; others are served. */
    SERVES, /* Nothing of it: others are served. */
};

struct rule {
    const char *says;
    struct frame frames[FRAMES_MAX];
    enum outcome outcome;
    uint32_t code;
};

static const struct rule FRAMES[] = {
    {"3.5: after its preface a client is served", {{0}}, SERVES, 0},
    {"4.1: frames of unknown types are ignored",
     {{UNKNOWN_TYPE, 0, 0, "12345678", 8},
      {UNKNOWN_TYPE, 0xff, 5, "12345678", 8}},
     SERVES,
     0},
    {"4.1: flags that a frame does not have are ignored",
     {FRAME(PING, 0x16, 0, "12345678")},
     SERVES,
     0},
    {"4.1: the reserved bit is ignored",
     {FRAME(PING, 0, RESERVED_BIT, "12345678")},
     SERVES,
     0},
    {"4.3: a block that cannot be decompressed ends the connection",
     {FRAME(HEADERS, ALL, 1, "\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff")},
     ENDS,
     NGHTTP2_COMPRESSION_ERROR},
    {"4.3: nothing comes between the pieces of a block",
     {FRAME(HEADERS, END, 1, GET_PAGE), FRAME(PRIORITY, 0, 1, "\0\0\0\0\xff")},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"4.3: nor does the block of another stream",
     {FRAME(HEADERS, END, 1, GET_PAGE), FRAME(HEADERS, ALL, 3, GET_PAGE)},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"5.5: nor does a frame of an unknown type",
     {FRAME(HEADERS, END, 1, GET_PAGE), {UNKNOWN_TYPE, 0, 1, "12345678", 8}},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},

    {"5.1: DATA on an idle stream ends the connection",
     {FRAME(DATA, END, 1, "test")},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"5.1: RST_STREAM on an idle stream ends the connection",
     {FRAME(RST_STREAM, 0, 1, "\0\0\0\x8")},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"5.1: WINDOW_UPDATE on an idle stream ends the connection",
     {FRAME(WINDOW_UPDATE, 0, 1, "\0\0\0\x64")},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"5.1: CONTINUATION on an idle stream ends the connection",
     {FRAME(CONTINUATION, WHOLE, 1, GET_PAGE)},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"5.1: PRIORITY on an idle stream is fine",
     {FRAME(PRIORITY, 0, 1, "\0\0\0\0\xff"), FRAME(HEADERS, ALL, 1, GET_PAGE)},
     SERVES,
     0},
    {"5.1: DATA after the end of the request is on a closed stream",
     {FRAME(HEADERS, ALL, 1, POST_CALL), FRAME(DATA, END, 1, "test")},
     ENDS,
     NGHTTP2_STREAM_CLOSED},
    {"5.1: HEADERS after the end of the request are on a closed stream",
     {FRAME(HEADERS, ALL, 1, POST_CALL), FRAME(HEADERS, ALL, 1, POST_CALL)},
     ENDS,
     NGHTTP2_STREAM_CLOSED},
    {"5.1: CONTINUATION after the end of the request ends the connection",
     {FRAME(HEADERS, ALL, 1, POST_CALL),
      FRAME(CONTINUATION, WHOLE, 1, GET_PAGE)},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"5.1: WINDOW_UPDATE after the end of the request is fine",
     {FRAME(HEADERS, ALL, 1, GET_PAGE),
      FRAME(WINDOW_UPDATE, 0, 1, "\0\0\0\x64")},
     SERVES,
     0},
    {"5.1: DATA on a stream that was reset is on a closed stream",
     {FRAME(HEADERS, WHOLE, 1, POST_CALL), FRAME(RST_STREAM, 0, 1, "\0\0\0\x8"),
      FRAME(DATA, END, 1, "test")},
     ENDS,
     NGHTTP2_STREAM_CLOSED},
    {"5.1: HEADERS on a stream that was reset are on a closed stream",
     {FRAME(HEADERS, WHOLE, 1, POST_CALL), FRAME(RST_STREAM, 0, 1, "\0\0\0\x8"),
      FRAME(HEADERS, ALL, 1, POST_CALL)},
     ENDS,
     NGHTTP2_STREAM_CLOSED},
    {"5.1: CONTINUATION on a stream that was reset ends the connection",
     {FRAME(HEADERS, WHOLE, 1, POST_CALL), FRAME(RST_STREAM, 0, 1, "\0\0\0\x8"),
      FRAME(CONTINUATION, WHOLE, 1, GET_PAGE)},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"5.1: PRIORITY on a stream that was reset is fine",
     {FRAME(HEADERS, WHOLE, 1, POST_CALL), FRAME(RST_STREAM, 0, 1, "\0\0\0\x8"),
      FRAME(PRIORITY, 0, 1, "\0\0\0\0\xff")},
     SERVES,
     0},
    {"5.1.1: a client does not open streams of even numbers",
     {FRAME(HEADERS, ALL, 2, GET_PAGE)},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"5.3.1: HEADERS do not depend on their own stream",
     {FRAME(HEADERS, ALL | PRIORITIZED, 1, "\0\0\0\1\xff" GET_PAGE)},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"5.3.1: PRIORITY does not make a stream depend on itself",
     {FRAME(PRIORITY, 0, 1, "\0\0\0\1\xff")},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},

    {"6.1: DATA may be padded",
     {FRAME(HEADERS, WHOLE, 1, POST_CALL), FRAME(DATA, PADDED, 1, "\2test..")},
     SERVES,
     0},
    {"6.1: DATA is not about the connection",
     {FRAME(DATA, END, 0, "test")},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"6.1: padding is not longer than DATA",
     {FRAME(HEADERS, WHOLE, 1, POST_CALL), FRAME(DATA, PADDED, 1, "\6test")},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"6.2: HEADERS may be padded and have a priority",
     {FRAME(HEADERS,
            ALL | PADDED | PRIORITIZED,
            1,
            "\2\0\0\0\0\xff" GET_PAGE "..")},
     SERVES,
     0},
    {"6.2: HEADERS are not about the connection",
     {FRAME(HEADERS, ALL, 0, GET_PAGE)},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"6.2: padding is not longer than HEADERS",
     {FRAME(HEADERS, ALL | PADDED, 1, "\xff" GET_PAGE)},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"6.3: PRIORITY is not about the connection",
     {FRAME(PRIORITY, 0, 0, "\0\0\0\1\xff")},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"6.3: PRIORITY has five bytes",
     {FRAME(PRIORITY, 0, 1, "\0\0\0\x80")},
     ENDS,
     NGHTTP2_FRAME_SIZE_ERROR},
    {"6.4: RST_STREAM is not about the connection",
     {FRAME(RST_STREAM, 0, 0, "\0\0\0\x8")},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"6.4: RST_STREAM has four bytes",
     {FRAME(HEADERS, WHOLE, 1, POST_CALL), FRAME(RST_STREAM, 0, 1, "\0\0\0")},
     ENDS,
     NGHTTP2_FRAME_SIZE_ERROR},
    {"6.5: an acknowledgement of SETTINGS is empty",
     {FRAME(SETTINGS, ACK, 0, "\0")},
     ENDS,
     NGHTTP2_FRAME_SIZE_ERROR},
    {"6.5: SETTINGS are about the connection",
     {FRAME(SETTINGS, 0, 1, "\0\3\0\0\0\x64")},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"6.5: SETTINGS have six bytes each",
     {FRAME(SETTINGS, 0, 0, "\0\3\0")},
     ENDS,
     NGHTTP2_FRAME_SIZE_ERROR},
    {"6.5.2: ENABLE_PUSH is 0 or 1",
     {FRAME(SETTINGS, 0, 0, "\0\2\0\0\0\2")},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"6.5.2: INITIAL_WINDOW_SIZE is less than 2^31",
     {FRAME(SETTINGS, 0, 0, "\0\4\x80\0\0\0")},
     ENDS,
     NGHTTP2_FLOW_CONTROL_ERROR},
    {"6.5.2: MAX_FRAME_SIZE is not less than 2^14",
     {FRAME(SETTINGS, 0, 0, "\0\5\0\0\x3f\xff")},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"6.5.2: MAX_FRAME_SIZE is less than 2^24",
     {FRAME(SETTINGS, 0, 0, "\0\5\1\0\0\0")},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"6.5.2: unknown SETTINGS are ignored",
     {FRAME(SETTINGS, 0, 0, "\0\xff\0\0\0\1")},
     SERVES,
     0},
    {"6.7: an acknowledgement of no PING is ignored",
     {FRAME(PING, ACK, 0, "invalid!")},
     SERVES,
     0},
    {"6.7: PING is about the connection",
     {FRAME(PING, 0, 1, "12345678")},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"6.7: PING has eight bytes",
     {FRAME(PING, 0, 0, "123456")},
     ENDS,
     NGHTTP2_FRAME_SIZE_ERROR},
    {"6.8: GOAWAY is about the connection",
     {FRAME(GOAWAY, 0, 1, "\0\0\0\0\0\0\0\0")},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"6.9: the window of the connection is not opened by nothing",
     {FRAME(WINDOW_UPDATE, 0, 0, "\0\0\0\0")},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"6.9: nor is that of a stream",
     {FRAME(HEADERS, WHOLE, 1, POST_CALL),
      FRAME(WINDOW_UPDATE, 0, 1, "\0\0\0\0")},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"6.9: WINDOW_UPDATE has four bytes",
     {FRAME(WINDOW_UPDATE, 0, 0, "\0\0\0")},
     ENDS,
     NGHTTP2_FRAME_SIZE_ERROR},
    {"6.9.1: the window of the connection is less than 2^31",
     {FRAME(WINDOW_UPDATE, 0, 0, "\x7f\xff\xff\xff"),
      FRAME(WINDOW_UPDATE, 0, 0, "\x7f\xff\xff\xff")},
     ENDS,
     NGHTTP2_FLOW_CONTROL_ERROR},
    {"6.9.1: that of a stream is less than 2^31",
     {FRAME(HEADERS, WHOLE, 1, POST_CALL),
      FRAME(WINDOW_UPDATE, 0, 1, "\x7f\xff\xff\xff")},
     RESETS,
     NGHTTP2_FLOW_CONTROL_ERROR},
    {"6.9.2: INITIAL_WINDOW_SIZE does not take a window beyond 2^31 - 1",
     {FRAME(HEADERS, WHOLE, 1, POST_CALL),
      FRAME(WINDOW_UPDATE, 0, 1, "\x7f\xff\0\0"),
      FRAME(SETTINGS, 0, 0, "\0\4\x7f\xff\xff\xff")},
     RESETS,
     NGHTTP2_FLOW_CONTROL_ERROR},
    {"6.10: a block may come in many pieces",
     {FRAME(HEADERS, END, 1, GET HTTP), FRAME(CONTINUATION, 0, 1, PAGE),
      FRAME(CONTINUATION, WHOLE, 1, AUTHORITY)},
     SERVES,
     0},
    {"6.10: after a piece comes no other frame",
     {FRAME(HEADERS, END, 1, GET HTTP), FRAME(CONTINUATION, 0, 1, PAGE),
      FRAME(DATA, END, 1, "test")},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"6.10: CONTINUATION is not about the connection",
     {FRAME(HEADERS, END, 1, GET HTTP), FRAME(CONTINUATION, WHOLE, 0, PAGE)},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"6.10: nothing is to be continued after the end of a block",
     {FRAME(HEADERS, WHOLE, 1, POST_CALL), FRAME(CONTINUATION, WHOLE, 1, TYPE)},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"6.10: nor after its last piece",
     {FRAME(HEADERS, 0, 1, POST_CALL), FRAME(CONTINUATION, WHOLE, 1, TYPE),
      FRAME(CONTINUATION, WHOLE, 1, TYPE)},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"6.10: nor after DATA",
     {FRAME(HEADERS, WHOLE, 1, POST_CALL), FRAME(DATA, 0, 1, "test"),
      FRAME(CONTINUATION, WHOLE, 1, TYPE)},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
    {"7: an unknown code of RST_STREAM is as good as any",
     {FRAME(HEADERS, WHOLE, 1, POST_CALL),
      FRAME(RST_STREAM, 0, 1, "\0\0\0\xff")},
     SERVES,
     0},
    {"8.2: a client does not promise",
     {FRAME(HEADERS, WHOLE, 1, POST_CALL),
      FRAME(PUSH_PROMISE, WHOLE, 1, "\0\0\0\2" GET_PAGE)},
     ENDS,
     NGHTTP2_PROTOCOL_ERROR},
};

/* Of what HTTP wants a stream ends, and of what HPACK wants the connection. */
#define MALFORMED(says, block)                                                \
    {                                                                         \
        says, {FRAME(HEADERS, ALL, 1, block)}, RESETS, NGHTTP2_PROTOCOL_ERROR \
    }
#define UNREADABLE(says, block)                                                \
    {                                                                          \
        says, {FRAME(HEADERS, ALL, 1, block)}, ENDS, NGHTTP2_COMPRESSION_ERROR \
    }
#define READABLE(says, block)                            \
    {                                                    \
        says, {FRAME(HEADERS, ALL, 1, block)}, SERVES, 0 \
    }

static const struct rule HEADERS[] = {
    {"8.1: trailers end the request",
     {FRAME(HEADERS, WHOLE, 1, POST_CALL),
      FRAME(HEADERS, WHOLE, 1, FIELD("\6", "x-test", "\2", "ok"))},
     RESETS,
     NGHTTP2_PROTOCOL_ERROR},
    {"8.1: and may stand behind the body",
     {FRAME(HEADERS, WHOLE, 1, POST_CALL), FRAME(DATA, 0, 1, "\0\0\0\0\1x"),
      FRAME(HEADERS, ALL, 1, FIELD("\6", "x-test", "\2", "ok"))},
     SERVES,
     0},
    MALFORMED("8.1.2: names of fields are in lower case",
              GET_PAGE FIELD("\6", "X-TEST", "\2", "ok")),
    MALFORMED("8.1.2.1: unknown pseudo-headers are malformed",
              GET_PAGE FIELD("\5", ":test", "\2", "ok")),
    MALFORMED("8.1.2.1: a request does not have those of answers",
              GET_PAGE FIELD("\7", ":status", "\3", "200")),
    {"8.1.2.1: trailers have no pseudo-headers",
     {FRAME(HEADERS, WHOLE, 1, POST_CALL),
      FRAME(HEADERS, ALL, 1, FIELD("\7", ":method", "\4", "POST"))},
     RESETS,
     NGHTTP2_PROTOCOL_ERROR},
    MALFORMED("8.1.2.1: pseudo-headers come first",
              GET HTTP PAGE FIELD("\6", "x-test", "\2", "ok") AUTHORITY),
    MALFORMED("8.1.2.2: there are no fields about the connection",
              GET_PAGE FIELD("\xa", "connection", "\xa", "keep-alive")),
    MALFORMED("8.1.2.2: nor is the connection upgraded",
              GET_PAGE FIELD("\7", "upgrade", "\3", "foo")),
    MALFORMED("8.1.2.2: nor kept alive",
              GET_PAGE FIELD("\xa", "keep-alive", "\1", "1")),
    MALFORMED("8.1.2.2: nor is there a transfer-encoding",
              GET_PAGE FIELD("\x11", "transfer-encoding", "\7", "chunked")),
    MALFORMED("8.1.2.2: te says nothing but trailers",
              GET_PAGE FIELD("\2", "te", "\4", "gzip")),
    READABLE("8.1.2.2: and that it may",
             GET_PAGE FIELD("\2", "te", "\x8", "trailers")),
    MALFORMED("8.1.2.3: a path is not empty", GET HTTP "\4\0" AUTHORITY),
    MALFORMED("8.1.2.3: a request has a method", HTTP PAGE AUTHORITY),
    MALFORMED("8.1.2.3: a request has a scheme", GET PAGE AUTHORITY),
    MALFORMED("8.1.2.3: a request has a path", GET HTTP AUTHORITY),
    MALFORMED("8.1.2.3: a request has one method", GET GET_PAGE),
    MALFORMED("8.1.2.3: a request has one scheme", HTTP GET_PAGE),
    MALFORMED("8.1.2.3: a request has one path", PAGE GET_PAGE),
    {"8.1.2.6: DATA is as long as content-length says",
     {FRAME(HEADERS,
            WHOLE,
            1,
            POST_CALL "\x0f\x0d\1"
                      "1"),
      FRAME(DATA, END, 1, "test")},
     RESETS,
     NGHTTP2_PROTOCOL_ERROR},
    {"8.1.2.6: and so are all DATA together",
     {FRAME(HEADERS,
            WHOLE,
            1,
            POST_CALL "\x0f\x0d\1"
                      "5"),
      FRAME(DATA, 0, 1, "test"), FRAME(DATA, END, 1, "test")},
     RESETS,
     NGHTTP2_PROTOCOL_ERROR},
    {"8.1.2.6: nor are they shorter",
     {FRAME(HEADERS,
            WHOLE,
            1,
            POST_CALL "\x0f\x0d\1"
                      "5"),
      FRAME(DATA, END, 1, "test")},
     RESETS,
     NGHTTP2_PROTOCOL_ERROR},

    READABLE("HPACK 6.2.1: a field may be put in the table",
             GET_PAGE "\x40\6x-test\2ok\xbe"),
    READABLE("HPACK 6.2.2: or not", GET_PAGE "\0\6x-test\2ok"),
    READABLE("HPACK 6.2.3: or never", GET_PAGE "\x10\6x-test\2ok"),
    READABLE("HPACK 5.2: texts may be in Huffman's code",
             GET HTTP "\4\x84\x62\xb1\xcc\x5f" AUTHORITY),
    READABLE("HPACK 6.3: the table may become smaller first", "\x20" GET_PAGE),
    UNREADABLE("HPACK 2.3.3: an index is not beyond the table",
               GET_PAGE "\xff\x80\1"),
    UNREADABLE("HPACK 2.3.3: nor is that of a name", GET_PAGE "\x7f\x80\1\2ok"),
    UNREADABLE("HPACK 4.2: the table does not become smaller last",
               GET_PAGE "\x20"),
    UNREADABLE("HPACK 5.2: padding is less than eight bits",
               GET_PAGE "\0\6x-test\x83\x3f\x5f\xff"),
    UNREADABLE("HPACK 5.2: padding is all ones",
               GET_PAGE "\0\6x-test\x82\x3f\x50"),
    UNREADABLE("HPACK 5.2: the end of a text is not written",
               GET_PAGE "\0\6x-test\x84\xff\xff\xff\xff"),
    UNREADABLE("HPACK 6.1: there is no index 0", GET_PAGE "\x80"),
    UNREADABLE("HPACK 6.3: the table is not larger than was said",
               "\x3f\xe2\x1f" GET_PAGE),
};

struct fixture {
    struct echo echo;
    struct raw raw;
};

static struct fixture fixture;

static int setup(void **state)
{
    (void)state;
    echo_open(&fixture.echo, NULL);
    raw_open(&fixture.raw, &fixture.echo, true);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    raw_close(&fixture.raw);
    echo_close(&fixture.echo);
    return 0;
}

static void send_frames(struct raw *raw, const struct frame *frames)
{
    for (unsigned i = 0; i < FRAMES_MAX && frames[i].payload != NULL; i++) {
        raw_frame(raw, frames[i].type, frames[i].flags, frames[i].stream_id,
                  frames[i].payload, frames[i].size);
    }
}

static const struct frame PROBING[FRAMES_MAX] = {
    FRAME(HEADERS, ALL, PROBE, GET_PAGE)};

struct answered {
    struct raw *raw;
    size_t size;
};

static bool has_body(void *ctx)
{
    const struct answered *answered = ctx;

    return answered->raw->closed ||
           qc_buffer_size(&answered->raw->body) >= answered->size;
}

/* Runs until |size| bytes of bodies have come. */
static void run_until_body(struct raw *raw, size_t size)
{
    struct answered answered = {raw, size};

    echo_run_until(raw->echo, has_body, &answered);
    assert_false(raw->closed);
}

static void assert_serves(struct raw *raw)
{
    qc_buffer_clear(&raw->body);
    send_frames(raw, PROBING);
    run_until_body(raw, 7);
    assert_int_equal(raw->n_goaways, 0);
}

static void keeps_the_rule(void **state)
{
    const struct rule *rule = *state;
    struct raw *raw = &fixture.raw;

    send_frames(raw, rule->frames);
    switch (rule->outcome) {
    case ENDS:
        raw_run_until_closed(raw);
        assert_int_equal(raw->n_goaways, 1);
        assert_int_equal(raw->goaway, rule->code);
        break;
    case RESETS:
        raw_run_until_ended(raw, 1);
        assert_int_equal(raw->reset, rule->code);
        assert_serves(raw);
        break;
    case SERVES:
    default:
        assert_serves(raw);
        assert_int_equal(raw->reset, RAW_NONE);
        break;
    }
}

/* --- what no single row can tell ------------------------------------------ */

static void a_wrong_preface_ends_the_connection(void **state)
{
    struct raw raw;

    (void)state;
    raw_open(&raw, &fixture.echo, false);
    raw_send(&raw, "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", 24);
    raw_run_until_closed(&raw);
    raw_close(&raw);
}

static void data_of_two_to_the_14_is_taken(void **state)
{
    static const char data[16 * 1024];
    const struct frame open[FRAMES_MAX] = {FRAME(HEADERS, WHOLE, 1, POST_CALL)};

    (void)state;
    send_frames(&fixture.raw, open);
    raw_frame(&fixture.raw, NGHTTP2_DATA, 0, 1, data, sizeof(data));
    assert_serves(&fixture.raw);
}

static void a_frame_that_is_longer_ends_the_connection(void **state)
{
    static const char data[16 * 1024 + 1];
    static const uint8_t types[] = {NGHTTP2_DATA, NGHTTP2_HEADERS};
    const struct frame open[FRAMES_MAX] = {FRAME(HEADERS, WHOLE, 1, POST_CALL)};

    (void)state;
    for (size_t i = 0; i < sizeof(types); i++) {
        struct raw raw;

        raw_open(&raw, &fixture.echo, true);
        send_frames(&raw, open);
        raw_frame(&raw, types[i], WHOLE, 1, data, sizeof(data));
        raw_run_until_closed(&raw);
        assert_int_equal(raw.goaway, NGHTTP2_FRAME_SIZE_ERROR);
        raw_close(&raw);
    }
}

static bool has_pong(void *ctx)
{
    const struct raw *raw = ctx;

    return raw->n_pongs > 0;
}

static void a_ping_comes_back_as_it_was(void **state)
{
    (void)state;
    raw_frame(&fixture.raw, NGHTTP2_PING, 0, 0, "h2 ping!", 8);
    echo_run_until(&fixture.echo, has_pong, &fixture.raw);
    assert_memory_equal(fixture.raw.pong, "h2 ping!", 8);
}

static bool is_settled(void *ctx)
{
    const struct raw *raw = ctx;

    return raw->n_settled == 3;
}

static void all_settings_are_acknowledged(void **state)
{
    (void)state;
    raw_frame(&fixture.raw, NGHTTP2_SETTINGS, 0, 0, "\0\3\0\0\0\x64", 6);
    raw_frame(&fixture.raw, NGHTTP2_SETTINGS, 0, 0, "", 0);
    echo_run_until(&fixture.echo, is_settled, &fixture.raw);
}

/* Of two values of the same setting the last holds. */
static void settings_are_taken_in_their_order(void **state)
{
    static const char settings[] = "\0\4\0\0\0\x64\0\4\0\0\0\1";

    (void)state;
    raw_frame(&fixture.raw, NGHTTP2_SETTINGS, 0, 0, settings, 12);
    send_frames(&fixture.raw, PROBING);
    run_until_body(&fixture.raw, 1);
    echo_run_ms(&fixture.echo, 20);
    assert_int_equal(qc_buffer_size(&fixture.raw.body), 1);
}

static void a_body_is_cut_to_the_window(void **state)
{
    struct raw *raw = &fixture.raw;

    (void)state;
    raw_frame(raw, NGHTTP2_SETTINGS, 0, 0, "\0\4\0\0\0\0", 6);
    send_frames(raw, PROBING);
    echo_run_ms(&fixture.echo, 20);
    assert_int_equal(raw->n_data, 0);
    raw_frame(raw, NGHTTP2_SETTINGS, 0, 0, "\0\4\0\0\0\3", 6);
    run_until_body(raw, 3);
    echo_run_ms(&fixture.echo, 20);
    assert_int_equal(qc_buffer_size(&raw->body), 3);
    raw_frame(raw, NGHTTP2_WINDOW_UPDATE, 0, PROBE, "\0\0\0\4", 4);
    run_until_body(raw, 7);
    raw_run_until_ended(raw, 1);
}

/* 3 are let out; then the window is made smaller by 1 than that. */
static void a_window_may_be_below_nothing(void **state)
{
    struct raw *raw = &fixture.raw;

    (void)state;
    raw_frame(raw, NGHTTP2_SETTINGS, 0, 0, "\0\4\0\0\0\3", 6);
    send_frames(raw, PROBING);
    run_until_body(raw, 3);
    raw_frame(raw, NGHTTP2_SETTINGS, 0, 0, "\0\4\0\0\0\2", 6);
    raw_frame(raw, NGHTTP2_WINDOW_UPDATE, 0, PROBE, "\0\0\0\1", 4);
    echo_run_ms(&fixture.echo, 20);
    assert_int_equal(qc_buffer_size(&raw->body), 3);
    raw_frame(raw, NGHTTP2_WINDOW_UPDATE, 0, PROBE, "\0\0\0\1", 4);
    run_until_body(raw, 4);
    echo_run_ms(&fixture.echo, 20);
    assert_int_equal(qc_buffer_size(&raw->body), 4);
}

static bool all_admitted_have_begun(void *ctx)
{
    const struct echo *echo = ctx;

    return echo->n_begun >= 256;
}

/* The refusal may be quicker than calls that are handed over to another
 * thread. */
static void streams_above_what_was_said_are_refused(void **state)
{
    (void)state;
    for (int32_t i = 0; i <= 256; i++) {
        raw_frame(&fixture.raw, NGHTTP2_HEADERS, WHOLE, 2 * i + 1, POST_CALL,
                  sizeof(POST_CALL) - 1);
    }
    raw_run_until_ended(&fixture.raw, 1);
    assert_int_equal(fixture.raw.reset, NGHTTP2_REFUSED_STREAM);
    echo_run_until(&fixture.echo, all_admitted_have_begun, &fixture.echo);
    echo_run_ms(&fixture.echo, 20);
    assert_int_equal(fixture.echo.n_begun, 256);
}

/* A client that goes is answered all the same. */
static void calls_go_on_after_the_client_says_goaway(void **state)
{
    struct raw *raw = &fixture.raw;

    (void)state;
    raw_frame(raw, NGHTTP2_GOAWAY, 0, 0, "\0\0\0\0\0\0\0\xff", 8);
    send_frames(raw, PROBING);
    run_until_body(raw, 7);
}

/* 5.1.1/2, the one that we do not read as strictly: nghttp2 takes such a stream
 * for one that was closed, and ignores it instead of ending the connection. */
static void a_stream_below_the_last_is_ignored(void **state)
{
    const struct frame frames[FRAMES_MAX] = {
        FRAME(HEADERS, ALL, 5, GET_PAGE),
        FRAME(HEADERS, ALL, 3, GET_PAGE),
    };

    (void)state;
    send_frames(&fixture.raw, frames);
    raw_run_until_ended(&fixture.raw, 1);
    assert_serves(&fixture.raw);
    assert_int_equal(fixture.echo.n_begun, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

enum {
    N_FRAMES = sizeof(FRAMES) / sizeof(FRAMES[0]),
    N_HEADERS = sizeof(HEADERS) / sizeof(HEADERS[0]),
};

static struct CMUnitTest test_of(const struct rule *rule)
{
    return (struct CMUnitTest){
        .name = rule->says,
        .test_func = keeps_the_rule,
        .setup_func = setup,
        .teardown_func = teardown,
        .initial_state = (void *)(uintptr_t)rule,
    };
}

int main(void)
{
    const struct CMUnitTest others[] = {
        TEST(a_wrong_preface_ends_the_connection),
        TEST(data_of_two_to_the_14_is_taken),
        TEST(a_frame_that_is_longer_ends_the_connection),
        TEST(a_ping_comes_back_as_it_was),
        TEST(all_settings_are_acknowledged),
        TEST(settings_are_taken_in_their_order),
        TEST(a_body_is_cut_to_the_window),
        TEST(a_window_may_be_below_nothing),
        TEST(streams_above_what_was_said_are_refused),
        TEST(calls_go_on_after_the_client_says_goaway),
        TEST(a_stream_below_the_last_is_ignored),
    };
    struct CMUnitTest rules[N_FRAMES + N_HEADERS];
    int n_failed;

    for (size_t i = 0; i < N_FRAMES; i++) {
        rules[i] = test_of(&FRAMES[i]);
    }
    for (size_t i = 0; i < N_HEADERS; i++) {
        rules[N_FRAMES + i] = test_of(&HEADERS[i]);
    }
    n_failed = ECHO_RUN_GROUP_TESTS(rules, NULL, NULL);
    return n_failed + ECHO_RUN_GROUP_TESTS(others, NULL, NULL);
}
