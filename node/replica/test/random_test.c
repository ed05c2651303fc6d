/*
 * Random histories: crashes, restarts, pauses, partitions and loss, while
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
#include "replica/test/cluster.h"

enum {
    N_SEEDS = 200,
    N_STEPS = 5000,
};

static const int64_t PATIENCE_MS = 5000;

struct history {
    struct qc_cluster *cluster;
    unsigned n_nodes;
    unsigned n_proposed;
    unsigned fault_rate; /* One in so many steps. */
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

    switch (qc_cluster_random(cluster, 8)) {
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

static uint64_t run(uint64_t seed, unsigned *n_acknowledged)
{
    struct history history = {.n_nodes = seed % 2 == 0 ? 3 : 5};
    uint64_t n_steps;

    history.cluster = qc_cluster_new(history.n_nodes, seed);
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
    }
    end_faults(&history);
    qc_cluster_run(history.cluster, 2 * PATIENCE_MS);
    qc_cluster_settle(history.cluster);
    judge(&history);
    for (unsigned number = 1; number <= history.n_proposed; number++) {
        *n_acknowledged +=
            qc_cluster_outcome(history.cluster, number).acknowledged ? 1 : 0;
    }
    n_steps = qc_cluster_n_steps(history.cluster);
    qc_cluster_free(history.cluster);
    return n_steps;
}

static void what_is_acknowledged_survives_every_history(void **state)
{
    const char *only = getenv("QC_SEED");
    unsigned n_acknowledged = 0;
    uint64_t n_steps = 0;
    clock_t began = clock();

    (void)state;
    if (only != NULL) {
        n_steps = run(strtoull(only, NULL, 10), &n_acknowledged);
    } else {
        for (uint64_t seed = 1; seed <= N_SEEDS; seed++) {
            n_steps += run(seed, &n_acknowledged);
        }
        assert_true(n_acknowledged > 50 * N_SEEDS);
    }
    print_message("%llu steps, %u commands, %.0f steps/s\n",
                  (unsigned long long)n_steps, n_acknowledged,
                  (double)n_steps /
                      ((double)(clock() - began) / CLOCKS_PER_SEC));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_acknowledged_survives_every_history),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
