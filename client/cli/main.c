/* qcctl: the command line of Quorumcall. stdout is data, stderr is messages. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/verb.h"

/* Why there is no such verb, and which there are. */
static enum qc_exit no_such_verb(const struct qc_options *options)
{
    if (options->help || options->n_words == 0) {
        qc_verb_list(options->help ? stdout : stderr,
                     options->n_words > 0 ? options->words[0] : NULL);
        return options->help ? QC_EXIT_OK : QC_EXIT_USAGE;
    }
    fprintf(stderr, "qcctl: no such verb: %s %s; see qcctl --help\n",
            options->words[0], options->n_words > 1 ? options->words[1] : "");
    return QC_EXIT_USAGE;
}

/* All but those that make certificates, and those of a cluster on this machine,
 * which brings its own. */
static bool calls_nodes(const struct qc_verb *verb)
{
    return strcmp(verb->noun, "cert") != 0 && strcmp(verb->noun, "dev") != 0;
}

int main(int argc, char **argv)
{
    struct qc_options options;
    struct qc_usage_error error;
    const struct qc_verb *verb = NULL;
    enum qc_exit exit;

    /* A node may close a connection while it is written to. */
    signal(SIGPIPE, SIG_IGN);
    if (!qc_options_read(&options, argc - 1, argv + 1, &error)) {
        fprintf(stderr, "qcctl: %s\n", error.text);
        return QC_EXIT_USAGE;
    }
    if (options.version) {
        puts("qcctl " QC_VERSION);
        return QC_EXIT_OK;
    }
    if (options.n_words >= 2) {
        verb = qc_verb_find(options.words[0], options.words[1]);
    }
    if (verb == NULL) {
        return (int)no_such_verb(&options);
    }
    if (options.help) {
        qc_verb_explain(stdout, verb);
        return QC_EXIT_OK;
    }
    options.words += 2;
    options.n_words -= 2;
    if (calls_nodes(verb) &&
        !qc_credentials_load(&options.credentials, &options.shown,
                             options.endpoints)) {
        return QC_EXIT_USAGE;
    }
    exit = verb->run(verb, &options);
    qc_credentials_done(&options.credentials);
    return (int)exit;
}
