/* Callers cannot take the files that a node needs to go on. */
#include "daemon/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>

#include <cmocka.h>

static void the_limit_is_raised_as_far_as_it_may(void **state)
{
    struct rlimit limit;
    struct rlimit low;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = (struct rlimit){.rlim_cur = 64, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    assert_int_equal(qc_files_raise(), limit.rlim_max);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &low), 0);
    assert_int_equal(low.rlim_cur, limit.rlim_max);
}

static void connections_leave_half_of_the_files(void **state)
{
    (void)state;
    assert_int_equal(qc_files_connections(1024, 10000), 512);
    assert_int_equal(qc_files_connections(20000, 10000), 10000);
    assert_int_equal(qc_files_connections(19998, 10000), 9999);
    assert_int_equal(qc_files_connections(UINT64_MAX, 10000), 10000);
    assert_int_equal(qc_files_connections(1, 10000), 1);
    assert_int_equal(qc_files_connections(0, 10000), 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limit_is_raised_as_far_as_it_may),
        cmocka_unit_test(connections_leave_half_of_the_files),
    };

    return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
