#include "cli/node_process.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE_SIZE = 4096, /* A longer line is printed in pieces. */
};

struct qc_node_process {
    uv_process_t process;
    uv_pipe_t output;
    const char *name;
    char line[LINE_SIZE];
    size_t line_size;
    unsigned n_open; /* Handles that are not closed. */
    int64_t status;
    int signal;
    qc_node_exit_fn exited;
    void *ctx;
};

static void print_line(struct qc_node_process *process)
{
    printf("%s  %.*s\n", process->name, (int)process->line_size, process->line);
    fflush(stdout);
    process->line_size = 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct qc_node_process *process = handle->data;

    assert(process->n_open > 0);
    if (--process->n_open > 0) {
        return;
    }
    if (process->exited != NULL) {
        process->exited(process->ctx, process->status, process->signal);
    }
    free(process);
}

static void on_exit(uv_process_t *handle, int64_t status, int signal)
{
    struct qc_node_process *process = handle->data;

    process->status = status;
    process->signal = signal;
    uv_close((uv_handle_t *)handle, on_closed);
}

static void on_room_wanted(uv_handle_t *handle, size_t hint, uv_buf_t *room)
{
    struct qc_node_process *process = handle->data;

    (void)hint;
    if (process->line_size == LINE_SIZE) {
        print_line(process);
    }
    *room = uv_buf_init(process->line + process->line_size,
                        (unsigned)(LINE_SIZE - process->line_size));
}

static void on_output(uv_stream_t *stream, ssize_t n, const uv_buf_t *room)
{
    struct qc_node_process *process = stream->data;
    size_t end = process->line_size + (n > 0 ? (size_t)n : 0);
    size_t start = 0;

    (void)room;
    if (n < 0) {
        if (process->line_size > 0) {
            print_line(process);
        }
        uv_close((uv_handle_t *)stream, on_closed);
        return;
    }
    for (size_t i = process->line_size; i < end; i++) {
        if (process->line[i] == '\n') {
            printf("%s  %.*s\n", process->name, (int)(i - start),
                   process->line + start);
            start = i + 1;
        }
    }
    fflush(stdout);
    memmove(process->line, process->line + start, end - start);
    process->line_size = end - start;
}

struct qc_node_process *qc_node_process_start(uv_loop_t *loop,
                                              const char *name,
                                              const char *const *arguments,
                                              qc_node_exit_fn exited,
                                              void *ctx)
{
    struct qc_node_process *process = calloc(1, sizeof(*process));
    /* A node says nothing on stdout. */
    uv_stdio_container_t files[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_IGNORE},
        {.flags = (uv_stdio_flags)(UV_CREATE_PIPE | UV_WRITABLE_PIPE)},
    };
    uv_process_options_t options = {
        .file = arguments[0],
        /* uv_spawn() only reads them, as execvp() does. */
        .args = (char **)(uintptr_t)arguments,
        /* ^C in the terminal is for us; we tell the nodes. */
        .flags = UV_PROCESS_DETACHED,
        .stdio = files,
        .stdio_count = 3,
        .exit_cb = on_exit,
    };
    int r;

    if (process == NULL) {
        fprintf(stderr, "qcctl: out of memory\n");
        return NULL;
    }
    process->name = name;
    process->exited = exited;
    process->ctx = ctx;
    process->n_open = 2;
    process->process.data = process;
    uv_pipe_init(loop, &process->output, 0);
    process->output.data = process;
    files[2].data.stream = (uv_stream_t *)&process->output;

    r = uv_spawn(loop, &process->process, &options);
    if (r != 0) {
        fprintf(stderr, "qcctl: %s: %s\n", arguments[0], uv_strerror(r));
        process->exited = NULL;
        uv_close((uv_handle_t *)&process->process, on_closed);
        uv_close((uv_handle_t *)&process->output, on_closed);
        return NULL;
    }
    uv_read_start((uv_stream_t *)&process->output, on_room_wanted, on_output);
    return process;
}

int qc_node_process_pid(const struct qc_node_process *process)
{
    return process->process.pid;
}

void qc_node_process_kill(struct qc_node_process *process, int signal)
{
    /* One that has ended is waited for by now, and its pid may be another's. */
    if (!uv_is_closing((const uv_handle_t *)&process->process)) {
        (void)uv_process_kill(&process->process, signal);
    }
}
