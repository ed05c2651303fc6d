#include "machine/draft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/index.h"
#include "machine/test/fixture.h"

static struct qc_key key_of(const char *text)
{
    struct qc_key key;

    /* A key space of which nothing is derived. */
    qc_key_begin(&key, FIXTURE_TENANT, (enum qc_space)'!');
    qc_key_put_str(&key, text);
    return key;
}

static void put(struct fixture *f, const char *text, const char *row)
{
    struct qc_key key = key_of(text);

    qc_put(&f->txn, &key, (struct qc_bytes){(const uint8_t *)row, strlen(row)});
}

static void del(struct fixture *f, const char *text)
{
    struct qc_key key = key_of(text);

    qc_del(&f->txn, &key);
}

static void assert_row(struct fixture *f, const char *text, const char *row)
{
    struct qc_key key = key_of(text);
    struct qc_bytes bytes;
    bool found = qc_get(&f->txn, &key, &bytes);

    assert_int_equal(f->txn.fault, 0);
    assert_int_equal(found, row != NULL);
    if (row != NULL) {
        assert_int_equal(bytes.size, strlen(row));
        assert_memory_equal(bytes.data, row, bytes.size);
    }
}

static uint64_t gauge(struct fixture *f, const char *text)
{
    struct qc_key key = key_of(text);

    return qc_index_gauge(&f->txn, &key);
}

static void add(struct fixture *f, const char *text, int64_t delta)
{
    struct qc_key key = key_of(text);

    qc_index_add(&f->txn, &key, delta);
}

static void reads_see_what_is_drafted(void **state)
{
    struct fixture *f = *state;
    unsigned writes;

    put(f, "a", "1");
    put(f, "b", "1");
    writes = qc_mem_store_writes(f->mem);
    qc_draft_begin(&f->txn);
    put(f, "a", "2");
    del(f, "b");
    put(f, "c", "1");
    put(f, "c", "2");
    assert_row(f, "a", "2");
    assert_row(f, "b", NULL);
    assert_row(f, "c", "2");
    assert_int_equal(qc_mem_store_writes(f->mem), writes);
    qc_draft_end(&f->txn, true);
    assert_row(f, "a", "2");
    assert_row(f, "b", NULL);
    assert_row(f, "c", "2");
    assert_int_equal(qc_mem_store_writes(f->mem), writes + 4);
}

static void a_dropped_draft_leaves_no_trace(void **state)
{
    struct fixture *f = *state;
    unsigned writes;

    put(f, "a", "1");
    add(f, "n", 3);
    add(f, "gone", 1);
    writes = qc_mem_store_writes(f->mem);
    qc_draft_begin(&f->txn);
    put(f, "a", "2");
    put(f, "b", "1");
    add(f, "n", 2);
    add(f, "n", 1);
    add(f, "gone", -1);
    add(f, "new", 7);
    assert_int_equal(gauge(f, "n"), 6);
    qc_draft_end(&f->txn, false);
    assert_row(f, "a", "1");
    assert_row(f, "b", NULL);
    assert_int_equal(gauge(f, "n"), 3);
    assert_int_equal(gauge(f, "gone"), 1);
    assert_int_equal(gauge(f, "new"), 0);
    assert_int_equal(qc_mem_store_writes(f->mem), writes);

    add(f, "n", -3);
    add(f, "gone", -1);
}

static void a_kept_draft_folds_as_if_there_were_none(void **state)
{
    struct fixture *f = *state;
    uint8_t drafted[QC_HASH_SIZE];
    uint8_t direct[QC_HASH_SIZE];
    static const uint8_t before[QC_HASH_SIZE];

    qc_fold_begin(f->txn.fold, before, 1, 1);
    qc_draft_begin(&f->txn);
    put(f, "b", "1");
    put(f, "a", "1");
    del(f, "b");
    qc_draft_end(&f->txn, true);
    qc_fold_end(f->txn.fold, drafted);

    qc_fold_begin(f->txn.fold, before, 1, 1);
    put(f, "b", "1");
    put(f, "a", "1");
    del(f, "b");
    qc_fold_end(f->txn.fold, direct);
    assert_memory_equal(drafted, direct, QC_HASH_SIZE);
}

static void a_draft_may_be_large(void **state)
{
    struct fixture *f = *state;
    char text[] = "key 000";

    qc_draft_begin(&f->txn);
    for (unsigned i = 0; i < 1000; i++) {
        text[4] = (char)('0' + i / 100);
        text[5] = (char)('0' + i / 10 % 10);
        text[6] = (char)('0' + i % 10);
        put(f, text, text);
    }
    assert_row(f, "key 000", "key 000");
    assert_row(f, "key 999", "key 999");
    qc_draft_end(&f->txn, true);
    assert_row(f, "key 000", "key 000");
    assert_row(f, "key 999", "key 999");
}

static void lack_of_memory_is_a_fault(void **state)
{
    struct fixture *f = *state;

    f->arena.limit = f->arena.used;
    qc_draft_begin(&f->txn);
    assert_int_equal(f->txn.fault, QC_E_NOMEM);
    qc_draft_end(&f->txn, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
#define BREAKS(name)                                     \
    cmocka_unit_test_setup_teardown(name, fixture_setup, \
                                    fixture_teardown_broken)
        TEST(reads_see_what_is_drafted),
        TEST(a_dropped_draft_leaves_no_trace),
        BREAKS(a_kept_draft_folds_as_if_there_were_none),
        TEST(a_draft_may_be_large),
        BREAKS(lack_of_memory_is_a_fault),
#undef TEST
#undef BREAKS
    };

    return cmocka_run_group_tests_name("draft", tests, NULL, NULL);
}
