#include "lib/rpc.h"

#include "codec/message.h"
#include "quorumcall/v1/admin_service.pb-c.h"
#include "quorumcall/v1/agent_service.pb-c.h"
#include "quorumcall/v1/cluster_service.pb-c.h"
#include "quorumcall/v1/customer_service.pb-c.h"
#include "quorumcall/v1/effect_service.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"
#include "quorumcall/v1/routing_service.pb-c.h"
#include "quorumcall/v1/watch_service.pb-c.h"

enum {
    REQUEST_ID_FIELD = 100,
};

#define QC_QUERY(service, method, snake, scope, roles) \
    const struct qc_rpc qc_rpc_##snake = {             \
        "/quorumcall.v1." #service "/" #method,        \
        &qc__v1__##snake##_request__descriptor,        \
        &qc__v1__##snake##_response__descriptor,       \
    };
#define QC_NODE   QC_QUERY
#define QC_STREAM QC_QUERY
#define QC_COMMAND(id, since, service, method, snake, scope, roles, audit) \
    QC_QUERY(service, method, snake, scope, roles)
#include "proto/command.def"
#undef QC_COMMAND
#undef QC_NODE
#undef QC_STREAM
#undef QC_QUERY

bool qc_rpc_mutates(const struct qc_rpc *rpc)
{
    return qc_message_field(rpc->request, REQUEST_ID_FIELD) != NULL;
}
