#include "base/planted.h"
#include "replica/exchange.h"
#include "replica/inside.h"

enum {
    CONFIRMS_THE_NOTED = 0,
};

int qc_replica_tell_reader(void *ctx,
                           uint64_t origin,
                           uint64_t number,
                           uint64_t index)
{
    const struct qc_replica *replica = ctx;

    return qc_exchange_read_index_result(&replica->options.network, origin,
                                         number, index);
}

static int ask_voters(struct qc_replica *replica, uint64_t number)
{
    const struct raft_configuration *members =
        &replica->core.raft.configuration;

    for (unsigned i = 0; i < members->n; i++) {
        uint64_t id = members->servers[i].id;
        int r;

        if (members->servers[i].role != RAFT_VOTER ||
            !qc_replica_is_peer(replica, id)) {
            continue;
        }
        r = qc_exchange_confirm_term(&replica->options.network, id, number,
                                     replica->core.raft.current_term);
        if (r != 0) {
            return r;
        }
    }
    return 0;
}

int qc_replica_ask_for_reads(struct qc_replica *replica)
{
    uint64_t leader = qc_core_leader(&replica->core, NULL);
    uint64_t number;
    bool leads;

    /* A leader that is not ready does not know what was committed before it. */
    if (leader == 0 || (qc_core_is_leader(&replica->core) &&
                        !qc_core_is_ready(&replica->core))) {
        return 0;
    }
    number = qc_reads_ask(&replica->reads, qc_core_commit_index(&replica->core),
                          qc_replica_now_ms(replica));
    if (number == 0) {
        return 0;
    }
    leads = qc_core_is_leader(&replica->core);
    /* The only voter of a cluster that was recovered asks nobody. */
    if ((leads && qc_core_n_others(&replica->core) == 0) || QC_PLANTED_BUG(6) ||
        (leads && QC_PLANTED_BUG(7))) {
        return qc_reads_tell(&replica->reads, number, CONFIRMS_THE_NOTED,
                             qc_replica_tell_reader, replica);
    }
    if (!leads) {
        return qc_exchange_read_index(&replica->options.network, leader,
                                      number);
    }
    return ask_voters(replica, number);
}
