#include "cli/number_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static Qc__Config__NumberBlock block_of(const char *first, uint32_t count)
{
    Qc__Config__NumberBlock block = QC__CONFIG__NUMBER_BLOCK__INIT;

    block.first = first;
    block.count = count;
    return block;
}

static void a_block_counts_upwards(void **state)
{
    Qc__Config__NumberBlock block = block_of("+442079460098", 5);
    char number[QC_BLOCK_NUMBER_SIZE];

    (void)state;
    assert_int_equal(qc_number_block_count(&block), 5);
    assert_true(qc_number_block_at(&block, 0, number));
    assert_string_equal(number, "+442079460098");
    assert_true(qc_number_block_at(&block, 4, number));
    assert_string_equal(number, "+442079460102");
}

static void signs_between_digits_do_not_count(void **state)
{
    Qc__Config__NumberBlock block = block_of("+44 (20) 7946-0000", 2);
    char number[QC_BLOCK_NUMBER_SIZE];

    (void)state;
    assert_true(qc_number_block_at(&block, 1, number));
    assert_string_equal(number, "+442079460001");
}

static void one_number_is_passed_on_as_it_is_written(void **state)
{
    Qc__Config__NumberBlock block = block_of("020 7946 0000", 0);
    char number[QC_BLOCK_NUMBER_SIZE];

    (void)state;
    assert_int_equal(qc_number_block_count(&block), 1);
    assert_true(qc_number_block_at(&block, 0, number));
    assert_string_equal(number, "020 7946 0000");
}

static void several_numbers_begin_with_e164(void **state)
{
    static const char *const wrong[] = {"020 7946 0000", "+", "+44x", "",
                                        "+1234567890123456"};
    char number[QC_BLOCK_NUMBER_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        Qc__Config__NumberBlock block = block_of(wrong[i], 2);

        assert_false(qc_number_block_at(&block, 0, number));
    }
}

static void a_block_does_not_grow_another_digit(void **state)
{
    Qc__Config__NumberBlock block = block_of("+9999999", 2);
    char number[QC_BLOCK_NUMBER_SIZE];

    (void)state;
    assert_true(qc_number_block_at(&block, 0, number));
    assert_false(qc_number_block_at(&block, 1, number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_counts_upwards),
        cmocka_unit_test(signs_between_digits_do_not_count),
        cmocka_unit_test(one_number_is_passed_on_as_it_is_written),
        cmocka_unit_test(several_numbers_begin_with_e164),
        cmocka_unit_test(a_block_does_not_grow_another_digit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
