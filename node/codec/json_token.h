/*
 * JSON, a token at a time, as RFC 8259 has it.
 *
 * A byte is looked at once or twice and nothing is kept, so what a text costs
 * is known from its size.
 */
#ifndef QC_CODEC_JSON_TOKEN_H
#define QC_CODEC_JSON_TOKEN_H

#include <stdbool.h>

#include "codec/build.h"

enum qc_json_kind {
    QC_JSON_NULL,
    QC_JSON_FALSE,
    QC_JSON_TRUE,
    QC_JSON_NUMBER, /* |bytes|, as it is written. */
    QC_JSON_STRING, /* |bytes|, between the quotes; UTF-8. */
    QC_JSON_LIST,   /* Elements follow: qc_json_more(). */
    QC_JSON_OBJECT, /* Pairs follow: qc_json_more(), qc_json_key(). */
};

struct qc_json_token {
    enum qc_json_kind kind;
    struct qc_bytes bytes;
    bool escaped; /* There are backslashes in |bytes|. */
};

/* What is left to read. */
struct qc_json {
    const uint8_t *at;
    const uint8_t *end;
    const char *wrong; /* Why there is no next token; NULL before that. */
};

/* Reads a value, or how a list or an object begins. False when there is none;
 * then |wrong| says why. So it is with all of these. */
QC_MUST_CHECK bool qc_json_next(struct qc_json *json,
                                struct qc_json_token *token_out);

/* Whether another element, or pair, follows in a list or an object: reads the
 * comma before it, or the end. |is_first| is for the caller to keep. */
QC_MUST_CHECK bool qc_json_more(struct qc_json *json,
                                enum qc_json_kind of,
                                bool *is_first,
                                bool *more_out);

/* Reads a key and its colon. */
QC_MUST_CHECK bool qc_json_key(struct qc_json *json,
                               struct qc_json_token *key_out);

/* Whether nothing but white space follows. */
QC_MUST_CHECK bool qc_json_ends(struct qc_json *json);

/* Writes the text that |string| stands for to |text|, which has room for its
 * |bytes| and a NUL behind them; gives its size. */
size_t qc_json_text(const struct qc_json_token *string, char *text);

/* The integer that a number is, in whatever way it is written: 1.0 and 1e3 are
 * integers too. False when it is none, or needs more than 64 bits. */
QC_MUST_CHECK bool qc_json_integer(struct qc_bytes number,
                                   struct qc_integer *integer_out);

#endif
