#include "codec/limits.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "codec/forms.h"
#include "codec/lender.h"
#include "codec/message.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "schema.h"

enum {
    LIMITS_NUMBER = 50001, /* Of the extension, in options.proto. */
    MEMORY_SIZE_MAX = 16 * 1024 * 1024,
};

struct field_limits {
    uint32_t number;
    const Qc__V1__Limits *limits;
};

struct qc_message_limits {
    const char *name; /* In full: "quorumcall.v1.Pool". */
    size_t n_fields;  /* Of those that have limits. */
    struct field_limits *fields;
};

/* Written by qc_limits_load(), sorted by name; read only from then on. It is
 * as constant as the schema that it is made from, hence a global. */
static struct {
    struct qc_arena arena;
    struct qc_message_limits *messages;
    size_t n_messages;
} table;

struct qc_bytes qc_schema(void)
{
    return (struct qc_bytes){schema, sizeof(schema)};
}

/* protobuf-c keeps the length before the bytes of an unknown field. */
static struct qc_bytes value_of(const ProtobufCMessageUnknownField *unknown)
{
    struct qc_bytes value = {unknown->data, unknown->len};
    bool more = true;

    while (more && value.size > 0) {
        more = value.data[0] >= 0x80;
        value.data++;
        value.size--;
    }
    return value;
}

/* Reads the limits of a field; |*limits_out| is NULL when it has none. */
static bool load_field(const Google__Protobuf__FieldDescriptorProto *field,
                       const Qc__V1__Limits **limits_out)
{
    const ProtobufCMessage *options =
        field->options != NULL ? &field->options->base : NULL;
    struct qc_lender lender;

    *limits_out = NULL;
    for (unsigned i = 0; options != NULL && i < options->n_unknown_fields;
         i++) {
        if (options->unknown_fields[i].tag == LIMITS_NUMBER) {
            struct qc_bytes value = value_of(&options->unknown_fields[i]);

            qc_lender_init(&lender, &table.arena);
            *limits_out = qc__v1__limits__unpack(&lender.allocator, value.size,
                                                 value.data);
            return *limits_out != NULL;
        }
    }
    return true;
}

/* "scope.name", in the table's memory. */
static char *name_in(const char *scope, const char *name)
{
    size_t size = strlen(scope) + strlen(name) + sizeof(".");
    char *full = qc_arena_alloc(&table.arena, size);

    if (full != NULL) {
        (void)snprintf(full, size, "%s.%s", scope, name);
    }
    return full;
}

static size_t count_messages(Google__Protobuf__DescriptorProto *const *types,
                             size_t n)
{
    size_t count = n;

    for (size_t i = 0; i < n; i++) {
        count += count_messages(types[i]->nested_type, types[i]->n_nested_type);
    }
    return count;
}

static bool load_messages(Google__Protobuf__DescriptorProto *const *types,
                          size_t n,
                          const char *scope);

static bool load_message(const Google__Protobuf__DescriptorProto *type,
                         const char *scope)
{
    struct qc_message_limits *message = &table.messages[table.n_messages++];

    *message = (struct qc_message_limits){
        .name = name_in(scope, type->name),
        .fields = qc_arena_alloc(&table.arena,
                                 type->n_field * sizeof(*message->fields)),
    };
    if (message->name == NULL || message->fields == NULL) {
        return false;
    }
    for (size_t i = 0; i < type->n_field; i++) {
        const Qc__V1__Limits *limits;

        if (!load_field(type->field[i], &limits)) {
            return false;
        }
        if (limits != NULL) {
            message->fields[message->n_fields++] = (struct field_limits){
                (uint32_t)type->field[i]->number,
                limits,
            };
        }
    }
    return load_messages(type->nested_type, type->n_nested_type, message->name);
}

static bool load_messages(Google__Protobuf__DescriptorProto *const *types,
                          size_t n,
                          const char *scope)
{
    for (size_t i = 0; i < n; i++) {
        if (!load_message(types[i], scope)) {
            return false;
        }
    }
    return true;
}

static int by_name(const void *a, const void *b)
{
    const struct qc_message_limits *left = a;
    const struct qc_message_limits *right = b;

    return strcmp(left->name, right->name);
}

static bool load_files(const Google__Protobuf__FileDescriptorSet *set)
{
    size_t n = 0;

    for (size_t i = 0; i < set->n_file; i++) {
        n += count_messages(set->file[i]->message_type,
                            set->file[i]->n_message_type);
    }
    table.messages = qc_arena_alloc(&table.arena, n * sizeof(*table.messages));
    if (table.messages == NULL) {
        return false;
    }
    for (size_t i = 0; i < set->n_file; i++) {
        if (!load_messages(set->file[i]->message_type,
                           set->file[i]->n_message_type,
                           set->file[i]->package)) {
            return false;
        }
    }
    qsort(table.messages, table.n_messages, sizeof(*table.messages), by_name);
    return true;
}

bool qc_limits_load(void)
{
    Google__Protobuf__FileDescriptorSet *set;
    struct qc_lender lender;
    struct qc_arena arena;
    bool loaded;

    if (table.n_messages > 0) {
        return true;
    }
    qc_arena_init(&arena, MEMORY_SIZE_MAX);
    qc_arena_init(&table.arena, MEMORY_SIZE_MAX);
    qc_lender_init(&lender, &arena);
    set = google__protobuf__file_descriptor_set__unpack(&lender.allocator,
                                                        sizeof(schema), schema);
    loaded = set != NULL && load_files(set);
    if (!loaded) {
        qc_arena_done(&table.arena);
        table.messages = NULL;
        table.n_messages = 0;
    }
    qc_arena_done(&arena);
    return loaded;
}

const struct qc_message_limits *qc_limits_of_message(
    const ProtobufCMessageDescriptor *type)
{
    struct qc_message_limits key = {.name = type->name};

    assert(table.n_messages > 0);

    return bsearch(&key, table.messages, table.n_messages, sizeof(key),
                   by_name);
}

const Qc__V1__Limits *qc_limits_in(const struct qc_message_limits *message,
                                   const ProtobufCFieldDescriptor *field)
{
    for (size_t i = 0; message != NULL && i < message->n_fields; i++) {
        if (message->fields[i].number == field->id) {
            return message->fields[i].limits;
        }
    }
    return NULL;
}

const Qc__V1__Limits *qc_limits_of(const ProtobufCMessageDescriptor *type,
                                   const ProtobufCFieldDescriptor *field)
{
    return qc_limits_in(qc_limits_of_message(type), field);
}

/* What was found to be wrong. */
struct findings {
    struct qc_codec_error *errors;
    size_t n;
    size_t max; /* Above 0. */
};

/* A value, and what it may be. Functions that check one say whether to look
 * on: not when there is no room for another finding. */
struct checked {
    const ProtobufCFieldDescriptor *field;
    const Qc__V1__Limits *limits; /* NULL: whatever its type lets it be. */
    const struct qc_place *place;
    struct findings *findings;
};

/* What a string of a format may hold. */
static const struct letters {
    const char *only; /* NULL: all but control characters. */
    const char *also; /* Control characters that it may hold. */
    const char *name;
} formats[] = {
    [QC__V1__FORMAT__FORMAT_UNSPECIFIED] = {NULL, "",
                                            "text without control characters"},
    [QC__V1__FORMAT__FORMAT_KEY] =
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-",
         "", "letters, digits, _ . : and -"},
    [QC__V1__FORMAT__FORMAT_DIGITS] = {"0123456789", "", "digits"},
    [QC__V1__FORMAT__FORMAT_BODY] = {NULL, "\t\n", "text, tabs and new lines"},
    [QC__V1__FORMAT__FORMAT_COUNTRY] = {"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "",
                                        "capital letters"},
};

/* Notes what is wrong. */
__attribute__((format(printf, 2, 3))) static bool wrong(
    const struct checked *checked,
    const char *format,
    ...)
{
    struct findings *findings = checked->findings;
    struct qc_codec_error *error = &findings->errors[findings->n++];
    char text[sizeof(error->text)];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    (void)qc_wrong(QC_CODEC_MALFORMED, checked->place, text, error);
    return findings->n < findings->max;
}

static bool holds_only(const struct letters *letters, const char *text)
{
    if (letters->only != NULL) {
        return text[strspn(text, letters->only)] == '\0';
    }
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' &&
            strchr(letters->also, *text) == NULL) {
            return false;
        }
    }
    return true;
}

static bool check_size(const struct checked *checked, size_t size)
{
    const Qc__V1__Limits *limits = checked->limits;

    if (size > limits->max_size) {
        return wrong(checked, "is longer than %" PRIu32 " bytes",
                     limits->max_size);
    }
    if (size < limits->min_size) {
        return wrong(checked, "is shorter than %" PRIu32 " bytes",
                     limits->min_size);
    }
    return true;
}

static bool check_string(const struct checked *checked, const char *text)
{
    Qc__V1__Format format = checked->limits->format;

    if (!check_size(checked, strlen(text))) {
        return false;
    }
    if (format == QC__V1__FORMAT__FORMAT_PHONE) {
        return true;
    }
    if (format == QC__V1__FORMAT__FORMAT_KEY && text[0] == '\0') {
        return wrong(checked, "is empty");
    }
    return holds_only(&formats[format], text) ||
           wrong(checked, "may hold %s only", formats[format].name);
}

/* Whether a number is less than |min| (below 0), more than |max| (above 0), or
 * neither. */
static int beyond(const struct checked *checked, const void *at)
{
    const Qc__V1__Limits *limits = checked->limits;
    int64_t value;

    switch (checked->field->type) {
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        if (*(const uint64_t *)at > INT64_MAX) {
            return 1;
        }
        value = (int64_t) * (const uint64_t *)at;
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        value = *(const int64_t *)at;
        break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        value = *(const uint32_t *)at;
        break;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        value = *(const int32_t *)at;
        break;
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
    default:
        return 0;
    }
    return value < limits->min ? -1 : value > limits->max ? 1 : 0;
}

static bool check_message(const ProtobufCMessage *message,
                          const struct qc_place *place,
                          struct findings *findings);

/* One value: that of a field that is set, or an element of a list or map. */
static bool check_value(const struct checked *checked, const void *at)
{
    const ProtobufCFieldDescriptor *field = checked->field;

    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        return check_message(*(const ProtobufCMessage *const *)at,
                             checked->place, checked->findings);
    }
    if (field->type == PROTOBUF_C_TYPE_ENUM) {
        return protobuf_c_enum_descriptor_get_value(field->descriptor,
                                                    *(const int *)at) != NULL ||
               wrong(checked, "is no value of its enum");
    }
    if (checked->limits == NULL) {
        return true;
    }
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        return check_string(checked, *(const char *const *)at);
    }
    if (field->type == PROTOBUF_C_TYPE_BYTES) {
        return check_size(checked, ((const ProtobufCBinaryData *)at)->len);
    }
    return !checked->limits->bounded || beyond(checked, at) == 0 ||
           wrong(checked, "is not from %" PRId64 " to %" PRId64,
                 checked->limits->min, checked->limits->max);
}

static bool check_list(const struct checked *checked,
                       const ProtobufCMessage *message,
                       struct qc_place *place)
{
    const uint8_t *at =
        *(const uint8_t *const *)qc_message_at(message, checked->field);
    size_t n = qc_message_count(message, checked->field);

    for (size_t i = 0; i < n; i++) {
        place->index = (long)i;
        if (!check_value(checked, at + i * qc_element_size(checked->field))) {
            return false;
        }
    }
    return true;
}

static bool check_key(const struct checked *checked, const char *key)
{
    const Qc__V1__Limits *limits = checked->limits;

    if (limits == NULL) {
        return true;
    }
    if (strlen(key) > limits->max_key_size) {
        return wrong(checked, "has a key longer than %" PRIu32 " bytes",
                     limits->max_key_size);
    }
    return holds_only(&formats[QC__V1__FORMAT__FORMAT_UNSPECIFIED], key) ||
           wrong(checked, "has a key with control characters");
}

static size_t size_of_value(const ProtobufCFieldDescriptor *value,
                            const void *at)
{
    if (value->type == PROTOBUF_C_TYPE_STRING) {
        return strlen(*(const char *const *)at);
    }
    if (value->type == PROTOBUF_C_TYPE_BYTES) {
        return ((const ProtobufCBinaryData *)at)->len;
    }
    return qc_element_size(value);
}

static bool check_map(const struct checked *checked,
                      const ProtobufCMessage *message,
                      struct qc_place *place)
{
    ProtobufCMessage *const *entries = *(
        ProtobufCMessage *const *const *)qc_message_at(message, checked->field);
    struct checked value = *checked;
    size_t n = qc_message_count(message, checked->field);
    size_t total = 0;

    value.field = qc_map_value(checked->field);
    for (size_t i = 0; i < n; i++) {
        const char *key = qc_entry_key(entries[i]);
        const void *at = qc_message_at(entries[i], value.field);

        if (!check_key(checked, key)) {
            return false;
        }
        if (i > 0 && strcmp(qc_entry_key(entries[i - 1]), key) >= 0) {
            return wrong(checked, "has keys out of order, or twice");
        }
        place->key = key;
        if (!check_value(&value, at)) {
            return false;
        }
        place->key = NULL;
        total += strlen(key) + size_of_value(value.field, at);
    }
    return checked->limits == NULL || checked->limits->max_total_size == 0 ||
           total <= checked->limits->max_total_size ||
           wrong(checked, "is longer than %" PRIu32 " bytes in all",
                 checked->limits->max_total_size);
}

static bool too_many(const struct checked *checked, size_t n)
{
    return checked->limits != NULL && n > checked->limits->max_items;
}

static bool tell_too_many(const struct checked *checked)
{
    return wrong(checked, "has more than %" PRIu32 " elements",
                 checked->limits->max_items);
}

static bool check_field(const struct checked *checked,
                        const ProtobufCMessage *message,
                        struct qc_place *place)
{
    const Qc__V1__Limits *limits = checked->limits;
    const ProtobufCFieldDescriptor *field = checked->field;

    if (!qc_message_has(message, field)) {
        return limits == NULL || !limits->required ||
               wrong(checked, "is required");
    }
    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
        return check_value(checked, qc_message_at(message, field));
    }
    if (too_many(checked, qc_message_count(message, field))) {
        return tell_too_many(checked);
    }
    return qc_field_is_map(field) ? check_map(checked, message, place)
                                  : check_list(checked, message, place);
}

static bool check_message(const ProtobufCMessage *message,
                          const struct qc_place *place,
                          struct findings *findings)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    const struct qc_message_limits *limits = qc_limits_of_message(type);

    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        struct qc_place at = {place, field->name, NULL, QC_NO_INDEX};
        struct checked checked = {
            field,
            qc_limits_in(limits, field),
            &at,
            findings,
        };

        if (!check_field(&checked, message, &at)) {
            return false;
        }
    }
    return true;
}

size_t qc_limits_violations(const ProtobufCMessage *message,
                            struct qc_codec_error *errors_out,
                            size_t max)
{
    struct findings findings = {.errors = errors_out, .max = max};

    assert(max > 0);

    (void)check_message(message, NULL, &findings);
    return findings.n;
}

bool qc_limits_check(const ProtobufCMessage *message,
                     struct qc_codec_error *error_out)
{
    return qc_limits_violations(message, error_out, 1) == 0;
}

static bool may_hold(const ProtobufCMessageDescriptor *type,
                     const ProtobufCFieldDescriptor *field,
                     size_t n,
                     const struct qc_place *place,
                     struct qc_codec_error *error)
{
    struct findings findings = {.errors = error, .max = 1};
    const struct checked checked = {
        field,
        qc_limits_of(type, field),
        place,
        &findings,
    };

    return !too_many(&checked, n) || tell_too_many(&checked);
}

enum qc_codec_answer qc_limits_decode(enum qc_format format,
                                      const ProtobufCMessageDescriptor *type,
                                      struct qc_bytes bytes,
                                      struct qc_arena *arena,
                                      ProtobufCMessage **message_out,
                                      struct qc_codec_error *error_out)
{
    struct qc_bounds bounds = {QC_PARTS_MAX, may_hold};
    const struct qc_build build = {arena, error_out, &bounds};

    return qc_form_read(format, type, bytes, &build, message_out);
}
