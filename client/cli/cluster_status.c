/*
 * qcctl cluster status: how every endpoint is, and whether they agree.
 *
 * All are asked at the same time, then once more for the hash of their state at
 * the lowest index of those they told: there it must be the same everywhere.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "cli/inquiry.h"
#include "cli/observer.h"
#include "cli/output.h"
#include "cli/verb.h"
#include "cli/verdict.h"

enum {
    ALARMS_ARENA_SIZE_MAX = 1024 * 1024,
    ALARMS_TIMEOUT_MS = 2000,
    STATE_SIZE = 64,
};

/* The lowest index of the states that were told; 0 when one is empty. */
static uint64_t lowest_index(const struct qc_observer *observer)
{
    uint64_t lowest = UINT64_MAX;

    for (unsigned i = 0; i < observer->endpoints.n; i++) {
        const struct qc_node_view *view = &observer->views[i];

        if (view->answered && view->hash_index < lowest) {
            lowest = view->hash_index;
        }
    }
    return lowest == UINT64_MAX ? 0 : lowest;
}

/* What is out of the ordinary with a node, "ok" when nothing is. */
static void state_text(const struct qc_node_view *view,
                       char text_out[STATE_SIZE])
{
    const struct {
        bool is;
        const char *word;
    } words[] = {{view->installing, "installing"},
                 {view->draining, "draining"},
                 {view->read_only, "read-only"}};
    size_t used = 0;

    snprintf(text_out, STATE_SIZE, "ok");
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].is) {
            used += (size_t)snprintf(text_out + used, STATE_SIZE - used, "%s%s",
                                     used > 0 ? "," : "", words[i].word);
        }
    }
}

static void row(struct qc_table *table, const struct qc_node_view *view)
{
    char numbers[6][24];
    char hash[64];
    char state[STATE_SIZE];
    const char *const cells[] = {
        numbers[0], view->address, qc_role_name(view->role),
        numbers[1], numbers[2],    numbers[3],
        numbers[4], hash,          numbers[5],
        state,      view->release};
    const uint64_t values[] = {view->node_id,       view->leader_id,
                               view->term,          view->commit_index,
                               view->applied_index, view->open_requests};
    const char *const down[] = {"", view->address, "down", "", "", "", "", "",
                                "", view->trouble};

    if (!view->answered) {
        qc_table_row(table, down, 10);
        return;
    }
    for (size_t i = 0; i < 6; i++) {
        snprintf(numbers[i], sizeof(numbers[i]), "%" PRIu64, values[i]);
    }
    snprintf(hash, sizeof(hash), "%.16s@%" PRIu64, view->state_hash,
             view->hash_index);
    state_text(view, state);
    qc_table_row(table, cells, 11);
}

static void print_table(const struct qc_observer *observer,
                        enum qc_verdict verdict,
                        bool raw)
{
    struct qc_table *table =
        qc_table_new("node,address,role,leader,term,commit,applied,hash,open,"
                     "state,release",
                     raw);

    for (unsigned i = 0; table != NULL && i < observer->endpoints.n; i++) {
        row(table, &observer->views[i]);
    }
    if (table != NULL) {
        qc_table_print(table);
    }
    fprintf(stderr, "%s\n", qc_verdict_text(verdict));
}

static void print_json(const struct qc_observer *observer,
                       enum qc_verdict verdict)
{
    printf("{\"healthy\":%s,\"verdict\":\"%s\",\"nodes\":[",
           verdict == QC_VERDICT_HEALTHY ? "true" : "false",
           qc_verdict_text(verdict));
    for (unsigned i = 0; i < observer->endpoints.n; i++) {
        const struct qc_node_view *view = &observer->views[i];

        printf("%s{\"address\":\"%s\",\"answered\":%s", i > 0 ? "," : "",
               view->address, view->answered ? "true" : "false");
        if (view->answered) {
            printf(",\"node_id\":%" PRIu64
                   ",\"role\":\"%s\",\"leader_id\":%" PRIu64
                   ",\"term\":%" PRIu64 ",\"commit_index\":%" PRIu64
                   ",\"applied_index\":%" PRIu64 ",\"hash_index\":%" PRIu64
                   ",\"state_hash\":\"%s\",\"open_requests\":%" PRIu64
                   ",\"last_index\":%" PRIu64 ",\"first_index\":%" PRIu64
                   ",\"checkpoint_index\":%" PRIu64
                   ",\"loop_stall_us\":%" PRIu64 ",\"version_max\":%" PRIu32
                   ",\"release\":\"%s\",\"draining\":%s,\"read_only\":%s"
                   ",\"installing\":%s",
                   view->node_id, qc_role_name(view->role), view->leader_id,
                   view->term, view->commit_index, view->applied_index,
                   view->hash_index, view->state_hash, view->open_requests,
                   view->last_index, view->first_index, view->checkpoint_index,
                   view->loop_stall_us, view->version_max, view->release,
                   view->draining ? "true" : "false",
                   view->read_only ? "true" : "false",
                   view->installing ? "true" : "false");
        }
        putchar('}');
    }
    puts("]}");
}

static enum qc_verdict observe(struct qc_observer *observer, int64_t timeout_ms)
{
    uint64_t index;

    if (!qc_observer_look_now(observer, 0, timeout_ms)) {
        return QC_VERDICT_NOBODY_ANSWERED;
    }
    index = lowest_index(observer);
    if (index > 0 && !qc_observer_look_now(observer, index, timeout_ms)) {
        return QC_VERDICT_NOBODY_ANSWERED;
    }
    return qc_verdict_of(observer);
}

/* Whether the cluster has raised alarms. A cluster that cannot tell has other
 * troubles, which the verdict says. */
static bool has_alarms(const struct qc_options *options)
{
    Qc__V1__ListAlarmsRequest request = QC__V1__LIST_ALARMS_REQUEST__INIT;
    struct qc_client_answer answer;
    struct qc_inquiry inquiry;
    struct qc_arena arena;
    bool has = false;

    if (!qc_inquiry_open(&inquiry, options)) {
        return false;
    }
    qc_arena_init(&arena, ALARMS_ARENA_SIZE_MAX);
    if (qc_client_ask(inquiry.client, &qc_rpc_list_alarms, &request.base,
                      ALARMS_TIMEOUT_MS, &arena, &answer) &&
        answer.status == QC_STATUS_OK) {
        has =
            ((const Qc__V1__ListAlarmsResponse *)answer.response)->n_alarms > 0;
    }
    qc_arena_done(&arena);
    qc_inquiry_close(&inquiry);
    return has;
}

enum qc_exit qc_cluster_status(const struct qc_verb *verb,
                               const struct qc_options *options)
{
    struct qc_observer observer;
    enum qc_exit exit = QC_EXIT_USAGE;
    enum qc_verdict verdict;
    uv_loop_t loop;
    int r;

    if (options->n_words != 0) {
        qc_verb_explain(stderr, verb);
        return QC_EXIT_USAGE;
    }
    if (uv_loop_init(&loop) != 0) {
        return QC_EXIT_FAILED;
    }
    if (!qc_observer_init(&observer, &loop, options->endpoints,
                          &options->credentials)) {
        qc_credentials_refuse(options->endpoints);
    } else {
        verdict = observe(&observer, options->timeout_ms);
        if (verdict == QC_VERDICT_HEALTHY && has_alarms(options)) {
            verdict = QC_VERDICT_ALARMED;
        }
        if (options->json) {
            print_json(&observer, verdict);
        } else {
            print_table(&observer, verdict, options->raw);
        }
        exit = verdict == QC_VERDICT_HEALTHY           ? QC_EXIT_OK
               : verdict == QC_VERDICT_NOBODY_ANSWERED ? QC_EXIT_UNREACHABLE
                                                       : QC_EXIT_UNHEALTHY;
        qc_observer_done(&observer);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    r = uv_loop_close(&loop);
    assert(r == 0);
    return exit;
}
