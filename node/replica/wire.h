/*
 * Messages of peer.v1 as bytes. What comes from a peer is bounded before a
 * byte of it is believed: in size here, in memory by the caller's arena.
 */
#ifndef QC_REPLICA_WIRE_H
#define QC_REPLICA_WIRE_H

#include <protobuf-c/protobuf-c.h>

#include "base/bytes.h"
#include "base/error.h"
#include "replica/replica.h"

struct qc_arena;

enum {
    /* Of the entries of one message: two of the largest there can be. */
    QC_WIRE_ENTRIES_SIZE_MAX = 2 * QC_COMMAND_BODY_SIZE_MAX,
    /* The server takes no larger one, and what cannot be sent to a follower
     * would keep it behind for ever. */
    QC_WIRE_MESSAGE_SIZE_MAX = 4 * 1024 * 1024,
    /* What reading a message may take: it holds a copy of every byte, and a
     * struct for every two bytes of a hostile one. */
    QC_WIRE_ARENA_SIZE = 4 * QC_WIRE_MESSAGE_SIZE_MAX,
};

/* Sends |message|, which lives until it returns. */
QC_MUST_CHECK int qc_wire_send(const struct qc_network *network,
                               uint64_t to,
                               enum qc_channel channel,
                               const ProtobufCMessage *message);

/* NULL when the bytes are no message of |type|, or do not fit |arena|. */
ProtobufCMessage *qc_wire_read(const ProtobufCMessageDescriptor *type,
                               struct qc_bytes bytes,
                               struct qc_arena *arena);

#endif
