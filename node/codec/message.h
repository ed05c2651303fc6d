/* Messages looked at through their descriptors. Pure: see msgpack.h. */
#ifndef QC_CODEC_MESSAGE_H
#define QC_CODEC_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "codec/codec.h"

/* An empty message in the arena; NULL when it is full. */
ProtobufCMessage *qc_message_new(const ProtobufCMessageDescriptor *type,
                                 struct qc_arena *arena);

/* For qc_message_field() alone. */
const ProtobufCFieldDescriptor *qc_message_field_search(
    const ProtobufCMessageDescriptor *type,
    uint32_t number);

/* The field of this number; NULL when there is none. Most messages number
 * theirs 1, 2, 3. */
static inline const ProtobufCFieldDescriptor *qc_message_field(
    const ProtobufCMessageDescriptor *type,
    uint32_t number)
{
    return number > 0 && number <= type->n_fields &&
                   type->fields[number - 1].id == number
               ? &type->fields[number - 1]
               : qc_message_field_search(type, number);
}

/* The field of this name in proto/; NULL when there is none. */
const ProtobufCFieldDescriptor *qc_message_field_named(
    const ProtobufCMessageDescriptor *type,
    struct qc_bytes name);

/* Where the value (or the pointer to it, or to the list) of |field| stands. */
const void *qc_message_at(const ProtobufCMessage *message,
                          const ProtobufCFieldDescriptor *field);

/* Whether the field is set: not zero, not empty, the chosen one of a oneof. */
bool qc_message_has(const ProtobufCMessage *message,
                    const ProtobufCFieldDescriptor *field);

/* Whether |field| is one number, text or bytes, and of no oneof: most fields of
 * most rows. It is set when it is not zero, and not empty. */
static inline bool qc_field_is_plain(const ProtobufCFieldDescriptor *field)
{
    return field->label != PROTOBUF_C_LABEL_REPEATED &&
           field->type != PROTOBUF_C_TYPE_MESSAGE &&
           (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0;
}

/* Whether |field|, which is plain, says the same in both messages, which are of
 * one type. */
bool qc_plain_is_equal(const ProtobufCMessage *a,
                       const ProtobufCMessage *b,
                       const ProtobufCFieldDescriptor *field);

/* How many elements: 0 or 1 for a field that is no list. */
size_t qc_message_count(const ProtobufCMessage *message,
                        const ProtobufCFieldDescriptor *field);

/* Whether |field| is a map: a list of messages called XxxEntry that hold
 * nothing but 1 key and 2 value. */
bool qc_field_is_map(const ProtobufCFieldDescriptor *field);

/* The string of field |number|; "" when there is no such field. */
const char *qc_message_string(const ProtobufCMessage *message, uint32_t number);

/* The number of field |number|; 0 when there is no such field. */
int64_t qc_message_int64(const ProtobufCMessage *message, uint32_t number);

#endif
