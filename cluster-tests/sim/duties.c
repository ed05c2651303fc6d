#include "cluster-tests/sim/duties.h"

#include <inttypes.h>
#include <string.h>

#include "cluster-tests/sim/store.h"
#include "cluster-tests/sim/takers.h"
#include "machine/id.h"
#include "machine/interaction.h"
#include "machine/session.h"

#define IDENTIFYING QC__V1__INTERACTION_STATE__INTERACTION_STATE_IDENTIFYING
#define QUEUED      QC__V1__INTERACTION_STATE__INTERACTION_STATE_QUEUED
#define OFFERED     QC__V1__INTERACTION_STATE__INTERACTION_STATE_OFFERED
#define CONNECTED   QC__V1__INTERACTION_STATE__INTERACTION_STATE_CONNECTED
#define HELD        QC__V1__INTERACTION_STATE__INTERACTION_STATE_HELD
#define WRAP        QC__V1__INTERACTION_STATE__INTERACTION_STATE_WRAP
#define CLOSED      QC__V1__INTERACTION_STATE__INTERACTION_STATE_CLOSED

enum {
    TENANT = 1,
    N_STATES = CLOSED + 1,
};

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static bool has_agent(const Qc__V1__Interaction *x)
{
    return x->state == CONNECTED || x->state == HELD;
}

/* --- 23: capacity --------------------------------------------------------- */

static const Qc__V1__Work *work_of(const Qc__State__PresenceRow *presence,
                                   const char *interaction_id,
                                   uint32_t segment)
{
    for (size_t i = 0; presence != NULL && i < presence->presence->n_work;
         i++) {
        const Qc__V1__Work *work = presence->presence->work[i];

        if (work->segment == segment &&
            same(work->interaction_id, interaction_id)) {
            return work;
        }
    }
    return NULL;
}

void sim_duties_presence(const struct sim_desks *desks,
                         const struct sim_desk *desk,
                         const Qc__State__PresenceRow *is)
{
    const Qc__State__PresenceRow *was = sim_desk_presence(desk);

    for (size_t i = 0; i < is->presence->n_work; i++) {
        const Qc__V1__Work *work = is->presence->work[i];

        if (work_of(was, work->interaction_id, work->segment) == NULL &&
            !sim_taker_fits(desks, sim_desk_agent(desk), was, work->media,
                            "")) {
            sim_violated(
                SIM_CAPACITY,
                "%s is given %s, of medium %d, beside %zu other pieces "
                "of work, and has no capacity for it",
                is->presence->agent, work->interaction_id, (int)work->media,
                was != NULL ? was->presence->n_work : 0);
        }
    }
}

/* --- 24, 27: an offer ----------------------------------------------------- */

/* An agent is asked for the first of all that he can take, whatever it needs;
 * but a change for many is offered agent by agent, and what is left over from
 * the entry before waits for its turn: then it is only the same needs that keep
 * their order. Exclusions that are over end when their timers fire, one after
 * the other. */
static void check_not_overtaking(const struct sim_desks *desks,
                                 const struct sim_desk *desk,
                                 const Qc__State__InteractionRow *row)
{
    const Qc__V1__Tenant *tenant = sim_desks_tenant(desks)->tenant;
    const Qc__V1__Interaction *x = row->interaction;

    for (size_t i = 0; i < desks->n_contacts; i++) {
        const Qc__State__InteractionRow *other =
            sim_contact_row(&desks->contacts[i]);

        if (other->interaction->state == QUEUED &&
            (desks->is_settled || sim_has_same_needs(row, other)) &&
            !same(other->interaction->interaction_id, x->interaction_id) &&
            sim_is_before(tenant, other->interaction, x) &&
            sim_taker_could_take(desks, desk, other, x->interaction_id, 0)) {
            sim_violated(SIM_NO_OVERTAKING,
                         "%s is offered to %s, and %s has to be served before",
                         x->interaction_id, x->agent,
                         other->interaction->interaction_id);
        }
    }
}

static void check_offer(const struct sim_desks *desks,
                        const Qc__State__InteractionRow *was,
                        const Qc__State__InteractionRow *row)
{
    bool was_held = was != NULL && was->interaction->hold_agent[0] != '\0';
    const Qc__V1__Interaction *x = row->interaction;
    const struct sim_desk *desk = sim_desks_of(desks, x->agent);

    sim_result.n_offers++;
    if (desk == NULL || !sim_taker_is_ready(desk)) {
        sim_violated(SIM_READY_AND_ABLE,
                     "%s is offered to %s, who is not ready", x->interaction_id,
                     x->agent);
        return;
    }
    if (!sim_taker_is_meant(row, sim_desk_agent(desk)) &&
        !sim_taker_is_acquainted(desks, row, sim_desk_agent(desk))) {
        sim_violated(SIM_READY_AND_ABLE,
                     "%s is offered to %s, who is not meant in step %u of it",
                     x->interaction_id, x->agent, x->step);
    }
    if (sim_taker_is_excluded(row, sim_desk_agent(desk), desks->now_ms)) {
        sim_violated(SIM_READY_AND_ABLE,
                     "%s is offered to %s, who has just not taken it",
                     x->interaction_id, x->agent);
    }
    if (!was_held) { /* What is held for an agent comes first. */
        check_not_overtaking(desks, desk, row);
    }
}

/* --- 25: with one agent --------------------------------------------------- */

static bool may_follow(Qc__V1__InteractionState from,
                       Qc__V1__InteractionState to)
{
#define TO(state) (1U << (unsigned)(state))
    static const unsigned follows[N_STATES] = {
        [0] = TO(IDENTIFYING) | TO(QUEUED) | TO(OFFERED) | TO(CLOSED),
        [IDENTIFYING] = TO(IDENTIFYING) | TO(QUEUED) | TO(OFFERED) | TO(CLOSED),
        [QUEUED] = TO(QUEUED) | TO(OFFERED) | TO(CLOSED),
        [OFFERED] = TO(QUEUED) | TO(OFFERED) | TO(CONNECTED) | TO(CLOSED),
        /* Transferred, or not connected after all: it waits again. */
        [CONNECTED] = TO(CONNECTED) | TO(HELD) | TO(QUEUED) | TO(OFFERED) |
                      TO(WRAP) | TO(CLOSED),
        [HELD] = TO(CONNECTED) | TO(HELD) | TO(QUEUED) | TO(OFFERED) |
                 TO(WRAP) | TO(CLOSED),
        [WRAP] = TO(WRAP) | TO(CLOSED),
        [CLOSED] = TO(CLOSED),
    };

    return (follows[from] & TO(to)) != 0;
#undef TO
}

static struct sim_said *said_of(const struct sim_said_list *list,
                                const char *offer_id)
{
    for (size_t i = 0; i < list->n; i++) {
        if (!list->items[i].was_seen &&
            same(list->items[i].offer_id, offer_id)) {
            return &list->items[i];
        }
    }
    return NULL;
}

/* Who says so must be the one who was asked; a telephone is. */
static bool is_by(const struct sim_desks *desks,
                  const struct sim_said *said,
                  const char *agent)
{
    const struct sim_desk *desk = sim_desks_of(desks, agent);
    uint64_t session;

    if (said->session[0] == '\0') {
        return true;
    }
    return desk != NULL && sim_desk_presence(desk) != NULL &&
           qc_id_parse(QC_SESSION_PREFIX, said->session, &session) &&
           sim_desk_presence(desk)->session == session;
}

static void check_accepted(struct sim_desks *desks,
                           const Qc__V1__Interaction *was,
                           const Qc__V1__Interaction *is)
{
    struct sim_said *said = said_of(&desks->accepted, was->offer_id);

    if (said == NULL || !same(was->agent, is->agent)) {
        sim_violated(SIM_ONE_AGENT, "%s is with %s, who has not accepted it",
                     is->interaction_id, is->agent);
    } else if (!is_by(desks, said, is->agent)) {
        sim_violated(SIM_ONE_AGENT, "%s was offered to %s, and another accepts",
                     is->interaction_id, is->agent);
    } else {
        said->was_seen = true;
        sim_result.n_accepted++;
    }
}

/* --- 29: an offer that is not taken --------------------------------------- */

static uint32_t ronas(const Qc__V1__Interaction *x)
{
    uint32_t n = 0;

    for (size_t i = 0; i < x->n_segments; i++) {
        n += x->segments[i]->ronas;
    }
    return n;
}

/* The agent did not take it, or was not asked any more. */
static void check_cause(struct sim_desks *desks,
                        const Qc__V1__Interaction *was,
                        const Qc__V1__Interaction *is)
{
    struct sim_said *said = said_of(&desks->rejected, was->offer_id);
    const struct sim_desk *desk = sim_desks_of(desks, was->agent);
    uint32_t n = ronas(is) - ronas(was);

    if (said != NULL) {
        said->was_seen = true;
    }
    sim_result.n_ronas += n;
    sim_result.n_withdrawn += n == 0 ? 1 : 0;
    if (n == 0 &&
        (said != NULL || (desk != NULL && sim_taker_is_ready(desk)))) {
        sim_violated(SIM_BACK_ONCE,
                     "%s is taken back from %s, who is ready, and is not said "
                     "not to have taken it",
                     is->interaction_id, was->agent);
    } else if (n > 1 || (n == 1 && said == NULL &&
                         was->offer_deadline_ms > desks->now_ms)) {
        sim_violated(
            SIM_BACK_ONCE,
            "%s is taken back from %s as not taken %u times, and there "
            "were %" PRId64 " ms left",
            is->interaction_id, was->agent, n,
            was->offer_deadline_ms - desks->now_ms);
    } else if (n == 1 && is->state != CLOSED &&
               is->status !=
                   QC__V1__INTERACTION_STATUS__INTERACTION_STATUS_RONA) {
        sim_violated(SIM_BACK_ONCE, "%s was not taken, and does not say so",
                     is->interaction_id);
    }
}

static void check_taken_back(struct sim_desks *desks,
                             const Qc__State__InteractionRow *was,
                             const Qc__State__InteractionRow *is)
{
    const Qc__V1__Interaction *before = was->interaction;
    const Qc__V1__Interaction *after = is->interaction;

    if (after->n_segments != before->n_segments ||
        after->enqueued_ms != before->enqueued_ms ||
        after->age_adjust_ms != before->age_adjust_ms) {
        sim_violated(SIM_BACK_ONCE,
                     "%s does not come back from %s with its age",
                     after->interaction_id, before->agent);
    }
    check_cause(desks, before, after);
}

static bool is_other_offer(const Qc__V1__Interaction *was,
                           const Qc__V1__Interaction *is)
{
    return is->state == OFFERED && !same(was->offer_id, is->offer_id);
}

/* --- a version of a contact ----------------------------------------------- */

static void check_new(const struct sim_desks *desks,
                      const Qc__V1__Interaction *is)
{
    for (size_t i = 0; i < desks->n_contacts; i++) {
        const Qc__V1__Interaction *other =
            sim_contact_row(&desks->contacts[i])->interaction;

        if (same(other->connector, is->connector) &&
            same(other->ext_ref, is->ext_ref)) {
            sim_violated(SIM_SUM_OF_CONTACTS, "%s is there twice, as %s and %s",
                         is->ext_ref, other->interaction_id,
                         is->interaction_id);
        }
    }
    if (said_of(&desks->created, is->interaction_id) == NULL) {
        sim_violated(SIM_SUM_OF_CONTACTS, "%s was brought by nobody",
                     is->interaction_id);
    }
}

static void check_step(struct sim_desks *desks,
                       const Qc__State__InteractionRow *was,
                       const Qc__State__InteractionRow *is)
{
    const Qc__V1__Interaction *before = was->interaction;
    const Qc__V1__Interaction *after = is->interaction;

    if (!may_follow(before->state, after->state)) {
        sim_violated(SIM_ONE_AGENT, "%s goes from state %d to state %d",
                     after->interaction_id, (int)before->state,
                     (int)after->state);
        return;
    }
    if (before->state == OFFERED && has_agent(after)) {
        check_accepted(desks, before, after);
    } else if (before->state == OFFERED &&
               (after->state == QUEUED || is_other_offer(before, after))) {
        check_taken_back(desks, was, is);
    } else if (before->state == OFFERED && after->state == CLOSED) {
        /* Back, and its wait was over meanwhile; or the customer has gone. */
        struct sim_said *said = said_of(&desks->rejected, before->offer_id);

        if (said != NULL) {
            said->was_seen = true;
        }
    } else if (before->enqueued_ms != 0 &&
               before->n_segments == after->n_segments &&
               before->enqueued_ms != after->enqueued_ms) {
        sim_violated(SIM_BACK_ONCE, "%s has another age than before",
                     after->interaction_id);
    }
}

void sim_duties_contact(struct sim_desks *desks,
                        const Qc__State__InteractionRow *was,
                        const Qc__State__InteractionRow *is)
{
    if (is == NULL) {
        if (was->interaction->state != CLOSED) {
            sim_violated(SIM_SUM_OF_CONTACTS, "%s is gone, in state %d",
                         was->interaction->interaction_id,
                         (int)was->interaction->state);
        }
        return;
    }
    SIM_TRACE("%s (%s) goes from state %d to %d, at %s%s%s%s",
              is->interaction->interaction_id, is->interaction->ext_ref,
              was != NULL ? (int)was->interaction->state : 0,
              (int)is->interaction->state,
              is->interaction->agent[0] != '\0' ? is->interaction->agent
                                                : "nobody",
              is->n_exclusions > 0 ? ", not for all" : "",
              is->interaction->hold_agent[0] != '\0' ? ", held for " : "",
              is->interaction->hold_agent);
    if (was == NULL) {
        sim_result.n_contacts++;
        check_new(desks, is->interaction);
    } else {
        check_step(desks, was, is);
    }
    if (is->interaction->state == OFFERED &&
        (was == NULL || is_other_offer(was->interaction, is->interaction))) {
        check_offer(desks, was, is);
    }
}

/* --- after the entry ------------------------------------------------------ */

/* Whether what the agent is at is so. */
static bool is_true(const struct sim_desks *desks,
                    const Qc__V1__Presence *presence,
                    const Qc__V1__Work *work)
{
    const struct sim_contact *contact =
        sim_desks_contact(desks, work->interaction_id);
    const Qc__V1__Interaction *x;

    if (contact == NULL) {
        return false;
    }
    x = sim_contact_row(contact)->interaction;
    if (work->phase == QC__V1__WORK_PHASE__WORK_PHASE_ACW) {
        return work->segment >= 1 && work->segment <= x->n_segments &&
               x->segments[work->segment - 1]->acw_state ==
                   QC__V1__ACW_STATE__ACW_STATE_ACW &&
               same(x->segments[work->segment - 1]->agent, presence->agent);
    }
    return work->segment == x->n_segments && same(x->agent, presence->agent) &&
           (work->phase == QC__V1__WORK_PHASE__WORK_PHASE_OFFERED
                ? x->state == OFFERED && same(x->offer_id, work->offer_id)
                : has_agent(x));
}

static unsigned n_at(const struct sim_desks *desks,
                     const Qc__V1__Interaction *x)
{
    unsigned n = 0;

    for (unsigned i = 0; i < SIM_DESKS_MAX; i++) {
        n += work_of(sim_desk_presence(&desks->desks[i]), x->interaction_id,
                     (uint32_t)x->n_segments) != NULL
                 ? 1
                 : 0;
    }
    return n;
}

static void check_one_agent(const struct sim_desks *desks)
{
    for (unsigned i = 0; i < SIM_DESKS_MAX; i++) {
        const Qc__State__PresenceRow *row = sim_desk_presence(&desks->desks[i]);

        for (size_t k = 0; row != NULL && k < row->presence->n_work; k++) {
            if (!is_true(desks, row->presence, row->presence->work[k])) {
                sim_violated(SIM_ONE_AGENT, "%s is at %s, which is not his",
                             row->presence->agent,
                             row->presence->work[k]->interaction_id);
            }
        }
    }
    for (size_t i = 0; i < desks->n_contacts; i++) {
        const Qc__V1__Interaction *x =
            sim_contact_row(&desks->contacts[i])->interaction;
        bool has = x->state == OFFERED || has_agent(x);

        if (has && n_at(desks, x) != 1) {
            sim_violated(SIM_ONE_AGENT, "%s is in state %d, and %u are at it",
                         x->interaction_id, (int)x->state, n_at(desks, x));
        }
    }
}

/* Who was told that he has it, has it. */
static void check_said(const struct sim_desks *desks,
                       const struct sim_store *store)
{
    for (size_t i = 0; i < desks->accepted.n; i++) {
        if (!desks->accepted.items[i].was_seen) {
            sim_violated(SIM_ONE_AGENT,
                         "offer %s is accepted, and nobody has what it was of",
                         desks->accepted.items[i].offer_id);
        }
    }
    for (size_t i = 0; i < desks->rejected.n; i++) {
        if (!desks->rejected.items[i].was_seen) {
            sim_violated(SIM_BACK_ONCE,
                         "offer %s is rejected, and what it was of does not "
                         "come back",
                         desks->rejected.items[i].offer_id);
        }
    }
    for (size_t i = 0; i < desks->created.n; i++) {
        const char *text = desks->created.items[i].offer_id;
        struct qc_key key;
        uint64_t id;

        if (!qc_id_parse(QC_INTERACTION_PREFIX, text, &id)) {
            sim_violated(SIM_SUM_OF_CONTACTS, "%s is no interaction", text);
            continue;
        }
        qc_key_begin(&key, TENANT, QC_SPACE_INTERACTION);
        qc_key_put_u64(&key, id);
        if (!sim_store_has(store, &key)) {
            sim_violated(SIM_SUM_OF_CONTACTS, "%s is told of, and not there",
                         text);
        }
    }
}

static void check_sum(const struct sim_desks *desks)
{
    uint64_t n = desks->n_handled + desks->n_abandoned;

    for (size_t i = 0; i < desks->n_contacts; i++) {
        n += sim_contact_row(&desks->contacts[i])->interaction->state != CLOSED
                 ? 1
                 : 0;
    }
    if (n != desks->n_created) {
        sim_violated(SIM_SUM_OF_CONTACTS,
                     "%" PRIu64 " have come, and %" PRIu64
                     " wait, are with agents or are over",
                     desks->n_created, n);
    }
}

static void check_no_idle_match(const struct sim_desks *desks)
{
    for (size_t i = 0; i < desks->n_contacts; i++) {
        const Qc__State__InteractionRow *row =
            sim_contact_row(&desks->contacts[i]);

        for (unsigned k = 0;
             row->interaction->state == QUEUED && k < SIM_DESKS_MAX; k++) {
            if (sim_taker_could_take(desks, &desks->desks[k], row, "",
                                     desks->now_ms)) {
                sim_violated(SIM_NO_IDLE_MATCH,
                             "%s waits while %s could take it",
                             row->interaction->interaction_id,
                             sim_desk_agent(&desks->desks[k])->agent->key);
            }
        }
    }
}

void sim_duties_hold(const struct sim_desks *desks,
                     const struct sim_store *store)
{
    check_one_agent(desks);
    check_said(desks, store);
    check_sum(desks);
    if (desks->is_settled) {
        check_no_idle_match(desks);
    }
}
