/*
 * Hello, the first message of each stream between nodes: who speaks, and whom
 * it means. And what a node is told that was removed, in words that its own
 * program knows again.
 */
#ifndef QC_RPC_HELLO_H
#define QC_RPC_HELLO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "quorumcall/peer/v1/peer_service.pb-c.h"
#include "replica/replica.h"

struct qc_arena;

enum {
    QC_HELLO_ARENA_SIZE = 16 * 1024, /* To write or read one. */
    QC_REMOVED_TEXT_SIZE = 64,
    QC_NODE_IDENTITY_SIZE = 128,
};

/* |hello| as a message of the channel, in the arena. False when it is full. */
bool qc_hello_write(enum qc_channel channel,
                    const Qc__Peer__Hello *hello,
                    struct qc_arena *arena,
                    struct qc_bytes *bytes_out);

/* The Hello in |message|, in the arena; NULL when it holds none. */
const Qc__Peer__Hello *qc_hello_read(enum qc_channel channel,
                                     struct qc_bytes message,
                                     struct qc_arena *arena);

/* How a certificate names node |node_id| of a cluster:
 * quorumcall://<cluster id>/<node id>. */
void qc_node_identity(const char *cluster_id,
                      uint64_t node_id,
                      char identity_out[QC_NODE_IDENTITY_SIZE]);

/* What a node is told that the entry |index| has removed. */
void qc_removed_text(uint64_t index, char text_out[QC_REMOVED_TEXT_SIZE]);

/* The index in such a text; 0 when |text| is another. */
uint64_t qc_removed_index(const char *text);

#endif
