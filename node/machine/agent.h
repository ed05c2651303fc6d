/*
 * Agents: the people who serve customers (domain model B.7).
 *
 * All functions are about the tenant of the transaction.
 */
#ifndef QC_MACHINE_AGENT_H
#define QC_MACHINE_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "machine/config.h"
#include "machine/entity.h"
#include "quorumcall/state/v1/agent.pb-c.h"

struct qc_txn;

extern const struct qc_entity qc_agent_entity;
extern const struct qc_config_kind qc_agent_kind;

/* NULL when there is none. In the row every default is filled in. */
const Qc__State__AgentRow *qc_agent_get(struct qc_txn *txn, const char *key);

/* Whether |agent| is in the line of business of the caller: serves a queue of
 * it, or every one. Every agent sees themselves; and who there is none of is
 * seen by all. */
bool qc_agent_is_seen(struct qc_txn *txn, const char *agent);

/* Creates or replaces. Refuses: INVALID, also for what is named twice in a
 * list, or a level above the skill's highest; REV_MISMATCH, QUOTA,
 * SKILL_UNKNOWN; LOB, when the caller would not see the agent, or did not. */
QC_MUST_CHECK int qc_agent_put(struct qc_txn *txn,
                               const Qc__V1__Agent *agent,
                               uint64_t if_rev,
                               enum qc_change *change_out);

#endif
