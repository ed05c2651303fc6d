#include "codec/msgpack_token.h"

#include <assert.h>
#include <string.h>

#include "codec/utf8.h"

/* The first byte of a token, where it does not hold the value itself. The
 * widths 8, 16, 32 and 64 bits of a kind follow one another. */
enum {
    NIL = 0xc0,
    BOOL_FALSE = 0xc2,
    BOOL_TRUE = 0xc3,
    BIN = 0xc4,
    EXT = 0xc7,
    FLOAT32 = 0xca,
    FLOAT64 = 0xcb,
    UINT = 0xcc,
    INT = 0xd0,
    FIXEXT = 0xd4, /* Of 1, 2, 4, 8 and 16 bytes. */
    STR = 0xd9,
    ARRAY = 0xdc, /* From 16 bits. */
    MAP = 0xde,   /* From 16 bits. */

    FIXMAP = 0x80,
    FIXARRAY = 0x90,
    FIXSTR = 0xa0,
    FIXINT_NEGATIVE = 0xe0,
};

static const uint8_t *take(struct qc_tokens *tokens, size_t n)
{
    const uint8_t *at = tokens->at;

    if (n > tokens->left) {
        return NULL;
    }
    tokens->at += n;
    tokens->left -= n;
    return at;
}

/* Reads a big-endian number of 2^|width| bytes. In canonical bytes it must be
 * |least| or more: less would have had a shorter form. */
static bool take_number(struct qc_tokens *tokens,
                        unsigned width,
                        uint64_t least,
                        uint64_t *number_out)
{
    const uint8_t *bytes = take(tokens, (size_t)1 << width);
    uint64_t number;

    if (bytes == NULL) {
        return false;
    }
    number = bytes[0];
    if (width >= 1) {
        number = number << 8 | bytes[1];
    }
    if (width >= 2) {
        number = number << 16 | (uint64_t)bytes[2] << 8 | bytes[3];
    }
    if (width >= 3) {
        number = number << 32 | (uint64_t)bytes[4] << 24 |
                 (uint64_t)bytes[5] << 16 | (uint64_t)bytes[6] << 8 | bytes[7];
    }
    *number_out = number;
    return !tokens->canonical || number >= least;
}

/* The least number that does not fit half of 2^|width| bytes. */
static uint64_t beyond_half(unsigned width)
{
    return width == 0 ? 0 : UINT64_C(1) << (4U << width);
}

/* Strings, binaries and extensions: |extra| bytes (an extension's type) and
 * |size| bytes. */
static bool take_bytes(struct qc_tokens *tokens,
                       uint64_t size,
                       size_t extra,
                       struct qc_token *token)
{
    const uint8_t *bytes;

    if (size > tokens->left || take(tokens, extra) == NULL) {
        return false;
    }
    bytes = take(tokens, (size_t)size);
    token->bytes = (struct qc_bytes){bytes, (size_t)size};
    return bytes != NULL;
}

/* Each value takes a byte at least. */
static bool take_size(struct qc_tokens *tokens,
                      uint64_t size,
                      size_t values_each,
                      struct qc_token *token)
{
    token->size = (size_t)size;
    return size <= tokens->left / values_each;
}

/* A single as a double: the same number, by its bits. A node's numbers must
 * not depend on a float unit. */
static uint64_t widened(uint64_t single)
{
    uint64_t sign = single >> 31 << 63;
    uint64_t exponent = single >> 23 & 0xff;
    uint64_t fraction = (single & 0x7fffff) << 29;

    if (exponent == 0) {
        /* Zero; or so little that it is no integer whatever it is made. */
        return fraction == 0 ? sign : sign | fraction;
    }
    exponent = exponent == 0xff ? 0x7ff : exponent - 127 + 1023;
    return sign | exponent << 52 | fraction;
}

static bool take_float(struct qc_tokens *tokens,
                       unsigned width,
                       struct qc_token *token)
{
    uint64_t bits;

    if (tokens->canonical || !take_number(tokens, width, 0, &bits)) {
        return false;
    }
    token->kind = QC_TOKEN_FLOAT;
    token->bits = width == 2 ? widened(bits) : bits;
    return true;
}

static bool take_signed(struct qc_tokens *tokens,
                        unsigned width,
                        struct qc_token *token)
{
    /* -33 is the first that needs a byte, -129 the first that needs two. */
    uint64_t least = width == 0 ? 33 : (beyond_half(width) >> 1) + 1;
    uint64_t sign = UINT64_C(1) << ((8U << width) - 1);
    uint64_t number;

    token->kind = QC_TOKEN_INTEGER;
    if (!take_number(tokens, width, 0, &number)) {
        return false;
    }
    token->integer.negative = (number & sign) != 0;
    /* To two's complement of 64 bits, and to its magnitude. */
    token->integer.magnitude =
        token->integer.negative ? ~(number | ~(sign - 1)) + 1 : number;
    return !tokens->canonical ||
           (token->integer.negative && token->integer.magnitude >= least);
}

/* The tokens from 0xc0 to 0xdf. */
static bool take_wide(struct qc_tokens *tokens,
                      uint8_t first,
                      struct qc_token *token)
{
    uint64_t number;
    unsigned width;

    if (first == BOOL_FALSE || first == BOOL_TRUE) {
        token->kind = QC_TOKEN_BOOL;
        token->integer.magnitude = first == BOOL_TRUE;
        return true;
    }
    if (first == NIL) {
        token->kind = QC_TOKEN_NIL;
        return !tokens->canonical;
    }
    if (first >= MAP) {
        width = (unsigned)(first - MAP) + 1;
        token->kind = QC_TOKEN_MAP;
        return take_number(tokens, width, width == 1 ? 16 : beyond_half(width),
                           &number) &&
               take_size(tokens, number, 2, token);
    }
    if (first >= ARRAY) {
        width = (unsigned)(first - ARRAY) + 1;
        token->kind = QC_TOKEN_LIST;
        return take_number(tokens, width, width == 1 ? 16 : beyond_half(width),
                           &number) &&
               take_size(tokens, number, 1, token);
    }
    if (first >= STR) {
        width = (unsigned)(first - STR);
        token->kind = QC_TOKEN_STRING;
        return take_number(tokens, width, width == 0 ? 32 : beyond_half(width),
                           &number) &&
               take_bytes(tokens, number, 0, token);
    }
    if (first >= FIXEXT) {
        token->kind = QC_TOKEN_EXT;
        return !tokens->canonical &&
               take_bytes(tokens, UINT64_C(1) << (first - FIXEXT), 1, token);
    }
    if (first >= INT) {
        return take_signed(tokens, (unsigned)(first - INT), token);
    }
    if (first >= UINT) {
        width = (unsigned)(first - UINT);
        token->kind = QC_TOKEN_INTEGER;
        return take_number(tokens, width, width == 0 ? 128 : beyond_half(width),
                           &token->integer.magnitude);
    }
    if (first >= FLOAT32) {
        return take_float(tokens, (unsigned)(first - FLOAT32) + 2, token);
    }
    if (first >= EXT) {
        token->kind = QC_TOKEN_EXT;
        return !tokens->canonical &&
               take_number(tokens, (unsigned)(first - EXT), 0, &number) &&
               take_bytes(tokens, number, 1, token);
    }
    width = (unsigned)(first - BIN);
    token->kind = QC_TOKEN_BYTES;
    return first >= BIN &&
           take_number(tokens, width, beyond_half(width), &number) &&
           take_bytes(tokens, number, 0, token);
}

bool qc_token_next(struct qc_tokens *tokens, struct qc_token *token_out)
{
    const uint8_t *first = take(tokens, 1);
    struct qc_token *token = token_out;

    *token = (struct qc_token){.kind = QC_TOKEN_INTEGER};
    if (first == NULL) {
        return false;
    }
    if (*first < FIXMAP) {
        token->integer.magnitude = *first;
        return true;
    }
    if (*first >= FIXINT_NEGATIVE) {
        token->integer = (struct qc_integer){0x100U - *first, true};
        return true;
    }
    if (*first >= NIL) {
        return take_wide(tokens, *first, token);
    }
    if (*first >= FIXSTR) {
        token->kind = QC_TOKEN_STRING;
        return take_bytes(tokens, *first - (unsigned)FIXSTR, 0, token);
    }
    if (*first >= FIXARRAY) {
        token->kind = QC_TOKEN_LIST;
        return take_size(tokens, *first - (unsigned)FIXARRAY, 1, token);
    }
    token->kind = QC_TOKEN_MAP;
    return take_size(tokens, *first - (unsigned)FIXMAP, 2, token);
}

static bool is_key_after(const struct qc_token *before,
                         const struct qc_token *key)
{
    size_t size = before->bytes.size < key->bytes.size ? before->bytes.size
                                                       : key->bytes.size;
    int order;

    if (key->kind != before->kind) {
        return false;
    }
    if (key->kind == QC_TOKEN_INTEGER) {
        return key->integer.magnitude > before->integer.magnitude;
    }
    order = size == 0 ? 0 : memcmp(before->bytes.data, key->bytes.data, size);
    return order < 0 || (order == 0 && key->bytes.size > before->bytes.size);
}

static bool skip_key(struct qc_tokens *tokens,
                     int depth,
                     struct qc_token *before,
                     bool is_first)
{
    struct qc_token key;

    if (!tokens->canonical) {
        return qc_token_skip(tokens, depth);
    }
    if (!qc_token_next(tokens, &key) ||
        (key.kind != QC_TOKEN_INTEGER && key.kind != QC_TOKEN_STRING) ||
        key.integer.negative || !qc_utf8_is_text(key.bytes) ||
        (!is_first && !is_key_after(before, &key))) {
        return false;
    }
    *before = key;
    return true;
}

/* Whether |n| values may be skipped. */
static bool spend(const struct qc_tokens *tokens, size_t n)
{
    if (tokens->n_left == NULL) {
        return true;
    }
    if (n > *tokens->n_left) {
        *tokens->n_left = 0;
        return false;
    }
    *tokens->n_left -= n;
    return true;
}

bool qc_token_skip(struct qc_tokens *tokens, int depth)
{
    struct qc_token before = {.kind = QC_TOKEN_NIL};
    struct qc_token token;
    uint32_t small;

    if (qc_token_next_small(tokens, &small)) {
        return true;
    }
    if (!qc_token_next(tokens, &token)) {
        return false;
    }
    if (token.kind == QC_TOKEN_STRING) {
        return qc_utf8_is_text(token.bytes);
    }
    if (token.kind != QC_TOKEN_LIST && token.kind != QC_TOKEN_MAP) {
        return true;
    }
    if (depth <= 0 || !spend(tokens, token.size)) {
        return false;
    }
    for (size_t i = 0; i < token.size; i++) {
        if (token.kind == QC_TOKEN_MAP &&
            !skip_key(tokens, depth - 1, &before, i == 0)) {
            return false;
        }
        if (!qc_token_skip(tokens, depth - 1)) {
            return false;
        }
    }
    return true;
}

/* Alone in memory of its own, so that the compiler makes one swap of it. */
static void write_be64(uint8_t be[static 8], uint64_t number)
{
    be[0] = (uint8_t)(number >> 56);
    be[1] = (uint8_t)(number >> 48);
    be[2] = (uint8_t)(number >> 40);
    be[3] = (uint8_t)(number >> 32);
    be[4] = (uint8_t)(number >> 24);
    be[5] = (uint8_t)(number >> 16);
    be[6] = (uint8_t)(number >> 8);
    be[7] = (uint8_t)number;
}

/* A big-endian number of 2^|width| bytes behind |first|. */
static void put_number(struct qc_sink *sink,
                       unsigned first,
                       unsigned width,
                       uint64_t number)
{
    size_t n = (size_t)1 << width;
    uint8_t be[sizeof(number)];

    write_be64(be, number << (8 * (sizeof(number) - n)));
    qc_sink_put_byte(sink, (uint8_t)first);
    if (sizeof(be) <= sink->room && sink->size <= sink->room - sizeof(be)) {
        /* As many as it may be: those behind are written again. */
        memcpy(sink->bytes + sink->size, be, sizeof(be));
        sink->size += n;
    } else {
        qc_sink_put(sink, be, n);
    }
}

static void put_byte(struct qc_sink *sink, unsigned byte)
{
    qc_sink_put_byte(sink, (uint8_t)byte);
}

/* The least width that |number| fits. */
static unsigned width_of(uint64_t number)
{
    unsigned width = 0;

    while (width < 3 && number >= beyond_half(width + 1)) {
        width++;
    }
    return width;
}

void qc_token_put_integer(struct qc_sink *sink, struct qc_integer integer)
{
    uint64_t number = integer.magnitude;

    if (!integer.negative) {
        if (number < FIXMAP) {
            put_byte(sink, (unsigned)number);
        } else {
            unsigned width = width_of(number);

            put_number(sink, UINT + width, width, number);
        }
        return;
    }
    if (number <= 32) {
        put_byte(sink, 0x100U - (unsigned)number);
    } else {
        /* -128 fits a byte as 127 does. */
        unsigned width = width_of((number - 1) * 2);

        put_number(sink, INT + width, width, ~number + 1);
    }
}

void qc_token_put_bool(struct qc_sink *sink, bool value)
{
    put_byte(sink, value ? BOOL_TRUE : BOOL_FALSE);
}

void qc_token_put_string(struct qc_sink *sink, const char *text)
{
    size_t size = strlen(text);

    assert(size <= UINT32_MAX);

    if (size < 32) {
        put_byte(sink, FIXSTR | (unsigned)size);
    } else {
        unsigned width = width_of(size);

        put_number(sink, STR + width, width, size);
    }
    qc_sink_put(sink, text, size);
}

void qc_token_put_bytes(struct qc_sink *sink, struct qc_bytes bytes)
{
    unsigned width = width_of(bytes.size);

    assert(bytes.size <= UINT32_MAX);

    put_number(sink, BIN + width, width, bytes.size);
    qc_sink_put(sink, bytes.data, bytes.size);
}

static void put_size(struct qc_sink *sink,
                     unsigned fixed,
                     unsigned from_16_bits,
                     size_t n)
{
    assert(n <= UINT32_MAX);

    if (n < 16) {
        put_byte(sink, fixed | (unsigned)n);
    } else {
        unsigned width = n > UINT16_MAX ? 2 : 1;

        put_number(sink, from_16_bits + width - 1, width, n);
    }
}

void qc_token_put_list(struct qc_sink *sink, size_t n)
{
    put_size(sink, FIXARRAY, ARRAY, n);
}

void qc_token_put_map(struct qc_sink *sink, size_t n)
{
    put_size(sink, FIXMAP, MAP, n);
}

size_t qc_token_begin_map(struct qc_sink *sink)
{
    put_byte(sink, FIXMAP); /* As most are. */
    return sink->size;
}

void qc_token_end_map(struct qc_sink *sink, size_t begin, size_t n)
{
    uint8_t bytes[1 + sizeof(uint64_t)];
    struct qc_sink head = {.bytes = bytes, .room = sizeof(bytes)};
    size_t size = sink->size - begin;

    qc_token_put_map(&head, n);
    sink->size += head.size - 1;
    if (sink->size > sink->room) {
        return;
    }
    if (head.size > 1) {
        memmove(sink->bytes + begin - 1 + head.size, sink->bytes + begin, size);
    }
    memcpy(sink->bytes + begin - 1, bytes, head.size);
}
