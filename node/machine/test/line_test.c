#include "machine/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    WAITS = 400,
    ROUNDS = 20000,
    MINUTE_MS = 60000,
};

static const struct qc_ordering strict = {.prio_step_ms = 0};

static void assert_order(const struct qc_line *line,
                         const uint64_t *ids,
                         size_t n)
{
    const struct qc_wait *wait = qc_line_first(line);

    assert_int_equal(qc_line_length(line), n);
    for (size_t i = 0; i < n; i++) {
        assert_non_null(wait);
        assert_int_equal(qc_wait_rank(wait)->id, ids[i]);
        assert_int_equal(qc_line_before(line, qc_wait_rank(wait)), i);
        wait = qc_line_next(line, wait);
    }
    assert_null(wait);
}

static void the_higher_priority_comes_first_then_the_longer_wait(void **state)
{
    struct qc_line *line = qc_line_new(&strict);
    static const uint64_t order[] = {3, 1, 2, 4};

    (void)state;
    assert_true(qc_line_join(line, &(struct qc_rank){100, 20, 4}, false));
    assert_true(qc_line_join(line, &(struct qc_rank){100, 10, 2}, false));
    assert_true(qc_line_join(line, &(struct qc_rank){200, 30, 3}, false));
    assert_true(qc_line_join(line, &(struct qc_rank){100, 10, 1}, false));
    assert_order(line, order, 4);
    qc_line_free(line);
}

static void a_point_of_priority_is_a_head_start(void **state)
{
    struct qc_ordering linear = {.prio_step_ms = MINUTE_MS};
    struct qc_line *line = qc_line_new(&linear);
    static const uint64_t order[] = {1, 2, 3};

    (void)state;
    assert_true(qc_line_join(line, &(struct qc_rank){0, 0, 2}, false));
    assert_true(
        qc_line_join(line, &(struct qc_rank){1, MINUTE_MS + 1, 3}, false));
    assert_true(
        qc_line_join(line, &(struct qc_rank){1, MINUTE_MS - 1, 1}, true));
    assert_order(line, order, 3);
    assert_true(qc_wait_is_guarded(qc_line_first(line)));
    qc_line_free(line);
}

static void who_is_not_there_cannot_leave(void **state)
{
    struct qc_line *line = qc_line_new(&strict);

    (void)state;
    assert_false(qc_line_leave(line, &(struct qc_rank){100, 10, 1}));
    assert_true(qc_line_join(line, &(struct qc_rank){100, 10, 1}, false));
    assert_false(qc_line_leave(line, &(struct qc_rank){100, 10, 2}));
    assert_true(qc_line_leave(line, &(struct qc_rank){100, 10, 1}));
    assert_int_equal(qc_line_length(line), 0);
    assert_null(qc_line_first(line));
    qc_line_free(line);
}

/* --- against a model: a sorted array --- */

static uint64_t seed = 1;

static uint32_t draw(uint32_t below)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(seed >> 33) % below;
}

static const struct qc_ordering *model_ordering;

static int model_order(const void *a, const void *b)
{
    return qc_rank_order(model_ordering, a, b);
}

static void assert_model(const struct qc_line *line,
                         struct qc_rank *ranks,
                         size_t n)
{
    uint64_t ids[WAITS];

    qsort(ranks, n, sizeof(*ranks), model_order);
    for (size_t i = 0; i < n; i++) {
        ids[i] = ranks[i].id;
    }
    assert_order(line, ids, n);
}

static void places_are_those_of_a_sorted_array(void **state)
{
    struct qc_ordering ordering = {.prio_step_ms = 0};
    struct qc_line *line = qc_line_new(&ordering);
    struct qc_rank ranks[WAITS];
    size_t n = 0;

    (void)state;
    model_ordering = &ordering;
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        if (n < WAITS && (n == 0 || draw(100) < 55)) {
            ranks[n] = (struct qc_rank){draw(4), draw(50), i};
            assert_true(qc_line_join(line, &ranks[n++], false));
        } else {
            size_t at = draw((uint32_t)n);

            assert_true(qc_line_leave(line, &ranks[at]));
            ranks[at] = ranks[--n];
        }
        if (i % 1000 == 0) {
            ordering.prio_step_ms = (int64_t)draw(3) * 10;
            qc_line_sort(line);
        }
        if (i % 100 == 0) {
            assert_model(line, ranks, n);
        }
    }
    qc_line_free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_higher_priority_comes_first_then_the_longer_wait),
        cmocka_unit_test(a_point_of_priority_is_a_head_start),
        cmocka_unit_test(who_is_not_there_cannot_leave),
        cmocka_unit_test(places_are_those_of_a_sorted_array),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
