/*
 * The command table: every RPC, one row each, from proto/command.def.
 *
 * Dispatch, rights, decoding, the log, and the verbs of the command line all
 * follow from it.
 */
#ifndef QC_COMMAND_TABLE_H
#define QC_COMMAND_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "machine/refusal.h"

struct qc_txn;

enum qc_method_kind {
    QC_METHOD_COMMAND, /* Goes through the log. */
    QC_METHOD_QUERY,   /* Reads rows behind a confirmed index. */
    QC_METHOD_NODE,    /* Asks the node about itself; answered by rpc/. */
    QC_METHOD_STREAM,  /* Is told by the node, message by message; rpc/ too. */
};

struct qc_method {
    enum qc_method_kind kind;
    uint32_t id;         /* Of a command, in the log; 0 else. */
    uint32_t since;      /* Cluster version from which on it is proposed. */
    const char *service; /* "NumberService" */
    const char *name;    /* "AllocateNumber" */
    const char *path;    /* "/quorumcall.v1.NumberService/AllocateNumber" */
    bool cluster;        /* Belongs to tenant 0. */
    bool either;         /* May belong to tenant 0: where no other is named. */
    uint32_t roles;      /* Who may call: enum qc_role, joined. */
    bool audited;        /* A row tells that it was done. */
    const ProtobufCMessageDescriptor *request;
    const ProtobufCMessageDescriptor *response;

    /* Checks what the message alone can tell, beyond limits. 0, or a refusal.
     */
    int (*check)(const ProtobufCMessage *request,
                 struct qc_refusal_detail *detail);

    /* A command's transition, or a query. Fills |response|, which is empty.
     * Faults stay in |txn|. NULL for QC_METHOD_NODE and _STREAM. */
    int (*run)(struct qc_txn *txn,
               const ProtobufCMessage *request,
               ProtobufCMessage *response);
};

/* NULL when there is none. */
const struct qc_method *qc_method_of_path(const char *path);
const struct qc_method *qc_method_of_id(uint32_t id);

/* Who may call |method| for |tenant|: enum qc_role, joined. What a tenant's own
 * people may do there is for tenant 0 the operators' alone. */
uint32_t qc_method_callers(const struct qc_method *method, uint32_t tenant);

/* All of them, in the order of command.def. */
const struct qc_method *qc_methods(size_t *n_out);

#endif
