/* A running quorumcalld: started, listened to, ended. */
#ifndef QC_CLI_NODE_PROCESS_H
#define QC_CLI_NODE_PROCESS_H

#include <stdint.h>

#include <uv.h>

struct qc_node_process;

/* How it ended: by itself with |status|, or by |signal|, which is 0 else. */
typedef void (*qc_node_exit_fn)(void *ctx, int64_t status, int signal);

/* Runs |arguments|, ended by NULL, and prints each line it says, after |name|,
 * on stdout. |exited| is called once it has ended and its last line is printed.
 * NULL, and a message on stderr, when it cannot be run. */
struct qc_node_process *qc_node_process_start(uv_loop_t *loop,
                                              const char *name,
                                              const char *const *arguments,
                                              qc_node_exit_fn exited,
                                              void *ctx);

int qc_node_process_pid(const struct qc_node_process *process);
void qc_node_process_kill(struct qc_node_process *process, int signal);

#endif
