#include "http2/fields.h"

#include <string.h>

/* Stands before each field, so that a walk need not look for the ends. */
struct sizes {
    size_t name;
    size_t value;
};

/* One bit of 64, other for most of the names that are in use. */
static uint64_t mark_of(const void *name, size_t size)
{
    const uint8_t *bytes = name;
    size_t last = size > 0 ? bytes[size - 1] : 0;

    return UINT64_C(1) << ((last ^ size * 8) % 64);
}

static uint8_t *put(uint8_t *at, struct qc_bytes text)
{
    if (text.size > 0) {
        memcpy(at, text.data, text.size);
    }
    at[text.size] = '\0';
    return at + text.size + 1;
}

bool qc_fields_add(struct qc_fields *fields,
                   struct qc_bytes name,
                   struct qc_bytes value)
{
    struct sizes sizes = {.name = name.size, .value = value.size};
    uint8_t *at = qc_buffer_extend(&fields->text,
                                   sizeof(sizes) + name.size + value.size + 2);

    if (at == NULL) {
        return false;
    }
    memcpy(at, &sizes, sizeof(sizes));
    at = put(at + sizeof(sizes), name);
    put(at, value);
    fields->n++;
    fields->marks |= mark_of(name.data, name.size);
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
    const uint8_t *at = fields->text.data;
    size_t size = strlen(name);

    if ((fields->marks & mark_of(name, size)) == 0) {
        return NULL;
    }
    for (unsigned i = 0; i < fields->n; i++) {
        struct sizes sizes;

        memcpy(&sizes, at, sizeof(sizes));
        at += sizeof(sizes);
        if (sizes.name == size && memcmp(at, name, size) == 0) {
            return (const char *)at + size + 1;
        }
        at += sizes.name + 1 + sizes.value + 1;
    }
    return NULL;
}
