#include "base/quoted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void text_stands_between_quotes(void **state)
{
    char line[64];

    (void)state;
    assert_string_equal(qc_quoted(line, sizeof(line), ""), "\"\"");
    assert_string_equal(qc_quoted(line, sizeof(line), "end of file"),
                        "\"end of file\"");
    assert_string_equal(qc_quoted(line, sizeof(line), "caf\xc3\xa9"),
                        "\"caf\xc3\xa9\"");
}

static void text_ends_neither_its_value_nor_its_line(void **state)
{
    char line[64];

    (void)state;
    assert_string_equal(qc_quoted(line, sizeof(line), "a\" level=\"b\\"),
                        "\"a\\\" level=\\\"b\\\\\"");
    assert_string_equal(qc_quoted(line, sizeof(line), "a\nb\rc\td\x1b\x7f"),
                        "\"a b c d  \"");
}

static void text_that_is_too_long_is_cut_and_still_ends(void **state)
{
    static const char *const texts[] = {"aaaaaaaa", "\"\"\"\"\"\"\"\""};
    char line[16];

    (void)state;
    for (size_t size = 3; size <= sizeof(line); size++) {
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
            size_t n;

            memset(line, 'x', sizeof(line));
            n = strlen(qc_quoted(line, size, texts[i]));
            assert_in_range(n, 2, size - 1);
            assert_int_equal(line[0], '"');
            assert_int_equal(line[n - 1], '"');
            /* An escape is whole. */
            assert_true(n == 2 || i == 0 || n % 2 == 0);
            assert_true(size == sizeof(line) || line[size] == 'x');
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_stands_between_quotes),
        cmocka_unit_test(text_ends_neither_its_value_nor_its_line),
        cmocka_unit_test(text_that_is_too_long_is_cut_and_still_ends),
    };

    return cmocka_run_group_tests_name("quoted", tests, NULL, NULL);
}
