/*
 * HTTP/2: whatever a client sends, cut into reads as the input says, through
 * the real server and a real socket. What comes back is frames, whose headers
 * can be read; and when the client goes, nothing of it stays.
 */
#include <string.h>

#include "cluster-tests/fuzz/choices.h"
#include "cluster-tests/fuzz/door.h"
#include "cluster-tests/fuzz/target.h"

enum {
    PREFACE = 1, /* Of the first byte: the input goes on after it; */
    CUT = 2,     /* and it comes in pieces. */
    PIECES_MAX = 16,
};

void fuzz_http2_run(struct qc_bytes input)
{
    struct choices choices = {input};
    uint64_t how = choices_number(&choices, 1);
    size_t piece = (how & CUT) != 0 ? how / 4 + 1 : input.size;
    struct raw *raw = door_enter((how & PREFACE) != 0);

    for (unsigned i = 1; choices.left.size > 0; i++) {
        struct qc_bytes bytes =
            choices_bytes(&choices, i < PIECES_MAX ? piece : choices.left.size);

        raw_send(raw, bytes.data, bytes.size);
        door_turn(raw);
    }
    door_turn(raw);
    door_leave(raw);
}

/* --- seeds ---------------------------------------------------------------- */

/* NOLINTNEXTLINE(readability-function-size): nghttp2's signature. */
static ssize_t read_body(nghttp2_session *session,
                         int32_t stream_id,
                         uint8_t *to,
                         size_t size,
                         uint32_t *flags,
                         nghttp2_data_source *source,
                         void *ctx)
{
    const struct qc_bytes *body = source->ptr;

    (void)session;
    (void)stream_id;
    (void)ctx;
    FUZZ_MUST(body->size <= size);
    memcpy(to, body->data, body->size);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)body->size;
}

#define FIELD(name, value)                                           \
    {                                                                \
        (uint8_t *)(uintptr_t)(name), (uint8_t *)(uintptr_t)(value), \
            strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE        \
    }

static void ask(nghttp2_session *session,
                const char *path,
                const char *type,
                const struct qc_bytes *body)
{
    const nghttp2_nv fields[] = {
        FIELD(":method", "POST"),    FIELD(":scheme", "http"),
        FIELD(":authority", "test"), FIELD(":path", path),
        FIELD("content-type", type), FIELD("grpc-timeout", "5S"),
        FIELD("te", "trailers"),
    };
    nghttp2_data_provider provider = {{.ptr = (void *)(uintptr_t)body},
                                      read_body};

    FUZZ_MUST(nghttp2_submit_request(session, NULL, fields,
                                     sizeof(fields) / sizeof(fields[0]),
                                     &provider, NULL) > 0);
}

static void page(nghttp2_session *session)
{
    const nghttp2_nv fields[] = {
        FIELD(":method", "GET"),
        FIELD(":scheme", "http"),
        FIELD(":authority", "test"),
        FIELD(":path", "/page"),
    };

    FUZZ_MUST(nghttp2_submit_request(session, NULL, fields, 4, NULL, NULL) > 0);
}

static void preflight(nghttp2_session *session)
{
    const nghttp2_nv fields[] = {
        FIELD(":method", "OPTIONS"),
        FIELD(":scheme", "http"),
        FIELD(":authority", "test"),
        FIELD(":path", "/test.Echo/Unary"),
        FIELD("origin", "null"),
        FIELD("access-control-request-method", "POST"),
    };

    FUZZ_MUST(nghttp2_submit_request(session, NULL, fields, 6, NULL, NULL) > 0);
}

/* All that |session| has to say, without its magic: that is the harness's. */
static void take(const struct fuzz_seeds *seeds, nghttp2_session *session)
{
    struct chosen chosen = {NULL, 0};
    const uint8_t *bytes;
    ssize_t size;

    chosen_number(&chosen, PREFACE, 1);
    size = nghttp2_session_mem_send(session, &bytes);
    FUZZ_MUST(size == NGHTTP2_CLIENT_MAGIC_LEN);
    while ((size = nghttp2_session_mem_send(session, &bytes)) > 0) {
        chosen_bytes(&chosen, (struct qc_bytes){bytes, (size_t)size});
    }
    seeds->take(seeds->ctx, (struct qc_bytes){chosen.bytes, chosen.size});
    chosen_done(&chosen);
}

static void say(nghttp2_session *session, unsigned what)
{
    static const uint8_t FRAMED[] = {0, 0, 0, 0, 2, '{', '}'};
    static const struct qc_bytes framed = {FRAMED, sizeof(FRAMED)};
    static const struct qc_bytes bare = {FRAMED + 5, 2};
    static const char *const PATHS[] = {
        "/test.Echo/Unary", "/test.Echo/Fail",   "/test.Echo/Refuse",
        "/test.Echo/Never", "/test.Echo/Stream", "/test.Echo/Watch",
        "/test.Echo/Talk",  "/no.Such/Method",
    };
    const unsigned n = sizeof(PATHS) / sizeof(PATHS[0]);

    if (what < n) {
        ask(session, PATHS[what], "application/grpc", &framed);
    } else if (what < 2 * n) {
        ask(session, PATHS[what - n], "application/json", &bare);
    } else if (what == 2 * n) {
        ask(session, "/test.Echo/Watch", "application/connect+json", &framed);
    } else if (what == 2 * n + 1) {
        page(session);
        nghttp2_submit_ping(session, NGHTTP2_FLAG_NONE, NULL);
    } else if (what == 2 * n + 2) {
        preflight(session);
    } else {
        ask(session, PATHS[0], "application/proto", &bare);
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, 1,
                                  NGHTTP2_CANCEL);
        nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE, 0, 0, NULL, 0);
    }
}

void fuzz_http2_seed(const struct fuzz_seeds *seeds)
{
    static const uint8_t HTTP1[] = "\0GET / HTTP/1.1\r\n\r\n";
    nghttp2_session_callbacks *callbacks;

    seeds->take(seeds->ctx, (struct qc_bytes){HTTP1, sizeof(HTTP1) - 1});
    FUZZ_MUST(nghttp2_session_callbacks_new(&callbacks) == 0);
    for (unsigned what = 0; what < 20; what++) {
        nghttp2_session *session;

        FUZZ_MUST(nghttp2_session_client_new(&session, callbacks, NULL) == 0);
        nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, NULL, 0);
        say(session, what);
        take(seeds, session);
        nghttp2_session_del(session);
    }
    nghttp2_session_callbacks_del(callbacks);
}
