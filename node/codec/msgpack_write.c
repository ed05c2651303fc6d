#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "codec/forms.h"
#include "codec/message.h"
#include "codec/msgpack.h"
#include "codec/msgpack_token.h"

/* What is to be written, and how. */
struct writing {
    const ProtobufCMessage *message;
    bool (*skip)(uint32_t number); /* At the top; NULL: nothing. */
    bool unknown;                  /* With the unknown fields kept. */
    bool names;                    /* With names as keys. */
};

static void write_message(struct qc_sink *sink,
                          const struct writing *writing,
                          const ProtobufCMessage *message);

static void write_unsigned(struct qc_sink *sink, uint64_t value)
{
    if (value < QC_SMALL) {
        qc_sink_put_byte(sink, (uint8_t)value);
    } else {
        qc_token_put_integer(sink, (struct qc_integer){value, false});
    }
}

static void write_signed(struct qc_sink *sink, int64_t value)
{
    uint64_t bits = (uint64_t)value;

    if (value < 0) {
        qc_token_put_integer(sink, (struct qc_integer){~bits + 1, true});
    } else {
        write_unsigned(sink, bits);
    }
}

static void write_binary(struct qc_sink *sink, const ProtobufCBinaryData *bytes)
{
    qc_token_put_bytes(sink, (struct qc_bytes){bytes->data, bytes->len});
}

static void write_value(struct qc_sink *sink,
                        const struct writing *writing,
                        const ProtobufCFieldDescriptor *field,
                        const void *at)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        write_signed(sink, *(const int64_t *)at);
        return;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        write_unsigned(sink, *(const uint64_t *)at);
        return;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_ENUM:
        write_signed(sink, *(const int32_t *)at);
        return;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        write_unsigned(sink, *(const uint32_t *)at);
        return;
    case PROTOBUF_C_TYPE_BOOL:
        qc_token_put_bool(sink, *(const protobuf_c_boolean *)at != 0);
        return;
    case PROTOBUF_C_TYPE_STRING:
        qc_token_put_string(sink, *(const char *const *)at);
        return;
    case PROTOBUF_C_TYPE_BYTES:
        write_binary(sink, at);
        return;
    case PROTOBUF_C_TYPE_MESSAGE:
        write_message(sink, writing, *(const ProtobufCMessage *const *)at);
        return;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        break;
    }
    assert(false && "the schema has no floats");
}

static void write_map(struct qc_sink *sink,
                      const struct writing *writing,
                      const ProtobufCMessage *message,
                      const ProtobufCFieldDescriptor *field)
{
    size_t n = qc_message_count(message, field);
    ProtobufCMessage *const *entries =
        qc_map_sorted(message, field, sink->arena);
    const ProtobufCFieldDescriptor *value = qc_map_value(field);

    if (entries == NULL) {
        sink->full = true;
        return;
    }
    qc_token_put_map(sink, n);
    for (size_t i = 0; i < n; i++) {
        qc_token_put_string(sink, qc_entry_key(entries[i]));
        write_value(sink, writing, value, qc_message_at(entries[i], value));
    }
}

static void write_list(struct qc_sink *sink,
                       const struct writing *writing,
                       const ProtobufCMessage *message,
                       const ProtobufCFieldDescriptor *field)
{
    size_t n = qc_message_count(message, field);
    const uint8_t *at = *(const uint8_t *const *)qc_message_at(message, field);
    size_t size = qc_element_size(field);

    qc_token_put_list(sink, n);
    for (size_t i = 0; i < n; i++) {
        write_value(sink, writing, field, at + i * size);
    }
}

static void write_key(struct qc_sink *sink,
                      const struct writing *writing,
                      const ProtobufCFieldDescriptor *field)
{
    if (writing->names) {
        qc_token_put_string(sink, field->name);
    } else {
        write_unsigned(sink, field->id);
    }
}

static void write_field(struct qc_sink *sink,
                        const struct writing *writing,
                        const ProtobufCMessage *message,
                        const ProtobufCFieldDescriptor *field)
{
    write_key(sink, writing, field);
    if (qc_field_is_map(field)) {
        write_map(sink, writing, message, field);
    } else if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        write_list(sink, writing, message, field);
    } else {
        write_value(sink, writing, field, qc_message_at(message, field));
    }
}

/* Writes a field that is plain, if it is set: one look at what it is for all of
 * that. Returns whether it was set. */
static bool write_plain(struct qc_sink *sink,
                        const struct writing *writing,
                        const ProtobufCFieldDescriptor *field,
                        const void *at)
{
    const ProtobufCBinaryData *bytes;
    const char *text;
    uint64_t number = 0;

    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        number = *(const uint64_t *)at;
        break;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
        number = *(const uint32_t *)at;
        break;
    case PROTOBUF_C_TYPE_STRING:
        text = *(const char *const *)at;
        if (text == NULL || text[0] == '\0') {
            return false;
        }
        write_key(sink, writing, field);
        qc_token_put_string(sink, text);
        return true;
    case PROTOBUF_C_TYPE_BYTES:
        bytes = at;
        if (bytes->len == 0) {
            return false;
        }
        write_key(sink, writing, field);
        write_binary(sink, bytes);
        return true;
    case PROTOBUF_C_TYPE_MESSAGE:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        assert(false && "neither is plain");
        return false;
    }
    if (number == 0) {
        return false;
    }
    write_key(sink, writing, field);
    if (number < QC_SMALL && field->type != PROTOBUF_C_TYPE_BOOL) {
        qc_sink_put_byte(sink, (uint8_t)number);
    } else {
        write_value(sink, writing, field, at);
    }
    return true;
}

/* Writes |field| of |message|, if it is set. Returns whether it was. */
static bool write_if_set(struct qc_sink *sink,
                         const struct writing *writing,
                         const ProtobufCMessage *message,
                         const ProtobufCFieldDescriptor *field)
{
    if (qc_field_is_plain(field)) {
        return write_plain(sink, writing, field, qc_message_at(message, field));
    }
    if (!qc_message_has(message, field)) {
        return false;
    }
    write_field(sink, writing, message, field);
    return true;
}

static bool is_kept(const struct writing *writing,
                    const ProtobufCMessageUnknownField *unknown)
{
    return writing->unknown &&
           unknown->wire_type == (ProtobufCWireType)QC_WIRE_MSGPACK;
}

/* The unknown fields up to |number|, from |*i| on, which becomes the first
 * after it. Returns how many were written. */
static size_t write_unknown(struct qc_sink *sink,
                            const struct writing *writing,
                            const ProtobufCMessage *message,
                            unsigned *i,
                            uint32_t number)
{
    size_t n = 0;

    for (; *i < message->n_unknown_fields; ++*i) {
        const ProtobufCMessageUnknownField *unknown =
            &message->unknown_fields[*i];

        if (unknown->tag > number) {
            break;
        }
        if (is_kept(writing, unknown)) {
            write_unsigned(sink, unknown->tag);
            qc_sink_put(sink, unknown->data, unknown->len);
            n++;
        }
    }
    return n;
}

static void write_message(struct qc_sink *sink,
                          const struct writing *writing,
                          const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    bool (*skip)(uint32_t) = message == writing->message ? writing->skip : NULL;
    size_t begin = qc_token_begin_map(sink);
    unsigned i_unknown = 0;
    size_t n = 0;

    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];

        if (message->n_unknown_fields > 0) {
            n += write_unknown(sink, writing, message, &i_unknown, field->id);
        }
        if (skip == NULL || !skip(field->id)) {
            n += write_if_set(sink, writing, message, field) ? 1 : 0;
        }
    }
    n += write_unknown(sink, writing, message, &i_unknown, UINT32_MAX);
    qc_token_end_map(sink, begin, n);
}

static void write_whole(struct qc_sink *sink, const void *what)
{
    const struct writing *writing = what;

    write_message(sink, writing, writing->message);
}

bool qc_msgpack_write(const ProtobufCMessage *message,
                      struct qc_arena *arena,
                      struct qc_bytes *bytes_out)
{
    struct writing writing = {.message = message, .unknown = true};

    return qc_sink_fill(write_whole, &writing, arena, bytes_out);
}

bool qc_msgpack_write_known(const ProtobufCMessage *message,
                            bool (*skip)(uint32_t number),
                            struct qc_arena *arena,
                            struct qc_bytes *bytes_out)
{
    struct writing writing = {.message = message, .skip = skip};

    return qc_sink_fill(write_whole, &writing, arena, bytes_out);
}

bool qc_msgpack_write_names(const ProtobufCMessage *message,
                            struct qc_arena *arena,
                            struct qc_bytes *bytes_out)
{
    struct writing writing = {.message = message, .names = true};

    return qc_sink_fill(write_whole, &writing, arena, bytes_out);
}
