/*
 * qcload: asks one node, or one of etcd's, for one workload, and says how long
 * it took, as one object of JSON. Exit status 1, and no figure, when anything
 * was not as it should be; 2 for a wrong command line.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "cluster-tests/bench/load/driver.h"
#include "cluster-tests/bench/load/wire.h"

static const char USAGE[] =
    "usage: qcload WORKLOAD --endpoint HOST:PORT [--tenant KEY] [--subject "
    "KEY]\n"
    "       [--keys N] [--connections N] [--streams N] [--warm-up MS]\n"
    "       [--time MS | --operations N] [--rate N] [--seed N] [--ids FILE]\n"
    "\n"
    "workloads:\n"
    "  put         PutBranch with a name of 128 bytes, of a random key\n"
    "  get         GetBranch, linearizable\n"
    "  attach      AttachContext of 128 bytes, of a random one of the "
    "allocations\n"
    "              in --ids, one a line\n"
    "  take        AllocateNumber\n"
    "  visit       AllocateNumber, then ReleaseAllocation\n"
    "  contact     EnqueueInteraction, AcceptOffer, ReportCallEvent that it "
    "has\n"
    "              ended, of as many agents as there are streams, agent0000 "
    "on\n"
    "  pause       SetAgentState, twice: an agent goes, and comes back; as "
    "many\n"
    "              agents as there are streams, clerk0000 on\n"
    "  queue       EnqueueInteraction while nobody is idle\n"
    "  estimate    GetEstimatedWait, linearizable, while --keys wait\n"
    "  numbers     ImportConfig of 500 numbers of the pool bench, --keys in "
    "all\n"
    "  etcd-put    Put of etcd: 16 bytes of key, 128 of value\n"
    "  etcd-range  Range of etcd: one key, linearizable\n"
    "  etcd-fill   Txn of etcd: 128 puts of 16 bytes of key, 100 of value, "
    "--keys\n"
    "              in all\n"
    "  etcd-visit  Range of one key, Txn that deletes it if it is as it was, "
    "both\n"
    "              again if it is not, then Put of it\n"
    "  redis-set   SET of Redis, and WAIT 1: 16 bytes of key, 128 of value\n"
    "  redis-visit SPOP and WAIT 1, then SADD and WAIT 1\n"
    "\n"
    "Without --rate it is a closed loop: on each stream of each connection "
    "one\n"
    "operation follows the other. With it operations are due at random times,\n"
    "that many a second, and their latencies count from when they were due.\n"
    "--operations does so many, on keys in turn, and measures all. Of Redis, "
    "which\n"
    "answers one WAIT of a connection after the other, a connection has one "
    "stream.\n"
    "After SIGTERM nothing more begins, and what is under way is waited for.\n";

enum {
    CONNECTIONS_MAX = 4096,
    STREAMS_MAX = 100, /* As many as a node allows on a connection. */
    MS_MAX = 3600 * 1000,
    COUNT_MAX = 100000000,
    US_PER_S = 1000000,
    IDS_MAX = 100000,
};

/* An option with a number, and where that goes. */
struct number {
    const char *name;
    size_t offset;
    uint64_t min;
    uint64_t max;
};

#define NUMBER(name, field, min, max)                             \
    {                                                             \
        "--" name, offsetof(struct qc_load_plan, field), min, max \
    }

static const struct number NUMBERS[] = {
    NUMBER("keys", n_keys, 1, COUNT_MAX),
    NUMBER("connections", n_connections, 1, CONNECTIONS_MAX),
    NUMBER("streams", n_streams, 1, STREAMS_MAX),
    NUMBER("warm-up", warm_up_ms, 0, MS_MAX),
    NUMBER("time", measured_ms, 1, MS_MAX),
    NUMBER("operations", n_operations, 1, COUNT_MAX),
    NUMBER("rate", rate, 1, US_PER_S),
};

static bool number_read(const char *text, uint64_t max, uint64_t *number_out)
{
    char *end;

    errno = 0;
    *number_out = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 &&
           *number_out <= max;
}

/* One id a line; there are as many keys as ids then, whatever else was said.
 * They live as long as the program does. */
static bool ids_read(struct qc_load_plan *plan, const char *path)
{
    static char ids[IDS_MAX][QC_LANE_ID_SIZE];
    FILE *file = fopen(path, "re");
    uint32_t n = 0;

    if (file == NULL) {
        return false;
    }
    while (n < IDS_MAX && fgets(ids[n], (int)sizeof(ids[n]), file) != NULL) {
        ids[n][strcspn(ids[n], "\n")] = '\0';
        n++;
    }
    fclose(file);
    plan->ids = (const char(*)[QC_LANE_ID_SIZE])ids;
    plan->n_keys = n;
    return n > 0;
}

static bool option_read(struct qc_load_plan *plan,
                        const char *name,
                        const char *value,
                        const char **ids_path_out)
{
    uint64_t number;

    for (size_t i = 0; i < sizeof(NUMBERS) / sizeof(NUMBERS[0]); i++) {
        if (strcmp(name, NUMBERS[i].name) == 0) {
            if (!number_read(value, NUMBERS[i].max, &number) ||
                number < NUMBERS[i].min) {
                return false;
            }
            *(uint32_t *)((char *)plan + NUMBERS[i].offset) = (uint32_t)number;
            return true;
        }
    }
    if (strcmp(name, "--endpoint") == 0) {
        plan->endpoint = value;
    } else if (strcmp(name, "--tenant") == 0) {
        plan->tenant = value;
    } else if (strcmp(name, "--subject") == 0) {
        plan->subject = value;
    } else if (strcmp(name, "--ids") == 0) {
        *ids_path_out = value;
    } else {
        return strcmp(name, "--seed") == 0 &&
               number_read(value, UINT64_MAX, &plan->seed);
    }
    return true;
}

static bool plan_read(struct qc_load_plan *plan, int argc, char **argv)
{
    const char *ids_path = NULL;

    *plan = (struct qc_load_plan){
        .subject = "bench",
        .n_keys = 10000,
        .n_connections = 1,
        .n_streams = 1,
        .warm_up_ms = 1000,
        .measured_ms = 3000,
        .seed = 1,
    };
    if (argc < 2 || argc % 2 != 0) {
        return false;
    }
    plan->workload = qc_workload_named(argv[1]);
    for (int i = 2; i < argc; i += 2) {
        if (!option_read(plan, argv[i], argv[i + 1], &ids_path)) {
            return false;
        }
    }
    if (ids_path != NULL && !ids_read(plan, ids_path)) {
        return false;
    }
    return plan->workload != NULL && plan->endpoint != NULL &&
           plan->workload->of_ids == (plan->ids != NULL) &&
           (plan->workload->wire != &qc_load_wire_redis ||
            plan->n_streams == 1);
}

/* Processor time of this process so far. */
static uint64_t own_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) *
               US_PER_S +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void report(const struct qc_load_plan *plan,
                   const struct qc_load_record *record)
{
    printf("{\"workload\": \"%s\", \"connections\": %" PRIu32
           ", \"streams\": %" PRIu32 ", \"keys\": %" PRIu32
           ", \"rate\": %" PRIu32 ", \"seed\": %" PRIu64 ",\n",
           plan->workload->name, plan->n_connections, plan->n_streams,
           plan->n_keys, plan->rate, plan->seed);
    printf("\"operations\": %" PRIu64 ", \"acks\": %" PRIu64
           ", \"lost\": %" PRIu64 ", \"elapsed_ns\": %" PRIu64
           ", \"per_second\": %.1f,\n",
           record->n_operations, record->n_acks, record->n_lost,
           record->elapsed_ns,
           (double)record->latency.n * 1e9 / (double)record->elapsed_ns);
    printf("\"behind_max_us\": %" PRIu64 ", \"client_cpu_us\": %" PRIu64
           ",\n\"latency\": ",
           record->behind_max_us, own_us());
    qc_latency_write(&record->latency, stdout);
    printf(",\n\"calls\": [");
    for (unsigned i = 0; i < plan->workload->n_steps; i++) {
        printf("%s\n{\"path\": \"%s\", \"latency\": ", i > 0 ? "," : "",
               plan->workload->steps[i].path);
        qc_latency_write(&record->calls[i], stdout);
        printf("}");
    }
    printf("]}\n");
}

int main(int argc, char **argv)
{
    static struct qc_load_record record;
    struct qc_load_plan plan;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(USAGE, stdout);
        return 0;
    }
    if (!plan_read(&plan, argc, argv)) {
        fputs(USAGE, stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    if (!qc_load_run(&plan, &record)) {
        fprintf(stderr, "qcload: %s: %s\n", plan.workload->name,
                record.failure);
        return EXIT_FAILURE;
    }
    report(&plan, &record);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
