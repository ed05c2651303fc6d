#include "cli/supervisor.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "cli/control.h"
#include "cli/node_process.h"
#include "cli/observer.h"
#include "cli/verdict.h"

enum {
    LOOK_EVERY_MS = 100,
    LOOK_TIMEOUT_MS = 1000,
    READY_WITHIN_MS = 30000,
    STOP_WITHIN_MS = 15000,
};

/* ^C, qcctl dev down, and a terminal that goes away. */
static const int STOP_SIGNALS[] = {SIGINT, SIGTERM, SIGHUP};

enum {
    N_STOP_SIGNALS = sizeof(STOP_SIGNALS) / sizeof(STOP_SIGNALS[0]),
};

struct supervisor;

struct node {
    struct supervisor *supervisor;
    const struct qc_dev_node *is;
    struct qc_node_process *process; /* NULL while it is down. */
};

struct supervisor {
    const struct qc_supervision *supervision;
    uv_loop_t loop;
    uv_signal_t stops[N_STOP_SIGNALS];
    uv_timer_t next_look;
    uv_timer_t last_stop; /* Until ready: gives up. Then: stops by force. */
    struct qc_control control;
    struct qc_credentials credentials;
    struct qc_observer observer;
    struct node nodes[QC_DEV_NODES_MAX];
    unsigned n_running;
    bool stopping;
    enum qc_exit exit;
};

static void on_node_exit(void *ctx, int64_t status, int signal);

/* False, and a message on stderr, when it cannot be run. */
static bool node_start(struct node *node)
{
    struct supervisor *s = node->supervisor;
    const char *const arguments[] = {s->supervision->daemon, "-c",
                                     node->is->config, NULL};

    assert(node->process == NULL);
    node->process = qc_node_process_start(&s->loop, node->is->name, arguments,
                                          on_node_exit, node);
    if (node->process == NULL) {
        return false;
    }
    s->n_running++;
    return true;
}

/* Closes what keeps the loop running, now that no node does. */
static void end(struct supervisor *s)
{
    for (unsigned i = 0; i < N_STOP_SIGNALS; i++) {
        uv_close((uv_handle_t *)&s->stops[i], NULL);
    }
    uv_close((uv_handle_t *)&s->next_look, NULL);
    uv_close((uv_handle_t *)&s->last_stop, NULL);
    qc_control_close(&s->control);
    qc_observer_done(&s->observer);
    unlink(QC_DEV_SOCKET);
}

static void on_node_exit(void *ctx, int64_t status, int signal)
{
    struct node *node = ctx;
    struct supervisor *s = node->supervisor;

    node->process = NULL;
    s->n_running--;
    if (signal != 0) {
        printf("%s  ended by signal %d\n", node->is->name, signal);
    } else if (status != 0 || !s->stopping) {
        printf("%s  ended with status %d\n", node->is->name, (int)status);
    }
    fflush(stdout);
    if (s->stopping && s->n_running == 0) {
        end(s);
    }
}

static void signal_all(struct supervisor *s, int signal)
{
    for (unsigned i = 0; i < s->supervision->dev->n_nodes; i++) {
        if (s->nodes[i].process != NULL) {
            qc_node_process_kill(s->nodes[i].process, signal);
        }
    }
}

static void on_stop_too_slow(uv_timer_t *timer)
{
    signal_all(timer->data, SIGKILL);
}

static void stop(struct supervisor *s, enum qc_exit exit)
{
    if (s->stopping) {
        return;
    }
    s->stopping = true;
    s->exit = exit;
    uv_timer_stop(&s->next_look);
    uv_timer_start(&s->last_stop, on_stop_too_slow, STOP_WITHIN_MS, 0);
    signal_all(s, SIGTERM);
    if (s->n_running == 0) {
        end(s);
    }
}

static void on_signal(uv_signal_t *signal, int number)
{
    (void)number;
    stop(signal->data, QC_EXIT_OK);
}

static void on_ready_too_slow(uv_timer_t *timer)
{
    struct supervisor *s = timer->data;

    fprintf(stderr, "qcctl: not ready within %d s: %s\n",
            READY_WITHIN_MS / 1000,
            qc_verdict_text(qc_verdict_of(&s->observer)));
    stop(s, QC_EXIT_TIMED_OUT);
}

static void on_look_due(uv_timer_t *timer);

static void on_looked(void *ctx)
{
    struct supervisor *s = ctx;
    const struct qc_node_view *leader = qc_observer_leader(&s->observer);
    bool ready = leader != NULL;

    if (s->stopping) {
        return;
    }
    /* One that has ended, as a removed node does, is not waited for. */
    for (unsigned i = 0; ready && i < s->observer.endpoints.n; i++) {
        ready = s->nodes[i].process == NULL ||
                qc_observer_in_place(&s->observer.views[i], leader);
    }
    if (!ready) {
        uv_timer_start(&s->next_look, on_look_due, LOOK_EVERY_MS, 0);
        return;
    }
    uv_timer_stop(&s->last_stop);
    s->supervision->ready(s->supervision->ctx,
                          s->nodes[leader - s->observer.views].is->name);
}

static void on_look_due(uv_timer_t *timer)
{
    struct supervisor *s = timer->data;

    if (!qc_observer_look(&s->observer, 0, LOOK_TIMEOUT_MS, on_looked, s)) {
        uv_timer_start(&s->next_look, on_look_due, LOOK_EVERY_MS, 0);
    }
}

static void answer_status(const struct supervisor *s, char *answer)
{
    size_t used = 0;

    for (unsigned i = 0; i < s->supervision->dev->n_nodes; i++) {
        const struct node *node = &s->nodes[i];
        int pid =
            node->process != NULL ? qc_node_process_pid(node->process) : 0;

        used += (size_t)snprintf(answer + used, QC_CONTROL_ANSWER_SIZE - used,
                                 "%s %s %d\n", node->is->name,
                                 node->is->address, pid);
        assert(used < QC_CONTROL_ANSWER_SIZE);
    }
}

/* Does "kill 2" and the like. */
static const char *act(struct supervisor *s, const char *line)
{
    bool kill = strncmp(line, "kill ", 5) == 0;
    bool start = strncmp(line, "start ", 6) == 0;
    unsigned long id = strtoul(line + (kill ? 5 : start ? 6 : 0), NULL, 10);
    struct node *node;

    if ((!kill && !start) || id == 0 || id > s->supervision->dev->n_nodes) {
        return "no such node";
    }
    node = &s->nodes[id - 1];
    if (kill && node->process == NULL) {
        return "it is down";
    }
    if (start && (node->process != NULL || s->stopping)) {
        return "it is up";
    }
    if (kill) {
        qc_node_process_kill(node->process, SIGKILL);
    } else if (!node_start(node)) {
        return "it cannot be started";
    }
    return "ok";
}

/* Makes one more node, which waits to be added to the cluster, and starts it.
 */
static void add(struct supervisor *s, char *answer)
{
    struct qc_dev *dev = s->supervision->dev;
    struct node *node = &s->nodes[dev->n_nodes];

    if (s->stopping || !qc_dev_add(dev)) {
        snprintf(answer, QC_CONTROL_ANSWER_SIZE, "no node can be added\n");
        return;
    }
    node->supervisor = s;
    node->is = &dev->nodes[dev->n_nodes - 1];
    if (!qc_supervisor_init_nodes(s->supervision) || !node_start(node)) {
        snprintf(answer, QC_CONTROL_ANSWER_SIZE, "it cannot be started\n");
        return;
    }
    snprintf(answer, QC_CONTROL_ANSWER_SIZE, "ok %s\n", node->is->address);
}

static void on_control(void *ctx, const char *line, char *answer)
{
    struct supervisor *s = ctx;

    if (strcmp(line, "status") == 0) {
        answer_status(s, answer);
    } else if (strcmp(line, "add") == 0) {
        add(s, answer);
    } else {
        snprintf(answer, QC_CONTROL_ANSWER_SIZE, "%s\n", act(s, line));
    }
}

static void handles_init(struct supervisor *s)
{
    for (unsigned i = 0; i < N_STOP_SIGNALS; i++) {
        uv_signal_init(&s->loop, &s->stops[i]);
        s->stops[i].data = s;
        uv_signal_start(&s->stops[i], on_signal, STOP_SIGNALS[i]);
    }
    uv_timer_init(&s->loop, &s->next_look);
    uv_timer_init(&s->loop, &s->last_stop);
    s->next_look.data = s;
    s->last_stop.data = s;
    uv_timer_start(&s->next_look, on_look_due, 0, 0);
    uv_timer_start(&s->last_stop, on_ready_too_slow, READY_WITHIN_MS, 0);
}

enum qc_exit qc_supervise(const struct qc_supervision *supervision)
{
    struct supervisor s = {.supervision = supervision};
    bool ok = true;
    int r;

    if (!qc_dev_credentials(supervision->dev, &s.credentials)) {
        return QC_EXIT_FAILED;
    }
    if (uv_loop_init(&s.loop) != 0) {
        qc_credentials_done(&s.credentials);
        return QC_EXIT_FAILED;
    }
    /* Nobody may read what we print; the nodes go on. */
    signal(SIGPIPE, SIG_IGN);
    if (!qc_observer_init(&s.observer, &s.loop, supervision->dev->endpoints,
                          &s.credentials)) {
        fprintf(stderr, "qcctl: out of memory\n");
        ok = false;
    }
    handles_init(&s);
    r = qc_control_open(&s.control, &s.loop, QC_DEV_SOCKET, on_control, &s);
    if (r != 0) {
        fprintf(stderr, "qcctl: %s: %s\n", QC_DEV_SOCKET, uv_strerror(r));
        ok = false;
    }
    for (unsigned i = 0; i < supervision->dev->n_nodes; i++) {
        s.nodes[i].supervisor = &s;
        s.nodes[i].is = &supervision->dev->nodes[i];
        ok = ok && node_start(&s.nodes[i]);
    }
    if (!ok) {
        stop(&s, QC_EXIT_FAILED);
    }
    uv_run(&s.loop, UV_RUN_DEFAULT);
    r = uv_loop_close(&s.loop);
    assert(r == 0);
    qc_credentials_done(&s.credentials);
    return s.exit;
}

struct ended {
    int64_t status;
    int signal;
};

static void on_init_exit(void *ctx, int64_t status, int signal)
{
    *(struct ended *)ctx = (struct ended){status, signal};
}

bool qc_supervisor_init_nodes(const struct qc_supervision *supervision)
{
    bool ok = true;
    uv_loop_t loop;
    int r;

    if (uv_loop_init(&loop) != 0) {
        return false;
    }
    for (unsigned i = 0; ok && i < supervision->dev->n_nodes; i++) {
        const struct qc_dev_node *node = &supervision->dev->nodes[i];
        const char *const arguments[] = {supervision->daemon,
                                         node->joins ? "--join" : "--init",
                                         "-c", node->config, NULL};
        struct ended ended = {.status = 0};

        if (qc_dev_is_initialised(node)) {
            continue;
        }
        ok = qc_node_process_start(&loop, node->name, arguments, on_init_exit,
                                   &ended) != NULL;
        uv_run(&loop, UV_RUN_DEFAULT);
        if (ended.status != 0 || ended.signal != 0) {
            fprintf(stderr, "qcctl: %s: its data directory was not made\n",
                    node->name);
            ok = false;
        }
    }
    r = uv_loop_close(&loop);
    assert(r == 0);
    return ok;
}
