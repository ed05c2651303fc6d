#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/planted.h"
#include "cluster-tests/sim/check.h"
#include "cluster-tests/sim/plan.h"
#include "cluster-tests/sim/run.h"
#ifdef QC_PLANTED
int qc_planted_bug;
#endif
static uint64_t seed;
static void end(void)
{
    printf("seed %" PRIu64 ": FAILED %d %s: %s\n", seed, sim_result.check,
           sim_check_name(sim_result.check), sim_result.text);
    exit(1);
}
int main(int argc, char **argv)
{
    uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    sim_trace_is_on = argc > 3;
    sim_check_on_end(end);
    for (; n-- > 0; seed++) {
        struct sim_plan plan;
        clock_t began = clock();
        sim_result = (struct sim_result){.hash = 0};
        if (seed == 0) {
            sim_plan_init(&plan, 0);
        } else {
            sim_plan_draw(&plan, seed);
        }
        sim_run(&plan);
        double s = (double)(clock() - began) / CLOCKS_PER_SEC;
        printf("seed %" PRIu64 ": hash %016" PRIx64 " events %" PRIu64
               " %.0f/s virtual %.1f s entries %" PRIu64 " cmds %" PRIu64
               " acks %" PRIu64 " reads %" PRIu64 " crashes %" PRIu64
               " leaders %" PRIu64 "\n",
               seed, sim_result.hash, sim_result.n_events,
               (double)sim_result.n_events / s,
               (double)sim_result.virtual_us / 1e6, sim_result.n_entries,
               sim_result.n_commands, sim_result.n_acknowledged,
               sim_result.n_reads, sim_result.n_crashes, sim_result.n_leaders);
    }
    return 0;
}
