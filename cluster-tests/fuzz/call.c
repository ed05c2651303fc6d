/*
 * A call whose frames are in order, and whose headers and body are anything:
 * what stands behind HTTP/2, which the target "http2" seldom gets to.
 */
#include <stdlib.h>
#include <string.h>

#include "cluster-tests/fuzz/choices.h"
#include "cluster-tests/fuzz/door.h"
#include "cluster-tests/fuzz/target.h"

enum {
    CALLS_MAX = 4,
    HEADERS_MAX = 4,
    PIECES_MAX = 16,
    FIELDS_MAX = 2 * (5 + HEADERS_MAX) + 1, /* Names, values, and the end. */
    CUT_SHORT = 0xff,                       /* In place of a piece's size. */
};

/* Choices of the input, by position; past the end of a list stands a text. */
static const char *const METHODS[] = {"POST", "GET", "HEAD", "OPTIONS"};
static const char *const PATHS[] = {
    "/test.Echo/Unary",  "/test.Echo/Fail",
    "/test.Echo/Refuse", "/test.Echo/Never",
    "/test.Echo/Stream", "/test.Echo/Watch",
    "/test.Echo/Talk",   "/page",
};
static const char *const TYPES[] = {
    "application/grpc",         "application/grpc+proto",
    "application/grpc+msgpack", "application/grpc+msgpack;keys=name",
    "application/json",         "application/proto",
    "application/connect+json",
};
static const char *const NAMES[] = {
    "grpc-timeout",
    "connect-timeout-ms",
    "grpc-encoding",
    "content-encoding",
    "connect-content-encoding",
    "origin",
    "access-control-request-method",
    "x-test",
    "content-length",
    "connect-protocol-version",
    "te",
};

#define N(list) (sizeof(list) / sizeof((list)[0]))

/* Texts of the input live until the call has been sent. */
struct texts {
    char *texts[FIELDS_MAX];
    unsigned n;
};

static const char *text_of(struct texts *texts, struct choices *choices)
{
    char *text = choices_text(choices, choices_number(choices, 1));

    texts->texts[texts->n++] = text;
    return text;
}

static const char *choose(struct texts *texts,
                          struct choices *choices,
                          const char *const *list,
                          size_t n)
{
    size_t i = choices_number(choices, 1);

    return i < n ? list[i] : text_of(texts, choices);
}

static void send_headers(struct raw *raw,
                         struct choices *choices,
                         int32_t stream_id,
                         uint8_t flags)
{
    const char *fields[FIELDS_MAX] = {":method",    NULL,    ":scheme",
                                      "http",       ":path", NULL,
                                      ":authority", "test",  "content-type"};
    struct texts texts = {.n = 0};
    uint64_t n_headers;
    size_t n = 10;

    fields[1] = choose(&texts, choices, METHODS, N(METHODS));
    fields[5] = choose(&texts, choices, PATHS, N(PATHS));
    fields[9] = choose(&texts, choices, TYPES, N(TYPES));
    n_headers = choices_number(choices, 1) % (HEADERS_MAX + 1);
    for (uint64_t i = 0; i < n_headers; i++) {
        fields[n++] = NAMES[choices_number(choices, 1) % N(NAMES)];
        fields[n++] = text_of(&texts, choices);
    }
    fields[n] = NULL;
    raw_headers(raw, stream_id, flags, fields);
    for (unsigned i = 0; i < texts.n; i++) {
        free(texts.texts[i]);
    }
}

/* Pieces, each a size and its bytes, up to an empty one, which is the last. */
static void send_body(struct raw *raw,
                      struct choices *choices,
                      int32_t stream_id)
{
    for (unsigned i = 0; i < PIECES_MAX; i++) {
        size_t size = choices_number(choices, 1);
        struct qc_bytes piece;

        if (size == CUT_SHORT) {
            return;
        }
        piece = choices_bytes(choices, size);
        raw_frame(raw, NGHTTP2_DATA,
                  size == 0 ? NGHTTP2_FLAG_END_STREAM : NGHTTP2_FLAG_NONE,
                  stream_id, piece.data, piece.size);
        if (size == 0) {
            return;
        }
    }
}

void fuzz_call_run(struct qc_bytes input)
{
    struct choices choices = {input};
    struct raw *raw = door_enter(true);

    for (int32_t i = 0; i < CALLS_MAX && choices.left.size > 0; i++) {
        bool has_body = choices_number(&choices, 1) % 2 == 0;
        uint8_t end = has_body ? NGHTTP2_FLAG_NONE : NGHTTP2_FLAG_END_STREAM;

        send_headers(raw, &choices, 2 * i + 1, NGHTTP2_FLAG_END_HEADERS | end);
        if (has_body) {
            send_body(raw, &choices, 2 * i + 1);
        }
        door_turn(raw);
    }
    door_turn(raw);
    door_leave(raw);
}

/* --- seeds ---------------------------------------------------------------- */

static void add_call(struct chosen *chosen,
                     unsigned path,
                     unsigned type,
                     bool framed)
{
    static const uint8_t FRAMED[] = {0, 0, 0, 0, 2, '{', '}'};

    chosen_number(chosen, 0, 1); /* It has a body, */
    chosen_number(chosen, 0, 1); /* is a POST, */
    chosen_number(chosen, path, 1);
    chosen_number(chosen, type, 1);
    chosen_number(chosen, 2, 1); /* has two more headers, */
    chosen_number(chosen, 0, 1);
    chosen_number(chosen, 4, 1);
    chosen_text(chosen, "100m");
    chosen_number(chosen, 1, 1);
    chosen_number(chosen, 3, 1);
    chosen_text(chosen, "250");
    chosen_number(chosen, framed ? 3 : 1, 1); /* and two pieces. */
    chosen_bytes(chosen, framed ? (struct qc_bytes){FRAMED, 3}
                                : (struct qc_bytes){FRAMED + 5, 1});
    chosen_number(chosen, framed ? 4 : 1, 1);
    chosen_bytes(chosen, framed ? (struct qc_bytes){FRAMED + 3, 4}
                                : (struct qc_bytes){FRAMED + 6, 1});
    chosen_number(chosen, 0, 1);
}

void fuzz_call_seed(const struct fuzz_seeds *seeds)
{
    for (unsigned i = 0; i < N(PATHS) * N(TYPES); i++) {
        unsigned type = i % N(TYPES);
        struct chosen chosen = {NULL, 0};

        add_call(&chosen, i / N(TYPES), type, type != 4 && type != 5);
        seeds->take(seeds->ctx, (struct qc_bytes){chosen.bytes, chosen.size});
        chosen_done(&chosen);
    }
}
