#include "daemon/log_line.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    PHONE_DIGITS_MIN = 7,
    PHONE_DIGITS_MAX = 15,
    SHOWN = 4,         /* Digits at either end, */
    MASKED_MIN = 3,    /* as long as so many are masked between. */
    NUMBER_DIGITS = 15 /* That any reader of JSON keeps. */
};

static const char DIGITS[] = "0123456789";

void qc_log_line_mask(char *line)
{
    for (char *at = strchr(line, '+'); at != NULL; at = strchr(at + 1, '+')) {
        size_t n = strspn(at + 1, DIGITS);
        size_t shown = SHOWN;

        if (n < PHONE_DIGITS_MIN || n > PHONE_DIGITS_MAX) {
            continue;
        }
        while (2 * shown + MASKED_MIN > n) {
            shown--;
        }
        memset(at + 1 + shown, '*', n - 2 * shown);
    }
}

/* Text that is written as far as it fits. */
struct output {
    char *text;
    size_t size;
    size_t n; /* May pass |size|: then it did not fit. */
};

static void put(struct output *out, char c)
{
    if (out->n < out->size) {
        out->text[out->n] = c;
    }
    out->n++;
}

/* One letter within a JSON string. */
static void put_letter(struct output *out, char c)
{
    char text[sizeof("\\u00ff")];

    if ((unsigned char)c < ' ') {
        snprintf(text, sizeof(text), "\\u%04x", (unsigned)c);
        for (size_t i = 0; text[i] != '\0'; i++) {
            put(out, text[i]);
        }
        return;
    }
    if (c == '"' || c == '\\') {
        put(out, '\\');
    }
    put(out, c);
}

static bool is_word(const char *text, size_t n, const char *word)
{
    return strlen(word) == n && strncmp(text, word, n) == 0;
}

/* Whether JSON has a value for it that needs no quotes. */
static bool is_bare(const char *text, size_t n)
{
    size_t sign = n > 0 && text[0] == '-' ? 1 : 0;
    size_t digits = strspn(text + sign, DIGITS);

    if (is_word(text, n, "true") || is_word(text, n, "false")) {
        return true;
    }
    return digits > 0 && sign + digits == n && digits <= NUMBER_DIGITS &&
           (digits == 1 || text[sign] != '0');
}

/* A value; returns where it ends. */
static const char *put_value(struct output *out, const char *at)
{
    size_t n = strcspn(at, " ");

    if (*at != '"') {
        bool bare = is_bare(at, n);

        if (!bare) {
            put(out, '"');
        }
        for (size_t i = 0; i < n; i++) {
            put_letter(out, at[i]);
        }
        if (!bare) {
            put(out, '"');
        }
        return at + n;
    }
    put(out, '"');
    for (at++; *at != '\0' && *at != '"'; at++) {
        if (*at == '\\' && at[1] != '\0') {
            at++;
        }
        put_letter(out, *at);
    }
    put(out, '"');
    return *at == '"' ? at + 1 : at;
}

/* A pair; returns where it ends. A word without a value is true. */
static const char *put_pair(struct output *out, const char *at)
{
    size_t n = strcspn(at, "= ");

    put(out, '"');
    for (size_t i = 0; i < n; i++) {
        put_letter(out, at[i]);
    }
    put(out, '"');
    put(out, ':');
    if (at[n] != '=') {
        put(out, 't');
        put(out, 'r');
        put(out, 'u');
        put(out, 'e');
        return at + n;
    }
    return put_value(out, at + n + 1);
}

size_t qc_log_line_json(const char *line, char *json_out, size_t size)
{
    struct output out = {json_out, size - 1, 0}; /* Room for the end. */
    const char *at = line;

    assert(size >= 3);

    put(&out, '{');
    while (*(at += strspn(at, " ")) != '\0') {
        size_t before = out.n;

        if (before > 1) {
            put(&out, ',');
        }
        at = put_pair(&out, at);
        if (out.n > out.size) {
            out.n = before;
            break;
        }
    }
    json_out[out.n] = '}';
    return out.n + 1;
}
