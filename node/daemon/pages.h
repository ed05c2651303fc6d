/*
 * Pages: what operators and their tools fetch by GET.
 *
 *   /livez     is a restart of no use? It ticks, and its disk writes
 *   /readyz    does it serve? Each check that fails is named, with its reason;
 *              ?verbose names all, ?exclude=NAME leaves one out
 *   /metrics   counters and gauges, as Prometheus reads them
 *   /version   of the program, as JSON
 *
 * All of them are on the admin port, the first two on the API's port too.
 */
#ifndef QC_DAEMON_PAGES_H
#define QC_DAEMON_PAGES_H

#include <stdbool.h>
#include <stddef.h>

struct qc_node;

struct qc_web_page {
    unsigned status; /* Of HTTP. */
    const char *content_type;
    char *body; /* To be freed; NULL when memory was short. */
    size_t size;
};

/* Makes the page of |target|, a path and perhaps a query. */
void qc_web_page_make(struct qc_node *node,
                      const char *target,
                      struct qc_web_page *page_out);

/* Whether |target| is one of the pages that the API's port has. */
bool qc_web_page_is_public(const char *target);

#endif
