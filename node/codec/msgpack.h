/*
 * Canonical msgpack: how messages stand in the log and in rows.
 *
 * A message is a map. Keys are field numbers, ascending; integers are as short
 * as they can be; maps are sorted by key; fields that are unset (in proto3:
 * zero, or empty) are left out; there are no floats, no duplicate keys, and
 * nothing after the value. So equal messages are equal bytes, and a hash over
 * the bytes means something. The reader accepts nothing else, save fields it
 * does not know: these are kept with the message and written back in their
 * place, so that an old node never loses what a new one wrote.
 *
 * The machine and the command floor use this file and no other of codec/. It
 * calls neither clock nor file nor locale, and the build proves it.
 */
#ifndef QC_CODEC_MSGPACK_H
#define QC_CODEC_MSGPACK_H

#include <stdbool.h>

#include "codec/codec.h"

/* Reads canonical bytes. Unknown fields are kept with the message. */
QC_MUST_CHECK enum qc_codec_answer qc_msgpack_read(
    const ProtobufCMessageDescriptor *type,
    struct qc_bytes bytes,
    struct qc_arena *arena,
    ProtobufCMessage **message_out,
    struct qc_codec_error *error_out);

/* Which fields are wanted, by the message they stand in and their number. */
typedef bool (*qc_wanted_fn)(const ProtobufCMessageDescriptor *type,
                             uint32_t number);

/*
 * The same, of the fields that are |wanted| (NULL: of all); for who reads very
 * many messages and needs little of each. The others must be canonical
 * msgpack, but are left out: such a message is not to be written.
 */
QC_MUST_CHECK enum qc_codec_answer qc_msgpack_read_some(
    const ProtobufCMessageDescriptor *type,
    qc_wanted_fn wanted,
    struct qc_bytes bytes,
    struct qc_arena *arena,
    ProtobufCMessage **message_out,
    struct qc_codec_error *error_out);

/* Writes |message|, with the unknown fields that were kept with it. The bytes
 * live in the arena. False when it is full. */
QC_MUST_CHECK bool qc_msgpack_write(const ProtobufCMessage *message,
                                    struct qc_arena *arena,
                                    struct qc_bytes *bytes_out);

/*
 * The same for the log: fields for which |skip| (which may be NULL) says so are
 * left out at the top of the message, and unknown fields everywhere. (A request
 * travels without its request id, which stands beside it; its digest is taken
 * without fields 100 to 103.)
 */
QC_MUST_CHECK bool qc_msgpack_write_known(const ProtobufCMessage *message,
                                          bool (*skip)(uint32_t number),
                                          struct qc_arena *arena,
                                          struct qc_bytes *bytes_out);

#endif
