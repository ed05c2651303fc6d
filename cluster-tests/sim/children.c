/* NOLINTNEXTLINE(readability-identifier-naming): the C library's name. */
#define _DEFAULT_SOURCE /* For madvise() and sbrk(). */

#include "cluster-tests/sim/children.h"

#include <assert.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/planted.h"
#include "cluster-tests/sim/run.h"
#include "cluster-tests/sim/scenario.h"

enum {
    TIMEOUT_S = 300, /* Real ones: a run that takes so long hangs. */
    PERTURB = 0x5a,
    KEPT_SIZE = 256 * 1024 * 1024,
    HEAP_SIZE = 64 * 1024 * 1024,
    LARGE_PAGE_SIZE = 2 * 1024 * 1024,
};

struct child {
    pid_t pid; /* 0: there is none. */
    int fd;
    struct sim_job job;
};

static int result_fd;

static void send_result(void)
{
    ssize_t n = write(result_fd, &sim_result, sizeof(sim_result));

    assert(n == (ssize_t)sizeof(sim_result));
}

/* Called by a check: what is left behind is nobody's concern. */
static void end(void)
{
    send_result();
    (void)fflush(stdout);
    _exit(1);
}

/* A page that is touched for the first time costs more than most of what is
 * done with it. So the heap begins anew where a large page does, is of such
 * pages where there are any, and gives nothing back. */
static void prepare_heap(void)
{
    uintptr_t end = (uintptr_t)sbrk(0);
    uint8_t *heap;

    (void)sbrk((intptr_t)(LARGE_PAGE_SIZE - end % LARGE_PAGE_SIZE));
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_SIZE);
    (void)mallopt(M_MMAP_MAX, 0);
    heap = malloc(HEAP_SIZE);
    assert(heap != NULL);
    (void)madvise(heap - (uintptr_t)heap % LARGE_PAGE_SIZE, HEAP_SIZE,
                  MADV_HUGEPAGE);
    free(heap);
}

static void live(const struct sim_job *job)
{
    prepare_heap();
    if (job->perturbed) {
        (void)mallopt(M_PERTURB, PERTURB);
    }
    (void)alarm(TIMEOUT_S);
    sim_trace_is_on = job->traced;
    sim_check_on_end(end);
    sim_check_require(job->required);
#ifdef QC_PLANTED
    qc_planted_bug = job->bug;
#endif
    if (job->scenario != NULL) {
        sim_scenario_run(job->scenario, (unsigned)job->plan.nodes);
    } else {
        sim_run(&job->plan);
    }
    send_result();
    exit(0); /* NOLINT(concurrency-mt-unsafe): here is one thread. */
}

static void begin(struct child *child)
{
    int fds[2];
    int r = pipe(fds);

    assert(r == 0);
    (void)fflush(stdout);
    child->pid = fork();
    assert(child->pid >= 0);
    if (child->pid == 0) {
        (void)close(fds[0]);
        result_fd = fds[1];
        live(&child->job);
    }
    (void)close(fds[1]);
    child->fd = fds[0];
}

/* |status| is the process's. */
static void finish(struct child *child, int status, struct sim_result *result)
{
    ssize_t n = read(child->fd, result, sizeof(*result));

    (void)close(child->fd);
    child->pid = 0;
    if (n != (ssize_t)sizeof(*result)) {
        *result = (struct sim_result){.check = SIM_NO_CAUSE};
        (void)snprintf(result->text, sizeof(result->text),
                       WIFSIGNALED(status) ? "the program dies of signal %d"
                                           : "the program ends with status %d",
                       WIFSIGNALED(status) ? WTERMSIG(status)
                                           : WEXITSTATUS(status));
    } else if (result->check == SIM_NO_CHECK &&
               (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
        result->check = SIM_NO_CAUSE;
        (void)snprintf(result->text, sizeof(result->text),
                       "the program does not end well");
    }
}

void sim_child_run(const struct sim_job *job, struct sim_result *result_out)
{
    struct child child = {.job = *job};
    int status = 0;
    pid_t pid;

    begin(&child);
    pid = waitpid(child.pid, &status, 0);
    assert(pid == child.pid);
    finish(&child, status, result_out);
}

static struct child *wait_for_one(struct child *running,
                                  unsigned n_jobs,
                                  int *status_out)
{
    pid_t pid = wait(status_out);

    for (unsigned i = 0; i < n_jobs; i++) {
        if (pid > 0 && running[i].pid == pid) {
            return &running[i];
        }
    }
    return NULL;
}

void sim_children_run(const struct sim_children *children, unsigned n_jobs)
{
    struct child running[SIM_JOBS_MAX] = {{.pid = 0}};
    bool is_over = false;
    unsigned n = 0;

    assert(n_jobs >= 1 && n_jobs <= SIM_JOBS_MAX);

    for (;;) {
        struct sim_result result;
        struct child *child;
        int status = 0;

        for (unsigned i = 0; i < n_jobs && !is_over; i++) {
            if (running[i].pid == 0) {
                is_over = !children->next(children->ctx, &running[i].job);
                if (!is_over) {
                    begin(&running[i]);
                    n++;
                }
            }
        }
        if (n == 0) {
            return;
        }
        child = wait_for_one(running, n_jobs, &status);
        assert(child != NULL);
        n--;
        finish(child, status, &result);
        if (!children->ended(children->ctx, &child->job, &result)) {
            is_over = true;
        }
    }
}
