/*
 * What is going to happen: a heap by virtual time, then by the order in which
 * things were put there.
 */
#ifndef QC_SIM_EVENTS_H
#define QC_SIM_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_event_kind {
    SIM_EVENT_MESSAGE,    /* |payload| arrives at |node|. */
    SIM_EVENT_CONNECTED,  /* |node| learns that |value| is connected or not. */
    SIM_EVENT_SYNC,       /* The oldest write of |node|'s disk is durable. */
    SIM_EVENT_CHECKPOINT, /* The checkpoint of |node| goes one step on. */
    SIM_EVENT_CALLER,     /* The caller |value| has thought enough. */
    SIM_EVENT_FAULT,      /* The nemesis |value| strikes, or stops. */
};

struct sim_event {
    int64_t at_us;
    uint64_t number; /* Of all events ever put there. */
    enum sim_event_kind kind;
    unsigned node;        /* 0: of no node. */
    uint64_t incarnation; /* Of the node; for what dies with it. */
    uint64_t value;
    void *payload;
};

struct sim_events {
    struct sim_event *heap;
    size_t n;
    size_t capacity;
    uint64_t n_ever;
};

void sim_events_done(struct sim_events *events);

/* Its number is given, unless it has one already. */
void sim_events_put(struct sim_events *events, struct sim_event event);

/* When the next one is; INT64_MAX: there is none. */
int64_t sim_events_next_us(const struct sim_events *events);
struct sim_event sim_events_take(struct sim_events *events);

#endif
