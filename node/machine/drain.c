#include "machine/roster.h"
#include "machine/roster_parts.h"

/* Who is kept free of messages for a call (domain model D.3, exclusion 3). */

enum {
    WORD = 64,
};

/* Whether |agent| could take |media| with less to do. */
static bool could_take(const struct qc_roster *roster,
                       uint32_t agent,
                       uint32_t media)
{
    const struct qc_rostered *who = &roster->agents[agent];

    return who->caps[media] > 0 && roster->terms.costs[media] <= who->units;
}

bool qc_roster_drainable(struct qc_roster *roster,
                         const struct qc_waiting *waiting,
                         const struct qc_search *how,
                         uint32_t *agent_out)
{
    const struct qc_class *class = qc_roster_class(roster, waiting);
    uint32_t least = UINT32_MAX;

    for (size_t w = 0; class != NULL && w < roster->n_words; w++) {
        uint64_t bits = qc_class_word(class, w) & roster->drainable[w] &
                        ~roster->able[waiting->media][w];

        for (; bits != 0; bits &= bits - 1) {
            uint32_t agent =
                (uint32_t)(w * WORD) + (uint32_t)__builtin_ctzll(bits);
            uint32_t units =
                qc_roster_units(roster, &roster->agents[agent], false);

            if (units < least && could_take(roster, agent, waiting->media) &&
                !how->excluded(how->ctx, agent)) {
                least = units;
                *agent_out = agent;
            }
        }
    }
    return least < UINT32_MAX;
}

uint64_t qc_roster_wants_drain(const struct qc_roster *roster,
                               uint32_t agent,
                               qc_withheld_fn withheld,
                               void *ctx)
{
    struct qc_walk walk = qc_walk_of(roster, agent, roster->wanted_by);
    struct qc_front front = {NULL, NULL};
    size_t slot;

    while (qc_bit(roster->drainable, agent) && qc_walk_next(&walk, &slot)) {
        const struct qc_class *class = roster->classes[slot];
        uint32_t media = class->name.media;
        const struct qc_rank *head =
            !qc_bit(roster->able[media], agent) &&
                    could_take(roster, agent, media)
                ? qc_roster_head(class->wanting, withheld, ctx)
                : NULL;

        if (head != NULL) {
            qc_front_meet(&front, roster, &class->name, head);
        }
    }
    return qc_front_id(&front);
}

uint64_t qc_roster_drains_for(const struct qc_roster *roster, uint32_t agent)
{
    return agent < roster->n_agents ? roster->agents[agent].draining_for : 0;
}
