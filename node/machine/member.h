/*
 * Members: which nodes the cluster has, and which it shall have.
 *
 * One row holds both. What is *wanted* is written by commands; what *is* comes
 * from the configurations of the log, folded in as they are applied. The leader
 * makes the one the other, a change at a time. An id is never used again, and a
 * member that is not wanted any more is on its way out for good.
 *
 * The row also holds the cluster version: no command newer than it is applied,
 * so that all nodes know all commands. A new cluster begins with the least of
 * what its members report; after that an operator raises it.
 */
#ifndef QC_MACHINE_MEMBER_H
#define QC_MACHINE_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "machine/entity.h"
#include "machine/refusal.h"
#include "quorumcall/state/v1/cluster.pb-c.h"

struct qc_txn;

enum {
    /* The newest cluster version that this program supports. */
    QC_CLUSTER_VERSION_MAX = 4,
    QC_MEMBERS_MAX = 16,         /* Wanted, or still there. */
    QC_MEMBERS_REMOVED_MAX = 64, /* Remembered. */
    QC_VOTERS_MIN = 3,           /* Fewer survive no failure. */
    QC_NODE_ID_MAX = 1000000,
};

extern const struct qc_entity qc_members_entity;

/* Of a configuration. */
struct qc_member {
    uint64_t node_id;
    const char *address; /* Borrowed. */
    bool voter;
};

/* The row, in the arena; empty when there is none, as before the first
 * configuration is applied. NULL is a fault. */
Qc__State__MembersRow *qc_members_get(struct qc_txn *txn);

/* The member, in |row|; NULL when there is none, or |row| is NULL. One whose
 * |wanted| is 0 is being removed. */
Qc__State__MemberRow *qc_member_find(const Qc__State__MembersRow *row,
                                     uint64_t node_id);

/* The index of the entry that removed the node; 0 when none did, or so long ago
 * that it is forgotten. */
uint64_t qc_member_removed_at(const Qc__State__MembersRow *row,
                              uint64_t node_id);

/* How many voters the configuration has that was applied last. */
size_t qc_member_count_voters(const Qc__State__MembersRow *row);

/* Never below 1. */
uint32_t qc_cluster_version(struct qc_txn *txn);

/* The entry is a configuration: |n| members, at most QC_MEMBERS_MAX, in any
 * order. Who is in it is a member in this role; who was in the last one and is
 * not in this is removed; who is wanted and not in it yet is still wanted. */
void qc_member_configure(struct qc_txn *txn,
                         const struct qc_member *members,
                         size_t n);

/* Whether |address| has the form host:port, IPv6 addresses in brackets. */
bool qc_member_is_address(const char *address);

/* Each of these gives the member as it is now, in the arena. */

/* Wants a new member; |node_id| 0 takes the next. One that is wanted already
 * at this address is left as it is. Refuses: MEMBER_ID_USED,
 * MEMBER_ADDRESS_TAKEN, TOO_MANY_MEMBERS. */
QC_MUST_CHECK int qc_member_add(struct qc_txn *txn,
                                const struct qc_member *member,
                                const Qc__State__MemberRow **member_out);

/* Wants a standby to be a voter; a voter is left as it is. Refuses:
 * MEMBER_UNKNOWN, MEMBER_REMOVED. */
QC_MUST_CHECK int qc_member_promote(struct qc_txn *txn,
                                    uint64_t node_id,
                                    const Qc__State__MemberRow **member_out);

/* Wants a member no more; one that is being removed is left as it is. One that
 * was never in a configuration is gone at once, and its id used. Refuses:
 * MEMBER_UNKNOWN, MEMBER_REMOVED, TOO_FEW_VOTERS. */
QC_MUST_CHECK int qc_member_remove(struct qc_txn *txn,
                                   uint64_t node_id,
                                   const Qc__State__MemberRow **member_out);

/* Notes what a node says of its program. In a new cluster, the last member to
 * report sets the cluster version. Refuses: MEMBER_UNKNOWN, MEMBER_REMOVED. */
QC_MUST_CHECK int qc_member_report(struct qc_txn *txn,
                                   uint64_t node_id,
                                   uint32_t version_max,
                                   const char *release);

/* Raises the cluster version to |version|; 0: to the newest that all members
 * support. Refuses: VERSION_UNSUPPORTED, VERSION_LOWER. */
QC_MUST_CHECK int qc_member_finalize(struct qc_txn *txn,
                                     uint32_t version,
                                     uint32_t *version_out);

#endif
