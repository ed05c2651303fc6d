#include "machine/index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/store.h"

enum {
    KEYS = 512, /* Of the model: keys of up to two bytes over a few letters. */
    ROUNDS = 20000,
};

struct fixture {
    struct qc_txn txn;
};

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){.txn = {.index = qc_index_new()}};
    assert_non_null(f.txn.index);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    qc_index_free(f->txn.index);
    return 0;
}

static struct qc_key key_of(const char *text)
{
    struct qc_key key = {.len = (uint16_t)strlen(text)};

    memcpy(key.data, text, key.len);
    return key;
}

static void put(struct fixture *f, const char *text, uint64_t value)
{
    struct qc_key key = key_of(text);

    qc_index_put(&f->txn, &key, value);
    assert_int_equal(f->txn.fault, 0);
}

static void assert_key(const struct qc_key *key, const char *text)
{
    struct qc_key wanted = key_of(text);

    assert_int_equal(key->len, wanted.len);
    assert_memory_equal(key->data, wanted.data, wanted.len);
}

static void a_walk_sees_what_starts_with_the_prefix_in_order(void **state)
{
    struct qc_key prefix = key_of("b");
    struct fixture *f = *state;
    struct qc_key key;
    uint64_t value;

    put(f, "bb", 3);
    put(f, "c", 4);
    put(f, "b", 1);
    put(f, "a", 0);
    put(f, "ba", 2);
    assert_true(qc_index_first(&f->txn, &prefix, &key, &value));
    assert_key(&key, "b");
    assert_int_equal(value, 1);
    assert_true(qc_index_next(&f->txn, &prefix, &key, &value));
    assert_key(&key, "ba");
    assert_true(qc_index_next(&f->txn, &prefix, &key, &value));
    assert_key(&key, "bb");
    assert_false(qc_index_next(&f->txn, &prefix, &key, &value));
    assert_true(qc_index_last(&f->txn, &prefix, &key, &value));
    assert_key(&key, "bb");
}

static void a_walk_goes_on_after_a_key_that_is_removed(void **state)
{
    struct qc_key prefix = key_of("");
    struct fixture *f = *state;
    struct qc_key key;

    put(f, "a", 0);
    put(f, "b", 0);
    assert_true(qc_index_first(&f->txn, &prefix, &key, NULL));
    qc_index_del(&f->txn, &key);
    assert_true(qc_index_next(&f->txn, &prefix, &key, NULL));
    assert_key(&key, "b");
}

static void the_last_of_a_prefix_of_ones_is_found(void **state)
{
    struct qc_key prefix = key_of("\xff");
    struct fixture *f = *state;
    struct qc_key key;

    put(f, "a", 0);
    assert_false(qc_index_last(&f->txn, &prefix, &key, NULL));
    put(f, "\xff\xff\x01", 0);
    assert_true(qc_index_last(&f->txn, &prefix, &key, NULL));
    assert_key(&key, "\xff\xff\x01");
}

static void a_gauge_of_zero_is_absent(void **state)
{
    struct qc_key key = key_of("waiting");
    struct fixture *f = *state;

    qc_index_add(&f->txn, &key, 2);
    qc_index_add(&f->txn, &key, -1);
    assert_int_equal(qc_index_gauge(&f->txn, &key), 1);
    qc_index_add(&f->txn, &key, -1);
    assert_int_equal(qc_index_gauge(&f->txn, &key), 0);
    assert_int_equal(qc_index_count(f->txn.index), 0);
    assert_int_equal(f->txn.fault, 0);
}

static void a_gauge_below_zero_is_a_fault(void **state)
{
    struct qc_key key = key_of("waiting");
    struct fixture *f = *state;

    qc_index_add(&f->txn, &key, -1);
    assert_int_equal(f->txn.fault, QC_E_CORRUPT);
}

static void removing_what_is_not_there_is_a_fault(void **state)
{
    struct qc_key key = key_of("a");
    struct fixture *f = *state;

    qc_index_del(&f->txn, &key);
    assert_int_equal(f->txn.fault, QC_E_CORRUPT);
}

static void after_a_fault_nothing_is_found_or_changed(void **state)
{
    struct qc_key prefix = key_of("");
    struct qc_key key = key_of("a");
    struct fixture *f = *state;
    uint64_t value = 9;

    put(f, "a", 1);
    f->txn.fault = QC_E_IO;
    assert_false(qc_index_get(&f->txn, &key, &value));
    assert_int_equal(value, 0);
    assert_false(qc_index_first(&f->txn, &prefix, &key, NULL));
    assert_false(qc_index_next(&f->txn, &prefix, &key, NULL));
    assert_false(qc_index_last(&f->txn, &prefix, &key, NULL));
    qc_index_put(&f->txn, &key, 2);
    qc_index_add(&f->txn, &key, 2);
    qc_index_del(&f->txn, &key);
    f->txn.fault = 0;
    assert_int_equal(qc_index_gauge(&f->txn, &key), 1);
}

static void the_first_difference_is_named(void **state)
{
    struct fixture *f = *state;
    struct qc_index *mine = f->txn.index;
    struct qc_index *other = qc_index_new();
    struct qc_key key;

    assert_non_null(other);
    put(f, "a", 1);
    put(f, "b", 1);
    put(f, "c", 1);
    f->txn.index = other;
    put(f, "a", 1);
    put(f, "c", 1);
    assert_false(qc_index_equal(mine, other, &key));
    assert_key(&key, "b");
    put(f, "b", 2);
    assert_false(qc_index_equal(mine, other, &key));
    assert_key(&key, "b");
    put(f, "b", 1);
    assert_true(qc_index_equal(mine, other, &key));
    put(f, "d", 1);
    assert_false(qc_index_equal(mine, other, &key));
    assert_key(&key, "d");
    qc_index_free(other);
    f->txn.index = mine;
}

/* A generator of Lehmer's, so that each run is the same. */
static unsigned draw(uint64_t *seed, unsigned bound)
{
    *seed = *seed * 48271 % 2147483647;
    return (unsigned)(*seed % bound);
}

/* The nth key of the model: 9 bits as three octal digits, so that byte order
 * is the order of n, and every digit a prefix. */
static struct qc_key nth_key(unsigned n)
{
    char text[] = {(char)('0' + (n >> 6)), (char)('0' + (n >> 3 & 7)),
                   (char)('0' + (n & 7)), '\0'};

    return key_of(text);
}

/* The first key of the model from |n| on that is there, or KEYS. */
static unsigned model_from(const uint64_t *model, unsigned n)
{
    while (n < KEYS && model[n] == 0) {
        n++;
    }
    return n;
}

static void check_walk(struct fixture *f, const uint64_t *model, unsigned digit)
{
    struct qc_key prefix = nth_key(digit << 6);
    unsigned n = model_from(model, digit << 6);
    struct qc_key key;
    uint64_t value;
    bool found;

    prefix.len = 1;
    found = qc_index_first(&f->txn, &prefix, &key, &value);
    while (n < (digit + 1) << 6) {
        struct qc_key wanted = nth_key(n);

        assert_true(found);
        assert_memory_equal(key.data, wanted.data, wanted.len);
        assert_int_equal(value, model[n]);
        n = model_from(model, n + 1);
        found = qc_index_next(&f->txn, &prefix, &key, &value);
    }
    assert_false(found);
}

static void it_does_what_a_naive_model_does(void **state)
{
    static uint64_t model[KEYS];
    struct fixture *f = *state;
    uint64_t seed = 20250101;

    memset(model, 0, sizeof(model));
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned n = draw(&seed, KEYS);
        struct qc_key key = nth_key(n);

        switch (draw(&seed, 4)) {
        case 0:
            model[n] = draw(&seed, 100) + 1;
            qc_index_put(&f->txn, &key, model[n]);
            break;
        case 1:
            if (model[n] != 0) {
                qc_index_del(&f->txn, &key);
                model[n] = 0;
            }
            break;
        case 2:
            if (model[n] != 0) {
                qc_index_add(&f->txn, &key, -1);
                model[n]--;
            }
            break;
        default:
            check_walk(f, model, n >> 6);
            break;
        }
        assert_int_equal(qc_index_gauge(&f->txn, &key), model[n]);
    }
    assert_int_equal(f->txn.fault, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_walk_sees_what_starts_with_the_prefix_in_order),
        TEST(a_walk_goes_on_after_a_key_that_is_removed),
        TEST(the_last_of_a_prefix_of_ones_is_found),
        TEST(a_gauge_of_zero_is_absent),
        TEST(a_gauge_below_zero_is_a_fault),
        TEST(removing_what_is_not_there_is_a_fault),
        TEST(after_a_fault_nothing_is_found_or_changed),
        TEST(the_first_difference_is_named),
        TEST(it_does_what_a_naive_model_does),
#undef TEST
    };

    return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
