#include "codec/json_token.h"

#include <string.h>

#include "codec/utf8.h"

enum {
    EXPONENT_MAX = 100 * 1000 * 1000, /* Beyond the digits of any text. */
    HEX_DIGITS = 4,
};

static bool wrong(struct qc_json *json, const char *why)
{
    if (json->wrong == NULL) {
        json->wrong = json->at == json->end ? "the text is cut short" : why;
    }
    return false;
}

static void skip_space(struct qc_json *json)
{
    while (json->at < json->end && (*json->at == ' ' || *json->at == '\n' ||
                                    *json->at == '\r' || *json->at == '\t')) {
        json->at++;
    }
}

static bool next_is(const struct qc_json *json, char letter)
{
    return json->at < json->end && *json->at == (uint8_t)letter;
}

static bool is_digit(const struct qc_json *json)
{
    return json->at < json->end && *json->at >= '0' && *json->at <= '9';
}

/* --- text ----------------------------------------------------------------- */

static int hex_digit(uint8_t letter)
{
    if (letter >= '0' && letter <= '9') {
        return letter - '0';
    }
    if (letter >= 'a' && letter <= 'f') {
        return letter - 'a' + 10;
    }
    if (letter >= 'A' && letter <= 'F') {
        return letter - 'A' + 10;
    }
    return -1;
}

/* Four digits at |at|; below 0 when they are not. */
static int32_t hex_of(const uint8_t *at, const uint8_t *end)
{
    int32_t value = 0;

    if (end - at < HEX_DIGITS) {
        return -1;
    }
    for (int i = 0; i < HEX_DIGITS; i++) {
        int digit = hex_digit(at[i]);

        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* The character of \uXXXX, or of a pair of them, whose "u" stands at |*at|,
 * which is moved behind it. Below 1 when there is none that a text may hold. */
static int32_t character_of(const uint8_t **at, const uint8_t *end)
{
    int32_t high = hex_of(*at + 1, end);
    int32_t low;

    if (high < 0) {
        return -1;
    }
    *at += 1 + HEX_DIGITS;
    if (high < 0xd800 || high > 0xdfff) {
        return high;
    }
    if (high > 0xdbff || end - *at < 2 || (*at)[0] != '\\' || (*at)[1] != 'u') {
        return -1;
    }
    low = hex_of(*at + 2, end);
    if (low < 0xdc00 || low > 0xdfff) {
        return -1;
    }
    *at += 2 + HEX_DIGITS;
    return 0x10000 + ((high - 0xd800) << 10 | (low - 0xdc00));
}

/* Whether what follows a backslash may. Moves |at| behind it. */
static bool skip_escape(struct qc_json *json)
{
    static const char letters[] = "\"\\/bfnrt";

    if (next_is(json, 'u')) {
        const uint8_t *at = json->at;

        if (character_of(&at, json->end) < 1) {
            return wrong(json, "an escape stands for no character");
        }
        json->at = at;
        return true;
    }
    if (json->at == json->end ||
        memchr(letters, *json->at, sizeof(letters) - 1) == NULL) {
        return wrong(json, "an escape is not one of JSON");
    }
    json->at++;
    return true;
}

/* |at| stands behind the quote. */
static bool read_string(struct qc_json *json, struct qc_json_token *token)
{
    token->kind = QC_JSON_STRING;
    token->bytes.data = json->at;
    while (!next_is(json, '"')) {
        if (json->at == json->end || *json->at < ' ') {
            return wrong(json, "a string has a control character in it");
        }
        if (*json->at++ == '\\') {
            token->escaped = true;
            if (!skip_escape(json)) {
                return false;
            }
        }
    }
    token->bytes.size = (size_t)(json->at - token->bytes.data);
    json->at++;
    return qc_utf8_is_text(token->bytes) || wrong(json, "a string is no UTF-8");
}

static char *put_character(int32_t character, char *text)
{
    unsigned c = (unsigned)character;

    if (c < 0x80) {
        *text++ = (char)c;
        return text;
    }
    if (c < 0x800) {
        *text++ = (char)(0xc0 | c >> 6);
    } else {
        if (c < 0x10000) {
            *text++ = (char)(0xe0 | c >> 12);
        } else {
            *text++ = (char)(0xf0 | c >> 18);
            *text++ = (char)(0x80 | (c >> 12 & 0x3f));
        }
        *text++ = (char)(0x80 | (c >> 6 & 0x3f));
    }
    *text++ = (char)(0x80 | (c & 0x3f));
    return text;
}

size_t qc_json_text(const struct qc_json_token *string, char *text)
{
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    const uint8_t *at = string->bytes.data;
    const uint8_t *end = at + string->bytes.size;
    char *begin = text;

    while (at < end) {
        const char *letter;

        if (*at != '\\') {
            *text++ = (char)*at++;
            continue;
        }
        at++;
        if (*at == 'u') {
            text = put_character(character_of(&at, end), text);
            continue;
        }
        letter = memchr(letters, *at, sizeof(letters) - 1);
        *text++ = letter != NULL ? meanings[letter - letters] : (char)*at;
        at++;
    }
    *text = '\0';
    return (size_t)(text - begin);
}

/* --- numbers -------------------------------------------------------------- */

static bool skip_digits(struct qc_json *json)
{
    if (!is_digit(json)) {
        return wrong(json, "a number lacks a digit");
    }
    while (is_digit(json)) {
        json->at++;
    }
    return true;
}

static bool read_number(struct qc_json *json, struct qc_json_token *token)
{
    token->kind = QC_JSON_NUMBER;
    token->bytes.data = json->at;
    if (next_is(json, '-')) {
        json->at++;
    }
    if (next_is(json, '0')) {
        json->at++;
    } else if (!skip_digits(json)) {
        return false;
    }
    if (next_is(json, '.')) {
        json->at++;
        if (!skip_digits(json)) {
            return false;
        }
    }
    if (next_is(json, 'e') || next_is(json, 'E')) {
        json->at++;
        if (next_is(json, '+') || next_is(json, '-')) {
            json->at++;
        }
        if (!skip_digits(json)) {
            return false;
        }
    }
    token->bytes.size = (size_t)(json->at - token->bytes.data);
    return true;
}

/* |*magnitude| times 10^|n|, unless that needs more than 64 bits. */
static bool shift(uint64_t *magnitude, int64_t n)
{
    for (; n > 0 && *magnitude > 0; n--) {
        if (*magnitude > UINT64_MAX / 10) {
            return false;
        }
        *magnitude *= 10;
    }
    return true;
}

/* Adds the digits that come next, but for zeros behind them, which are counted:
 * 1.000 and 1000e-3 are no larger than 1. */
static bool add_digits(struct qc_json *json,
                       uint64_t *magnitude,
                       int64_t *zeros)
{
    for (; is_digit(json); json->at++) {
        unsigned digit = (unsigned)(*json->at - '0');

        ++*zeros;
        if (digit > 0) {
            if (!shift(magnitude, *zeros) || *magnitude > UINT64_MAX - digit) {
                return false;
            }
            *magnitude += digit;
            *zeros = 0;
        }
    }
    return true;
}

/* What stands behind the "e". */
static int64_t exponent_of(struct qc_json *json)
{
    bool negative = next_is(json, '-');
    int64_t exponent = 0;

    json->at += negative || next_is(json, '+') ? 1 : 0;
    for (; is_digit(json); json->at++) {
        if (exponent < EXPONENT_MAX) {
            exponent = exponent * 10 + (*json->at - '0');
        }
    }
    return negative ? -exponent : exponent;
}

bool qc_json_integer(struct qc_bytes number, struct qc_integer *integer_out)
{
    struct qc_json json = {number.data, number.data + number.size, NULL};
    bool negative = next_is(&json, '-');
    uint64_t magnitude = 0;
    int64_t zeros = 0;

    json.at += negative ? 1 : 0;
    if (!add_digits(&json, &magnitude, &zeros)) {
        return false;
    }
    if (next_is(&json, '.')) {
        const uint8_t *first = ++json.at;

        if (!add_digits(&json, &magnitude, &zeros)) {
            return false;
        }
        zeros -= json.at - first;
    }
    if (json.at < json.end) {
        json.at++;
        zeros += exponent_of(&json);
    }
    /* The last digit is none of them, so less than 0 is a fraction. */
    if (magnitude > 0 && (zeros < 0 || !shift(&magnitude, zeros))) {
        return false;
    }
    *integer_out = (struct qc_integer){magnitude, negative};
    return true;
}

/* --- the rest ------------------------------------------------------------- */

static bool read_word(struct qc_json *json,
                      const char *word,
                      enum qc_json_kind kind,
                      struct qc_json_token *token)
{
    size_t size = strlen(word);

    if ((size_t)(json->end - json->at) < size ||
        memcmp(json->at, word, size) != 0) {
        return wrong(json, "there is no value");
    }
    json->at += size;
    token->kind = kind;
    return true;
}

bool qc_json_next(struct qc_json *json, struct qc_json_token *token_out)
{
    *token_out = (struct qc_json_token){.kind = QC_JSON_NULL};
    skip_space(json);
    if (json->at == json->end) {
        return wrong(json, "");
    }
    switch (*json->at) {
    case '{':
    case '[':
        token_out->kind = *json->at == '{' ? QC_JSON_OBJECT : QC_JSON_LIST;
        json->at++;
        return true;
    case '"':
        json->at++;
        return read_string(json, token_out);
    case 't':
        return read_word(json, "true", QC_JSON_TRUE, token_out);
    case 'f':
        return read_word(json, "false", QC_JSON_FALSE, token_out);
    case 'n':
        return read_word(json, "null", QC_JSON_NULL, token_out);
    default:
        return next_is(json, '-') || is_digit(json)
                   ? read_number(json, token_out)
                   : wrong(json, "there is no value");
    }
}

bool qc_json_more(struct qc_json *json,
                  enum qc_json_kind of,
                  bool *is_first,
                  bool *more_out)
{
    bool first = *is_first;

    *is_first = false;
    *more_out = true;
    skip_space(json);
    if (next_is(json, of == QC_JSON_LIST ? ']' : '}')) {
        json->at++;
        *more_out = false;
    } else if (!first) {
        if (!next_is(json, ',')) {
            return wrong(json, "there is neither a comma nor an end");
        }
        json->at++;
    }
    return true;
}

bool qc_json_key(struct qc_json *json, struct qc_json_token *key_out)
{
    *key_out = (struct qc_json_token){.kind = QC_JSON_STRING};
    skip_space(json);
    if (!next_is(json, '"')) {
        return wrong(json, "there is no key");
    }
    json->at++;
    if (!read_string(json, key_out)) {
        return false;
    }
    skip_space(json);
    if (!next_is(json, ':')) {
        return wrong(json, "a key has no colon behind it");
    }
    json->at++;
    return true;
}

bool qc_json_ends(struct qc_json *json)
{
    skip_space(json);
    return json->at == json->end || wrong(json, "there is more than an object");
}
