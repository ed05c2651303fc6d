#include "daemon/backing.h"

#include "command/apply.h"
#include "daemon/stall.h"
#include "machine/member.h"
#include "quorumcall/v1/cluster_service.pb-c.h"
#include "rpc/forwarded.h"
#include "storage/log.h"
#include "storage/rows.h"

enum {
    MEMBERS_ARENA_SIZE = 1024 * 1024,
};

static int disk_set_term_and_vote(void *ctx, uint64_t term, uint64_t vote)
{
    struct qc_backing *backing = ctx;
    enum qc_stall_part before = qc_stall_enter(backing->stall, QC_STALL_VOTE);
    int r = qc_log_set_term_and_vote(backing->log, term, vote);

    qc_stall_leave(backing->stall, before);
    return r;
}

static int disk_append(void *ctx, const struct qc_log_entry *entries, size_t n)
{
    struct qc_backing *backing = ctx;
    enum qc_stall_part before =
        qc_stall_enter(backing->stall, QC_STALL_LOG_WRITE);
    int r = qc_log_append(backing->log, entries, n);

    qc_stall_leave(backing->stall, before);
    return r;
}

static int disk_read(void *ctx,
                     uint64_t first,
                     size_t n,
                     size_t size_max,
                     int (*entry)(void *ctx, const struct qc_log_entry *entry),
                     void *entry_ctx)
{
    struct qc_backing *backing = ctx;
    enum qc_stall_part before =
        qc_stall_enter(backing->stall, QC_STALL_LOG_READ);
    int r = qc_log_read(backing->log, first, n, size_max, entry, entry_ctx);

    qc_stall_leave(backing->stall, before);
    return r;
}

static int disk_compact(void *ctx, struct qc_bytes manifest, uint64_t first)
{
    struct qc_backing *backing = ctx;
    enum qc_stall_part before =
        qc_stall_enter(backing->stall, QC_STALL_LOG_WRITE);
    int r = qc_log_compact(backing->log, manifest, first);

    qc_stall_leave(backing->stall, before);
    return r;
}

static int applier_apply(void *ctx,
                         uint64_t index,
                         struct qc_bytes entry,
                         qc_answered_fn answered,
                         void *answered_ctx)
{
    struct qc_backing *backing = ctx;
    uint64_t before = backing->machine.applied_index;
    enum qc_stall_part part = qc_stall_enter(backing->stall, QC_STALL_APPLY);
    int r =
        qc_entry_apply(&backing->machine, index, entry, answered, answered_ctx);

    qc_stall_leave(backing->stall, part);
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

static int applier_configure(void *ctx,
                             uint64_t index,
                             const struct qc_server *servers,
                             size_t n)
{
    struct qc_backing *backing = ctx;
    struct qc_member members[QC_SERVERS_MAX];
    uint64_t before = backing->machine.applied_index;
    int r;

    if (n > QC_SERVERS_MAX) {
        return QC_E_CORRUPT;
    }
    for (size_t i = 0; i < n; i++) {
        members[i] = (struct qc_member){
            .node_id = servers[i].id,
            .address = servers[i].address,
            .voter = servers[i].voter,
        };
    }
    r = qc_entry_configure(&backing->machine, index, members, n);
    if (r == 0 && backing->machine.applied_index > before) {
        qc_hashes_add(&backing->hashes, index, backing->machine.hash);
    }
    return r;
}

/* Fewer when the rows cannot be read: what is committed next then fails. */
static size_t applier_wanted(void *ctx,
                             struct qc_wanted wanted_out[QC_SERVERS_MAX])
{
    struct qc_backing *backing = ctx;
    const Qc__State__MembersRow *row;
    int fault = 0;
    size_t n = 0;

    qc_arena_done(&backing->wanted);
    qc_arena_init(&backing->wanted, MEMBERS_ARENA_SIZE);
    row = qc_machine_members(&backing->machine, &backing->wanted, &fault);
    for (size_t i = 0; row != NULL && i < row->n_members; i++) {
        const Qc__State__MemberRow *member = row->members[i];

        if (n == QC_SERVERS_MAX) {
            break;
        }
        wanted_out[n++] = (struct qc_wanted){
            .id = member->node_id,
            .address = member->address,
            .voter = member->wanted == QC__V1__MEMBER_ROLE__MEMBER_ROLE_VOTER,
            .removed =
                member->wanted == QC__V1__MEMBER_ROLE__MEMBER_ROLE_UNSPECIFIED,
        };
    }
    return n;
}

static bool applier_is_sound(void *ctx, const struct qc_command *command)
{
    (void)ctx;
    return qc_forwarded_is_sound(command);
}

static bool applier_hash_at(void *ctx,
                            uint64_t index,
                            uint8_t hash_out[QC_HASH_SIZE])
{
    const struct qc_backing *backing = ctx;

    return qc_hashes_at(&backing->hashes, index, hash_out);
}

/* A fault here is one of reading; who reads next meets it, too. */
static bool applier_differs(void *ctx)
{
    const struct qc_backing *backing = ctx;

    return qc_machine_differs(&backing->machine, backing->node_id, NULL) == 1;
}

static uint32_t applier_version(void *ctx, uint32_t *reported_out)
{
    const struct qc_backing *backing = ctx;
    const Qc__State__MemberRow *self;
    struct qc_arena arena;
    int fault = 0;

    qc_arena_init(&arena, MEMBERS_ARENA_SIZE);
    self = qc_member_find(qc_machine_members(&backing->machine, &arena, &fault),
                          backing->node_id);
    *reported_out = self != NULL ? self->version_max : 0;
    qc_arena_done(&arena);
    return qc_machine_cluster_version(&backing->machine);
}

struct qc_disk qc_backing_disk(struct qc_backing *backing)
{
    return (struct qc_disk){
        .ctx = backing,
        .set_term_and_vote = disk_set_term_and_vote,
        .append = disk_append,
        .read = disk_read,
        .compact = disk_compact,
    };
}

struct qc_applier qc_backing_applier(struct qc_backing *backing)
{
    return (struct qc_applier){
        .ctx = backing,
        .apply = applier_apply,
        .is_sound = applier_is_sound,
        .applied = applier_applied,
        .now_ms = applier_now_ms,
        .next_timer_ms = applier_next_timer_ms,
        .configure = applier_configure,
        .wanted = applier_wanted,
        .hash_at = applier_hash_at,
        .differs = applier_differs,
        .version = applier_version,
    };
}

void qc_backing_close(struct qc_backing *backing)
{
    if (backing->machine_open) {
        qc_machine_close(&backing->machine);
        backing->machine_open = false;
    }
    if (backing->rows != NULL) {
        qc_rows_close(backing->rows);
        backing->rows = NULL;
    }
    qc_arena_done(&backing->wanted);
}
