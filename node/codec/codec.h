/*
 * Messages as bytes, and bytes as messages, in three ways to write them.
 *
 * Everything is driven by the descriptors that protobuf-c makes of proto/, so
 * a new message needs no code here. Bytes are hostile: they are scanned for
 * depth, UTF-8, NUL and counts before anything is built from them, and what is
 * built lives in an arena with a hard limit. Nothing here is ever freed but
 * the arena.
 *
 * A message that is built here has every list, string and sub-message in the
 * arena. Unset strings are "", never NULL. Two things protobuf leaves open are
 * decided: an entry of a map whose key came before is refused, and the entries
 * of a map are sorted by key.
 */
#ifndef QC_CODEC_CODEC_H
#define QC_CODEC_CODEC_H

#include <stdbool.h>

#include <protobuf-c/protobuf-c.h>

#include "base/bytes.h"
#include "base/error.h"

struct qc_arena;

enum {
    QC_DEPTH_MAX = 32,              /* Of messages, lists and maps. */
    QC_JSON_SIZE_MAX = 1024 * 1024, /* As large as a command may be. */
};

enum qc_format {
    QC_FORMAT_PROTOBUF,
    QC_FORMAT_MSGPACK, /* Keys written are field numbers; names are read too. */
    QC_FORMAT_MSGPACK_NAMES, /* The same, with names as the keys written. */
    QC_FORMAT_JSON,          /* proto3 JSON. */
};

/* What was wrong with bytes. */
enum qc_codec_answer {
    QC_CODEC_OK = 0,
    QC_CODEC_MALFORMED = 1, /* Not such a message. */
    QC_CODEC_TOO_BIG = 2, /* Does not fit the arena, or a limit of the form. */
};

struct qc_codec_error {
    char where[128]; /* "items[3].pool.key", "line 4 column 7"; may be "". */
    char text[128];  /* One sentence without its full stop. */
};

/*
 * Reads |bytes| as a message of |type|. Unknown fields are ignored. |error_out|
 * is written when the answer is not OK.
 */
QC_MUST_CHECK enum qc_codec_answer qc_decode(
    enum qc_format format,
    const ProtobufCMessageDescriptor *type,
    struct qc_bytes bytes,
    struct qc_arena *arena,
    ProtobufCMessage **message_out,
    struct qc_codec_error *error_out);

/* Writes |message|; the bytes live in the arena. False when it is full. */
QC_MUST_CHECK bool qc_encode(enum qc_format format,
                             const ProtobufCMessage *message,
                             struct qc_arena *arena,
                             struct qc_bytes *bytes_out);

#endif
