#include "rpc/event.h"

#include <string.h>

#include "base/arena.h"
#include "codec/codec.h"
#include "codec/limits.h"
#include "codec/message.h"
#include "codec/msgpack.h"
#include "codec/name.h"
#include "command/table.h"

static const ProtobufCMessage *message_at(const ProtobufCMessage *message,
                                          const ProtobufCFieldDescriptor *field)
{
    return *(const ProtobufCMessage *const *)qc_message_at(message, field);
}

const char *qc_event_object(const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    const char *object = "";

    for (unsigned i = 0; i < type->n_fields && object[0] == '\0'; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        const Qc__V1__Limits *limits = qc_limits_of(type, field);

        if (field->label == PROTOBUF_C_LABEL_REPEATED ||
            !qc_message_has(message, field)) {
            continue;
        }
        if (limits != NULL && limits->object) {
            object = *(const char *const *)qc_message_at(message, field);
        } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
            object = qc_event_object(message_at(message, field));
        }
    }
    return object;
}

/* Text, bytes or a number: a test looks at the schema. */
static void hide(ProtobufCMessage *message,
                 const ProtobufCFieldDescriptor *field)
{
    const ProtobufCBinaryData no_bytes = {0, NULL};
    const char *no_text = "";
    uint8_t *at = (uint8_t *)message + field->offset;

    if (field->type == PROTOBUF_C_TYPE_BYTES) {
        memcpy(at, &no_bytes, sizeof(no_bytes));
    } else if (field->type == PROTOBUF_C_TYPE_UINT64) {
        memset(at, 0, sizeof(uint64_t));
    } else {
        memcpy(at, &no_text, sizeof(no_text));
    }
}

static void *pointer_at(const uint8_t *slot)
{
    void *pointer;

    memcpy(&pointer, slot, sizeof(pointer));
    return pointer;
}

void qc_event_hide_secrets(ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;

    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        const Qc__V1__Limits *limits = qc_limits_of(type, field);
        size_t n = qc_message_count(message, field);
        const uint8_t *slots = (const uint8_t *)message + field->offset;

        if (limits != NULL && limits->secret) {
            hide(message, field);
            continue;
        }
        if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
            continue;
        }
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            slots = pointer_at(slots);
        }
        for (size_t k = 0; k < n; k++) {
            qc_event_hide_secrets(pointer_at(slots + k * sizeof(void *)));
        }
    }
}

static int read_message(const ProtobufCMessageDescriptor *type,
                        struct qc_bytes bytes,
                        struct qc_arena *arena,
                        ProtobufCMessage **message_out)
{
    struct qc_codec_error error;

    switch (qc_msgpack_read(type, bytes, arena, message_out, &error)) {
    case QC_CODEC_OK:
        return 0;
    case QC_CODEC_TOO_BIG:
        return QC_E_NOMEM;
    case QC_CODEC_MALFORMED:
    default:
        return QC_E_CORRUPT;
    }
}

static const char *decision_of(const ProtobufCMessage *response)
{
    const ProtobufCFieldDescriptor *field =
        qc_field_called(response->descriptor, "decision_id");

    return field != NULL ? qc_message_string(response, field->id) : "";
}

static int put_payload(ProtobufCMessage *response,
                       struct qc_arena *arena,
                       Qc__V1__WatchEventsResponse *event)
{
    struct qc_bytes packed;
    uint8_t *copy;

    qc_event_hide_secrets(response);
    if (!qc_encode(QC_FORMAT_PROTOBUF, response, arena, &packed)) {
        return QC_E_NOMEM;
    }
    copy = qc_arena_alloc(arena, packed.size);
    if (copy == NULL) {
        return QC_E_NOMEM;
    }
    if (packed.size > 0) {
        memcpy(copy, packed.data, packed.size);
    }
    event->payload = (ProtobufCBinaryData){packed.size, copy};
    event->payload_type = response->descriptor->name;
    return 0;
}

int qc_event_write(const struct qc_done *done,
                   bool payload,
                   struct qc_arena *arena,
                   Qc__V1__WatchEventsResponse *event)
{
    ProtobufCMessage *request;
    ProtobufCMessage *response;
    int r = read_message(done->method->request, done->command->body, arena,
                         &request);

    if (r == 0) {
        r = read_message(done->method->response, done->response, arena,
                         &response);
    }
    if (r != 0) {
        return r;
    }
    event->ordinal = done->ordinal;
    event->kind = done->method->name;
    event->object = qc_event_object(request);
    if (event->object[0] == '\0') {
        event->object = qc_event_object(response);
    }
    event->decision_id = decision_of(response);
    return payload ? put_payload(response, arena, event) : 0;
}
