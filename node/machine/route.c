#include "machine/route.h"

#include <assert.h>
#include <string.h>

#include "machine/agent.h"
#include "machine/roster.h"
#include "machine/row.h"
#include "machine/skill.h"
#include "machine/store.h"

Qc__State__RouteRequirement *qc_route_requirement(
    struct qc_txn *txn,
    const Qc__V1__Requirement *wanted,
    int *refusal_out)
{
    const Qc__State__SkillRow *skill = qc_skill_get(txn, wanted->skill);
    Qc__State__RouteRequirement *made =
        qc_row_new(txn, &qc__state__route_requirement__descriptor);

    if (skill == NULL) {
        *refusal_out = QC_REFUSED_SKILL_UNKNOWN;
        return NULL;
    }
    if (wanted->min_level > skill->skill->level_max ||
        wanted->max_level > skill->skill->level_max ||
        (wanted->max_level > 0 && wanted->max_level < wanted->min_level)) {
        *refusal_out = QC_REFUSED_INVALID;
        return NULL;
    }
    if (made != NULL) {
        made->skill = skill->index;
        made->min_level = wanted->min_level;
        made->max_level = wanted->max_level;
    }
    return made;
}

static bool add_agents(struct qc_txn *txn,
                       const Qc__V1__TargetStep *step,
                       Qc__State__RouteStep *made,
                       int *refusal_out)
{
    made->agents = qc_alloc(txn, (step->n_agents + 1) * sizeof(uint32_t));
    for (size_t i = 0; i < step->n_agents && made->agents != NULL; i++) {
        const Qc__State__AgentRow *agent = qc_agent_get(txn, step->agents[i]);
        size_t at = made->n_agents;

        if (agent == NULL) {
            *refusal_out = QC_REFUSED_NOT_FOUND;
            return false;
        }
        for (; at > 0 && made->agents[at - 1] > agent->index; at--) {
            made->agents[at] = made->agents[at - 1];
        }
        made->agents[at] = agent->index;
        made->n_agents++;
    }
    return made->agents != NULL;
}

static Qc__State__RouteStep *make_step(struct qc_txn *txn,
                                       const Qc__V1__TargetStep *step,
                                       int *refusal_out)
{
    Qc__State__RouteStep *made =
        qc_row_new(txn, &qc__state__route_step__descriptor);

    if (made == NULL || !add_agents(txn, step, made, refusal_out)) {
        return NULL;
    }
    made->timeout_ms = step->timeout_ms;
    made->requirements =
        qc_alloc(txn, (step->n_requirements + 1) *
                          sizeof(Qc__State__RouteRequirement *));
    for (size_t i = 0; i < step->n_requirements && made->requirements != NULL;
         i++) {
        Qc__State__RouteRequirement *one =
            qc_route_requirement(txn, step->requirements[i], refusal_out);
        size_t at = made->n_requirements;

        if (one == NULL) {
            return NULL;
        }
        for (; at > 0 && made->requirements[at - 1]->skill > one->skill; at--) {
            made->requirements[at] = made->requirements[at - 1];
        }
        made->requirements[at] = one;
        made->n_requirements++;
    }
    return made->requirements != NULL ? made : NULL;
}

Qc__State__Route *qc_route_make(struct qc_txn *txn,
                                Qc__V1__TargetStep *const *steps,
                                size_t n_steps,
                                bool replace,
                                const char *field,
                                int *refusal_out)
{
    Qc__State__Route *route = qc_row_new(txn, &qc__state__route__descriptor);

    assert(n_steps <= QC_STEPS_MAX);

    *refusal_out = 0;
    if (route == NULL) {
        return NULL;
    }
    route->replace = replace;
    route->steps =
        qc_alloc(txn, (n_steps + 1) * sizeof(Qc__State__RouteStep *));
    for (size_t i = 0; i < n_steps && route->steps != NULL; i++) {
        route->steps[i] = make_step(txn, steps[i], refusal_out);
        if (route->steps[i] == NULL) {
            txn->detail.field = field;
            return NULL;
        }
        route->n_steps++;
    }
    return route->steps != NULL ? route : NULL;
}

int qc_route_own(struct qc_txn *txn,
                 const Qc__State__Route *of,
                 Qc__V1__TargetStep *const *steps,
                 size_t n_steps,
                 Qc__State__Route **route_out)
{
    int refusal = 0;

    *route_out = n_steps > 0 ? qc_route_make(txn, steps, n_steps,
                                             of != NULL && of->replace, "steps",
                                             &refusal)
                             : NULL;
    return refusal != 0 ? refusal : txn->fault;
}

/* Where both are met; perhaps nowhere. */
static void tighten(Qc__State__RouteRequirement *one,
                    const Qc__State__RouteRequirement *other)
{
    if (other->min_level > one->min_level) {
        one->min_level = other->min_level;
    }
    if (other->max_level != 0 &&
        (one->max_level == 0 || other->max_level < one->max_level)) {
        one->max_level = other->max_level;
    }
}

bool qc_route_add(struct qc_txn *txn,
                  Qc__State__RouteRequirement ***list,
                  size_t *n,
                  size_t max,
                  const Qc__State__RouteRequirement *wanted)
{
    Qc__State__RouteRequirement *made = qc_row_copy(txn, wanted);
    Qc__State__RouteRequirement **longer;
    size_t at = 0;
    bool known;

    while (at < *n && (*list)[at]->skill < wanted->skill) {
        at++;
    }
    known = at < *n && (*list)[at]->skill == wanted->skill;
    if (made == NULL || (!known && *n >= max)) {
        return false;
    }
    longer = qc_row_append(txn, *list, *n, made);
    if (longer == NULL) {
        return false;
    }
    if (known) {
        tighten(made, longer[at]);
        longer[at] = made;
    } else {
        memmove(&longer[at + 1], &longer[at], (*n - at) * sizeof(*longer));
        longer[at] = made;
        *n += 1;
    }
    *list = longer;
    return true;
}

Qc__State__Route *qc_route_narrow(struct qc_txn *txn,
                                  const Qc__State__Route *route,
                                  Qc__State__RouteRequirement *const *added,
                                  size_t n)
{
    Qc__State__Route *narrow = qc_row_copy(txn, route);
    Qc__State__RouteStep **steps = NULL;

    for (size_t i = 0; narrow != NULL && i < route->n_steps; i++) {
        Qc__State__RouteStep *step = qc_row_copy(txn, route->steps[i]);

        steps = qc_row_append(txn, steps, i, step);
        if (steps == NULL) {
            return NULL;
        }
        for (size_t k = 0; k < n; k++) {
            if (!qc_route_add(txn, &step->requirements, &step->n_requirements,
                              QC_REQUIREMENTS_MAX, added[k])) {
                qc_txn_fail(txn, QC_E_CORRUPT);
                return NULL;
            }
        }
    }
    if (narrow != NULL) {
        narrow->steps = steps;
    }
    return narrow;
}

Qc__State__Route *qc_route_to(struct qc_txn *txn, uint32_t agent)
{
    Qc__State__Route *route = qc_row_new(txn, &qc__state__route__descriptor);
    Qc__State__RouteStep *step =
        qc_row_new(txn, &qc__state__route_step__descriptor);
    uint32_t *agents = qc_alloc(txn, sizeof(*agents));

    if (route == NULL || step == NULL || agents == NULL) {
        return NULL;
    }
    agents[0] = agent;
    step->agents = agents;
    step->n_agents = 1;
    route->steps = qc_row_append(txn, NULL, 0, step);
    route->n_steps = 1;
    return route->steps != NULL ? route : NULL;
}
