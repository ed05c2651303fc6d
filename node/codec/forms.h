/*
 * The forms that qc_decode() and qc_encode() choose from, beside the canonical
 * one (msgpack.h). Each promises what codec.h does.
 */
#ifndef QC_CODEC_FORMS_H
#define QC_CODEC_FORMS_H

#include "codec/build.h"

/* One of those below, as |format| says. */
QC_MUST_CHECK enum qc_codec_answer qc_form_read(
    enum qc_format format,
    const ProtobufCMessageDescriptor *type,
    struct qc_bytes bytes,
    const struct qc_build *build,
    ProtobufCMessage **message_out);

/* msgpack as callers may write it: keys are numbers or names in any order,
 * integers of any width, doubles that are integers, nil for what is unset. */
QC_MUST_CHECK enum qc_codec_answer qc_msgpack_read_any(
    const ProtobufCMessageDescriptor *type,
    struct qc_bytes bytes,
    const struct qc_build *build,
    ProtobufCMessage **message_out);

/* With names as keys; else as qc_msgpack_write_known(). */
QC_MUST_CHECK bool qc_msgpack_write_names(const ProtobufCMessage *message,
                                          struct qc_arena *arena,
                                          struct qc_bytes *bytes_out);

QC_MUST_CHECK enum qc_codec_answer qc_protobuf_read(
    const ProtobufCMessageDescriptor *type,
    struct qc_bytes bytes,
    const struct qc_build *build,
    ProtobufCMessage **message_out);

QC_MUST_CHECK bool qc_protobuf_write(const ProtobufCMessage *message,
                                     struct qc_arena *arena,
                                     struct qc_bytes *bytes_out);

QC_MUST_CHECK enum qc_codec_answer qc_json_read(
    const ProtobufCMessageDescriptor *type,
    struct qc_bytes bytes,
    const struct qc_build *build,
    ProtobufCMessage **message_out);

QC_MUST_CHECK bool qc_json_write(const ProtobufCMessage *message,
                                 struct qc_arena *arena,
                                 struct qc_bytes *bytes_out);

#endif
