/* A client against real servers in the same loop, whose answers are scripted.
 */
#include "lib/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/codec.h"
#include "google/rpc/error_details.pb-c.h"
#include "http2/server.h"
#include "quorumcall/v1/number_service.pb-c.h"

enum {
    N_SERVERS = 2,
    SEEN_MAX = 32,
    ARENA_SIZE = 1024 * 1024,
    TIMEOUT_MS = 1000,
};

/* What a server does with a call. */
enum script {
    ANSWERS,
    SAYS_NO_LEADER,
    SAYS_UNKNOWN_OUTCOME,
    SAYS_POOL_EMPTY,
    KEEPS_SILENT,
};

struct fixture;

struct server {
    struct fixture *fixture;
    struct qc_http2_server *server;
    enum script script;
};

/* What a request carried when it arrived. */
struct seen {
    unsigned server;
    char request_id[65];
    char client_id[65];
    char tenant[65];
    int64_t client_ts_ms;
};

struct fixture {
    uv_loop_t loop;
    uv_prepare_t turn_end;
    struct server servers[N_SERVERS];
    struct qc_client *client;
    struct qc_arena arena;
    struct seen seen[SEEN_MAX];
    unsigned n_seen;
};

static enum qc_call_kind on_kind(void *ctx, const char *path, bool is_get)
{
    (void)is_get;
    (void)ctx;
    return strcmp(path, qc_rpc_allocate_number.path) == 0 ? QC_CALL_UNARY
                                                          : QC_CALL_UNKNOWN;
}

static void on_begin(void *ctx, struct qc_call *call)
{
    (void)ctx;
    (void)call;
}

static void note(struct server *server,
                 const struct qc_call *call,
                 struct qc_bytes message)
{
    struct fixture *f = server->fixture;
    struct seen *seen = &f->seen[f->n_seen++];
    const Qc__V1__AllocateNumberRequest *request;
    struct qc_codec_error error;
    ProtobufCMessage *decoded;

    assert_in_range(f->n_seen, 1, SEEN_MAX - 1);
    assert_int_equal(qc_decode(QC_FORMAT_PROTOBUF,
                               &qc__v1__allocate_number_request__descriptor,
                               message, &f->arena, &decoded, &error),
                     QC_CODEC_OK);
    request = (const Qc__V1__AllocateNumberRequest *)decoded;
    seen->server = (unsigned)(server - f->servers);
    seen->client_ts_ms = request->client_ts_ms;
    snprintf(seen->request_id, sizeof(seen->request_id), "%s",
             request->request_id);
    snprintf(seen->client_id, sizeof(seen->client_id), "%s",
             request->client_id);
    snprintf(seen->tenant, sizeof(seen->tenant), "%s",
             qc_call_header(call, "x-tenant"));
}

static void refuse(struct fixture *f,
                   struct qc_call *call,
                   enum qc_status status,
                   const char *reason)
{
    Google__Rpc__ErrorInfo info = GOOGLE__RPC__ERROR_INFO__INIT;
    struct qc_call_detail detail = {.type = info.base.descriptor->name};
    struct qc_call_error error = {status, "so it is", &detail, 1};

    info.reason = reason;
    info.domain = "quorumcall";
    assert_true(
        qc_encode(QC_FORMAT_PROTOBUF, &info.base, &f->arena, &detail.value));
    qc_call_fail(call, &error);
}

static void on_message(void *ctx, struct qc_call *call, struct qc_bytes message)
{
    Qc__V1__AllocateNumberResponse response =
        QC__V1__ALLOCATE_NUMBER_RESPONSE__INIT;
    struct server *server = ctx;
    struct fixture *f = server->fixture;
    struct qc_bytes bytes;

    note(server, call, message);
    switch (server->script) {
    case ANSWERS:
        response.number = "+442079460000";
        assert_true(
            qc_encode(QC_FORMAT_PROTOBUF, &response.base, &f->arena, &bytes));
        qc_call_answer(call, bytes);
        break;
    case SAYS_NO_LEADER:
        refuse(f, call, QC_STATUS_UNAVAILABLE, "NO_LEADER");
        break;
    case SAYS_UNKNOWN_OUTCOME:
        refuse(f, call, QC_STATUS_UNAVAILABLE, "UNKNOWN_OUTCOME");
        break;
    case SAYS_POOL_EMPTY:
        refuse(f, call, QC_STATUS_RESOURCE_EXHAUSTED, "POOL_EMPTY");
        break;
    case KEEPS_SILENT:
    default:
        break;
    }
}

static void on_end(void *ctx, struct qc_call *call)
{
    (void)ctx;
    (void)call;
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

/* Stops listening: the next dial finds nobody. */
static void server_stop(struct server *server)
{
    qc_http2_server_close(server->server, nothing, NULL);
    server->server = NULL;
}

static void client_open(struct fixture *f, unsigned tries_max)
{
    char endpoints[64];
    struct qc_client_options options = {
        .endpoints = endpoints,
        .tenant = "demo",
        .tries_max = tries_max,
    };

    snprintf(endpoints, sizeof(endpoints), "127.0.0.1:%u,127.0.0.1:%u",
             qc_http2_server_port(f->servers[0].server),
             qc_http2_server_port(f->servers[1].server));
    f->client = qc_client_new(&f->loop, &options);
    assert_non_null(f->client);
}

static int setup(void **state)
{
    struct qc_http2_server_options options = {
        .host = "127.0.0.1",
        .limits = qc_http2_limits_default(),
    };
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    assert_int_equal(uv_loop_init(&f->loop), 0);
    qc_arena_init(&f->arena, ARENA_SIZE);
    for (unsigned i = 0; i < N_SERVERS; i++) {
        struct server *server = &f->servers[i];

        server->fixture = f;
        options.handler = (struct qc_call_handler){
            .ctx = server,
            .kind = on_kind,
            .begin = on_begin,
            .message = on_message,
            .end = on_end,
            .close = on_end,
        };
        assert_int_equal(
            qc_http2_server_open(&f->loop, &options, &server->server), 0);
    }
    uv_prepare_init(&f->loop, &f->turn_end);
    f->turn_end.data = f;
    uv_prepare_start(&f->turn_end, on_turn_end);
    client_open(f, 0);
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

static struct qc_client_answer ask(struct fixture *f, const char *request_id)
{
    Qc__V1__AllocateNumberRequest request =
        QC__V1__ALLOCATE_NUMBER_REQUEST__INIT;
    struct qc_client_answer answer;

    request.request_id = request_id;
    assert_true(qc_client_ask(f->client, &qc_rpc_allocate_number, &request.base,
                              TIMEOUT_MS, &f->arena, &answer));
    return answer;
}

static void calls_go_round_the_nodes(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(ask(f, "").status, QC_STATUS_OK);
        assert_int_equal(f->seen[i].server, i % 2);
    }
}

static void a_call_says_who_asks_and_for_whom(void **state)
{
    struct fixture *f = *state;
    struct qc_client_answer answer = ask(f, "");
    const Qc__V1__AllocateNumberResponse *response =
        (const Qc__V1__AllocateNumberResponse *)answer.response;

    assert_string_equal(response->number, "+442079460000");
    assert_string_equal(f->seen[0].tenant, "demo");
    assert_int_equal(strlen(f->seen[0].client_id), 32);
    assert_true(f->seen[0].client_ts_ms > 0);
    (void)ask(f, "");
    assert_string_equal(f->seen[1].client_id, f->seen[0].client_id);
    assert_string_not_equal(f->seen[1].request_id, f->seen[0].request_id);
}

static void a_request_id_that_is_given_is_kept(void **state)
{
    struct fixture *f = *state;

    (void)ask(f, "mine");
    assert_string_equal(f->seen[0].request_id, "mine");
}

static void all_tries_of_a_call_have_one_request_id(void **state)
{
    struct fixture *f = *state;
    struct qc_client_answer answer;

    f->servers[0].script = SAYS_UNKNOWN_OUTCOME;
    answer = ask(f, "");
    assert_int_equal(answer.status, QC_STATUS_OK);
    assert_int_equal(answer.n_tries, 2);
    assert_int_equal(f->n_seen, 2);
    assert_int_equal(f->seen[1].server, 1);
    assert_string_equal(f->seen[0].request_id, f->seen[1].request_id);
    assert_int_equal(f->seen[0].client_ts_ms, f->seen[1].client_ts_ms);
}

static void a_node_that_is_gone_is_passed_over(void **state)
{
    struct fixture *f = *state;

    server_stop(&f->servers[0]);
    for (unsigned i = 0; i < 4; i++) {
        struct qc_client_answer answer = ask(f, "");

        assert_int_equal(answer.status, QC_STATUS_OK);
        /* Only the first call has to find out. */
        assert_int_equal(answer.n_tries, i == 0 ? 2 : 1);
    }
}

static void a_silent_node_leaves_time_for_another(void **state)
{
    struct fixture *f = *state;
    struct qc_client_answer answer;

    f->servers[0].script = KEEPS_SILENT;
    answer = ask(f, "");
    assert_int_equal(answer.status, QC_STATUS_OK);
    assert_int_equal(answer.n_tries, 2);
}

static void a_refusal_is_the_answer_and_not_tried_again(void **state)
{
    struct fixture *f = *state;
    struct qc_client_answer answer;

    f->servers[0].script = SAYS_POOL_EMPTY;
    answer = ask(f, "");
    assert_int_equal(answer.status, QC_STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(answer.reason, "POOL_EMPTY");
    assert_string_equal(answer.message, "so it is");
    assert_null(answer.response);
    assert_int_equal(f->n_seen, 1);
}

static void without_a_leader_nothing_was_done(void **state)
{
    struct fixture *f = *state;
    struct qc_client_answer answer;

    f->servers[0].script = SAYS_NO_LEADER;
    f->servers[1].script = SAYS_NO_LEADER;
    answer = ask(f, "");
    assert_int_equal(answer.status, QC_STATUS_UNAVAILABLE);
    assert_string_equal(answer.reason, "NO_LEADER");
    assert_true(answer.n_tries > 2);
}

/* Once a node may have done it, others that did nothing do not change that. */
static void what_may_have_been_done_is_unknown_and_not_failed(void **state)
{
    struct fixture *f = *state;
    struct qc_client_answer answer;

    f->servers[0].script = KEEPS_SILENT;
    f->servers[1].script = SAYS_NO_LEADER;
    answer = ask(f, "");
    assert_string_equal(answer.reason, "UNKNOWN_OUTCOME");
    assert_null(answer.response);
}

static void as_many_tries_are_made_as_are_allowed(void **state)
{
    struct fixture *f = *state;
    struct qc_client_answer answer;

    qc_client_close(f->client, NULL, NULL);
    client_open(f, 1);
    f->servers[0].script = SAYS_NO_LEADER;
    answer = ask(f, "");
    assert_int_equal(answer.status, QC_STATUS_UNAVAILABLE);
    assert_int_equal(answer.n_tries, 1);
    assert_int_equal(f->n_seen, 1);
}

static void note_status(void *ctx, const struct qc_client_answer *answer)
{
    *(enum qc_status *)ctx = answer->status;
}

static void closing_ends_calls_under_way_and_in_a_pause(void **state)
{
    Qc__V1__AllocateNumberRequest request =
        QC__V1__ALLOCATE_NUMBER_REQUEST__INIT;
    enum qc_status statuses[2] = {QC_STATUS_OK, QC_STATUS_OK};
    struct fixture *f = *state;

    f->servers[0].script = KEEPS_SILENT;
    f->servers[1].script = SAYS_NO_LEADER;
    for (unsigned i = 0; i < 2; i++) {
        assert_true(qc_client_call(f->client, &qc_rpc_allocate_number,
                                   &request.base, TIMEOUT_MS, note_status,
                                   &statuses[i]));
    }
    while (f->n_seen < 2) {
        uv_run(&f->loop, UV_RUN_ONCE);
    }
    qc_client_close(f->client, NULL, NULL);
    client_open(f, 0);
    while (statuses[0] == QC_STATUS_OK || statuses[1] == QC_STATUS_OK) {
        uv_run(&f->loop, UV_RUN_ONCE);
    }
    assert_int_equal(statuses[0], QC_STATUS_CANCELLED);
    assert_true(statuses[1] == QC_STATUS_CANCELLED ||
                statuses[1] == QC_STATUS_UNAVAILABLE);
}

static void close_client(void *ctx, const struct qc_client_answer *answer)
{
    struct fixture *f = ctx;

    assert_int_equal(answer->status, QC_STATUS_OK);
    qc_client_close(f->client, NULL, NULL);
    f->client = NULL;
}

static void whoever_is_told_may_close_the_client(void **state)
{
    Qc__V1__AllocateNumberRequest request =
        QC__V1__ALLOCATE_NUMBER_REQUEST__INIT;
    struct fixture *f = *state;

    assert_true(qc_client_call(f->client, &qc_rpc_allocate_number,
                               &request.base, TIMEOUT_MS, close_client, f));
    while (f->client != NULL) {
        uv_run(&f->loop, UV_RUN_ONCE);
    }
}

static void options_that_make_no_sense_make_no_client(void **state)
{
    struct fixture *f = *state;
    struct qc_client_options no_tls = {.endpoints = "https://127.0.0.1:1"};
    struct qc_client_options no_port = {.endpoints = "127.0.0.1"};
    char tenant[66];
    struct qc_client_options long_tenant = {.endpoints = "127.0.0.1:1",
                                            .tenant = tenant};

    struct qc_client_options in_clear = {.endpoints = "192.0.2.1:1",
                                         .api_key = "secret"};

    memset(tenant, 'a', sizeof(tenant));
    tenant[sizeof(tenant) - 1] = '\0';
    assert_null(qc_client_new(&f->loop, &no_tls));
    assert_null(qc_client_new(&f->loop, &no_port));
    assert_null(qc_client_new(&f->loop, &long_tenant));
    assert_null(qc_client_new(&f->loop, &in_clear));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(calls_go_round_the_nodes),
        TEST(a_call_says_who_asks_and_for_whom),
        TEST(a_request_id_that_is_given_is_kept),
        TEST(all_tries_of_a_call_have_one_request_id),
        TEST(a_node_that_is_gone_is_passed_over),
        TEST(a_silent_node_leaves_time_for_another),
        TEST(a_refusal_is_the_answer_and_not_tried_again),
        TEST(without_a_leader_nothing_was_done),
        TEST(what_may_have_been_done_is_unknown_and_not_failed),
        TEST(as_many_tries_are_made_as_are_allowed),
        TEST(closing_ends_calls_under_way_and_in_a_pause),
        TEST(whoever_is_told_may_close_the_client),
        TEST(options_that_make_no_sense_make_no_client),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
