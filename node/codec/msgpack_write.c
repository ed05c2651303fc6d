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

static void write_field(struct qc_sink *sink,
                        const struct writing *writing,
                        const ProtobufCMessage *message,
                        const ProtobufCFieldDescriptor *field)
{
    if (writing->names) {
        qc_token_put_string(sink, field->name);
    } else {
        write_unsigned(sink, field->id);
    }
    if (qc_field_is_map(field)) {
        write_map(sink, writing, message, field);
    } else if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        write_list(sink, writing, message, field);
    } else {
        write_value(sink, writing, field, qc_message_at(message, field));
    }
}

/* A bit for each field of |message| that is written. */
static uint64_t fields_written(const struct writing *writing,
                               const ProtobufCMessage *message)
{
    uint64_t bits = qc_message_fields_set(message);

    if (writing->skip == NULL || message != writing->message) {
        return bits;
    }
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        if (writing->skip(message->descriptor->fields[i].id)) {
            bits &= ~(UINT64_C(1) << i);
        }
    }
    return bits;
}

static bool is_kept(const struct writing *writing,
                    const ProtobufCMessageUnknownField *unknown)
{
    return writing->unknown &&
           unknown->wire_type == (ProtobufCWireType)QC_WIRE_MSGPACK;
}

/* The unknown fields up to |number|, from |i|. Answers the first after it. */
static unsigned write_unknown(struct qc_sink *sink,
                              const struct writing *writing,
                              const ProtobufCMessage *message,
                              unsigned i,
                              uint32_t number)
{
    for (; i < message->n_unknown_fields; i++) {
        const ProtobufCMessageUnknownField *unknown =
            &message->unknown_fields[i];

        if (unknown->tag > number) {
            break;
        }
        if (is_kept(writing, unknown)) {
            write_unsigned(sink, unknown->tag);
            qc_sink_put(sink, unknown->data, unknown->len);
        }
    }
    return i;
}

static void write_message(struct qc_sink *sink,
                          const struct writing *writing,
                          const ProtobufCMessage *message)
{
    uint64_t written = fields_written(writing, message);
    size_t n = (size_t)__builtin_popcountll(written);
    unsigned i_unknown = 0;

    for (unsigned i = 0; i < message->n_unknown_fields; i++) {
        n += is_kept(writing, &message->unknown_fields[i]) ? 1 : 0;
    }
    qc_token_put_map(sink, n);
    for (; written != 0; written &= written - 1) {
        const ProtobufCFieldDescriptor *field =
            &message->descriptor->fields[__builtin_ctzll(written)];

        i_unknown = write_unknown(sink, writing, message, i_unknown, field->id);
        write_field(sink, writing, message, field);
    }
    (void)write_unknown(sink, writing, message, i_unknown, UINT32_MAX);
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
