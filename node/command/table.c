#include "command/table.h"

#include <string.h>

#include "command/glue.h"
#include "machine/store.h"

/*
 * The glue takes the messages of its own RPC; the table holds functions of one
 * type. A function may not be called through a pointer of another type, so
 * each gets a thunk here, and the compiler checks both sides.
 */
#define THUNK(method, snake)                                                  \
    static int snake##_check(const ProtobufCMessage *request,                 \
                             struct qc_refusal_detail *detail)                \
    {                                                                         \
        return qc_##snake##_check((const Qc__V1__##method##Request *)request, \
                                  detail);                                    \
    }                                                                         \
    static int snake##_run(struct qc_txn *txn,                                \
                           const ProtobufCMessage *request,                   \
                           ProtobufCMessage *response)                        \
    {                                                                         \
        return qc_##snake##_run(txn,                                          \
                                (const Qc__V1__##method##Request *)request,   \
                                (Qc__V1__##method##Response *)response);      \
    }
#define QC_COMMAND(id, since, service, method, snake, scope, roles, audit) \
    THUNK(method, snake)
#define QC_QUERY(service, method, snake, scope, roles) THUNK(method, snake)
#define QC_NODE(service, method, snake, scope, roles)
#define QC_STREAM(service, method, snake, scope, roles)
#include "proto/command.def"
#undef QC_COMMAND
#undef QC_QUERY
#undef QC_NODE
#undef QC_STREAM
#undef THUNK

/* Words of command.def. */
enum {
    SCOPE_TENANT = 0,
    SCOPE_CLUSTER = 1,
    SCOPE_EITHER = 2,
    ADMIN = QC_ROLE_ADMIN,
    DEVELOPER = QC_ROLE_DEVELOPER,
    COMPLIANCE = QC_ROLE_COMPLIANCE,
    SUPERVISOR = QC_ROLE_SUPERVISOR,
    AGENT = QC_ROLE_AGENT,
    WIDGET = QC_ROLE_WIDGET,
    CONNECTOR = QC_ROLE_CONNECTOR,
    OPERATOR = QC_ROLE_OPERATOR,
    NODE = QC_ROLE_NODE,
    READERS = QC_ROLE_READERS,
    PLAIN = 0,
    AUDITED = 1,
};

#define PATH_PREFIX           "/quorumcall.v1."
#define PATH(service, method) PATH_PREFIX #service "/" #method
#define ROW(a_kind, a_service, method, snake, scope, who, ...) \
    {.kind = QC_METHOD_##a_kind,                               \
     .service = #a_service,                                    \
     .name = #method,                                          \
     .path = PATH(a_service, method),                          \
     .cluster = SCOPE_##scope == SCOPE_CLUSTER,                \
     .either = SCOPE_##scope == SCOPE_EITHER,                  \
     .roles = (who),                                           \
     .request = &qc__v1__##snake##_request__descriptor,        \
     .response = &qc__v1__##snake##_response__descriptor,      \
     __VA_ARGS__},
#define RUN(snake) .check = snake##_check, .run = snake##_run
#define QC_COMMAND(an_id, a_since, service, method, snake, scope, roles, \
                   audit)                                                \
    ROW(COMMAND, service, method, snake, scope, roles, RUN(snake),       \
        .id = (an_id), .since = (a_since), .audited = (audit))
#define QC_QUERY(service, method, snake, scope, roles) \
    ROW(QUERY, service, method, snake, scope, roles, RUN(snake))
#define QC_NODE(service, method, snake, scope, roles) \
    ROW(NODE, service, method, snake, scope, roles, .run = NULL)
#define QC_STREAM(service, method, snake, scope, roles) \
    ROW(STREAM, service, method, snake, scope, roles, .run = NULL)

static const struct qc_method methods[] = {
#include "proto/command.def"
};

enum {
    N_METHODS = sizeof(methods) / sizeof(methods[0]),
};

/* Beside the rows, so that a walk over them is one over few lines of cache. */
static const uint8_t path_sizes[] = {
#define SIZE(service, method) sizeof(PATH(service, method)) - 1,
#undef QC_COMMAND
#undef QC_QUERY
#undef QC_NODE
#undef QC_STREAM
#define QC_COMMAND(id, since, service, method, ...) SIZE(service, method)
#define QC_QUERY(service, method, ...)              SIZE(service, method)
#define QC_NODE(service, method, ...)               SIZE(service, method)
#define QC_STREAM(service, method, ...)             SIZE(service, method)
#include "proto/command.def"
};

/* A few dozen rows, of which a few are of one size: a walk is cheaper than
 * hashing the path. */
const struct qc_method *qc_method_of_path(const char *path)
{
    static const char prefix[] = PATH_PREFIX;
    size_t size;

    if (strncmp(path, prefix, sizeof(prefix) - 1) != 0) {
        return NULL;
    }
    size = strlen(path);
    for (size_t i = 0; i < N_METHODS; i++) {
        if (path_sizes[i] == size && memcmp(methods[i].path, path, size) == 0) {
            return &methods[i];
        }
    }
    return NULL;
}

const struct qc_method *qc_method_of_id(uint32_t id)
{
    for (size_t i = 0; id != 0 && i < N_METHODS; i++) {
        if (methods[i].id == id) {
            return &methods[i];
        }
    }
    return NULL;
}

uint32_t qc_method_callers(const struct qc_method *method, uint32_t tenant)
{
    return method->either && tenant == 0 ? method->roles & QC_ROLE_OPERATOR
                                         : method->roles;
}

const struct qc_method *qc_methods(size_t *n_out)
{
    *n_out = N_METHODS;
    return methods;
}
