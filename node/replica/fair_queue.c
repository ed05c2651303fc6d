#include "replica/fair_queue.h"

#include <assert.h>
#include <stdlib.h>

struct qc_tenant_line {
    RB_ENTRY(qc_tenant_line) node;
    uint32_t tenant;
    struct qc_request_list requests;
};

static int compare(const struct qc_tenant_line *a,
                   const struct qc_tenant_line *b)
{
    return a->tenant < b->tenant ? -1 : a->tenant > b->tenant;
}

RB_PROTOTYPE(qc_tenant_line_tree, qc_tenant_line, node, compare)
RB_GENERATE(qc_tenant_line_tree, qc_tenant_line, node, compare)

static struct qc_tenant_line *find(struct qc_fair_queue *queue, uint32_t tenant)
{
    struct qc_tenant_line wanted = {.tenant = tenant};

    return RB_FIND(qc_tenant_line_tree, &queue->lines, &wanted);
}

static struct qc_tenant_line *find_or_make(struct qc_fair_queue *queue,
                                           uint32_t tenant)
{
    struct qc_tenant_line *line = find(queue, tenant);

    if (line != NULL) {
        return line;
    }
    line = calloc(1, sizeof(*line));
    if (line != NULL) {
        line->tenant = tenant;
        TAILQ_INIT(&line->requests);
        RB_INSERT(qc_tenant_line_tree, &queue->lines, line);
    }
    return line;
}

int qc_fair_queue_add(struct qc_fair_queue *queue, struct qc_request *request)
{
    struct qc_tenant_line *line = find_or_make(queue, request->command.tenant);

    assert(!request->queued);

    if (line == NULL) {
        return QC_E_NOMEM;
    }
    TAILQ_INSERT_TAIL(&line->requests, request, links);
    request->queued = true;
    return 0;
}

int qc_fair_queue_return(struct qc_fair_queue *queue,
                         struct qc_request *request)
{
    struct qc_tenant_line *line = find_or_make(queue, request->command.tenant);

    assert(!request->queued);

    if (line == NULL) {
        return QC_E_NOMEM;
    }
    TAILQ_INSERT_HEAD(&line->requests, request, links);
    request->queued = true;
    return 0;
}

struct qc_request *qc_fair_queue_next(struct qc_fair_queue *queue)
{
    struct qc_tenant_line *line = NULL;

    if (queue->served_last < UINT32_MAX) {
        struct qc_tenant_line after = {.tenant = queue->served_last + 1};

        line = RB_NFIND(qc_tenant_line_tree, &queue->lines, &after);
    }
    if (line == NULL) {
        line = RB_MIN(qc_tenant_line_tree, &queue->lines);
    }
    return line != NULL ? TAILQ_FIRST(&line->requests) : NULL;
}

void qc_fair_queue_take(struct qc_fair_queue *queue, struct qc_request *request)
{
    queue->served_last = request->command.tenant;
    qc_fair_queue_remove(queue, request);
}

void qc_fair_queue_remove(struct qc_fair_queue *queue,
                          struct qc_request *request)
{
    struct qc_tenant_line *line = find(queue, request->command.tenant);

    assert(request->queued);
    assert(line != NULL);

    TAILQ_REMOVE(&line->requests, request, links);
    request->queued = false;
    if (TAILQ_EMPTY(&line->requests)) {
        RB_REMOVE(qc_tenant_line_tree, &queue->lines, line);
        free(line);
    }
}
