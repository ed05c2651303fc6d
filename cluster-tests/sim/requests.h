/*
 * What callers asked for: each request once, however often it was tried, with
 * what is known of it. Whatever any node answers to it is checked here.
 */
#ifndef QC_SIM_REQUESTS_H
#define QC_SIM_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "cluster-tests/sim/world.h"
#include "command/table.h"

struct sim_request {
    uint64_t number; /* From 1; its request id is "r" and this. */
    const struct qc_method *method;
    struct qc_command command; /* What it points to is ours. */
    char request_id[24];
    char client_id[24];
    unsigned n_open;    /* Tries that have not ended. */
    unsigned n_unknown; /* That may yet, or did, take effect. */
    unsigned n_tries;
    uint64_t done_index; /* Where it took effect; 0: nowhere. */
    uint64_t answer;     /* Digest of what was answered there. */
    bool is_acknowledged;
};

struct sim_requests *sim_requests_new(void);
void sim_requests_free(struct sim_requests *requests);

/* A new one of |message|, in which request id, client id and time are not set
 * yet. Lives as long as |requests|. */
struct sim_request *sim_requests_add(struct sim_world *world,
                                     const char *method,
                                     ProtobufCMessage *message,
                                     uint64_t client);

/* NULL: it is none of ours. */
struct sim_request *sim_requests_find(struct sim_requests *requests,
                                      const struct qc_command *command);
struct sim_request *sim_requests_at(struct sim_requests *requests,
                                    uint64_t number);
uint64_t sim_requests_n(const struct sim_requests *requests);

/* The message of |type| in |bytes|, in |arena|. */
ProtobufCMessage *sim_requests_read(const ProtobufCMessageDescriptor *type,
                                    struct qc_bytes bytes,
                                    struct qc_arena *arena);

/* Of everything in an answer but whether it is a stored one. */
uint64_t sim_answer_digest(const struct qc_answer *answer);

/* The first node to apply |index| answers. */
void sim_requests_answered(struct sim_world *world,
                           uint64_t index,
                           const struct qc_command *command,
                           const struct qc_answer *answer);

/* At the end: what was acknowledged is in the log, and no try is open. */
void sim_requests_check_end(const struct sim_requests *requests);

#endif
