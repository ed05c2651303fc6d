#include "codec/name.h"

#include <stdbool.h>
#include <string.h>

#include "codec/message.h"

enum {
    NAME_SIZE_MAX = 128
}; /* Of a field. */

/* Reads the next letter of the JSON form of |*name|: an underscore goes, and
 * the letter after it becomes large. */
static char next_letter(const char **name)
{
    bool large = false;
    char letter;

    while (**name == '_') {
        large = true;
        (*name)++;
    }
    letter = **name;
    if (letter != '\0') {
        (*name)++;
    }
    /* No locale has a say here. */
    return large && letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A')
                                                   : letter;
}

static bool is_json_name_of(const char *json_name, const char *name)
{
    char letter;

    do {
        letter = next_letter(&name);
        if (*json_name++ != letter) {
            return false;
        }
    } while (letter != '\0');
    return true;
}

/* Most that is asked for by somebody who means harm is no field at all: so it
 * is looked up, not compared with each. */
const ProtobufCFieldDescriptor *qc_field_called(
    const ProtobufCMessageDescriptor *type,
    const char *name)
{
    const ProtobufCFieldDescriptor *field;
    char in_proto[NAME_SIZE_MAX];
    size_t size = 0;

    for (const char *at = name; *at != '\0'; at++) {
        bool large = *at >= 'A' && *at <= 'Z';

        if (size + 2 > sizeof(in_proto)) {
            return NULL;
        }
        if (large) {
            in_proto[size++] = '_';
        }
        in_proto[size++] = large ? (char)(*at - 'A' + 'a') : *at;
    }
    field = qc_message_field_named(
        type, (struct qc_bytes){(const uint8_t *)in_proto, size});
    return field != NULL && (strcmp(name, field->name) == 0 ||
                             is_json_name_of(name, field->name))
               ? field
               : NULL;
}

/* The prefix of all values is what stands before UNSPECIFIED in that of 0. */
static size_t prefix_size(const ProtobufCEnumDescriptor *type)
{
    static const char suffix[] = "UNSPECIFIED";
    const ProtobufCEnumValue *zero =
        protobuf_c_enum_descriptor_get_value(type, 0);
    size_t size = zero == NULL ? 0 : strlen(zero->name);

    if (size < strlen(suffix) ||
        strcmp(zero->name + size - strlen(suffix), suffix) != 0) {
        return 0;
    }
    return size - strlen(suffix);
}

const ProtobufCEnumValue *qc_enum_called(const ProtobufCEnumDescriptor *type,
                                         const char *name)
{
    size_t prefix = prefix_size(type);

    for (unsigned i = 0; i < type->n_values; i++) {
        const char *full = type->values[i].name;

        if (strcmp(full, name) == 0 ||
            (strlen(full) > prefix && strcmp(full + prefix, name) == 0)) {
            return &type->values[i];
        }
    }
    return NULL;
}

void qc_sink_put_json_name(struct qc_sink *sink, const char *name)
{
    char letter;

    while ((letter = next_letter(&name)) != '\0') {
        qc_sink_put(sink, &letter, 1);
    }
}
