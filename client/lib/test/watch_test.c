/* A watch of real servers in the same loop, whose events are scripted. */
#include "lib/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/codec.h"
#include "http2/server.h"
#include "quorumcall/v1/watch_service.pb-c.h"

enum {
    N_SERVERS = 2,
    SEEN_MAX = 64,
    ARENA_SIZE = 1024 * 1024,
    PATIENCE_MS = 500,
    STORY_END = 6, /* The last index that any server tells. */
};

struct fixture;

/* What a server does with a watch: tells |n| events from where it is asked, one
 * an index, and then ends it. */
struct script {
    unsigned n;
    enum qc_status status;
};

struct server {
    struct fixture *fixture;
    struct qc_http2_server *server;
    struct script script;
};

struct fixture {
    uv_loop_t loop;
    uv_prepare_t turn_end;
    struct server servers[N_SERVERS];
    struct qc_client *client;
    struct qc_arena arena;
    /* What the servers were asked. */
    uint64_t asked_index[SEEN_MAX];
    uint32_t asked_ordinal[SEEN_MAX];
    unsigned n_asked;
    /* What the watcher was told. */
    uint64_t told[SEEN_MAX];
    unsigned n_told;
    unsigned n_wanted; /* 0: all. */
    unsigned n_ended;
    enum qc_status status;
};

static enum qc_call_kind on_kind(void *ctx, const char *path, bool is_get)
{
    (void)ctx;
    (void)is_get;
    return strcmp(path, qc_rpc_watch_events.path) == 0 ? QC_CALL_SERVER_STREAM
                                                       : QC_CALL_UNKNOWN;
}

static void ignore(void *ctx, struct qc_call *call)
{
    (void)ctx;
    (void)call;
}

static void send_event(struct fixture *f, struct qc_call *call, uint64_t index)
{
    Qc__V1__WatchEventsResponse event = QC__V1__WATCH_EVENTS_RESPONSE__INIT;
    struct qc_bytes bytes;

    event.index = index;
    event.ordinal = 7;
    event.kind = "AllocateNumber";
    assert_true(qc_encode(QC_FORMAT_PROTOBUF, &event.base, &f->arena, &bytes));
    assert_true(qc_call_send(call, bytes));
}

static void on_message(void *ctx, struct qc_call *call, struct qc_bytes message)
{
    struct server *server = ctx;
    struct fixture *f = server->fixture;
    const struct qc_call_error error = {server->script.status, "so it is", NULL,
                                        0};
    const Qc__V1__WatchEventsRequest *request;
    struct qc_codec_error wrong;
    ProtobufCMessage *decoded;
    uint64_t index;

    assert_string_equal(qc_call_header(call, "x-tenant"), "demo");
    assert_int_equal(qc_decode(QC_FORMAT_PROTOBUF, qc_rpc_watch_events.request,
                               message, &f->arena, &decoded, &wrong),
                     QC_CODEC_OK);
    request = (const Qc__V1__WatchEventsRequest *)decoded;
    assert_in_range(f->n_asked, 0, SEEN_MAX - 1);
    f->asked_index[f->n_asked] = request->from_index;
    f->asked_ordinal[f->n_asked++] = request->after_ordinal;

    index = request->from_index + (request->after_ordinal > 0 ? 1 : 0);
    for (unsigned i = 0; i < server->script.n && index <= STORY_END; i++) {
        send_event(f, call, index++);
    }
    if (server->script.status != QC_STATUS_OK) {
        qc_call_fail(call, &error);
    }
}

static void on_turn_end(uv_prepare_t *prepare)
{
    struct fixture *f = prepare->data;

    for (unsigned i = 0; i < N_SERVERS; i++) {
        if (f->servers[i].server != NULL) {
            qc_http2_server_flush(f->servers[i].server);
        }
    }
}

static void nothing(void *ctx)
{
    (void)ctx;
}

static void server_stop(struct server *server)
{
    qc_http2_server_close(server->server, nothing, NULL);
    server->server = NULL;
}

static int setup(void **state)
{
    struct qc_http2_server_options options = {
        .host = "127.0.0.1",
        .limits = qc_http2_limits_default(),
    };
    struct qc_client_options client = {.tenant = "demo"};
    struct fixture *f = calloc(1, sizeof(*f));
    char endpoints[64];

    assert_non_null(f);
    assert_int_equal(uv_loop_init(&f->loop), 0);
    qc_arena_init(&f->arena, ARENA_SIZE);
    for (unsigned i = 0; i < N_SERVERS; i++) {
        struct server *server = &f->servers[i];

        server->fixture = f;
        options.handler = (struct qc_call_handler){
            .ctx = server,
            .kind = on_kind,
            .begin = ignore,
            .message = on_message,
            .end = ignore,
            .close = ignore,
        };
        assert_int_equal(
            qc_http2_server_open(&f->loop, &options, &server->server), 0);
    }
    uv_prepare_init(&f->loop, &f->turn_end);
    f->turn_end.data = f;
    uv_prepare_start(&f->turn_end, on_turn_end);
    snprintf(endpoints, sizeof(endpoints), "127.0.0.1:%u,127.0.0.1:%u",
             qc_http2_server_port(f->servers[0].server),
             qc_http2_server_port(f->servers[1].server));
    client.endpoints = endpoints;
    f->client = qc_client_new(&f->loop, &client);
    assert_non_null(f->client);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    qc_client_close(f->client, NULL, NULL);
    for (unsigned i = 0; i < N_SERVERS; i++) {
        if (f->servers[i].server != NULL) {
            server_stop(&f->servers[i]);
        }
    }
    uv_close((uv_handle_t *)&f->turn_end, NULL);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    qc_arena_done(&f->arena);
    free(f);
    return 0;
}

static bool on_told(void *ctx, const ProtobufCMessage *message)
{
    const Qc__V1__WatchEventsResponse *event =
        (const Qc__V1__WatchEventsResponse *)message;
    struct fixture *f = ctx;

    assert_in_range(f->n_told, 0, SEEN_MAX - 1);
    f->told[f->n_told++] = event->index;
    return f->n_told != f->n_wanted;
}

static void on_ended(void *ctx, const struct qc_client_answer *answer)
{
    struct fixture *f = ctx;

    f->n_ended++;
    f->status = answer->status;
}

static struct qc_client_watch *watch(struct fixture *f)
{
    Qc__V1__WatchEventsRequest request = QC__V1__WATCH_EVENTS_REQUEST__INIT;
    struct qc_client_watch *made;

    request.from_index = 1;
    made = qc_client_watch(f->client, &request.base, PATIENCE_MS, on_told,
                           on_ended, f);
    assert_non_null(made);
    assert_int_equal(f->n_ended, 0);
    return made;
}

static void run_until_ended(struct fixture *f)
{
    while (f->n_ended == 0) {
        uv_run(&f->loop, UV_RUN_ONCE);
    }
}

static void assert_whole_story(const struct fixture *f)
{
    assert_int_equal(f->n_told, STORY_END);
    for (unsigned i = 0; i < STORY_END; i++) {
        assert_int_equal(f->told[i], i + 1);
    }
}

static void a_watch_goes_on_elsewhere_where_it_was_left(void **state)
{
    struct fixture *f = *state;

    f->servers[0].script = (struct script){2, QC_STATUS_UNAVAILABLE};
    f->servers[1].script = (struct script){1, QC_STATUS_UNAVAILABLE};
    f->n_wanted = STORY_END;
    watch(f);
    run_until_ended(f);

    assert_whole_story(f);
    assert_int_equal(f->status, QC_STATUS_OK);
    assert_int_equal(f->n_ended, 1);
    assert_int_equal(f->asked_index[0], 1);
    assert_int_equal(f->asked_ordinal[0], 0);
    assert_int_equal(f->asked_index[1], 2);
    assert_int_equal(f->asked_ordinal[1], 7);
    assert_int_equal(f->asked_index[2], 3);
}

/* It begins with the first endpoint, as a client's first call does. */
static void a_watch_outlives_a_node(void **state)
{
    struct fixture *f = *state;

    f->servers[0].script.n = 1;
    f->servers[1].script.n = 1;
    f->n_wanted = 2;
    watch(f);
    while (f->n_told == 0) {
        uv_run(&f->loop, UV_RUN_ONCE);
    }
    server_stop(&f->servers[0]);
    run_until_ended(f);
    assert_int_equal(f->status, QC_STATUS_OK);
    assert_int_equal(f->told[0], 1);
    assert_int_equal(f->told[1], 2);
    assert_int_equal(f->n_asked, 2);
}

static void what_one_node_cannot_tell_another_may(void **state)
{
    struct fixture *f = *state;

    f->servers[0].script = (struct script){0, QC_STATUS_OUT_OF_RANGE};
    f->servers[1].script = (struct script){STORY_END, QC_STATUS_OK};
    f->n_wanted = STORY_END;
    watch(f);
    run_until_ended(f);
    assert_whole_story(f);
}

static void what_no_node_can_tell_ends_it(void **state)
{
    struct fixture *f = *state;

    f->servers[0].script = (struct script){0, QC_STATUS_OUT_OF_RANGE};
    f->servers[1].script = (struct script){0, QC_STATUS_OUT_OF_RANGE};
    watch(f);
    run_until_ended(f);
    assert_int_equal(f->status, QC_STATUS_OUT_OF_RANGE);
    assert_int_equal(f->n_asked, N_SERVERS);
}

static void what_may_not_be_watched_ends_it_at_once(void **state)
{
    struct fixture *f = *state;

    f->servers[0].script = (struct script){0, QC_STATUS_PERMISSION_DENIED};
    f->servers[1].script = (struct script){0, QC_STATUS_PERMISSION_DENIED};
    watch(f);
    run_until_ended(f);
    assert_int_equal(f->status, QC_STATUS_PERMISSION_DENIED);
    assert_int_equal(f->n_asked, 1);
}

static void patience_ends_when_nobody_tells_anything(void **state)
{
    struct fixture *f = *state;

    server_stop(&f->servers[0]);
    server_stop(&f->servers[1]);
    watch(f);
    run_until_ended(f);
    assert_int_equal(f->status, QC_STATUS_UNAVAILABLE);
    assert_int_equal(f->n_told, 0);
}

static void a_watch_may_be_stopped(void **state)
{
    struct fixture *f = *state;
    struct qc_client_watch *made;

    f->servers[0].script.n = 1;
    f->servers[1].script.n = 1;
    made = watch(f);
    while (f->n_told == 0) {
        uv_run(&f->loop, UV_RUN_ONCE);
    }
    qc_client_watch_stop(made);
    assert_int_equal(f->n_ended, 1);
    assert_int_equal(f->status, QC_STATUS_CANCELLED);
}

static void a_watch_may_be_stopped_in_a_pause(void **state)
{
    struct fixture *f = *state;
    struct qc_client_watch *made;

    f->servers[0].script = (struct script){1, QC_STATUS_UNAVAILABLE};
    f->servers[1].script = (struct script){1, QC_STATUS_UNAVAILABLE};
    made = watch(f);
    while (f->n_told < 2) {
        uv_run(&f->loop, UV_RUN_ONCE);
    }
    qc_client_watch_stop(made);
    assert_int_equal(f->n_ended, 1);
    assert_int_equal(f->status, QC_STATUS_CANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_watch_goes_on_elsewhere_where_it_was_left),
        TEST(a_watch_outlives_a_node),
        TEST(what_one_node_cannot_tell_another_may),
        TEST(what_no_node_can_tell_ends_it),
        TEST(what_may_not_be_watched_ends_it_at_once),
        TEST(patience_ends_when_nobody_tells_anything),
        TEST(a_watch_may_be_stopped),
        TEST(a_watch_may_be_stopped_in_a_pause),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
