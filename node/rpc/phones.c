#include "rpc/phones.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "codec/limits.h"
#include "codec/message.h"
#include "rpc/phone_book.h"

enum {
    PATH_SIZE = 256,
};

struct walk {
    struct qc_phone_book *book;
    const char *country;
    struct qc_arena *arena;
    char path[PATH_SIZE]; /* Of what is no number. */
    size_t path_len;
};

static bool normalise(struct walk *walk, ProtobufCMessage *message);

/* Where a field of |message| stands, to be written. */
static uint8_t *field_at(ProtobufCMessage *message,
                         const ProtobufCFieldDescriptor *field)
{
    return (uint8_t *)message + field->offset;
}

/* Puts "name" or "name[i]" before the path, of which this is the way to the
 * field that is wrong. A path that gets too long begins with what fits. */
static void path_prepend(struct walk *walk,
                         const ProtobufCFieldDescriptor *field,
                         size_t i)
{
    const char *dot = walk->path_len > 0 ? "." : "";
    char part[PATH_SIZE];
    int n;

    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        n = snprintf(part, sizeof(part), "%s[%zu]%s", field->name, i, dot);
    } else {
        n = snprintf(part, sizeof(part), "%s%s", field->name, dot);
    }
    if ((size_t)n < sizeof(walk->path) - walk->path_len) {
        memmove(walk->path + n, walk->path, walk->path_len + 1);
        memcpy(walk->path, part, (size_t)n);
        walk->path_len += (size_t)n;
    }
}

static bool normalise_text(struct walk *walk, uint8_t *slot)
{
    char read[QC_E164_SIZE];
    const char *text;
    char *e164;

    memcpy(&text, slot, sizeof(text));
    if (text[0] == '\0') {
        return true;
    }
    if (!qc_phone_book_read(walk->book, text, walk->country, read)) {
        return false;
    }
    e164 = qc_arena_alloc(walk->arena, sizeof(read));
    if (e164 == NULL) {
        return false;
    }
    memcpy(e164, read, sizeof(read));
    memcpy(slot, &e164, sizeof(e164));
    return true;
}

/* The elements of one field: strings of format PHONE, or messages. Either way
 * pointers, which stand in the message itself or, of a list, in an array. */
static bool normalise_field(struct walk *walk,
                            ProtobufCMessage *message,
                            const ProtobufCFieldDescriptor *field)
{
    size_t n = qc_message_count(message, field);
    uint8_t *slots = field_at(message, field);
    void *list;

    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        memcpy(&list, slots, sizeof(list));
        slots = list;
    }
    for (size_t i = 0; i < n; i++) {
        uint8_t *slot = slots + i * sizeof(void *);
        ProtobufCMessage *element;
        bool good;

        if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
            memcpy(&element, slot, sizeof(element));
            good = normalise(walk, element);
        } else {
            good = normalise_text(walk, slot);
        }
        if (!good) {
            path_prepend(walk, field, i);
            return false;
        }
    }
    return true;
}

static bool is_phone(const struct qc_message_limits *message,
                     const ProtobufCFieldDescriptor *field)
{
    const Qc__V1__Limits *limits = qc_limits_in(message, field);

    return limits != NULL && limits->format == QC__V1__FORMAT__FORMAT_PHONE;
}

static bool normalise(struct walk *walk, ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    const struct qc_message_limits *limits = qc_limits_of_message(type);

    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        bool looked_at = field->type == PROTOBUF_C_TYPE_STRING
                             ? is_phone(limits, field)
                             : field->type == PROTOBUF_C_TYPE_MESSAGE &&
                                   !qc_field_is_map(field);

        if (looked_at && !normalise_field(walk, message, field)) {
            return false;
        }
    }
    return true;
}

bool qc_phones_normalise(struct qc_phone_book *book,
                         ProtobufCMessage *message,
                         const char *country,
                         struct qc_arena *arena,
                         const char **field_out)
{
    struct walk walk = {.book = book, .country = country, .arena = arena};
    char *field;

    if (normalise(&walk, message)) {
        return true;
    }
    field = qc_arena_alloc(arena, walk.path_len + 1);
    if (field != NULL) {
        memcpy(field, walk.path, walk.path_len + 1);
    }
    *field_out = field != NULL ? field : "";
    return false;
}
