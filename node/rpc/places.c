#include "rpc/places.h"

#include <stdlib.h>

/* Of one tenant. There is none of who has no place. */
struct qc_places_taken {
    RB_ENTRY(qc_places_taken) link;
    uint32_t tenant;
    unsigned n;
};

static int taken_compare(const struct qc_places_taken *a,
                         const struct qc_places_taken *b)
{
    return a->tenant < b->tenant ? -1 : a->tenant > b->tenant;
}

/* Of what tree.h makes, not everything is called. */
#define STATIC_UNUSED static __attribute__((unused))

RB_GENERATE_INTERNAL(qc_places_tree,
                     qc_places_taken,
                     link,
                     taken_compare,
                     STATIC_UNUSED)

struct qc_places_taken *qc_places_take(struct qc_places *places,
                                       uint32_t tenant)
{
    struct qc_places_taken sought = {.tenant = tenant};
    struct qc_places_taken *taken =
        RB_FIND(qc_places_tree, &places->taken, &sought);
    unsigned has = taken != NULL ? taken->n : 0;

    if (has >= places->max - places->n) {
        return NULL;
    }
    if (taken == NULL) {
        taken = calloc(1, sizeof(*taken));
        if (taken == NULL) {
            return NULL;
        }
        taken->tenant = tenant;
        RB_INSERT(qc_places_tree, &places->taken, taken);
    }
    taken->n++;
    places->n++;
    return taken;
}

void qc_places_give(struct qc_places *places, struct qc_places_taken *taken)
{
    places->n--;
    if (--taken->n == 0) {
        RB_REMOVE(qc_places_tree, &places->taken, taken);
        free(taken);
    }
}
