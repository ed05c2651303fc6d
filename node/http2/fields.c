#include "http2/fields.h"

#include <string.h>

/* Stands before each field, so that a walk need not look for the ends. */
struct sizes {
    size_t name;
    size_t value;
};

bool qc_fields_add(struct qc_fields *fields,
                   struct qc_bytes name,
                   struct qc_bytes value)
{
    struct sizes sizes = {.name = name.size, .value = value.size};
    size_t before = fields->text.end;

    if (!qc_buffer_add(&fields->text, &sizes, sizeof(sizes)) ||
        !qc_buffer_add(&fields->text, name.data, name.size) ||
        !qc_buffer_add(&fields->text, "", 1) ||
        !qc_buffer_add(&fields->text, value.data, value.size) ||
        !qc_buffer_add(&fields->text, "", 1)) {
        fields->text.end = before;
        return false;
    }
    fields->n++;
    return true;
}

bool qc_fields_next(const struct qc_fields *fields,
                    size_t *at,
                    const char **name_out,
                    const char **value_out)
{
    struct sizes sizes;

    if (*at >= fields->text.end) {
        return false;
    }
    memcpy(&sizes, fields->text.data + *at, sizeof(sizes));
    *name_out = (const char *)fields->text.data + *at + sizeof(sizes);
    *value_out = *name_out + sizes.name + 1;
    *at += sizeof(sizes) + sizes.name + 1 + sizes.value + 1;
    return true;
}

const char *qc_fields_find(const struct qc_fields *fields, const char *name)
{
    const char *candidate;
    const char *value;
    size_t at = 0;

    while (qc_fields_next(fields, &at, &candidate, &value)) {
        if (strcmp(candidate, name) == 0) {
            return value;
        }
    }
    return NULL;
}
