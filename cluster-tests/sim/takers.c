#include "cluster-tests/sim/takers.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define QUEUED QC__V1__INTERACTION_STATE__INTERACTION_STATE_QUEUED

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* --- who ------------------------------------------------------------------ */

static uint32_t of_medium(const Qc__V1__PerMedia *numbers, Qc__V1__Media media)
{
    static const size_t at[] = {
        [QC__V1__MEDIA__MEDIA_VOICE] = offsetof(Qc__V1__PerMedia, voice),
        [QC__V1__MEDIA__MEDIA_CHAT] = offsetof(Qc__V1__PerMedia, chat),
        [QC__V1__MEDIA__MEDIA_MESSAGE] = offsetof(Qc__V1__PerMedia, message),
        [QC__V1__MEDIA__MEDIA_EMAIL] = offsetof(Qc__V1__PerMedia, email),
        [QC__V1__MEDIA__MEDIA_SMS] = offsetof(Qc__V1__PerMedia, sms),
        [QC__V1__MEDIA__MEDIA_OUTBOUND_VOICE] =
            offsetof(Qc__V1__PerMedia, outbound_voice),
        [QC__V1__MEDIA__MEDIA_CALLBACK_VOICE] =
            offsetof(Qc__V1__PerMedia, callback_voice),
        [QC__V1__MEDIA__MEDIA_WORKITEM] = offsetof(Qc__V1__PerMedia, workitem),
    };
    uint32_t number;

    memcpy(&number, (const char *)numbers + at[media], sizeof(number));
    return number;
}

static bool is_voice(Qc__V1__Media media)
{
    return media == QC__V1__MEDIA__MEDIA_VOICE ||
           media == QC__V1__MEDIA__MEDIA_OUTBOUND_VOICE ||
           media == QC__V1__MEDIA__MEDIA_CALLBACK_VOICE;
}

bool sim_taker_fits(const struct sim_desks *desks,
                    const Qc__State__AgentRow *agent,
                    const Qc__State__PresenceRow *presence,
                    Qc__V1__Media media,
                    const char *but)
{
    const Qc__V1__Tenant *tenant = sim_desks_tenant(desks)->tenant;
    uint32_t cost = of_medium(tenant->unit_costs, media);
    uint32_t units = agent->agent->units;
    uint32_t voice = 0;
    uint32_t rest = 0;
    uint32_t n = 0;

    for (size_t i = 0; presence != NULL && i < presence->presence->n_work;
         i++) {
        const Qc__V1__Work *work = presence->presence->work[i];
        uint32_t takes = of_medium(tenant->unit_costs, work->media);

        if (work->phase == QC__V1__WORK_PHASE__WORK_PHASE_OFFERED &&
            same(work->interaction_id, but)) {
            continue;
        }
        n += work->media == media ? 1 : 0;
        voice += is_voice(work->media) ? takes : 0;
        rest += is_voice(work->media) ? 0 : takes;
    }
    if (n >= of_medium(agent->agent->media_caps, media)) {
        return false;
    }
    if (is_voice(media)) {
        return voice + cost <= units && rest <= tenant->voice_over_units;
    }
    return (tenant->blend_over_voice ? 0 : voice) + rest + cost <= units;
}

static bool meets(const Qc__State__AgentRow *agent,
                  const Qc__State__RouteStep *step)
{
    bool is_named = step->n_agents == 0;

    for (size_t i = 0; i < step->n_agents; i++) {
        is_named = is_named || step->agents[i] == agent->index;
    }
    for (size_t i = 0; is_named && i < step->n_requirements; i++) {
        const Qc__State__RouteRequirement *needs = step->requirements[i];
        bool is_met = false;

        for (size_t k = 0; k < agent->n_levels; k++) {
            const Qc__State__AgentLevel *has = agent->levels[k];

            is_met =
                is_met ||
                (has->skill == needs->skill && has->level >= needs->min_level &&
                 (needs->max_level == 0 || has->level <= needs->max_level));
        }
        if (!is_met) {
            return false;
        }
    }
    return is_named;
}

static bool serves(const Qc__State__AgentRow *agent, const char *queue)
{
    for (size_t i = 0; i < agent->agent->n_queues; i++) {
        if (same(agent->agent->queues[i], queue)) {
            return true;
        }
    }
    return agent->agent->n_queues == 0;
}

bool sim_taker_is_meant(const Qc__State__InteractionRow *row,
                        const Qc__State__AgentRow *agent)
{
    const Qc__State__Route *route = row->route;
    uint32_t last = row->interaction->step;

    if (!serves(agent, row->interaction->queue)) {
        return false;
    }
    if (row->interaction->hold_agent[0] != '\0') {
        return same(row->interaction->hold_agent, agent->agent->key);
    }
    if (route == NULL || route->n_steps == 0) {
        return true;
    }
    for (uint32_t k = route->replace ? last : 1; k <= last; k++) {
        if (meets(agent, route->steps[k - 1])) {
            return true;
        }
    }
    return false;
}

bool sim_taker_is_excluded(const Qc__State__InteractionRow *row,
                           const Qc__State__AgentRow *agent,
                           int64_t at_ms)
{
    for (size_t i = 0; i < row->n_exclusions; i++) {
        if (row->exclusions[i]->agent == agent->index &&
            (row->exclusions[i]->until_ms == 0 ||
             row->exclusions[i]->until_ms > at_ms)) {
            return true;
        }
    }
    return false;
}

bool sim_taker_is_ready(const struct sim_desk *desk)
{
    const Qc__State__AgentRow *agent = sim_desk_agent(desk);
    const Qc__State__PresenceRow *presence = sim_desk_presence(desk);

    return agent != NULL && presence != NULL && !agent->agent->disabled &&
           presence->session != 0 &&
           presence->presence->state ==
               QC__V1__PRESENCE_STATE__PRESENCE_STATE_READY;
}

/* Whether |agent| is kept free of messages, for a call that waits. */
static bool is_draining(const struct sim_desks *desks,
                        const Qc__State__AgentRow *agent)
{
    for (size_t i = 0; i < desks->n_contacts; i++) {
        const Qc__State__InteractionRow *row =
            sim_contact_row(&desks->contacts[i]);

        if (row->interaction->state == QUEUED &&
            row->drained == agent->index + 1) {
            return true;
        }
    }
    return false;
}

bool sim_taker_could_take(const struct sim_desks *desks,
                          const struct sim_desk *desk,
                          const Qc__State__InteractionRow *row,
                          const char *but,
                          int64_t at_ms)
{
    const Qc__State__AgentRow *agent = sim_desk_agent(desk);

    return sim_taker_is_ready(desk) && sim_taker_is_meant(row, agent) &&
           !sim_taker_is_excluded(row, agent, at_ms) &&
           (is_voice(row->interaction->media) || !is_draining(desks, agent)) &&
           sim_taker_fits(desks, agent, sim_desk_presence(desk),
                          row->interaction->media, but);
}

bool sim_taker_is_acquainted(const struct sim_desks *desks,
                             const Qc__State__InteractionRow *row,
                             const Qc__State__AgentRow *agent)
{
    const Qc__State__Route *route = row->route;
    bool meets_any = route == NULL ||
                     row->interaction->media == QC__V1__MEDIA__MEDIA_MESSAGE;

    for (size_t i = 0; !meets_any && i < route->n_steps; i++) {
        meets_any = meets(agent, route->steps[i]);
    }
    return meets_any && serves(agent, row->interaction->queue) &&
           sim_desks_has_had(desks, row->customer_key, row->interaction->queue,
                             agent->agent->key);
}

/* --- in which order ------------------------------------------------------- */

bool sim_is_before(const Qc__V1__Tenant *tenant,
                   const Qc__V1__Interaction *a,
                   const Qc__V1__Interaction *b)
{
    int64_t a_ms = a->enqueued_ms - a->age_adjust_ms;
    int64_t b_ms = b->enqueued_ms - b->age_adjust_ms;

    if (tenant->ordering == QC__V1__ORDERING__ORDERING_LINEAR) {
        a_ms -= tenant->prio_step_ms * a->priority;
        b_ms -= tenant->prio_step_ms * b->priority;
    } else if (a->priority != b->priority) {
        return a->priority > b->priority;
    }
    if (a_ms != b_ms) {
        return a_ms < b_ms;
    }
    return a->media == b->media &&
           strcmp(a->interaction_id, b->interaction_id) < 0;
}

static bool is_same_step(const Qc__State__RouteStep *a,
                         const Qc__State__RouteStep *b)
{
    uint8_t *bytes[2];
    size_t size = qc__state__route_step__get_packed_size(a);
    bool is_same = size == qc__state__route_step__get_packed_size(b);

    bytes[0] = malloc(size + 1);
    bytes[1] = malloc(size + 1);
    assert(bytes[0] != NULL && bytes[1] != NULL);
    if (is_same) {
        qc__state__route_step__pack(a, bytes[0]);
        qc__state__route_step__pack(b, bytes[1]);
        is_same = memcmp(bytes[0], bytes[1], size) == 0;
    }
    free(bytes[0]);
    free(bytes[1]);
    return is_same;
}

bool sim_has_same_needs(const Qc__State__InteractionRow *a,
                        const Qc__State__InteractionRow *b)
{
    const Qc__V1__Interaction *x = a->interaction;
    const Qc__V1__Interaction *y = b->interaction;

    if (x->media != y->media || !same(x->queue, y->queue) ||
        x->step != y->step || (a->route == NULL) != (b->route == NULL)) {
        return false;
    }
    if (a->route == NULL) {
        return true;
    }
    if (a->route->replace != b->route->replace ||
        a->route->n_steps != b->route->n_steps) {
        return false;
    }
    for (size_t i = 0; i < a->route->n_steps; i++) {
        if (!is_same_step(a->route->steps[i], b->route->steps[i])) {
            return false;
        }
    }
    return true;
}
