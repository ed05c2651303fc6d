#include "cluster-tests/sim/shrink.h"

#include <time.h>

enum {
    SECONDS_MAX = 60,
    ROUNDS_MAX = 4,
};

struct shrinking {
    struct sim_job *job;
    struct sim_result *result;
    time_t began;
};

static bool has_time(const struct shrinking *shrinking)
{
    return time(NULL) - shrinking->began < SECONDS_MAX;
}

/* Takes |job| if it fails, by whatever check. */
static bool try(struct shrinking *shrinking, const struct sim_job *job)
{
    struct sim_result result;

    if (!has_time(shrinking)) {
        return false;
    }
    sim_child_run(job, &result);
    if (result.check == SIM_NO_CHECK) {
        return false;
    }
    *shrinking->job = *job;
    *shrinking->result = result;
    return true;
}

static bool try_value(struct shrinking *shrinking,
                      const struct sim_plan_field *field,
                      int64_t value)
{
    struct sim_job job = *shrinking->job;
    int64_t *at = sim_plan_at(&job.plan, field);

    if (value < field->least || value == *at) {
        return false;
    }
    *at = value;
    return try(shrinking, &job);
}

static int64_t value_of(struct shrinking *shrinking,
                        const struct sim_plan_field *field)
{
    return *sim_plan_at(&shrinking->job->plan, field);
}

/* A fault that is not needed goes; one that is needed comes half as often: what
 * the plan says is a rate, or the time between two. */
static bool shrink_fault(struct shrinking *shrinking,
                         const struct sim_plan_field *field)
{
    int64_t value = value_of(shrinking, field);
    bool is_rate = field->most == 500000 || field->most == 1000000;

    if (value == 0) {
        return false;
    }
    return try_value(shrinking, field, 0) ||
           try_value(shrinking, field, is_rate ? value / 2 : value * 2);
}

void sim_shrink(struct sim_job *job, struct sim_result *result)
{
    struct shrinking shrinking = {job, result, time(NULL)};
    unsigned n;
    const struct sim_plan_field *fields = sim_plan_fields(&n);
    struct sim_job shorter = *job;
    bool better = true;

    /* Up to the event that failed, and no further. */
    if (result->n_events > 0 && (int64_t)result->n_events < job->plan.events) {
        shorter.plan.events = (int64_t)result->n_events;
        (void)try(&shrinking, &shorter);
    }
    for (unsigned round = 0; better && round < ROUNDS_MAX; round++) {
        better = false;
        for (unsigned i = 0; i < n; i++) {
            if (fields[i].kind == SIM_PLAN_FAULT) {
                better |= shrink_fault(&shrinking, &fields[i]);
            }
        }
        for (unsigned i = 0; i < n; i++) {
            if (fields[i].kind == SIM_PLAN_SIZE) {
                better |= try_value(&shrinking, &fields[i],
                                    value_of(&shrinking, &fields[i]) / 2);
            }
        }
    }
}
