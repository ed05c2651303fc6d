/* How a call is told "no": a gRPC status, and why, for programs and people. */
#ifndef QC_RPC_FAILURE_H
#define QC_RPC_FAILURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "http2/call.h"
#include "machine/refusal.h"

struct qc_arena;
struct qc_codec_error;

enum {
    QC_VIOLATIONS_MAX = 16,
    QC_FAILURE_DETAILS_MAX = 4,
};

/* Everything is borrowed; NULL or 0 where there is nothing to say. */
struct qc_failure {
    enum qc_status status;
    const char *reason; /* "POOL_EMPTY": fixed, for programs. */
    const char *text;   /* For people: what is wrong, and what to do. */
    const char *field;  /* Path of the field it is about. */
    const char *quota;  /* Whose limit was reached: "tenant", "pool". */
    const char *leader; /* Where the leader answers, host:port. */
    int64_t retry_after_ms;
    /* Everything that is wrong with the request, the first like |field| and
     * |text|; at most QC_VIOLATIONS_MAX. */
    const struct qc_codec_error *violations;
    size_t n_violations;
};

/* As the machine refused it. */
struct qc_failure qc_failure_of_refusal(int refusal,
                                        const struct qc_refusal_detail *detail);

/* What is told to a call, with google.rpc details: ErrorInfo always, BadRequest
 * when there is a field, QuotaFailure when there is a quota, RetryInfo when
 * there is a time. Lives in the arena; what finds no room there is left out. */
struct qc_call_error qc_failure_write(
    const struct qc_failure *failure,
    struct qc_call_detail details[QC_FAILURE_DETAILS_MAX],
    struct qc_arena *arena);

/* Ends |call| with it. */
void qc_failure_send(struct qc_call *call, const struct qc_failure *failure);

#endif
