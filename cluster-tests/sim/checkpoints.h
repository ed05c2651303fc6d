/*
 * A node's checkpoints: its rows at some index, as files in memory.
 *
 * Taking one takes a while, and so does installing one, or reading a part of
 * one; all end in an event. A crash in between leaves what was before; what was
 * fetched stays, but for some of its end. What is fetched may be damaged on the
 * way to the disk.
 */
#ifndef QC_SIM_CHECKPOINTS_H
#define QC_SIM_CHECKPOINTS_H

#include <stdbool.h>
#include <stdint.h>

#include "cluster-tests/sim/world.h"

struct sim_checkpoints *sim_checkpoints_new(struct sim_node *node);
void sim_checkpoints_free(struct sim_checkpoints *checkpoints);
struct qc_checkpoints sim_checkpoints_of(struct sim_node *node);

/* The next step of what is under way. 0, or a fault. */
QC_MUST_CHECK int sim_checkpoints_step(struct sim_node *node, uint64_t step);

void sim_checkpoints_crash(struct sim_checkpoints *checkpoints,
                           struct sim_random *random);

/* Whether one is being taken; fetched; installed. For scenarios. */
bool sim_checkpoints_is_taking(const struct sim_checkpoints *checkpoints);
bool sim_checkpoints_is_fetching(const struct sim_checkpoints *checkpoints);
bool sim_checkpoints_is_installing(const struct sim_checkpoints *checkpoints);

/* Some byte of what is fetched next is not what was sent. */
void sim_checkpoints_damage(struct sim_checkpoints *checkpoints);

/* Loses the end of what is fetched next. */
void sim_checkpoints_truncate(struct sim_checkpoints *checkpoints);

/* All of them are gone, as if somebody had removed them. */
void sim_checkpoints_lose(struct sim_checkpoints *checkpoints);

#endif
