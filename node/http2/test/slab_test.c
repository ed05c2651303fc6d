/* Blocks of memory that are used again. */
#include "http2/slab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    LARGE = QC_SLAB_UNIT * QC_SLAB_CLASSES + 1,
};

static void a_block_that_came_back_is_given_again(void **state)
{
    struct qc_slab slab = {.kept = 0};
    nghttp2_mem mem = qc_slab_mem(&slab);
    void *first = mem.malloc(100, &slab);
    void *second;

    (void)state;
    mem.free(first, &slab);
    second = mem.malloc((size_t)2 * QC_SLAB_UNIT, &slab);
    if (QC_SLAB_KEPT_MAX > 0) {
        assert_ptr_equal(first, second);
    }
    mem.free(second, &slab);
    qc_slab_done(&slab);
    assert_int_equal(slab.kept, 0);
}

static void blocks_do_not_overlap_whatever_their_size(void **state)
{
    struct qc_slab slab = {.kept = 0};
    nghttp2_mem mem = qc_slab_mem(&slab);
    uint8_t *blocks[LARGE + 1];

    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        for (size_t size = 0; size <= LARGE; size++) {
            blocks[size] = mem.malloc(size, &slab);
            assert_non_null(blocks[size]);
            assert_int_equal((uintptr_t)blocks[size] % 16, 0);
            memset(blocks[size], (int)(size % 251), size);
        }
        for (size_t size = 0; size <= LARGE; size++) {
            for (size_t i = 0; i < size; i++) {
                assert_int_equal(blocks[size][i], size % 251);
            }
            mem.free(blocks[size], &slab);
        }
    }
    qc_slab_done(&slab);
}

static void what_is_kept_has_a_limit(void **state)
{
    enum {
        N = 2 * 1024 * 1024 / QC_SLAB_UNIT,
    };
    struct qc_slab slab = {.kept = 0};
    nghttp2_mem mem = qc_slab_mem(&slab);
    void **blocks = calloc(N, sizeof(*blocks));

    (void)state;
    assert_non_null(blocks);
    for (size_t i = 0; i < N; i++) {
        blocks[i] = mem.malloc(QC_SLAB_UNIT, &slab);
    }
    for (size_t i = 0; i < N; i++) {
        mem.free(blocks[i], &slab);
    }
    assert_int_equal(slab.kept, QC_SLAB_KEPT_MAX);
    free(blocks);
    qc_slab_done(&slab);
}

static void what_is_large_is_not_kept(void **state)
{
    struct qc_slab slab = {.kept = 0};
    nghttp2_mem mem = qc_slab_mem(&slab);

    (void)state;
    mem.free(mem.malloc(LARGE, &slab), &slab);
    mem.free(NULL, &slab);
    assert_int_equal(slab.kept, 0);
}

static void a_block_may_grow_and_shrink_and_keeps_what_stands_in_it(
    void **state)
{
    static const size_t sizes[] = {10,    64, 65, LARGE, 3 * (size_t)LARGE,
                                   LARGE, 20, 10};
    struct qc_slab slab = {.kept = 0};
    nghttp2_mem mem = qc_slab_mem(&slab);
    char *block = mem.realloc(NULL, 10, &slab);

    (void)state;
    memcpy(block, "it stands", 10);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        block = mem.realloc(block, sizes[i], &slab);
        assert_string_equal(block, "it stands");
    }
    mem.free(block, &slab);
    qc_slab_done(&slab);
}

static void zeroed_memory_is_zero_also_when_it_was_used_before(void **state)
{
    static const uint8_t zeros[100];
    struct qc_slab slab = {.kept = 0};
    nghttp2_mem mem = qc_slab_mem(&slab);
    void *block = mem.malloc(sizeof(zeros), &slab);

    (void)state;
    memset(block, 0xff, sizeof(zeros));
    mem.free(block, &slab);
    block = mem.calloc(20, 5, &slab);
    assert_memory_equal(block, zeros, sizeof(zeros));
    mem.free(block, &slab);
    qc_slab_done(&slab);
}

static void sizes_beyond_all_memory_are_refused(void **state)
{
    struct qc_slab slab = {.kept = 0};
    nghttp2_mem mem = qc_slab_mem(&slab);
    void *block = mem.malloc(10, &slab);

    (void)state;
    assert_null(mem.malloc(SIZE_MAX, &slab));
    assert_null(mem.calloc(SIZE_MAX / 2, 3, &slab));
    assert_null(mem.realloc(block, SIZE_MAX, &slab));
    mem.free(block, &slab);
    qc_slab_done(&slab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_that_came_back_is_given_again),
        cmocka_unit_test(blocks_do_not_overlap_whatever_their_size),
        cmocka_unit_test(what_is_kept_has_a_limit),
        cmocka_unit_test(what_is_large_is_not_kept),
        cmocka_unit_test(
            a_block_may_grow_and_shrink_and_keeps_what_stands_in_it),
        cmocka_unit_test(zeroed_memory_is_zero_also_when_it_was_used_before),
        cmocka_unit_test(sizes_beyond_all_memory_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
