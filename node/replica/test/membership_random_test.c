/*
 * Random histories in which members come, change and go, leadership is handed
 * over, disks fill and connections break, while nodes crash and messages are
 * lost. What must always hold is checked by the cluster at every step; in the
 * end the members are those that were wanted, and hold all that was
 * acknowledged.
 *
 * QC_SEED=n runs that one alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "replica/replica.h"
#include "replica/test/cluster.h"

enum {
    N_SEEDS = 200,
    N_STEPS = 5000,
    N_NODES = QC_CLUSTER_NODES_MAX,
    VOTERS_MIN = 3,
};

static const int64_t PATIENCE_MS = 5000;

struct history {
    struct qc_cluster *cluster;
    enum qc_cluster_role wanted[N_NODES + 1];
    bool was_member[N_NODES + 1]; /* Or is. */
    bool is_gone[N_NODES + 1];    /* Removed, and stopped for good. */
    unsigned n_proposed;
    unsigned n_changes;
};

static unsigned any_node(struct history *history)
{
    return 1 + (unsigned)qc_cluster_random(history->cluster, N_NODES);
}

static bool is_running(const struct history *history, unsigned id)
{
    return qc_cluster_is_up(history->cluster, id);
}

/* --- what operators do --- */

static unsigned n_voters_wanted(const struct history *history)
{
    unsigned n = 0;

    for (unsigned i = 1; i <= N_NODES; i++) {
        n += history->wanted[i] == QC_CLUSTER_VOTER ? 1 : 0;
    }
    return n;
}

static void want(struct history *history, unsigned id)
{
    enum qc_cluster_role role =
        (enum qc_cluster_role)qc_cluster_random(history->cluster, 3);
    bool is_new = !history->was_member[id];

    if (role == history->wanted[id] ||
        (role == QC_CLUSTER_OUT && qc_cluster_random(history->cluster, 2)) ||
        (history->was_member[id] && history->wanted[id] == QC_CLUSTER_OUT) ||
        (history->wanted[id] == QC_CLUSTER_VOTER &&
         n_voters_wanted(history) <= VOTERS_MIN)) {
        return;
    }
    history->wanted[id] = role;
    history->was_member[id] = true;
    history->n_changes++;
    qc_cluster_want(history->cluster, id, role);
    if (is_new) {
        qc_cluster_restart(history->cluster, id);
    }
}

/* A node that some member knows to be removed is told when it calls, which it
 * does sooner or later, and stops. */
static void tell_removed(struct history *history)
{
    unsigned id = any_node(history);
    unsigned by = any_node(history);

    if (history->is_gone[id] || !history->was_member[id] ||
        history->wanted[id] != QC_CLUSTER_OUT || !is_running(history, by) ||
        history->wanted[by] != QC_CLUSTER_VOTER ||
        !qc_cluster_knows_removed(history->cluster, by, id)) {
        return;
    }
    history->is_gone[id] = true;
    if (is_running(history, id)) {
        qc_cluster_crash(history->cluster, id);
    }
}

static void operate(struct history *history)
{
    struct qc_cluster *cluster = history->cluster;
    unsigned id = any_node(history);
    unsigned other = any_node(history);

    switch (qc_cluster_random(cluster, 4)) {
    case 0:
        want(history, id);
        break;
    case 1:
        if (is_running(history, id)) {
            (void)qc_cluster_step_down(
                cluster, id, qc_cluster_random(cluster, 2) == 0 ? other : 0);
        }
        break;
    case 2:
        if (is_running(history, id)) {
            qc_cluster_set_drain(cluster, id,
                                 qc_cluster_random(cluster, 2) == 0);
        }
        break;
    default:
        if (is_running(history, id)) {
            qc_cluster_set_room(cluster, id,
                                (enum qc_room)qc_cluster_random(cluster, 3));
        }
        break;
    }
}

/* --- what happens to them --- */

static void crash_or_restart(struct history *history, unsigned id)
{
    if (is_running(history, id)) {
        qc_cluster_crash(history->cluster, id);
        for (unsigned i = 1; i <= N_NODES; i++) {
            if (i != id) {
                qc_cluster_lose_connection(history->cluster, i, id);
            }
        }
    } else if (history->was_member[id] && !history->is_gone[id]) {
        qc_cluster_restart(history->cluster, id);
    }
}

static void fault(struct history *history)
{
    struct qc_cluster *cluster = history->cluster;
    unsigned node = any_node(history);
    bool bad = qc_cluster_random(cluster, 2) == 0;

    switch (qc_cluster_random(cluster, 7)) {
    case 0:
    case 1:
        crash_or_restart(history, node);
        break;
    case 2:
        qc_cluster_isolate(cluster, node, bad);
        break;
    case 3:
        qc_cluster_cut(cluster, node, any_node(history), bad);
        break;
    case 4:
        qc_cluster_set_loss(cluster,
                            bad ? (unsigned)qc_cluster_random(cluster, 40) : 0);
        break;
    case 5:
        qc_cluster_pause(cluster, node, bad);
        break;
    default:
        if (qc_cluster_random(cluster, 2) == 0) {
            qc_cluster_lose_connection(cluster, node, any_node(history));
        } else {
            qc_cluster_refuse_connection(cluster, node, any_node(history));
        }
        break;
    }
}

static void call(struct history *history)
{
    unsigned number = history->n_proposed + 1;

    if (number < QC_CLUSTER_NUMBERS_MAX &&
        qc_cluster_propose(history->cluster, any_node(history), number,
                           PATIENCE_MS)) {
        history->n_proposed = number;
    }
    if (qc_cluster_random(history->cluster, 2) == 0) {
        (void)qc_cluster_read(history->cluster, any_node(history), PATIENCE_MS);
    }
}

/* --- the end --- */

static void end_faults(struct history *history)
{
    struct qc_cluster *cluster = history->cluster;

    qc_cluster_heal(cluster);
    for (unsigned i = 1; i <= N_NODES; i++) {
        qc_cluster_pause(cluster, i, false);
        if (!history->was_member[i] || history->is_gone[i]) {
            continue;
        }
        if (!is_running(history, i)) {
            qc_cluster_restart(cluster, i);
        }
        qc_cluster_set_drain(cluster, i, false);
        qc_cluster_set_room(cluster, i, QC_ROOM_ENOUGH);
    }
}

static bool is_as_wanted(const struct history *history, unsigned by)
{
    for (unsigned i = 1; i <= N_NODES; i++) {
        if (qc_cluster_role(history->cluster, by, i) != history->wanted[i]) {
            return false;
        }
    }
    return true;
}

/* Until those that are out are stopped, and the others are what they shall be.
 */
static void run_until_as_wanted(struct history *history)
{
    struct qc_cluster *cluster = history->cluster;
    int64_t until_ms = qc_cluster_now_ms(cluster) + 120000;
    bool is_done = false;

    while (!is_done) {
        assert_true(qc_cluster_step(cluster, until_ms));
        tell_removed(history);
        is_done = true;
        for (unsigned i = 1; i <= N_NODES && is_done; i++) {
            bool is_member = history->wanted[i] != QC_CLUSTER_OUT;

            is_done =
                is_member ? is_as_wanted(history, i) : !is_running(history, i);
        }
    }
}

/* All that was acknowledged is there; nothing is on some members only. */
static unsigned judge(const struct history *history)
{
    unsigned n_acknowledged = 0;

    for (unsigned number = 1; number <= history->n_proposed; number++) {
        unsigned n_done = 0;
        unsigned n_members = 0;

        for (unsigned i = 1; i <= N_NODES; i++) {
            if (history->wanted[i] != QC_CLUSTER_OUT) {
                n_members++;
                n_done += qc_cluster_times_done(history->cluster, i, number);
            }
        }
        assert_true(n_done == 0 || n_done == n_members);
        if (qc_cluster_outcome(history->cluster, number).acknowledged) {
            assert_int_equal(n_done, n_members);
            n_acknowledged++;
        }
    }
    return n_acknowledged;
}

static void begin(struct history *history, uint64_t seed)
{
    struct qc_cluster_settings settings = {
        .n_nodes = seed % 2 == 0 ? 3 : 5,
        .seed = seed,
        .checkpoint_entries = seed % 3 == 0 ? 0 : 8 + seed % 57,
        .trailing_entries = seed % 16,
        .version = 2,
        .compare_ms = 1000,
    };

    settings.n_joining = N_NODES - settings.n_nodes;
    history->cluster = qc_cluster_new_with(&settings);
    for (unsigned i = 1; i <= settings.n_nodes; i++) {
        history->wanted[i] = QC_CLUSTER_VOTER;
        history->was_member[i] = true;
    }
}

struct total {
    uint64_t n_steps;
    unsigned n_acknowledged;
    unsigned n_changes;
};

static void run(uint64_t seed, struct total *total)
{
    struct history history = {.n_proposed = 0};
    uint64_t fault_rate;
    uint64_t operation_rate;

    begin(&history, seed);
    fault_rate = 20 + qc_cluster_random(history.cluster, 400);
    operation_rate = 20 + qc_cluster_random(history.cluster, 200);
    for (unsigned step = 0; step < N_STEPS; step++) {
        (void)qc_cluster_step(history.cluster, INT64_MAX);
        if (qc_cluster_random(history.cluster, 8) == 0) {
            call(&history);
        }
        if (qc_cluster_random(history.cluster, operation_rate) == 0) {
            operate(&history);
        }
        if (qc_cluster_random(history.cluster, fault_rate) == 0) {
            fault(&history);
        }
        if (qc_cluster_random(history.cluster, 50) == 0) {
            tell_removed(&history);
        }
    }
    end_faults(&history);
    run_until_as_wanted(&history);
    qc_cluster_run(history.cluster, 2 * PATIENCE_MS);
    qc_cluster_settle(history.cluster);
    total->n_acknowledged += judge(&history);
    total->n_changes += history.n_changes;
    total->n_steps += qc_cluster_n_steps(history.cluster);
    qc_cluster_free(history.cluster);
}

static void members_change_and_nothing_acknowledged_is_lost(void **state)
{
    const char *only = getenv("QC_SEED");
    struct total total = {.n_steps = 0};
    clock_t began = clock();

    (void)state;
    if (only != NULL) {
        run(strtoull(only, NULL, 10), &total);
    } else {
        for (uint64_t seed = 1; seed <= N_SEEDS; seed++) {
            run(seed, &total);
        }
        assert_true(total.n_acknowledged > 20 * N_SEEDS);
        assert_true(total.n_changes > 3 * N_SEEDS);
    }
    print_message("%llu steps, %u commands, %u changes, %.0f steps/s\n",
                  (unsigned long long)total.n_steps, total.n_acknowledged,
                  total.n_changes,
                  (double)total.n_steps /
                      ((double)(clock() - began) / CLOCKS_PER_SEC));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_change_and_nothing_acknowledged_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
