/*
 * Callers: each asks, waits for the end of what it asked, thinks, and asks
 * again, of any node. First one of them sets up a shop; then all of them are
 * its visitors, its telephone network and its readers.
 */
#ifndef QC_SIM_WORKLOAD_H
#define QC_SIM_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "cluster-tests/sim/world.h"

struct sim_desks;
struct sim_request;
struct sim_visits;

struct sim_workload *sim_workload_new(struct sim_world *world);
void sim_workload_free(struct sim_workload *workload);
struct sim_visits *sim_workload_visits(struct sim_world *world);
struct sim_desks *sim_workload_desks(struct sim_world *world);

/* The caller |number| has thought enough. */
void sim_workload_wake(struct sim_world *world, uint64_t number);

/* Whether the shop is open. */
bool sim_workload_is_set_up(const struct sim_world *world);

/* From now on everybody thinks that long, and nobody any more as long as
 * before. */
void sim_workload_pace(struct sim_world *world, int64_t think_ms);

/* No caller asks any more; or all do again. */
void sim_workload_stop(struct sim_world *world, bool stopped);

/* How many tries and reads have not ended. */
unsigned sim_workload_n_open(const struct sim_world *world);

/* How many requests and reads were answered. */
uint64_t sim_workload_n_answered(const struct sim_world *world);

/* From now on each try must end by its deadline, and this later at most. 0:
 * that is not checked. */
void sim_workload_set_slack(struct sim_world *world, int64_t slack_ms);

/* --- for scenarios: one who is not one of the callers ----------------------
 */

/* One try of |request| at |node|; false when it is down. */
bool sim_workload_try(struct sim_node *node, struct sim_request *request);

/* A new request for a number, not tried yet. */
struct sim_request *sim_workload_ask(struct sim_world *world);

/* A read at |node|, checked as all are. */
bool sim_workload_read(struct sim_node *node);

/* How many reads of scenarios were confirmed, and how many were not. */
void sim_workload_reads(const struct sim_world *world,
                        unsigned *confirmed_out,
                        unsigned *failed_out);

#endif
