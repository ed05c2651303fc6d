/*
 * The framing of gRPC, and of Connect's streams: each message behind one byte
 * of flags and four of length (gRPC over HTTP2, "Length-Prefixed-Message").
 *
 * The length is checked before anything is kept, and memory grows with what
 * has arrived, not with what was announced.
 */
#ifndef QC_HTTP2_FRAMING_H
#define QC_HTTP2_FRAMING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "http2/buffer.h"

enum {
    QC_FRAMING_PREFIX_SIZE = 5,
};

enum qc_framing_answer {
    QC_FRAMING_MORE,       /* All input is taken; the message is not whole. */
    QC_FRAMING_MESSAGE,    /* One is whole; there may be more input. */
    QC_FRAMING_TOO_BIG,    /* Longer than the limit. */
    QC_FRAMING_COMPRESSED, /* Or with other flags: none was agreed upon. */
    QC_FRAMING_NOMEM,
};

/* All zero is the beginning of a message. */
struct qc_framing {
    uint8_t prefix[QC_FRAMING_PREFIX_SIZE];
    unsigned n_prefix;     /* How much of it has come. */
    bool whole;            /* The message in |body| has been given out. */
    struct qc_buffer body; /* What has come of the message. */
};

void qc_framing_done(struct qc_framing *framing);

/* Takes from the front of |input|. |message_out| is borrowed until the next
 * time; it is written when the answer is MESSAGE only. */
enum qc_framing_answer qc_framing_next(struct qc_framing *framing,
                                       struct qc_bytes *input,
                                       uint32_t size_max,
                                       struct qc_bytes *message_out);

/* Whether a message has begun and is not whole. */
bool qc_framing_inside(const struct qc_framing *framing);

/* Appends |message| with its prefix; false, and nothing appended, when memory
 * is short. */
QC_MUST_CHECK bool qc_framing_write(struct qc_buffer *output,
                                    struct qc_bytes message);

/* The same, flagged as what ends a stream of Connect. */
QC_MUST_CHECK bool qc_framing_write_end(struct qc_buffer *output,
                                        struct qc_bytes message);

#endif
