/* Messages as a call speaks them: protobuf, msgpack or JSON. */
#ifndef QC_RPC_SPOKEN_H
#define QC_RPC_SPOKEN_H

#include <stdbool.h>

#include "codec/codec.h"
#include "http2/call.h"

struct qc_arena;

enum qc_format qc_spoken_format(const struct qc_call *call);

/* Reads a message of |type|, into the arena; NULL when it cannot be read: then
 * the call has been told, and has ended. */
ProtobufCMessage *qc_spoken_read(struct qc_call *call,
                                 const ProtobufCMessageDescriptor *type,
                                 struct qc_bytes bytes,
                                 struct qc_arena *arena);

/* Writes a message into the arena; false when that is full: then the call has
 * been told, and has ended. */
bool qc_spoken_write(struct qc_call *call,
                     const ProtobufCMessage *message,
                     struct qc_arena *arena,
                     struct qc_bytes *bytes_out);

#endif
