#include "codec/message.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "codec/build.h"

ProtobufCMessage *qc_message_new(const ProtobufCMessageDescriptor *type,
                                 struct qc_arena *arena)
{
    ProtobufCMessage *message = qc_arena_take(arena, type->sizeof_message);

    if (message != NULL) {
        type->message_init(message);
    }
    return message;
}

/* Fields stand in the order of their numbers. */
const ProtobufCFieldDescriptor *qc_message_field_search(
    const ProtobufCMessageDescriptor *type,
    uint32_t number)
{
    size_t first = 0;
    size_t end = type->n_fields;

    while (first < end) {
        size_t middle = first + (end - first) / 2;

        if (type->fields[middle].id == number) {
            return &type->fields[middle];
        }
        if (type->fields[middle].id < number) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return NULL;
}

static int compare(const char *name, struct qc_bytes other)
{
    int order = strncmp(name, (const char *)other.data, other.size);

    return order != 0 ? order : strlen(name) != other.size;
}

const ProtobufCFieldDescriptor *qc_message_field_named(
    const ProtobufCMessageDescriptor *type,
    struct qc_bytes name)
{
    size_t first = 0;
    size_t end = type->n_fields;

    while (first < end && name.size > 0) {
        size_t middle = first + (end - first) / 2;
        const ProtobufCFieldDescriptor *field =
            &type->fields[type->fields_sorted_by_name[middle]];
        int order = compare(field->name, name);

        if (order == 0) {
            return field;
        }
        if (order < 0) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return NULL;
}

const void *qc_message_at(const ProtobufCMessage *message,
                          const ProtobufCFieldDescriptor *field)
{
    return (const uint8_t *)message + field->offset;
}

/* The number of a list's elements, or which field of a oneof is chosen. */
static const void *quantifier(const ProtobufCMessage *message,
                              const ProtobufCFieldDescriptor *field)
{
    return (const uint8_t *)message + field->quantifier_offset;
}

/* Whether the value is not the one that stands for "unset". */
static bool is_set(const ProtobufCFieldDescriptor *field, const void *at)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return *(const uint64_t *)at != 0;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
        return *(const uint32_t *)at != 0;
    case PROTOBUF_C_TYPE_STRING: {
        const char *text = *(const char *const *)at;

        return text != NULL && text[0] != '\0';
    }
    case PROTOBUF_C_TYPE_BYTES:
        return ((const ProtobufCBinaryData *)at)->len != 0;
    case PROTOBUF_C_TYPE_MESSAGE:
        return *(const ProtobufCMessage *const *)at != NULL;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        break;
    }
    assert(false && "the schema has no floats");
    return false;
}

bool qc_message_has(const ProtobufCMessage *message,
                    const ProtobufCFieldDescriptor *field)
{
    const void *at = qc_message_at(message, field);

    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return *(const size_t *)quantifier(message, field) != 0;
    }
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        /* The chosen one is set even when it is zero. */
        return *(const uint32_t *)quantifier(message, field) == field->id &&
               (field->type != PROTOBUF_C_TYPE_MESSAGE || is_set(field, at));
    }
    return is_set(field, at);
}

static const char *text_at(const void *at)
{
    const char *text = *(const char *const *)at;

    return text != NULL ? text : "";
}

bool qc_plain_is_equal(const ProtobufCMessage *a,
                       const ProtobufCMessage *b,
                       const ProtobufCFieldDescriptor *field)
{
    const void *in_a = qc_message_at(a, field);
    const void *in_b = qc_message_at(b, field);

    assert(qc_field_is_plain(field));

    if (field->type == PROTOBUF_C_TYPE_STRING) {
        return strcmp(text_at(in_a), text_at(in_b)) == 0;
    }
    if (field->type == PROTOBUF_C_TYPE_BYTES) {
        const ProtobufCBinaryData *bytes_a = in_a;
        const ProtobufCBinaryData *bytes_b = in_b;

        return bytes_a->len == bytes_b->len &&
               (bytes_a->len == 0 ||
                memcmp(bytes_a->data, bytes_b->data, bytes_a->len) == 0);
    }
    return memcmp(in_a, in_b, qc_element_size(field)) == 0;
}

size_t qc_message_count(const ProtobufCMessage *message,
                        const ProtobufCFieldDescriptor *field)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return *(const size_t *)quantifier(message, field);
    }
    return qc_message_has(message, field) ? 1 : 0;
}

bool qc_field_is_map(const ProtobufCFieldDescriptor *field)
{
    static const char suffix[] = "Entry";
    const ProtobufCMessageDescriptor *entry = field->descriptor;
    size_t length;

    if (field->label != PROTOBUF_C_LABEL_REPEATED ||
        field->type != PROTOBUF_C_TYPE_MESSAGE || entry->n_fields != 2) {
        return false;
    }
    length = strlen(entry->short_name);
    return length >= strlen(suffix) &&
           strcmp(entry->short_name + length - strlen(suffix), suffix) == 0 &&
           entry->fields[0].id == 1 &&
           strcmp(entry->fields[0].name, "key") == 0 &&
           entry->fields[1].id == 2 &&
           strcmp(entry->fields[1].name, "value") == 0;
}

const char *qc_message_string(const ProtobufCMessage *message, uint32_t number)
{
    const ProtobufCFieldDescriptor *field =
        qc_message_field(message->descriptor, number);

    if (field == NULL || field->type != PROTOBUF_C_TYPE_STRING ||
        field->label == PROTOBUF_C_LABEL_REPEATED ||
        !qc_message_has(message, field)) {
        return "";
    }
    return *(const char *const *)qc_message_at(message, field);
}

int64_t qc_message_int64(const ProtobufCMessage *message, uint32_t number)
{
    const ProtobufCFieldDescriptor *field =
        qc_message_field(message->descriptor, number);

    if (field == NULL || field->type != PROTOBUF_C_TYPE_INT64 ||
        field->label == PROTOBUF_C_LABEL_REPEATED ||
        !qc_message_has(message, field)) {
        return 0;
    }
    return *(const int64_t *)qc_message_at(message, field);
}
