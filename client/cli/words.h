/*
 * The words behind a verb that works on the cluster: options of its own, and
 * bare words. A verb takes the options that its usage names, and no others.
 */
#ifndef QC_CLI_WORDS_H
#define QC_CLI_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "cli/verb.h"

enum {
    QC_BARE_WORDS_MAX = 2,
};

struct qc_words {
    const char *bare[QC_BARE_WORDS_MAX]; /* NULL: not said. */
    size_t n_bare;
    bool yes;
    bool dry_run;
    bool effective; /* As everything is in the end; which it always is. */
    bool standby;
    bool wait;
    int64_t wait_ms; /* --wait=TIME; 5 minutes. */
    uint64_t id;     /* 0: not said. The same for the next two. */
    uint64_t to;
    uint64_t version;
    const char *config; /* NULL: not said. The same for the next four. */
    const char *daemon;
    const char *endpoint;
    const char *from;
    const char *agent;
};

/* Reads them. False, and what is wrong and the verb's usage on stderr, when
 * they are not what the verb takes, or not from |n_min| to |n_max| are bare. */
QC_MUST_CHECK bool qc_words_read(const struct qc_verb *verb,
                                 const struct qc_options *options,
                                 size_t n_min,
                                 size_t n_max,
                                 struct qc_words *words);

/* Reads the id of a node. False when |text| is none. */
QC_MUST_CHECK bool qc_node_id_read(const char *text, uint64_t *id_out);

#endif
