#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "codec/forms.h"
#include "codec/message.h"
#include "codec/name.h"

/* proto3 JSON, written straight to the sink: a tree would cost ten times as
 * much as the text. */

enum {
    BASE64_BYTES = 48, /* Written at a time: a multiple of 3. */
    BASE64_TEXT_SIZE = 64,
};

static void write_message(struct qc_sink *sink,
                          const ProtobufCMessage *message);

/* RFC 8259, section 7. What is beyond ASCII stands as it is. */
static void write_text(struct qc_sink *sink, const char *text)
{
    size_t plain;

    qc_sink_put(sink, "\"", 1);
    for (; *text != '\0'; text += plain) {
        char escaped[sizeof("\\u001f")];

        plain = 0;
        while ((unsigned char)text[plain] >= ' ' && text[plain] != '"' &&
               text[plain] != '\\') {
            plain++;
        }
        qc_sink_put(sink, text, plain);
        if (text[plain] == '\0') {
            break;
        }
        if (text[plain] == '"' || text[plain] == '\\') {
            (void)snprintf(escaped, sizeof(escaped), "\\%c", text[plain]);
        } else {
            (void)snprintf(escaped, sizeof(escaped), "\\u%04x",
                           (unsigned)(unsigned char)text[plain]);
        }
        qc_sink_put_text(sink, escaped);
        plain++;
    }
    qc_sink_put(sink, "\"", 1);
}

/* Numbers of 64 bits are strings: a double, which is what JavaScript would
 * make of them, holds 53. */
static void write_number(struct qc_sink *sink,
                         const ProtobufCFieldDescriptor *field,
                         const void *at)
{
    char digits[sizeof("\"-9223372036854775808\"")];

    if (qc_element_size(field) == sizeof(uint32_t)) {
        if (field->type == PROTOBUF_C_TYPE_UINT32 ||
            field->type == PROTOBUF_C_TYPE_FIXED32) {
            (void)snprintf(digits, sizeof(digits), "%" PRIu32,
                           *(const uint32_t *)at);
        } else {
            (void)snprintf(digits, sizeof(digits), "%" PRId32,
                           *(const int32_t *)at);
        }
    } else if (field->type == PROTOBUF_C_TYPE_UINT64 ||
               field->type == PROTOBUF_C_TYPE_FIXED64) {
        (void)snprintf(digits, sizeof(digits), "\"%" PRIu64 "\"",
                       *(const uint64_t *)at);
    } else {
        (void)snprintf(digits, sizeof(digits), "\"%" PRId64 "\"",
                       *(const int64_t *)at);
    }
    qc_sink_put_text(sink, digits);
}

/* A value that is newer than this program is written as its number. */
static void write_enum(struct qc_sink *sink,
                       const ProtobufCFieldDescriptor *field,
                       const void *at)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(
        field->descriptor, *(const int *)at);

    if (value != NULL) {
        write_text(sink, value->name);
    } else {
        write_number(sink, field, at);
    }
}

static void write_bytes(struct qc_sink *sink, const ProtobufCBinaryData *bytes)
{
    char text[BASE64_TEXT_SIZE];

    qc_sink_put(sink, "\"", 1);
    for (size_t i = 0; i < bytes->len; i += BASE64_BYTES) {
        size_t n =
            bytes->len - i < BASE64_BYTES ? bytes->len - i : BASE64_BYTES;

        qc_base64_write((struct qc_bytes){bytes->data + i, n}, text);
        qc_sink_put(sink, text, qc_base64_text_size(n));
    }
    qc_sink_put(sink, "\"", 1);
}

static void write_value(struct qc_sink *sink,
                        const ProtobufCFieldDescriptor *field,
                        const void *at)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL:
        qc_sink_put_text(sink, *(const protobuf_c_boolean *)at != 0 ? "true"
                                                                    : "false");
        return;
    case PROTOBUF_C_TYPE_ENUM:
        write_enum(sink, field, at);
        return;
    case PROTOBUF_C_TYPE_STRING:
        write_text(sink, *(const char *const *)at);
        return;
    case PROTOBUF_C_TYPE_BYTES:
        write_bytes(sink, at);
        return;
    case PROTOBUF_C_TYPE_MESSAGE:
        write_message(sink, *(const ProtobufCMessage *const *)at);
        return;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        write_number(sink, field, at);
        return;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        break;
    }
    assert(false && "the schema has no floats");
}

static void write_map(struct qc_sink *sink,
                      const ProtobufCMessage *message,
                      const ProtobufCFieldDescriptor *field)
{
    const ProtobufCFieldDescriptor *value = qc_map_value(field);
    size_t n = qc_message_count(message, field);
    ProtobufCMessage *const *entries =
        qc_map_sorted(message, field, sink->arena);

    if (entries == NULL) {
        sink->full = true;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        qc_sink_put(sink, i == 0 ? "{" : ",", 1);
        write_text(sink, qc_entry_key(entries[i]));
        qc_sink_put(sink, ":", 1);
        write_value(sink, value, qc_message_at(entries[i], value));
    }
    qc_sink_put(sink, "}", 1);
}

static void write_list(struct qc_sink *sink,
                       const ProtobufCMessage *message,
                       const ProtobufCFieldDescriptor *field)
{
    const uint8_t *at = *(const uint8_t *const *)qc_message_at(message, field);
    size_t n = qc_message_count(message, field);

    for (size_t i = 0; i < n; i++) {
        qc_sink_put(sink, i == 0 ? "[" : ",", 1);
        write_value(sink, field, at + i * qc_element_size(field));
    }
    qc_sink_put(sink, "]", 1);
}

static void write_message(struct qc_sink *sink, const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    const char *before = "\"";

    qc_sink_put(sink, "{", 1);
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];

        if (!qc_message_has(message, field)) {
            continue;
        }
        qc_sink_put_text(sink, before);
        before = ",\"";
        qc_sink_put_json_name(sink, field->name);
        qc_sink_put(sink, "\":", 2);
        if (qc_field_is_map(field)) {
            write_map(sink, message, field);
        } else if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            write_list(sink, message, field);
        } else {
            write_value(sink, field, qc_message_at(message, field));
        }
    }
    qc_sink_put(sink, "}", 1);
}

static void write_whole(struct qc_sink *sink, const void *what)
{
    write_message(sink, what);
}

bool qc_json_write(const ProtobufCMessage *message,
                   struct qc_arena *arena,
                   struct qc_bytes *bytes_out)
{
    return qc_sink_fill(write_whole, message, arena, bytes_out);
}
