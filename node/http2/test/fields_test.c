/* Header fields, kept and looked up. */
#include "http2/fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void add(struct qc_fields *fields, const char *name, const char *value)
{
    assert_true(qc_fields_add(
        fields, (struct qc_bytes){(const uint8_t *)name, strlen(name)},
        (struct qc_bytes){(const uint8_t *)value, strlen(value)}));
}

static void no_name_is_found_where_there_is_none(void **state)
{
    struct qc_fields fields = {.n = 0};

    (void)state;
    assert_null(qc_fields_find(&fields, "te"));
    assert_null(qc_fields_find(&fields, ""));
}

/* Also names of one size that end alike, and an empty one. */
static void each_name_is_found_and_no_other(void **state)
{
    static const char *const names[] = {
        ":method", ":path",   ":scheme", ":authority", "te",
        "origin",  "ab-code", "cd-code", "ef-code",    "",
    };
    enum {
        N = sizeof(names) / sizeof(names[0]),
    };

    (void)state;
    for (size_t n = 0; n <= N; n++) {
        struct qc_fields fields = {.n = 0};

        for (size_t i = 0; i < n; i++) {
            add(&fields, names[i], names[N - 1 - i]);
        }
        for (size_t i = 0; i < N; i++) {
            const char *value = qc_fields_find(&fields, names[i]);

            if (i >= n) {
                assert_null(value);
            } else {
                assert_string_equal(value, names[N - 1 - i]);
            }
        }
        qc_buffer_done(&fields.text);
    }
}

static void of_two_values_the_first_is_found(void **state)
{
    struct qc_fields fields = {.n = 0};

    (void)state;
    add(&fields, "x-tenant", "first");
    add(&fields, "x-tenant", "second");
    assert_string_equal(qc_fields_find(&fields, "x-tenant"), "first");
    qc_buffer_done(&fields.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_name_is_found_where_there_is_none),
        cmocka_unit_test(each_name_is_found_and_no_other),
        cmocka_unit_test(of_two_values_the_first_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
