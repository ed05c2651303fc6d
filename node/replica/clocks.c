#include "replica/exchange.h"
#include "replica/inside.h"

int qc_replica_ask_clocks(struct qc_replica *replica)
{
    const struct raft_configuration *members =
        &replica->core.raft.configuration;

    replica->clock_number++;
    qc_log_time_ask(&replica->log_time, replica->clock_number,
                    replica->options.id, qc_replica_now_ms(replica));
    for (unsigned i = 0; i < members->n; i++) {
        uint64_t id = members->servers[i].id;
        int r;

        if (members->servers[i].role != RAFT_VOTER ||
            !qc_replica_is_peer(replica, id)) {
            continue;
        }
        r = qc_exchange_get_clock(&replica->options.network, id,
                                  replica->clock_number);
        if (r != 0) {
            return r;
        }
    }
    return 0;
}

static void begin_time(struct qc_replica *replica,
                       enum qc_clock_verdict verdict)
{
    const struct qc_applier *applier = &replica->options.applier;

    qc_log_time_begin(&replica->log_time, verdict,
                      applier->now_ms(applier->ctx), qc_replica_now_ms(replica),
                      qc_replica_wall_ms(replica));
    if (verdict != QC_CLOCK_AGREES) {
        qc_replica_notice(replica, QC_NOTICE_WARNING,
                          "this leader's wall clock is not confirmed by a "
                          "majority: the log's time goes on without it");
    }
}

static void review_time(struct qc_replica *replica,
                        enum qc_clock_verdict verdict)
{
    if (qc_log_time_review(&replica->log_time, verdict,
                           qc_replica_now_ms(replica),
                           qc_replica_wall_ms(replica))) {
        qc_replica_notice(replica, QC_NOTICE_WARNING,
                          "this leader's wall clock is more than 10 s off: the "
                          "log's time does not follow it any more");
    }
}

/* The time of the last entry is known when all before are applied. */
static bool can_judge(const struct qc_replica *replica)
{
    return replica->log_time.is_set ||
           (qc_core_is_ready(&replica->core) &&
            replica->applied_index >= replica->core.ready_index);
}

int qc_replica_keep_time(struct qc_replica *replica)
{
    struct qc_log_time *time = &replica->log_time;
    int64_t now_ms = qc_replica_now_ms(replica);
    enum qc_clock_verdict verdict;

    if (!qc_core_is_leader(&replica->core)) {
        return 0;
    }
    if (!time->is_asking) {
        return now_ms >= qc_log_time_next_ms(time)
                   ? qc_replica_ask_clocks(replica)
                   : 0;
    }
    if (can_judge(replica) &&
        qc_log_time_judge(time, qc_core_n_voters(&replica->core), now_ms,
                          &verdict)) {
        if (time->is_set) {
            review_time(replica, verdict);
        } else {
            begin_time(replica, verdict);
        }
    }
    return 0;
}

int64_t qc_replica_keep_time_ms(const struct qc_replica *replica)
{
    return qc_core_is_leader(&replica->core) && can_judge(replica)
               ? qc_log_time_next_ms(&replica->log_time)
               : INT64_MAX;
}
