#include "http2/head.h"

#include <assert.h>
#include <string.h>

void qc_head_add(struct qc_head *head,
                 const char *name,
                 const char *value,
                 enum qc_head_field how)
{
    static const uint8_t FLAGS[] = {
        [QC_HEAD_PLAIN] = NGHTTP2_NV_FLAG_NONE,
        [QC_HEAD_STATIC] =
            NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE,
        [QC_HEAD_UNIQUE] = NGHTTP2_NV_FLAG_NO_INDEX,
    };

    assert(head->n < QC_HEAD_MAX);

    /* nghttp2 has no const fields; it only reads them. */
    head->fields[head->n++] = (nghttp2_nv){
        .name = (uint8_t *)(uintptr_t)name,
        .value = (uint8_t *)(uintptr_t)value,
        .namelen = strlen(name),
        .valuelen = strlen(value),
        .flags = FLAGS[how],
    };
}

void qc_head_add_all(struct qc_head *head, const struct qc_fields *fields)
{
    const char *name;
    const char *value;
    size_t at = 0;

    while (qc_fields_next(fields, &at, &name, &value)) {
        qc_head_add(head, name, value, QC_HEAD_UNIQUE);
    }
}
