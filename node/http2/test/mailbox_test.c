/* Letters between loops: all arrive, in order, and nobody sleeps over one. */
#include "http2/mailbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    N_LETTERS = 20000,
    ALARM_S = 60,
    ASLEEP_MS = 50, /* Then a loop with nothing to do sleeps. */
};

/* A loop that reads, and says what it has read. */
struct end {
    uv_loop_t loop;
    uv_prepare_t prepare;
    struct qc_mailbox mailbox;
    struct qc_outbox outbox;
    struct end *other;
    unsigned n_read;
    unsigned n_wanted; /* Then it stops. */
    unsigned n_turns;
    bool answers; /* Sends each letter back. */
};

struct numbered {
    struct qc_letter letter;
    unsigned number;
    bool in_order;
};

static void read_number(struct qc_letter *letter)
{
    struct numbered *numbered = (struct numbered *)letter;
    struct end *end = letter->about;

    numbered->in_order = numbered->in_order && end->n_read == numbered->number;
    end->n_read++;
    if (end->answers) {
        letter->about = end->other;
        qc_outbox_put(&end->outbox, letter);
    }
    if (end->n_read == end->n_wanted) {
        uv_stop(&end->loop);
    }
}

static void end_turn(uv_prepare_t *prepare)
{
    struct end *end = prepare->data;

    end->n_turns++;
    qc_outbox_post(&end->outbox, &end->other->mailbox);
    qc_mailbox_rest(&end->mailbox);
}

static void end_open(struct end *end, struct end *other)
{
    *end = (struct end){.other = other, .n_wanted = N_LETTERS};
    assert_int_equal(uv_loop_init(&end->loop), 0);
    assert_int_equal(qc_mailbox_open(&end->mailbox, &end->loop), 0);
    uv_prepare_init(&end->loop, &end->prepare);
    end->prepare.data = end;
    uv_prepare_start(&end->prepare, end_turn);
}

static void raise_flag(void *ctx)
{
    bool *flag = ctx;

    *flag = true;
}

static void end_close(struct end *end)
{
    bool closed = false;

    qc_mailbox_close(&end->mailbox, raise_flag, &closed);
    uv_close((uv_handle_t *)&end->prepare, NULL);
    uv_run(&end->loop, UV_RUN_DEFAULT);
    assert_true(closed);
    assert_int_equal(uv_loop_close(&end->loop), 0);
}

static struct numbered *letters_new(struct end *to)
{
    struct numbered *letters = calloc(N_LETTERS, sizeof(*letters));

    assert_non_null(letters);
    for (unsigned i = 0; i < N_LETTERS; i++) {
        letters[i].letter.read = read_number;
        letters[i].letter.about = to;
        letters[i].number = i;
        letters[i].in_order = true;
    }
    return letters;
}

static void run(void *arg)
{
    struct end *end = arg;

    uv_run(&end->loop, UV_RUN_DEFAULT);
    /* What the last turn has put is not posted by a loop that has stopped. */
    qc_outbox_post(&end->outbox, &end->other->mailbox);
}

static void letters_go_to_and_fro_in_order_and_none_is_slept_over(void **state)
{
    struct end here;
    struct end there;
    struct numbered *letters;
    uv_thread_t thread;
    unsigned n_put = 0;

    (void)state;
    end_open(&here, &there);
    end_open(&there, &here);
    there.answers = true;
    letters = letters_new(&there);
    assert_int_equal(uv_thread_create(&thread, run, &there), 0);
    /* Now one, now many, and each time until all are back: both sides fall
     * asleep again and again. */
    for (unsigned n = 1; n_put < N_LETTERS; n = n * 5 % 1023) {
        for (unsigned i = 0; i < n && n_put < N_LETTERS; i++) {
            qc_outbox_put(&here.outbox, &letters[n_put++].letter);
        }
        while (here.n_read < n_put) {
            uv_run(&here.loop, UV_RUN_ONCE);
        }
    }
    assert_int_equal(uv_thread_join(&thread), 0);
    assert_int_equal(here.n_read, N_LETTERS);
    assert_int_equal(there.n_read, N_LETTERS);
    for (unsigned i = 0; i < N_LETTERS; i++) {
        assert_true(letters[i].in_order);
    }
    end_close(&here);
    end_close(&there);
    free(letters);
}

static void many_letters_are_read_in_several_turns(void **state)
{
    struct end here;
    struct end there;
    struct numbered *letters;

    (void)state;
    end_open(&here, &there);
    end_open(&there, &here);
    letters = letters_new(&there);
    for (unsigned i = 0; i < 1000; i++) {
        qc_outbox_put(&here.outbox, &letters[i].letter);
    }
    qc_outbox_post(&here.outbox, &there.mailbox);
    there.n_wanted = 1000;
    uv_run(&there.loop, UV_RUN_DEFAULT);
    assert_int_equal(there.n_read, 1000);
    assert_int_equal(there.n_turns, 4);
    end_close(&here);
    end_close(&there);
    free(letters);
}

/* Posts another to the same loop. That has been rung for already: nobody rings
 * again. */
static void read_and_post(struct qc_letter *letter)
{
    struct end *end = letter->about;
    struct qc_outbox outbox = {NULL, NULL};

    end->n_read++;
    letter->read = read_number;
    qc_outbox_put(&outbox, letter);
    qc_outbox_post(&outbox, &end->mailbox);
}

static void a_letter_that_comes_while_one_is_read_is_not_slept_over(
    void **state)
{
    struct numbered letter = {.letter = {.read = read_and_post}};
    struct end here;
    struct end there;
    uv_thread_t thread;

    (void)state;
    end_open(&here, &there);
    end_open(&there, &here);
    there.n_wanted = 2;
    letter.letter.about = &there;
    assert_int_equal(uv_thread_create(&thread, run, &there), 0);
    uv_sleep(ASLEEP_MS);
    qc_outbox_put(&here.outbox, &letter.letter);
    qc_outbox_post(&here.outbox, &there.mailbox);
    assert_int_equal(uv_thread_join(&thread), 0);
    assert_int_equal(there.n_read, 2);
    end_close(&here);
    end_close(&there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_go_to_and_fro_in_order_and_none_is_slept_over),
        cmocka_unit_test(many_letters_are_read_in_several_turns),
        cmocka_unit_test(
            a_letter_that_comes_while_one_is_read_is_not_slept_over),
    };

    alarm(ALARM_S); /* Ends a test that sleeps over a letter. */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
