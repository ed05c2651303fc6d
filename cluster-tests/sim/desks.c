#include "cluster-tests/sim/desks.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster-tests/sim/duties.h"
#include "cluster-tests/sim/requests.h"
#include "cluster-tests/sim/store.h"
#include "command/apply.h"
#include "quorumcall/v1/agent_service.pb-c.h"
#include "quorumcall/v1/effect_service.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"
#include "quorumcall/v1/routing_service.pb-c.h"

#define CLOSED QC__V1__INTERACTION_STATE__INTERACTION_STATE_CLOSED

enum {
    TENANT = 1, /* The only one. */
    ARENA_SIZE = 1024 * 1024,
};

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static void copy(char to[SIM_WORD_SIZE], const char *from)
{
    (void)snprintf(to, SIM_WORD_SIZE, "%s", from);
}

/* --- rows ----------------------------------------------------------------- */

static struct sim_row row_read(const ProtobufCMessageDescriptor *type,
                               struct qc_bytes bytes)
{
    struct sim_row row = {.message = NULL};

    qc_arena_init(&row.arena, ARENA_SIZE);
    if (bytes.data != NULL) {
        row.message = sim_requests_read(type, bytes, &row.arena);
    }
    return row;
}

static void row_done(struct sim_row *row)
{
    qc_arena_done(&row->arena);
    row->message = NULL;
}

/* |row| takes the place of |at|. */
static void row_replace(struct sim_row *at, struct sim_row row)
{
    row_done(at);
    *at = row;
}

const Qc__State__TenantRow *sim_desks_tenant(const struct sim_desks *desks)
{
    return desks->tenant.message;
}

const Qc__State__AgentRow *sim_desk_agent(const struct sim_desk *desk)
{
    return desk->agent.message;
}

const Qc__State__PresenceRow *sim_desk_presence(const struct sim_desk *desk)
{
    return desk->presence.message;
}

const Qc__State__InteractionRow *sim_contact_row(
    const struct sim_contact *contact)
{
    return contact->row.message;
}

const struct sim_desk *sim_desks_of(const struct sim_desks *desks,
                                    const char *agent)
{
    for (unsigned i = 0; i < SIM_DESKS_MAX; i++) {
        const Qc__State__AgentRow *row = sim_desk_agent(&desks->desks[i]);

        if (row != NULL && same(row->agent->key, agent)) {
            return &desks->desks[i];
        }
    }
    return NULL;
}

static struct sim_contact *find(const struct sim_desks *desks, const char *id)
{
    for (size_t i = 0; i < desks->n_contacts; i++) {
        if (same(desks->contacts[i].id, id)) {
            return &desks->contacts[i];
        }
    }
    return NULL;
}

const struct sim_contact *sim_desks_contact(const struct sim_desks *desks,
                                            const char *interaction_id)
{
    return find(desks, interaction_id);
}

/* --- life ----------------------------------------------------------------- */

struct sim_desks *sim_desks_new(const struct sim_plan *plan)
{
    struct sim_desks *desks = calloc(1, sizeof(*desks));

    assert(desks != NULL && plan->agents <= SIM_DESKS_MAX);
    desks->is_used = plan->agents > 0;
    desks->is_settled = true;
    return desks;
}

void sim_desks_free(struct sim_desks *desks)
{
    row_done(&desks->tenant);
    for (unsigned i = 0; i < SIM_DESKS_MAX; i++) {
        row_done(&desks->desks[i].agent);
        row_done(&desks->desks[i].presence);
    }
    for (size_t i = 0; i < desks->n_contacts; i++) {
        row_done(&desks->contacts[i].row);
    }
    free(desks->contacts);
    free(desks->acquaintances);
    free(desks->accepted.items);
    free(desks->rejected.items);
    free(desks->created.items);
    free(desks);
}

/* --- what is answered ----------------------------------------------------- */

static void say(struct sim_said_list *list,
                const char *offer_id,
                const char *session)
{
    struct sim_said *said;

    if (list->n == list->capacity) {
        list->capacity = 2 * list->capacity + 16;
        list->items =
            realloc(list->items, list->capacity * sizeof(*list->items));
        assert(list->items != NULL);
    }
    said = &list->items[list->n++];
    said->was_seen = false;
    copy(said->offer_id, offer_id);
    copy(said->session, session);
}

static void logged_in(struct sim_desks *desks,
                      const Qc__V1__LoginRequest *request,
                      const Qc__V1__LoginResponse *response)
{
    for (unsigned i = 0; i < SIM_DESKS_MAX; i++) {
        struct sim_desk *desk = &desks->desks[i];
        const Qc__State__AgentRow *row = sim_desk_agent(desk);

        if (row != NULL && same(row->agent->key, request->agent)) {
            copy(desk->session_before, desk->session);
            copy(desk->session, response->session_id);
        }
    }
}

static void leased(struct sim_desks *desks,
                   const Qc__V1__LeaseEffectsResponse *response)
{
    for (size_t i = 0; i < response->n_items; i++) {
        struct sim_known_lease *known =
            &desks->leases[desks->n_leases++ % SIM_LEASES_KNOWN];

        copy(known->effect_id, response->items[i]->effect_id);
        known->token = response->items[i]->token;
    }
}

static void hear(struct sim_desks *desks,
                 const char *method,
                 const void *request,
                 const void *response)
{
    if (same(method, "AcceptOffer")) {
        const Qc__V1__AcceptOfferRequest *accept = request;

        say(&desks->accepted, accept->offer_id, accept->session_id);
    } else if (same(method, "RejectOffer")) {
        const Qc__V1__RejectOfferRequest *reject = request;

        say(&desks->rejected, reject->offer_id, reject->session_id);
    } else if (same(method, "MatchCall")) {
        const Qc__V1__MatchCallResponse *call = response;

        say(&desks->created, call->interaction_id, "");
    } else if (same(method, "EnqueueInteraction")) {
        const Qc__V1__EnqueueInteractionResponse *contact = response;

        say(&desks->created, contact->interaction_id, "");
    } else if (same(method, "Login")) {
        logged_in(desks, request, response);
    } else if (same(method, "LeaseEffects")) {
        leased(desks, response);
    }
}

void sim_desks_done(struct sim_desks *desks,
                    const struct sim_request *request,
                    const struct qc_answer *answer)
{
    const struct qc_method *method = request->method;
    struct qc_arena arena;

    if (!desks->is_used || answer->refusal != 0) {
        return;
    }
    qc_arena_init(&arena, ARENA_SIZE);
    hear(desks, method->name,
         sim_requests_read(method->request, request->command.body, &arena),
         sim_requests_read(method->response, answer->response, &arena));
    qc_arena_done(&arena);
}

/* --- what is written ------------------------------------------------------ */

static void see_agent(struct sim_desks *desks, struct qc_bytes after)
{
    struct sim_row row = row_read(&qc__state__agent_row__descriptor, after);
    const Qc__State__AgentRow *agent = row.message;

    assert(agent != NULL && agent->index < SIM_DESKS_MAX);
    row_replace(&desks->desks[agent->index].agent, row);
}

static void see_presence(struct sim_desks *desks, struct qc_bytes after)
{
    struct sim_row row = row_read(&qc__state__presence_row__descriptor, after);
    const Qc__State__PresenceRow *presence = row.message;
    struct sim_desk *desk;

    assert(presence != NULL && presence->index < SIM_DESKS_MAX);
    desk = &desks->desks[presence->index];
    sim_duties_presence(desks, desk, presence);
    row_replace(&desk->presence, row);
}

/* Whether nothing of it goes on: an agent who has passed it on may still wrap
 * it up when it is closed. */
static bool is_over(const Qc__State__InteractionRow *row)
{
    return row->interaction->state == CLOSED && row->n_wrap_ups == 0;
}

static void keep_contact(struct sim_desks *desks, struct sim_row row)
{
    const Qc__State__InteractionRow *after = row.message;
    const char *id = after->interaction->interaction_id;
    struct sim_contact *contact = find(desks, id);

    if (contact != NULL) {
        row_replace(&contact->row, row);
        return;
    }
    if (desks->n_contacts == desks->capacity) {
        desks->capacity = 2 * desks->capacity + 64;
        desks->contacts = realloc(desks->contacts,
                                  desks->capacity * sizeof(*desks->contacts));
        assert(desks->contacts != NULL);
    }
    contact = &desks->contacts[desks->n_contacts++];
    copy(contact->id, id);
    contact->row = row;
}

static void forget_contact(struct sim_desks *desks, const char *id)
{
    struct sim_contact *contact = find(desks, id);

    if (contact != NULL) {
        row_done(&contact->row);
        *contact = desks->contacts[--desks->n_contacts];
    }
}

static void count(struct sim_desks *desks,
                  const Qc__State__InteractionRow *was,
                  const Qc__State__InteractionRow *is)
{
    desks->n_created += was == NULL ? 1 : 0;
    if (is->interaction->state == CLOSED &&
        (was == NULL || was->interaction->state != CLOSED)) {
        if (is->interaction->answered_ms != 0) {
            desks->n_handled++;
        } else {
            desks->n_abandoned++;
        }
    }
}

/* An offer that callers may come to speak of. */
static void know_offer(struct sim_desks *desks,
                       const Qc__V1__Interaction *interaction)
{
    const struct sim_desk *desk = sim_desks_of(desks, interaction->agent);
    struct sim_known_offer *known;

    if (interaction->offer_id[0] != '\0' && desk != NULL) {
        known = &desks->offers[desks->n_offers++ % SIM_OFFERS_KNOWN];
        copy(known->offer_id, interaction->offer_id);
        known->desk = (unsigned)(desk - desks->desks);
    }
}

bool sim_desks_has_had(const struct sim_desks *desks,
                       const char *customer,
                       const char *queue,
                       const char *agent)
{
    for (size_t i = 0; i < desks->n_acquaintances; i++) {
        const struct sim_acquaintance *known = &desks->acquaintances[i];

        if (same(known->customer, customer) && same(known->queue, queue) &&
            same(known->agent, agent)) {
            return true;
        }
    }
    return false;
}

/* Who has had it knows the customer. */
static void get_to_know(struct sim_desks *desks,
                        const Qc__State__InteractionRow *row,
                        const Qc__V1__Segment *segment)
{
    struct sim_acquaintance *known;

    if (row->customer_key[0] == '\0' || segment->answered_ms == 0 ||
        sim_desks_has_had(desks, row->customer_key, segment->queue,
                          segment->agent)) {
        return;
    }
    if (desks->n_acquaintances == desks->acquaintances_capacity) {
        desks->acquaintances_capacity = 2 * desks->acquaintances_capacity + 64;
        desks->acquaintances =
            realloc(desks->acquaintances, desks->acquaintances_capacity *
                                              sizeof(*desks->acquaintances));
        assert(desks->acquaintances != NULL);
    }
    known = &desks->acquaintances[desks->n_acquaintances++];
    (void)snprintf(known->customer, sizeof(known->customer), "%s",
                   row->customer_key);
    copy(known->queue, segment->queue);
    copy(known->agent, segment->agent);
}

static void see_contact(struct sim_desks *desks,
                        struct qc_bytes before,
                        struct qc_bytes after)
{
    const ProtobufCMessageDescriptor *type =
        &qc__state__interaction_row__descriptor;
    struct sim_row was = row_read(type, before);
    struct sim_row is = row_read(type, after);
    const Qc__State__InteractionRow *row = is.message;

    sim_duties_contact(desks, was.message, row);
    if (row != NULL) {
        count(desks, was.message, row);
        know_offer(desks, row->interaction);
        for (size_t i = 0; i < row->interaction->n_segments; i++) {
            get_to_know(desks, row, row->interaction->segments[i]);
        }
    }
    if (row != NULL && !is_over(row)) {
        keep_contact(desks, is);
    } else {
        const Qc__State__InteractionRow *last = row != NULL ? row : was.message;

        forget_contact(desks, last->interaction->interaction_id);
        row_done(&is);
    }
    row_done(&was);
}

static void see(void *ctx,
                struct qc_bytes key,
                struct qc_bytes before,
                struct qc_bytes after)
{
    struct sim_desks *desks = ctx;
    struct qc_key prefix;

    qc_key_begin(&prefix, TENANT, QC_SPACE_TENANT);
    if (memcmp(key.data, prefix.data, QC_KEY_PREFIX_SIZE - 1) != 0) {
        return;
    }
    switch (key.data[QC_KEY_PREFIX_SIZE - 1]) {
    case QC_SPACE_TENANT:
        row_replace(&desks->tenant,
                    row_read(&qc__state__tenant_row__descriptor, after));
        desks->is_settled = false; /* For many at once, in its own order. */
        break;
    case QC_SPACE_AGENT:
        see_agent(desks, after);
        break;
    case QC_SPACE_PRESENCE:
        see_presence(desks, after);
        break;
    case QC_SPACE_INTERACTION:
        see_contact(desks, before, after);
        break;
    default:
        break;
    }
}

/* Whether nothing is due any more that this entry has left to the next. */
static bool is_settled(const struct sim_node *node)
{
    struct qc_key rematch;

    qc_key_begin(&rematch, TENANT, QC_SPACE_REMATCH);
    return !sim_store_has(node->store, &rematch) &&
           qc_machine_next_timer_ms(&node->machine) > node->machine.now_ms;
}

void sim_desks_applied(struct sim_desks *desks, const struct sim_node *node)
{
    if (!desks->is_used) {
        return;
    }
    desks->now_ms = node->machine.now_ms;
    sim_store_changes(node->store, see, desks);
    desks->is_settled = is_settled(node);
    sim_duties_hold(desks, node->store);
    desks->accepted.n = desks->rejected.n = desks->created.n = 0;
}
