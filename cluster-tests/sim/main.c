/*
 * qcsim: see README.md and docs/hacking.md.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/planted.h"
#include "cluster-tests/sim/bugs.h"
#include "cluster-tests/sim/children.h"
#include "cluster-tests/sim/scenario.h"
#include "cluster-tests/sim/shrink.h"

#ifdef QC_PLANTED
int qc_planted_bug;
#endif

enum {
    EXIT_USAGE = 2,
    LINES_MAX = 10,   /* Of so few seeds each has a line. */
    TWICE_EVERY = 25, /* Of so many seeds one is run twice. */
};

struct options {
    uint64_t seed;
    uint64_t n;
    unsigned n_jobs;
    bool scenarios;
    bool seeds;
    bool traced;
    bool planted;
    bool shrinks;
    int bug;
    const char *only;
    const char *plan_file;
};

/* What all runs came to. */
struct totals {
    uint64_t n_runs;
    uint64_t n_failed;
    struct sim_result sum;
    uint64_t n_events_again; /* Of second runs, which took time too. */
    double began_s;
};

/* Of all runs so far, on however many cores. */
static double processor_seconds(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_CHILDREN, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void add(struct totals *totals, const struct sim_result *result)
{
    struct sim_result *sum = &totals->sum;

    totals->n_runs++;
    sum->hash += result->hash;
    sum->n_events += result->n_events;
    sum->virtual_us += result->virtual_us;
    sum->n_entries += result->n_entries;
    sum->n_commands += result->n_commands;
    sum->n_acknowledged += result->n_acknowledged;
    sum->n_reads += result->n_reads;
    sum->n_crashes += result->n_crashes;
    sum->n_leaders += result->n_leaders;
    sum->n_checkpoints += result->n_checkpoints;
    sum->n_installs += result->n_installs;
    sum->n_configurations += result->n_configurations;
    sum->n_transfers += result->n_transfers;
    sum->n_faults += result->n_faults;
    sum->n_contacts += result->n_contacts;
    sum->n_offers += result->n_offers;
    sum->n_accepted += result->n_accepted;
    sum->n_ronas += result->n_ronas;
    sum->n_withdrawn += result->n_withdrawn;
}

static void print_totals(const struct totals *totals)
{
    const struct sim_result *sum = &totals->sum;
    double seconds = processor_seconds() - totals->began_s;

    printf("%" PRIu64 " runs, %" PRIu64 " events in %.1f processor s "
           "(%.0f/s), %.0f "
           "virtual s, hash %016" PRIx64 "\n",
           totals->n_runs, sum->n_events, seconds,
           (double)(sum->n_events + totals->n_events_again) / seconds,
           (double)sum->virtual_us / 1e6, sum->hash);
    printf("  %" PRIu64 " entries, %" PRIu64 " commands, %" PRIu64
           " acknowledged, %" PRIu64 " reads\n",
           sum->n_entries, sum->n_commands, sum->n_acknowledged, sum->n_reads);
    printf("  %" PRIu64 " contacts, %" PRIu64 " offers, %" PRIu64
           " accepted, %" PRIu64 " not taken, %" PRIu64 " withdrawn\n",
           sum->n_contacts, sum->n_offers, sum->n_accepted, sum->n_ronas,
           sum->n_withdrawn);
    printf("  %" PRIu64 " faults, %" PRIu64 " crashes, %" PRIu64
           " leaders, %" PRIu64 " checkpoints, %" PRIu64 " installed, %" PRIu64
           " configurations, %" PRIu64 " transfers\n",
           sum->n_faults, sum->n_crashes, sum->n_leaders, sum->n_checkpoints,
           sum->n_installs, sum->n_configurations, sum->n_transfers);
}

static void print_failure(const struct sim_job *job,
                          const struct sim_result *result)
{
    if (job->scenario != NULL) {
        printf("FAILED: %s, %d nodes\n", job->scenario->name,
               (int)job->plan.nodes);
    } else {
        printf("FAILED: seed %" PRIu64 "\n", job->plan.seed);
    }
    printf("  check %d, %s: %s\n", (int)result->check,
           sim_check_name(result->check), result->text);
    printf("  after %" PRIu64 " events, %.3f virtual s\n", result->n_events,
           (double)result->virtual_us / 1e6);
}

/* --- scenarios ------------------------------------------------------------ */

struct scenarios {
    const struct options *options;
    struct totals totals;
    unsigned at;
};

static bool next_scenario(void *ctx, struct sim_job *job_out)
{
    struct scenarios *scenarios = ctx;
    const struct options *options = scenarios->options;
    unsigned n;
    const struct sim_scenario *all = sim_scenarios(&n);

    while (scenarios->at / 2 < n && options->only != NULL &&
           strstr(all[scenarios->at / 2].name, options->only) == NULL) {
        scenarios->at += 2;
    }
    if (scenarios->at / 2 >= n) {
        return false;
    }
    *job_out = (struct sim_job){
        .scenario = &all[scenarios->at / 2],
        .plan.nodes = scenarios->at % 2 == 0 ? 3 : 5,
        .traced = options->traced,
        .bug = options->bug,
    };
    scenarios->at++;
    return true;
}

static bool scenario_ended(void *ctx,
                           const struct sim_job *job,
                           const struct sim_result *result)
{
    struct scenarios *scenarios = ctx;

    add(&scenarios->totals, result);
    if (result->check != SIM_NO_CHECK) {
        print_failure(job, result);
        scenarios->totals.n_failed++;
    } else {
        printf("%s, %d nodes\n", job->scenario->name, (int)job->plan.nodes);
    }
    return true;
}

static uint64_t run_scenarios(const struct options *options, uint64_t *passed)
{
    struct scenarios scenarios = {.options = options};
    const struct sim_children children = {next_scenario, scenario_ended,
                                          &scenarios};

    scenarios.totals.began_s = processor_seconds();
    sim_children_run(&children, options->n_jobs);
    print_totals(&scenarios.totals);
    *passed += scenarios.totals.n_runs - scenarios.totals.n_failed;
    return scenarios.totals.n_failed;
}

/* --- seeds ---------------------------------------------------------------- */

struct seeds {
    const struct options *options;
    struct totals totals;
    struct sim_plan plan; /* Of a file. */
    uint64_t at;
    bool again;         /* The next is the last one again. */
    uint64_t hashes[2]; /* Of the seed that is run twice. */
    uint64_t n_twice;
    bool has_failed;
    struct sim_job failed;
    struct sim_result failure;
};

static bool next_seed(void *ctx, struct sim_job *job_out)
{
    struct seeds *seeds = ctx;
    const struct options *options = seeds->options;

    if (seeds->at == options->n) {
        return false;
    }
    *job_out = (struct sim_job){
        .plan = seeds->plan,
        .perturbed = seeds->again,
        .traced = options->traced,
        .bug = options->bug,
        .number = (size_t)seeds->at,
    };
    if (options->plan_file == NULL) {
        sim_plan_draw(&job_out->plan, options->seed + seeds->at);
    }
    if (seeds->at % TWICE_EVERY == 0 && !seeds->again && !options->traced) {
        seeds->again = true;
    } else {
        seeds->again = false;
        seeds->at++;
    }
    return true;
}

/* Of two runs of one seed, the second must do as the first. */
static void compare(struct seeds *seeds,
                    const struct sim_job *job,
                    struct sim_result *result)
{
    uint64_t *hashes = seeds->hashes;

    if (job->number % TWICE_EVERY != 0 || result->check != SIM_NO_CHECK) {
        return;
    }
    hashes[job->perturbed ? 1 : 0] = result->hash;
    if (hashes[0] == 0 || hashes[1] == 0) {
        return;
    }
    if (hashes[0] != hashes[1]) {
        result->check = SIM_DETERMINISM;
        (void)snprintf(result->text, sizeof(result->text),
                       "with other fresh memory its hash is %016" PRIx64
                       ", not %016" PRIx64,
                       hashes[1], hashes[0]);
    }
    seeds->n_twice++;
    hashes[0] = hashes[1] = 0;
}

static bool seed_ended(void *ctx,
                       const struct sim_job *job,
                       const struct sim_result *result)
{
    struct seeds *seeds = ctx;
    struct sim_result judged = *result;

    compare(seeds, job, &judged);
    if (job->perturbed && judged.check == SIM_NO_CHECK) {
        seeds->totals.n_events_again += judged.n_events;
        return true;
    }
    add(&seeds->totals, &judged);
    if (seeds->options->n <= LINES_MAX && judged.check == SIM_NO_CHECK) {
        printf("seed %" PRIu64 ": hash %016" PRIx64 ", %" PRIu64
               " events, %.1f virtual s\n",
               job->plan.seed, judged.hash, judged.n_events,
               (double)judged.virtual_us / 1e6);
    }
    if (judged.check == SIM_NO_CHECK) {
        return true;
    }
    seeds->totals.n_failed++;
    if (!seeds->has_failed) {
        seeds->has_failed = true;
        seeds->failed = *job;
        seeds->failure = judged;
    }
    return false;
}

static void tell_of_failure(struct seeds *seeds)
{
    print_failure(&seeds->failed, &seeds->failure);
    if (seeds->options->shrinks && seeds->failure.check != SIM_DETERMINISM) {
        sim_shrink(&seeds->failed, &seeds->failure);
        printf("shrunk, it still fails:\n");
        print_failure(&seeds->failed, &seeds->failure);
    }
    printf("its plan, for qcsim --plan FILE --trace:\n");
    sim_plan_write(&seeds->failed.plan, stdout);
}

static bool read_plan(const char *path, struct sim_plan *plan)
{
    FILE *file = fopen(path, "r");
    bool good;

    if (file == NULL) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    good = sim_plan_read(plan, file);
    (void)fclose(file);
    return good;
}

static uint64_t run_seeds(const struct options *options, uint64_t *passed)
{
    struct seeds seeds = {.options = options};
    const struct sim_children children = {next_seed, seed_ended, &seeds};

    if (options->plan_file != NULL &&
        !read_plan(options->plan_file, &seeds.plan)) {
        return 1;
    }
    seeds.totals.began_s = processor_seconds();
    sim_children_run(&children, options->n_jobs);
    if (seeds.has_failed) {
        tell_of_failure(&seeds);
    }
    print_totals(&seeds.totals);
    *passed += seeds.totals.n_runs - seeds.totals.n_failed;
    return seeds.totals.n_failed;
}

/* --- options -------------------------------------------------------------- */

static int tell_usage(FILE *file, int code)
{
    (void)fputs(
        "usage: qcsim [--seed N] [--n N] [--jobs N] [--plan FILE] [--trace]\n"
        "             [--scenarios | --only TEXT] [--seeds] [--no-shrink]\n"
        "             [--bug N] [--planted]\n"
        "Runs directed scenarios, then N seeds from the first on.\n"
        "\n"
        "  --seed N     the first seed (1)\n"
        "  --n N        how many seeds (1)\n"
        "  --jobs N     so many at a time (1)\n"
        "  --plan FILE  runs this plan, as a seed that failed has printed it\n"
        "  --trace      tells what happens, one run at a time\n"
        "  --scenarios  no seeds\n"
        "  --only TEXT  scenarios whose sentence has TEXT, and no seeds\n"
        "  --seeds      no scenarios\n"
        "  --no-shrink  leaves the plan of a seed that fails as it is\n"
        "  --bug N      with planted bug N, in a build of VARIANT=planted\n"
        "  --planted    that each planted bug is seen by the check that must\n"
        "\n"
        "Exit status 1: something failed.\n",
        file);
    return code;
}

static bool number(const char *text, uint64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

static bool read_option(struct options *options, int option, const char *text)
{
    uint64_t value = 0;

    switch (option) {
    case 's':
        return number(text, &options->seed);
    case 'n':
        return number(text, &options->n);
    case 'j':
        options->n_jobs = number(text, &value) ? (unsigned)value : 0;
        return value >= 1 && value <= SIM_JOBS_MAX;
    case 'b':
        options->bug = number(text, &value) ? (int)value : 0;
        return value >= 1 && value < 1000;
    case 'p':
        options->plan_file = text;
        options->scenarios = false;
        return true;
    case 'o':
        options->only = text;
        options->seeds = false;
        return true;
    case 't':
        options->traced = true;
        options->n_jobs = 1;
        return true;
    case 'd':
        options->seeds = false;
        return true;
    case 'e':
        options->scenarios = false;
        return true;
    case 'x':
        options->shrinks = false;
        return true;
    case 'P':
        options->planted = true;
        return true;
    default:
        return false;
    }
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        {"seed", required_argument, NULL, 's'},
        {"n", required_argument, NULL, 'n'},
        {"jobs", required_argument, NULL, 'j'},
        {"plan", required_argument, NULL, 'p'},
        {"trace", no_argument, NULL, 't'},
        {"scenarios", no_argument, NULL, 'd'},
        {"only", required_argument, NULL, 'o'},
        {"seeds", no_argument, NULL, 'e'},
        {"no-shrink", no_argument, NULL, 'x'},
        {"bug", required_argument, NULL, 'b'},
        {"planted", no_argument, NULL, 'P'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct options options = {
        .seed = 1,
        .n = 1,
        .n_jobs = 1,
        .scenarios = true,
        .seeds = true,
        .shrinks = true,
    };
    uint64_t passed = 0;
    uint64_t failed = 0;
    int option;

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): here is one thread. */
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'h') {
            return tell_usage(stdout, 0);
        }
        if (!read_option(&options, option, optarg)) {
            return tell_usage(stderr, EXIT_USAGE);
        }
    }
    if (optind != argc) {
        return tell_usage(stderr, EXIT_USAGE);
    }
    if (options.planted) {
        failed = sim_bugs_run(options.n_jobs, &passed);
    } else {
        failed += options.scenarios ? run_scenarios(&options, &passed) : 0;
        failed += options.seeds ? run_seeds(&options, &passed) : 0;
    }
    printf("%" PRIu64 " passed, %" PRIu64 " failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
