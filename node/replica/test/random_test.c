/*
 * Random histories: crashes, restarts, pauses, partitions and loss, checkpoints
 * at random points and nodes that were away too long to do without one, while
 * callers propose and read everywhere. What must always hold is checked by the
 * cluster at every step; what must hold in the end, here.
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
#include "replica/test/checkpoints.h"
#include "replica/test/cluster.h"

enum {
    N_SEEDS = 200,
    N_STEPS = 9000,
};

static const int64_t PATIENCE_MS = 5000;

struct history {
    struct qc_cluster *cluster;
    unsigned n_nodes;
    unsigned n_proposed;
    unsigned fault_rate; /* One in so many steps. */
};

/* What all histories had together: a fault that is never met proves nothing. */
struct totals {
    uint64_t n_steps;
    unsigned n_acknowledged;
    unsigned n_installed;
    unsigned n_resumed;
    unsigned n_cut_short; /* Crashes while a checkpoint was installed. */
    unsigned n_overtaken; /* Installations during which the leader changed. */
};

static unsigned any_node(struct history *history)
{
    return 1 + (unsigned)qc_cluster_random(history->cluster, history->n_nodes);
}

/* A retry of something recent, as often as something new. */
static void propose(struct history *history)
{
    unsigned number = history->n_proposed + 1;

    if (number > 10 && qc_cluster_random(history->cluster, 2) == 0) {
        number -= 1 + (unsigned)qc_cluster_random(history->cluster, 10);
    }
    if (number < QC_CLUSTER_NUMBERS_MAX &&
        qc_cluster_propose(history->cluster, any_node(history), number,
                           PATIENCE_MS) &&
        number > history->n_proposed) {
        history->n_proposed = number;
    }
}

static void fault(struct history *history)
{
    struct qc_cluster *cluster = history->cluster;
    unsigned node = any_node(history);
    bool bad = qc_cluster_random(cluster, 2) == 0;

    switch (qc_cluster_random(cluster, 10)) {
    case 0:
    case 1:
        if (qc_cluster_is_up(cluster, node)) {
            qc_cluster_crash(cluster, node);
        } else {
            qc_cluster_restart(cluster, node);
        }
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
    case 6:
        qc_cluster_set_late_ms(
            cluster, node, bad ? (int64_t)qc_cluster_random(cluster, 2000) : 0);
        break;
    case 7:
        qc_cluster_set_checkpoint_ms(
            cluster, node,
            bad ? 1 + (int64_t)qc_cluster_random(cluster, 3000) : 20);
        break;
    case 8:
        qc_mem_checkpoints_lose(qc_cluster_checkpoints(cluster, node));
        break;
    default:
        qc_cluster_set_skew_ms(
            cluster, node, (int64_t)qc_cluster_random(cluster, 40000) - 20000);
        break;
    }
}

static void end_faults(struct history *history)
{
    struct qc_cluster *cluster = history->cluster;

    qc_cluster_heal(cluster);
    for (unsigned i = 1; i <= history->n_nodes; i++) {
        qc_cluster_pause(cluster, i, false);
        qc_cluster_set_late_ms(cluster, i, 0);
        qc_cluster_set_checkpoint_ms(cluster, i, 20);
        if (!qc_cluster_is_up(cluster, i)) {
            qc_cluster_restart(cluster, i);
        }
    }
}

/* All that was acknowledged is there; nothing is on some nodes only. */
static void judge(const struct history *history)
{
    for (unsigned number = 1; number <= history->n_proposed; number++) {
        unsigned done = qc_cluster_times_done(history->cluster, 1, number);

        if (qc_cluster_outcome(history->cluster, number).acknowledged) {
            assert_int_equal(done, 1);
        }
        for (unsigned i = 2; i <= history->n_nodes; i++) {
            assert_int_equal(qc_cluster_times_done(history->cluster, i, number),
                             done);
        }
    }
}

static bool is_installing(const struct history *history, unsigned node)
{
    return qc_cluster_is_up(history->cluster, node) &&
           qc_cluster_status(history->cluster, node).installing;
}

/* Who installs a checkpoint dies now and then, and so does who leads then. */
static void disturb_installation(struct history *history,
                                 unsigned node,
                                 struct totals *totals)
{
    struct qc_cluster *cluster = history->cluster;
    uint64_t leader;

    if (!is_installing(history, node) || qc_cluster_random(cluster, 64) != 0) {
        return;
    }
    leader = qc_cluster_status(cluster, node).leader_id;
    if (leader == 0 || qc_cluster_random(cluster, 2) == 0) {
        qc_cluster_crash(cluster, node);
        totals->n_cut_short++;
    } else if (qc_cluster_is_up(cluster, (unsigned)leader)) {
        qc_cluster_crash(cluster, (unsigned)leader);
        totals->n_overtaken++;
    }
}

static struct qc_cluster *any_cluster(uint64_t seed)
{
    struct qc_cluster_settings settings = {
        .n_nodes = seed % 2 == 0 ? 3 : 5,
        .seed = seed,
        .checkpoint_entries = seed % 4 == 3 ? 0 : 8 + seed % 33,
        .trailing_entries = seed % 3 == 0 ? 0 : seed % 19,
    };

    return qc_cluster_new_with(&settings);
}

static void count(const struct history *history, struct totals *totals)
{
    totals->n_steps += qc_cluster_n_steps(history->cluster);
    for (unsigned number = 1; number <= history->n_proposed; number++) {
        totals->n_acknowledged +=
            qc_cluster_outcome(history->cluster, number).acknowledged ? 1 : 0;
    }
    for (unsigned i = 1; i <= history->n_nodes; i++) {
        totals->n_installed += qc_cluster_n_installed(history->cluster, i);
        totals->n_resumed += qc_mem_checkpoints_n_resumed(
            qc_cluster_checkpoints(history->cluster, i));
    }
}

static void run(uint64_t seed, struct totals *totals)
{
    struct history history = {.n_nodes = seed % 2 == 0 ? 3 : 5};

    history.cluster = any_cluster(seed);
    history.fault_rate = 20 + (unsigned)qc_cluster_random(history.cluster, 400);
    for (unsigned step = 0; step < N_STEPS; step++) {
        (void)qc_cluster_step(history.cluster, INT64_MAX);
        if (qc_cluster_random(history.cluster, 8) == 0) {
            propose(&history);
        }
        if (qc_cluster_random(history.cluster, 16) == 0) {
            (void)qc_cluster_read(history.cluster, any_node(&history),
                                  PATIENCE_MS);
        }
        if (qc_cluster_random(history.cluster, history.fault_rate) == 0) {
            fault(&history);
        }
        for (unsigned i = 1; i <= history.n_nodes; i++) {
            disturb_installation(&history, i, totals);
        }
    }
    end_faults(&history);
    qc_cluster_run(history.cluster, 2 * PATIENCE_MS);
    qc_cluster_settle(history.cluster);
    judge(&history);
    count(&history, totals);
    qc_cluster_free(history.cluster);
}

static void what_is_acknowledged_survives_every_history(void **state)
{
    const char *only = getenv("QC_SEED");
    struct totals totals = {.n_steps = 0};
    clock_t began = clock();

    (void)state;
    if (only != NULL) {
        run(strtoull(only, NULL, 10), &totals);
    } else {
        for (uint64_t seed = 1; seed <= N_SEEDS; seed++) {
            run(seed, &totals);
        }
    }
    print_message("%llu steps, %u commands, %.0f steps/s; checkpoints: %u "
                  "installed, %u resumed, %u cut short, %u overtaken\n",
                  (unsigned long long)totals.n_steps, totals.n_acknowledged,
                  (double)totals.n_steps /
                      ((double)(clock() - began) / CLOCKS_PER_SEC),
                  totals.n_installed, totals.n_resumed, totals.n_cut_short,
                  totals.n_overtaken);
    if (only == NULL) {
        assert_true(totals.n_acknowledged > 50 * N_SEEDS);
        assert_true(totals.n_installed > N_SEEDS);
        assert_true(totals.n_resumed > N_SEEDS / 10);
        assert_true(totals.n_cut_short > N_SEEDS / 10);
        assert_true(totals.n_overtaken > N_SEEDS / 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_acknowledged_survives_every_history),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
