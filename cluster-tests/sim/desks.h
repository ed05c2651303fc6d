/*
 * Desks: agents and what waits for them, as the rows tell.
 *
 * Of each entry every version of every row is seen, in the order in which they
 * were written, so that nothing that was true for a moment only is missed.
 * duties.h says what may follow what, and what must hold after the entry.
 *
 * Only where the plan has agents; else nothing is looked at.
 */
#ifndef QC_SIM_DESKS_H
#define QC_SIM_DESKS_H

#include <stdbool.h>
#include <stdint.h>

#include "cluster-tests/sim/world.h"
#include "quorumcall/state/v1/agent.pb-c.h"
#include "quorumcall/state/v1/interaction.pb-c.h"
#include "quorumcall/state/v1/presence.pb-c.h"
#include "quorumcall/state/v1/tenant.pb-c.h"

enum {
    SIM_DESKS_MAX = 16,
    SIM_WORD_SIZE = 32,   /* Of keys, references and ids. */
    SIM_OFFERS_KNOWN = 8, /* The last ones. */
    SIM_LEASES_KNOWN = 32,
};

struct sim_request;

/* A row that is kept as long as it is the newest of its key. */
struct sim_row {
    struct qc_arena arena;
    const void *message; /* NULL: there is none. */
};

/* An agent, by his index. */
struct sim_desk {
    struct sim_row agent;
    struct sim_row presence;
    char session[SIM_WORD_SIZE]; /* As its callers were told last; "": never. */
    char session_before[SIM_WORD_SIZE];
};

/* Something that is not over: it waits, is with an agent, or one still wraps it
 * up. */
struct sim_contact {
    char id[SIM_WORD_SIZE];
    struct sim_row row;
};

/* An answer to AcceptOffer or RejectOffer in the entry that is looked at. */
struct sim_said {
    char offer_id[SIM_WORD_SIZE];
    char session[SIM_WORD_SIZE];
    bool was_seen; /* In the rows. */
};

/* What callers were told of: an offer, and to whom it was made. */
struct sim_known_offer {
    char offer_id[SIM_WORD_SIZE];
    unsigned desk;
};

/* And what a connector was given. */
struct sim_known_lease {
    char effect_id[SIM_WORD_SIZE];
    uint64_t token;
};

/* Who has had which customer in which queue. */
struct sim_acquaintance {
    char customer[2 * SIM_WORD_SIZE];
    char queue[SIM_WORD_SIZE];
    char agent[SIM_WORD_SIZE];
};

struct sim_said_list {
    struct sim_said *items;
    size_t n;
    size_t capacity;
};

struct sim_desks {
    bool is_used;
    int64_t now_ms;
    /* Nothing was left over by the entry before, nor was the tenant changed in
     * this one. */
    bool is_settled;
    struct sim_row tenant;
    struct sim_desk desks[SIM_DESKS_MAX];
    struct sim_contact *contacts; /* That are not over. */
    size_t n_contacts;
    size_t capacity;

    struct sim_acquaintance *acquaintances; /* Ever. */
    size_t n_acquaintances;
    size_t acquaintances_capacity;

    /* Of this entry. */
    struct sim_said_list accepted;
    struct sim_said_list rejected;
    struct sim_said_list created; /* |offer_id| is the interaction's. */

    /* Ever. */
    uint64_t n_created;
    uint64_t n_handled;
    uint64_t n_abandoned; /* And what else ended without an agent. */

    struct sim_known_offer offers[SIM_OFFERS_KNOWN]; /* A ring. */
    size_t n_offers;
    struct sim_known_lease leases[SIM_LEASES_KNOWN]; /* A ring. */
    size_t n_leases;
};

struct sim_desks *sim_desks_new(const struct sim_plan *plan);
void sim_desks_free(struct sim_desks *desks);

/* |request| has been done, with |answer|, by the entry that is applied. */
void sim_desks_done(struct sim_desks *desks,
                    const struct sim_request *request,
                    const struct qc_answer *answer);

/* |node| has applied an entry that nobody had applied before; its answers have
 * all been told. */
void sim_desks_applied(struct sim_desks *desks, const struct sim_node *node);

/* The rows, or NULL. */
const Qc__State__TenantRow *sim_desks_tenant(const struct sim_desks *desks);
const Qc__State__AgentRow *sim_desk_agent(const struct sim_desk *desk);
const Qc__State__PresenceRow *sim_desk_presence(const struct sim_desk *desk);
const Qc__State__InteractionRow *sim_contact_row(
    const struct sim_contact *contact);

/* Of the agent's key; NULL: there is none. */
const struct sim_desk *sim_desks_of(const struct sim_desks *desks,
                                    const char *agent);

/* NULL: it is over, or never was. */
const struct sim_contact *sim_desks_contact(const struct sim_desks *desks,
                                            const char *interaction_id);

/* Whether the agent has had the customer in the queue. */
bool sim_desks_has_had(const struct sim_desks *desks,
                       const char *customer,
                       const char *queue,
                       const char *agent);

#endif
