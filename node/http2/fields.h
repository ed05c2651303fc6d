/* Header fields: names and values, in the order in which they came. */
#ifndef QC_HTTP2_FIELDS_H
#define QC_HTTP2_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "http2/buffer.h"

/* All zero is no field; given back by qc_buffer_done(&fields->text). */
struct qc_fields {
    struct qc_buffer text; /* Sizes, name, NUL, value, NUL; sizes, name, ... */
    unsigned n;
    uint64_t marks; /* Of the names there are: most that are asked for are not.
                     */
};

/* False, and nothing added, when memory is short. Neither may hold a NUL. */
QC_MUST_CHECK bool qc_fields_add(struct qc_fields *fields,
                                 struct qc_bytes name,
                                 struct qc_bytes value);

/* The first value of |name|, NULL when there is none. Borrowed until a field
 * is added. */
const char *qc_fields_find(const struct qc_fields *fields, const char *name);

/* Walks: begin with *at 0. False, and nothing written, after the last. */
bool qc_fields_next(const struct qc_fields *fields,
                    size_t *at,
                    const char **name_out,
                    const char **value_out);

#endif
