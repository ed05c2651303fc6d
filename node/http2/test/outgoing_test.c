/* What a request of ours takes of what a server says. */
#include "http2/outgoing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void a_reply_has_so_many_headers_and_no_more(void **state)
{
    static uint8_t text[32 * 1024];
    const struct qc_bytes name = {(const uint8_t *)"a", 1};
    struct qc_http2_request *request =
        qc_outgoing_new("/a.B/C", QC_CALL_PROTOBUF, NULL, NULL);

    (void)state;
    memset(text, 'x', sizeof(text));
    assert_non_null(request);
    assert_false(qc_outgoing_header(request, name,
                                    (struct qc_bytes){text, sizeof(text)}));
    assert_true(qc_outgoing_header(request, name,
                                   (struct qc_bytes){text, sizeof(text) - 3}));
    for (size_t size = 0; size < sizeof(text); size += 1000) {
        assert_false(
            qc_outgoing_header(request, name, (struct qc_bytes){text, size}));
    }
    qc_outgoing_free(request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_has_so_many_headers_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
