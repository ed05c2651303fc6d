/* The last state hashes, by index. */
#include "command/hashes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct qc_hashes hashes;

/* Two indexes apart: barriers of the log have none. */
static void add(uint64_t n)
{
    for (uint64_t i = 1; i <= n; i++) {
        uint8_t hash[QC_HASH_SIZE] = {(uint8_t)i, (uint8_t)(i >> 8)};

        qc_hashes_add(&hashes, 2 * i, hash);
    }
}

static int setup(void **state)
{
    (void)state;
    memset(&hashes, 0, sizeof(hashes));
    return 0;
}

static void assert_at(uint64_t log_index, uint64_t i)
{
    uint8_t hash[QC_HASH_SIZE];

    assert_true(qc_hashes_at(&hashes, log_index, hash));
    assert_int_equal(hash[0] | hash[1] << 8, i);
}

static void an_index_without_a_hash_has_that_of_the_one_before(void **state)
{
    (void)state;
    add(10);
    assert_at(20, 10);
    assert_at(6, 3);
    assert_at(7, 3);
}

static void before_the_first_nothing_is_known(void **state)
{
    uint8_t hash[QC_HASH_SIZE];

    (void)state;
    assert_false(qc_hashes_at(&hashes, 5, hash));
    add(1);
    assert_false(qc_hashes_at(&hashes, 1, hash));
}

static void the_oldest_are_forgotten(void **state)
{
    uint8_t hash[QC_HASH_SIZE];

    (void)state;
    add(QC_HASHES_MAX + 2);
    assert_at(6, 3);
    assert_false(qc_hashes_at(&hashes, 4, hash));
    assert_at(UINT64_MAX, QC_HASHES_MAX + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, setup)
        TEST(an_index_without_a_hash_has_that_of_the_one_before),
        TEST(before_the_first_nothing_is_known),
        TEST(the_oldest_are_forgotten),
#undef TEST
    };

    return cmocka_run_group_tests_name("hashes", tests, NULL, NULL);
}
