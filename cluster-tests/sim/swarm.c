#include "cluster-tests/sim/plan.h"
#include "cluster-tests/sim/random.h"

/* Each family of faults is in half of the seeds, and rates are as likely small
 * as large: many faults at once hide what one alone would show. */

static bool coin(struct sim_random *random)
{
    return sim_random_below(random, 2) == 0;
}

static int64_t gap(struct sim_random *random, int64_t least, int64_t most)
{
    return coin(random) ? sim_random_log(random, least, most) : 0;
}

static int64_t rate(struct sim_random *random, int64_t most_ppm)
{
    return coin(random) ? sim_random_log(random, 100, most_ppm) : 0;
}

static void draw_faults(struct sim_plan *plan, struct sim_random *random)
{
    plan->loss_ppm = rate(random, 300000);
    plan->duplicate_ppm = rate(random, 100000);
    plan->clog_gap_ms = gap(random, 100, 20000);
    plan->clog_ms = sim_random_log(random, 10, 3000);
    plan->partition_gap_ms = gap(random, 500, 30000);
    plan->partition_ms = sim_random_log(random, 200, 10000);
    plan->partition_mode = sim_random_between(random, 0, 6);
    plan->crash_gap_ms = gap(random, 300, 30000);
    plan->down_ms = sim_random_log(random, 50, 10000);
    plan->power_gap_ms = gap(random, 3000, 60000);
    plan->pause_gap_ms = gap(random, 300, 30000);
    plan->pause_ms = sim_random_log(random, 50, 6000);
    plan->jump_gap_ms = gap(random, 300, 30000);
    plan->skew_ms = sim_random_log(random, 10, 60000);
    plan->late_gap_ms = gap(random, 300, 30000);
    plan->late_ms = sim_random_log(random, 10, 2000);
    plan->slow_gap_ms = gap(random, 300, 30000);
    plan->slow_ms = sim_random_log(random, 5, 1000);
    plan->disk_fail_gap_ms = gap(random, 2000, 60000);
    plan->damage_ppm = rate(random, 100000);
    plan->room_gap_ms = gap(random, 2000, 60000);
    plan->member_gap_ms = gap(random, 2000, 30000);
    plan->transfer_gap_ms = gap(random, 500, 30000);
    plan->snapshot_gap_ms = gap(random, 500, 30000);
}

static void draw_workload(struct sim_plan *plan, struct sim_random *random)
{
    plan->callers = sim_random_log(random, 1, 32);
    plan->think_ms =
        plan->callers * sim_random_log(random, 100, 10000); /* Of them all. */
    plan->patience_ms = sim_random_log(random, 300, 10000);
    plan->retry_ppm = sim_random_log(random, 1000, 400000);
    plan->read_ppm = sim_random_log(random, 10000, 600000);
    plan->call_ppm = sim_random_log(random, 50000, 600000);
    plan->token_ppm = sim_random_log(random, 10000, 600000);
    plan->numbers = sim_random_log(random, 1, 16);
    plan->phones = sim_random_log(random, 2, 100);
    plan->ttl_ms = sim_random_log(random, 1000, 30000);
    plan->quarantine_ms = sim_random_log(random, 1, 10000);
    plan->grace_ms = sim_random_log(random, 1, 10000);
    plan->retention_ms = sim_random_log(random, 1000, 100000);
}

static void draw_desks(struct sim_plan *plan, struct sim_random *random)
{
    if (coin(random)) {
        return;
    }
    plan->agents = sim_random_log(random, 1, 8);
    plan->think_ms = plan->callers * sim_random_log(random, 10, 800);
    plan->desk_ppm = sim_random_log(random, 300000, 950000);
    plan->change_ppm = sim_random_log(random, 2000, 100000);
    plan->linear = sim_random_between(random, 0, 1);
    plan->step_ms = sim_random_log(random, 500, 60000);
    plan->offer_ms = sim_random_log(random, 500, 60000);
    plan->acw_ms = sim_random_log(random, 500, 60000);
}

void sim_plan_draw(struct sim_plan *plan, uint64_t seed)
{
    struct sim_random random;

    sim_random_seed(&random, seed, 5);
    sim_plan_init(plan, seed);
    plan->nodes = coin(&random) ? 3 : 5;
    plan->checkpoint_entries = sim_random_log(
        &random, sim_random_below(&random, 4) == 0 ? 8 : 64, 512);
    plan->trailing_entries = sim_random_log(&random, 1, 256);
    plan->files = sim_random_between(&random, 1, 5);
    plan->compare_ms = sim_random_log(&random, 200, 20000);
    plan->flush_ppm = sim_random_log(&random, 100, 300000);
    plan->latency_us = sim_random_log(&random, 100, 20000);
    plan->jitter_us = sim_random_log(&random, 50, 20000);
    plan->disk_us = sim_random_log(&random, 200, 10000);
    plan->apply_us = coin(&random) ? sim_random_log(&random, 50, 5000) : 0;
    draw_faults(plan, &random);
    draw_workload(plan, &random);
    draw_desks(plan, &random);
}
