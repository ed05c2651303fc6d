/*
 * qcctl dev up: a cluster on this machine, with one command.
 *
 * In the foreground this process is the supervisor. With --detach a child is,
 * in a session of its own; it tells through a pipe when the cluster answers,
 * and this process waits for that and goes.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/daemon_program.h"
#include "cli/dev_directory.h"
#include "cli/port.h"
#include "cli/supervisor.h"
#include "cli/verb.h"

enum {
    NODES_DEFAULT = 3,
    NODES_MIN = 3, /* Fewer survive no failure, and quorumcalld refuses. */
    BASE_PORT_DEFAULT = 7400,
    PORT_MAX = 65535,
};

struct up {
    const char *dir;
    const char *daemon; /* NULL: to be found. */
    unsigned n_nodes;   /* 0: not said. */
    unsigned base_port; /* The same. */
    bool detach;
    bool tls;
    char daemon_path[PATH_MAX];
};

static bool count_read(const char *text, unsigned max, unsigned *count_out)
{
    char *end = NULL;
    unsigned long count = text != NULL ? strtoul(text, &end, 10) : 0;

    if (count == 0 || count > max || *end != '\0') {
        return false;
    }
    *count_out = (unsigned)count;
    return true;
}

static bool words_read(const struct qc_options *options, struct up *up)
{
    size_t at = 0;
    bool ok = true;

    while (ok && at < options->n_words) {
        const char *value;

        if (qc_options_word(options, &at, "--dir", &up->dir)) {
            ok = up->dir != NULL;
        } else if (qc_options_word(options, &at, "--daemon", &up->daemon)) {
            ok = up->daemon != NULL;
        } else if (qc_options_word(options, &at, "--nodes", &value)) {
            ok = count_read(value, QC_DEV_NODES_MAX, &up->n_nodes) &&
                 up->n_nodes >= NODES_MIN;
        } else if (qc_options_word(options, &at, "--base-port", &value)) {
            ok = count_read(value,
                            PORT_MAX - QC_DEV_NODES_MAX * QC_DEV_PORT_STEP,
                            &up->base_port);
        } else if (strcmp(options->words[at], "--tls") == 0) {
            up->tls = true;
            at++;
        } else {
            ok = strcmp(options->words[at++], "--detach") == 0;
            up->detach = true;
        }
    }
    return ok;
}

/* The nodes that are there, or new ones. A cluster cannot change its addresses
 * by being started: they are in its first configuration. */
static bool choose_nodes(const struct up *up, struct qc_dev *dev)
{
    if (!qc_dev_load(dev)) {
        return false;
    }
    if (dev->n_nodes == 0) {
        return qc_dev_make(
            dev, up->n_nodes > 0 ? up->n_nodes : NODES_DEFAULT,
            (uint16_t)(up->base_port > 0 ? up->base_port : BASE_PORT_DEFAULT),
            up->tls);
    }
    if ((up->n_nodes > 0 && up->n_nodes != dev->n_nodes) ||
        (up->base_port > 0 && up->base_port != dev->nodes[0].port) ||
        (up->tls && !dev->tls)) {
        fprintf(stderr,
                "qcctl: the directory holds a cluster at %s%s: qcctl dev down "
                "--purge removes it\n",
                dev->endpoints, dev->tls ? "" : ", without TLS");
        return false;
    }
    return true;
}

static bool ports_are_free(const struct qc_dev *dev)
{
    bool free = true;

    for (unsigned i = 0; i < dev->n_nodes; i++) {
        free = qc_port_claim(dev->nodes[i].port) && free;
    }
    return free;
}

/* What a client needs that is to be believed, and to believe. */
static void print_credentials(void)
{
    char directory[PATH_MAX];

    if (getcwd(directory, sizeof(directory)) != NULL) {
        printf("  export QUORUMCALL_CACERT=%s/" QC_DEV_CACERT "\n"
               "  export QUORUMCALL_CERT=%s/" QC_DEV_CERT "\n"
               "  export QUORUMCALL_KEY=%s/" QC_DEV_KEY "\n",
               directory, directory, directory);
    }
}

static void print_welcome(const struct qc_dev *dev)
{
    printf("A cluster of %u nodes answers at %s. To go on:\n"
           "\n"
           "  export QUORUMCALL_ENDPOINTS=%s\n",
           dev->n_nodes, dev->endpoints, dev->endpoints);
    if (dev->tls) {
        print_credentials();
    }
    printf("  qcctl cluster status\n"
           "  qcctl config apply client/examples/click-to-call.yaml\n"
           "  qcctl number alloc --tenant demo --subject sales "
           "--phone +447700900123\n"
           "\n");
    fflush(stdout);
}

static void on_ready_in_front(void *ctx, const char *leader)
{
    const struct qc_dev *dev = ctx;

    printf("%s leads\n", leader);
    print_welcome(dev);
}

/* Whoever waits at the other end goes when it reads a byte. */
static void on_ready_behind(void *ctx, const char *leader)
{
    int *fd = ctx;

    printf("%s leads\n", leader);
    fflush(stdout);
    if (write(*fd, "", 1) < 0) {
        perror("qcctl: nobody waits");
    }
    close(*fd);
}

static enum qc_exit run(struct qc_supervision *supervision)
{
    if (!qc_dev_lock()) {
        fprintf(stderr, "qcctl: another qcctl dev up was faster\n");
        return QC_EXIT_FAILED;
    }
    return qc_supervise(supervision);
}

/* Leaves terminal and session; what is printed goes to the log from here on. */
static bool go_behind(void)
{
    int null = open("/dev/null", O_RDONLY);
    int log = open(QC_DEV_LOG, O_WRONLY | O_CREAT | O_APPEND, 0600);

    return setsid() >= 0 && null >= 0 && log >= 0 && dup2(null, 0) == 0 &&
           dup2(log, 1) == 1 && dup2(log, 2) == 2;
}

/* The life of the process in the background. The one between it and its parent
 * ends at once, so that nobody has to wait for it. */
static void supervise_behind(struct qc_supervision *supervision, int ready_fd)
{
    pid_t pid;

    if (!go_behind()) {
        perror("qcctl: " QC_DEV_LOG);
        _exit(QC_EXIT_FAILED);
    }
    pid = fork();
    if (pid != 0) {
        _exit(pid > 0 ? QC_EXIT_OK : QC_EXIT_FAILED);
    }
    supervision->ready = on_ready_behind;
    supervision->ctx = &ready_fd;
    exit((int)run(supervision));
}

static enum qc_exit detach(struct qc_supervision *supervision)
{
    char ready;
    ssize_t n;
    int fds[2];
    pid_t pid;

    fflush(stdout);
    if (pipe(fds) != 0 || (pid = fork()) < 0) {
        perror("qcctl");
        return QC_EXIT_FAILED;
    }
    if (pid == 0) {
        close(fds[0]);
        fcntl(fds[1], F_SETFD, FD_CLOEXEC);
        supervise_behind(supervision, fds[1]);
    }
    close(fds[1]);
    waitpid(pid, NULL, 0);
    do {
        n = read(fds[0], &ready, 1);
    } while (n < 0 && errno == EINTR);
    close(fds[0]);
    if (n != 1) {
        fprintf(stderr, "qcctl: it did not come up: see " QC_DEV_LOG "\n");
        return QC_EXIT_FAILED;
    }
    print_welcome(supervision->dev);
    return QC_EXIT_OK;
}

enum qc_exit qc_dev_up(const struct qc_verb *verb,
                       const struct qc_options *options)
{
    struct up up = {.dir = NULL};
    struct qc_dev dev;
    struct qc_supervision supervision = {
        .dev = &dev,
        .ready = on_ready_in_front,
        .ctx = &dev,
    };
    pid_t supervisor;

    if (!words_read(options, &up)) {
        qc_verb_explain(stderr, verb);
        return QC_EXIT_USAGE;
    }
    supervision.daemon = qc_daemon_find(up.daemon, up.daemon_path);
    if (supervision.daemon == NULL) {
        return QC_EXIT_USAGE;
    }
    if (!qc_dev_enter(up.dir, true)) {
        return QC_EXIT_FAILED;
    }
    supervisor = qc_dev_supervisor();
    if (supervisor != 0) {
        fprintf(stderr, "qcctl: it is up already, by pid %ld\n",
                (long)supervisor);
        return QC_EXIT_FAILED;
    }
    if (!choose_nodes(&up, &dev) || !ports_are_free(&dev) ||
        !qc_supervisor_init_nodes(&supervision)) {
        return QC_EXIT_FAILED;
    }
    return up.detach ? detach(&supervision) : run(&supervision);
}
