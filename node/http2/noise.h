/*
 * A token bucket over what a peer makes us do for nothing: frames that carry
 * nothing, and streams that end in an error (http2.md 7). nghttp2 1.52 counts
 * few of them itself.
 */
#ifndef QC_HTTP2_NOISE_H
#define QC_HTTP2_NOISE_H

#include <stdbool.h>
#include <stdint.h>

struct qc_noise {
    uint32_t burst; /* Tokens in a full bucket. */
    uint32_t per_s;
    int64_t level; /* In thousandths of a token. */
    int64_t filled_ms;
};

/* Full. */
void qc_noise_init(struct qc_noise *noise,
                   uint32_t burst,
                   uint32_t per_s,
                   int64_t now_ms);

/* Takes a token. False when there is none. */
bool qc_noise_take(struct qc_noise *noise, int64_t now_ms);

/* Puts tokens back, for good behaviour. */
void qc_noise_give(struct qc_noise *noise, uint32_t tokens);

#endif
