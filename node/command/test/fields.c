#include "command/test/fields.h"

#include <assert.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "codec/message.h"

enum {
    PATH_SIZE = 256,
    TEXT_SIZE = 2048,
};

/* Of the entry of any map. */
enum {
    FIELD_KEY = 1,
    FIELD_VALUE = 2,
};

static void *at(ProtobufCMessage *message, unsigned offset)
{
    return (char *)message + offset;
}

/* Of 64 bits; what is no text, bytes, enum or bool, and not wide, has 32. */
static bool is_wide(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_INT64 ||
           field->type == PROTOBUF_C_TYPE_UINT64 ||
           field->type == PROTOBUF_C_TYPE_SINT64;
}

static const char *copy(struct qc_arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *mine = qc_arena_alloc(arena, size);

    return mine != NULL ? memcpy(mine, text, size) : "";
}

/* --- text to fields --------------------------------------------------------
 */

static bool set_bytes(ProtobufCBinaryData *bytes,
                      struct qc_arena *arena,
                      const char *hex)
{
    bytes->len = strlen(hex) / 2;
    bytes->data = qc_arena_alloc(arena, bytes->len);
    for (size_t i = 0; i < bytes->len; i++) {
        char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

        bytes->data[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return bytes->data != NULL;
}

static bool set_number(void *value,
                       const ProtobufCFieldDescriptor *field,
                       const char *text)
{
    char *end;
    int64_t number = strtoll(text, &end, 10);

    if (is_wide(field)) {
        memcpy(value, &number, sizeof(number));
    } else {
        memcpy(value, &(int32_t){(int32_t)number}, sizeof(int32_t));
    }
    return *text != '\0' && *end == '\0';
}

/* By its name, or by a number that need not have one. */
static bool set_enum(void *value,
                     const ProtobufCFieldDescriptor *field,
                     const char *text)
{
    const ProtobufCEnumValue *named =
        protobuf_c_enum_descriptor_get_value_by_name(field->descriptor, text);

    if (named != NULL) {
        memcpy(value, &named->value, sizeof(named->value));
    }
    return named != NULL || set_number(value, field, text);
}

static bool set_plain(void *value,
                      const ProtobufCFieldDescriptor *field,
                      struct qc_arena *arena,
                      const char *text)
{
    const char *string;

    if (field->type == PROTOBUF_C_TYPE_STRING) {
        string = copy(arena, text);
        memcpy(value, &string, sizeof(string));
        return true;
    }
    if (field->type == PROTOBUF_C_TYPE_BYTES) {
        return set_bytes(value, arena, text);
    }
    if (field->type == PROTOBUF_C_TYPE_ENUM) {
        return set_enum(value, field, text);
    }
    if (field->type == PROTOBUF_C_TYPE_BOOL) {
        *(protobuf_c_boolean *)value = strcmp(text, "true") == 0;
        return strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
    }
    return set_number(value, field, text);
}

/* Makes the list longer by one zeroed element of |size|, and gives that. */
static void *append(ProtobufCMessage *message,
                    const ProtobufCFieldDescriptor *field,
                    struct qc_arena *arena,
                    size_t size)
{
    size_t *n = at(message, field->quantifier_offset);
    void **list = at(message, field->offset);
    char *longer = qc_arena_alloc(arena, (*n + 1) * size);

    if (longer == NULL) {
        abort();
    }
    if (*n > 0) {
        memcpy(longer, *list, *n * size);
    }
    *list = longer;
    return longer + size * (*n)++;
}

static ProtobufCMessage *append_message(ProtobufCMessage *message,
                                        const ProtobufCFieldDescriptor *field,
                                        struct qc_arena *arena)
{
    ProtobufCMessage **last =
        append(message, field, arena, sizeof(ProtobufCMessage *));

    *last = qc_message_new(field->descriptor, arena);
    return *last;
}

static bool set_map(ProtobufCMessage *message,
                    const ProtobufCFieldDescriptor *field,
                    struct qc_arena *arena,
                    const char *key,
                    const char *text)
{
    ProtobufCMessage *entry = append_message(message, field, arena);
    const ProtobufCMessageDescriptor *type = field->descriptor;
    const char *strings[] = {copy(arena, key), copy(arena, text)};

    memcpy(at(entry, qc_message_field(type, FIELD_KEY)->offset), &strings[0],
           sizeof(strings[0]));
    memcpy(at(entry, qc_message_field(type, FIELD_VALUE)->offset), &strings[1],
           sizeof(strings[1]));
    return true;
}

/* Of a list that is given as one text; 0: it cannot be. */
static size_t element_size(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_STRING ? sizeof(const char *)
           : field->type == PROTOBUF_C_TYPE_ENUM ? sizeof(int)
           : is_wide(field)                      ? sizeof(int64_t)
                                                 : 0;
}

static bool set_list(ProtobufCMessage *message,
                     const ProtobufCFieldDescriptor *field,
                     struct qc_arena *arena,
                     const char *text)
{
    while (*text != '\0') {
        size_t size = strcspn(text, ",");
        char *piece = qc_arena_alloc(arena, size + 1);
        void *element;

        if (element_size(field) == 0 || piece == NULL) {
            return false;
        }
        memcpy(piece, text, size);
        piece[size] = '\0';
        element = append(message, field, arena, element_size(field));
        if (!set_plain(element, field, arena, piece)) {
            return false;
        }
        text += size + (text[size] == ',');
    }
    return true;
}

/* "0.pattern": the next position makes the list longer. */
static bool set_in_list(ProtobufCMessage *message,
                        const ProtobufCFieldDescriptor *field,
                        struct qc_arena *arena,
                        const char *path,
                        const char *text)
{
    char *rest;
    size_t position = strtoul(path, &rest, 10);
    size_t n = qc_message_count(message, field);
    ProtobufCMessage **list;

    if (*rest != '.' || position > n) {
        return false;
    }
    if (position == n) {
        append_message(message, field, arena);
    }
    list = *(ProtobufCMessage ***)at(message, field->offset);
    return qc_fields_set(list[position], arena, rest + 1, text);
}

bool qc_fields_set(ProtobufCMessage *message,
                   struct qc_arena *arena,
                   const char *path,
                   const char *text)
{
    size_t size = strcspn(path, ".");
    const char *rest = path[size] == '.' ? path + size + 1 : NULL;
    const ProtobufCFieldDescriptor *field;
    ProtobufCMessage **inner;
    char name[PATH_SIZE];

    snprintf(name, sizeof(name), "%.*s", (int)size, path);
    field = protobuf_c_message_descriptor_get_field_by_name(message->descriptor,
                                                            name);
    if (field == NULL) {
        return false;
    }
    if (qc_field_is_map(field)) {
        return rest != NULL && set_map(message, field, arena, rest, text);
    }
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return rest != NULL ? set_in_list(message, field, arena, rest, text)
                            : set_list(message, field, arena, text);
    }
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        memcpy(at(message, field->quantifier_offset), &field->id,
               sizeof(field->id));
    }
    if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
        return rest == NULL &&
               set_plain(at(message, field->offset), field, arena, text);
    }
    inner = at(message, field->offset);
    if (*inner == NULL) {
        *inner = qc_message_new(field->descriptor, arena);
    }
    return rest != NULL && qc_fields_set(*inner, arena, rest, text);
}

/* --- fields to text --------------------------------------------------------
 */

struct walk {
    qc_fields_fn told;
    void *ctx;
};

static void join(char path[PATH_SIZE], const char *outer, const char *inner)
{
    int size = snprintf(path, PATH_SIZE, "%s%s%s", outer,
                        outer[0] != '\0' ? "." : "", inner);

    assert(size < PATH_SIZE);
}

static void walk_message(const struct walk *walk,
                         const ProtobufCMessage *message,
                         const char *prefix);

static void tell_bytes(const ProtobufCBinaryData *bytes, char *text)
{
    for (size_t i = 0; i < bytes->len && 2 * i + 3 < TEXT_SIZE; i++) {
        snprintf(text + 2 * i, 3, "%02x", bytes->data[i]);
    }
}

/* One value, which is no message. */
static void tell(const struct walk *walk,
                 const ProtobufCFieldDescriptor *field,
                 const void *value,
                 const char *path)
{
    char text[TEXT_SIZE] = "";

    if (field->type == PROTOBUF_C_TYPE_STRING) {
        snprintf(text, sizeof(text), "%s", *(const char *const *)value);
    } else if (field->type == PROTOBUF_C_TYPE_BYTES) {
        tell_bytes(value, text);
    } else if (field->type == PROTOBUF_C_TYPE_BOOL) {
        snprintf(text, sizeof(text), "true");
    } else if (field->type == PROTOBUF_C_TYPE_ENUM) {
        snprintf(text, sizeof(text), "%s",
                 protobuf_c_enum_descriptor_get_value(field->descriptor,
                                                      *(const int *)value)
                     ->name);
    } else if (is_wide(field)) {
        snprintf(text, sizeof(text), "%" PRId64, *(const int64_t *)value);
    } else {
        snprintf(text, sizeof(text), "%" PRId32, *(const int32_t *)value);
    }
    walk->told(walk->ctx, path, text);
}

static void walk_list(const struct walk *walk,
                      const ProtobufCMessage *message,
                      const ProtobufCFieldDescriptor *field,
                      const char *path)
{
    const void *const *list =
        *(const void *const *const *)qc_message_at(message, field);
    bool is_message = field->type == PROTOBUF_C_TYPE_MESSAGE;
    size_t n = qc_message_count(message, field);
    char position[24];
    char inner[PATH_SIZE];

    for (size_t i = 0; i < n; i++) {
        const ProtobufCMessage *entry;

        if (field->type == PROTOBUF_C_TYPE_ENUM || is_wide(field)) {
            snprintf(position, sizeof(position), "%zu", i);
            join(inner, path, position);
            tell(walk, field, (const char *)list + i * element_size(field),
                 inner);
            continue;
        }
        entry = list[i];
        if (qc_field_is_map(field)) {
            join(inner, path, qc_message_string(entry, FIELD_KEY));
            walk->told(walk->ctx, inner, qc_message_string(entry, FIELD_VALUE));
            continue;
        }
        snprintf(position, sizeof(position), "%zu", i);
        join(inner, path, position);
        if (is_message) {
            walk_message(walk, entry, inner);
        } else {
            tell(walk, field, &list[i], inner);
        }
    }
}

static void walk_message(const struct walk *walk,
                         const ProtobufCMessage *message,
                         const char *prefix)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    char path[PATH_SIZE];

    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        const void *value = qc_message_at(message, field);

        if (!qc_message_has(message, field)) {
            continue;
        }
        join(path, prefix, field->name);
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            walk_list(walk, message, field, path);
        } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
            walk_message(walk, *(const ProtobufCMessage *const *)value, path);
        } else {
            tell(walk, field, value, path);
        }
    }
}

void qc_fields_walk(const ProtobufCMessage *message,
                    qc_fields_fn told,
                    void *ctx)
{
    struct walk walk = {told, ctx};

    walk_message(&walk, message, "");
}
