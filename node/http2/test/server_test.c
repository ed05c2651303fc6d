/* Calls that go well, and errors that are told, by our client. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "http2/test/echo.h"

static void a_unary_call_is_answered(void **state)
{
    struct echo echo;
    struct reply reply;

    (void)state;
    echo_open(&echo, NULL);
    echo_call(&echo, "/test.Echo/Unary", 100, 2000, &reply);
    assert_int_equal(reply.status, QC_STATUS_OK);
    assert_string_equal(reply.metadata, "well");
    assert_true(reply.sent);
    assert_true(echo.remaining_ms > 1000 && echo.remaining_ms <= 2000);
    reply_done(&reply);
    echo_close(&echo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unary_call_is_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
