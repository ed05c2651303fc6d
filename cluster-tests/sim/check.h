/*
 * What must hold, and what happens when it does not.
 *
 * Checks are numbered as the invariants of the product are (docs/hacking.md).
 * The first one that is violated ends the run. When bugs are planted, one check
 * is required: others are noted, and the run goes on, so that it is known
 * whether that one sees the bug by itself.
 */
#ifndef QC_SIM_CHECK_H
#define QC_SIM_CHECK_H

#include <stdbool.h>
#include <stdint.h>

enum sim_check {
    SIM_NO_CHECK = 0,
    SIM_ONE_LEADER = 1,
    SIM_COMMITTED_STAYS = 2,
    SIM_SAME_STATE = 3,
    SIM_ROWS_ARE_OF_THEIR_INDEX = 4,
    SIM_QUORUM_HAS_IT = 5,
    SIM_DAMAGE_STOPS = 6,
    SIM_INDEXES_ARE_OF_ROWS = 7,
    SIM_ACKNOWLEDGED_SURVIVES = 8,
    SIM_REFUSAL_HAS_NO_EFFECT = 9,
    SIM_ONCE = 10,
    SIM_SAME_ANSWER = 11,
    SIM_READS_ARE_FRESH = 12,
    SIM_ONE_HOLDER = 16,
    SIM_OF_THE_POOL = 17,
    SIM_HONEST_EXHAUSTION = 18,
    SIM_RELEASE_BY_HOLDER = 19,
    SIM_RESTS = 20,
    SIM_SAME_NUMBER_AGAIN = 21,
    SIM_CALL_FINDS_VISIT = 22,
    SIM_CAPACITY = 23,
    SIM_READY_AND_ABLE = 24,
    SIM_ONE_AGENT = 25,
    SIM_SUM_OF_CONTACTS = 26,
    SIM_NO_OVERTAKING = 27,
    SIM_NO_IDLE_MATCH = 28,
    SIM_BACK_ONCE = 29,
    SIM_LOG_TIME = 37,
    SIM_VERSIONS = 39,
    SIM_LEADER_IN_TIME = 40,
    SIM_NO_LAG = 41,
    SIM_NOTHING_STUCK = 42,
    SIM_ANSWERED_IN_TIME = 43,
    SIM_SPINS = 44,
    SIM_NO_CAUSE = 45, /* A node stopped, and nothing was done to it. */
    SIM_SCENARIO = 46, /* A directed scenario did not come to its point. */
    SIM_DETERMINISM = 47,
};

/* What a run came to. Plain bytes: it is sent through a pipe. */
struct sim_result {
    enum sim_check check; /* That ended it; SIM_NO_CHECK: none. */
    char text[512];
    enum sim_check first; /* With one required: another, violated before. */
    char first_text[512];
    uint64_t hash; /* Over all events. */
    uint64_t n_events;
    int64_t virtual_us;
    uint64_t n_entries;
    uint64_t n_commands;
    uint64_t n_acknowledged;
    uint64_t n_reads;
    uint64_t n_crashes;
    uint64_t n_leaders;
    uint64_t n_checkpoints;
    uint64_t n_installs;
    uint64_t n_configurations;
    uint64_t n_transfers;
    uint64_t n_faults;
    uint64_t n_contacts; /* With agents, or for them. */
    uint64_t n_offers;
    uint64_t n_accepted;
    uint64_t n_ronas;     /* Offers that were not taken, */
    uint64_t n_withdrawn; /* or taken back otherwise. */
};

extern struct sim_result sim_result;

/* In one word or two. */
const char *sim_check_name(enum sim_check check);

/* From now on only |check| ends the run. */
void sim_check_require(enum sim_check check);

/* Called when the run ends by a check; must not return. */
void sim_check_on_end(void (*end)(void));

/* |check| is violated. Returns only when another check is required. */
void sim_violated(enum sim_check check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* --- the trace: every event, folded into sim_result.hash ------------------ */

/* Whether it is also printed. */
extern bool sim_trace_is_on;

void sim_trace_fold(uint64_t value);
void sim_trace_say(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Only what is printed has to be formatted. */
#define SIM_TRACE(...)                  \
    do {                                \
        if (sim_trace_is_on) {          \
            sim_trace_say(__VA_ARGS__); \
        }                               \
    } while (0)

#endif
