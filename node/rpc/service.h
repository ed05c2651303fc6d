/*
 * Services: who answers which paths. There are the methods of the command
 * table, what nodes tell one another, and what gRPC itself has named. Each is
 * one constant, and rpc.c leads calls to it.
 *
 * The functions are those of a call's handler (http2/call.h). All but kind()
 * and message() may be NULL: then nothing is done; a stream without leaving()
 * is ended with UNAVAILABLE.
 */
#ifndef QC_RPC_SERVICE_H
#define QC_RPC_SERVICE_H

#include "base/bytes.h"
#include "http2/call.h"

struct qc_rpc;

struct qc_service {
    /* UNKNOWN: no path of this service. */
    enum qc_call_kind (*kind)(const char *path);
    void (*begin)(struct qc_rpc *rpc, struct qc_call *call);
    void (*message)(struct qc_rpc *rpc,
                    struct qc_call *call,
                    struct qc_bytes message);
    void (*end)(struct qc_rpc *rpc, struct qc_call *call);
    void (*writable)(struct qc_rpc *rpc, struct qc_call *call);
    void (*leaving)(struct qc_rpc *rpc, struct qc_call *call);
    void (*close)(struct qc_rpc *rpc, struct qc_call *call);
};

extern const struct qc_service qc_request_service;    /* request.c */
extern const struct qc_service qc_health_service;     /* health.c */
extern const struct qc_service qc_reflection_service; /* reflection.c */

#endif
