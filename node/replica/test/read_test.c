#include "replica/read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    SEED = 1000,
    N_OTHERS = 2, /* Of five voters, beside the leader. */
};

/* Who was told what. */
struct fixture {
    struct qc_reads reads;
    unsigned n_confirmed;
    unsigned n_failed;
    unsigned n_told;
    uint64_t told_number;
    uint64_t told_index;
};

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){.n_told = 0};
    qc_reads_init(&f.reads, SEED);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    qc_reads_done(&f->reads);
    return 0;
}

static void done(void *ctx, bool confirmed)
{
    struct fixture *f = ctx;

    f->n_confirmed += confirmed ? 1 : 0;
    f->n_failed += confirmed ? 0 : 1;
}

static int told(void *ctx, uint64_t origin, uint64_t number, uint64_t index)
{
    struct fixture *f = ctx;

    assert_int_equal(origin, 2);
    f->n_told++;
    f->told_number = number;
    f->told_index = index;
    return 0;
}

static void tell(struct fixture *f, uint64_t number, uint64_t index)
{
    assert_int_equal(qc_reads_tell(&f->reads, number, index, told, f), 0);
}

static void a_majority_confirms_the_round_that_all_of_it_has_reached(
    void **state)
{
    struct fixture *f = *state;
    uint64_t first;
    uint64_t second;

    assert_non_null(qc_reads_add(&f->reads, 100, done, f));
    first = qc_reads_ask(&f->reads, 7, 0);
    assert_non_null(qc_reads_add(&f->reads, 100, done, f));
    second = qc_reads_ask(&f->reads, 8, 0);

    assert_int_equal(qc_reads_confirm(&f->reads, 2, second, N_OTHERS), 0);
    assert_int_equal(qc_reads_confirm(&f->reads, 2, second, N_OTHERS), 0);
    assert_int_equal(qc_reads_confirm(&f->reads, 3, first, N_OTHERS), first);
    assert_int_equal(qc_reads_confirm(&f->reads, 3, second, N_OTHERS), second);
}

static void one_round_serves_all_who_waited(void **state)
{
    struct fixture *f = *state;
    uint64_t number;

    for (unsigned i = 0; i < 3; i++) {
        assert_non_null(qc_reads_add(&f->reads, 100, done, f));
    }
    number = qc_reads_ask(&f->reads, 7, 0);
    assert_int_equal(qc_reads_ask(&f->reads, 7, 0), 0);
    tell(f, number, 0);
    qc_reads_applied(&f->reads, 6);
    assert_int_equal(f->n_confirmed, 0);
    qc_reads_applied(&f->reads, 7);

    assert_int_equal(f->n_confirmed, 3);
}

static void an_answer_does_not_serve_who_came_after_its_question(void **state)
{
    struct fixture *f = *state;
    uint64_t number;

    assert_non_null(qc_reads_add(&f->reads, 100, done, f));
    number = qc_reads_ask(&f->reads, 7, 0);
    assert_non_null(qc_reads_add(&f->reads, 100, done, f));
    assert_true(qc_reads_ask(&f->reads, 9, 0) > number);
    tell(f, number, 7);
    qc_reads_applied(&f->reads, 100);

    assert_int_equal(f->n_confirmed, 1);
}

static void an_answer_of_a_former_life_serves_nobody(void **state)
{
    struct fixture *f = *state;
    uint64_t number;

    assert_non_null(qc_reads_add(&f->reads, 100, done, f));
    number = qc_reads_ask(&f->reads, 7, 0);
    tell(f, number + 1, 3);
    assert_int_equal(qc_reads_confirm(&f->reads, 2, number + 1, 0), 0);
    qc_reads_applied(&f->reads, 100);

    assert_int_equal(f->n_confirmed, 0);
}

static void a_round_without_an_answer_is_followed_by_another(void **state)
{
    struct fixture *f = *state;
    uint64_t number;

    assert_non_null(qc_reads_add(&f->reads, 1000, done, f));
    number = qc_reads_ask(&f->reads, 7, 0);
    assert_int_equal(qc_reads_next_ms(&f->reads), QC_READ_RETRY_MS);
    assert_int_equal(qc_reads_ask(&f->reads, 8, QC_READ_RETRY_MS - 1), 0);
    assert_int_equal(qc_reads_ask(&f->reads, 8, QC_READ_RETRY_MS), number + 1);
    tell(f, number + 1, 0);
    qc_reads_applied(&f->reads, 7);

    assert_int_equal(f->n_confirmed, 1);
}

static void a_read_of_another_node_is_told_and_ends(void **state)
{
    struct fixture *f = *state;

    assert_non_null(qc_reads_add_remote(&f->reads, 2, 55, 100));
    tell(f, qc_reads_ask(&f->reads, 7, 0), 0);

    assert_int_equal(f->n_told, 1);
    assert_int_equal(f->told_number, 55);
    assert_int_equal(f->told_index, 7);
    assert_int_equal(f->reads.n, 0);
}

static void a_new_leader_is_asked_anew_and_other_nodes_are_told(void **state)
{
    struct fixture *f = *state;
    uint64_t number;

    assert_non_null(qc_reads_add(&f->reads, 100, done, f));
    assert_non_null(qc_reads_add_remote(&f->reads, 2, 55, 100));
    number = qc_reads_ask(&f->reads, 7, 0);
    assert_int_equal(qc_reads_restart(&f->reads, told, f), 0);
    assert_int_equal(f->n_told, 1);
    assert_int_equal(f->told_index, 0);

    tell(f, number, 7); /* Too late: it would not serve it any more. */
    qc_reads_applied(&f->reads, 100);
    assert_int_equal(f->n_confirmed, 0);
    assert_int_equal(qc_reads_ask(&f->reads, 8, 0), number + 1);
}

static void a_read_fails_at_its_deadline_and_a_forgotten_one_is_silent(
    void **state)
{
    struct fixture *f = *state;
    struct qc_read *forgotten = qc_reads_add(&f->reads, 100, done, f);

    assert_non_null(qc_reads_add(&f->reads, 100, done, f));
    qc_read_forget(forgotten);
    qc_reads_expire(&f->reads, 99);
    assert_int_equal(f->n_failed, 0);
    qc_reads_expire(&f->reads, 100);

    assert_int_equal(f->n_failed, 1);
    assert_int_equal(qc_reads_next_ms(&f->reads), INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_majority_confirms_the_round_that_all_of_it_has_reached),
        TEST(one_round_serves_all_who_waited),
        TEST(an_answer_does_not_serve_who_came_after_its_question),
        TEST(an_answer_of_a_former_life_serves_nobody),
        TEST(a_round_without_an_answer_is_followed_by_another),
        TEST(a_read_of_another_node_is_told_and_ends),
        TEST(a_new_leader_is_asked_anew_and_other_nodes_are_told),
        TEST(a_read_fails_at_its_deadline_and_a_forgotten_one_is_silent),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
