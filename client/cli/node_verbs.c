/* qcctl node step-down, drain, undrain, and config reload: what is told to a
 * node that runs. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "cli/inquiry.h"
#include "cli/patience.h"
#include "cli/roster.h"
#include "cli/words.h"

enum {
    LOOK_EVERY_MS = 100,
    FAILED_LOOKS_MAX = 3, /* In a row. */
    ARENA_SIZE_MAX = 64 * 1024,
    PROGRESS_SIZE = 160,
};

/* Says on stderr that nobody leads, and how qcctl ends for it. */
static enum qc_exit no_leader(const struct qc_roster *roster)
{
    fprintf(stderr, "qcctl: %s\n",
            roster->teller == NULL ? "no node answers" : "no node leads");
    return QC_EXIT_UNREACHABLE;
}

/* Waits until another node than |old| leads, and says who. */
static enum qc_exit wait_for_another(const struct qc_options *options,
                                     uint64_t old)
{
    int64_t deadline_ms = qc_patience_now_ms() + options->timeout_ms;
    struct qc_roster roster;

    do {
        if (!qc_roster_look(&roster, options)) {
            return QC_EXIT_FAILED;
        }
        if (roster.leader != NULL && roster.leader->node_id != old) {
            printf("node %" PRIu64 " leads\n", roster.leader->node_id);
            return QC_EXIT_OK;
        }
    } while (qc_patience_pause(deadline_ms, LOOK_EVERY_MS));
    fprintf(stderr, "qcctl: node %" PRIu64 " still leads, or nobody does\n",
            old);
    return QC_EXIT_TIMED_OUT;
}

enum qc_exit qc_node_step_down(const struct qc_verb *verb,
                               const struct qc_options *options)
{
    Qc__V1__StepDownRequest request = QC__V1__STEP_DOWN_REQUEST__INIT;
    struct qc_client_answer answer;
    struct qc_roster roster;
    struct qc_words words;
    struct qc_arena arena;
    enum qc_exit exit;

    if (!qc_words_read(verb, options, 0, 0, &words) ||
        !qc_roster_look(&roster, options)) {
        return QC_EXIT_USAGE;
    }
    if (roster.leader == NULL) {
        return no_leader(&roster);
    }
    if (words.to == roster.leader->node_id) {
        printf("node %" PRIu64 " leads\n", words.to);
        return QC_EXIT_OK;
    }
    request.to_node_id = words.to;
    qc_arena_init(&arena, ARENA_SIZE_MAX);
    exit =
        qc_inquiry_ask_once(options, roster.leader->address, &qc_rpc_step_down,
                            &request.base, &arena, &answer);
    qc_arena_done(&arena);
    return exit == QC_EXIT_OK
               ? wait_for_another(options, roster.leader->node_id)
               : exit;
}

/* The address of the node that the words name: by its id, its endpoint, or as
 * the only endpoint there is. Says on stderr why they name none. */
static enum qc_exit choose_node(const struct qc_options *options,
                                const struct qc_words *words,
                                char address_out[QC_ENDPOINT_SIZE])
{
    const char *said = words->n_bare > 0 ? words->bare[0] : options->endpoints;
    const struct qc_roster_member *member;
    struct qc_roster roster;
    uint64_t node_id;

    if (!qc_node_id_read(said, &node_id)) {
        if (strchr(said, ',') != NULL || strlen(said) >= QC_ENDPOINT_SIZE) {
            fprintf(stderr, "qcctl: which node? Say its id or its address\n");
            return QC_EXIT_USAGE;
        }
        snprintf(address_out, QC_ENDPOINT_SIZE, "%s", said);
        return QC_EXIT_OK;
    }
    if (!qc_roster_look(&roster, options)) {
        return QC_EXIT_USAGE;
    }
    if (roster.teller == NULL) {
        return no_leader(&roster);
    }
    member = qc_roster_find(&roster, node_id);
    if (member == NULL) {
        fprintf(stderr, "qcctl: node %" PRIu64 " is no member\n", node_id);
        return QC_EXIT_FAILED;
    }
    snprintf(address_out, QC_ENDPOINT_SIZE, "%s",
             member->view != NULL ? member->view->address : member->address);
    return QC_EXIT_OK;
}

/* What the node still has to do, when that is not what was told last. */
static void tell_progress(const struct qc_node_view *view,
                          char told[PROGRESS_SIZE])
{
    char now[PROGRESS_SIZE];

    snprintf(now, sizeof(now),
             "%s, %" PRIu64 " calls, %" PRIu64 " streams, %" PRIu64
             " requests, %" PRIu64 " connections",
             qc_role_name(view->role), view->calls, view->streams,
             view->open_requests, view->connections);
    if (strcmp(now, told) != 0) {
        fprintf(stderr, "node %" PRIu64 ": %s\n", view->node_id, now);
        memcpy(told, now, sizeof(now));
    }
}

/* Waits until the node says that it has drained. It asks its clients to go,
 * this one too, so a look may fail. */
static enum qc_exit wait_until_drained(const struct qc_options *options,
                                       const char *address,
                                       int64_t wait_ms)
{
    int64_t deadline_ms = qc_patience_now_ms() + wait_ms;
    char told[PROGRESS_SIZE] = "";
    struct qc_observer observer;
    const struct qc_node_view *view = &observer.views[0];
    unsigned n_failed = 0;

    do {
        if (!qc_roster_look_at_one(&observer, options, address)) {
            return QC_EXIT_FAILED;
        }
        if (!view->answered) {
            if (++n_failed < FAILED_LOOKS_MAX) {
                continue;
            }
            fprintf(stderr, "qcctl: %s: %s\n", address, view->trouble);
            return QC_EXIT_UNREACHABLE;
        }
        n_failed = 0;
        if (!view->draining) {
            fprintf(stderr,
                    "qcctl: node %" PRIu64 ": somebody has taken it "
                    "back\n",
                    view->node_id);
            return QC_EXIT_FAILED;
        }
        tell_progress(view, told);
        if (view->drained) {
            fprintf(stderr, "node %" PRIu64 ": drained in %" PRIu64 " ms\n",
                    view->node_id, view->draining_ms);
            return QC_EXIT_OK;
        }
    } while (qc_patience_pause(deadline_ms, LOOK_EVERY_MS));
    fprintf(stderr, "qcctl: %s: time ran out; it goes on draining\n", address);
    return QC_EXIT_TIMED_OUT;
}

/* Begins or ends draining. */
static enum qc_exit set_drain(const struct qc_verb *verb,
                              const struct qc_options *options,
                              bool drain)
{
    Qc__V1__SetDrainRequest request = QC__V1__SET_DRAIN_REQUEST__INIT;
    char address[QC_ENDPOINT_SIZE];
    struct qc_client_answer answer;
    struct qc_words words;
    struct qc_arena arena;
    enum qc_exit exit;

    if (!qc_words_read(verb, options, 0, 1, &words)) {
        return QC_EXIT_USAGE;
    }
    exit = choose_node(options, &words, address);
    if (exit != QC_EXIT_OK) {
        return exit;
    }
    request.drain = drain;
    qc_arena_init(&arena, ARENA_SIZE_MAX);
    exit = qc_inquiry_ask_once(options, address, &qc_rpc_set_drain,
                               &request.base, &arena, &answer);
    qc_arena_done(&arena);
    if (exit == QC_EXIT_OK && words.wait) {
        exit = wait_until_drained(options, address, words.wait_ms);
    }
    return exit;
}

enum qc_exit qc_node_drain(const struct qc_verb *verb,
                           const struct qc_options *options)
{
    return set_drain(verb, options, true);
}

enum qc_exit qc_node_undrain(const struct qc_verb *verb,
                             const struct qc_options *options)
{
    return set_drain(verb, options, false);
}

/* "a b", or "none". */
static void print_keys(const char *what, const char **keys, size_t n)
{
    printf("%s:", what);
    for (size_t i = 0; i < n; i++) {
        printf(" %s", keys[i]);
    }
    puts(n > 0 ? "" : " none");
}

enum qc_exit qc_config_reload(const struct qc_verb *verb,
                              const struct qc_options *options)
{
    Qc__V1__ReloadConfigRequest request = QC__V1__RELOAD_CONFIG_REQUEST__INIT;
    const Qc__V1__ReloadConfigResponse *response;
    char address[QC_ENDPOINT_SIZE];
    struct qc_client_answer answer;
    struct qc_words words;
    struct qc_arena arena;
    enum qc_exit exit;

    if (!qc_words_read(verb, options, 0, 1, &words)) {
        return QC_EXIT_USAGE;
    }
    exit = choose_node(options, &words, address);
    if (exit != QC_EXIT_OK) {
        return exit;
    }
    qc_arena_init(&arena, ARENA_SIZE_MAX);
    exit = qc_inquiry_ask_once(options, address, &qc_rpc_reload_config,
                               &request.base, &arena, &answer);
    if (exit == QC_EXIT_OK) {
        response = (const Qc__V1__ReloadConfigResponse *)answer.response;
        print_keys("changed", response->changed, response->n_changed);
        print_keys("needs a restart", response->needs_restart,
                   response->n_needs_restart);
        printf("certificates: %s\n",
               response->certificates ? "read again" : "none");
    }
    qc_arena_done(&arena);
    return exit;
}
