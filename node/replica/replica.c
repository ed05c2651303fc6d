#include "replica/replica.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quorumcall/v1/cluster_service.pb-c.h"
#include "replica/configuration.h"
#include "replica/exchange.h"
#include "replica/inside.h"

int64_t qc_replica_now_ms(const struct qc_replica *replica)
{
    const struct qc_clocks *clocks = &replica->options.clocks;

    return clocks->monotonic_ms(clocks->ctx);
}

int64_t qc_replica_wall_ms(const struct qc_replica *replica)
{
    const struct qc_clocks *clocks = &replica->options.clocks;

    return clocks->wall_ms(clocks->ctx);
}

void qc_replica_notice(const struct qc_replica *replica,
                       enum qc_notice level,
                       const char *text)
{
    replica->options.notice(replica->options.notice_ctx, level, text);
}

bool qc_replica_is_peer(const struct qc_replica *replica, uint64_t id)
{
    return id != 0 && id != replica->options.id;
}

/* --- life --- */

struct qc_replica *qc_replica_new(const struct qc_replica_options *options)
{
    struct qc_replica *replica = calloc(1, sizeof(*replica));
    uint64_t seeds[QC_ENTROPY_SIZE / sizeof(uint64_t)];

    assert(options->id != 0);

    if (replica == NULL) {
        return NULL;
    }
    replica->options = *options;
    if (qc_core_init(&replica->core, &replica->options) != 0) {
        free(replica);
        return NULL;
    }
    options->clocks.entropy(options->clocks.ctx, (uint8_t *)seeds);
    qc_proposals_init(&replica->proposals, seeds[0]);
    qc_reads_init(&replica->reads, seeds[0]);
    replica->clock_number = seeds[1];
    replica->fetch.number = seeds[1];
    qc_duties_init(replica);
    return replica;
}

void qc_replica_free(struct qc_replica *replica)
{
    if (replica == NULL) {
        return;
    }
    qc_proposals_done(&replica->proposals);
    qc_reads_done(&replica->reads);
    qc_snapshot_done(&replica->checkpoints.taken);
    qc_core_done(&replica->core);
    free(replica);
}

int qc_replica_start(struct qc_replica *replica,
                     const struct qc_replica_state *state)
{
    const struct qc_applier *applier = &replica->options.applier;
    const struct qc_core *core = &replica->core;
    int r;

    /* Rows may be ahead of this node's log: others had committed it. */
    replica->applied_index = applier->applied(applier->ctx);
    replica->duties.is_judged = true;
    r = qc_replica_judge(replica);
    if (r == 0) {
        r = qc_core_start(&replica->core, state);
    }
    if (r == 0 && replica->applied_index + 1 < core->first_index) {
        qc_replica_notice(replica, QC_NOTICE_WARNING,
                          "the rows end before the log begins");
        r = QC_E_CORRUPT;
    }
    return r != 0 ? r
                  : qc_replica_begin_with_checkpoint(
                        replica, qc_snapshot_index(&core->newest));
}

/* --- leadership --- */

static void tell_of_leader(const struct qc_replica *replica)
{
    char text[96];

    if (replica->leader_id == replica->options.id) {
        (void)snprintf(text, sizeof(text), "leads in term %llu",
                       (unsigned long long)replica->term);
    } else if (replica->leader_id != 0) {
        (void)snprintf(text, sizeof(text), "follows node %llu in term %llu",
                       (unsigned long long)replica->leader_id,
                       (unsigned long long)replica->term);
    } else {
        (void)snprintf(text, sizeof(text), "knows no leader in term %llu",
                       (unsigned long long)replica->term);
    }
    qc_replica_notice(replica, QC_NOTICE_INFO, text);
}

/* Whatever was sent to the old leader, or appended by it, may be lost now:
 * everything is sent and asked again. */
static int leadership_changed(struct qc_replica *replica)
{
    int r = qc_proposals_resend(&replica->proposals, INT64_MAX);

    if (r == 0) {
        r = qc_reads_restart(&replica->reads, qc_replica_tell_reader, replica);
    }
    replica->log_time = (struct qc_log_time){.is_set = false};
    memset(replica->uncommitted_sizes, 0, sizeof(replica->uncommitted_sizes));
    replica->uncommitted_size = 0;
    replica->settled_index = qc_core_last_index(&replica->core);
    if (r == 0 && qc_core_is_leader(&replica->core)) {
        r = qc_replica_ask_clocks(replica);
    }
    return r;
}

/* Acts upon a change of leader or term, if the last event has brought one. */
static int follow_leadership(struct qc_replica *replica)
{
    uint64_t leader_id = qc_core_leader(&replica->core, NULL);
    uint64_t term = replica->core.raft.current_term;

    if (leader_id == replica->leader_id && term == replica->term) {
        return 0;
    }
    replica->leader_id = leader_id;
    replica->term = term;
    tell_of_leader(replica);
    return leadership_changed(replica);
}

/* --- events --- */

int qc_replica_receive(struct qc_replica *replica,
                       uint64_t from,
                       enum qc_channel channel,
                       struct qc_bytes message,
                       bool *good_out)
{
    int r = 0;

    *good_out = qc_replica_is_peer(replica, from);
    if (!*good_out) {
        return 0;
    }
    switch (channel) {
    case QC_CHANNEL_CONSENSUS:
        r = qc_core_receive(&replica->core, from, message, good_out);
        break;
    case QC_CHANNEL_EXCHANGE:
        r = qc_replica_listen(replica, from, message, good_out);
        break;
    }
    return r != 0 ? r : follow_leadership(replica);
}

int qc_replica_persisted(struct qc_replica *replica, uint64_t index)
{
    int r = qc_core_persisted(&replica->core, index);

    return r != 0 ? r : follow_leadership(replica);
}

void qc_replica_peer_connected(struct qc_replica *replica,
                               uint64_t peer,
                               bool connected)
{
    if (!connected && peer == qc_core_leader(&replica->core, NULL)) {
        qc_core_connection_lost(&replica->core);
    }
    /* What was forwarded over the old connection may be lost. If memory is
     * short for it, it is sent again a little later. */
    if (connected && peer == replica->leader_id &&
        qc_replica_is_peer(replica, peer) &&
        qc_proposals_resend(&replica->proposals, INT64_MAX) != 0) {
        qc_replica_notice(replica, QC_NOTICE_DEBUG,
                          "forwarded commands wait to be sent again");
    }
}

void qc_replica_peer_refuses(struct qc_replica *replica, uint64_t peer)
{
    if (peer == qc_core_leader(&replica->core, NULL)) {
        qc_core_connection_refused(&replica->core);
    }
}

int qc_replica_tick(struct qc_replica *replica)
{
    int r = qc_core_tick(&replica->core);

    return r != 0 ? r : follow_leadership(replica);
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

int64_t qc_replica_timeout_ms(const struct qc_replica *replica)
{
    const struct qc_core *core = &replica->core;
    int64_t sent_ms = qc_proposals_first_sent_ms(&replica->proposals);
    int64_t at_ms = qc_core_timeout_ms(core);

    at_ms = earlier(at_ms, qc_proposals_next_ms(&replica->proposals));
    at_ms = earlier(at_ms, qc_reads_next_ms(&replica->reads));
    at_ms = earlier(at_ms, qc_replica_checkpoint_ms(replica));
    at_ms = earlier(at_ms, qc_replica_fetch_ms(replica));
    if (qc_core_is_leader(core)) {
        at_ms = earlier(at_ms, qc_replica_keep_time_ms(replica));
        at_ms = earlier(at_ms, qc_replica_tick_ms(replica));
        if (qc_replica_can_append(replica) &&
            qc_proposals_is_waiting(&replica->proposals)) {
            return 0; /* More was waiting than fits one entry. */
        }
    } else if (replica->leader_id != 0) {
        if (sent_ms != INT64_MAX) {
            at_ms = earlier(at_ms, sent_ms + QC_RESEND_MS);
        }
        if (qc_proposals_is_waiting(&replica->proposals)) {
            return 0;
        }
    }
    return at_ms;
}

int qc_replica_turn(struct qc_replica *replica)
{
    int r = qc_replica_apply(replica);

    if (r == 0) {
        r = qc_replica_checkpoint(replica);
    }
    if (r == 0) {
        r = qc_replica_fetch(replica);
    }
    if (r == 0) {
        r = follow_leadership(replica); /* A fetch given up has ended it. */
    }
    if (r == 0) {
        r = qc_replica_follow_members(replica);
    }
    if (r == 0) {
        r = qc_replica_keep_time(replica);
    }
    if (r == 0) {
        int64_t now_ms = qc_replica_now_ms(replica);

        qc_proposals_expire(&replica->proposals, now_ms,
                            replica->leader_id != 0);
        qc_reads_expire(&replica->reads, now_ms);
        r = qc_replica_ask_for_reads(replica);
    }
    if (r == 0) {
        r = qc_replica_do_duties(replica);
    }
    if (r == 0) {
        r = qc_replica_send_queue(replica);
    }
    return r;
}

int qc_replica_tell(struct qc_replica *replica)
{
    return qc_core_tell_commit(&replica->core);
}

bool qc_replica_busy(const struct qc_replica *replica)
{
    return replica->applied_index < qc_core_commit_index(&replica->core);
}

/* --- proposals, reads, status --- */

struct qc_proposal *qc_replica_propose(struct qc_replica *replica,
                                       const struct qc_command *command,
                                       int64_t deadline_ms,
                                       qc_proposed_fn done,
                                       void *ctx)
{
    assert(qc_exchange_is_command_sound(command));

    return qc_proposals_add(&replica->proposals, command, deadline_ms, done,
                            ctx);
}

struct qc_read *qc_replica_read(struct qc_replica *replica,
                                int64_t deadline_ms,
                                void (*done)(void *ctx, bool confirmed),
                                void *ctx)
{
    return qc_reads_add(&replica->reads, deadline_ms, done, ctx);
}

static int role_of(const struct qc_core *core)
{
    switch (core->raft.state) {
    case RAFT_LEADER:
        return QC__V1__NODE_ROLE__NODE_ROLE_LEADER;
    case RAFT_CANDIDATE:
        return QC__V1__NODE_ROLE__NODE_ROLE_CANDIDATE;
    default:
        return QC__V1__NODE_ROLE__NODE_ROLE_FOLLOWER;
    }
}

struct qc_replica_standing qc_replica_standing(const struct qc_replica *replica)
{
    const struct qc_core *core = &replica->core;
    const char *address;

    return (struct qc_replica_standing){
        .term = core->raft.current_term,
        .leader_id = qc_core_leader(core, &address),
        .commit_index = qc_core_commit_index(core),
    };
}

int64_t qc_replica_contact_ms(const struct qc_replica *replica)
{
    int64_t contact_ms = replica->core.contact_ms;

    return contact_ms >= 0 ? qc_replica_now_ms(replica) - contact_ms : -1;
}

void qc_replica_status(const struct qc_replica *replica,
                       struct qc_replica_status *status_out)
{
    const struct qc_core *core = &replica->core;

    *status_out = (struct qc_replica_status){
        .role = role_of(core),
        .term = core->raft.current_term,
        .last_index = qc_core_last_index(core),
        .commit_index = qc_core_commit_index(core),
        .applied_index = replica->applied_index,
        .open_requests = replica->proposals.n,
        .n_replayed = replica->proposals.n_replayed,
        .n_forgotten = replica->proposals.n_forgotten,
        .leader_contact_ms = qc_replica_contact_ms(replica),
        .first_index = core->first_index,
        .checkpoint_index = qc_snapshot_index(&core->newest),
        .installing = qc_core_is_installing(core),
        .draining = replica->duties.drains,
        .read_only = replica->duties.room == QC_ROOM_NONE ||
                     (qc_core_is_leader(core) && qc_replica_is_full(replica)),
    };

    status_out->leader_id = qc_core_leader(core, &status_out->leader_address);
    status_out->n_servers = (unsigned)qc_configuration_servers(
        &core->raft.configuration, status_out->servers);
    for (unsigned i = 0; i < status_out->n_servers; i++) {
        status_out->match_indexes[i] =
            qc_core_match_index(core, status_out->servers[i].id);
        status_out->silences_ms[i] =
            qc_core_silence_ms(core, status_out->servers[i].id);
    }
    memcpy(status_out->n_ended, replica->proposals.n_ended,
           sizeof(status_out->n_ended));
}
