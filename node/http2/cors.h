/* What browsers want to hear about pages of other origins (Fetch, "CORS"). */
#ifndef QC_HTTP2_CORS_H
#define QC_HTTP2_CORS_H

#include <stdbool.h>

struct qc_call;
struct qc_head;

/* Whether the call only asks if another may be made. */
bool qc_cors_is_preflight(const struct qc_call *call);

/* Adds what lets a page read the answer, if the handler allowed it to. */
void qc_cors_add(struct qc_head *head, const struct qc_call *call);

#endif
