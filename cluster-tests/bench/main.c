/*
 * qcbench allocate: what a cluster does in a closed loop, and whether it gave
 * any number to two visits at once. Exit status 0 when at least 99.9 % of the
 * visits were served and none overlapped, 1 when not, 2 for a wrong command
 * line.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster-tests/bench/allocate.h"
#include "cluster-tests/bench/phones.h"
#include "cluster-tests/bench/processor_time.h"

static const char USAGE[] =
    "usage: qcbench allocate [--endpoints H:P,..] [--tenant KEY]\n"
    "       [--subject KEY] [--operations N] [--in-flight N] [--pids N,..]\n"
    "       [--pace US]\n"
    "\n"
    "An operation is a visit: it is given a number, and gives it back.\n"
    "--pids are the server's processes, whose time is counted; --pace keeps\n"
    "two calls apart, so that each is an entry of the log.\n";

enum {
    IN_FLIGHT_MAX = 4096,
    PACE_US_MAX = 999999,
};

struct command {
    struct qc_allocate_plan plan;
    const char *pids;
};

static bool count_read(const char *text, uint32_t max, uint32_t *count_out)
{
    char *end;
    unsigned long count = strtoul(text, &end, 10);

    if (count == 0 || count > max || *end != '\0') {
        return false;
    }
    *count_out = (uint32_t)count;
    return true;
}

static bool option_read(struct command *command,
                        const char *name,
                        const char *value)
{
    struct qc_allocate_plan *plan = &command->plan;

    if (strcmp(name, "--endpoints") == 0) {
        plan->endpoints = value;
    } else if (strcmp(name, "--tenant") == 0) {
        plan->tenant = value;
    } else if (strcmp(name, "--subject") == 0) {
        plan->subject = value;
    } else if (strcmp(name, "--pids") == 0) {
        command->pids = value;
    } else if (strcmp(name, "--pace") == 0) {
        return count_read(value, PACE_US_MAX, &plan->pace_us);
    } else if (strcmp(name, "--operations") == 0) {
        return count_read(value, QC_BENCH_PHONES_MAX, &plan->visits);
    } else {
        return strcmp(name, "--in-flight") == 0 &&
               count_read(value, IN_FLIGHT_MAX, &plan->in_flight);
    }
    return true;
}

static bool command_read(struct command *command, int argc, char **argv)
{
    *command = (struct command){
        .plan = {.endpoints = "127.0.0.1:7400,127.0.0.1:7410,127.0.0.1:7420",
                 .tenant = "bench",
                 .subject = "bench",
                 .visits = 100000,
                 .in_flight = 64},
        .pids = "",
    };
    if (argc < 2 || strcmp(argv[1], "allocate") != 0 || argc % 2 != 0) {
        return false;
    }
    for (int i = 2; i < argc; i += 2) {
        if (!option_read(command, argv[i], argv[i + 1])) {
            return false;
        }
    }
    return true;
}

static int by_value(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return a < b ? -1 : a > b ? 1 : 0;
}

static void print_latency(const char *what, uint32_t *us, uint32_t n)
{
    qsort(us, n, sizeof(*us), by_value);
    if (n > 0) {
        printf("%s_p50_us=%" PRIu32 " %s_p99_us=%" PRIu32 " %s_max_us=%" PRIu32
               "\n",
               what, us[n / 2], what, us[(uint64_t)n * 99 / 100], what,
               us[n - 1]);
    }
}

/* Prints the figures. Whether they are as promised. */
static bool report(const struct command *command,
                   struct qc_allocate_record *record,
                   uint64_t processor_us)
{
    uint64_t visits = command->plan.visits;
    uint64_t ok_ppm = record->n_ok * UINT64_C(1000000) / visits;
    size_t overlaps =
        qc_holdings_overlaps(record->holdings, record->n_holdings);

    printf("operations=%" PRIu64 " ok=%" PRIu64 ".%04" PRIu64
           "%% elapsed_ms=%" PRIu64 " operations_per_s=%" PRIu64 "\n",
           visits, ok_ppm / 10000, ok_ppm % 10000, record->elapsed_ns / 1000000,
           record->n_ok * UINT64_C(1000000000) / record->elapsed_ns);
    print_latency("allocate", record->allocate_us, record->n_ok);
    print_latency("release", record->release_us, record->n_ok);
    if (command->pids[0] != '\0') {
        printf("server_cpu_us_per_operation=%" PRIu64 "\n",
               processor_us / visits);
    }
    printf("overlaps=%zu\n", overlaps);
    if (record->failure[0] != '\0') {
        fprintf(stderr, "qcbench: first failure: %s\n", record->failure);
    }
    return overlaps == 0 && ok_ppm >= 999000;
}

int main(int argc, char **argv)
{
    struct qc_allocate_record record;
    struct command command;
    uint64_t before_us;
    uint64_t after_us;
    bool ran;
    int status = EXIT_FAILURE;

    if (!command_read(&command, argc, argv)) {
        fputs(USAGE, stderr);
        return 2;
    }
    if (!qc_processor_time(command.pids, &before_us)) {
        fprintf(stderr, "qcbench: --pids: no such process\n");
        return 2;
    }
    ran = qc_allocate_run(&command.plan, &record);
    if (!ran || !qc_processor_time(command.pids, &after_us)) {
        fprintf(stderr, "qcbench: it did not run to its end\n");
    } else if (report(&command, &record, after_us - before_us)) {
        status = EXIT_SUCCESS;
    }
    qc_allocate_record_done(&record);
    return status;
}
