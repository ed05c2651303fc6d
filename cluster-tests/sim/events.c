#include "cluster-tests/sim/events.h"

#include <assert.h>
#include <stdlib.h>

static bool is_before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->number < b->number;
}

void sim_events_done(struct sim_events *events)
{
    for (size_t i = 0; i < events->n; i++) {
        free(events->heap[i].payload);
    }
    free(events->heap);
}

void sim_events_put(struct sim_events *events, struct sim_event event)
{
    size_t at = events->n++;

    if (events->n > events->capacity) {
        events->capacity = 2 * events->capacity + 64;
        events->heap =
            realloc(events->heap, events->capacity * sizeof(*events->heap));
        assert(events->heap != NULL);
    }
    if (event.number == 0) {
        event.number = ++events->n_ever;
    }
    while (at > 0 && is_before(&event, &events->heap[(at - 1) / 2])) {
        events->heap[at] = events->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    events->heap[at] = event;
}

int64_t sim_events_next_us(const struct sim_events *events)
{
    return events->n > 0 ? events->heap[0].at_us : INT64_MAX;
}

struct sim_event sim_events_take(struct sim_events *events)
{
    struct sim_event first;
    struct sim_event last;
    size_t at = 0;

    assert(events->n > 0);

    first = events->heap[0];
    last = events->heap[--events->n];
    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= events->n) {
            break;
        }
        if (child + 1 < events->n &&
            is_before(&events->heap[child + 1], &events->heap[child])) {
            child++;
        }
        if (!is_before(&events->heap[child], &last)) {
            break;
        }
        events->heap[at] = events->heap[child];
        at = child;
    }
    if (events->n > 0) {
        events->heap[at] = last;
    }
    return first;
}
