#include "storage/test/child.h"

#include <assert.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void qc_child_start(struct qc_child *child, const char *role, const char *path)
{
    int ends[2];
    int failed = pipe(ends);

    assert(failed == 0);
    child->pid = fork();
    assert(child->pid >= 0);
    if (child->pid == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)execl("/proc/self/exe", "child", role, path, (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    child->out = ends[0];
}

int qc_child_read(const struct qc_child *child, void *record, size_t size)
{
    uint8_t *to = record;

    while (size > 0) {
        ssize_t n = read(child->out, to, size);

        if (n <= 0) {
            return 0;
        }
        to += n;
        size -= (size_t)n;
    }
    return 1;
}

void qc_child_kill(const struct qc_child *child, unsigned after_us)
{
    struct timespec pause = {
        .tv_sec = (time_t)(after_us / 1000000),
        .tv_nsec = (long)(after_us % 1000000) * 1000,
    };

    (void)nanosleep(&pause, NULL);
    (void)kill(child->pid, SIGKILL);
}

int qc_child_end(struct qc_child *child)
{
    int status = 0;

    (void)close(child->out);
    (void)waitpid(child->pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
