/*
 * What is asked: an operation of a workload is so many calls, one after the
 * other, each an answer's consequence.
 *
 * A workload knows messages and no network; the driver knows lanes, connections
 * and time and no message.
 */
#ifndef QC_LOAD_WORKLOAD_H
#define QC_LOAD_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"

struct qc_load_wire;

enum {
    QC_LANE_ID_SIZE = 48,
    QC_LOAD_CLIENT_ID_SIZE = 33,
};

/* What all lanes share. */
struct qc_load_ground {
    const char *subject;                /* W1: of which visits are. */
    uint32_t n_keys;                    /* Keys are 0 to |n_keys| - 1. */
    const char (*ids)[QC_LANE_ID_SIZE]; /* Of allocations: one for each key. */
    char client_id[QC_LOAD_CLIENT_ID_SIZE]; /* No other run's. */
    char (*sessions)[QC_LANE_ID_SIZE];      /* W2, W5: of agents, one a lane. */
    uint32_t n_lanes;
    uint64_t n_requests; /* Ids given out so far. */
};

/* A place for one operation at a time. */
struct qc_lane {
    struct qc_load_ground *ground;
    uint32_t number;          /* From 0. */
    struct qc_arena arena;    /* Of one call; what is asked lives there. */
    uint64_t operation;       /* Its number, which no other has. */
    uint32_t key;             /* The key it is about. */
    unsigned step;            /* Which call of the operation. */
    uint32_t agent;           /* Whom an answer named. */
    char id[QC_LANE_ID_SIZE]; /* What an answer named, for the next call. */
    uint64_t revision;        /* etcd: what it named was changed last. */
    bool lost; /* Set by an answer: another was quicker, and the operation is to
                  begin anew. */
};

/* A kind of call. */
struct qc_workload_step {
    const char *path;
    /* Writes what is asked. False when memory is short. */
    bool (*ask)(struct qc_lane *lane, struct qc_bytes *body_out);
    /* Whether the answer, which is OK, is what was asked for. */
    bool (*check)(struct qc_lane *lane, struct qc_bytes body);
};

enum {
    QC_WORKLOAD_STEPS_MAX = 4
};

struct qc_workload {
    const char *name;
    const struct qc_load_wire *wire; /* NULL: HTTP/2. */
    bool of_ids; /* Asks about allocations that the plan names. */
    /* What each lane asks once, before any operation begins; its path is NULL
     * where there is nothing. It is no operation, and is not counted. */
    struct qc_workload_step prelude;
    unsigned n_steps;
    struct qc_workload_step steps[QC_WORKLOAD_STEPS_MAX];
};

/* Those of Quorumcall: "put", "get" and "attach" (W7), "take", which allocates
 * and keeps, "visit" (W1), "contact" (W2), "queue" and "estimate" (W3),
 * "pause", in which an agent takes one (W5). */
extern const struct qc_workload qc_workload_put;
extern const struct qc_workload qc_workload_get;
extern const struct qc_workload qc_workload_attach;
extern const struct qc_workload qc_workload_take;
extern const struct qc_workload qc_workload_visit;
extern const struct qc_workload qc_workload_contact;
extern const struct qc_workload qc_workload_pause;
extern const struct qc_workload qc_workload_queue;
extern const struct qc_workload qc_workload_estimate;

/* Of W9, in which an operation writes many records, from the first key on:
 * numbers by ImportConfig, and keys by transactions. */
extern const struct qc_workload qc_workload_numbers;
extern const struct qc_workload qc_workload_etcd_fill;

/* Those of etcd's KV service: Put and Range of one key; and a key that is
 * found, deleted if it has not changed, and put back. */
extern const struct qc_workload qc_workload_etcd_put;
extern const struct qc_workload qc_workload_etcd_range;
extern const struct qc_workload qc_workload_etcd_visit;

/* Those of Redis, with WAIT 1: SET; SPOP, then SADD of what that gave. */
extern const struct qc_workload qc_workload_redis_set;
extern const struct qc_workload qc_workload_redis_visit;

/* The one of this name; NULL: there is none. */
const struct qc_workload *qc_workload_named(const char *name);

/* The key as both sides write it: 16 bytes. */
enum {
    QC_LOAD_KEY_SIZE = 17
};
void qc_load_key(uint32_t key, char key_out[QC_LOAD_KEY_SIZE]);

/* A value of 128 bytes that no other operation writes. */
enum {
    QC_LOAD_VALUE_SIZE = 129
};
void qc_load_value(uint64_t operation, char value_out[QC_LOAD_VALUE_SIZE]);

/* A value of 100 bytes, of a record that is one of very many. */
enum {
    QC_LOAD_RECORD_VALUE_SIZE = 101
};
void qc_load_record_value(uint32_t key,
                          char value_out[QC_LOAD_RECORD_VALUE_SIZE]);

/* Of an operation that writes |max| records: its first key, and how many it
 * writes, which are fewer where the keys end. 0: it is past them. */
uint32_t qc_load_batch(const struct qc_lane *lane,
                       uint32_t max,
                       uint32_t *first_out);

#endif
