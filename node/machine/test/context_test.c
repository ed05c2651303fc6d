#include "machine/context.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/allocation.h"
#include "machine/row.h"
#include "machine/test/visits.h"
#include "machine/text.h"

static void pairs_stand_in_the_order_of_their_keys(void **state)
{
    struct qc_context context = {.n = 0};

    (void)state;
    assert_true(qc_context_set(&context, "b", "2"));
    assert_true(qc_context_set(&context, "c", "3"));
    assert_true(qc_context_set(&context, "a", "1"));
    assert_true(qc_context_set(&context, "b", "22"));
    assert_int_equal(context.n, 3);
    assert_int_equal(context.size, 7);
    assert_string_equal(context.pairs[0].key, "a");
    assert_string_equal(context.pairs[1].value, "22");
    assert_null(qc_context_get(&context, "d"));
}

static void an_empty_value_removes_its_key(void **state)
{
    struct qc_context context = {.n = 0};

    (void)state;
    assert_true(qc_context_set(&context, "a", "1"));
    assert_true(qc_context_set(&context, "a", ""));
    assert_true(qc_context_set(&context, "b", ""));
    assert_int_equal(context.n, 0);
    assert_int_equal(context.size, 0);
}

/* Sixty-four pairs, keys "100" to "163". */
static void fill(struct fixture *f, struct qc_context *context)
{
    *context = (struct qc_context){.n = 0};
    for (int64_t i = 0; i < QC_CONTEXT_PAIRS_MAX; i++) {
        assert_true(
            qc_context_set(context, qc_text_decimal(&f->txn, 100 + i), "x"));
    }
}

static void there_are_at_most_sixty_four_pairs(void **state)
{
    struct fixture *f = *state;
    struct qc_context context;

    fill(f, &context);
    assert_false(qc_context_set(&context, "200", "x"));
    assert_int_equal(context.n, QC_CONTEXT_PAIRS_MAX);
    assert_true(qc_context_set(&context, "100", "y"));
}

static void there_are_at_most_16384_bytes(void **state)
{
    static char value[QC_CONTEXT_SIZE_MAX + 1];
    struct qc_context context = {.n = 0};

    (void)state;
    memset(value, 'x', QC_CONTEXT_SIZE_MAX);
    assert_false(qc_context_set(&context, "a", value));
    assert_true(qc_context_set(&context, "a", value + 1));
    assert_false(qc_context_set(&context, "b", "x"));
    assert_true(qc_context_set(&context, "a", value + 3));
    assert_true(qc_context_set(&context, "b", "x"));
}

/* Else one could not put a pair in the place of another when it is full. */
static void a_merge_removes_before_it_adds(void **state)
{
    struct fixture *f = *state;
    Qc__V1__AttachContextRequest request = QC__V1__ATTACH_CONTEXT_REQUEST__INIT;
    struct qc_context more = {.n = 0};
    struct qc_context context;

    fill(f, &context);
    assert_true(qc_context_set(&more, "099", "x"));
    assert_true(qc_context_set(&more, "100", "gone"));
    qc_context_write(&f->txn, &more, &request.base, 3);
    request.context[1]->value = "";
    assert_true(qc_context_merge(&context, &request.base, 3));
    assert_int_equal(context.n, QC_CONTEXT_PAIRS_MAX);
    assert_non_null(qc_context_get(&context, "099"));
    assert_null(qc_context_get(&context, "100"));
}

static void what_is_written_is_read_again(void **state)
{
    struct fixture *f = *state;
    Qc__V1__Allocation *a =
        qc_row_new(&f->txn, &qc__v1__allocation__descriptor);
    struct qc_context context;
    struct qc_context again;

    assert_non_null(a);
    fill(f, &context);
    qc_context_write(&f->txn, &context, &a->base, QC_CONTEXT_OF_ALLOCATION);
    assert_int_equal(a->n_context, QC_CONTEXT_PAIRS_MAX);
    qc_context_read(&again, &a->base, QC_CONTEXT_OF_ALLOCATION);
    assert_memory_equal(&again, &context, sizeof(context));
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pairs_stand_in_the_order_of_their_keys),
        TEST(an_empty_value_removes_its_key),
        TEST(there_are_at_most_sixty_four_pairs),
        TEST(there_are_at_most_16384_bytes),
        TEST(a_merge_removes_before_it_adds),
        TEST(what_is_written_is_read_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
