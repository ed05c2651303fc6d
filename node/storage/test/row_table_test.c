/* storage/row_table.c: what is found is the newest; what is sealed stays as it
 * is; and there is a bound. */
#include "storage/row_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    TABLE_SIZE = 16 * 1024, /* Far less than the rows of all keys. */
    N_KEYS = 200,
    ROW_SIZE = 300,
    N_STEPS = 50000,
    DELTAS_MAX = 3, /* Sealed and not written at a time. */
};

struct fixture {
    struct qc_row_table table;
    uint8_t row[QC_ROW_TABLE_READ_SIZE_MAX + 1];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    assert_int_equal(qc_row_table_init(&f->table, TABLE_SIZE), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    qc_row_table_done(&f->table);
    free(f);
    return 0;
}

static struct qc_key key_of(unsigned i)
{
    struct qc_key key;

    key.len = (uint16_t)snprintf((char *)key.data, sizeof(key.data), "%03u", i);
    return key;
}

static struct qc_bytes filled(struct fixture *f, size_t size, uint8_t filling)
{
    memset(f->row, filling, size);
    return (struct qc_bytes){f->row, size};
}

/* |size| bytes of |filling|. */
static void put(struct fixture *f, unsigned i, size_t size, uint8_t filling)
{
    struct qc_key key = key_of(i);

    assert_int_equal(
        qc_row_table_put(&f->table, &key, filled(f, size, filling)), 0);
}

static void del(struct fixture *f, unsigned i)
{
    struct qc_key key = key_of(i);

    assert_int_equal(qc_row_table_del(&f->table, &key), 0);
}

/* As RocksDB has it. */
static void remember(struct fixture *f,
                     unsigned i,
                     size_t size,
                     uint8_t filling)
{
    struct qc_key key = key_of(i);

    qc_row_table_remember(&f->table, &key, filled(f, size, filling));
}

static void remember_none(struct fixture *f, unsigned i)
{
    struct qc_key key = key_of(i);

    qc_row_table_remember_none(&f->table, &key);
}

static const struct qc_table_row *get(struct fixture *f, unsigned i)
{
    struct qc_key key = key_of(i);

    return qc_row_table_get(&f->table, &key);
}

/* It is |size| bytes of |filling|. */
static void expect_row(const struct qc_table_row *row,
                       size_t size,
                       uint8_t filling)
{
    struct qc_bytes bytes;

    if (row == NULL) {
        fail();
        return; /* gcc does not know that fail() never does. */
    }
    assert_false(row->deleted);
    bytes = qc_table_row_bytes(row);
    assert_int_equal(bytes.size, size);
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(bytes.data[i], filling);
    }
}

/* What a sealed delta has of key |i|. */
static const struct qc_table_row *in_delta(const struct qc_row_delta *delta,
                                           unsigned i)
{
    struct qc_key key = key_of(i);
    const uint64_t *value = qc_key_tree_find(&delta->rows, &key);

    return value == NULL ? NULL : qc_row_delta_row(*value);
}

/* RocksDB has the next delta. */
static void written(struct fixture *f, struct qc_row_delta *delta)
{
    qc_row_table_written(&f->table, delta->number);
    qc_key_tree_clear(&delta->rows);
}

static void seal_and_write(struct fixture *f)
{
    struct qc_row_delta delta;

    qc_row_table_seal(&f->table, &delta);
    written(f, &delta);
}

static void the_newest_row_is_found_whatever_its_size(void **state)
{
    static const size_t sizes[] = {5, 3, 0, 5, QC_ROW_TABLE_READ_SIZE_MAX + 1,
                                   1};
    struct fixture *f = *state;

    assert_null(get(f, 1));
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        put(f, 1, sizes[i], (uint8_t)i);
        expect_row(get(f, 1), sizes[i], (uint8_t)i);
        assert_ptr_equal(in_delta(&f->table.delta, 1), get(f, 1));
    }
    del(f, 1);
    assert_true(get(f, 1)->deleted);
}

static void a_row_that_is_sealed_stays_as_it_is(void **state)
{
    struct fixture *f = *state;
    struct qc_row_delta first;
    struct qc_row_delta second;

    put(f, 1, 10, 'a');
    put(f, 2, 10, 'b');
    qc_row_table_seal(&f->table, &first);
    put(f, 1, 10, 'c');
    qc_row_table_seal(&f->table, &second);
    del(f, 1);

    expect_row(in_delta(&first, 1), 10, 'a');
    expect_row(in_delta(&first, 2), 10, 'b');
    expect_row(in_delta(&second, 1), 10, 'c');
    assert_null(in_delta(&second, 2));
    assert_true(get(f, 1)->deleted);
    expect_row(get(f, 2), 10, 'b');
    written(f, &first);
    expect_row(in_delta(&second, 1), 10, 'c');
    written(f, &second);
}

static void what_rocksdb_does_not_have_outlives_any_bound(void **state)
{
    struct fixture *f = *state;
    struct qc_row_delta delta;

    for (unsigned i = 0; i < N_KEYS; i++) {
        put(f, i, ROW_SIZE, (uint8_t)i);
    }
    qc_row_table_seal(&f->table, &delta);
    for (unsigned i = 0; i < N_KEYS; i++) {
        remember(f, N_KEYS + i, ROW_SIZE, 'r');
    }
    for (unsigned i = 0; i < N_KEYS; i++) {
        expect_row(get(f, i), ROW_SIZE, (uint8_t)i);
        expect_row(in_delta(&delta, i), ROW_SIZE, (uint8_t)i);
    }
    written(f, &delta);
    for (unsigned i = 0; i < N_KEYS; i++) {
        remember(f, 2 * N_KEYS + i, ROW_SIZE, 'r');
    }
    assert_true(f->table.size <= TABLE_SIZE);
}

static void a_large_row_is_not_kept_for_having_been_read(void **state)
{
    struct fixture *f = *state;

    remember(f, 1, QC_ROW_TABLE_READ_SIZE_MAX + 1, 'a');
    assert_null(get(f, 1));
    remember(f, 1, QC_ROW_TABLE_READ_SIZE_MAX, 'a');
    expect_row(get(f, 1), QC_ROW_TABLE_READ_SIZE_MAX, 'a');
}

static void a_row_that_is_used_outlives_those_that_are_not(void **state)
{
    struct fixture *f = *state;

    remember(f, 0, ROW_SIZE, 'a');
    remember(f, 1, ROW_SIZE, 'b');
    for (unsigned i = 2; i < N_KEYS; i++) {
        remember(f, i, ROW_SIZE, 'c');
        assert_non_null(get(f, 0));
    }
    expect_row(get(f, 0), ROW_SIZE, 'a');
    assert_null(get(f, 1));
    assert_true(f->table.size > TABLE_SIZE - 2 * ROW_SIZE);
    assert_true(f->table.size <= TABLE_SIZE);
}

static void that_there_is_no_row_is_remembered_and_not_written(void **state)
{
    struct fixture *f = *state;
    struct qc_row_delta delta;

    remember_none(f, 1);
    remember_none(f, 2);
    assert_true(get(f, 1)->deleted);
    put(f, 2, 10, 'a');
    expect_row(get(f, 2), 10, 'a');
    qc_row_table_seal(&f->table, &delta);
    assert_null(in_delta(&delta, 1));
    expect_row(in_delta(&delta, 2), 10, 'a');
    written(f, &delta);
    for (unsigned i = 3; i < 4 * N_KEYS; i++) {
        remember_none(f, i);
    }
    assert_null(get(f, 1));
    assert_true(f->table.size <= TABLE_SIZE);
}

/* What RocksDB would have: the rows of all deltas that are written. */
struct model {
    bool there;
    size_t size;
    uint8_t filling;
};

static void take_in(struct model disk[], const struct qc_row_delta *delta)
{
    for (unsigned i = 0; i < N_KEYS; i++) {
        const struct qc_table_row *row = in_delta(delta, i);

        if (row != NULL) {
            struct qc_bytes bytes = qc_table_row_bytes(row);

            disk[i].there = !row->deleted;
            disk[i].size = bytes.size;
            disk[i].filling = bytes.size > 0 ? bytes.data[0] : 0;
        }
    }
}

static void expect_model(struct fixture *f,
                         unsigned i,
                         const struct model *now,
                         const struct model *disk,
                         unsigned *asked)
{
    const struct qc_table_row *row = get(f, i);

    if (row == NULL) {
        assert_int_equal(now->there, disk->there);
        if (now->there) {
            assert_int_equal(now->size, disk->size);
            assert_true(now->size == 0 || now->filling == disk->filling);
            remember(f, i, disk->size, disk->filling);
        } else {
            remember_none(f, i);
        }
        ++*asked;
    } else if (now->there) {
        expect_row(row, now->size, now->filling);
    } else {
        assert_true(row->deleted);
    }
}

/* Against plain arrays: of the rows as they are, and as RocksDB has them. What
 * is not found is in RocksDB, and as new as any. */
static void what_is_not_found_is_in_rocksdb(void **state)
{
    struct fixture *f = *state;
    struct qc_row_delta sealed[DELTAS_MAX];
    struct model now[N_KEYS] = {{.there = false}};
    struct model disk[N_KEYS] = {{.there = false}};
    unsigned n_sealed = 0;
    unsigned asked = 0;

    srand(1);
    for (unsigned step = 0; step < N_STEPS; step++) {
        unsigned i = (unsigned)rand() % N_KEYS;
        unsigned what = (unsigned)rand() % 100;

        if (what < 30) {
            now[i].there = true;
            now[i].size = (unsigned)rand() % ROW_SIZE;
            now[i].filling = (uint8_t)step;
            put(f, i, now[i].size, now[i].filling);
        } else if (what < 40) {
            now[i].there = false;
            del(f, i);
        } else if (what < 96) {
            expect_model(f, i, &now[i], &disk[i], &asked);
        } else if (what < 98 && n_sealed < DELTAS_MAX) {
            qc_row_table_seal(&f->table, &sealed[n_sealed++]);
        } else if (n_sealed > 0) {
            take_in(disk, &sealed[0]);
            written(f, &sealed[0]);
            memmove(sealed, sealed + 1, --n_sealed * sizeof(sealed[0]));
        }
    }
    while (n_sealed > 0) {
        qc_key_tree_clear(&sealed[--n_sealed].rows);
    }
    /* Else the bound was never met. */
    assert_true(asked > N_STEPS / 20);
}

static void what_was_superseded_is_dropped_in_the_end(void **state)
{
    struct fixture *f = *state;

    for (unsigned round = 0; round < 100; round++) {
        struct qc_row_delta delta;

        for (unsigned i = 0; i < 10; i++) {
            put(f, i, ROW_SIZE, 'a');
        }
        qc_row_table_seal(&f->table, &delta);
        for (unsigned i = 0; i < 10; i++) {
            put(f, i, ROW_SIZE, 'b');
        }
        written(f, &delta);
    }
    seal_and_write(f);
    put(f, 11, 0, 0);
    put(f, 12, 0, 0);
    assert_null(f->table.superseded);
    assert_true(f->table.size <= TABLE_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            the_newest_row_is_found_whatever_its_size, setup, teardown),
        cmocka_unit_test_setup_teardown(a_row_that_is_sealed_stays_as_it_is,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            what_rocksdb_does_not_have_outlives_any_bound, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_large_row_is_not_kept_for_having_been_read, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_row_that_is_used_outlives_those_that_are_not, setup, teardown),
        cmocka_unit_test_setup_teardown(
            that_there_is_no_row_is_remembered_and_not_written, setup,
            teardown),
        cmocka_unit_test_setup_teardown(what_is_not_found_is_in_rocksdb, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            what_was_superseded_is_dropped_in_the_end, setup, teardown),
    };

    return cmocka_run_group_tests_name("row_table", tests, NULL, NULL);
}
