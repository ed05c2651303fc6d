#include "daemon/backing.h"

#include "command/apply.h"
#include "storage/log.h"

static int disk_set_term_and_vote(void *ctx, uint64_t term, uint64_t vote)
{
    struct qc_backing *backing = ctx;

    return qc_log_set_term_and_vote(backing->log, term, vote);
}

static int disk_append(void *ctx, const struct qc_log_entry *entries, size_t n)
{
    struct qc_backing *backing = ctx;

    return qc_log_append(backing->log, entries, n);
}

static int disk_read(void *ctx,
                     uint64_t first,
                     size_t n,
                     size_t size_max,
                     int (*entry)(void *ctx, const struct qc_log_entry *entry),
                     void *entry_ctx)
{
    struct qc_backing *backing = ctx;

    return qc_log_read(backing->log, first, n, size_max, entry, entry_ctx);
}

static int applier_apply(void *ctx,
                         uint64_t index,
                         struct qc_bytes entry,
                         qc_answered_fn answered,
                         void *answered_ctx)
{
    struct qc_backing *backing = ctx;
    uint64_t before = backing->machine.applied_index;
    int r =
        qc_entry_apply(&backing->machine, index, entry, answered, answered_ctx);

    if (r == 0 && backing->machine.applied_index > before) {
        qc_hashes_add(&backing->hashes, index, backing->machine.hash);
    }
    return r;
}

static uint64_t applier_applied(void *ctx)
{
    const struct qc_backing *backing = ctx;

    return backing->machine.applied_index;
}

static int64_t applier_now_ms(void *ctx)
{
    const struct qc_backing *backing = ctx;

    return backing->machine.now_ms;
}

static int64_t applier_next_timer_ms(void *ctx)
{
    const struct qc_backing *backing = ctx;

    return qc_machine_next_timer_ms(&backing->machine);
}

struct qc_disk qc_backing_disk(struct qc_backing *backing)
{
    return (struct qc_disk){
        .ctx = backing,
        .set_term_and_vote = disk_set_term_and_vote,
        .append = disk_append,
        .read = disk_read,
    };
}

struct qc_applier qc_backing_applier(struct qc_backing *backing)
{
    return (struct qc_applier){
        .ctx = backing,
        .apply = applier_apply,
        .applied = applier_applied,
        .now_ms = applier_now_ms,
        .next_timer_ms = applier_next_timer_ms,
    };
}
