#include "cli/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    BACKLOG = 8,
    ANSWER_WAIT_S = 5,
};

/* Somebody who asks. */
struct qc_control_asker {
    uv_pipe_t pipe;
    struct qc_control *control;
    struct qc_control_asker *next;
    uv_write_t write;
    char line[QC_CONTROL_LINE_SIZE];
    size_t line_size;
    char answer[QC_CONTROL_ANSWER_SIZE];
};

static void on_gone(uv_handle_t *handle)
{
    free(handle->data);
}

/* Lets go of one who asks; once. */
static void leave(struct qc_control_asker *asker)
{
    struct qc_control_asker **link = &asker->control->askers;

    if (uv_is_closing((uv_handle_t *)&asker->pipe)) {
        return;
    }
    while (*link != asker) {
        link = &(*link)->next;
    }
    *link = asker->next;
    uv_close((uv_handle_t *)&asker->pipe, on_gone);
}

static void on_written(uv_write_t *write, int r)
{
    struct qc_control_asker *asker = write->data;

    (void)r;
    leave(asker);
}

static void on_room_wanted(uv_handle_t *handle, size_t hint, uv_buf_t *room)
{
    struct qc_control_asker *asker = handle->data;

    (void)hint;
    *room = uv_buf_init(asker->line + asker->line_size,
                        (unsigned)(QC_CONTROL_LINE_SIZE - asker->line_size));
}

static void on_text(uv_stream_t *stream, ssize_t n, const uv_buf_t *room)
{
    struct qc_control_asker *asker = stream->data;
    struct qc_control *control = asker->control;
    char *end;
    uv_buf_t answer;

    (void)room;
    if (n < 0) { /* Gone, or a line too long for its room. */
        leave(asker);
        return;
    }
    asker->line_size += (size_t)n;
    end = memchr(asker->line, '\n', asker->line_size);
    if (end == NULL) {
        return;
    }
    *end = '\0';
    uv_read_stop(stream);
    control->handle(control->ctx, asker->line, asker->answer);
    answer = uv_buf_init(asker->answer, (unsigned)strlen(asker->answer));
    asker->write.data = asker;
    if (uv_write(&asker->write, stream, &answer, 1, on_written) != 0) {
        leave(asker);
    }
}

static void on_asker(uv_stream_t *socket, int r)
{
    struct qc_control_asker *asker = r == 0 ? calloc(1, sizeof(*asker)) : NULL;

    if (asker == NULL) {
        return;
    }
    asker->control = socket->data;
    asker->next = asker->control->askers;
    asker->control->askers = asker;
    asker->pipe.data = asker;
    uv_pipe_init(socket->loop, &asker->pipe, 0);
    if (uv_accept(socket, (uv_stream_t *)&asker->pipe) != 0 ||
        uv_read_start((uv_stream_t *)&asker->pipe, on_room_wanted, on_text) !=
            0) {
        leave(asker);
    }
}

int qc_control_open(struct qc_control *control,
                    uv_loop_t *loop,
                    const char *path,
                    qc_control_fn handle,
                    void *ctx)
{
    int r;

    control->askers = NULL;
    control->handle = handle;
    control->ctx = ctx;
    uv_pipe_init(loop, &control->socket, 0);
    control->socket.data = control;
    /* Left by one that was killed: who asks holds the lock. */
    unlink(path);
    r = uv_pipe_bind(&control->socket, path);
    if (r == 0) {
        r = uv_listen((uv_stream_t *)&control->socket, BACKLOG, on_asker);
    }
    return r;
}

void qc_control_close(struct qc_control *control)
{
    while (control->askers != NULL) {
        leave(control->askers);
    }
    uv_close((uv_handle_t *)&control->socket, NULL);
}

bool qc_control_ask(const char *path,
                    const char *line,
                    char answer_out[QC_CONTROL_ANSWER_SIZE])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = ANSWER_WAIT_S};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    size_t used = 0;
    ssize_t n = -1;

    if (fd < 0) {
        return false;
    }
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
        write(fd, line, strlen(line)) == (ssize_t)strlen(line) &&
        write(fd, "\n", 1) == 1) {
        do {
            n = read(fd, answer_out + used, QC_CONTROL_ANSWER_SIZE - 1 - used);
            used += n > 0 ? (size_t)n : 0;
        } while (n > 0 && used < QC_CONTROL_ANSWER_SIZE - 1);
    }
    close(fd);
    answer_out[used] = '\0';
    return n >= 0 && used > 0;
}
