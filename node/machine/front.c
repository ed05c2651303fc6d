#include "machine/reserve.h"
#include "machine/roster.h"
#include "machine/roster_parts.h"

/* Of those who wait, who is first for an agent (domain model D.3). */

enum {
    WORD = 64,
};

/* Of equal ranks the telephone comes first (domain model D.3). */
static uint32_t order_of_media(uint32_t media)
{
    static const uint8_t order[QC_MEDIA_N] = {
        [QC__V1__MEDIA__MEDIA_VOICE] = 1,
        [QC__V1__MEDIA__MEDIA_CALLBACK_VOICE] = 2,
        [QC__V1__MEDIA__MEDIA_OUTBOUND_VOICE] = 3,
        [QC__V1__MEDIA__MEDIA_CHAT] = 4,
        [QC__V1__MEDIA__MEDIA_MESSAGE] = 5,
        [QC__V1__MEDIA__MEDIA_EMAIL] = 6,
        [QC__V1__MEDIA__MEDIA_SMS] = 7,
        [QC__V1__MEDIA__MEDIA_WORKITEM] = 8,
    };

    return order[media];
}

/* Whether the head of class |a| comes before that of |b|. */
static bool comes_before(const struct qc_roster *roster,
                         const struct qc_class_name *in_a,
                         const struct qc_rank *a,
                         const struct qc_class_name *in_b,
                         const struct qc_rank *b)
{
    struct qc_rank x = *a;
    struct qc_rank y = *b;
    int order;

    if (in_a->held != in_b->held) {
        return in_a->held != 0;
    }
    x.id = order_of_media(in_a->media);
    y.id = order_of_media(in_b->media);
    order = qc_rank_order(&roster->terms.ordering, &x, &y);
    return order != 0 ? order < 0 : a->id < b->id;
}

void qc_front_meet(struct qc_front *front,
                   const struct qc_roster *roster,
                   const struct qc_class_name *in,
                   const struct qc_rank *head)
{
    if (front->rank == NULL ||
        comes_before(roster, in, head, front->in, front->rank)) {
        *front = (struct qc_front){in, head};
    }
}

uint64_t qc_front_id(const struct qc_front *front)
{
    return front->rank != NULL ? front->rank->id : 0;
}

const struct qc_rank *qc_roster_head(const struct qc_line *line,
                                     qc_withheld_fn withheld,
                                     void *ctx)
{
    const struct qc_wait *wait = qc_line_first(line);

    while (wait != NULL && qc_wait_is_guarded(wait) &&
           withheld(ctx, qc_wait_rank(wait)->id)) {
        wait = qc_line_next(line, wait);
    }
    return wait != NULL ? qc_wait_rank(wait) : NULL;
}

uint64_t qc_roster_next_for(struct qc_roster *roster,
                            uint32_t agent,
                            qc_withheld_fn withheld,
                            void *ctx)
{
    struct qc_walk walk = qc_walk_of(roster, agent, roster->waited_for);
    struct qc_front front = {NULL, NULL};
    size_t slot;

    while (qc_walk_next(&walk, &slot)) {
        const struct qc_class *class = roster->classes[slot];
        const struct qc_rank *head =
            qc_bit(roster->able[class->name.media], agent) &&
                    !qc_reserve_keeps(roster, class, agent)
                ? qc_roster_head(class->line, withheld, ctx)
                : NULL;

        if (head != NULL) {
            qc_front_meet(&front, roster, &class->name, head);
        }
    }
    return qc_front_id(&front);
}

uint64_t qc_roster_held_for(const struct qc_roster *roster, uint32_t agent)
{
    struct qc_walk walk = qc_walk_of(roster, agent, roster->waited_for);
    struct qc_front front = {NULL, NULL};
    size_t slot;

    while (qc_walk_next(&walk, &slot)) {
        const struct qc_class *class = roster->classes[slot];

        if (class->name.held != 0) {
            qc_front_meet(&front, roster, &class->name,
                          qc_wait_rank(qc_line_first(class->line)));
        }
    }
    return qc_front_id(&front);
}

bool qc_roster_next_able(const struct qc_roster *roster,
                         uint32_t from,
                         uint32_t *agent_out)
{
    uint64_t mask = ~(uint64_t)0 << (from % WORD);

    for (size_t w = roster->n_waited_for > 0 ? from / WORD : roster->n_words;
         w < roster->n_words; w++) {
        uint64_t bits = 0;

        for (uint32_t m = 1; m < QC_MEDIA_N; m++) {
            bits |= roster->able[m][w];
        }
        bits |= roster->drainable[w];
        bits &= mask;
        if (bits != 0) {
            *agent_out = (uint32_t)(w * WORD) + (uint32_t)__builtin_ctzll(bits);
            return true;
        }
        mask = ~(uint64_t)0;
    }
    return false;
}
