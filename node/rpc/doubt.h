/*
 * Who was refused a moment ago.
 *
 * A caller whom this node does not know may be known to the others already: so
 * it asks the cluster once before it refuses. Who sends nonsense must not be
 * able to have it ask again and again. So what was refused is remembered for a
 * second, and an address may raise so many doubts a second and no more.
 */
#ifndef QC_RPC_DOUBT_H
#define QC_RPC_DOUBT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/siphash.h"

enum {
    QC_DOUBT_MS = 1000,
    QC_DOUBTS_PER_S = 20, /* Of one address, and as many at once. */
};

struct qc_doubts;

/* NULL when memory is short. */
struct qc_doubts *qc_doubts_new(const uint8_t secret[QC_SIPHASH_KEY_SIZE]);
void qc_doubts_free(struct qc_doubts *doubts);

/* What stands for a request: all that its refusal depends on. */
uint64_t qc_doubt_tag(const struct qc_doubts *doubts, struct qc_bytes request);

/* Remembers that |tag| was refused after all. */
void qc_doubts_refused(struct qc_doubts *doubts, uint64_t tag, int64_t now_ms);

/* Whether it was, less than QC_DOUBT_MS ago. */
bool qc_doubts_were_refused(const struct qc_doubts *doubts,
                            uint64_t tag,
                            int64_t now_ms);

#endif
