/* storage/recent.c: the newest entries, bounded, but never less than needed. */
#include "storage/recent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "storage/log_row.h"

enum {
    DATA_SIZE = 75,
    ROW_SIZE = QC_LOG_ROW_HEAD_SIZE + DATA_SIZE,
};

static void add(struct qc_recent *recent, uint64_t first, uint64_t last)
{
    uint8_t data[DATA_SIZE];

    for (uint64_t i = first; i <= last; i++) {
        struct qc_log_entry entry = {i, 1, 2, {data, sizeof(data)}};

        memset(data, (int)(i % 251), sizeof(data));
        assert_int_equal(qc_recent_add(recent, &entry, i + 1000), 0);
    }
}

static void expect(const struct qc_recent *recent,
                   uint64_t first,
                   uint64_t last)
{
    assert_int_equal(recent->n, last - first + 1);
    assert_int_equal(recent->size, recent->n * ROW_SIZE);
    assert_null(qc_recent_get(recent, first - 1));
    assert_null(qc_recent_get(recent, last + 1));
    for (uint64_t i = first; i <= last; i++) {
        const struct qc_recent_entry *own = qc_recent_get(recent, i);
        struct qc_log_entry entry;

        assert_non_null(own);
        assert_int_equal(own->append, i + 1000);
        assert_true(
            qc_log_row_read((struct qc_bytes){own->row, own->size}, i, &entry));
        assert_int_equal(entry.data.size, DATA_SIZE);
        assert_int_equal(entry.data.data[DATA_SIZE - 1], i % 251);
    }
}

static void what_is_added_is_there_however_many(void **state)
{
    struct qc_recent recent = {.n = 0};

    (void)state;
    assert_null(qc_recent_get(&recent, 0));
    add(&recent, 700, 5000);
    expect(&recent, 700, 5000);
    qc_recent_done(&recent);
    assert_null(qc_recent_get(&recent, 700));
}

static void what_is_cut_can_be_added_again(void **state)
{
    struct qc_recent recent = {.n = 0};

    (void)state;
    add(&recent, 10, 30);
    qc_recent_cut(&recent, 31);
    expect(&recent, 10, 30);
    qc_recent_cut(&recent, 20);
    expect(&recent, 10, 19);
    add(&recent, 20, 25);
    expect(&recent, 10, 25);
    qc_recent_cut(&recent, 3);
    assert_int_equal(recent.n, 0);
    assert_int_equal(recent.size, 0);
    add(&recent, 3, 4);
    expect(&recent, 3, 4);
    qc_recent_done(&recent);
}

static void trimming_drops_the_oldest_that_are_durable(void **state)
{
    struct qc_recent recent = {.n = 0};

    (void)state;
    add(&recent, 1, 100);
    qc_recent_trim(&recent, (size_t)100 * ROW_SIZE, 100);
    expect(&recent, 1, 100);
    qc_recent_trim(&recent, (size_t)60 * ROW_SIZE, 100);
    expect(&recent, 41, 100);
    qc_recent_trim(&recent, 0, 50);
    expect(&recent, 51, 100);
    /* The ring has gone round by now. */
    add(&recent, 101, 1074);
    expect(&recent, 51, 1074);
    qc_recent_trim(&recent, 0, 1074);
    assert_int_equal(recent.n, 0);
    qc_recent_done(&recent);
}

static void every_flipped_byte_of_a_row_is_found(void **state)
{
    struct qc_log_entry entry = {7, 3, 1, {(const uint8_t *)"bytes", 5}};
    uint8_t row[QC_LOG_ROW_HEAD_SIZE + 5];
    struct qc_bytes bytes = {row, sizeof(row)};
    struct qc_log_entry read;

    (void)state;
    qc_log_row_write(&entry, row);
    assert_true(qc_log_row_read(bytes, 7, &read));
    assert_false(qc_log_row_read(bytes, 8, &read));
    for (size_t i = 0; i < sizeof(row); i++) {
        row[i] ^= 1;
        assert_false(qc_log_row_read(bytes, 7, &read));
        row[i] ^= 1;
    }
    for (bytes.size = 0; bytes.size < sizeof(row); bytes.size++) {
        assert_false(qc_log_row_read(bytes, 7, &read));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_is_there_however_many),
        cmocka_unit_test(what_is_cut_can_be_added_again),
        cmocka_unit_test(trimming_drops_the_oldest_that_are_durable),
        cmocka_unit_test(every_flipped_byte_of_a_row_is_found),
    };

    return cmocka_run_group_tests_name("recent", tests, NULL, NULL);
}
