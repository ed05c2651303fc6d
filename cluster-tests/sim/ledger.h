/*
 * What was committed and what came of it, by index: the first node to get there
 * says, and every other node, and every later life of a node, must agree.
 */
#ifndef QC_SIM_LEDGER_H
#define QC_SIM_LEDGER_H

#include <stdint.h>

#include "cluster-tests/sim/world.h"

struct sim_ledger *sim_ledger_new(void);
void sim_ledger_free(struct sim_ledger *ledger);

/* |node| takes entries up to |index| for committed: they must be what others
 * took for it, and new ones must be durable on a majority of the voters that it
 * knows. */
void sim_ledger_commit(struct sim_node *node, uint64_t index);

/* |node| has just begun to lead: it must have all that is committed. */
void sim_ledger_check_leader(struct sim_node *node, uint64_t term);

/* |node| is about to apply |index|, or to make it its configuration. */
void sim_ledger_before(struct sim_node *node, uint64_t index);

/* Of the entry |index|, |node| gives this answer. */
void sim_ledger_answered(struct sim_node *node,
                         uint64_t index,
                         const struct qc_command *command,
                         const struct qc_answer *answer);

/* |node|'s rows are now those of |index|. */
void sim_ledger_applied(struct sim_node *node, uint64_t index);

/* The rows that |node| has just begun with are those of the index they carry.
 */
void sim_ledger_check_rows(struct sim_node *node);

/* The answer that a caller is given must be the one at |index|. */
void sim_ledger_check_answer(const struct sim_ledger *ledger,
                             uint64_t index,
                             uint64_t request,
                             uint64_t digest);

/* The last index that is committed; that was applied by anyone. */
uint64_t sim_ledger_committed(const struct sim_ledger *ledger);
uint64_t sim_ledger_applied_index(const struct sim_ledger *ledger);

/* At the end: the log, applied from its first entry to empty rows, comes to the
 * same. */
void sim_ledger_replay(const struct sim_ledger *ledger);

#endif
