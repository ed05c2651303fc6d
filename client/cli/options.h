/*
 * The options every verb has, from the command line or the environment.
 *
 * They may stand anywhere; what is left over, in its order, is the verb and
 * its own words. --version alone stands before the verb: behind it, it is the
 * verb's.
 */
#ifndef QC_CLI_OPTIONS_H
#define QC_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "cli/credentials.h"

enum {
    QC_USAGE_TEXT_SIZE = 320,
};

/* What is wrong with a command line: one sentence without its full stop. */
struct qc_usage_error {
    char text[QC_USAGE_TEXT_SIZE];
};

struct qc_options {
    const char *endpoints; /* --endpoints, QUORUMCALL_ENDPOINTS */
    const char *tenant;    /* --tenant, QUORUMCALL_TENANT; NULL: none */
    struct qc_credential_words shown;
    struct qc_credentials credentials; /* Loaded by whoever calls nodes. */
    int64_t timeout_ms;                /* --timeout; 5 s */
    bool json;                         /* -o json */
    bool raw; /* -o raw: a table without headings or spaces */
    bool help;
    bool version;
    char **words; /* Those of main(), closed up. */
    size_t n_words;
};

/* Reads |argv|, without the program's name. Moves the pointers in it. */
QC_MUST_CHECK bool qc_options_read(struct qc_options *options,
                                   int argc,
                                   char **argv,
                                   struct qc_usage_error *error_out);

/* Whether word |*at| is option |name|, written "--name value" or
 * "--name=value". Then |*value_out| is its value, NULL when there is none, and
 * |*at| stands behind it. */
QC_MUST_CHECK bool qc_options_word(const struct qc_options *options,
                                   size_t *at,
                                   const char *name,
                                   const char **value_out);

/* Reads a duration: "250ms", "5s", "2m". False when it is none, or is 0. */
QC_MUST_CHECK bool qc_duration_read(const char *text, int64_t *ms_out);

#endif
