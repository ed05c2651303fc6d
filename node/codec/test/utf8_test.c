#include "codec/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(text) \
    ((struct qc_bytes){(const uint8_t *)(text), sizeof(text) - 1})

/* The first and last character of each size, and around the surrogates. */
static void characters_of_every_size_are_text(void **state)
{
    const struct qc_bytes texts[] = {
        BYTES(""),
        BYTES("\x01\x7f"),
        BYTES("\xc2\x80\xdf\xbf"),
        BYTES("\xe0\xa0\x80\xef\xbf\xbf"),
        BYTES("\xed\x9f\xbf\xee\x80\x80"),
        BYTES("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
        BYTES("eight of"),
        BYTES("more than eight of ASCII"),
        BYTES("eight of \xc2\x80"),
        BYTES("eight o\xc2\x80 and more"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_true(qc_utf8_is_text(texts[i]));
    }
}

static void what_rfc_3629_forbids_is_no_text(void **state)
{
    const struct qc_bytes texts[] = {
        BYTES("\0"),
        BYTES("a\0b"),
        BYTES("\x80"),             /* Goes on with nothing. */
        BYTES("\xc0\x80"),         /* NUL in two bytes. */
        BYTES("\xc1\xbf"),         /* DEL in two bytes. */
        BYTES("\xe0\x9f\xbf"),     /* Two bytes would do. */
        BYTES("\xed\xa0\x80"),     /* The first surrogate. */
        BYTES("\xed\xbf\xbf"),     /* The last surrogate. */
        BYTES("\xf0\x8f\xbf\xbf"), /* Three bytes would do. */
        BYTES("\xf4\x90\x80\x80"), /* Beyond the last character. */
        BYTES("\xf5\x80\x80\x80"),
        BYTES("\xff"),
        BYTES("\xc3"), /* Cut short. */
        BYTES("\xe2\x82"),
        BYTES("\xf0\x9d\x84"),
        BYTES("\xc3("), /* Goes on with something else. */
        BYTES("\xe2\x82("),
        BYTES("\xf0\x9d\x84("),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_false(qc_utf8_is_text(texts[i]));
    }
}

static void one_bad_byte_is_found_wherever_it_stands(void **state)
{
    static const uint8_t bad[] = {0x00, 0x80, 0xc1, 0xff};
    uint8_t text[27];

    (void)state;
    for (size_t i = 0; i < sizeof(bad); i++) {
        for (size_t at = 0; at < sizeof(text); at++) {
            memset(text, at % 2 == 0 ? 0x01 : 0x7f, sizeof(text));
            assert_true(qc_utf8_is_text((struct qc_bytes){text, sizeof(text)}));
            text[at] = bad[i];
            assert_false(
                qc_utf8_is_text((struct qc_bytes){text, sizeof(text)}));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_of_every_size_are_text),
        cmocka_unit_test(what_rfc_3629_forbids_is_no_text),
        cmocka_unit_test(one_bad_byte_is_found_wherever_it_stands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
