#include "machine/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t zero[QC_HASH_SIZE];

static struct qc_key key_of(const char *text)
{
    struct qc_key key;

    qc_key_begin(&key, 1, QC_SPACE_POOL);
    qc_key_put_str(&key, text);
    return key;
}

static struct qc_bytes bytes_of(const char *text)
{
    return (struct qc_bytes){(const uint8_t *)text, strlen(text)};
}

/* One entry each. */

static void nothing(struct qc_fold *fold)
{
    qc_fold_begin(fold, zero, 1, 1000);
}

static void another_index(struct qc_fold *fold)
{
    qc_fold_begin(fold, zero, 2, 1000);
}

static void another_time(struct qc_fold *fold)
{
    qc_fold_begin(fold, zero, 1, 1001);
}

static void another_past(struct qc_fold *fold)
{
    qc_fold_begin(fold, (const uint8_t *)"0123456789abcdef", 1, 1000);
}

static void put_a(struct qc_fold *fold)
{
    struct qc_key key = key_of("a");

    qc_fold_put(fold, &key, bytes_of("1"));
}

static void put_b(struct qc_fold *fold)
{
    struct qc_key key = key_of("b");

    qc_fold_put(fold, &key, bytes_of("2"));
}

static void one_put(struct qc_fold *fold)
{
    nothing(fold);
    put_a(fold);
}

static void a_then_b(struct qc_fold *fold)
{
    nothing(fold);
    put_a(fold);
    put_b(fold);
}

static void b_then_a(struct qc_fold *fold)
{
    nothing(fold);
    put_b(fold);
    put_a(fold);
}

static void put_nothing(struct qc_fold *fold)
{
    struct qc_key key = key_of("a");

    nothing(fold);
    qc_fold_put(fold, &key, (struct qc_bytes){NULL, 0});
}

static void del(struct qc_fold *fold)
{
    struct qc_key key = key_of("a");

    nothing(fold);
    qc_fold_del(fold, &key);
}

/* The same bytes as one_put(), cut elsewhere between key and row. */
static void cut_elsewhere(struct qc_fold *fold)
{
    struct qc_key key = key_of("a");

    nothing(fold);
    key.data[key.len++] = '1';
    qc_fold_put(fold, &key, bytes_of(""));
}

static void (*const entries[])(struct qc_fold *) = {
    nothing,  another_index, another_time, another_past, one_put,
    a_then_b, b_then_a,      put_nothing,  del,          cut_elsewhere,
};

enum {
    N_ENTRIES = sizeof(entries) / sizeof(entries[0]),
};

static void only_the_same_entry_has_the_same_hash(void **state)
{
    static uint8_t hashes[N_ENTRIES][QC_HASH_SIZE];
    struct qc_fold *fold = qc_fold_new();

    (void)state;
    assert_non_null(fold);
    for (size_t i = 0; i < N_ENTRIES; i++) {
        uint8_t again[QC_HASH_SIZE];

        entries[i](fold);
        qc_fold_end(fold, hashes[i]);
        entries[i](fold);
        qc_fold_end(fold, again);
        assert_memory_equal(hashes[i], again, QC_HASH_SIZE);
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(hashes[i], hashes[j], QC_HASH_SIZE);
        }
    }
    qc_fold_free(fold);
}

/* It is compared between nodes of different releases. */
static void the_hash_never_changes_its_meaning(void **state)
{
    /* XXH3-128 of the bytes that fold.h describes, written down by hand. */
    static const uint8_t wanted[QC_HASH_SIZE] = {
        0xc4, 0xa8, 0x44, 0xd4, 0xeb, 0x63, 0x11, 0x38,
        0xad, 0x44, 0xd6, 0xab, 0xb4, 0x32, 0x44, 0x72,
    };
    struct qc_fold *fold = qc_fold_new();
    uint8_t hash[QC_HASH_SIZE];

    (void)state;
    assert_non_null(fold);
    a_then_b(fold);
    qc_fold_end(fold, hash);
    assert_memory_equal(hash, wanted, QC_HASH_SIZE);
    qc_fold_free(fold);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_same_entry_has_the_same_hash),
        cmocka_unit_test(the_hash_never_changes_its_meaning),
    };

    return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
