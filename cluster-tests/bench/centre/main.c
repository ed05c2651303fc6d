/*
 * qcbench-machine: what routing costs one core, without network, log and disk.
 * Exit status 0 when all targets were met, 1 when not, 2 for a wrong command
 * line. See README.md of cluster-tests/bench.
 */
#include <float.h>
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/planted.h"
#include "cluster-tests/bench/centre/centre.h"
#include "cluster-tests/bench/centre/contacts.h"
#include "cluster-tests/bench/centre/report.h"

#ifdef QC_PLANTED
int qc_planted_bug;
#endif

enum {
    EXIT_USAGE = 2,
    CHANGES = 20, /* Of each kind of configuration. */
    READS = 2000, /* Of estimates. */
    SLICES = 5,   /* Of what is measured, of which the least counts. */
    LINE_SIZE = 64,
};

static const char USAGE[] =
    "usage: qcbench-machine [--smoke] [--agents N] [--queues N] [--skills N]\n"
    "       [--waiting N] [--many N] [--contacts N]\n"
    "\n"
    "--waiting is how many wait, --many how many where many are compared with\n"
    "few, --contacts how many go through for each figure. --smoke is a small\n"
    "centre, of which nothing is judged but that it is in order.\n";

struct plan {
    struct centre_size size;
    uint64_t waiting_few;
    uint64_t waiting;
    uint64_t waiting_many;
    uint64_t contacts;
    bool judges;
};

static const struct plan WHOLE = {
    .size = {.agents = 10000, .queues = 2000, .skills = 50},
    .waiting_few = 1000,
    .waiting = 50000,
    .waiting_many = 100000,
    .contacts = 6000,
    .judges = true,
};

static const struct plan SMOKE = {
    .size = {.agents = 300, .queues = 100, .skills = 10},
    .waiting_few = 100,
    .waiting = 1000,
    .waiting_many = 2000,
    .contacts = 500,
};

static const struct {
    const char *name;
    Qc__V1__Ordering ordering;
} orderings[] = {
    {"STRICT", QC__V1__ORDERING__ORDERING_STRICT},
    {"LINEAR", QC__V1__ORDERING__ORDERING_LINEAR},
};

static const struct {
    const char *name;
    Qc__V1__Selection selection;
} selections[] = {
    {"LEAST_OCCUPIED", QC__V1__SELECTION__SELECTION_LEAST_OCCUPIED},
    {"MOST_SKILLED", QC__V1__SELECTION__SELECTION_MOST_SKILLED},
    {"ROUND_ROBIN", QC__V1__SELECTION__SELECTION_ROUND_ROBIN},
    {"LONGEST_IDLE", QC__V1__SELECTION__SELECTION_LONGEST_IDLE},
};

enum {
    N_ORDERINGS = sizeof(orderings) / sizeof(orderings[0]),
    N_SELECTIONS = sizeof(selections) / sizeof(selections[0]),
};

struct bench {
    struct plan plan;
    struct report report;
    struct centre centre;
    struct contacts *contacts;
    struct centre_times times; /* Of the figure that is being taken. */
    double least_us;           /* Of a command, in one of its slices. */
    double n_each;             /* Commands for each contact. */
    struct centre_times tenant_changes;
    struct centre_times queue_changes;
};

static size_t heap_size(void)
{
    struct mallinfo2 heap = mallinfo2();

    return heap.uordblks + heap.hblkhd;
}

/* Lets contacts through, after some of which no time is taken. */
static void measure(struct bench *bench)
{
    struct centre_times *times = &bench->times;
    uint64_t each = bench->plan.contacts / SLICES;

    contacts_run(bench->contacts, each, times);
    centre_times_clear(times);
    bench->least_us = DBL_MAX;
    for (int i = 0; i < SLICES; i++) {
        uint64_t ns = times->sum_ns;
        uint64_t n = times->n_commands;
        double us;

        contacts_run(bench->contacts, each, times);
        us = (double)(times->sum_ns - ns) / 1e3 /
             (double)(times->n_commands - n);
        bench->least_us = us < bench->least_us ? us : bench->least_us;
    }
    bench->n_each = (double)times->n_commands / (double)(each * SLICES);
}

/* How long it takes to estimate a wait: of a hundred reads one is not shorter.
 * In microseconds. */
static double measure_estimates(struct bench *bench)
{
    struct centre_times *times = &bench->times;

    centre_times_clear(times);
    for (uint32_t i = 0; i < READS; i++) {
        centre_estimate(&bench->centre, i % bench->plan.size.skills, times);
    }
    return centre_times_ms(times, 990) * 1e3;
}

static void report_mode(struct bench *bench)
{
    struct centre_times *times = &bench->times;
    struct report *report = &bench->report;

    report_at_least(report, "  commands", "/s", 1e6 / bench->least_us, 20000);
    report_at_least(report, "  contacts", "/s",
                    1e6 / bench->least_us / bench->n_each, 4000);
    report_told("  entry, p99.9", "ms", centre_times_ms(times, 999));
    report_at_most(report, "  entry, greatest", "ms",
                   centre_times_ms(times, 1000), 5);
}

/* Every ordering, and every selection. */
static void measure_modes(struct bench *bench, const char *when)
{
    for (size_t o = 0; o < N_ORDERINGS; o++) {
        centre_put_tenant(&bench->centre, orderings[o].ordering,
                          &bench->tenant_changes);
        for (size_t s = 0; s < N_SELECTIONS; s++) {
            char mode[LINE_SIZE];

            for (uint32_t q = 0; q < bench->plan.size.queues; q++) {
                centre_put_queue(&bench->centre, q, selections[s].selection,
                                 &bench->queue_changes);
            }
            measure(bench);
            snprintf(mode, sizeof(mode), "%s, %s, %s", when, orderings[o].name,
                     selections[s].name);
            report_heading(mode);
            report_mode(bench);
        }
    }
}

static void measure_changes(struct bench *bench)
{
    struct centre_times agents = {.ns = NULL};
    struct centre_times subjects = {.ns = NULL};
    struct report *report = &bench->report;

    for (uint32_t i = 0; i < CHANGES; i++) {
        centre_put_agent(&bench->centre,
                         centre_draw(&bench->centre, bench->plan.size.agents),
                         i + 1, &agents);
        centre_put_subject(&bench->centre, i % bench->plan.size.skills, 8,
                           &subjects);
    }
    report_at_most(report, "PutAgent with other skills, greatest", "ms",
                   centre_times_ms(&agents, 1000), 50);
    report_at_most(report, "PutSubject with other steps, greatest", "ms",
                   centre_times_ms(&subjects, 1000), 50);
    report_at_most(report, "PutQueue, greatest", "ms",
                   centre_times_ms(&bench->queue_changes, 1000), 50);
    report_told("PutTenant with another ordering, greatest", "ms",
                centre_times_ms(&bench->tenant_changes, 1000));
    centre_times_free(&agents);
    centre_times_free(&subjects);
}

static void measure_waiting(struct bench *bench)
{
    const struct plan *plan = &bench->plan;
    size_t before;

    contacts_fill(bench->contacts, plan->waiting_few);
    before = heap_size();
    contacts_fill(bench->contacts, plan->waiting);
    report_at_most(&bench->report, "memory of one that waits", "bytes",
                   ((double)heap_size() - (double)before) /
                       (double)(plan->waiting - plan->waiting_few),
                   2048);
    measure_modes(bench, "waiting");
    measure_changes(bench);
}

/* What a command costs when few and when many wait, one after the other:
 * nothing else lies between. */
static void measure_growth(struct bench *bench)
{
    struct report *report = &bench->report;
    double few_us;
    double estimate_us;

    contacts_fill(bench->contacts, bench->plan.waiting_few);
    contacts_settle(bench->contacts);
    measure(bench);
    few_us = bench->least_us;
    estimate_us = measure_estimates(bench);
    contacts_fill(bench->contacts, bench->plan.waiting_many);
    contacts_settle(bench->contacts);
    measure(bench);
    report_told("a command, few waiting", "us", few_us);
    report_at_most(report, "a command, many waiting, to that", "times",
                   bench->least_us / few_us, 1.5);
    report_told("an estimate, few waiting, p99", "us", estimate_us);
    report_at_most(report, "an estimate, many waiting, p99, to that", "times",
                   measure_estimates(bench) / estimate_us, 2);
}

static void open_bench(struct bench *bench)
{
    centre_open(&bench->centre, &bench->plan.size);
    bench->contacts = contacts_new(&bench->centre);
}

static void close_bench(struct bench *bench)
{
    centre_verify(&bench->centre);
    report_told("rows in the end", "",
                (double)centre_rows_count(bench->centre.log.rows));
    contacts_free(bench->contacts);
    centre_close(&bench->centre);
}

static bool run(struct bench *bench)
{
    report_head(&bench->report);
    open_bench(bench);
    measure_growth(bench);
    close_bench(bench);
    open_bench(bench);
    measure_modes(bench, "idle");
    measure_waiting(bench);
    close_bench(bench);
    centre_times_free(&bench->times);
    centre_times_free(&bench->tenant_changes);
    centre_times_free(&bench->queue_changes);
    return bench->report.n_broken == 0;
}

/* --- the command line ----------------------------------------------------- */

static bool number_read(const char *text, uint32_t *number_out)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    *number_out = (uint32_t)number;
    return number > 0 && number <= 1000000 && *end == '\0';
}

static bool plan_read(struct plan *plan, int argc, char **argv)
{
    static const struct option options[] = {
        {"smoke", no_argument, NULL, 's'},
        {"agents", required_argument, NULL, 'a'},
        {"queues", required_argument, NULL, 'q'},
        {"skills", required_argument, NULL, 'k'},
        {"waiting", required_argument, NULL, 'w'},
        {"many", required_argument, NULL, 'm'},
        {"contacts", required_argument, NULL, 'c'},
        {NULL, 0, NULL, 0},
    };
    uint32_t number = 0;
    int option;

    *plan = WHOLE;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 's') {
            *plan = SMOKE;
            continue;
        }
        if (option == '?' || !number_read(optarg, &number)) {
            return false;
        }
        switch (option) {
        case 'a':
            plan->size.agents = number;
            break;
        case 'q':
            plan->size.queues = number;
            break;
        case 'k':
            plan->size.skills = number;
            break;
        case 'w':
            plan->waiting = number;
            break;
        case 'm':
            plan->waiting_many = number;
            break;
        default:
            plan->contacts = number;
        }
    }
    return optind == argc && plan->waiting > plan->waiting_few;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    bool is_met;

    if (!plan_read(&bench.plan, argc, argv)) {
        fputs(USAGE, stderr);
        return EXIT_USAGE;
    }
    bench.report.judges = bench.plan.judges;
    is_met = run(&bench);
    if (!bench.plan.judges) {
        printf("1 passed, 0 failed\n"); /* For tally. */
    } else {
        printf("%u targets not met\n", bench.report.n_broken);
    }
    return is_met ? EXIT_SUCCESS : EXIT_FAILURE;
}
