#include "cluster-tests/fuzz/door.h"

#include <sys/socket.h>

#include "cluster-tests/fuzz/target.h"

enum {
    TURNS = 4,       /* Bytes cross loopback within a turn or two. */
    TURNS_MAX = 100, /* To end a connection. */
};

static struct echo *open_server(void)
{
    static struct echo echo;
    static bool is_open;

    if (!is_open) {
        is_open = true;
        echo_open(&echo, NULL);
        uv_timer_stop(&echo.alarm); /* libFuzzer has its own. */
    }
    return &echo;
}

struct raw *door_enter(bool preface)
{
    static struct raw raw;

    raw_open(&raw, open_server(), preface);
    return &raw;
}

static void answer(struct echo *echo)
{
    static const uint8_t TEXT[] = "late";
    const struct qc_bytes message = {TEXT, sizeof(TEXT)};
    struct qc_call *call = echo->held;

    if (call == NULL) {
        return;
    }
    if (qc_call_kind(call) == QC_CALL_SERVER_STREAM) {
        if (echo->n_begun % 2 == 0 || !qc_call_send(call, message)) {
            qc_call_end(call);
        }
    } else {
        qc_call_answer(call, message);
    }
}

void door_turn(struct raw *raw)
{
    for (unsigned i = 0; i < TURNS; i++) {
        uv_run(&raw->echo->loop, UV_RUN_NOWAIT);
        answer(raw->echo);
    }
}

void door_leave(struct raw *raw)
{
    const struct linger none = {.l_onoff = 1, .l_linger = 0};
    struct echo *echo = raw->echo;
    int fd;

    /* Reset, so that no port has to wait. */
    FUZZ_MUST(uv_fileno((uv_handle_t *)&raw->tcp, &fd) == 0);
    FUZZ_MUST(setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)) == 0);
    raw_close(raw);
    for (unsigned i = 0;
         qc_http2_server_gauge(echo->server, QC_HTTP2_OPEN_CONNECTIONS) > 0;
         i++) {
        FUZZ_MUST(i < TURNS_MAX);
        uv_run(&echo->loop, UV_RUN_ONCE);
    }
    FUZZ_MUST(echo->n_begun == echo->n_closed);
    for (unsigned gauge = 0; gauge < QC_HTTP2_GAUGES; gauge++) {
        FUZZ_MUST(qc_http2_server_gauge(echo->server, gauge) == 0);
    }
}
