#include "cli/enum_name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char UNSPECIFIED[] = "UNSPECIFIED";

/* How much of each name is the enum's own, which proto3 wants before it: that
 * of the value 0 tells, which is called ..._UNSPECIFIED. */
static size_t prefix_size(const ProtobufCEnumDescriptor *type)
{
    const ProtobufCEnumValue *zero =
        protobuf_c_enum_descriptor_get_value(type, 0);
    size_t size = zero != NULL ? strlen(zero->name) : 0;
    size_t tail = sizeof(UNSPECIFIED) - 1;

    return size > tail && strcmp(zero->name + size - tail, UNSPECIFIED) == 0
               ? size - tail
               : 0;
}

/* Whether |text| is |name|, however it is written. */
static bool is_name(const char *text, const char *name)
{
    for (; *text != '\0' && *name != '\0'; text++, name++) {
        int c = *text == '-' ? '_' : toupper((unsigned char)*text);

        if (c != *name) {
            return false;
        }
    }
    return *text == *name;
}

const char *qc_enum_full_name(const ProtobufCEnumDescriptor *type,
                              const char *text)
{
    size_t prefix = prefix_size(type);

    for (unsigned i = 0; i < type->n_values; i++) {
        const char *name = type->values[i].name;

        if (is_name(text, name) || is_name(text, name + prefix)) {
            return name;
        }
    }
    return NULL;
}

void qc_enum_short_name(const ProtobufCEnumDescriptor *type,
                        int value,
                        char *text_out,
                        size_t size)
{
    const ProtobufCEnumValue *found =
        protobuf_c_enum_descriptor_get_value(type, value);

    if (found == NULL) {
        snprintf(text_out, size, "%d", value);
        return;
    }
    snprintf(text_out, size, "%s", found->name + prefix_size(type));
    for (char *c = text_out; *c != '\0'; c++) {
        *c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
    }
}
