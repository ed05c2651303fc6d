#include "cluster-tests/sim/plan.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

static const struct sim_plan_field fields[] = {
#define SIM_PLAN(name, least, most, standard, kind, text)                    \
    {#name,          offsetof(struct sim_plan, name), least, most, standard, \
     SIM_PLAN_##kind},
#include "cluster-tests/sim/plan.def"
#undef SIM_PLAN
};

enum {
    N_FIELDS = sizeof(fields) / sizeof(fields[0]),
};

const struct sim_plan_field *sim_plan_fields(unsigned *n_out)
{
    *n_out = N_FIELDS;
    return fields;
}

int64_t *sim_plan_at(struct sim_plan *plan, const struct sim_plan_field *field)
{
    return (int64_t *)(void *)((char *)plan + field->offset);
}

void sim_plan_init(struct sim_plan *plan, uint64_t seed)
{
    plan->seed = seed;
    for (unsigned i = 0; i < N_FIELDS; i++) {
        *sim_plan_at(plan, &fields[i]) = fields[i].standard;
    }
}

static const struct sim_plan_field *find(const char *name)
{
    for (unsigned i = 0; i < N_FIELDS; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            return &fields[i];
        }
    }
    return NULL;
}

static bool set(struct sim_plan *plan, const char *name, int64_t value)
{
    const struct sim_plan_field *field = find(name);

    if (strcmp(name, "seed") == 0) {
        plan->seed = (uint64_t)value;
        return true;
    }
    if (field == NULL || value < field->least || value > field->most) {
        return false;
    }
    *sim_plan_at(plan, field) = value;
    return true;
}

bool sim_plan_read(struct sim_plan *plan, FILE *file)
{
    char line[256];

    sim_plan_init(plan, 1);
    while (fgets(line, sizeof(line), file) != NULL) {
        char name[64];
        int64_t value;

        if (line[0] == '#' || line[0] == '\n') {
            continue;
        }
        /* NOLINTNEXTLINE(cert-err34-c): the range is checked just below. */
        if (sscanf(line, "%63s %" SCNd64, name, &value) != 2 ||
            !set(plan, name, value)) {
            (void)fprintf(stderr, "not a line of a plan: %s", line);
            return false;
        }
    }
    return true;
}

void sim_plan_write(const struct sim_plan *plan, FILE *file)
{
    struct sim_plan copy = *plan;

    (void)fprintf(file, "seed %" PRIu64 "\n", plan->seed);
    for (unsigned i = 0; i < N_FIELDS; i++) {
        int64_t value = *sim_plan_at(&copy, &fields[i]);

        if (value != fields[i].standard) {
            (void)fprintf(file, "%s %" PRId64 "\n", fields[i].name, value);
        }
    }
}
