#include "cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char ENDPOINTS_DEFAULT[] =
    "127.0.0.1:7400,127.0.0.1:7410,127.0.0.1:7420";

enum {
    TIMEOUT_DEFAULT_MS = 5000,
    DURATION_MAX_MS = 24 * 3600 * 1000,
};

bool qc_duration_read(const char *text, int64_t *ms_out)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}};
    size_t n_digits = strspn(text, "0123456789");
    int64_t count;

    if (n_digits == 0 || n_digits > 8) {
        return false;
    }
    count = strtol(text, NULL, 10);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(text + n_digits, units[i].name) == 0 && count > 0 &&
            count <= DURATION_MAX_MS / units[i].ms) {
            *ms_out = count * units[i].ms;
            return true;
        }
    }
    return false;
}

bool qc_options_word(const struct qc_options *options,
                     size_t *at,
                     const char *name,
                     const char **value_out)
{
    const char *word = options->words[*at];
    size_t size = strlen(name);

    if (strncmp(word, name, size) != 0) {
        return false;
    }
    if (word[size] == '=') {
        *value_out = word + size + 1;
        *at += 1;
        return true;
    }
    if (word[size] != '\0') {
        return false;
    }
    *value_out = *at + 1 < options->n_words ? options->words[*at + 1] : NULL;
    *at += *value_out != NULL ? 2 : 1;
    return true;
}

static bool form_read(const char *text, struct qc_options *options)
{
    if (text == NULL) {
        return false;
    }
    options->json = strcmp(text, "json") == 0;
    options->raw = strcmp(text, "raw") == 0;
    return options->json || options->raw || strcmp(text, "table") == 0;
}

/* Reads the option at word |*at|, if it is one of ours. False when its value
 * is missing or wrong. */
static bool option_read(struct qc_options *options, size_t *at)
{
    const char *value;

    if (qc_options_word(options, at, "--endpoints", &value)) {
        options->endpoints = value;
        return value != NULL;
    }
    if (qc_options_word(options, at, "--tenant", &value)) {
        options->tenant = value;
        return value != NULL;
    }
    if (qc_options_word(options, at, "--cacert", &options->shown.cacert)) {
        return options->shown.cacert != NULL;
    }
    if (qc_options_word(options, at, "--cert", &options->shown.cert)) {
        return options->shown.cert != NULL;
    }
    if (qc_options_word(options, at, "--key", &options->shown.key)) {
        return options->shown.key != NULL;
    }
    if (qc_options_word(options, at, "--api-key-file",
                        &options->shown.api_key_file)) {
        /* Said here, it outweighs what the environment says. */
        options->shown.api_key = NULL;
        return options->shown.api_key_file != NULL;
    }
    if (qc_options_word(options, at, "--timeout", &value)) {
        return value != NULL && qc_duration_read(value, &options->timeout_ms);
    }
    if (qc_options_word(options, at, "-o", &value) ||
        qc_options_word(options, at, "--output", &value)) {
        return form_read(value, options);
    }
    return true;
}

/* Whether it is a word that stands for itself, behind |n_left| that are the
 * verb's. */
static bool flag_read(struct qc_options *options,
                      const char *word,
                      size_t n_left)
{
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        options->help = true;
        return true;
    }
    if (strcmp(word, "--version") == 0 && n_left == 0) {
        options->version = true;
        return true;
    }
    return false;
}

bool qc_options_read(struct qc_options *options,
                     int argc,
                     char **argv,
                     struct qc_usage_error *error_out)
{
    const char *endpoints = getenv("QUORUMCALL_ENDPOINTS");
    size_t n_left = 0;

    *options = (struct qc_options){
        .endpoints = endpoints != NULL ? endpoints : ENDPOINTS_DEFAULT,
        .tenant = getenv("QUORUMCALL_TENANT"),
        .shown =
            {
                .cacert = getenv("QUORUMCALL_CACERT"),
                .cert = getenv("QUORUMCALL_CERT"),
                .key = getenv("QUORUMCALL_KEY"),
                .api_key = getenv("QUORUMCALL_API_KEY"),
            },
        .timeout_ms = TIMEOUT_DEFAULT_MS,
        .words = argv,
        .n_words = (size_t)argc,
    };
    for (size_t i = 0; i < options->n_words;) {
        char *word = argv[i];
        size_t at = i;

        if (flag_read(options, word, n_left)) {
            i++;
            continue;
        }
        if (!option_read(options, &at)) {
            snprintf(error_out->text, sizeof(error_out->text),
                     "%s has no value, or one it cannot have", word);
            return false;
        }
        if (at == i) {
            argv[n_left++] = argv[i++];
        }
        i = at > i ? at : i;
    }
    options->n_words = n_left;
    return true;
}
