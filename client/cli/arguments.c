#include "cli/arguments.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cli/enum_name.h"
#include "codec/codec.h"
#include "codec/message.h"

enum {
    NAME_SIZE = 64,
};

/* Whether |name| is |tail|, or ends with _|tail|. */
static bool ends_with_words(const char *name, const char *tail)
{
    size_t size = strlen(name);
    size_t tail_size = strlen(tail);

    return size > tail_size && name[size - tail_size - 1] == '_' &&
           strcmp(name + size - tail_size, tail) == 0;
}

/* The field that |name| means. NULL when there is none, or more than one. */
static const ProtobufCFieldDescriptor *find_field(
    const ProtobufCMessageDescriptor *type,
    const char *name)
{
    const ProtobufCFieldDescriptor *found = NULL;
    unsigned n_found = 0;

    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];

        if (field->id >= QC_FIELD_EDGE_MIN) {
            continue;
        }
        if (strcmp(field->name, name) == 0) {
            return field;
        }
        if (ends_with_words(field->name, name)) {
            found = field;
            n_found++;
        }
    }
    return n_found == 1 ? found : NULL;
}

/* One element of |field| as JSON; NULL when |text| cannot be that. */
static json_t *element(const ProtobufCFieldDescriptor *field, const char *text)
{
    const char *name;

    switch (field->type) {
    case PROTOBUF_C_TYPE_ENUM:
        name = qc_enum_full_name(field->descriptor, text);
        return name != NULL ? json_string(name) : NULL;
    case PROTOBUF_C_TYPE_BOOL:
        if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
            return json_boolean(text[0] == 't');
        }
        return NULL;
    case PROTOBUF_C_TYPE_MESSAGE:
        return json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    default:
        /* In JSON a number may stand in quotes too. */
        return json_string(text);
    }
}

/* The list or map of |field| in |request|, made if it is not there yet. */
static json_t *collection(json_t *request,
                          const ProtobufCFieldDescriptor *field)
{
    json_t *list = json_object_get(request, field->name);

    if (list == NULL) {
        list = qc_field_is_map(field) ? json_object() : json_array();
        json_object_set_new(request, field->name, list);
    }
    return list;
}

static bool set_entry(json_t *map, const char *text)
{
    const char *equals = strchr(text, '=');
    char key[NAME_SIZE + 1];
    size_t size;

    if (equals == NULL || (size_t)(equals - text) > NAME_SIZE) {
        return false;
    }
    size = (size_t)(equals - text);
    memcpy(key, text, size);
    key[size] = '\0';
    return json_object_get(map, key) == NULL &&
           json_object_set_new(map, key, json_string(equals + 1)) == 0;
}

/* False when |text| cannot be a value of |field|, or when that has one and may
 * have no other. */
static bool set_field(json_t *request,
                      const ProtobufCFieldDescriptor *field,
                      const char *text)
{
    if (qc_field_is_map(field)) {
        return set_entry(collection(request, field), text);
    }
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return json_array_append_new(collection(request, field),
                                     element(field, text)) == 0;
    }
    return json_object_get(request, field->name) == NULL &&
           json_object_set_new(request, field->name, element(field, text)) == 0;
}

/* The name of an option as fields are called: "customer_phone". False when it
 * is too long for one. */
static bool field_name(const char *word, char name_out[NAME_SIZE])
{
    size_t size = strcspn(word, "=");

    if (size >= NAME_SIZE) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        name_out[i] = word[i] == '-' ? '_' : word[i];
    }
    name_out[size] = '\0';
    return true;
}

/* Reads the word at |*at|, and its value, into |request|. */
static bool read_word(const struct qc_request_shape *shape,
                      const struct qc_options *options,
                      size_t *at,
                      json_t *request,
                      struct qc_usage_error *error_out)
{
    const char *word = options->words[(*at)++];
    const ProtobufCFieldDescriptor *field;
    char name[NAME_SIZE] = "";
    const char *value = word;

    if (strncmp(word, "--", 2) != 0) {
        field = find_field(shape->type, shape->positional);
    } else {
        field =
            field_name(word + 2, name) ? find_field(shape->type, name) : NULL;
        value = strchr(word, '=');
        if (value != NULL) {
            value++;
        } else if (field != NULL && field->type == PROTOBUF_C_TYPE_BOOL) {
            value = "true";
        } else if (*at < options->n_words) {
            value = options->words[(*at)++];
        }
    }
    if (field == NULL) {
        snprintf(error_out->text, sizeof(error_out->text),
                 "%s: no such option, or more than one", word);
        return false;
    }
    if (value == NULL || !set_field(request, field, value)) {
        snprintf(error_out->text, sizeof(error_out->text),
                 "%s: \"%s\" is not possible here", field->name,
                 value != NULL ? value : "");
        return false;
    }
    return true;
}

static void set_defaults(const struct qc_request_shape *shape, json_t *request)
{
    const char *rest = shape->defaults;

    while (*rest != '\0') {
        const ProtobufCFieldDescriptor *field;
        size_t size = strcspn(rest, ",");
        char pair[2 * NAME_SIZE];
        char *equals;

        snprintf(pair, sizeof(pair), "%.*s", (int)size, rest);
        rest += size + (rest[size] == ',' ? 1 : 0);
        equals = strchr(pair, '=');
        assert(equals != NULL);
        *equals = '\0';
        field = find_field(shape->type, pair);
        assert(field != NULL);
        if (json_object_get(request, field->name) == NULL) {
            bool set = set_field(request, field, equals + 1);

            assert(set);
        }
    }
}

static bool message_of_json(const ProtobufCMessageDescriptor *type,
                            const json_t *json,
                            struct qc_arena *arena,
                            ProtobufCMessage **request_out,
                            struct qc_usage_error *error_out)
{
    char *text = json_dumps(json, JSON_COMPACT);
    struct qc_codec_error error = {.text = "out of memory"};
    enum qc_codec_answer answer = QC_CODEC_TOO_BIG;

    if (text != NULL) {
        struct qc_bytes bytes = {(const uint8_t *)text, strlen(text)};

        answer =
            qc_decode(QC_FORMAT_JSON, type, bytes, arena, request_out, &error);
    }
    if (answer != QC_CODEC_OK) {
        snprintf(error_out->text, sizeof(error_out->text), "%s: %s",
                 error.where, error.text);
    }
    free(text);
    return answer == QC_CODEC_OK;
}

bool qc_arguments_read(const struct qc_request_shape *shape,
                       const struct qc_options *options,
                       struct qc_arena *arena,
                       ProtobufCMessage **request_out,
                       struct qc_usage_error *error_out)
{
    json_t *request = json_object();
    bool ok = true;

    for (size_t i = 0; ok && i < options->n_words;) {
        ok = read_word(shape, options, &i, request, error_out);
    }
    if (ok) {
        set_defaults(shape, request);
        ok = message_of_json(shape->type, request, arena, request_out,
                             error_out);
    }
    json_decref(request);
    return ok;
}
