/* How a call is told "no": a gRPC status, and why, for programs and people. */
#ifndef QC_RPC_FAILURE_H
#define QC_RPC_FAILURE_H

#include <stdint.h>

#include "base/status.h"
#include "machine/refusal.h"

struct qc_call;

/* Everything is borrowed; NULL or 0 where there is nothing to say. */
struct qc_failure {
    enum qc_status status;
    const char *reason; /* "POOL_EMPTY": fixed, for programs. */
    const char *text;   /* For people: what is wrong, and what to do. */
    const char *field;  /* Path of the field it is about. */
    const char *leader; /* Where the leader answers, host:port. */
    int64_t retry_after_ms;
};

/* As the machine refused it. */
struct qc_failure qc_failure_of_refusal(int refusal,
                                        const struct qc_refusal_detail *detail);

/* Ends |call| with it, with google.rpc details: ErrorInfo always, BadRequest
 * when there is a field, RetryInfo when there is a time. */
void qc_failure_send(struct qc_call *call, const struct qc_failure *failure);

#endif
