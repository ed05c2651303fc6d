#include "replica/proposal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/planted.h"
#include "command/table.h"

struct qc_proposal {
    struct qc_deadline deadline; /* First, so that a deadline is a proposal. */
    TAILQ_ENTRY(qc_proposal) links;
    struct qc_proposals *proposals;
    struct qc_request *request; /* NULL: there was no room for it. */
    qc_proposed_fn done;        /* NULL for a forwarded one. */
    void *ctx;
};

RB_PROTOTYPE(qc_request_tree, qc_request, node, qc_request_compare)
RB_GENERATE(qc_request_tree, qc_request, node, qc_request_compare)

void qc_proposals_init(struct qc_proposals *proposals, uint64_t seed)
{
    /* Half of all numbers are left to count on. */
    *proposals = (struct qc_proposals){.number = seed / 2};
    TAILQ_INIT(&proposals->sent);
    TAILQ_INIT(&proposals->dropped);
    TAILQ_INIT(&proposals->overloaded);
}

/* --- one at a time --- */

static bool has_room(const struct qc_proposals *proposals, size_t size)
{
    return proposals->n < QC_PROPOSALS_MAX &&
           size <= QC_PROPOSALS_SIZE_MAX - proposals->size;
}

static struct qc_proposal *wait_for(struct qc_proposals *proposals,
                                    struct qc_request *request,
                                    int64_t deadline_ms)
{
    struct qc_proposal *proposal = calloc(1, sizeof(*proposal));

    if (proposal == NULL) {
        return NULL;
    }
    proposal->proposals = proposals;
    proposal->request = request;
    qc_deadline_add(&proposals->deadlines, &proposal->deadline, deadline_ms);
    TAILQ_INSERT_TAIL(&request->waiters, proposal, links);
    proposals->n++;
    return proposal;
}

/* Takes a request out of wherever it stands. */
static void take_out(struct qc_proposals *proposals, struct qc_request *request)
{
    if (request->queued) {
        qc_fair_queue_remove(&proposals->queue, request);
    } else if (request->origin == 0) {
        TAILQ_REMOVE(&proposals->sent, request, links);
    }
    if (request->origin == 0) {
        RB_REMOVE(qc_request_tree, &proposals->open, request);
    }
    proposals->size -= request->size;
}

static void forget_request(struct qc_proposals *proposals,
                           struct qc_request *request)
{
    take_out(proposals, request);
    qc_request_free(request);
}

/* Takes a proposal from its request. Neither is freed. */
static void stop_waiting(struct qc_proposal *proposal)
{
    struct qc_proposals *proposals = proposal->proposals;

    qc_deadline_remove(&proposals->deadlines, &proposal->deadline);
    TAILQ_REMOVE(&proposal->request->waiters, proposal, links);
    proposals->n--;
}

static void tell(struct qc_proposal *proposal,
                 const struct qc_proposal_result *result)
{
    struct qc_proposals *proposals = proposal->proposals;

    if (proposal->done != NULL) {
        proposals->n_ended[result->outcome]++;
        if (result->outcome == QC_OUTCOME_APPLIED && result->answer->replayed) {
            proposals->n_replayed++;
        }
        proposal->done(proposal->ctx, result);
    }
    free(proposal);
}

/* A request for which nobody waits any more is of no use, but while its
 * waiters are answered it is somebody else's to free. */
static void forget_if_alone(struct qc_proposals *proposals,
                            struct qc_request *request)
{
    if (TAILQ_EMPTY(&request->waiters) && !request->ending) {
        forget_request(proposals, request);
    }
}

void qc_proposal_forget(struct qc_proposal *proposal)
{
    struct qc_proposals *proposals = proposal->proposals;
    struct qc_request *request = proposal->request;

    proposals->n_forgotten++;
    if (request == NULL) {
        TAILQ_REMOVE(&proposals->overloaded, proposal, links);
    } else {
        stop_waiting(proposal);
        forget_if_alone(proposals, request);
    }
    free(proposal);
}

/* Taken out first, so that whoever is told may propose the same again. */
static void end_all(struct qc_proposals *proposals,
                    struct qc_request *request,
                    const struct qc_proposal_result *result)
{
    take_out(proposals, request);
    request->ending = true;
    while (!TAILQ_EMPTY(&request->waiters)) {
        struct qc_proposal *proposal = TAILQ_FIRST(&request->waiters);

        stop_waiting(proposal);
        assert(TAILQ_FIRST(&request->waiters) != proposal);
        tell(proposal, result);
    }
    qc_request_free(request);
}

/* --- in --- */

static struct qc_request *request_of(struct qc_proposals *proposals,
                                     const struct qc_command *command)
{
    struct qc_request wanted = {.command = *command};

    return RB_FIND(qc_request_tree, &proposals->open, &wanted);
}

/* A new request in the queue; NULL when memory is short. */
static struct qc_request *enqueue(struct qc_proposals *proposals,
                                  const struct qc_command *command,
                                  uint64_t origin)
{
    struct qc_request *request = qc_request_new(command, origin);

    if (request == NULL) {
        return NULL;
    }
    if (qc_fair_queue_add(&proposals->queue, request) != 0) {
        qc_request_free(request);
        return NULL;
    }
    if (origin == 0) {
        request->number = ++proposals->number;
        RB_INSERT(qc_request_tree, &proposals->open, request);
    }
    proposals->size += request->size;
    return request;
}

static struct qc_proposal *overloaded(struct qc_proposals *proposals)
{
    struct qc_proposal *proposal = calloc(1, sizeof(*proposal));

    if (proposal != NULL) {
        proposal->proposals = proposals;
        TAILQ_INSERT_TAIL(&proposals->overloaded, proposal, links);
    }
    return proposal;
}

struct qc_proposal *qc_proposals_add(struct qc_proposals *proposals,
                                     const struct qc_command *command,
                                     int64_t deadline_ms,
                                     qc_proposed_fn done,
                                     void *ctx)
{
    struct qc_proposal *proposal = NULL;
    struct qc_request *request;

    if (!has_room(proposals, qc_command_size(command))) {
        proposal = overloaded(proposals);
    } else {
        request = request_of(proposals, command);
        if (request == NULL) {
            request = enqueue(proposals, command, 0);
        }
        if (request != NULL) {
            proposal = wait_for(proposals, request, deadline_ms);
            forget_if_alone(proposals, request);
        }
    }
    if (proposal != NULL) {
        proposal->done = done;
        proposal->ctx = ctx;
    }
    return proposal;
}

int qc_proposals_add_forwarded(struct qc_proposals *proposals,
                               uint64_t origin,
                               uint64_t number,
                               const struct qc_command *command,
                               int64_t deadline_ms)
{
    struct qc_request *request;

    /* In the log, what is not known would stop every node that reads it. */
    if (qc_method_of_id(command->id) == NULL ||
        !has_room(proposals, qc_command_size(command))) {
        request = qc_request_new(command, origin);
        if (request == NULL) {
            return QC_E_NOMEM;
        }
        request->number = number;
        TAILQ_INSERT_TAIL(&proposals->dropped, request, links);
        return 0;
    }
    request = enqueue(proposals, command, origin);
    if (request == NULL) {
        return QC_E_NOMEM;
    }
    request->number = number;
    if (wait_for(proposals, request, deadline_ms) == NULL) {
        forget_request(proposals, request);
        return QC_E_NOMEM;
    }
    return 0;
}

/* --- sent, and sent again --- */

/* Takes a forwarded request from those who wait; its memory stays. */
static void part_with(struct qc_proposals *proposals,
                      struct qc_request *request)
{
    struct qc_proposal *proposal = TAILQ_FIRST(&request->waiters);

    assert(request->origin != 0);

    stop_waiting(proposal);
    free(proposal);
    proposals->size -= request->size;
}

static void drop(struct qc_proposals *proposals,
                 struct qc_request *request,
                 enum qc_drop why)
{
    part_with(proposals, request);
    request->drop = why;
    TAILQ_INSERT_TAIL(&proposals->dropped, request, links);
}

void qc_proposals_take(struct qc_proposals *proposals,
                       bool leads,
                       struct qc_batch *batch)
{
    size_t size = 0;

    batch->n = 0;
    while (batch->n < QC_ENTRY_COMMANDS_MAX) {
        struct qc_request *request = qc_fair_queue_next(&proposals->queue);

        if (request == NULL ||
            (batch->n > 0 && size + request->size > QC_ENTRY_SIZE_MAX)) {
            return;
        }
        qc_fair_queue_take(&proposals->queue, request);
        if (request->origin != 0 && !leads) {
            drop(proposals, request, QC_DROP_TURNED_AWAY);
        } else {
            batch->requests[batch->n++] = request;
            size += request->size;
        }
    }
}

void qc_proposals_sent(struct qc_proposals *proposals,
                       const struct qc_batch *batch,
                       int64_t now_ms)
{
    for (size_t i = 0; i < batch->n; i++) {
        struct qc_request *request = batch->requests[i];

        if (request->origin != 0) {
            part_with(proposals, request);
            qc_request_free(request);
        } else {
            request->n_unresolved++;
            request->sent_ms = now_ms;
            TAILQ_INSERT_TAIL(&proposals->sent, request, links);
        }
    }
}

int qc_proposals_return(struct qc_proposals *proposals,
                        const struct qc_batch *batch)
{
    struct qc_batch rest = *batch;

    for (; rest.n > 0; rest.n--) {
        int r =
            qc_fair_queue_return(&proposals->queue, rest.requests[rest.n - 1]);

        if (r != 0) {
            qc_proposals_sent(proposals, &rest, INT64_MIN);
            return r;
        }
    }
    return 0;
}

int qc_proposals_resend(struct qc_proposals *proposals, int64_t sent_ms)
{
    struct qc_request *request = TAILQ_LAST(&proposals->sent, qc_request_list);

    while (request != NULL) {
        struct qc_request *before = TAILQ_PREV(request, qc_request_list, links);

        if (request->sent_ms <= sent_ms) {
            TAILQ_REMOVE(&proposals->sent, request, links);
            if (qc_fair_queue_return(&proposals->queue, request) != 0) {
                TAILQ_INSERT_HEAD(&proposals->sent, request, links);
                return QC_E_NOMEM;
            }
        }
        request = before;
    }
    return 0;
}

/* --- ends --- */

/* The open request that was forwarded so; NULL when there is none. One of the
 * same id may have been forgotten meanwhile, and have come again: what is said
 * of the first says nothing of the second. */
static struct qc_request *request_forwarded(struct qc_proposals *proposals,
                                            const struct qc_command *id,
                                            uint64_t number)
{
    struct qc_request wanted = {.command = *id};
    struct qc_request *request;

    memset(wanted.command.digest, 0, sizeof(wanted.command.digest));
    request = RB_NFIND(qc_request_tree, &proposals->open, &wanted);
    while (request != NULL &&
           qc_request_compare_id(&request->command, id) == 0) {
        if (request->number == number) {
            return request;
        }
        request = RB_NEXT(qc_request_tree, &proposals->open, request);
    }
    return NULL;
}

void qc_proposals_not_appended(struct qc_proposals *proposals,
                               const struct qc_command *id,
                               uint64_t number,
                               enum qc_drop drop)
{
    const struct qc_proposal_result result = {
        .outcome =
            drop == QC_DROP_NO_SPACE ? QC_OUTCOME_NO_SPACE : QC_OUTCOME_EXPIRED,
    };
    struct qc_request *request = request_forwarded(proposals, id, number);

    if (request == NULL || request->n_unresolved == 0) {
        return;
    }
    request->n_unresolved--;
    if (drop != QC_DROP_TURNED_AWAY && request->n_unresolved == 0 &&
        !request->queued) {
        end_all(proposals, request, &result);
    }
}

void qc_proposals_refuse(struct qc_proposals *proposals)
{
    const struct qc_proposal_result result = {.outcome = QC_OUTCOME_NO_SPACE};
    struct qc_request *request = qc_fair_queue_next(&proposals->queue);

    while (request != NULL) {
        qc_fair_queue_take(&proposals->queue, request);
        if (request->origin != 0) {
            drop(proposals, request, QC_DROP_NO_SPACE);
        } else {
            TAILQ_INSERT_TAIL(&proposals->sent, request, links);
            if (request->n_unresolved == 0) {
                end_all(proposals, request, &result);
            }
        }
        request = qc_fair_queue_next(&proposals->queue);
    }
}

void qc_proposals_answer(struct qc_proposals *proposals,
                         const struct qc_command *command,
                         const struct qc_answer *answer,
                         uint64_t index)
{
    const struct qc_proposal_result result = {
        .outcome = QC_OUTCOME_APPLIED,
        .answer = answer,
        .index = index,
    };
    struct qc_request *request = request_of(proposals, command);

    if (request != NULL) {
        end_all(proposals, request, &result);
    }
}

static enum qc_outcome outcome_of(const struct qc_request *request,
                                  bool has_leader)
{
    if (request->n_unresolved > 0 && !QC_PLANTED_BUG(26)) {
        return QC_OUTCOME_UNKNOWN;
    }
    return has_leader ? QC_OUTCOME_EXPIRED : QC_OUTCOME_NO_LEADER;
}

/* The deadline of one who waits has come. */
static void expire(struct qc_proposals *proposals,
                   struct qc_proposal *proposal,
                   bool has_leader)
{
    struct qc_request *request = proposal->request;
    const struct qc_proposal_result result = {
        .outcome = outcome_of(request, has_leader),
    };

    if (request->origin != 0) {
        qc_fair_queue_remove(&proposals->queue, request);
        drop(proposals, request, QC_DROP_EXPIRED);
        return;
    }
    stop_waiting(proposal);
    forget_if_alone(proposals, request);
    tell(proposal, &result);
}

void qc_proposals_expire(struct qc_proposals *proposals,
                         int64_t now_ms,
                         bool has_leader)
{
    const struct qc_proposal_result refused = {
        .outcome = QC_OUTCOME_OVERLOADED,
    };
    struct qc_proposal *proposal;

    while (!TAILQ_EMPTY(&proposals->overloaded)) {
        proposal = TAILQ_FIRST(&proposals->overloaded);
        TAILQ_REMOVE(&proposals->overloaded, proposal, links);
        tell(proposal, &refused);
    }
    for (;;) {
        proposal = (struct qc_proposal *)qc_deadlines_due(&proposals->deadlines,
                                                          now_ms);
        if (proposal == NULL) {
            return;
        }
        expire(proposals, proposal, has_leader);
    }
}

void qc_proposals_done(struct qc_proposals *proposals)
{
    const struct qc_proposal_result result = {.outcome = QC_OUTCOME_UNKNOWN};
    struct qc_proposal *proposal;
    struct qc_request *request;

    qc_proposals_expire(proposals, INT64_MIN, false);
    for (;;) {
        proposal = (struct qc_proposal *)qc_deadlines_due(&proposals->deadlines,
                                                          INT64_MAX);
        if (proposal == NULL) {
            break;
        }
        end_all(proposals, proposal->request, &result);
    }
    while (!TAILQ_EMPTY(&proposals->dropped)) {
        request = TAILQ_FIRST(&proposals->dropped);
        TAILQ_REMOVE(&proposals->dropped, request, links);
        qc_request_free(request);
    }
}

int64_t qc_request_deadline_ms(const struct qc_request *request)
{
    const struct qc_proposal *proposal;
    int64_t latest_ms = INT64_MIN;

    TAILQ_FOREACH(proposal, &request->waiters, links)
    {
        if (proposal->deadline.at_ms > latest_ms) {
            latest_ms = proposal->deadline.at_ms;
        }
    }
    return latest_ms;
}

int64_t qc_proposals_next_ms(const struct qc_proposals *proposals)
{
    return TAILQ_EMPTY(&proposals->overloaded)
               ? qc_deadlines_next_ms(&proposals->deadlines)
               : INT64_MIN;
}

bool qc_proposals_is_waiting(const struct qc_proposals *proposals)
{
    return !RB_EMPTY(&proposals->queue.lines);
}

int64_t qc_proposals_first_sent_ms(const struct qc_proposals *proposals)
{
    const struct qc_request *first = TAILQ_FIRST(&proposals->sent);

    return first != NULL ? first->sent_ms : INT64_MAX;
}
