/*
 * Every RPC, as a client calls it: one constant each, from proto/command.def.
 *
 *   qc_client_call(client, &qc_rpc_allocate_number, &request.base, ...)
 */
#ifndef QC_LIB_RPC_H
#define QC_LIB_RPC_H

#include <stdbool.h>

#include <protobuf-c/protobuf-c.h>

struct qc_rpc {
    const char *path; /* "/quorumcall.v1.NumberService/AllocateNumber" */
    const ProtobufCMessageDescriptor *request;
    const ProtobufCMessageDescriptor *response;
};

#define QC_QUERY(service, method, snake, scope, roles) \
    extern const struct qc_rpc qc_rpc_##snake;
#define QC_NODE   QC_QUERY
#define QC_STREAM QC_QUERY
#define QC_COMMAND(id, since, service, method, snake, scope, roles, audit) \
    QC_QUERY(service, method, snake, scope, roles)
#include "proto/command.def"
#undef QC_COMMAND
#undef QC_NODE
#undef QC_STREAM
#undef QC_QUERY

/* Whether it changes something: its request has a request id, which makes it
 * safe to send twice. */
bool qc_rpc_mutates(const struct qc_rpc *rpc);

#endif
