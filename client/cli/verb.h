/* What qcctl can do, from verb.def. */
#ifndef QC_CLI_VERB_H
#define QC_CLI_VERB_H

#include <stddef.h>
#include <stdio.h>

#include "cli/exit.h"
#include "cli/options.h"

struct qc_rpc;

struct qc_verb {
    const char *noun;
    const char *name;
    const char *help;
    enum qc_exit (*run)(const struct qc_verb *verb,
                        const struct qc_options *options);
    const char *usage; /* Of a verb that is no RPC. */

    /* Of one that is: arguments.h, output.h. */
    const struct qc_rpc *rpc;
    const char *positional;
    const char *defaults;
    const char *columns;
};

/* NULL when there is none. */
const struct qc_verb *qc_verb_find(const char *noun, const char *name);

/* Lists all verbs, or, if |noun| is not NULL, those of one noun. */
void qc_verb_list(FILE *stream, const char *noun);

/* Tells all about one verb. */
void qc_verb_explain(FILE *stream, const struct qc_verb *verb);

/* The functions of verb.def. |options| holds the words behind the verb. */
#define QC_RPC_VERB(noun, name, rpc, positional, defaults, columns, help)
#define QC_VERB(noun, name, function, usage, help)         \
    enum qc_exit qc_##function(const struct qc_verb *verb, \
                               const struct qc_options *options);
#include "cli/verb.def"
#undef QC_RPC_VERB
#undef QC_VERB

/* That of all the others. */
enum qc_exit qc_rpc_verb(const struct qc_verb *verb,
                         const struct qc_options *options);

#endif
