/*
 * Raft's messages, between libraft's structs and peer.v1.
 *
 * libraft is built without asserts: a field that its own code could not have
 * written leads it into undefined behaviour. So everything that it takes for
 * granted is checked here, once.
 */
#ifndef QC_REPLICA_CONSENSUS_H
#define QC_REPLICA_CONSENSUS_H

#include <stdbool.h>

#include <raft.h>

#include "base/bytes.h"
#include "base/error.h"
#include "replica/replica.h"

enum {
    QC_CONSENSUS_ENTRIES_MAX = 4096, /* That are taken from one message. */
    /* That are sent in one, and are in flight: to append them takes the loop of
     * a node that catches up some milliseconds, and not more. A leader has
     * fewer that are not committed (QC_UNCOMMITTED_MAX). */
    QC_CONSENSUS_IN_FLIGHT_MAX = 256,
};

/*
 * Sends |message|. The entries of an AppendEntries are read from |disk|: as
 * many of those it asks for as fit one message, and none from the second on
 * that changes the configuration, because libraft takes the index of such an
 * entry from the front of its message. What is cut off is rejected by the
 * receiver next time, and sent again. An InstallSnapshot carries |newest|,
 * which may be NULL as long as there is no checkpoint.
 */
QC_MUST_CHECK int qc_consensus_send(const struct qc_network *network,
                                    const struct qc_disk *disk,
                                    const Qc__Peer__Manifest *newest,
                                    const struct raft_message *message);

/* Frees what a message that was read holds, if libraft is not given it. */
void qc_consensus_drop(const struct raft_message *message);

enum qc_consensus_answer {
    QC_CONSENSUS_READ,
    QC_CONSENSUS_MALFORMED,
    QC_CONSENSUS_NOMEM,
};

/*
 * Reads what |from| has sent. The entries of an AppendEntries are one array in
 * |entries_out|, for free(), whose data is one batch of raft_malloc(), which
 * libraft takes with the message. The data of an InstallSnapshot is its
 * manifest, encoded.
 */
enum qc_consensus_answer qc_consensus_read(struct qc_bytes bytes,
                                           uint64_t from,
                                           struct raft_message *message_out,
                                           struct raft_entry **entries_out);

#endif
