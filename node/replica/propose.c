#include <string.h>

#include "base/arena.h"
#include "replica/exchange.h"
#include "replica/inside.h"

enum {
    /* The largest queue there can be, in the largest headers. */
    ENTRY_ARENA_SIZE = 2 * QC_PROPOSALS_SIZE_MAX,
};

/* Takes off what has been committed since the last time. */
static void settle(struct qc_replica *replica)
{
    uint64_t commit_index = qc_core_commit_index(&replica->core);

    while (replica->settled_index < commit_index) {
        size_t *size;

        replica->settled_index++;
        size = &replica->uncommitted_sizes[replica->settled_index %
                                           QC_UNCOMMITTED_MAX];
        replica->uncommitted_size -= *size;
        *size = 0;
    }
}

bool qc_replica_can_append(const struct qc_replica *replica)
{
    const struct qc_core *core = &replica->core;
    uint64_t n = qc_core_last_index(core) - qc_core_commit_index(core);

    return qc_core_is_ready(core) && replica->log_time.is_set &&
           !qc_replica_is_handing_over(replica) &&
           !qc_replica_is_full(replica) && n < QC_UNCOMMITTED_MAX &&
           replica->uncommitted_size < QC_UNCOMMITTED_SIZE_MAX;
}

int64_t qc_replica_tick_ms(const struct qc_replica *replica)
{
    const struct qc_applier *applier = &replica->options.applier;
    const struct qc_log_time *time = &replica->log_time;
    int64_t period_ms;
    int64_t due_ms;
    int64_t tick_ms;

    /* An entry that is under way fires timers, too. */
    if (!qc_replica_can_append(replica) ||
        replica->applied_index < qc_core_last_index(&replica->core)) {
        return INT64_MAX;
    }
    due_ms = applier->next_timer_ms(applier->ctx);
    if (due_ms == INT64_MAX) {
        return INT64_MAX;
    }
    tick_ms = time->read_ms + due_ms - qc_log_time_last_ms(time);
    /* What was due at the last entry was too much for it. */
    period_ms =
        due_ms <= qc_log_time_last_ms(time) ? QC_TICK_AGAIN_MS : QC_TICK_MS;
    return tick_ms > replica->ticked_ms + period_ms
               ? tick_ms
               : replica->ticked_ms + period_ms;
}

/* Writes an entry of these commands into the arena. */
static int write_entry(struct qc_replica *replica,
                       const struct qc_batch *batch,
                       struct qc_arena *arena,
                       struct qc_bytes *bytes_out)
{
    const struct qc_clocks *clocks = &replica->options.clocks;
    struct qc_command commands[QC_ENTRY_COMMANDS_MAX];
    struct qc_entry entry = {
        .at_ms =
            qc_log_time_now_ms(&replica->log_time, qc_replica_now_ms(replica),
                               qc_replica_wall_ms(replica)),
        .commands = commands,
        .n_commands = batch->n,
    };

    for (size_t i = 0; i < batch->n; i++) {
        commands[i] = batch->requests[i]->command;
    }
    clocks->entropy(clocks->ctx, entry.entropy);
    return qc_entry_write(&entry, arena, bytes_out);
}

static int append(struct qc_replica *replica, const struct qc_batch *batch)
{
    struct qc_arena arena;
    struct qc_bytes bytes;
    int r;

    qc_arena_init(&arena, ENTRY_ARENA_SIZE);
    r = write_entry(replica, batch, &arena, &bytes);
    if (r == 0) {
        r = qc_core_submit(&replica->core, bytes);
    }
    qc_arena_done(&arena);
    if (r > 0) {
        return qc_proposals_return(&replica->proposals, batch);
    }
    if (r == 0) {
        uint64_t index = qc_core_last_index(&replica->core);

        replica->uncommitted_sizes[index % QC_UNCOMMITTED_MAX] = bytes.size;
        replica->uncommitted_size += bytes.size;
    }
    /* After a fault, too: nobody knows how far it went. */
    qc_proposals_sent(&replica->proposals, batch, qc_replica_now_ms(replica));
    return r;
}

static int lead(struct qc_replica *replica)
{
    int64_t now_ms = qc_replica_now_ms(replica);
    bool is_tick_due;
    struct qc_batch batch;

    if (!replica->log_time.is_set) {
        return 0;
    }
    settle(replica);
    if (qc_replica_is_full(replica)) {
        qc_proposals_refuse(&replica->proposals);
        return 0;
    }
    (void)qc_log_time_now_ms(&replica->log_time, now_ms,
                             qc_replica_wall_ms(replica));
    if (!qc_replica_can_append(replica)) {
        return 0;
    }
    is_tick_due = qc_replica_tick_ms(replica) <= now_ms;
    qc_proposals_take(&replica->proposals, true, &batch);
    if (batch.n == 0 && !is_tick_due) {
        return 0;
    }
    if (is_tick_due) {
        replica->ticked_ms = now_ms;
    }
    return append(replica, &batch);
}

static int forward(struct qc_replica *replica, uint64_t leader)
{
    int64_t now_ms = qc_replica_now_ms(replica);
    struct qc_batch batch;
    int r = qc_proposals_resend(&replica->proposals, now_ms - QC_RESEND_MS);

    if (r != 0) {
        return r;
    }
    qc_proposals_take(&replica->proposals, false, &batch);
    if (batch.n == 0) {
        return 0;
    }
    r = qc_exchange_forward(&replica->options.network, leader, &batch, now_ms);
    qc_proposals_sent(&replica->proposals, &batch, now_ms);
    return r;
}

int qc_replica_send_queue(struct qc_replica *replica)
{
    uint64_t leader = qc_core_leader(&replica->core, NULL);
    int r = 0;

    if (qc_core_is_leader(&replica->core)) {
        r = lead(replica);
    } else if (leader != 0) {
        r = forward(replica, leader);
    }
    return r != 0 ? r
                  : qc_exchange_dropped(&replica->options.network,
                                        &replica->proposals.dropped);
}
