#include "cluster-tests/sim/bugs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cluster-tests/sim/children.h"
#include "cluster-tests/sim/scenario.h"

struct bug {
    int number;
    enum sim_check must;  /* See it. */
    const char *scenario; /* Tried first, or NULL. */
    const char *text;
};

static const struct bug bugs[] = {
    {1, SIM_COMMITTED_STAYS,
     "entries of an old term are not committed by being counted",
     "commit raised to what a majority stores"},
    {2, SIM_COMMITTED_STAYS,
     "a follower acknowledges only what the leader has sent",
     "acknowledgement raised to the last entry"},
    {3, SIM_ACKNOWLEDGED_SURVIVES, NULL, "answer before commit"},
    {4, SIM_QUORUM_HAS_IT, NULL, "append reported durable while pending"},
    {5, SIM_ROWS_ARE_OF_THEIR_INDEX, NULL, "applied index outside the batch"},
    {6, SIM_READS_ARE_FRESH, NULL, "reads without a confirmed index"},
    {7, SIM_READS_ARE_FRESH,
     "a leader that stood still answers no read from its belief",
     "old leader answers after a pause"},
    {8, SIM_SAME_ANSWER,
     "a retry at a node that installed a checkpoint gets the same answer",
     "stored answers missing from the checkpoint"},
    {9, SIM_SAME_ANSWER, NULL, "stored answers found by content"},
    {10, SIM_SAME_STATE, NULL, "clock in apply"},
    {11, SIM_SAME_STATE, NULL, "dice in apply"},
    {12, SIM_SAME_STATE, NULL, "order of addresses in a pick"},
    {13, SIM_RESTS, NULL, "a number rests a second less"},
    {14, SIM_RELEASE_BY_HOLDER, NULL, "released again after the end"},
    {15, SIM_CAPACITY, NULL, "one more than the limit of a medium"},
    {16, SIM_BACK_ONCE, NULL, "an offer's time-out requeues twice"},
    {17, SIM_NO_IDLE_MATCH, NULL, "index of the ready not updated"},
    {24, SIM_SAME_STATE, "a follower that was down for long gets a checkpoint",
     "checkpoint lacks its last entry"},
    {25, SIM_DAMAGE_STOPS, "a checkpoint that lacks its end is not installed",
     "truncated install accepted"},
    {26, SIM_REFUSAL_HAS_NO_EFFECT,
     "what an old leader has appended may be applied later",
     "leadership lost told as failure"},
    {27, SIM_REFUSAL_HAS_NO_EFFECT, NULL, "a refused release writes"},
    {28, SIM_DAMAGE_STOPS, "a leader whose disk fails stops, and loses nothing",
     "process lives on after EIO"},
    {29, SIM_VERSIONS, "a command of a newer release stops a node",
     "newer command ignored"},
    {31, SIM_READY_AND_ABLE, NULL, "offered to who has just let it ring"},
    {32, SIM_ONE_AGENT, NULL, "anybody accepts"},
    {33, SIM_SUM_OF_CONTACTS, NULL, "brought twice, there twice"},
    {34, SIM_NO_OVERTAKING, NULL, "last come, first served"},
};

enum {
    N_BUGS = sizeof(bugs) / sizeof(bugs[0]),
    SEEDS_MAX = 40,
    RUNS_MAX = SEEDS_MAX + 2,
};

/* How one was seen. */
struct seen {
    bool by_required;
    char by[96];          /* A scenario's name, or "seed 7". */
    enum sim_check first; /* Another check that saw it before. */
    unsigned n_runs;
};

static struct sim_job job_of(const struct bug *bug, unsigned run)
{
    struct sim_job job = {.bug = bug->number, .required = bug->must};

    if (bug->scenario != NULL && run < 2) {
        job.scenario = sim_scenario_of(bug->scenario);
        job.plan.nodes = run == 0 ? 3 : 5;
        return job;
    }
    sim_plan_draw(&job.plan, 1 + run);
    return job;
}

static void look(const struct bug *bug, struct seen *seen)
{
    for (unsigned run = 0; run < RUNS_MAX && !seen->by_required; run++) {
        struct sim_job job = job_of(bug, run);
        struct sim_result result;

        sim_child_run(&job, &result);
        seen->n_runs++;
        if (seen->first == SIM_NO_CHECK) {
            seen->first = result.first;
        }
        if (result.check != bug->must) {
            continue;
        }
        seen->by_required = true;
        if (job.scenario != NULL) {
            (void)snprintf(seen->by, sizeof(seen->by), "%s, %d nodes",
                           job.scenario->name, (int)job.plan.nodes);
        } else {
            (void)snprintf(seen->by, sizeof(seen->by), "seed %" PRIu64,
                           job.plan.seed);
        }
    }
}

uint64_t sim_bugs_run(unsigned n_jobs, uint64_t *passed_out)
{
    uint64_t failed = 0;

    (void)n_jobs;
    printf("%3s  %-42s  %-34s  %-4s  %s\n", "bug", "what", "must be seen by",
           "runs", "seen by");
    for (unsigned i = 0; i < N_BUGS; i++) {
        struct seen seen = {.by_required = false};

        look(&bugs[i], &seen);
        printf("%3d  %-42s  %2d %-31s  %4u  %s", bugs[i].number, bugs[i].text,
               (int)bugs[i].must, sim_check_name(bugs[i].must), seen.n_runs,
               seen.by_required ? seen.by : "NOT SEEN");
        if (seen.first != SIM_NO_CHECK) {
            printf(" (and before by check %d)", (int)seen.first);
        }
        printf("\n");
        (void)fflush(stdout);
        if (seen.by_required) {
            (*passed_out)++;
        } else {
            failed++;
        }
    }
    return failed;
}
