#include <string.h>

#include "base/siphash.h"
#include "replica/configuration.h"
#include "replica/exchange.h"
#include "replica/inside.h"

enum {
    REACHED_MAX = 5 * QC_SERVERS_MAX,
    /* How often the rows are asked for members that are wanted. */
    LOOK_MS = 1000,
    SPEAK_MS = 1000, /* How often who has no leader speaks up. */
    NO_ROUND = 0,
};

struct reached {
    struct qc_server servers[REACHED_MAX];
    size_t n;
};

static void add(struct reached *reached, const struct qc_server *server)
{
    for (size_t i = 0; i < reached->n; i++) {
        if (reached->servers[i].id == server->id) {
            return;
        }
    }
    reached->servers[reached->n++] = *server;
}

static void add_configuration(struct reached *reached,
                              const struct raft_configuration *configuration)
{
    struct qc_server servers[QC_SERVERS_MAX];
    size_t n = qc_configuration_servers(configuration, servers);

    for (size_t i = 0; i < n; i++) {
        add(reached, &servers[i]);
    }
}

static void add_wanted(struct reached *reached,
                       const struct qc_applier *applier)
{
    struct qc_wanted wanted[QC_SERVERS_MAX];
    size_t n = applier->wanted(applier->ctx, wanted);

    for (size_t i = 0; i < n; i++) {
        const struct qc_server server = {
            .id = wanted[i].id,
            .address = wanted[i].address,
            .voter = wanted[i].voter,
        };

        if (!wanted[i].removed) {
            add(reached, &server);
        }
    }
}

/* The rows come last: what libraft has is at least as new, except in a node
 * that has lost the end of its log, where both may be needed. */
static void find_reached(const struct qc_replica *replica,
                         struct reached *reached)
{
    const struct raft *raft = &replica->core.raft;
    const struct qc_replica_options *options = &replica->options;
    const struct qc_server self = {
        .id = options->id,
        .address = options->address,
    };

    reached->n = 0;
    add_configuration(reached, &raft->configuration);
    add_configuration(reached, &raft->configuration_committed);
    add_wanted(reached, &options->applier);
    if (qc_configuration_find(&raft->configuration, options->id) == NULL) {
        for (unsigned i = 0; i < options->n_initial && i < QC_SERVERS_MAX;
             i++) {
            add(reached, &options->initial[i]);
        }
    }
    add(reached, &self);
}

static uint64_t digest_of(const struct reached *reached)
{
    static const uint8_t key[QC_SIPHASH_KEY_SIZE];
    uint64_t digest = reached->n;

    for (size_t i = 0; i < reached->n; i++) {
        const struct qc_server *server = &reached->servers[i];
        uint64_t words[4] = {
            digest,
            server->id,
            server->voter ? 1 : 0,
            qc_siphash(key, (struct qc_bytes){(const uint8_t *)server->address,
                                              strlen(server->address)}),
        };

        digest = qc_siphash(
            key, (struct qc_bytes){(const uint8_t *)words, sizeof(words)});
    }
    return digest;
}

static void tell(struct qc_replica *replica)
{
    const struct qc_replica_options *options = &replica->options;
    struct reached reached;
    uint64_t digest;

    if (options->members == NULL) {
        return;
    }
    find_reached(replica, &reached);
    digest = digest_of(&reached);
    if (digest != replica->reach.digest) {
        replica->reach.digest = digest;
        options->members(options->members_ctx, reached.servers, reached.n);
    }
}

/* Who does not vote asks for no votes, and without a leader has nothing to say.
 * But a node that was removed while it was away hears so from whoever it speaks
 * to: what it asks does not matter. */
static int speak_up(struct qc_replica *replica)
{
    const struct qc_core *core = &replica->core;
    int64_t now_ms = qc_replica_now_ms(replica);
    struct reached reached;
    int r = 0;

    if (qc_core_leader(core, NULL) != 0 ||
        qc_core_is_voter(core, replica->options.id) ||
        now_ms - replica->reach.spoke_ms < SPEAK_MS) {
        return 0;
    }
    replica->reach.spoke_ms = now_ms;
    find_reached(replica, &reached);
    for (size_t i = 0; r == 0 && i < reached.n; i++) {
        if (qc_replica_is_peer(replica, reached.servers[i].id)) {
            r = qc_exchange_confirm_term(&replica->options.network,
                                         reached.servers[i].id, NO_ROUND,
                                         core->raft.current_term);
        }
    }
    return r;
}

static void tell_if_removed(struct qc_replica *replica)
{
    const struct qc_replica_options *options = &replica->options;
    const struct raft *raft = &replica->core.raft;
    uint64_t index = raft->configuration_committed_index;

    if (!replica->reach.is_removed && replica->core.was_member &&
        !qc_core_is_configuring(&replica->core) &&
        qc_configuration_find(&raft->configuration_committed, options->id) ==
            NULL) {
        replica->reach.is_removed = true;
        if (options->removed != NULL) {
            options->removed(options->removed_ctx, index);
        }
    }
}

int qc_replica_follow_members(struct qc_replica *replica)
{
    const struct raft *raft = &replica->core.raft;
    struct qc_reach *reach = &replica->reach;
    int64_t now_ms = qc_replica_now_ms(replica);
    bool is_new =
        raft->configuration_uncommitted_index != reach->uncommitted_index ||
        raft->configuration_committed_index != reach->committed_index;
    int r = 0;

    if (is_new) {
        reach->uncommitted_index = raft->configuration_uncommitted_index;
        reach->committed_index = raft->configuration_committed_index;
        /* A majority is one of the same voters. */
        r = qc_reads_restart(&replica->reads, qc_replica_tell_reader, replica);
    }
    if (is_new || reach->digest == 0 ||
        (reach->applied_index != replica->applied_index &&
         now_ms - reach->looked_ms >= LOOK_MS)) {
        reach->applied_index = replica->applied_index;
        reach->looked_ms = now_ms;
        tell(replica);
    }
    tell_if_removed(replica);
    return r != 0 ? r : speak_up(replica);
}
