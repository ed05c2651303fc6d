/*
 * Alarms: what an operator must look at, of one node each.
 *
 * NOSPACE comes and goes with the room on a node's disk. STATE_DIFFERS says
 * that a node's rows are not those of the majority: the node stops, and the
 * alarm stays until the node is no member any more, for it never becomes right
 * again.
 */
#ifndef QC_MACHINE_ALARM_H
#define QC_MACHINE_ALARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "machine/entity.h"
#include "machine/fold.h"
#include "machine/member.h"
#include "machine/refusal.h"
#include "quorumcall/state/v1/cluster.pb-c.h"
#include "quorumcall/v1/cluster_service.pb-c.h"

struct qc_txn;

enum {
    QC_ALARMS_MAX = 64, /* Of one list. */
};

extern const struct qc_entity qc_alarm_entity;

/* NULL when it is not raised. */
Qc__State__AlarmRow *qc_alarm_get(struct qc_txn *txn,
                                  Qc__V1__AlarmKind kind,
                                  uint64_t node_id);

/* One that is raised stays as it is. Refuses: MEMBER_UNKNOWN, MEMBER_REMOVED.
 */
QC_MUST_CHECK int qc_alarm_raise(struct qc_txn *txn,
                                 Qc__V1__AlarmKind kind,
                                 uint64_t node_id);

/* Refuses: NOT_FOUND; IN_USE for STATE_DIFFERS of a node that is still a
 * member. */
QC_MUST_CHECK int qc_alarm_disarm(struct qc_txn *txn,
                                  Qc__V1__AlarmKind kind,
                                  uint64_t node_id);

/* The node is no member any more: its NOSPACE is taken back. */
void qc_alarm_forget(struct qc_txn *txn, uint64_t node_id);

/* The first QC_ALARMS_MAX, in the order of kind and node; in the arena. */
size_t qc_alarm_list(struct qc_txn *txn, Qc__State__AlarmRow ***rows_out);

/* What a node says its state hash is. */
struct qc_node_hash {
    uint64_t node_id;
    uint8_t hash[QC_HASH_SIZE];
};

/* Compares hashes as of the entry |at_index|. When more than half of the voters
 * have said the same, STATE_DIFFERS is raised for each member that has said
 * another; without such a majority, for nobody. Of a node that says two, the
 * first counts; who is no member counts for nothing. |differing_out| has room
 * for QC_MEMBERS_MAX; returns how many were written. */
size_t qc_alarm_compare(struct qc_txn *txn,
                        uint64_t at_index,
                        const struct qc_node_hash *hashes,
                        size_t n,
                        uint64_t *differing_out);

/* Whether the rows say that the node's state is not that of the others, and at
 * which index. |at_index_out| may be NULL. */
bool qc_alarm_differs(struct qc_txn *txn,
                      uint64_t node_id,
                      uint64_t *at_index_out);

#endif
