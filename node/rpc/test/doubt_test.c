/* Doubts: who was refused a moment ago. */
#include "rpc/doubt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    NOW_MS = 1000000,
};

static const uint8_t secret[QC_SIPHASH_KEY_SIZE] = "0123456789abcde";

static uint64_t tag(const struct qc_doubts *doubts, const char *text)
{
    return qc_doubt_tag(doubts, (struct qc_bytes){(const uint8_t *)text, 3});
}

static void a_refusal_counts_for_a_second(void **state)
{
    struct qc_doubts *doubts = qc_doubts_new(secret);
    uint64_t ann = tag(doubts, "ann");

    (void)state;
    assert_false(qc_doubts_were_refused(doubts, ann, NOW_MS));
    qc_doubts_refused(doubts, ann, NOW_MS);
    assert_true(qc_doubts_were_refused(doubts, ann, NOW_MS + QC_DOUBT_MS - 1));
    assert_false(qc_doubts_were_refused(doubts, ann, NOW_MS + QC_DOUBT_MS));
    assert_false(qc_doubts_were_refused(doubts, tag(doubts, "bob"), NOW_MS));
    qc_doubts_free(doubts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_counts_for_a_second),
    };

    return cmocka_run_group_tests_name("doubt", tests, NULL, NULL);
}
