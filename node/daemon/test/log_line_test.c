/* Lines of the log: masked, and as JSON. */
#include "daemon/log_line.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void the_middle_of_a_telephone_number_is_masked(void **state)
{
    static const char *const lines[][2] = {
        {"event=x phone=+442079460999", "event=x phone=+4420****0999"},
        {"from=\"+15550100 or +491701234567\"",
         "from=\"+15****00 or +4917****4567\""},
        {"+1234567", "+12***67"},
        {"a=+123456 b=12345678", "a=+123456 b=12345678"},
        {"id=+1234567890123456", "id=+1234567890123456"},
        {"+", "+"},
    };
    char line[64];

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        snprintf(line, sizeof(line), "%s", lines[i][0]);
        qc_log_line_mask(line);
        assert_string_equal(line, lines[i][1]);
    }
}

/* Reads it back: what is no JSON fails. */
static json_t *json_of(const char *line, size_t size)
{
    char text[512];
    size_t n = qc_log_line_json(line, text, size);
    json_t *read;

    assert_true(n <= size && size <= sizeof(text));
    read = json_loadb(text, n, 0, NULL);
    assert_non_null(read);
    return read;
}

static void a_line_becomes_an_object_of_its_pairs(void **state)
{
    json_t *read =
        json_of("level=info node=1 event=x big=12345678901234567890 "
                "minus=-5 zero=007 yes=true text=\"a \\\"b\\\" \\\\c\"",
                512);

    (void)state;
    assert_int_equal(json_object_size(read), 8);
    assert_int_equal(json_integer_value(json_object_get(read, "node")), 1);
    assert_int_equal(json_integer_value(json_object_get(read, "minus")), -5);
    assert_true(json_is_true(json_object_get(read, "yes")));
    assert_string_equal(json_string_value(json_object_get(read, "big")),
                        "12345678901234567890");
    assert_string_equal(json_string_value(json_object_get(read, "zero")),
                        "007");
    assert_string_equal(json_string_value(json_object_get(read, "text")),
                        "a \"b\" \\c");
    json_decref(read);
}

static void whatever_is_cut_is_an_object_all_the_same(void **state)
{
    static const char line[] =
        "ts=1 event=abc text=\"quoted \\\" and \x01 more\" n=5 last";

    (void)state;
    for (size_t size = 3; size < 128; size++) {
        json_decref(json_of(line, size));
    }
    for (size_t n = 0; n < sizeof(line); n++) {
        char cut[sizeof(line)];

        snprintf(cut, n + 1, "%s", line);
        json_decref(json_of(cut, 512));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_middle_of_a_telephone_number_is_masked),
        cmocka_unit_test(a_line_becomes_an_object_of_its_pairs),
        cmocka_unit_test(whatever_is_cut_is_an_object_all_the_same),
    };

    return cmocka_run_group_tests_name("log_line", tests, NULL, NULL);
}
