#include "cli/confirm.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    ANSWER_SIZE = 16,
};

enum qc_exit qc_confirm(const struct qc_words *words, const char *what)
{
    char answer[ANSWER_SIZE];

    if (words->yes) {
        return QC_EXIT_OK;
    }
    if (isatty(STDIN_FILENO) == 0 || isatty(STDERR_FILENO) == 0) {
        fprintf(stderr, "qcctl: %s: say --yes if that is meant\n", what);
        return QC_EXIT_USAGE;
    }
    fprintf(stderr, "%s. Go on? [yes/no] ", what);
    if (fgets(answer, sizeof(answer), stdin) != NULL &&
        strcmp(answer, "yes\n") == 0) {
        return QC_EXIT_OK;
    }
    fprintf(stderr, "qcctl: nothing is done\n");
    return QC_EXIT_FAILED;
}
