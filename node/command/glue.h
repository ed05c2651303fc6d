/*
 * What the glue of each RPC is called, and how it is typed. From command.def:
 *
 *   int qc_<snake>_check(const Qc__V1__<Method>Request *,
 *                        struct qc_refusal_detail *);
 *   int qc_<snake>_run(struct qc_txn *, const Qc__V1__<Method>Request *,
 *                      Qc__V1__<Method>Response *);
 *
 * Both stand in command/<entity>_commands.c. One that is missing is a link
 * error that names it.
 */
#ifndef QC_COMMAND_GLUE_H
#define QC_COMMAND_GLUE_H

#include "machine/refusal.h"
#include "quorumcall/v1/admin_service.pb-c.h"
#include "quorumcall/v1/agent_service.pb-c.h"
#include "quorumcall/v1/cluster_service.pb-c.h"
#include "quorumcall/v1/customer_service.pb-c.h"
#include "quorumcall/v1/effect_service.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"
#include "quorumcall/v1/routing_service.pb-c.h"
#include "quorumcall/v1/watch_service.pb-c.h"

struct qc_txn;

#define GLUE(method, snake)                                          \
    int qc_##snake##_check(const Qc__V1__##method##Request *request, \
                           struct qc_refusal_detail *detail);        \
    int qc_##snake##_run(struct qc_txn *txn,                         \
                         const Qc__V1__##method##Request *request,   \
                         Qc__V1__##method##Response *response);
#define QC_COMMAND(id, since, service, method, snake, scope, roles, audit) \
    GLUE(method, snake)
#define QC_QUERY(service, method, snake, scope, roles) GLUE(method, snake)
#define QC_NODE(service, method, snake, scope, roles)
#define QC_STREAM(service, method, snake, scope, roles)
#include "proto/command.def"
#undef QC_COMMAND
#undef QC_QUERY
#undef QC_NODE
#undef QC_STREAM
#undef GLUE

/* The check of a request of which its limits (proto/) say all. */
#define QC_NOTHING_TO_CHECK(method, snake)                           \
    int qc_##snake##_check(const Qc__V1__##method##Request *request, \
                           struct qc_refusal_detail *detail)         \
    {                                                                \
        (void)request;                                               \
        (void)detail;                                                \
        return 0;                                                    \
    }

#endif
