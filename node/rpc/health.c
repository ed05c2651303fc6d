#include "rpc/health.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "grpc/health/v1/health.pb-c.h"
#include "rpc/edge.h"
#include "rpc/failure.h"
#include "rpc/readiness.h"
#include "rpc/served.h"
#include "rpc/service.h"
#include "rpc/spoken.h"

enum {
    ARENA_SIZE = 64 * 1024,
};

#define REQUEST      (&grpc__health__health_check_request__descriptor)
#define STATUS(name) GRPC__HEALTH__HEALTH_CHECK_RESPONSE__SERVING_STATUS__##name

typedef Grpc__Health__HealthCheckResponse__ServingStatus serving_status;

/* The data of a call of Watch; NULL before its request has come. */
struct qc_health_watcher {
    LIST_ENTRY(qc_health_watcher) of_rpc;
    struct qc_call *call;
    bool known;          /* The service is: what is told of it may change. */
    serving_status told; /* UNKNOWN: nothing yet. */
};

static enum qc_call_kind kind(const char *path)
{
    if (strcmp(path, "/grpc.health.v1.Health/Check") == 0) {
        return QC_CALL_UNARY;
    }
    return strcmp(path, "/grpc.health.v1.Health/Watch") == 0
               ? QC_CALL_SERVER_STREAM
               : QC_CALL_UNKNOWN;
}

bool qc_health_knows(const struct qc_served *served, const char *service)
{
    if (service[0] == '\0') {
        return true; /* The node as a whole: what most ask for. */
    }
    for (size_t i = 0; qc_served_service(served, i) != NULL; i++) {
        if (strcmp(qc_served_service(served, i), service) == 0) {
            return true;
        }
    }
    return false;
}

static serving_status status_now(const struct qc_rpc *rpc)
{
    struct qc_replica_status status;
    struct qc_readiness readiness;

    qc_replica_status(rpc->replica, &status);
    readiness = qc_readiness_of(&status, rpc->options.node_id,
                                rpc->options.silence_max_ms);
    return qc_is_ready(&readiness) ? STATUS(SERVING) : STATUS(NOT_SERVING);
}

/* The answer; false when the call has ended instead. */
static bool write_status(struct qc_call *call,
                         serving_status status,
                         struct qc_arena *arena,
                         struct qc_bytes *bytes_out)
{
    Grpc__Health__HealthCheckResponse response =
        GRPC__HEALTH__HEALTH_CHECK_RESPONSE__INIT;

    response.status = status;
    return qc_spoken_write(call, &response.base, arena, bytes_out);
}

/* One that does not read is told later, and then the newest. */
static void tell(struct qc_health_watcher *watcher, serving_status status)
{
    struct qc_arena arena;
    struct qc_bytes bytes;

    qc_arena_init(&arena, ARENA_SIZE);
    if (write_status(watcher->call, status, &arena, &bytes) &&
        qc_call_send(watcher->call, bytes)) {
        watcher->told = status;
    }
    qc_arena_done(&arena);
}

static void tell_news(struct qc_health_watcher *watcher, serving_status status)
{
    if (watcher->known && watcher->told != status) {
        tell(watcher, status);
    }
}

/* What there is to tell now; those who watch are told, if it is news. Anybody
 * may watch, any number of times: so they are walked only then. */
static serving_status tell_all(struct qc_rpc *rpc)
{
    serving_status status = status_now(rpc);
    struct qc_health_watcher *watcher;

    if (rpc->health.told != (int)status) {
        rpc->health.told = (int)status;
        LIST_FOREACH(watcher, &rpc->health.list, of_rpc)
        {
            tell_news(watcher, status);
        }
    }
    return status;
}

void qc_health_turn(struct qc_rpc *rpc)
{
    if (!LIST_EMPTY(&rpc->health.list)) {
        (void)tell_all(rpc);
    }
}

static void writable(struct qc_rpc *rpc, struct qc_call *call)
{
    struct qc_health_watcher *watcher = qc_call_data(call);

    if (watcher != NULL) {
        tell_news(watcher, (serving_status)rpc->health.told);
    }
}

static void watch(struct qc_rpc *rpc, struct qc_call *call, const char *service)
{
    struct qc_health_watcher *watcher = calloc(1, sizeof(*watcher));
    serving_status status = tell_all(rpc);

    if (watcher == NULL) {
        const struct qc_failure failure = {
            .status = QC_STATUS_RESOURCE_EXHAUSTED,
            .reason = "TOO_BIG",
            .text = "the node is short of memory",
        };

        qc_failure_send(call, &failure);
        return;
    }
    watcher->call = call;
    watcher->known = qc_health_knows(rpc->served, service);
    qc_call_set_data(call, watcher);
    LIST_INSERT_HEAD(&rpc->health.list, watcher, of_rpc);
    tell(watcher, watcher->known ? status : STATUS(SERVICE_UNKNOWN));
}

static void check(struct qc_rpc *rpc,
                  struct qc_call *call,
                  const char *service,
                  struct qc_arena *arena)
{
    const struct qc_failure failure = {
        .status = QC_STATUS_NOT_FOUND,
        .reason = "NOT_FOUND",
        .field = "service",
        .text = "is not served here",
    };
    struct qc_bytes bytes;

    if (!qc_health_knows(rpc->served, service)) {
        qc_failure_send(call, &failure);
    } else if (write_status(call, status_now(rpc), arena, &bytes)) {
        qc_call_answer(call, bytes);
    }
}

static void message(struct qc_rpc *rpc,
                    struct qc_call *call,
                    struct qc_bytes bytes)
{
    const Grpc__Health__HealthCheckRequest *request;
    struct qc_arena arena = qc_rpc_take_arena(rpc, ARENA_SIZE);

    request = (const Grpc__Health__HealthCheckRequest *)qc_spoken_read(
        call, REQUEST, bytes, &arena);
    if (request != NULL && qc_call_kind(call) == QC_CALL_UNARY) {
        check(rpc, call, request->service, &arena);
    } else if (request != NULL) {
        watch(rpc, call, request->service);
    }
    qc_rpc_give_arena(rpc, &arena);
}

static void close_watch(struct qc_rpc *rpc, struct qc_call *call)
{
    struct qc_health_watcher *watcher = qc_call_data(call);

    (void)rpc;
    if (watcher != NULL) {
        LIST_REMOVE(watcher, of_rpc);
        free(watcher);
    }
}

const struct qc_service qc_health_service = {
    .kind = kind,
    .message = message,
    .writable = writable,
    .close = close_watch,
};
