/*
 * Members, as they are wanted and as they are.
 *
 * The rows say what is wanted; the leader makes libraft's configuration so, one
 * change at a time, each committed and applied before the next (guard 4). A
 * change is made only on top of a committed entry of this leader's own term:
 * else two leaders could make one each from the same configuration, and both
 * would find a majority.
 */
#include <string.h>

#include "replica/configuration.h"
#include "replica/inside.h"

struct wish {
    struct qc_wanted members[QC_SERVERS_MAX];
    size_t n;
};

/* A configuration to be, which begins as what is. */
struct plan {
    struct qc_server servers[QC_SERVERS_MAX];
    unsigned n;
};

/* --- how far those have come that are to vote --- */

void qc_replica_forget_rounds(struct qc_replica *replica)
{
    replica->duties.n_rounds = 0;
    replica->duties.must_go = false;
}

static struct qc_round *round_of(struct qc_duties *duties, uint64_t id)
{
    for (unsigned i = 0; i < duties->n_rounds; i++) {
        if (duties->rounds[i].id == id) {
            return &duties->rounds[i];
        }
    }
    return NULL;
}

/* A round ends when the standby has what was the leader's last entry when it
 * began. Who did that within an election timeout can follow: then it costs the
 * cluster no longer gap than an election, should it be needed for a majority at
 * once. (libraft's own rounds, CATCH_UP, forget themselves at a change, and
 * believe any id.) */
static void advance(const struct qc_replica *replica, struct qc_round *round)
{
    const struct qc_core *core = &replica->core;
    int64_t now_ms = qc_replica_now_ms(replica);
    bool is_in_time =
        now_ms - round->began_ms <= replica->options.election_timeout_ms;

    if (qc_core_match_index(core, round->id) >= round->until_index) {
        round->is_fast = is_in_time;
        round->until_index = qc_core_last_index(core);
        round->began_ms = now_ms;
    } else if (!is_in_time) {
        round->is_fast = false;
    }
}

static void keep_rounds(struct qc_replica *replica, const struct wish *wish)
{
    struct qc_duties *duties = &replica->duties;
    struct qc_round kept[QC_SERVERS_MAX];
    unsigned n = 0;

    for (size_t i = 0; i < wish->n; i++) {
        const struct qc_wanted *wanted = &wish->members[i];
        const struct raft_server *server = qc_configuration_find(
            &replica->core.raft.configuration, wanted->id);
        const struct qc_round *round = round_of(duties, wanted->id);

        if (wanted->removed || !wanted->voter || server == NULL ||
            server->role == RAFT_VOTER) {
            continue;
        }
        kept[n] = (struct qc_round){
            .id = wanted->id,
            .until_index = qc_core_last_index(&replica->core),
            .began_ms = qc_replica_now_ms(replica),
        };
        if (round != NULL) {
            kept[n] = *round;
        }
        advance(replica, &kept[n]);
        n++;
    }
    memcpy(duties->rounds, kept, n * sizeof(kept[0]));
    duties->n_rounds = n;
}

static bool has_caught_up(struct qc_replica *replica, uint64_t id)
{
    const struct qc_round *round = round_of(&replica->duties, id);

    return round != NULL && round->is_fast &&
           qc_core_peer(&replica->core, id) != NULL;
}

/* --- the next change --- */

static struct qc_server *find(struct plan *plan, uint64_t id)
{
    for (unsigned i = 0; i < plan->n; i++) {
        if (plan->servers[i].id == id) {
            return &plan->servers[i];
        }
    }
    return NULL;
}

/* Whose address is still another's must wait until that one has gone. */
static bool is_address_free(const struct plan *plan, const char *address)
{
    for (unsigned i = 0; i < plan->n; i++) {
        if (strcmp(plan->servers[i].address, address) == 0) {
            return false;
        }
    }
    return true;
}

static bool plan_addition(struct plan *plan, const struct wish *wish)
{
    for (size_t i = 0; i < wish->n && plan->n < QC_SERVERS_MAX; i++) {
        const struct qc_wanted *wanted = &wish->members[i];

        if (!wanted->removed && find(plan, wanted->id) == NULL &&
            is_address_free(plan, wanted->address)) {
            plan->servers[plan->n++] = (struct qc_server){
                .id = wanted->id,
                .address = wanted->address,
            };
            return true;
        }
    }
    return false;
}

static bool plan_promotion(struct qc_replica *replica,
                           struct plan *plan,
                           const struct wish *wish)
{
    for (size_t i = 0; i < wish->n; i++) {
        const struct qc_wanted *wanted = &wish->members[i];
        struct qc_server *server = find(plan, wanted->id);

        if (!wanted->removed && wanted->voter && server != NULL &&
            !server->voter && has_caught_up(replica, wanted->id)) {
            server->voter = true;
            return true;
        }
    }
    return false;
}

/* A leader does not end its own vote: it lets another lead, which does it. */
static bool plan_departure(struct qc_replica *replica,
                           struct plan *plan,
                           const struct wish *wish)
{
    bool may_lose_voter = qc_core_n_voters(&replica->core) > QC_VOTERS_MIN;

    for (size_t i = 0; i < wish->n; i++) {
        const struct qc_wanted *wanted = &wish->members[i];
        struct qc_server *server = find(plan, wanted->id);

        if (server == NULL ||
            (!wanted->removed && (wanted->voter || !server->voter)) ||
            (server->voter && !may_lose_voter)) {
            continue;
        }
        if (server->id == replica->options.id) {
            replica->duties.must_go = true;
            continue;
        }
        if (wanted->removed) {
            size_t n_after = plan->n - (size_t)(server - plan->servers) - 1;

            memmove(server, server + 1, n_after * sizeof(*server));
            plan->n--;
        } else {
            server->voter = false;
        }
        return true;
    }
    return false;
}

static bool make_plan(struct qc_replica *replica, struct plan *plan)
{
    const struct raft_configuration *members =
        &replica->core.raft.configuration;
    const struct qc_applier *applier = &replica->options.applier;
    struct wish wish;

    wish.n = applier->wanted(applier->ctx, wish.members);
    for (plan->n = 0; plan->n < members->n; plan->n++) {
        const struct raft_server *server = &members->servers[plan->n];

        plan->servers[plan->n] = (struct qc_server){
            .id = server->id,
            .address = server->address,
            .voter = server->role == RAFT_VOTER,
        };
    }
    keep_rounds(replica, &wish);
    replica->duties.must_go = false;
    return plan_addition(plan, &wish) || plan_promotion(replica, plan, &wish) ||
           plan_departure(replica, plan, &wish);
}

/* Whether all was as it is wanted at the last look, and nothing has changed
 * since: then there is no haste to ask the rows again. */
static bool is_settled(const struct qc_replica *replica)
{
    const struct qc_duties *duties = &replica->duties;

    return duties->settled_index != 0 &&
           duties->settled_index == replica->applied_index &&
           qc_replica_now_ms(replica) - duties->looked_ms <
               QC_MEMBERSHIP_SETTLED_MS;
}

/* Whether the rows know all that is committed, and it is time to look. */
static bool may_look(const struct qc_replica *replica)
{
    const struct raft *raft = &replica->core.raft;

    return !is_settled(replica) && qc_core_is_ready(&replica->core) &&
           raft->configuration_uncommitted_index == 0 &&
           replica->applied_index >= raft->configuration_committed_index &&
           !qc_replica_is_handing_over(replica) &&
           qc_replica_now_ms(replica) - replica->duties.looked_ms >=
               QC_MEMBERSHIP_MS;
}

/* An entry of this leader's own is committed, or will be. */
static int own_entry(struct qc_replica *replica, bool *is_committed_out)
{
    struct qc_core *core = &replica->core;
    int r = 0;

    *is_committed_out = qc_core_commit_index(core) > core->ready_index;
    if (!*is_committed_out && qc_core_last_index(core) == core->ready_index) {
        r = qc_core_submit_barrier(core);
    }
    return r > 0 ? 0 : r;
}

int qc_replica_keep_members(struct qc_replica *replica)
{
    struct qc_duties *duties = &replica->duties;
    bool is_own_committed;
    struct plan plan;
    int r;

    if (!may_look(replica)) {
        return 0;
    }
    duties->looked_ms = qc_replica_now_ms(replica);
    duties->settled_index = 0;
    if (!make_plan(replica, &plan)) {
        if (duties->n_rounds == 0 && !duties->must_go) {
            duties->settled_index = replica->applied_index;
        }
        return 0;
    }
    r = own_entry(replica, &is_own_committed);
    if (r == 0 && is_own_committed) {
        r = qc_core_submit_configuration(&replica->core, plan.servers, plan.n);
    }
    return r > 0 ? 0 : r; /* What is refused now is looked at again. */
}
