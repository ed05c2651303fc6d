/* The fields that stand before a body, or behind it, as nghttp2 wants them. */
#ifndef QC_HTTP2_HEAD_H
#define QC_HTTP2_HEAD_H

#include <stddef.h>

#include <nghttp2/nghttp2.h>

#include "http2/fields.h"

enum {
    QC_HEAD_MAX = 32,
};

/* How a field is sent. */
enum qc_head_field {
    QC_HEAD_PLAIN,  /* Put in the table: it comes again. */
    QC_HEAD_STATIC, /* And lives as long as the process: not copied. */
    QC_HEAD_UNIQUE, /* It would only push others out of the table. */
};

/* Empty when |n| is 0; a whole one of zeros would cost more than what most of
 * them hold. Names and values are borrowed. */
struct qc_head {
    size_t n;
    nghttp2_nv fields[QC_HEAD_MAX];
};

void qc_head_add(struct qc_head *head,
                 const char *name,
                 const char *value,
                 enum qc_head_field how);

/* All of |fields|, which are at most as many as there is room for. */
void qc_head_add_all(struct qc_head *head, const struct qc_fields *fields);

#endif
