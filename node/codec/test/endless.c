#include "codec/test/endless.h"

#include <string.h>

static void init(ProtobufCMessage *message)
{
    memset(message, 0, sizeof(struct qc_endless));
    message->descriptor = &qc_endless_type;
}

static const ProtobufCFieldDescriptor fields[] = {
    {
        .name = "more",
        .id = 1,
        .label = PROTOBUF_C_LABEL_REPEATED,
        .type = PROTOBUF_C_TYPE_MESSAGE,
        .quantifier_offset = offsetof(struct qc_endless, n_more),
        .offset = offsetof(struct qc_endless, more),
        .descriptor = &qc_endless_type,
    },
};

static const ProtobufCIntRange ranges[] = {{1, 0}, {0, 1}};

const ProtobufCMessageDescriptor qc_endless_type = {
    .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
    .name = "Endless",
    .short_name = "Endless",
    .sizeof_message = sizeof(struct qc_endless),
    .n_fields = 1,
    .fields = fields,
    .n_field_ranges = 1,
    .field_ranges = ranges,
    .message_init = init,
};
