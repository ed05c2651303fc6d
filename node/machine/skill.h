/*
 * Skills: what an agent may be good at (domain model B.7).
 *
 * Levels count from 0 to the skill's highest, which is never below a level that
 * an agent has.
 *
 * All functions are about the tenant of the transaction.
 */
#ifndef QC_MACHINE_SKILL_H
#define QC_MACHINE_SKILL_H

#include <stdint.h>

#include "base/error.h"
#include "machine/config.h"
#include "machine/entity.h"
#include "quorumcall/state/v1/skill.pb-c.h"
#include "quorumcall/v1/agent.pb-c.h"

struct qc_txn;

extern const struct qc_entity qc_skill_entity;
extern const struct qc_config_kind qc_skill_kind;

/* NULL when there is none. */
const Qc__State__SkillRow *qc_skill_get(struct qc_txn *txn, const char *key);

/* Creates or replaces. Refuses: INVALID, REV_MISMATCH, QUOTA; IN_USE for a
 * highest level below that of an agent. */
QC_MUST_CHECK int qc_skill_put(struct qc_txn *txn,
                               const Qc__V1__Skill *skill,
                               uint64_t if_rev,
                               enum qc_change *change_out);

/* For agent.c: one agent more has, or one less, |skill| at |level|. */
void qc_skill_derive_level(struct qc_txn *txn,
                           uint32_t tenant,
                           const Qc__V1__AgentSkill *skill,
                           enum qc_derive how);

#endif
