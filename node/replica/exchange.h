/* What nodes say to one another beside Raft's messages (peer.v1 Exchange). */
#ifndef QC_REPLICA_EXCHANGE_H
#define QC_REPLICA_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "quorumcall/peer/v1/peer_service.pb-c.h"
#include "replica/proposal.h"
#include "replica/replica.h"

enum {
    /* A leader gives up on a forwarded command so much before its caller does,
     * so that word of it arrives in time. */
    QC_FORWARD_MARGIN_MS = 25,
};

/* Hands a batch to the leader. */
QC_MUST_CHECK int qc_exchange_forward(const struct qc_network *network,
                                      uint64_t leader,
                                      const struct qc_batch *batch,
                                      int64_t now_ms);

/* Tells their origins of all dropped requests, and frees them. */
QC_MUST_CHECK int qc_exchange_dropped(const struct qc_network *network,
                                      struct qc_request_list *dropped);

/* Turns away what a node has forwarded to one that does not lead. */
QC_MUST_CHECK int qc_exchange_turn_away(const struct qc_network *network,
                                        uint64_t origin,
                                        const Qc__Peer__Forward *forward);

QC_MUST_CHECK int qc_exchange_read_index(const struct qc_network *network,
                                         uint64_t leader,
                                         uint64_t number);
QC_MUST_CHECK int qc_exchange_read_index_result(
    const struct qc_network *network,
    uint64_t asker,
    uint64_t number,
    uint64_t index);
QC_MUST_CHECK int qc_exchange_confirm_term(const struct qc_network *network,
                                           uint64_t voter,
                                           uint64_t number,
                                           uint64_t term);
QC_MUST_CHECK int qc_exchange_confirm_term_result(
    const struct qc_network *network,
    uint64_t asker,
    uint64_t number,
    uint64_t term);
QC_MUST_CHECK int qc_exchange_get_clock(const struct qc_network *network,
                                        uint64_t voter,
                                        uint64_t number);
QC_MUST_CHECK int qc_exchange_get_clock_result(const struct qc_network *network,
                                               uint64_t asker,
                                               uint64_t number,
                                               int64_t wall_ms);
QC_MUST_CHECK int qc_exchange_get_hash(const struct qc_network *network,
                                       uint64_t member,
                                       uint64_t number,
                                       uint64_t index);
/* |hash| is empty when it is not known. */
QC_MUST_CHECK int qc_exchange_get_hash_result(const struct qc_network *network,
                                              uint64_t asker,
                                              uint64_t number,
                                              struct qc_bytes hash);

/* Whether the text and sizes of |command| may stand in an entry. */
bool qc_exchange_is_command_sound(const struct qc_command *command);

/* Reads a forwarded command, which goes on living in |from|. False when it is
 * not sound. */
bool qc_exchange_read_command(const Qc__Peer__ForwardedCommand *from,
                              struct qc_command *command_out);

#endif
