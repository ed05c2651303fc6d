/*
 * Numbers, visits and calls as the domain's rules have them: all visits that
 * matter still, and each rule as a walk over them. It hears of each command
 * once, in the order of the log, with its answer, and says whether that is what
 * the rules say.
 *
 * The shop has three pools, one for each way to match a call; which number is
 * of which pool can be read from it.
 */
#ifndef QC_SIM_VISITS_H
#define QC_SIM_VISITS_H

#include <stdbool.h>
#include <stdint.h>

#include "cluster-tests/sim/world.h"
#include "quorumcall/v1/number_service.pb-c.h"

enum {
    SIM_NUMBER_SIZE = 16,
    SIM_ID_SIZE = 32,
    SIM_TOKEN_SIZE = 16,
};

struct sim_request;
struct sim_visits;

struct sim_visit {
    char allocation_id[SIM_ID_SIZE];
    Qc__V1__MatchMode mode;
    char number[SIM_NUMBER_SIZE];
    char phone[SIM_NUMBER_SIZE];
    char code[16];
    uint8_t token[SIM_TOKEN_SIZE];
};

/* The |i|th number of the pool of |mode|; "", when it has no such. */
void sim_visits_number(char text_out[SIM_NUMBER_SIZE],
                       Qc__V1__MatchMode mode,
                       unsigned i);

struct sim_visits *sim_visits_new(const struct sim_plan *plan);
void sim_visits_free(struct sim_visits *visits);

/* The log's time is |now_ms|, before the commands of the entry. */
void sim_visits_pass(struct sim_visits *visits, int64_t now_ms);

/* |request| has been done, with |answer|, by the entry that is applied. */
void sim_visits_done(struct sim_visits *visits,
                     const struct sim_request *request,
                     const struct qc_answer *answer);

/* What callers know of: one of the last visits, by chance; NULL: there is none
 * yet. Lives until the next command. */
const struct sim_visit *sim_visits_any(const struct sim_visits *visits,
                                       struct sim_random *random);

/* A call that is up; NULL: none is. */
const char *sim_visits_any_call(const struct sim_visits *visits,
                                struct sim_random *random);

/* A call that is asked for a code, and the visit that it should name; NULL:
 * none is. */
const char *sim_visits_any_asked(const struct sim_visits *visits,
                                 struct sim_random *random,
                                 const char **code_out);

/* Whether it is live, or can still be reached. */
bool sim_visits_knows(const struct sim_visits *visits,
                      const char *allocation_id);

/* Checks what GetAllocation shows, at the log's time that was passed last. */
void sim_visits_check(const struct sim_visits *visits,
                      const Qc__V1__Allocation *shown);

#endif
