/* Prometheus' text format. */
#include "daemon/exposition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_metric_has_its_kind_its_help_and_its_samples(void **state)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    assert_non_null(out);
    qc_expose_one(out, QC_COUNTER, "a_total", "Things.", 3);
    qc_expose_one_us(out, QC_GAUGE, "b_seconds", "Time.", 1500042);
    fclose(out);
    assert_string_equal(text, "# HELP quorumcall_a_total Things.\n"
                              "# TYPE quorumcall_a_total counter\n"
                              "quorumcall_a_total 3\n"
                              "# HELP quorumcall_b_seconds Time.\n"
                              "# TYPE quorumcall_b_seconds gauge\n"
                              "quorumcall_b_seconds 1.500042\n");
    free(text);
}

static void buckets_of_a_histogram_hold_those_below(void **state)
{
    static struct qc_histogram histogram;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    assert_non_null(out);
    qc_histogram_add(&histogram, 64);
    qc_histogram_add(&histogram, 65);
    qc_histogram_add(&histogram, UINT64_C(20000000));
    qc_expose_histogram(out, "h", "m=\"x\"", &histogram, 6);
    fclose(out);
    assert_string_equal(text,
                        "quorumcall_h_bucket{m=\"x\",le=\"0.000064\"} 1\n"
                        "quorumcall_h_bucket{m=\"x\",le=\"0.004096\"} 2\n"
                        "quorumcall_h_bucket{m=\"x\",le=\"0.262144\"} 2\n"
                        "quorumcall_h_bucket{m=\"x\",le=\"16.777216\"} 2\n"
                        "quorumcall_h_bucket{m=\"x\",le=\"+Inf\"} 3\n"
                        "quorumcall_h_sum{m=\"x\"} 20.000129\n"
                        "quorumcall_h_count{m=\"x\"} 3\n");
    free(text);
}

static void a_label_cannot_end_itself(void **state)
{
    char label[16];

    (void)state;
    assert_string_equal(qc_label(label, sizeof(label), "a", "b\"c\\d\ne"),
                        "a=\"b\\\"c\\\\d\\ne\"");
    for (size_t size = 8; size <= sizeof(label); size++) {
        size_t n = strlen(qc_label(label, size, "a", "\"\"\"\"\"\"\"\"\"\""));

        assert_true(n < size);
        assert_int_equal(label[n - 1], '"');
        /* Of what is escaped, no half is left. */
        assert_int_equal(n % 2, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_metric_has_its_kind_its_help_and_its_samples),
        cmocka_unit_test(buckets_of_a_histogram_hold_those_below),
        cmocka_unit_test(a_label_cannot_end_itself),
    };

    return cmocka_run_group_tests_name("exposition", tests, NULL, NULL);
}
