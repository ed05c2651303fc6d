/* What one node takes from another for a command. */
#include "replica/exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum {
    TOO_LONG = QC_PRINCIPAL_TEXT_SIZE_MAX + 1,
};

static bool is_read(const char *principal,
                    const char *client_id,
                    const char *request_id)
{
    Qc__Peer__ForwardedCommand forwarded = QC__PEER__FORWARDED_COMMAND__INIT;
    uint8_t digest[QC_DIGEST_SIZE] = {0};
    struct qc_command command;

    forwarded.digest = (ProtobufCBinaryData){sizeof(digest), digest};
    forwarded.principal = principal;
    forwarded.client_id = client_id;
    forwarded.request_id = request_id;
    return qc_exchange_read_command(&forwarded, &command);
}

static void names_are_as_long_as_an_entry_holds(void **state)
{
    char text[TOO_LONG + 1] = "/";
    const char *principal = text + TOO_LONG - QC_PRINCIPAL_TEXT_SIZE_MAX;
    const char *id = text + TOO_LONG - QC_ID_TEXT_SIZE_MAX;

    (void)state;
    memset(text + 1, 'a', TOO_LONG - 1);
    assert_true(is_read(principal, id, id));
    assert_false(is_read(text, id, id));
    assert_false(is_read(principal, id - 1, id));
    assert_false(is_read(principal, id, id - 1));
}

static void names_are_text(void **state)
{
    (void)state;
    assert_true(is_read("ann", "c", "r"));
    assert_false(is_read("ann\xff", "c", "r"));
    assert_false(is_read("ann", "c", "\xc3"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_as_long_as_an_entry_holds),
        cmocka_unit_test(names_are_text),
    };

    return cmocka_run_group_tests_name("exchange", tests, NULL, NULL);
}
