/*
 * The limits that stand beside the fields in proto/
 * (quorumcall/v1/options.proto).
 *
 * protobuf-c knows no custom options, so they are read once from the
 * FileDescriptorSet that the build compiles in.
 */
#ifndef QC_CODEC_LIMITS_H
#define QC_CODEC_LIMITS_H

#include <stdbool.h>

#include "codec/codec.h"
#include "quorumcall/v1/options.pb-c.h"

enum {
    /* An import of 500 subjects that have all they may has 103,500, and what
     * has more than there may be is refused in 5 ms. */
    QC_PARTS_MAX = 128 * 1024,
};

/* The compiled-in FileDescriptorSet of all of proto/, with imports. Static. */
struct qc_bytes qc_schema(void);

/* Reads the limits of all messages. Once, before anything else of this file;
 * may be called again. False when memory is short. */
QC_MUST_CHECK bool qc_limits_load(void);

/* The limits of a field; NULL when it has none. */
const Qc__V1__Limits *qc_limits_of(const ProtobufCMessageDescriptor *type,
                                   const ProtobufCFieldDescriptor *field);

/* The same in two steps, for who asks for all fields of a message: it is looked
 * for by its name, which takes longer than all the rest. What the first gives
 * is static; NULL, when nothing is known of such a message, has no limits. */
struct qc_message_limits;
const struct qc_message_limits *qc_limits_of_message(
    const ProtobufCMessageDescriptor *type);
const Qc__V1__Limits *qc_limits_in(const struct qc_message_limits *message,
                                   const ProtobufCFieldDescriptor *field);

/* What qc_decode() does, for bytes from outside: they are refused as soon as a
 * list is found to be longer than its limit, MALFORMED, or more than
 * QC_PARTS_MAX fields and elements have been seen, TOO_BIG. All other limits
 * are still to be checked. */
QC_MUST_CHECK enum qc_codec_answer qc_limits_decode(
    enum qc_format format,
    const ProtobufCMessageDescriptor *type,
    struct qc_bytes bytes,
    struct qc_arena *arena,
    ProtobufCMessage **message_out,
    struct qc_codec_error *error_out);

/* Checks all fields of |message|, and of messages in it. Strings of format
 * PHONE are checked for their size only: the edge makes numbers of them.
 * False when one is beyond its limits; then |error_out| says which and how. */
QC_MUST_CHECK bool qc_limits_check(const ProtobufCMessage *message,
                                   struct qc_codec_error *error_out);

/* The same, but looks on: how many limits were found to be broken, in the order
 * of the fields, at most |max| (above 0); |errors_out| says which and how. */
size_t qc_limits_violations(const ProtobufCMessage *message,
                            struct qc_codec_error *errors_out,
                            size_t max);

#endif
