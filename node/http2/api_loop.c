#include "http2/api_loop.h"

#include <assert.h>
#include <stdlib.h>

#include "http2/incoming.h"
#include "http2/session.h"
#include "http2/twin.h"

uint64_t qc_api_loops_waiting(const struct qc_api_loops *loops)
{
    uint64_t waiting = 0;

    for (unsigned i = 0; i < loops->n; i++) {
        const struct qc_api_loop *loop = &loops->all[i];
        /* In this order: what has arrived was sent before. */
        uint64_t arrived =
            qc_tally_get(&loop->handled) + qc_tally_get(&loop->heard);

        waiting += qc_tally_get(&loop->sent) + qc_tally_get(&loop->said);
        waiting -= arrived;
        waiting += qc_tally_get(&loop->core.gauges[QC_HTTP2_WAITING_BYTES]);
    }
    return waiting;
}

/* --- the thread ----------------------------------------------------------- */

/* The last thing a turn does, before it waits for events. */
static void end_turn(uv_prepare_t *prepare)
{
    struct qc_api_loop *loop = prepare->data;

    while (!LIST_EMPTY(&loop->core.dirty)) {
        qc_connection_flush(LIST_FIRST(&loop->core.dirty));
    }
    loop->core.spent_ns = 0;
    if (loop->ending && !loop->ended && LIST_EMPTY(&loop->core.connections)) {
        loop->ended = true;
        qc_outbox_put(&loop->to_server, &loop->end);
        uv_stop(&loop->loop);
    }
    qc_outbox_post(&loop->to_server, loop->server_mailbox);
    qc_mailbox_rest(&loop->mailbox);
}

static void run(void *arg)
{
    struct qc_api_loop *loop = arg;

    (void)uv_run(&loop->loop, UV_RUN_DEFAULT);
}

/* --- letters -------------------------------------------------------------- */

static void read_adopt(struct qc_letter *letter)
{
    qc_connection_adopt(letter->about);
}

static void read_gone(struct qc_letter *letter)
{
    struct qc_connection *connection = letter->about;
    struct qc_api_loop *loop = connection->core->ctx;

    loop->n_connections--;
    loop->server->gone(loop->server->ctx, connection);
}

static void gone(void *ctx, struct qc_connection *connection)
{
    struct qc_api_loop *loop = ctx;

    connection->letter = (struct qc_letter){
        .read = read_gone,
        .about = connection,
    };
    qc_outbox_put(&loop->to_server, &connection->letter);
}

void qc_api_loop_serve(struct qc_api_loop *loop,
                       struct qc_connection *connection)
{
    loop->n_connections++;
    connection->letter = (struct qc_letter){
        .read = read_adopt,
        .about = connection,
    };
    qc_outbox_put(&loop->to_thread, &connection->letter);
}

static void read_left(struct qc_letter *letter)
{
    struct qc_api_loop *loop = letter->about;

    loop->leaving = false;
    if (loop->leave_again) {
        loop->leave_again = false;
        qc_api_loop_leave(loop);
    }
}

static void read_leave(struct qc_letter *letter)
{
    struct qc_api_loop *loop = letter->about;
    struct qc_connection *connection;

    LIST_FOREACH(connection, &loop->core.connections, of_core)
    {
        qc_connection_leave(connection);
    }
    letter->read = read_left;
    qc_outbox_put(&loop->to_server, letter);
}

void qc_api_loop_leave(struct qc_api_loop *loop)
{
    if (loop->leaving || loop->stopping) {
        loop->leave_again = true;
        return;
    }
    loop->leaving = true;
    loop->leave.read = read_leave;
    qc_outbox_put(&loop->to_thread, &loop->leave);
}

static void read_ended(struct qc_letter *letter)
{
    struct qc_api_loop *loop = letter->about;

    loop->on_ended(loop->server->ctx, loop);
}

static void read_end(struct qc_letter *letter)
{
    struct qc_api_loop *loop = letter->about;
    struct qc_connection *connection;

    loop->ending = true;
    letter->read = read_ended;
    LIST_FOREACH(connection, &loop->core.connections, of_core)
    {
        qc_connection_close(connection);
    }
}

void qc_api_loop_end(struct qc_api_loop *loop)
{
    loop->stopping = true;
    loop->end.read = read_end;
    qc_outbox_put(&loop->to_thread, &loop->end);
    qc_api_loop_flush(loop);
}

void qc_api_loop_flush(struct qc_api_loop *loop)
{
    qc_outbox_post(&loop->to_thread, &loop->mailbox);
}

/* --- limits --------------------------------------------------------------- */

struct qc_api_limits {
    struct qc_letter letter;
    struct qc_http2_limits limits;
    nghttp2_option *option;
};

struct qc_api_limits *qc_api_limits_new(const struct qc_http2_limits *limits)
{
    struct qc_api_limits *news = calloc(1, sizeof(*news));

    if (news == NULL) {
        return NULL;
    }
    news->limits = *limits;
    news->option = qc_session_option(limits);
    if (news->option == NULL) {
        free(news);
        return NULL;
    }
    return news;
}

void qc_api_limits_free(struct qc_api_limits *limits)
{
    if (limits != NULL) {
        nghttp2_option_del(limits->option);
        free(limits);
    }
}

static void read_limits(struct qc_letter *letter)
{
    struct qc_api_limits *news = (struct qc_api_limits *)letter;
    struct qc_api_loop *loop = letter->about;

    nghttp2_option_del(loop->option);
    loop->option = news->option;
    loop->core.option = news->option;
    loop->core.limits = news->limits;
    free(news);
}

void qc_api_loop_set_limits(struct qc_api_loop *loop,
                            struct qc_api_limits *limits)
{
    limits->letter = (struct qc_letter){.read = read_limits, .about = loop};
    qc_outbox_put(&loop->to_thread, &limits->letter);
}

/* --- life ----------------------------------------------------------------- */

static void nothing(void *ctx)
{
    (void)ctx;
}

/* Whatever is on the loop, whose thread does not run. */
static void close_loop(struct qc_api_loop *loop)
{
    int r;

    qc_mailbox_close(&loop->mailbox, nothing, NULL);
    uv_close((uv_handle_t *)&loop->prepare, NULL);
    (void)uv_run(&loop->loop, UV_RUN_DEFAULT);
    r = uv_loop_close(&loop->loop);
    assert(r == 0);
    nghttp2_option_del(loop->option);
    qc_spare_calls_done(&loop->core.spares);
    qc_slab_done(&loop->core.slab);
}

static int open_loop(struct qc_api_loop *loop)
{
    int r = uv_loop_init(&loop->loop);

    if (r != 0) {
        return r;
    }
    r = qc_mailbox_open(&loop->mailbox, &loop->loop);
    if (r != 0) {
        (void)uv_loop_close(&loop->loop);
        return r;
    }
    uv_prepare_init(&loop->loop, &loop->prepare);
    loop->prepare.data = loop;
    uv_prepare_start(&loop->prepare, end_turn);
    return 0;
}

int qc_api_loop_start(struct qc_api_loop *loop,
                      struct qc_server_core *server,
                      struct qc_mailbox *server_mailbox,
                      void (*on_ended)(void *ctx, struct qc_api_loop *loop))
{
    int r;

    loop->option = qc_session_option(&server->limits);
    if (loop->option == NULL) {
        return UV_ENOMEM;
    }
    loop->handler = server->handler;
    loop->server = server;
    loop->server_mailbox = server_mailbox;
    loop->on_ended = on_ended;
    loop->leave.about = loop;
    loop->end.about = loop;
    loop->core = (struct qc_server_core){
        .loop = &loop->loop,
        .limits = server->limits,
        .handler = qc_twin_handler(loop),
        .callbacks = server->callbacks,
        .option = loop->option,
        .tls = server->tls,
        .input = loop->input,
        .loops = server->loops,
        .gone = gone,
        .ctx = loop,
    };
    r = open_loop(loop);
    if (r != 0) {
        nghttp2_option_del(loop->option);
        return r;
    }
    r = uv_thread_create(&loop->thread, run, loop);
    if (r != 0) {
        close_loop(loop);
    }
    return r;
}

void qc_api_loop_join(struct qc_api_loop *loop)
{
    (void)uv_thread_join(&loop->thread);
    close_loop(loop);
}
