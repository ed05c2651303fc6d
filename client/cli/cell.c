#include "cli/cell.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "cli/enum_name.h"
#include "codec/message.h"

static size_t element_size(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_ENUM:
        return sizeof(uint32_t);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
    default:
        return sizeof(uint64_t);
    }
}

static const void *element_at(const ProtobufCMessage *message,
                              const ProtobufCFieldDescriptor *field,
                              size_t i)
{
    const void *at = qc_message_at(message, field);

    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
        return at;
    }
    return *(const uint8_t *const *)at + i * element_size(field);
}

/* As much of |bytes| in base64 as has room. */
static void base64(const ProtobufCBinaryData *bytes, char *text, size_t size)
{
    size_t n_max = (size - 1) / 4 * 3;
    struct qc_bytes shown = {bytes->data,
                             bytes->len < n_max ? bytes->len : n_max};

    qc_base64_write(shown, text);
    text[qc_base64_text_size(shown.size)] = '\0';
}

void qc_cell_text(const ProtobufCMessage *message,
                  const ProtobufCFieldDescriptor *field,
                  size_t i,
                  char *text_out,
                  size_t size)
{
    const void *at = element_at(message, field, i);

    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        snprintf(text_out, size, "%" PRId32, *(const int32_t *)at);
        break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        snprintf(text_out, size, "%" PRIu32, *(const uint32_t *)at);
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        snprintf(text_out, size, "%" PRId64, *(const int64_t *)at);
        break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        snprintf(text_out, size, "%" PRIu64, *(const uint64_t *)at);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        snprintf(text_out, size, "%s",
                 *(const protobuf_c_boolean *)at ? "yes" : "no");
        break;
    case PROTOBUF_C_TYPE_ENUM:
        qc_enum_short_name(field->descriptor, *(const int *)at, text_out, size);
        break;
    case PROTOBUF_C_TYPE_STRING:
        snprintf(text_out, size, "%s", *(const char *const *)at);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        base64(at, text_out, size);
        break;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_MESSAGE:
    default:
        /* The contract has no floats, and messages are not cells. */
        snprintf(text_out, size, "?");
        break;
    }
}

const ProtobufCMessage *qc_cell_message(const ProtobufCMessage *message,
                                        const ProtobufCFieldDescriptor *field,
                                        size_t i)
{
    return *(const ProtobufCMessage *const *)element_at(message, field, i);
}
