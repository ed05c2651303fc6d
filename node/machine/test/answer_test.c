#include "machine/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/test/fixture.h"

enum {
    LATER_MS = 10,
    LARGE_SIZE = 16 * 1024,
};

static const struct qc_answer_limits wide = {
    .answers_max = 1000,
    .size_max = 1000000,
    .age_ms = 1000000,
};

static struct qc_request_id id_of(const struct fixture *f, const char *request)
{
    return (struct qc_request_id){
        .tenant = FIXTURE_TENANT,
        .client_id = "web",
        .request_id = request,
        .client_ts_ms = f->txn.now_ms,
        .digest = "digest of this",
    };
}

static struct qc_answer done_with(const char *response)
{
    return (struct qc_answer){
        .response = {(const uint8_t *)response, strlen(response)},
    };
}

/* What is done with a request that is new. */
static void answer_with(struct fixture *f,
                        const struct qc_request_id *id,
                        const struct qc_answer *answer)
{
    struct qc_answer stored;

    assert_false(qc_answer_claim(&f->txn, id, &stored));
    qc_answer_add(&f->txn, id, answer);
}

static void add(struct fixture *f, const char *request)
{
    struct qc_request_id id = id_of(f, request);
    struct qc_answer answer = done_with(request);

    answer_with(f, &id, &answer);
}

static void flush(struct fixture *f, const struct qc_answer_limits *limits)
{
    qc_answer_flush_within(&f->txn, limits);
    fixture_next(f, LATER_MS);
}

static bool find(struct fixture *f, const char *request, struct qc_answer *out)
{
    struct qc_request_id id = id_of(f, request);

    return qc_answer_find(&f->txn, &id, out);
}

static void assert_replayed(struct fixture *f, const char *request)
{
    struct qc_answer answer;

    assert_true(find(f, request, &answer));
    assert_true(answer.replayed);
    assert_int_equal(answer.refusal, 0);
    assert_int_equal(answer.response.size, strlen(request));
    assert_memory_equal(answer.response.data, request, strlen(request));
}

static void assert_unknown(struct fixture *f, const char *request)
{
    struct qc_answer answer;

    assert_false(find(f, request, &answer));
    assert_int_equal(f->txn.fault, 0);
}

static void the_same_request_gets_the_same_answer(void **state)
{
    struct fixture *f = *state;

    assert_unknown(f, "r1");
    add(f, "r1");
    assert_replayed(f, "r1"); /* In the same entry. */
    flush(f, &wide);
    assert_replayed(f, "r1"); /* In a later one. */
    assert_unknown(f, "r2");
    fixture_reopen(f);
    assert_replayed(f, "r1"); /* After a restart. */
}

static void a_refusal_is_an_answer_too(void **state)
{
    struct fixture *f = *state;
    struct qc_request_id id = id_of(f, "r1");
    struct qc_answer answer = {
        .refusal = QC_REFUSED_QUOTA,
        .detail = {.field = "pool.key", .text = "no more", .retry_after_ms = 7},
    };

    answer_with(f, &id, &answer);
    flush(f, &wide);
    assert_true(qc_answer_find(&f->txn, &id, &answer));
    assert_true(answer.replayed);
    assert_int_equal(answer.refusal, QC_REFUSED_QUOTA);
    assert_int_equal(answer.response.size, 0);
    assert_string_equal(answer.detail.field, "pool.key");
    assert_string_equal(answer.detail.text, "no more");
    assert_int_equal(answer.detail.retry_after_ms, 7);
}

static void another_request_under_the_same_id_is_refused(void **state)
{
    struct fixture *f = *state;
    struct qc_request_id id = id_of(f, "r1");
    struct qc_answer answer;

    add(f, "r1");
    flush(f, &wide);
    id.digest[0] ^= 1;
    assert_true(qc_answer_find(&f->txn, &id, &answer));
    assert_int_equal(answer.refusal, QC_REFUSED_IDEMPOTENCY_KEY_REUSED);
    assert_false(answer.replayed);
}

static void an_id_is_of_its_client_and_tenant(void **state)
{
    struct fixture *f = *state;
    struct qc_request_id id = id_of(f, "r1");
    struct qc_answer answer;

    add(f, "r1");
    flush(f, &wide);
    id.client_id = "app";
    assert_false(qc_answer_find(&f->txn, &id, &answer));
    id = id_of(f, "r1");
    id.tenant++;
    assert_false(qc_answer_find(&f->txn, &id, &answer));
}

static void a_clock_far_ahead_is_refused(void **state)
{
    struct fixture *f = *state;
    struct qc_request_id id = id_of(f, "r1");
    struct qc_answer answer;

    id.client_ts_ms = f->txn.now_ms + QC_CLIENT_AHEAD_MS;
    assert_false(qc_answer_find(&f->txn, &id, &answer));
    id.client_ts_ms++;
    assert_true(qc_answer_find(&f->txn, &id, &answer));
    assert_int_equal(answer.refusal, QC_REFUSED_CLIENT_CLOCK_AHEAD);
    assert_string_equal(answer.detail.text, "the log's time is 1001000");
}

/* And leaves nothing behind: what it had claimed is free again. */
static void a_request_with_a_wrong_time_claims_nothing(void **state)
{
    struct fixture *f = *state;
    struct qc_request_id id = id_of(f, "r1");
    struct qc_answer answer;

    add(f, "r0");
    id.client_ts_ms = f->txn.now_ms + QC_CLIENT_AHEAD_MS + 1;
    assert_true(qc_answer_claim(&f->txn, &id, &answer));
    assert_int_equal(answer.refusal, QC_REFUSED_CLIENT_CLOCK_AHEAD);
    assert_true(qc_answer_claim(&f->txn, &id, &answer));
    assert_int_equal(answer.refusal, QC_REFUSED_CLIENT_CLOCK_AHEAD);
    add(f, "r1");
    flush(f, &wide);
    assert_replayed(f, "r1");
    id.client_ts_ms = f->txn.now_ms;
    assert_true(qc_answer_claim(&f->txn, &id, &answer));
    assert_true(answer.replayed);
}

static void too_many_answers_push_out_the_oldest_rows(void **state)
{
    const struct qc_answer_limits three = {
        .answers_max = 3,
        .size_max = wide.size_max,
        .age_ms = wide.age_ms,
    };
    struct fixture *f = *state;

    add(f, "r1");
    add(f, "r2");
    flush(f, &three);
    add(f, "r3");
    flush(f, &three);
    assert_replayed(f, "r1");
    add(f, "r4");
    flush(f, &three);
    assert_unknown(f, "r1"); /* With the time of a new try. */
    assert_unknown(f, "r2");
    assert_replayed(f, "r3");
    assert_replayed(f, "r4");
}

static void too_large_answers_push_out_the_oldest_rows(void **state)
{
    const struct qc_answer_limits small = {
        .answers_max = wide.answers_max,
        .size_max = 300,
        .age_ms = wide.age_ms,
    };
    struct fixture *f = *state;

    add(f, "r1");
    flush(f, &small);
    add(f, "r2");
    flush(f, &small);
    assert_replayed(f, "r1");
    add(f, "r3");
    flush(f, &small);
    assert_unknown(f, "r1");
    assert_replayed(f, "r2");
}

static void old_answers_go(void **state)
{
    const struct qc_answer_limits brief = {
        .answers_max = wide.answers_max,
        .size_max = wide.size_max,
        .age_ms = LATER_MS + 1,
    };
    struct fixture *f = *state;

    add(f, "r1");
    flush(f, &brief);
    flush(f, &brief);
    assert_replayed(f, "r1");
    flush(f, &brief);
    assert_unknown(f, "r1");
}

static void what_was_pushed_out_is_not_done_twice(void **state)
{
    const struct qc_answer_limits one = {
        .answers_max = 1,
        .size_max = wide.size_max,
        .age_ms = wide.age_ms,
    };
    struct fixture *f = *state;
    struct qc_request_id first = id_of(f, "r1");
    struct qc_request_id newer;
    struct qc_answer answer;

    add(f, "r1");
    flush(f, &one);
    add(f, "r2");
    flush(f, &one);
    for (unsigned opened = 0; opened < 2; opened++) {
        assert_true(qc_answer_find(&f->txn, &first, &answer));
        assert_int_equal(answer.refusal, QC_REFUSED_REQUEST_TOO_OLD);
        assert_string_equal(answer.detail.text, "the log's time is 1001020");
        newer = first;
        newer.client_ts_ms++;
        assert_false(qc_answer_find(&f->txn, &newer, &answer));
        fixture_reopen(f);
    }
}

static void the_horizon_never_goes_back(void **state)
{
    const struct qc_answer_limits one = {
        .answers_max = 1,
        .size_max = wide.size_max,
        .age_ms = wide.age_ms,
    };
    struct fixture *f = *state;
    struct qc_request_id late = id_of(f, "r1");
    struct qc_request_id early = id_of(f, "r2");
    struct qc_answer answer = done_with("r1");

    early.client_ts_ms = late.client_ts_ms - 1000;
    answer_with(f, &late, &answer);
    flush(f, &one);
    answer_with(f, &early, &answer);
    flush(f, &one);
    add(f, "r3");
    flush(f, &one);
    assert_true(qc_answer_find(&f->txn, &late, &answer));
    assert_int_equal(answer.refusal, QC_REFUSED_REQUEST_TOO_OLD);
}

static void an_idle_entry_writes_no_row(void **state)
{
    struct fixture *f = *state;
    unsigned writes = qc_mem_store_writes(f->mem);

    qc_answer_flush(&f->txn);
    assert_int_equal(qc_mem_store_writes(f->mem), writes);
}

/* Or an entry could need more than there is, on every node alike. */
static void many_rows_are_evicted_in_the_memory_of_one(void **state)
{
    static const struct qc_answer_limits none = {.age_ms = 1000000};
    static char response[LARGE_SIZE];
    struct fixture *f = *state;
    struct qc_answer answer = {
        .response = {(const uint8_t *)response, sizeof(response)},
    };
    struct qc_arena *all = f->txn.arena;
    struct qc_arena small;

    for (char request[] = "a"; request[0] < 'z'; request[0]++) {
        struct qc_request_id id = id_of(f, request);

        answer_with(f, &id, &answer);
        flush(f, &wide);
    }
    qc_arena_init(&small, 4 * sizeof(response));
    f->txn.arena = &small;
    qc_answer_flush_within(&f->txn, &none);
    f->txn.arena = all;
    qc_arena_done(&small);
    assert_int_equal(f->txn.fault, 0);
    assert_int_equal(f->txn.n_evicted, 'z' - 'a');
}

static void what_an_entry_was_answered_can_be_read_until_it_is_evicted(
    void **state)
{
    static const struct qc_answer_limits one = {
        .answers_max = 1,
        .size_max = 1000000,
        .age_ms = 1000000,
    };
    struct fixture *f = *state;
    uint64_t first = f->txn.log_index;
    int64_t at_ms = f->txn.now_ms;
    const Qc__State__AnswersRow *row;

    add(f, "r1");
    flush(f, &one);
    row = qc_answers_of(&f->txn, first);
    assert_non_null(row);
    assert_int_equal(row->n_answers, 1);
    assert_string_equal(row->answers[0]->request_id, "r1");
    assert_null(qc_answers_of(&f->txn, first + 1));
    assert_false(qc_answers_may_be_evicted(&f->txn, first + 1, at_ms));

    add(f, "r2");
    flush(f, &one);
    assert_null(qc_answers_of(&f->txn, first));
    assert_true(qc_answers_may_be_evicted(&f->txn, first, at_ms));
    /* What came after the oldest that is left has not lost any. */
    assert_false(qc_answers_may_be_evicted(&f->txn, first + 2, f->txn.now_ms));
}

static void when_all_were_evicted_for_their_age_younger_ones_were_not(
    void **state)
{
    static const struct qc_answer_limits short_lived = {
        .answers_max = 1000,
        .size_max = 1000000,
        .age_ms = 1,
    };
    struct fixture *f = *state;
    uint64_t first = f->txn.log_index;
    int64_t at_ms = f->txn.now_ms;

    add(f, "r1");
    flush(f, &wide);
    fixture_next(f, QC_ANSWER_AGE_MS);
    flush(f, &short_lived);
    assert_null(qc_answers_of(&f->txn, first));
    assert_true(qc_answers_may_be_evicted(&f->txn, first, at_ms));
    assert_false(qc_answers_may_be_evicted(&f->txn, first + 1, f->txn.now_ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(the_same_request_gets_the_same_answer),
        TEST(a_refusal_is_an_answer_too),
        TEST(another_request_under_the_same_id_is_refused),
        TEST(an_id_is_of_its_client_and_tenant),
        TEST(a_clock_far_ahead_is_refused),
        TEST(a_request_with_a_wrong_time_claims_nothing),
        TEST(too_many_answers_push_out_the_oldest_rows),
        TEST(too_large_answers_push_out_the_oldest_rows),
        TEST(old_answers_go),
        TEST(what_was_pushed_out_is_not_done_twice),
        TEST(the_horizon_never_goes_back),
        TEST(an_idle_entry_writes_no_row),
        TEST(many_rows_are_evicted_in_the_memory_of_one),
        TEST(what_an_entry_was_answered_can_be_read_until_it_is_evicted),
        TEST(when_all_were_evicted_for_their_age_younger_ones_were_not),
#undef TEST
    };

    return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
