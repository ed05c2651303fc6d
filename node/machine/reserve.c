#include "machine/reserve.h"

#include <stdlib.h>
#include <string.h>

enum {
    WORD = 64,
};

#define OUTBOUND QC__V1__MEDIA__MEDIA_OUTBOUND_VOICE
#define INBOUND  QC__V1__MEDIA__MEDIA_VOICE

/* Of a queue that keeps some. */
struct qc_reserve {
    SLIST_ENTRY(qc_reserve) next;
    uint32_t n;
    char queue[];
};

static struct qc_reserve *find(const struct qc_roster *roster,
                               const char *queue)
{
    struct qc_reserve *reserve;

    SLIST_FOREACH(reserve, &roster->reserves, next)
    {
        if (strcmp(reserve->queue, queue) == 0) {
            return reserve;
        }
    }
    return NULL;
}

uint32_t qc_reserve_of(const struct qc_roster *roster, const char *queue)
{
    const struct qc_reserve *reserve = find(roster, queue);

    return reserve != NULL ? reserve->n : 0;
}

/* Says it to the classes that are there. */
static void tell_classes(struct qc_roster *roster,
                         const char *queue,
                         uint32_t n)
{
    for (size_t slot = 0; slot < roster->n_slots; slot++) {
        struct qc_class *class = roster->classes[slot];

        if (class != NULL &&
            strcmp((const char *)class->targets[0]->key, queue) == 0) {
            class->reserve = n;
        }
    }
}

bool qc_roster_reserve(struct qc_roster *roster, const char *queue, uint32_t n)
{
    struct qc_reserve *reserve = find(roster, queue);
    size_t size = strlen(queue) + 1;

    if (reserve != NULL && n == 0) {
        SLIST_REMOVE(&roster->reserves, reserve, qc_reserve, next);
        free(reserve);
    } else if (reserve != NULL) {
        reserve->n = n;
    } else if (n > 0) {
        reserve = malloc(sizeof(*reserve) + size);
        if (reserve == NULL) {
            return false;
        }
        reserve->n = n;
        memcpy(reserve->queue, queue, size);
        SLIST_INSERT_HEAD(&roster->reserves, reserve, next);
    }
    tell_classes(roster, queue, n);
    return true;
}

bool qc_reserve_binds(const struct qc_roster *roster,
                      const struct qc_class *class)
{
    uint32_t n = 0;

    if (class->reserve == 0 || class->name.media != OUTBOUND) {
        return false;
    }
    for (size_t w = 0; w < roster->n_words && n <= class->reserve; w++) {
        n += (uint32_t)__builtin_popcountll(qc_class_word(class, w) &
                                            roster->able[INBOUND][w]);
    }
    return n <= class->reserve;
}

bool qc_reserve_keeps(const struct qc_roster *roster,
                      const struct qc_class *class,
                      uint32_t agent)
{
    return class->reserve > 0 && qc_bit(roster->able[INBOUND], agent) &&
           qc_reserve_binds(roster, class);
}

bool qc_roster_keeps(struct qc_roster *roster,
                     const struct qc_waiting *waiting,
                     uint32_t agent)
{
    const struct qc_class *class =
        waiting->media == OUTBOUND ? qc_roster_class(roster, waiting) : NULL;

    return class != NULL && qc_reserve_keeps(roster, class, agent);
}

/* The first of |class| from the index |from| on who could take what waits. */
static uint32_t first_able(const struct qc_roster *roster,
                           const struct qc_class *class,
                           uint32_t from)
{
    uint64_t mask = ~(uint64_t)0 << (from % WORD);

    for (size_t w = from / WORD; w < roster->n_words; w++) {
        uint64_t bits =
            qc_class_word(class, w) & roster->able[OUTBOUND][w] & mask;

        if (bits != 0) {
            return (uint32_t)(w * WORD) + (uint32_t)__builtin_ctzll(bits);
        }
        mask = ~(uint64_t)0;
    }
    return UINT32_MAX;
}

bool qc_roster_set_free_by(const struct qc_roster *roster,
                           uint32_t agent,
                           uint32_t from,
                           uint32_t *other_out)
{
    struct qc_walk walk = qc_walk_of(roster, agent, roster->waited_for);
    uint32_t first = UINT32_MAX;
    size_t slot;

    while (!SLIST_EMPTY(&roster->reserves) && qc_walk_next(&walk, &slot)) {
        const struct qc_class *class = roster->classes[slot];

        if (class->reserve > 0 && class->name.media == OUTBOUND &&
            !qc_reserve_binds(roster, class)) {
            uint32_t other = first_able(roster, class, from);

            first = other < first ? other : first;
        }
    }
    *other_out = first;
    return first != UINT32_MAX;
}

bool qc_reserve_is_same(const struct qc_roster *a, const struct qc_roster *b)
{
    const struct qc_reserve *reserve;
    size_t more = 0;

    SLIST_FOREACH(reserve, &a->reserves, next)
    {
        more++;
        if (qc_reserve_of(b, reserve->queue) != reserve->n) {
            return false;
        }
    }
    SLIST_FOREACH(reserve, &b->reserves, next)
    {
        more--;
    }
    return more == 0;
}

void qc_reserve_free(struct qc_roster *roster)
{
    struct qc_reserve *reserve;

    while ((reserve = SLIST_FIRST(&roster->reserves)) != NULL) {
        SLIST_REMOVE_HEAD(&roster->reserves, next);
        free(reserve);
    }
}
