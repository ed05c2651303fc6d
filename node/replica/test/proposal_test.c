#include "replica/proposal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "replica/exchange.h"
#include "replica/test/fake_machine.h"

enum {
    SMALL_SIZE = 30 * 1024,
    SEED = 100, /* The first request is number 51. */
    FIRST = SEED / 2 + 1,
};

struct fixture {
    struct qc_proposals proposals;
    struct qc_batch batch;
    unsigned n_ended;
    enum qc_outcome last;
    struct qc_proposal *to_forget; /* By the first who is told. */
};

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){.n_ended = 0};
    qc_proposals_init(&f.proposals, SEED);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    qc_proposals_done(&f->proposals);
    assert_int_equal(f->proposals.n, 0);
    assert_int_equal(f->proposals.size, 0);
    return 0;
}

static void done(void *ctx, const struct qc_proposal_result *result)
{
    struct fixture *f = ctx;

    f->n_ended++;
    f->last = result->outcome;
    if (f->to_forget != NULL) {
        qc_proposal_forget(f->to_forget);
        f->to_forget = NULL;
    }
}

static struct qc_proposal *propose(struct fixture *f,
                                   unsigned number,
                                   uint32_t tenant,
                                   int64_t deadline_ms)
{
    struct qc_command command;
    char text[16];

    qc_fake_command(number, tenant, text, &command);
    return qc_proposals_add(&f->proposals, &command, deadline_ms, done, f);
}

static void take_and_send(struct fixture *f, int64_t now_ms)
{
    qc_proposals_take(&f->proposals, true, &f->batch);
    qc_proposals_sent(&f->proposals, &f->batch, now_ms);
}

static void answer(struct fixture *f, unsigned number, uint32_t tenant)
{
    const struct qc_answer yes = {.refusal = 0};
    struct qc_command command;
    char text[16];

    qc_fake_command(number, tenant, text, &command);
    qc_proposals_answer(&f->proposals, &command, &yes, 5);
}

static void answer_stored(struct fixture *f, unsigned number)
{
    const struct qc_answer again = {.replayed = true};
    struct qc_command command;
    char text[16];

    qc_fake_command(number, 1, text, &command);
    qc_proposals_answer(&f->proposals, &command, &again, 6);
}

static void it_is_counted_how_each_caller_here_was_told(void **state)
{
    struct fixture *f = *state;
    struct qc_command command;
    char text[16];

    qc_fake_command(9, 1, text, &command);
    assert_int_equal(
        qc_proposals_add_forwarded(&f->proposals, 2, 1, &command, 100), 0);
    assert_non_null(propose(f, 1, 1, 100));
    assert_non_null(propose(f, 2, 1, 100));
    assert_non_null(propose(f, 2, 1, 100));
    assert_non_null(propose(f, 3, 1, 50));
    take_and_send(f, 0);
    assert_non_null(propose(f, 4, 1, 50));
    answer(f, 1, 1);
    answer_stored(f, 2);
    answer_stored(f, 9); /* Its caller is on another node. */
    qc_proposals_expire(&f->proposals, 50, false);

    qc_proposal_forget(propose(f, 5, 1, 100));

    assert_int_equal(f->n_ended, 5);
    assert_int_equal(f->proposals.n_forgotten, 1);
    assert_int_equal(f->proposals.n_ended[QC_OUTCOME_APPLIED], 3);
    assert_int_equal(f->proposals.n_replayed, 2);
    assert_int_equal(f->proposals.n_ended[QC_OUTCOME_UNKNOWN], 1);
    assert_int_equal(f->proposals.n_ended[QC_OUTCOME_NO_LEADER], 1);
}

static void tenants_are_served_by_turns(void **state)
{
    static const uint32_t expected[] = {1, 2, 3, 1, 3, 1, 1};
    struct fixture *f = *state;

    for (unsigned number = 1; number <= 4; number++) {
        assert_non_null(propose(f, number, 1, 100));
    }
    assert_non_null(propose(f, 5, 3, 100));
    assert_non_null(propose(f, 6, 3, 100));
    assert_non_null(propose(f, 7, 2, 100));
    qc_proposals_take(&f->proposals, true, &f->batch);

    assert_int_equal(f->batch.n, 7);
    for (size_t i = 0; i < f->batch.n; i++) {
        assert_int_equal(f->batch.requests[i]->command.tenant, expected[i]);
    }
    assert_string_equal(f->batch.requests[0]->command.request_id, "1");
    assert_string_equal(f->batch.requests[6]->command.request_id, "4");
    qc_proposals_sent(&f->proposals, &f->batch, 0);
}

static void what_comes_back_keeps_its_order(void **state)
{
    struct fixture *f = *state;

    for (unsigned number = 1; number <= 3; number++) {
        assert_non_null(propose(f, number, 1, 100));
    }
    take_and_send(f, 0);
    assert_non_null(propose(f, 4, 1, 100));
    assert_int_equal(qc_proposals_resend(&f->proposals, INT64_MAX), 0);
    qc_proposals_take(&f->proposals, true, &f->batch);
    assert_int_equal(qc_proposals_return(&f->proposals, &f->batch), 0);
    qc_proposals_take(&f->proposals, true, &f->batch);

    assert_int_equal(f->batch.n, 4);
    for (size_t i = 0; i < f->batch.n; i++) {
        assert_int_equal(f->batch.requests[i]->command.request_id[0] - '1', i);
    }
    qc_proposals_sent(&f->proposals, &f->batch, 0);
}

static void a_batch_is_no_larger_than_an_entry(void **state)
{
    static uint8_t body[QC_ENTRY_SIZE_MAX / 2];
    struct fixture *f = *state;
    struct qc_command command;
    char text[16];

    for (unsigned number = 1; number <= 3; number++) {
        qc_fake_command(number, 1, text, &command);
        command.body =
            (struct qc_bytes){body, number == 2 ? sizeof(body) : SMALL_SIZE};
        assert_non_null(
            qc_proposals_add(&f->proposals, &command, 100, done, f));
    }
    command.request_id = "large";
    command.body = (struct qc_bytes){body, sizeof(body)};
    assert_non_null(qc_proposals_add(&f->proposals, &command, 100, done, f));

    qc_proposals_take(&f->proposals, true, &f->batch);
    assert_int_equal(f->batch.n, 3);
    qc_proposals_sent(&f->proposals, &f->batch, 0);
    qc_proposals_take(&f->proposals, true, &f->batch);
    assert_int_equal(f->batch.n, 1);
    qc_proposals_sent(&f->proposals, &f->batch, 0);
}

static void the_same_command_is_sent_once_and_answered_to_all(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 3; i++) {
        assert_non_null(propose(f, 1, 1, 100));
    }
    take_and_send(f, 0);
    assert_int_equal(f->batch.n, 1);
    answer(f, 1, 1);
    assert_int_equal(f->n_ended, 3);
    answer(f, 1, 1);

    assert_int_equal(f->n_ended, 3);
    assert_int_equal(f->last, QC_OUTCOME_APPLIED);
}

/* One id with two digests is two requests: each has an answer of its own. */
static void another_digest_is_another_request(void **state)
{
    struct fixture *f = *state;
    struct qc_command command;
    char text[16];

    qc_fake_command(1, 1, text, &command);
    command.digest[3] = 9;
    assert_non_null(propose(f, 1, 1, 100));
    assert_non_null(qc_proposals_add(&f->proposals, &command, 100, done, f));
    take_and_send(f, 0);

    assert_int_equal(f->batch.n, 2);
    answer(f, 1, 1);
    assert_int_equal(f->n_ended, 1);
}

static void who_is_told_may_forget_another(void **state)
{
    struct fixture *f = *state;

    assert_non_null(propose(f, 1, 1, 100));
    f->to_forget = propose(f, 1, 1, 100);
    assert_non_null(f->to_forget);
    take_and_send(f, 0);
    answer(f, 1, 1);

    assert_int_equal(f->n_ended, 1);
}

static void a_forgotten_proposal_is_not_sent(void **state)
{
    struct fixture *f = *state;
    struct qc_proposal *proposal = propose(f, 1, 1, 100);

    qc_proposal_forget(proposal);
    take_and_send(f, 0);

    assert_int_equal(f->batch.n, 0);
    assert_false(qc_proposals_is_waiting(&f->proposals));
}

static void only_what_was_never_sent_is_known_not_to_be_done(void **state)
{
    struct fixture *f = *state;

    assert_non_null(propose(f, 1, 1, 100));
    qc_proposals_expire(&f->proposals, 100, false);
    assert_int_equal(f->last, QC_OUTCOME_NO_LEADER);

    assert_non_null(propose(f, 2, 1, 200));
    qc_proposals_expire(&f->proposals, 200, true);
    assert_int_equal(f->last, QC_OUTCOME_EXPIRED);

    assert_non_null(propose(f, 3, 1, 300));
    take_and_send(f, 250);
    assert_int_equal(qc_proposals_resend(&f->proposals, INT64_MAX), 0);
    qc_proposals_expire(&f->proposals, 300, true);
    assert_int_equal(f->last, QC_OUTCOME_UNKNOWN);
    assert_int_equal(f->n_ended, 3);
}

static void what_every_leader_dropped_is_known_not_to_be_done(void **state)
{
    struct fixture *f = *state;
    struct qc_command command;
    char text[16];

    qc_fake_command(1, 1, text, &command);
    assert_non_null(propose(f, 1, 1, 100));
    take_and_send(f, 0);
    assert_int_equal(qc_proposals_resend(&f->proposals, INT64_MAX), 0);
    take_and_send(f, 0);
    qc_proposals_not_appended(&f->proposals, &command, FIRST, QC_DROP_EXPIRED);
    assert_int_equal(f->n_ended, 0); /* The other may have been appended. */
    qc_proposals_not_appended(&f->proposals, &command, FIRST, QC_DROP_EXPIRED);

    assert_int_equal(f->n_ended, 1);
    assert_int_equal(f->last, QC_OUTCOME_EXPIRED);
}

/* A caller that gave up, and asks again, is a request of its own: that the
 * leader has dropped the first one says nothing of the second. */
static void what_was_dropped_of_an_earlier_request_says_nothing(void **state)
{
    struct fixture *f = *state;
    struct qc_command command;
    struct qc_proposal *first;
    char text[16];

    qc_fake_command(1, 1, text, &command);
    first = propose(f, 1, 1, 100);
    take_and_send(f, 0);
    qc_proposal_forget(first);
    assert_non_null(propose(f, 1, 1, 200));
    take_and_send(f, 0);
    qc_proposals_not_appended(&f->proposals, &command, FIRST, QC_DROP_EXPIRED);
    assert_int_equal(f->n_ended, 0);
    qc_proposals_not_appended(&f->proposals, &command, FIRST + 1,
                              QC_DROP_EXPIRED);

    assert_int_equal(f->n_ended, 1);
    assert_int_equal(f->last, QC_OUTCOME_EXPIRED);
}

static void what_was_forwarded_is_dropped_when_it_expires_or_leadership_ends(
    void **state)
{
    struct fixture *f = *state;
    struct qc_command command;
    char text[16];

    for (unsigned number = 1; number <= 2; number++) {
        qc_fake_command(number, 1, text, &command);
        assert_int_equal(qc_proposals_add_forwarded(&f->proposals, 2, 7,
                                                    &command,
                                                    (int64_t)100 * number),
                         0);
    }
    qc_proposals_expire(&f->proposals, 100, true);
    assert_non_null(TAILQ_FIRST(&f->proposals.dropped));
    assert_int_equal(TAILQ_FIRST(&f->proposals.dropped)->drop, QC_DROP_EXPIRED);
    qc_proposals_take(&f->proposals, false, &f->batch);

    assert_int_equal(f->batch.n, 0);
    assert_int_equal(TAILQ_LAST(&f->proposals.dropped, qc_request_list)->drop,
                     QC_DROP_TURNED_AWAY);
    assert_int_equal(f->proposals.n, 0);
}

static void what_is_of_a_newer_release_is_not_appended(void **state)
{
    struct fixture *f = *state;
    struct qc_command command;
    char text[16];

    qc_fake_command(1, 1, text, &command);
    command.id = UINT32_MAX;
    assert_int_equal(
        qc_proposals_add_forwarded(&f->proposals, 2, 7, &command, 100), 0);
    assert_non_null(TAILQ_FIRST(&f->proposals.dropped));
    qc_proposals_take(&f->proposals, true, &f->batch);
    assert_int_equal(f->batch.n, 0);
    assert_int_equal(f->proposals.n, 0);
}

static void what_no_entry_can_hold_is_not_sound(void **state)
{
    static uint8_t body[QC_COMMAND_BODY_SIZE_MAX + 1];
    Qc__Peer__ForwardedCommand forwarded = QC__PEER__FORWARDED_COMMAND__INIT;
    uint8_t digest[QC_DIGEST_SIZE] = {0};
    struct qc_command command;

    (void)state;
    forwarded.digest = (ProtobufCBinaryData){sizeof(digest), digest};
    forwarded.body = (ProtobufCBinaryData){sizeof(body) - 1, body};
    assert_true(qc_exchange_read_command(&forwarded, &command));
    forwarded.body.len = sizeof(body);
    assert_false(qc_exchange_read_command(&forwarded, &command));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(it_is_counted_how_each_caller_here_was_told),
        TEST(tenants_are_served_by_turns),
        TEST(what_comes_back_keeps_its_order),
        TEST(a_batch_is_no_larger_than_an_entry),
        TEST(the_same_command_is_sent_once_and_answered_to_all),
        TEST(another_digest_is_another_request),
        TEST(who_is_told_may_forget_another),
        TEST(a_forgotten_proposal_is_not_sent),
        TEST(only_what_was_never_sent_is_known_not_to_be_done),
        TEST(what_every_leader_dropped_is_known_not_to_be_done),
        TEST(what_was_dropped_of_an_earlier_request_says_nothing),
        TEST(what_was_forwarded_is_dropped_when_it_expires_or_leadership_ends),
        TEST(what_is_of_a_newer_release_is_not_appended),
        TEST(what_no_entry_can_hold_is_not_sound),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
