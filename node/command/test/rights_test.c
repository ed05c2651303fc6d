/*
 * Who may call what: docs/rights.md says what the table says. That nodes keep
 * to it is tried over the wire (cluster-tests/process/rights_test.py).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "command/table.h"
#include "quorumcall/v1/principal.pb-c.h"

static const char PATH[] = "docs/rights.md";

enum {
    PAGE_SIZE = 64 * 1024,
    N_ROLES = QC__V1__ROLE__ROLE_OPERATOR,
};

static void write_head(FILE *out)
{
    fputs("# Who may call what\n"
          "\n"
          "Made from `proto/command.def` by `node/command/test/rights_test` "
          "(with `QC_BLESS=1`). Roles are told of in\n"
          "[operating.md](operating.md). An **x** is a principal with this "
          "role, of the tenant, or of the cluster where it\n"
          "names the tenant; an **o** one of the cluster, where no tenant is "
          "named. What nobody may call is what nodes say by\n"
          "themselves.\n"
          "\n"
          "| Method |",
          out);
    for (unsigned role = 1; role <= N_ROLES; role++) {
        fprintf(out, " %s |",
                protobuf_c_enum_descriptor_get_value(&qc__v1__role__descriptor,
                                                     (int)role)
                        ->name +
                    strlen("ROLE_"));
    }
    fputs("\n| --- |", out);
    for (unsigned role = 1; role <= N_ROLES; role++) {
        fputs(" --- |", out);
    }
    fputc('\n', out);
}

static void write_row(FILE *out, const struct qc_method *method)
{
    uint32_t of_tenant = method->cluster ? 0 : qc_method_callers(method, 1);
    uint32_t of_cluster =
        method->cluster || method->either ? qc_method_callers(method, 0) : 0;

    fprintf(out, "| %s/%s |", method->service, method->name);
    for (unsigned role = 1; role <= N_ROLES; role++) {
        uint32_t bit = UINT32_C(1) << (role - 1);

        fprintf(out, "%s%s |", (of_tenant & bit) != 0 ? " x" : "",
                (of_cluster & bit) != 0 ? " o" : "");
    }
    fputc('\n', out);
}

static void the_page_says_what_the_table_says(void **state)
{
    static char is[PAGE_SIZE];
    static char says[PAGE_SIZE];
    bool bless = getenv("QC_BLESS") != NULL;
    size_t n;
    const struct qc_method *methods = qc_methods(&n);
    FILE *out = fmemopen(is, sizeof(is) - 1, "w");
    FILE *page = fopen(PATH, bless ? "w+" : "r");

    (void)state;
    assert_non_null(out);
    assert_non_null(page);
    write_head(out);
    for (size_t i = 0; i < n; i++) {
        write_row(out, &methods[i]);
    }
    assert_int_equal(fclose(out), 0);
    if (bless) {
        fputs(is, page);
        rewind(page);
    }
    says[fread(says, 1, sizeof(says) - 1, page)] = '\0';
    assert_int_equal(fclose(page), 0);
    assert_string_equal(says, is);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_says_what_the_table_says),
    };

    return cmocka_run_group_tests_name("rights", tests, NULL, NULL);
}
