#include "codec/codec.h"

#include <assert.h>

#include "codec/forms.h"
#include "codec/msgpack.h"

enum qc_codec_answer qc_form_read(enum qc_format format,
                                  const ProtobufCMessageDescriptor *type,
                                  struct qc_bytes bytes,
                                  const struct qc_build *build,
                                  ProtobufCMessage **message_out)
{
    switch (format) {
    case QC_FORMAT_PROTOBUF:
        return qc_protobuf_read(type, bytes, build, message_out);
    case QC_FORMAT_MSGPACK:
    case QC_FORMAT_MSGPACK_NAMES:
        return qc_msgpack_read_any(type, bytes, build, message_out);
    case QC_FORMAT_JSON:
        return qc_json_read(type, bytes, build, message_out);
    }
    assert(false && "there is no such format");
    return QC_CODEC_MALFORMED;
}

enum qc_codec_answer qc_decode(enum qc_format format,
                               const ProtobufCMessageDescriptor *type,
                               struct qc_bytes bytes,
                               struct qc_arena *arena,
                               ProtobufCMessage **message_out,
                               struct qc_codec_error *error_out)
{
    const struct qc_build build = {arena, error_out, NULL};

    return qc_form_read(format, type, bytes, &build, message_out);
}

bool qc_encode(enum qc_format format,
               const ProtobufCMessage *message,
               struct qc_arena *arena,
               struct qc_bytes *bytes_out)
{
    switch (format) {
    case QC_FORMAT_PROTOBUF:
        return qc_protobuf_write(message, arena, bytes_out);
    case QC_FORMAT_MSGPACK:
        return qc_msgpack_write_known(message, NULL, arena, bytes_out);
    case QC_FORMAT_MSGPACK_NAMES:
        return qc_msgpack_write_names(message, arena, bytes_out);
    case QC_FORMAT_JSON:
        return qc_json_write(message, arena, bytes_out);
    }
    assert(false && "there is no such format");
    return false;
}
