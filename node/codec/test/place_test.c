#include "codec/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "codec/utf8.h"

static void a_place_is_a_path(void **state)
{
    struct qc_place pools = {NULL, "pools", NULL, 12};
    struct qc_place context = {&pools, "context", "the key", QC_NO_INDEX};
    struct qc_place label = {&context, "label", NULL, QC_NO_INDEX};
    struct qc_codec_error error;

    (void)state;
    assert_int_equal(qc_wrong(QC_CODEC_TOO_BIG, &label, "is too long", &error),
                     QC_CODEC_TOO_BIG);
    assert_string_equal(error.where, "pools[12].context[\"the key\"].label");
    assert_string_equal(error.text, "is too long");
}

static void the_whole_message_has_no_path(void **state)
{
    struct qc_codec_error error;

    (void)state;
    assert_int_equal(qc_wrong(QC_CODEC_MALFORMED, NULL, "is none", &error),
                     QC_CODEC_MALFORMED);
    assert_string_equal(error.where, "");
}

/* Keys come from outside: of any length, and the answer is UTF-8 all the same.
 */
static void what_does_not_fit_is_cut_between_characters(void **state)
{
    char key[2 * sizeof(((struct qc_codec_error *)NULL)->where)];
    struct qc_place place = {NULL, "m", key, QC_NO_INDEX};
    struct qc_codec_error error;

    (void)state;
    for (size_t n_plain = 0; n_plain < 4; n_plain++) {
        size_t size;

        memset(key, 'a', sizeof(key));
        for (size_t i = n_plain; i + 4 < sizeof(key); i += 4) {
            memcpy(key + i, "\xf0\x9d\x84\x9e", 4);
        }
        key[sizeof(key) - 1] = '\0';
        (void)qc_wrong(QC_CODEC_MALFORMED, &place, key, &error);
        size = strlen(error.where);
        assert_in_range(size, sizeof(error.where) - 4, sizeof(error.where) - 1);
        assert_true(qc_utf8_is_text(
            (struct qc_bytes){(const uint8_t *)error.where, size}));
        size = strlen(error.text);
        assert_in_range(size, sizeof(error.text) - 4, sizeof(error.text) - 1);
        assert_true(qc_utf8_is_text(
            (struct qc_bytes){(const uint8_t *)error.text, size}));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_is_a_path),
        cmocka_unit_test(the_whole_message_has_no_path),
        cmocka_unit_test(what_does_not_fit_is_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
