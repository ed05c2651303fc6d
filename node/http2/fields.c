#include "http2/fields.h"

#include <string.h>

bool qc_fields_add(struct qc_fields *fields,
                   struct qc_bytes name,
                   struct qc_bytes value)
{
    size_t before = fields->text.end;

    if (!qc_buffer_add(&fields->text, name.data, name.size) ||
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
    const char *name;

    if (*at >= fields->text.end) {
        return false;
    }
    name = (const char *)fields->text.data + *at;
    *name_out = name;
    *value_out = name + strlen(name) + 1;
    *at += strlen(name) + 1 + strlen(*value_out) + 1;
    return true;
}

const char *qc_fields_find(const struct qc_fields *fields, const char *name)
{
    const char *at_name;
    const char *value;
    size_t at = 0;

    while (qc_fields_next(fields, &at, &at_name, &value)) {
        if (strcmp(at_name, name) == 0) {
            return value;
        }
    }
    return NULL;
}
