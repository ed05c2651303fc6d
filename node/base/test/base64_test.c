/* Base64, to the vectors of RFC 4648 and back. */
#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *bytes;
    const char *text;
} VECTORS[] = {
    {"", ""},        {"f", "Zg=="},          {"fo", "Zm8="},
    {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff", "+/8="},
};

enum {
    N_VECTORS = sizeof(VECTORS) / sizeof(VECTORS[0]),
};

static void assert_reads(const char *text, const char *expected)
{
    uint8_t bytes[16];
    size_t size;

    assert_true(qc_base64_size_max(text) <= sizeof(bytes));
    assert_true(qc_base64_read(text, bytes, &size));
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(bytes, expected, size);
}

static void the_published_vectors_come_out_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VECTORS; i++) {
        size_t size = strlen(VECTORS[i].bytes);
        char text[16];

        qc_base64_write(
            (struct qc_bytes){(const uint8_t *)VECTORS[i].bytes, size}, text);
        assert_int_equal(qc_base64_text_size(size), strlen(VECTORS[i].text));
        assert_memory_equal(text, VECTORS[i].text, qc_base64_text_size(size));
        assert_reads(VECTORS[i].text, VECTORS[i].bytes);
    }
}

static void padding_may_be_left_off_and_the_url_alphabet_is_read(void **state)
{
    (void)state;
    assert_reads("Zg", "f");
    assert_reads("Zm8", "fo");
    assert_reads("-_8", "\xfb\xff");
}

static void what_is_no_base64_is_refused(void **state)
{
    static const char *const bad[] = {
        "Z", "Zg=", "Zg===", "Z g=", "Zm9v=", "Zh==", "=", "Zm\xc3\xa9"};
    uint8_t bytes[16];
    size_t size;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(qc_base64_read(bad[i], bytes, &size));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_vectors_come_out_and_back),
        cmocka_unit_test(padding_may_be_left_off_and_the_url_alphabet_is_read),
        cmocka_unit_test(what_is_no_base64_is_refused),
    };

    return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
