#include "machine/row_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/draft.h"
#include "machine/queue.h"
#include "machine/row.h"
#include "machine/test/fixture.h"
#include "quorumcall/state/v1/timer.pb-c.h"

enum {
    MANY = 100000, /* More rows than are remembered. */
};

static struct qc_key key_of(uint32_t n)
{
    struct qc_key key;

    qc_key_begin(&key, FIXTURE_TENANT, (enum qc_space)'!');
    qc_key_put_u32(&key, n);
    return key;
}

static void put(struct fixture *f, uint32_t n, int64_t due_ms)
{
    Qc__State__Timer timer = QC__STATE__TIMER__INIT;
    struct qc_key key = key_of(n);

    timer.due_ms = due_ms;
    qc_row_put(&f->txn, &key, &timer);
}

static const Qc__State__Timer *recall(struct fixture *f, uint32_t n)
{
    struct qc_key key = key_of(n);

    return qc_row_recall(&f->txn, &qc__state__timer__descriptor, &key);
}

static void drop(struct fixture *f, uint32_t n)
{
    struct qc_key key = key_of(n);

    qc_del(&f->txn, &key);
}

static void a_row_is_recalled_for_as_long_as_it_is_the_same(void **state)
{
    struct fixture *f = *state;
    const Qc__State__Timer *row;

    put(f, 1, 500);
    row = recall(f, 1);
    assert_int_equal(row->due_ms, 500);
    assert_ptr_equal(recall(f, 1), row);
    fixture_next(f, 1);
    assert_ptr_equal(recall(f, 1), row);
    put(f, 1, 501);
    assert_int_equal(recall(f, 1)->due_ms, 501);
    put(f, 1, 500);
    assert_int_equal(recall(f, 1)->due_ms, 500);
    drop(f, 1);
    assert_null(recall(f, 1));
}

/* Which the store shows when somebody writes to it who is no transaction. */
static void a_row_is_fetched_once_in_an_entry_that_writes_none(void **state)
{
    struct fixture *f = *state;
    struct qc_store *store = f->machine.store;
    struct qc_key key = key_of(1);
    struct qc_key other = key_of(2);
    struct qc_bytes bytes;
    uint8_t copy[64]; /* What was got is the entry's, and it ends below. */

    put(f, 2, 501);
    assert_true(qc_get(&f->txn, &other, &bytes));
    assert_true(bytes.size <= sizeof(copy));
    memcpy(copy, bytes.data, bytes.size);
    bytes.data = copy;
    put(f, 1, 500);
    recall(f, 1);
    assert_int_equal(recall(f, 1)->due_ms, 500);
    assert_int_equal(store->ops->put(store, &key, bytes), 0);
    assert_int_equal(recall(f, 1)->due_ms, 500);
    put(f, 2, 502); /* Another one of the same kind. */
    assert_int_equal(recall(f, 1)->due_ms, 501);

    put(f, 1, 500);
    recall(f, 1);
    assert_int_equal(recall(f, 1)->due_ms, 500);
    fixture_next(f, 1);
    assert_int_equal(store->ops->put(store, &key, bytes), 0);
    assert_int_equal(recall(f, 1)->due_ms, 501);
    drop(f, 1);
    drop(f, 2);
}

static void a_row_of_a_draft_is_recalled_no_longer_than_it(void **state)
{
    struct fixture *f = *state;

    put(f, 1, 500);
    recall(f, 1);
    assert_int_equal(recall(f, 1)->due_ms, 500);
    qc_draft_begin(&f->txn);
    put(f, 1, 501);
    assert_int_equal(recall(f, 1)->due_ms, 501);
    qc_draft_end(&f->txn, false);
    assert_int_equal(recall(f, 1)->due_ms, 500);
    qc_draft_begin(&f->txn);
    put(f, 1, 501);
    assert_int_equal(recall(f, 1)->due_ms, 501);
    assert_int_equal(recall(f, 1)->due_ms, 501);
    qc_draft_end(&f->txn, false);
    assert_int_equal(recall(f, 1)->due_ms, 500);
    qc_draft_begin(&f->txn);
    put(f, 1, 501);
    qc_draft_end(&f->txn, true);
    assert_int_equal(recall(f, 1)->due_ms, 501);
    drop(f, 1);
}

static void whoever_has_a_row_keeps_it_when_it_changes(void **state)
{
    struct fixture *f = *state;
    const Qc__State__Timer *old;

    put(f, 1, 500);
    old = recall(f, 1);
    put(f, 1, 501);
    assert_int_equal(recall(f, 1)->due_ms, 501);
    assert_int_equal(old->due_ms, 500);
    drop(f, 1);
}

static void after_a_fault_no_row_is_recalled(void **state)
{
    struct fixture *f = *state;

    put(f, 1, 500);
    recall(f, 1);
    assert_non_null(recall(f, 1));
    f->txn.fault = QC_E_IO;
    assert_null(recall(f, 1));
    f->txn.fault = 0;
    drop(f, 1);
}

static void without_a_memory_a_row_is_read(void **state)
{
    struct fixture *f = *state;
    struct qc_row_memory *memory = f->txn.memory;

    put(f, 1, 500);
    f->txn.memory = NULL;
    assert_int_equal(recall(f, 1)->due_ms, 500);
    assert_ptr_not_equal(recall(f, 1), recall(f, 1));
    f->txn.memory = memory;
    drop(f, 1);
}

static void more_rows_than_are_remembered_are_read_all_the_same(void **state)
{
    struct fixture *f = *state;
    const Qc__State__Timer *first;

    put(f, 0, 1);
    first = recall(f, 0);
    for (uint32_t i = 1; i < MANY; i++) {
        put(f, i, i + 1);
        assert_int_equal(recall(f, i)->due_ms, i + 1);
    }
    assert_int_equal(first->due_ms, 1);
    assert_ptr_not_equal(recall(f, MANY - 1), recall(f, MANY - 1));
    fixture_next(f, 1); /* All is forgotten. */
    assert_ptr_equal(recall(f, MANY - 1), recall(f, MANY - 1));
    for (uint32_t i = 0; i < MANY; i++) {
        assert_int_equal(recall(f, i)->due_ms, i + 1);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        drop(f, i);
    }
}

static void a_remembered_row_that_was_changed_is_found(void **state)
{
    struct fixture *f = *state;
    Qc__V1__Queue *queue = qc_queue_get(&f->txn, QC_QUEUE_DEFAULT)->queue;
    uint32_t max_waiting = queue->max_waiting;
    char text[256];

    queue->max_waiting++;
    assert_int_equal(qc_machine_verify(&f->machine, text, sizeof(text)),
                     QC_E_CORRUPT);
    assert_non_null(strstr(text, "was changed where it is remembered"));
    queue->max_waiting = max_waiting;
    assert_int_equal(qc_machine_verify(&f->machine, text, sizeof(text)), 0);
}

int main(void)
{
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_row_is_recalled_for_as_long_as_it_is_the_same),
        TEST(a_row_is_fetched_once_in_an_entry_that_writes_none),
        TEST(a_row_of_a_draft_is_recalled_no_longer_than_it),
        TEST(whoever_has_a_row_keeps_it_when_it_changes),
        TEST(after_a_fault_no_row_is_recalled),
        TEST(without_a_memory_a_row_is_read),
        TEST(more_rows_than_are_remembered_are_read_all_the_same),
        TEST(a_remembered_row_that_was_changed_is_found),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
