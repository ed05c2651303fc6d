#include "rpc/spoken.h"

#include <stddef.h>

#include "codec/limits.h"
#include "rpc/failure.h"

enum qc_format qc_spoken_format(const struct qc_call *call)
{
    switch (qc_call_form(call)) {
    case QC_CALL_MSGPACK:
        return QC_FORMAT_MSGPACK;
    case QC_CALL_MSGPACK_NAMES:
        return QC_FORMAT_MSGPACK_NAMES;
    case QC_CALL_JSON:
        return QC_FORMAT_JSON;
    case QC_CALL_PROTOBUF:
    default:
        return QC_FORMAT_PROTOBUF;
    }
}

static void fail_memory(struct qc_call *call)
{
    const struct qc_failure failure = {
        .status = QC_STATUS_RESOURCE_EXHAUSTED,
        .reason = "TOO_BIG",
        .text = "nothing was done: the request, or what it asks for, needs too "
                "much memory; ask for less",
    };

    qc_failure_send(call, &failure);
}

ProtobufCMessage *qc_spoken_read(struct qc_call *call,
                                 const ProtobufCMessageDescriptor *type,
                                 struct qc_bytes bytes,
                                 struct qc_arena *arena)
{
    struct qc_codec_error error;
    struct qc_failure failure = {
        .status = QC_STATUS_INVALID_ARGUMENT,
        .reason = "INVALID",
        .text = error.text,
    };
    ProtobufCMessage *message;

    switch (qc_limits_decode(qc_spoken_format(call), type, bytes, arena,
                             &message, &error)) {
    case QC_CODEC_OK:
        return message;
    case QC_CODEC_TOO_BIG:
        fail_memory(call);
        return NULL;
    case QC_CODEC_MALFORMED:
    default:
        failure.field = error.where[0] != '\0' ? error.where : NULL;
        qc_failure_send(call, &failure);
        return NULL;
    }
}

bool qc_spoken_write(struct qc_call *call,
                     const ProtobufCMessage *message,
                     struct qc_arena *arena,
                     struct qc_bytes *bytes_out)
{
    if (qc_encode(qc_spoken_format(call), message, arena, bytes_out)) {
        return true;
    }
    fail_memory(call);
    return false;
}
