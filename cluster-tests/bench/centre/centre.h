/*
 * A contact centre as large as wanted: skills, queues, subjects and agents, and
 * how many there are of each.
 *
 * The queue n is for the skill n modulo the number of skills. The subject of
 * that number has the first such queue, and steps that ask for level 7 at
 * first, then for 4, then for anybody who has the skill. An agent has five
 * skills at levels from 1 to
 * 10. One of ten serves every queue of his skills; the others sixteen of them.
 */
#ifndef QC_BENCH_CENTRE_CENTRE_H
#define QC_BENCH_CENTRE_CENTRE_H

#include <stdbool.h>
#include <stdint.h>

#include "cluster-tests/bench/centre/log.h"
#include "quorumcall/v1/queue.pb-c.h"
#include "quorumcall/v1/tenant.pb-c.h"

enum {
    CENTRE_KEY_SIZE = 32,
    CENTRE_ID_SIZE = 32,
    CENTRE_STEPS_MS = 8000, /* From the first step to the last. */
};

struct centre_size {
    uint32_t agents;
    uint32_t queues;
    uint32_t skills;
};

struct centre {
    struct centre_log log;
    struct centre_size size;
    uint64_t seed;
    char (*sessions)[CENTRE_ID_SIZE]; /* Of each agent. */
    uint32_t next_heartbeat;          /* The agent who is to tell next. */
    uint64_t heartbeats_due;          /* In agents times milliseconds. */
};

/* Founds it: all agents are ready, and nothing waits. */
void centre_open(struct centre *centre, const struct centre_size *size);
void centre_close(struct centre *centre);

uint32_t centre_draw(struct centre *centre, uint32_t below);

/* The keys of the things of number |n|, into |key_out|. */
void centre_agent_key(uint32_t n, char key_out[CENTRE_KEY_SIZE]);
void centre_queue_key(uint32_t n, char key_out[CENTRE_KEY_SIZE]);
void centre_subject_key(uint32_t n, char key_out[CENTRE_KEY_SIZE]);

/* The agent of |key|. */
uint32_t centre_agent_of_key(const char *key);

/* Begins an entry; the agents whose turn it is tell that they are there. */
void centre_begin(struct centre *centre, int64_t later_ms);

/* Each changes the configuration by an entry of its own. */
void centre_put_tenant(struct centre *centre,
                       Qc__V1__Ordering ordering,
                       struct centre_times *times);
void centre_put_queue(struct centre *centre,
                      uint32_t n,
                      Qc__V1__Selection selection,
                      struct centre_times *times);
void centre_put_subject(struct centre *centre,
                        uint32_t n,
                        uint32_t first_level,
                        struct centre_times *times);
/* |turn|: which skills and levels he has. */
void centre_put_agent(struct centre *centre,
                      uint32_t n,
                      uint32_t turn,
                      struct centre_times *times);

/* How many interactions wait. */
uint64_t centre_n_waiting(struct centre *centre);

/* Asks how long a newcomer with the subject |n| would wait. */
void centre_estimate(struct centre *centre,
                     uint32_t n,
                     struct centre_times *times);

/* Ends the program unless rows, indexes and rosters are in order. */
void centre_verify(struct centre *centre);

#endif
