/*
 * Letters from one loop to another, each on its own thread.
 *
 * A loop collects what it has to say in an outbox for each other loop, and
 * posts it at the end of its turn: as a whole, and without waiting. Whoever
 * owns a mailbox reads in the next turn, some at a time, and is woken for it
 * only when it sleeps. So two busy loops talk without a call of the system, and
 * nobody spins. Letters of one sender arrive in the order in which they were
 * put.
 */
#ifndef QC_HTTP2_MAILBOX_H
#define QC_HTTP2_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>

#include <uv.h>

#include "base/error.h"

/* Part of what it is about; not again before it has been read. */
struct qc_letter {
    struct qc_letter *next;
    /* On the loop of who gets it; the letter may be freed, or put again. */
    void (*read)(struct qc_letter *letter);
    void *about;
};

struct qc_outbox {
    struct qc_letter *newest;
    struct qc_letter *oldest;
};

struct qc_mailbox {
    _Atomic(struct qc_letter *) newest; /* Of those that nobody has taken. */
    atomic_bool asleep;                 /* And so to be woken. */
    struct qc_letter *unread;           /* Taken; oldest first. */
    uv_async_t bell;
    uv_check_t look; /* When the loop has waited for events. */
    uv_idle_t hurry; /* Active while the loop must not wait. */
    void (*closed)(void *ctx);
    void *closed_ctx;
    unsigned n_handles;
};

/* All zero is an empty outbox. */
void qc_outbox_put(struct qc_outbox *outbox, struct qc_letter *letter);

/* Posts all that was put. */
void qc_outbox_post(struct qc_outbox *outbox, struct qc_mailbox *mailbox);

/* Returns a negative libuv error, and nothing is left on the loop, on failure.
 */
QC_MUST_CHECK int qc_mailbox_open(struct qc_mailbox *mailbox, uv_loop_t *loop);

/* The loop is about to wait for events: not if there is something to read. Last
 * in each turn. */
void qc_mailbox_rest(struct qc_mailbox *mailbox);

/* Nobody may post any more; what is unread stays so. |closed| is called when
 * nothing of it is left on the loop. */
void qc_mailbox_close(struct qc_mailbox *mailbox,
                      void (*closed)(void *ctx),
                      void *ctx);

#endif
