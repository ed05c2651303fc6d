/* qcctl dev status, kill, start, down: what one does to a cluster that is up.
 */
#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/control.h"
#include "cli/dev_directory.h"
#include "cli/dev_orphans.h"
#include "cli/observer.h"
#include "cli/output.h"
#include "cli/port.h"
#include "cli/verb.h"

enum {
    DOWN_WITHIN_MS = 30000,
    LOOK_EVERY_MS = 20,
    LOOK_TIMEOUT_MS = 1000,
};

/* The words all of these may have. */
struct words {
    const char *dir;
    const char *node; /* "2", "leader"; NULL: not said. */
    bool purge;
};

/* Reads them, and goes to the directory. */
static enum qc_exit begin(const struct qc_verb *verb,
                          const struct qc_options *options,
                          struct words *words,
                          struct qc_dev *dev)
{
    bool wants_node =
        strcmp(verb->name, "kill") == 0 || strcmp(verb->name, "start") == 0;
    bool may_purge = strcmp(verb->name, "down") == 0;
    size_t at = 0;
    bool ok = true;

    while (ok && at < options->n_words) {
        if (qc_options_word(options, &at, "--dir", &words->dir)) {
            ok = words->dir != NULL;
        } else if (may_purge && strcmp(options->words[at], "--purge") == 0) {
            words->purge = true;
            at++;
        } else {
            ok = wants_node && words->node == NULL;
            words->node = options->words[at++];
        }
    }
    if (!ok || (wants_node && words->node == NULL)) {
        qc_verb_explain(stderr, verb);
        return QC_EXIT_USAGE;
    }
    return qc_dev_enter(words->dir, false) && qc_dev_load(dev) ? QC_EXIT_OK
                                                               : QC_EXIT_FAILED;
}

/* Looks at all nodes once; the views live in |observer|. */
static bool look(const struct qc_dev *dev, struct qc_observer *observer)
{
    struct qc_credentials credentials;
    uv_loop_t loop;
    bool looked = false;
    int r;

    if (!qc_dev_credentials(dev, &credentials)) {
        return false;
    }
    if (uv_loop_init(&loop) != 0) {
        qc_credentials_done(&credentials);
        return false;
    }
    if (qc_observer_init(observer, &loop, dev->endpoints, &credentials)) {
        looked = qc_observer_look_now(observer, 0, LOOK_TIMEOUT_MS);
        qc_observer_done(observer);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    r = uv_loop_close(&loop);
    assert(r == 0);
    qc_credentials_done(&credentials);
    return looked;
}

/* Asks the supervisor. Says on stderr that there is none. */
static bool ask(const char *line, char answer_out[QC_CONTROL_ANSWER_SIZE])
{
    if (qc_dev_supervisor() == 0 ||
        !qc_control_ask(QC_DEV_SOCKET, line, answer_out)) {
        fprintf(stderr, "qcctl: it is not up\n");
        return false;
    }
    return true;
}

/* One line of the supervisor's answer to "status". */
struct status_line {
    char name[QC_DEV_NAME_SIZE];
    char address[QC_ENDPOINT_SIZE];
    char pid[16];
};

static void print_status(const struct qc_options *options,
                         const struct status_line *lines,
                         const struct qc_observer *observer)
{
    struct qc_table *table =
        options->json ? NULL
                      : qc_table_new("node,address,pid,role", options->raw);

    fputs(options->json ? "{\"nodes\":[" : "", stdout);
    for (unsigned i = 0; i < observer->endpoints.n; i++) {
        const struct qc_node_view *view = &observer->views[i];
        const struct status_line *line = &lines[i];
        const char *role = view->answered ? qc_role_name(view->role) : "down";
        const char *const cells[] = {line->name, line->address, line->pid,
                                     role};

        if (options->json) {
            printf("%s{\"node\":\"%s\",\"address\":\"%s\",\"pid\":%s,"
                   "\"role\":\"%s\"}",
                   i > 0 ? "," : "", line->name, line->address, line->pid,
                   role);
        } else if (table != NULL) {
            qc_table_row(table, cells, 4);
        }
    }
    if (options->json) {
        puts("]}");
    } else if (table != NULL) {
        qc_table_print(table);
    }
}

enum qc_exit qc_dev_status(const struct qc_verb *verb,
                           const struct qc_options *options)
{
    struct status_line lines[QC_DEV_NODES_MAX] = {{"", "", ""}};
    char answer[QC_CONTROL_ANSWER_SIZE];
    struct qc_observer observer;
    struct words words = {NULL, NULL, false};
    struct qc_dev dev;
    enum qc_exit exit = begin(verb, options, &words, &dev);
    const char *rest = answer;

    if (exit != QC_EXIT_OK) {
        return exit;
    }
    if (!ask("status", answer)) {
        return QC_EXIT_UNHEALTHY;
    }
    for (unsigned i = 0; i < dev.n_nodes && rest != NULL; i++) {
        if (sscanf(rest, "%15s %262s %15s", lines[i].name, lines[i].address,
                   lines[i].pid) != 3) {
            return QC_EXIT_FAILED;
        }
        rest = strchr(rest, '\n');
        rest = rest != NULL ? rest + 1 : NULL;
    }
    if (!look(&dev, &observer)) {
        return QC_EXIT_FAILED;
    }
    print_status(options, lines, &observer);
    return qc_observer_leader(&observer) != NULL ? QC_EXIT_OK
                                                 : QC_EXIT_UNHEALTHY;
}

/* The number of the node that leads; 0 when none does. */
static uint64_t leading_node(const struct qc_dev *dev)
{
    const struct qc_node_view *leader;
    struct qc_observer observer;

    if (!look(dev, &observer)) {
        return 0;
    }
    leader = qc_observer_leader(&observer);
    return leader != NULL ? (uint64_t)(leader - observer.views) + 1 : 0;
}

/* Has the supervisor do |verb| to the node of |words|. */
static enum qc_exit tell(const struct qc_verb *verb,
                         const struct words *words,
                         const struct qc_dev *dev)
{
    char answer[QC_CONTROL_ANSWER_SIZE];
    char line[QC_CONTROL_LINE_SIZE];
    uint64_t node = strtoul(words->node, NULL, 10);

    if (strcmp(words->node, "leader") == 0) {
        node = leading_node(dev);
        if (node == 0) {
            fprintf(stderr, "qcctl: no node leads\n");
            return QC_EXIT_UNHEALTHY;
        }
    }
    snprintf(line, sizeof(line), "%s %" PRIu64, verb->name, node);
    if (!ask(line, answer)) {
        return QC_EXIT_FAILED;
    }
    if (strcmp(answer, "ok\n") != 0) {
        fprintf(stderr, "qcctl: %s: %s", words->node, answer);
        return QC_EXIT_FAILED;
    }
    printf("%s node%" PRIu64 "\n", verb->name, node);
    return QC_EXIT_OK;
}

enum qc_exit qc_dev_kill(const struct qc_verb *verb,
                         const struct qc_options *options)
{
    struct words words = {NULL, NULL, false};
    struct qc_dev dev;
    enum qc_exit exit = begin(verb, options, &words, &dev);

    return exit == QC_EXIT_OK ? tell(verb, &words, &dev) : exit;
}

enum qc_exit qc_dev_start(const struct qc_verb *verb,
                          const struct qc_options *options)
{
    return qc_dev_kill(verb, options);
}

enum qc_exit qc_dev_add_node(const struct qc_verb *verb,
                             const struct qc_options *options)
{
    struct words words = {NULL, NULL, false};
    char answer[QC_CONTROL_ANSWER_SIZE];
    struct qc_dev dev;
    enum qc_exit exit = begin(verb, options, &words, &dev);

    if (exit != QC_EXIT_OK) {
        return exit;
    }
    if (dev.n_nodes > 0 && !qc_port_claim(qc_dev_next_port(&dev))) {
        return QC_EXIT_FAILED;
    }
    if (!ask("add", answer)) {
        return QC_EXIT_FAILED;
    }
    if (strncmp(answer, "ok ", 3) != 0) {
        fprintf(stderr, "qcctl: %s", answer);
        return QC_EXIT_FAILED;
    }
    printf("node%u waits to be added. To go on:\n\n"
           "  qcctl --endpoints %s member add --wait %s",
           dev.n_nodes + 1, dev.endpoints, answer + 3);
    return QC_EXIT_OK;
}

/* Stops the supervisor, which stops its nodes. False when it does not end. */
static bool stop_supervisor(void)
{
    const struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000000L};
    pid_t pid = qc_dev_supervisor();

    if (pid == 0) {
        return true;
    }
    kill(pid, SIGTERM);
    for (unsigned i = 0; i < DOWN_WITHIN_MS / LOOK_EVERY_MS; i++) {
        if (qc_dev_supervisor() != pid) {
            return true;
        }
        nanosleep(&pause, NULL);
    }
    fprintf(stderr, "qcctl: pid %ld does not end\n", (long)pid);
    return false;
}

enum qc_exit qc_dev_down(const struct qc_verb *verb,
                         const struct qc_options *options)
{
    struct words words = {NULL, NULL, false};
    struct qc_dev dev;
    enum qc_exit exit = begin(verb, options, &words, &dev);

    if (exit != QC_EXIT_OK) {
        return exit;
    }
    if (!stop_supervisor() || !qc_dev_stop_orphans(&dev)) {
        return QC_EXIT_TIMED_OUT;
    }
    if (words.purge) {
        qc_dev_purge(&dev);
    }
    return QC_EXIT_OK;
}
