/* storage/row_cache.c: what is found is the newest, and there is a bound. */
#include "storage/row_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    CACHE_SIZE = 16 * 1024, /* Far less than the rows of all keys. */
    N_KEYS = 200,
    KEY_SIZE = 8,
    ROW_SIZE = 300,
    N_STEPS = 50000,
};

struct fixture {
    struct qc_row_cache cache;
    uint8_t row[QC_ROW_CACHE_ROW_SIZE_MAX + 1];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    assert_int_equal(qc_row_cache_init(&f->cache, CACHE_SIZE), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    qc_row_cache_done(&f->cache);
    free(f);
    return 0;
}

static struct qc_bytes key_of(unsigned i, char text[KEY_SIZE])
{
    int size = snprintf(text, KEY_SIZE, "%u", i);

    return (struct qc_bytes){(const uint8_t *)text, (size_t)size};
}

/* |size| bytes of |filling|. */
static void put(struct fixture *f, unsigned i, size_t size, uint8_t filling)
{
    char text[KEY_SIZE];

    memset(f->row, filling, size);
    qc_row_cache_put(&f->cache, key_of(i, text),
                     (struct qc_bytes){f->row, size});
    assert_true(f->cache.size <= CACHE_SIZE);
}

static bool get(struct fixture *f, unsigned i, struct qc_bytes *row_out)
{
    char text[KEY_SIZE];

    return qc_row_cache_get(&f->cache, key_of(i, text), row_out);
}

static void drop(struct fixture *f, unsigned i)
{
    char text[KEY_SIZE];

    qc_row_cache_drop(&f->cache, key_of(i, text));
}

/* It is |size| bytes of |filling|. */
static void expect_row(struct qc_bytes row, size_t size, uint8_t filling)
{
    assert_int_equal(row.size, size);
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(row.data[i], filling);
    }
}

static void the_newest_row_is_found_whatever_its_size(void **state)
{
    static const size_t sizes[] = {5, 3, 0, 5, QC_ROW_CACHE_ROW_SIZE_MAX, 1};
    struct fixture *f = *state;
    struct qc_bytes row;

    assert_false(get(f, 1, &row));
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        put(f, 1, sizes[i], (uint8_t)i);
        assert_true(get(f, 1, &row));
        expect_row(row, sizes[i], (uint8_t)i);
    }
    drop(f, 1);
    drop(f, 1);
    assert_false(get(f, 1, &row));
    assert_int_equal(f->cache.size, 0);
}

static void a_row_that_is_too_large_takes_the_older_one_with_it(void **state)
{
    struct fixture *f = *state;
    struct qc_bytes row;

    put(f, 1, 10, 'a');
    put(f, 1, QC_ROW_CACHE_ROW_SIZE_MAX + 1, 'b');
    assert_false(get(f, 1, &row));
    assert_int_equal(f->cache.size, 0);
}

static void a_cache_too_small_for_a_row_holds_none(void **state)
{
    struct fixture *f = *state;
    struct qc_bytes row;

    qc_row_cache_done(&f->cache);
    assert_int_equal(qc_row_cache_init(&f->cache, 1), 0);
    put(f, 1, 10, 'a');
    assert_false(get(f, 1, &row));
}

static void a_row_that_is_used_outlives_those_that_are_not(void **state)
{
    struct fixture *f = *state;
    struct qc_bytes row;

    put(f, 0, ROW_SIZE, 'a');
    put(f, 1, ROW_SIZE, 'b');
    for (unsigned i = 2; i < N_KEYS; i++) {
        put(f, i, ROW_SIZE, 'c');
        assert_true(get(f, 0, &row));
    }
    expect_row(row, ROW_SIZE, 'a');
    assert_false(get(f, 1, &row));
    assert_true(f->cache.size > CACHE_SIZE - 2 * ROW_SIZE);
}

/* Against a plain array: a row may be missing, but never wrong, and one that
 * was dropped is never found. */
static void nothing_is_found_that_is_not_the_newest(void **state)
{
    struct fixture *f = *state;
    struct {
        bool there;
        size_t size;
        uint8_t filling;
    } model[N_KEYS] = {{.there = false}};
    unsigned found = 0;
    unsigned missing = 0;

    srand(1);
    for (unsigned step = 0; step < N_STEPS; step++) {
        unsigned i = (unsigned)rand() % N_KEYS;
        unsigned what = (unsigned)rand() % 10;
        struct qc_bytes row;

        if (what < 3) {
            model[i].there = true;
            model[i].size = (unsigned)rand() % ROW_SIZE;
            model[i].filling = (uint8_t)step;
            put(f, i, model[i].size, model[i].filling);
        } else if (what < 4) {
            model[i].there = false;
            drop(f, i);
        } else if (get(f, i, &row)) {
            assert_true(model[i].there);
            expect_row(row, model[i].size, model[i].filling);
            found++;
        } else if (model[i].there) {
            missing++;
        }
    }
    /* Else the bound was never met, or nothing was ever kept. */
    assert_true(found > N_STEPS / 20 && missing > N_STEPS / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            the_newest_row_is_found_whatever_its_size, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_row_that_is_too_large_takes_the_older_one_with_it, setup,
            teardown),
        cmocka_unit_test_setup_teardown(a_cache_too_small_for_a_row_holds_none,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_row_that_is_used_outlives_those_that_are_not, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_found_that_is_not_the_newest,
                                        setup, teardown),
    };

    return cmocka_run_group_tests_name("row_cache", tests, NULL, NULL);
}
