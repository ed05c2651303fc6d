/*
 * How one qcctl tells another what to do with the nodes it supervises: a line
 * to its socket, and text back until the end.
 *
 *   status      -> "node1 127.0.0.1:7400 4711" a line; pid 0: it is down
 *   kill N      -> "ok", or why not
 *   start N     -> the same
 *   add         -> "ok 127.0.0.1:7430", where the new node answers; or why not
 */
#ifndef QC_CLI_CONTROL_H
#define QC_CLI_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

#include <uv.h>

#include "base/error.h"

enum {
    QC_CONTROL_LINE_SIZE = 64,
    QC_CONTROL_ANSWER_SIZE = 1024,
};

/* Does what |line| says, and writes the answer. */
typedef void (*qc_control_fn)(void *ctx,
                              const char *line,
                              char answer_out[QC_CONTROL_ANSWER_SIZE]);

struct qc_control_asker;

struct qc_control {
    uv_pipe_t socket;
    struct qc_control_asker *askers; /* Those who wait for an answer. */
    qc_control_fn handle;
    void *ctx;
};

/* Listens on |path|. A negative libuv error when that cannot be; then too the
 * handle is to be closed. */
QC_MUST_CHECK int qc_control_open(struct qc_control *control,
                                  uv_loop_t *loop,
                                  const char *path,
                                  qc_control_fn handle,
                                  void *ctx);
/* Those who wait get none. */
void qc_control_close(struct qc_control *control);

/* Sends |line| to whoever listens on |path|, and waits for the answer. False
 * when nobody does. */
QC_MUST_CHECK bool qc_control_ask(const char *path,
                                  const char *line,
                                  char answer_out[QC_CONTROL_ANSWER_SIZE]);

#endif
