#include "http2/mailbox.h"

#include <stddef.h>

enum {
    /* So that what is said in return leaves in between. */
    READ_MAX = 256,
};

/* --- posting -------------------------------------------------------------- */

void qc_outbox_put(struct qc_outbox *outbox, struct qc_letter *letter)
{
    letter->next = outbox->newest;
    outbox->newest = letter;
    if (outbox->oldest == NULL) {
        outbox->oldest = letter;
    }
}

/*
 * Who posts looks whether the other sleeps after it has posted; who goes to
 * sleep looks for letters after it has said so. Both in one order that all
 * threads agree upon (sequentially consistent): so one of them sees the other.
 */
void qc_outbox_post(struct qc_outbox *outbox, struct qc_mailbox *mailbox)
{
    if (outbox->newest == NULL) {
        return;
    }
    outbox->oldest->next = atomic_load(&mailbox->newest);
    while (!atomic_compare_exchange_weak(
        &mailbox->newest, &outbox->oldest->next, outbox->newest)) {
    }
    *outbox = (struct qc_outbox){NULL, NULL};
    if (atomic_load(&mailbox->asleep) &&
        atomic_exchange(&mailbox->asleep, false)) {
        uv_async_send(&mailbox->bell);
    }
}

/* --- reading -------------------------------------------------------------- */

/* What was posted, oldest first. */
static struct qc_letter *take(struct qc_mailbox *mailbox)
{
    struct qc_letter *newest = atomic_exchange(&mailbox->newest, NULL);
    struct qc_letter *oldest = NULL;

    while (newest != NULL) {
        struct qc_letter *next = newest->next;

        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

static void look(uv_check_t *check)
{
    struct qc_mailbox *mailbox = check->data;

    if (mailbox->unread == NULL) {
        mailbox->unread = take(mailbox);
    }
    for (unsigned i = 0; i < READ_MAX && mailbox->unread != NULL; i++) {
        struct qc_letter *letter = mailbox->unread;

        mailbox->unread = letter->next;
        letter->read(letter);
    }
}

static void hurry(uv_idle_t *idle)
{
    (void)idle; /* That it is active keeps the loop from waiting. */
}

void qc_mailbox_rest(struct qc_mailbox *mailbox)
{
    atomic_store(&mailbox->asleep, true);
    if (mailbox->unread == NULL && atomic_load(&mailbox->newest) == NULL) {
        uv_idle_stop(&mailbox->hurry);
        return;
    }
    atomic_store(&mailbox->asleep, false);
    uv_idle_start(&mailbox->hurry, hurry);
}

/* --- life ----------------------------------------------------------------- */

static void ring(uv_async_t *bell)
{
    (void)bell; /* look() comes next. */
}

int qc_mailbox_open(struct qc_mailbox *mailbox, uv_loop_t *loop)
{
    int r = uv_async_init(loop, &mailbox->bell, ring);

    if (r != 0) {
        return r;
    }
    uv_check_init(loop, &mailbox->look);
    uv_idle_init(loop, &mailbox->hurry);
    mailbox->look.data = mailbox;
    uv_check_start(&mailbox->look, look);
    atomic_init(&mailbox->newest, NULL);
    atomic_init(&mailbox->asleep, true);
    mailbox->unread = NULL;
    return 0;
}

static void handle_closed(uv_handle_t *handle)
{
    struct qc_mailbox *mailbox = handle->data;

    if (--mailbox->n_handles == 0) {
        mailbox->closed(mailbox->closed_ctx);
    }
}

void qc_mailbox_close(struct qc_mailbox *mailbox,
                      void (*closed)(void *ctx),
                      void *ctx)
{
    uv_handle_t *handles[] = {
        (uv_handle_t *)&mailbox->bell,
        (uv_handle_t *)&mailbox->look,
        (uv_handle_t *)&mailbox->hurry,
    };

    mailbox->closed = closed;
    mailbox->closed_ctx = ctx;
    for (unsigned i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
        handles[i]->data = mailbox;
        mailbox->n_handles++;
        uv_close(handles[i], handle_closed);
    }
}
