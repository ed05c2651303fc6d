#include "machine/estimate.h"

#include "machine/interaction.h"
#include "machine/last_hour.h"
#include "machine/queue_stats.h"
#include "machine/rosters.h"
#include "machine/store.h"

enum {
    HANDLE_MS = 90 * 1000, /* Of a queue in which nothing was handled yet. */
    AHEAD_MAX = 1000000,   /* More than may wait. */
    ONE = 1000,            /* Shares and factors are in thousandths. */
    SHARE_MIN = 50,
    CORRECTION_MIN = 500,
    CORRECTION_MAX = 2000,
};

/* What an estimate is of, and what it rests on. */
struct basis {
    struct qc_waiting waiting;
    int64_t in_step_ms; /* That the step goes on for; 0: as long as it waits. */
    struct qc_prospect prospect;
    const Qc__State__QueueStatsRow *stats; /* NULL: nothing has happened. */
};

static int64_t clamp(int64_t value, int64_t min, int64_t max)
{
    return value < min ? min : value > max ? max : value;
}

static int64_t mean(const uint32_t *list, size_t n)
{
    int64_t sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += list[i];
    }
    return sum / (int64_t)n;
}

/* How long one is handled. */
static int64_t handle_ms(const Qc__State__QueueStatsRow *stats)
{
    return stats != NULL && stats->n_handle_ms > 0
               ? clamp(mean(stats->handle_ms, stats->n_handle_ms), 1, QC_DAY_MS)
               : HANDLE_MS;
}

/* How much of what its agents handled in the last hour came of this queue. */
static int64_t share(const struct qc_txn *txn, const struct basis *of)
{
    struct qc_last_hour spent = {0};
    int64_t all_ms = (int64_t)of->prospect.handled_ms;

    if (of->stats == NULL || all_ms == 0) {
        return ONE;
    }
    spent = (struct qc_last_hour){of->stats->n_spent_ms, of->stats->spent_ms,
                                  of->stats->spent_slot_ms};
    return clamp((int64_t)qc_last_hour_sum(txn, &spent) * ONE / all_ms,
                 SHARE_MIN, ONE);
}

/* How many of the medium an agent has at once. */
static int64_t concurrency(const struct basis *of)
{
    const Qc__State__QueueStatsRow *stats = of->stats;
    int64_t sum = 0;

    if (qc_media_is_voice(of->waiting.media) || stats == NULL ||
        stats->n_at_once == 0) {
        return ONE;
    }
    for (size_t i = 0; i < stats->n_at_once; i++) {
        sum += stats->at_once[i];
    }
    return clamp(sum * ONE / (int64_t)stats->n_at_once, ONE,
                 (int64_t)ONE * UINT16_MAX);
}

/* How much longer than estimated it took of late. */
static int64_t correction(const Qc__State__QueueStatsRow *stats)
{
    return stats != NULL && stats->estimated_ms > 0
               ? clamp(stats->waited_ms * ONE / stats->estimated_ms,
                       CORRECTION_MIN, CORRECTION_MAX)
               : ONE;
}

/* |ahead|, of those before and the one itself, are served by nobody who is
 * ready. Of the products none is above 1e17. */
static int64_t queueing_ms(const struct qc_txn *txn,
                           const struct basis *of,
                           int64_t ahead)
{
    int64_t at_most_ms = (int64_t)2 * QC_DAY_MS;
    int64_t raw_ms = ahead * handle_ms(of->stats) * ONE /
                     (of->prospect.active * share(txn, of));

    raw_ms = clamp(raw_ms, 0, at_most_ms) * ONE / concurrency(of);
    return clamp(raw_ms * correction(of->stats) / ONE, 0, QC_DAY_MS);
}

/* Until a step whose ready agents are as many as |position|. */
static int64_t widening_ms(const struct basis *of, uint64_t position)
{
    const Qc__State__Route *route = of->waiting.route;
    int64_t ewt_ms = 0;

    for (size_t i = of->waiting.step - 1; i + 1 < route->n_steps; i++) {
        if (of->prospect.able[i] >= position) {
            break;
        }
        ewt_ms += i + 1 == of->waiting.step ? of->in_step_ms
                                            : route->steps[i]->timeout_ms;
    }
    return ewt_ms;
}

static void estimate(struct qc_txn *txn,
                     struct basis *of,
                     struct qc_estimate *out)
{
    struct qc_roster *roster = qc_roster_of(txn);
    int64_t ahead;

    *out = (struct qc_estimate){.known = false};
    if (roster == NULL ||
        !qc_roster_prospect(roster, &of->waiting, &of->prospect)) {
        qc_txn_fail(txn, QC_E_NOMEM);
        return;
    }
    out->position = of->prospect.before + 1;
    out->ready = of->prospect.able[of->waiting.route->n_steps - 1];
    out->active = of->prospect.active;
    if (out->active == 0) {
        return;
    }
    out->known = true;
    ahead = clamp((int64_t)out->position - out->ready, 0, AHEAD_MAX);
    if (ahead == 0) {
        out->ewt_ms = widening_ms(of, out->position);
        return;
    }
    of->stats = qc_queue_stats_get(txn, of->waiting.queue, of->waiting.media);
    out->ewt_ms = queueing_ms(txn, of, ahead);
}

void qc_estimate(struct qc_txn *txn,
                 const Qc__State__InteractionRow *row,
                 struct qc_estimate *estimate_out)
{
    int64_t deadline_ms = row->interaction->step_deadline_ms;
    struct basis of = {
        .in_step_ms = deadline_ms > txn->now_ms ? deadline_ms - txn->now_ms : 0,
    };

    qc_interaction_waiting(row, &of.waiting);
    estimate(txn, &of, estimate_out);
}

void qc_estimate_place(const struct qc_txn *txn,
                       const Qc__State__SubjectRow *subject,
                       Qc__V1__Media media,
                       Qc__State__Route *route,
                       struct qc_waiting *waiting_out)
{
    Qc__State__InteractionRow row = QC__STATE__INTERACTION_ROW__INIT;

    row.route = route != NULL ? route : subject->route;
    *waiting_out = (struct qc_waiting){
        .media = media,
        .queue = subject->subject->queue,
        .route = qc_interaction_route(&row),
        .step = 1,
        .rank = {subject->subject->priorities->initial, txn->now_ms,
                 UINT64_MAX},
    };
}

void qc_estimate_newcomer(struct qc_txn *txn,
                          const Qc__State__SubjectRow *subject,
                          Qc__V1__Media media,
                          Qc__State__Route *route,
                          struct qc_estimate *estimate_out)
{
    struct basis of = {.in_step_ms = 0};

    qc_estimate_place(txn, subject, media, route, &of.waiting);
    of.in_step_ms = of.waiting.route->steps[0]->timeout_ms;
    estimate(txn, &of, estimate_out);
}
