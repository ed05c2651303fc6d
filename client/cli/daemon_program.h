/* The program quorumcalld, for verbs that run it. */
#ifndef QC_CLI_DAEMON_PROGRAM_H
#define QC_CLI_DAEMON_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

#include "cli/exit.h"

/* A path that holds in any directory: |said| if that is not NULL, else the one
 * beside this program, else the name, for PATH to find. NULL, and a message on
 * stderr, when it is too long. |path_out| is room for it. */
const char *qc_daemon_find(const char *said, char path_out[PATH_MAX]);

/* Runs |arguments|, ended by NULL, with our standard streams, but without its
 * data if |quiet|, and waits for its end. Its exit status, as ours: USAGE for
 * 2, FAILED for all else but 0. */
enum qc_exit qc_daemon_run(const char *const *arguments, bool quiet);

#endif
