#include "daemon/stall.h"

#include <assert.h>
#include <string.h>

void qc_stall_init(struct qc_stall *stall, const struct qc_stall_clocks *clocks)
{
    *stall = (struct qc_stall){.clocks = *clocks};
}

/* What has passed is the part's that was under way. */
static void switch_part(struct qc_stall *stall,
                        enum qc_stall_part part,
                        uint64_t now_us)
{
    stall->parts_us[stall->part] += now_us - stall->part_since_us;
    stall->part = part;
    stall->part_since_us = now_us;
}

enum qc_stall_part qc_stall_enter(struct qc_stall *stall,
                                  enum qc_stall_part part)
{
    enum qc_stall_part before = QC_STALL_EVENTS;

    if (stall != NULL) {
        before = stall->part;
        switch_part(stall, part, stall->clocks.now_us(stall->clocks.ctx));
    }
    return before;
}

void qc_stall_leave(struct qc_stall *stall, enum qc_stall_part before)
{
    (void)qc_stall_enter(stall, before);
}

static void find_longest_part(const struct qc_stall *stall,
                              struct qc_stall_turn *turn)
{
    for (unsigned part = 0; part < QC_STALL_PARTS; part++) {
        if (stall->parts_us[part] > turn->part_us) {
            turn->part = (enum qc_stall_part)part;
            turn->part_us = stall->parts_us[part];
        }
    }
}

/* What was waited for a processor is known from |usage_us| until |until_us|, a
 * little after it was asked for. As much of it as may lie outside of the turn
 * is taken to lie there. */
static void judge_usage(const struct qc_stall *stall,
                        const struct qc_stall_usage *usage,
                        uint64_t until_us,
                        struct qc_stall_turn *turn)
{
    uint64_t queued_us = usage->queued_us - stall->usage.queued_us;
    uint64_t cpu_us = usage->cpu_us - stall->usage.cpu_us;
    uint64_t outside_us = until_us - stall->usage_us - turn->wall_us;
    uint64_t inside_us = queued_us > outside_us ? queued_us - outside_us : 0;

    turn->own_us = inside_us < turn->wall_us ? turn->wall_us - inside_us : 0;
    turn->cpu_us = cpu_us < turn->own_us ? cpu_us : turn->own_us;
}

static void note(struct qc_stall *stall, const struct qc_stall_turn *turn)
{
    if (turn->wall_us > stall->wall_max_us) {
        stall->wall_max_us = turn->wall_us;
    }
    if (turn->own_us > stall->own_max_us) {
        stall->own_max_us = turn->own_us;
    }
    if (turn->wall_us > QC_STALL_WARN_US) {
        stall->n_quiet++;
        if (turn->wall_us > stall->quiet.wall_us) {
            stall->quiet = *turn;
        }
    }
}

/* So that little lies between it and the end of a turn that takes long. The
 * time when that is done: a busy machine may take the processor away meanwhile,
 * and what it does not say when is asked again. */
static uint64_t renew_usage(struct qc_stall *stall, uint64_t now_us)
{
    for (unsigned i = 0; i < QC_STALL_USAGE_TRIES; i++) {
        stall->usage_us = now_us;
        stall->clocks.usage(stall->clocks.ctx, &stall->usage);
        now_us = stall->clocks.now_us(stall->clocks.ctx);
        if (now_us - stall->usage_us < QC_STALL_USAGE_US) {
            break;
        }
    }
    return now_us;
}

void qc_stall_begin_turn(struct qc_stall *stall)
{
    uint64_t now_us = stall->clocks.now_us(stall->clocks.ctx);

    if (stall->began_us == 0) {
        stall->warned_us = now_us;
    }
    if (now_us - stall->usage_us >= QC_STALL_USAGE_US) {
        now_us = renew_usage(stall, now_us);
    }
    memset(stall->parts_us, 0, sizeof(stall->parts_us));
    stall->part = QC_STALL_EVENTS;
    stall->part_since_us = now_us;
    stall->began_us = now_us;
}

bool qc_stall_end_turn(struct qc_stall *stall, struct qc_stall_turn *turn_out)
{
    uint64_t now_us = stall->clocks.now_us(stall->clocks.ctx);
    struct qc_stall_turn turn = {.part = QC_STALL_EVENTS};

    assert(stall->began_us != 0);

    turn.wall_us = now_us - stall->began_us;
    turn.own_us = turn.wall_us;
    switch_part(stall, QC_STALL_EVENTS, now_us);
    find_longest_part(stall, &turn);
    if (turn.wall_us >= QC_STALL_USAGE_US) {
        struct qc_stall_usage usage;

        stall->clocks.usage(stall->clocks.ctx, &usage);
        judge_usage(stall, &usage, stall->clocks.now_us(stall->clocks.ctx),
                    &turn);
    }
    note(stall, &turn);
    *turn_out = turn;
    return turn.wall_us > QC_STALL_WARN_US;
}

uint64_t qc_stall_warning(struct qc_stall *stall,
                          struct qc_stall_turn *longest_out)
{
    uint64_t n = stall->n_quiet;

    if (n == 0 || stall->began_us - stall->warned_us < QC_STALL_QUIET_US) {
        return 0;
    }
    *longest_out = stall->quiet;
    stall->n_quiet = 0;
    stall->quiet = (struct qc_stall_turn){.part = QC_STALL_EVENTS};
    stall->warned_us = stall->began_us;
    return n;
}

const char *qc_stall_part_name(enum qc_stall_part part)
{
    static const char *const names[] = {
#define QC_STALL_PART(NAME, text) [QC_STALL_##NAME] = (text),
#include "daemon/stall.def"
#undef QC_STALL_PART
    };

    assert(part < QC_STALL_PARTS);
    return names[part];
}
