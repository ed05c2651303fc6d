#include "machine/queue_stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "machine/last_hour.h"
#include "machine/test/fixture.h"

#define VOICE QC__V1__MEDIA__MEDIA_VOICE
#define CHAT  QC__V1__MEDIA__MEDIA_CHAT

static int64_t minutes(int64_t n)
{
    return n * 60 * 1000;
}

static void what_was_more_than_an_hour_ago_does_not_count(void **state)
{
    struct fixture *f = *state;
    struct qc_txn *txn = &f->txn;
    struct qc_last_hour hour = {0};

    txn->now_ms = 100 * (int64_t)QC_HOUR_MS;
    assert_int_equal(qc_last_hour_sum(txn, &hour), 0);
    qc_last_hour_add(txn, &hour, txn->now_ms - minutes(7));
    qc_last_hour_add(txn, &hour, txn->now_ms - minutes(2));
    assert_int_equal(qc_last_hour_sum(txn, &hour), minutes(9));

    /* Slot by slot they leave. */
    txn->now_ms += minutes(45);
    assert_int_equal(qc_last_hour_sum(txn, &hour), minutes(9));
    txn->now_ms += minutes(5);
    assert_int_equal(qc_last_hour_sum(txn, &hour), minutes(7));
    txn->now_ms += minutes(5);
    assert_int_equal(qc_last_hour_sum(txn, &hour), 0);

    /* Nothing is older than the hour, however long it took. */
    qc_last_hour_add(txn, &hour, 0);
    assert_int_equal(qc_last_hour_sum(txn, &hour), minutes(55));
    txn->now_ms += 1000 * (int64_t)QC_HOUR_MS;
    assert_int_equal(qc_last_hour_sum(txn, &hour), 0);
    qc_last_hour_add(txn, &hour, txn->now_ms - 1);
    txn->now_ms += 1;
    qc_last_hour_add(txn, &hour, txn->now_ms - 1);
    assert_int_equal(qc_last_hour_sum(txn, &hour), 2);
}

static void the_last_sixty_four_are_remembered_for_each_medium(void **state)
{
    struct fixture *f = *state;
    const Qc__State__QueueStatsRow *row;

    assert_null(qc_queue_stats_get(&f->txn, "sales", VOICE));
    for (uint32_t i = 1; i <= QC_HANDLES_MAX + 3; i++) {
        qc_queue_stats_handled(&f->txn, "sales", CHAT,
                               f->txn.now_ms - (int64_t)i, i);
    }
    qc_queue_stats_handled(&f->txn, "sales", CHAT,
                           f->txn.now_ms - 2 * (int64_t)QC_DAY_MS, 1);
    assert_null(qc_queue_stats_get(&f->txn, "sales", VOICE));
    assert_null(qc_queue_stats_get(&f->txn, "support", CHAT));
    row = qc_queue_stats_get(&f->txn, "sales", CHAT);
    assert_non_null(row);
    assert_int_equal(row->n_handle_ms, QC_HANDLES_MAX);
    assert_int_equal(row->n_at_once, QC_HANDLES_MAX);
    assert_int_equal(row->handle_ms[0], 5);
    assert_int_equal(row->at_once[0], 5);
    assert_int_equal(row->handle_ms[QC_HANDLES_MAX - 2], QC_HANDLES_MAX + 3);
    assert_int_equal(row->handle_ms[QC_HANDLES_MAX - 1], QC_DAY_MS);
}

static void what_was_waited_fades(void **state)
{
    struct fixture *f = *state;
    const Qc__State__QueueStatsRow *row;

    qc_queue_stats_answered(&f->txn, "sales", VOICE, 1000, 2000);
    row = qc_queue_stats_get(&f->txn, "sales", VOICE);
    assert_int_equal(row->waited_ms, 60000 * 63 / 64 + 1000);
    assert_int_equal(row->estimated_ms, 60000 * 63 / 64 + 2000);
    qc_queue_stats_answered(&f->txn, "sales", VOICE, INT64_MAX, 0);
    row = qc_queue_stats_get(&f->txn, "sales", VOICE);
    assert_int_equal(row->waited_ms, 60062 * 63 / 64 + QC_DAY_MS);

    /* Neither is ever 0. */
    for (unsigned i = 0; i < 2000; i++) {
        qc_queue_stats_answered(&f->txn, "sales", VOICE, 0, 0);
    }
    row = qc_queue_stats_get(&f->txn, "sales", VOICE);
    assert_int_equal(row->waited_ms, 1);
    assert_int_equal(row->estimated_ms, 1);
}

static void nobody_was_asked_before_the_first(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(qc_queue_stats_asked_last(&f->txn, "sales", VOICE),
                     UINT32_MAX);
    qc_queue_stats_answered(&f->txn, "sales", VOICE, 1, 1);
    assert_int_equal(qc_queue_stats_asked_last(&f->txn, "sales", VOICE),
                     UINT32_MAX);
    qc_queue_stats_ask(&f->txn, "sales", VOICE, 0);
    assert_int_equal(qc_queue_stats_asked_last(&f->txn, "sales", VOICE), 0);
    assert_int_equal(qc_queue_stats_asked_last(&f->txn, "sales", CHAT),
                     UINT32_MAX);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_more_than_an_hour_ago_does_not_count),
        TEST(the_last_sixty_four_are_remembered_for_each_medium),
        TEST(what_was_waited_fades),
        TEST(nobody_was_asked_before_the_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
