/* The pieces that msgpack is made of. Pure: see msgpack.h. */
#ifndef QC_CODEC_MSGPACK_TOKEN_H
#define QC_CODEC_MSGPACK_TOKEN_H

#include <stdbool.h>

#include "base/bytes.h"
#include "codec/build.h"
#include "codec/sink.h"

/* The wire type of unknown fields that are kept with a message as msgpack. Not
 * one of protobuf's: only the canonical writer knows what to do with them. */
enum {
    QC_WIRE_MSGPACK = 0x70
};

enum qc_token_kind {
    QC_TOKEN_NIL,
    QC_TOKEN_BOOL,    /* |integer| is 0 or 1. */
    QC_TOKEN_INTEGER, /* |integer|. */
    QC_TOKEN_FLOAT,   /* |bits|, of a double. */
    QC_TOKEN_STRING,  /* |bytes|. */
    QC_TOKEN_BYTES,   /* |bytes|. */
    QC_TOKEN_EXT,     /* |bytes|. */
    QC_TOKEN_LIST,    /* |size| values follow. */
    QC_TOKEN_MAP,     /* |size| pairs of values follow. */
};

struct qc_token {
    enum qc_token_kind kind;
    struct qc_integer integer;
    uint64_t bits;
    struct qc_bytes bytes;
    size_t size;
};

/* What is left to read. */
struct qc_tokens {
    const uint8_t *at;
    size_t left;
    bool canonical; /* Take shortest forms only, and neither nil nor floats nor
                       extensions. */
    size_t *n_left; /* How many more values may be skipped; NULL: any number. */
};

/* Reads the next token; false when there is none that is well formed. A list
 * or map that claims more values than there are bytes left is not, so a size
 * may be believed. */
QC_MUST_CHECK bool qc_token_next(struct qc_tokens *tokens,
                                 struct qc_token *token_out);

enum {
    QC_SMALL = 0x80 /* Numbers below are a byte, as most of a row are. */
};

/* The next token if it is such a number, which is not read; else QC_SMALL. */
static inline uint32_t qc_token_peek_small(const struct qc_tokens *tokens)
{
    return tokens->left > 0 && tokens->at[0] < QC_SMALL ? tokens->at[0]
                                                        : QC_SMALL;
}

/* Reads what has been peeked at. */
static inline void qc_token_take_small(struct qc_tokens *tokens)
{
    tokens->at++;
    tokens->left--;
}

/* The next token if it is such a number; else nothing is read. */
static inline bool qc_token_next_small(struct qc_tokens *tokens,
                                       uint32_t *number_out)
{
    *number_out = qc_token_peek_small(tokens);
    if (*number_out == QC_SMALL) {
        return false;
    }
    qc_token_take_small(tokens);
    return true;
}

/* The next token if it is a text of 1 to 31 bytes, as most are; else nothing is
 * read. */
static inline bool qc_token_next_short_text(struct qc_tokens *tokens,
                                            struct qc_bytes *text_out)
{
    size_t size = tokens->left > 0 ? (size_t)tokens->at[0] - 0xa0 : 0;

    if (size - 1 > 30 || size >= tokens->left) {
        return false;
    }
    *text_out = (struct qc_bytes){tokens->at + 1, size};
    tokens->at += 1 + size;
    tokens->left -= 1 + size;
    return true;
}

/* The next token if it is a number that takes eight bytes and is in the range
 * of those with a sign, as times and ids do; else nothing is read, and it is 0.
 */
static inline uint64_t qc_token_next_long(struct qc_tokens *tokens)
{
    uint64_t number = 0;

    if (tokens->left < 9 || tokens->at[0] != 0xcf) {
        return 0;
    }
    for (size_t i = 1; i < 9; i++) {
        number = number << 8 | tokens->at[i];
    }
    if (number <= UINT32_MAX || number > INT64_MAX) {
        return 0;
    }
    tokens->at += 9;
    tokens->left -= 9;
    return number;
}

/* Reads the next value with all that is in it, which may be |depth| deep.
 * In canonical bytes, keys of maps must be integers or strings, ascending. */
QC_MUST_CHECK bool qc_token_skip(struct qc_tokens *tokens, int depth);

void qc_token_put_integer(struct qc_sink *sink, struct qc_integer integer);
void qc_token_put_bool(struct qc_sink *sink, bool value);
void qc_token_put_string(struct qc_sink *sink, const char *text);
void qc_token_put_bytes(struct qc_sink *sink, struct qc_bytes bytes);
void qc_token_put_list(struct qc_sink *sink, size_t n);
void qc_token_put_map(struct qc_sink *sink, size_t n);

/* A map of which it is not known how many pairs it will have: what is put
 * between the two calls are its |n| pairs. |begin| is what the first one
 * returned. */
size_t qc_token_begin_map(struct qc_sink *sink);
void qc_token_end_map(struct qc_sink *sink, size_t begin, size_t n);

#endif
