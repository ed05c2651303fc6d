#include "codec/test/random_message.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "codec/build.h"
#include "codec/message.h"

enum {
    LIST_MAX = 3,
    TEXT_MAX = 40, /* Letters. */
};

/* SplitMix64. */
uint64_t qc_random_next(struct qc_random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

uint64_t qc_random_up_to(struct qc_random *random, uint64_t n)
{
    return qc_random_next(random) % n;
}

static void *must(void *memory)
{
    if (memory == NULL) {
        abort();
    }
    return memory;
}

/* Of any width, and often where a form changes its mind: 127, 128, 255, ... */
static uint64_t random_number(struct qc_random *random)
{
    uint64_t number = qc_random_next(random) >> qc_random_up_to(random, 64);

    if (qc_random_up_to(random, 2) == 0) {
        number = (UINT64_C(1) << qc_random_up_to(random, 64)) - 2 +
                 qc_random_up_to(random, 4);
    }
    return qc_random_up_to(random, 2) == 0 ? number : ~number + 1;
}

static char *random_text(struct qc_random *random, struct qc_arena *arena)
{
    static const char *const letters[] = {
        "a",    "Z", "7", " ", "\"", "\\", "/", "\n", "\x01",
        "\x7f", "é", "€", "ß", "𝄞",  "_",  "{", "[",  ":",
    };
    size_t n = qc_random_up_to(random, TEXT_MAX + 1);
    char *text = must(qc_arena_alloc(arena, 4 * n + 1));
    char *end = text;

    for (size_t i = 0; i < n; i++) {
        const char *letter = letters[qc_random_up_to(
            random, sizeof(letters) / sizeof(letters[0]))];

        memcpy(end, letter, strlen(letter));
        end += strlen(letter);
    }
    return text;
}

static void random_bytes(struct qc_random *random,
                         ProtobufCBinaryData *bytes,
                         struct qc_arena *arena)
{
    bytes->len = qc_random_up_to(random, TEXT_MAX + 1);
    bytes->data = must(qc_arena_alloc(arena, bytes->len + 1));
    for (size_t i = 0; i < bytes->len; i++) {
        bytes->data[i] = (uint8_t)qc_random_next(random);
    }
}

static int random_value(struct qc_random *random,
                        const ProtobufCEnumDescriptor *type)
{
    if (qc_random_up_to(random, 8) == 0) {
        return (int)random_number(random);
    }
    return type->values[qc_random_up_to(random, type->n_values)].value;
}

static void put_random(struct qc_random *random,
                       const ProtobufCFieldDescriptor *field,
                       void *at,
                       struct qc_arena *arena)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)at = qc_random_up_to(random, 2) == 0;
        return;
    case PROTOBUF_C_TYPE_ENUM:
        *(int *)at = random_value(random, field->descriptor);
        return;
    case PROTOBUF_C_TYPE_STRING:
        *(char **)at = random_text(random, arena);
        return;
    case PROTOBUF_C_TYPE_BYTES:
        random_bytes(random, at, arena);
        return;
    case PROTOBUF_C_TYPE_MESSAGE:
        *(ProtobufCMessage **)at =
            qc_random_message(random, field->descriptor, arena);
        return;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        *(uint32_t *)at = (uint32_t)random_number(random);
        return;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        *(uint64_t *)at = random_number(random);
        return;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        break;
    }
    abort();
}

/* Keys begin with ascending letters, so they are sorted and none is twice. */
static void put_random_entry(struct qc_random *random,
                             const ProtobufCFieldDescriptor *field,
                             char first,
                             ProtobufCMessage **at,
                             struct qc_arena *arena)
{
    ProtobufCMessage *entry = must(qc_message_new(field->descriptor, arena));
    const ProtobufCFieldDescriptor *value = qc_map_value(field);
    char *text = random_text(random, arena);
    char *key = must(qc_arena_alloc(arena, strlen(text) + 2));

    key[0] = first;
    memcpy(key + 1, text, strlen(text));
    *(char **)((uint8_t *)entry + entry->descriptor->fields[0].offset) = key;
    put_random(random, value, (uint8_t *)entry + value->offset, arena);
    *at = entry;
}

static void put_random_list(struct qc_random *random,
                            ProtobufCMessage *message,
                            const ProtobufCFieldDescriptor *field,
                            struct qc_arena *arena)
{
    size_t n = qc_random_up_to(random, LIST_MAX + 1);
    uint8_t *list = must(qc_arena_alloc(arena, n * qc_element_size(field)));

    for (size_t i = 0; i < n; i++) {
        void *at = qc_element_at(field, list, i);

        if (qc_field_is_map(field)) {
            put_random_entry(random, field, (char)('a' + i), at, arena);
        } else {
            put_random(random, field, at, arena);
        }
    }
    *(void **)((uint8_t *)message + field->offset) = list;
    *(size_t *)((uint8_t *)message + field->quantifier_offset) = n;
}

ProtobufCMessage *qc_random_message(struct qc_random *random,
                                    const ProtobufCMessageDescriptor *type,
                                    struct qc_arena *arena)
{
    ProtobufCMessage *message = must(qc_message_new(type, arena));

    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        uint8_t *bytes = (uint8_t *)message;

        if (qc_random_up_to(random, 3) == 0) {
            continue;
        }
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            put_random_list(random, message, field, arena);
            continue;
        }
        if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
            uint32_t *chosen = (uint32_t *)(bytes + field->quantifier_offset);

            if (*chosen != 0) {
                continue;
            }
            *chosen = field->id;
        }
        put_random(random, field, bytes + field->offset, arena);
    }
    return message;
}
