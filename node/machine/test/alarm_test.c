#include "machine/alarm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "machine/test/fixture.h"

#define NOSPACE QC__V1__ALARM_KIND__ALARM_KIND_NOSPACE
#define DIFFERS QC__V1__ALARM_KIND__ALARM_KIND_STATE_DIFFERS

enum {
    ADDRESS_SIZE = 16,
    AT_INDEX = 7,
};

/* Nodes 1 to |n|, the first |voters| of them voters. */
static void configure(struct fixture *f, unsigned n, unsigned voters)
{
    struct qc_member members[QC_MEMBERS_MAX];
    char addresses[QC_MEMBERS_MAX][ADDRESS_SIZE];

    for (unsigned i = 0; i < n; i++) {
        snprintf(addresses[i], ADDRESS_SIZE, "n%u:1", i + 1);
        members[i] = (struct qc_member){i + 1, addresses[i], i < voters};
    }
    qc_member_configure(&f->txn, members, n);
    fixture_next(f, 0);
}

/* Compares: node 1 says the first letter of |said|, and so on; "." says
 * nothing. Gives those who differ, as digits. */
static const char *compare(struct fixture *f, const char *said)
{
    static char text[QC_MEMBERS_MAX + 1];
    struct qc_node_hash hashes[QC_MEMBERS_MAX];
    uint64_t differing[QC_MEMBERS_MAX];
    size_t n_differing;
    size_t n = 0;

    for (size_t i = 0; said[i] != '\0'; i++) {
        if (said[i] != '.') {
            hashes[n].node_id = i + 1;
            memset(hashes[n++].hash, said[i], QC_HASH_SIZE);
        }
    }
    n_differing = qc_alarm_compare(&f->txn, AT_INDEX, hashes, n, differing);
    for (size_t i = 0; i < n_differing; i++) {
        assert_true(qc_alarm_differs(&f->txn, differing[i], NULL));
        text[i] = (char)('0' + differing[i]);
    }
    text[n_differing] = '\0';
    fixture_next(f, 0);
    return text;
}

static void who_differs_from_the_majority_is_named(void **state)
{
    struct fixture *f = *state;
    uint64_t at_index = 0;

    configure(f, 3, 3);
    assert_string_equal(compare(f, "aaa"), "");
    assert_string_equal(compare(f, "aab"), "3");
    assert_true(qc_alarm_differs(&f->txn, 3, &at_index));
    assert_int_equal(at_index, AT_INDEX);
    assert_false(qc_alarm_differs(&f->txn, 1, NULL));
    assert_string_equal(compare(f, "baa"), "1"); /* The order is no matter. */
}

static void a_majority_is_of_all_voters_not_of_those_who_answered(void **state)
{
    struct fixture *f = *state;

    configure(f, 5, 5);
    assert_string_equal(compare(f, "aab.."), "");
    assert_string_equal(compare(f, "aabb."), "");
    assert_string_equal(compare(f, "aabbc"), "");
    assert_string_equal(compare(f, "aaabb"), "45");
}

static void a_standby_is_judged_and_does_not_judge(void **state)
{
    struct fixture *f = *state;

    configure(f, 5, 3);
    assert_string_equal(compare(f, "a.baa"), "");
    assert_string_equal(compare(f, "aaabb"), "45");
}

static void strangers_count_for_nothing(void **state)
{
    struct fixture *f = *state;

    configure(f, 3, 3);
    assert_string_equal(compare(f, "a.bab"), "");
    assert_string_equal(compare(f, "aaabb"), "");
}

static void of_a_node_that_says_two_the_first_counts(void **state)
{
    struct qc_node_hash hashes[] = {{1, "a"}, {1, "b"}, {2, "b"}, {2, "a"}};
    struct fixture *f = *state;
    uint64_t differing[QC_MEMBERS_MAX];

    configure(f, 3, 3);
    assert_int_equal(qc_alarm_compare(&f->txn, AT_INDEX, hashes, 4, differing),
                     0);
    memset(hashes[2].hash, 0, QC_HASH_SIZE);
    hashes[2].hash[0] = 'a';
    assert_int_equal(qc_alarm_compare(&f->txn, AT_INDEX, hashes, 4, differing),
                     0);
}

static void an_alarm_that_is_raised_stays_as_it_is(void **state)
{
    struct fixture *f = *state;
    const Qc__State__AlarmRow *row;
    int64_t raised_ms = f->txn.now_ms;
    uint64_t index;
    unsigned writes;

    configure(f, 3, 3);
    index = f->txn.log_index;
    fixture_done(f, qc_alarm_raise(&f->txn, NOSPACE, 2));
    fixture_next(f, 5000);
    writes = qc_mem_store_writes(f->mem);
    fixture_done(f, qc_alarm_raise(&f->txn, NOSPACE, 2));
    assert_int_equal(qc_mem_store_writes(f->mem), writes);
    row = qc_alarm_get(&f->txn, NOSPACE, 2);
    assert_int_equal(row->raised_ms, raised_ms);
    assert_int_equal(row->log_index, index);
    fixture_done(f, qc_alarm_disarm(&f->txn, NOSPACE, 2));
    assert_null(qc_alarm_get(&f->txn, NOSPACE, 2));
    fixture_refused(f, qc_alarm_disarm(&f->txn, NOSPACE, 2),
                    QC_REFUSED_NOT_FOUND, "node_id");
}

static void a_node_that_differs_must_go_before_its_alarm(void **state)
{
    struct fixture *f = *state;

    configure(f, 4, 4);
    assert_string_equal(compare(f, "aaab"), "4");
    fixture_refused(f, qc_alarm_disarm(&f->txn, DIFFERS, 4), QC_REFUSED_IN_USE,
                    "node_id");
    fixture_refused(f, qc_alarm_raise(&f->txn, DIFFERS, 1), QC_REFUSED_INVALID,
                    "kind");
    configure(f, 3, 3);
    assert_true(qc_alarm_differs(&f->txn, 4, NULL));
    fixture_done(f, qc_alarm_disarm(&f->txn, DIFFERS, 4));
    assert_false(qc_alarm_differs(&f->txn, 4, NULL));
}

static void alarms_are_listed_by_kind_and_node(void **state)
{
    static const struct {
        Qc__V1__AlarmKind kind;
        uint64_t node_id;
    } wanted[] = {{NOSPACE, 2}, {NOSPACE, 3}, {DIFFERS, 1}};
    struct fixture *f = *state;
    Qc__State__AlarmRow **rows;

    configure(f, 3, 3);
    assert_int_equal(qc_alarm_list(&f->txn, &rows), 0);
    assert_string_equal(compare(f, "baa"), "1");
    fixture_done(f, qc_alarm_raise(&f->txn, NOSPACE, 3));
    fixture_done(f, qc_alarm_raise(&f->txn, NOSPACE, 2));
    assert_int_equal(qc_alarm_list(&f->txn, &rows), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rows[i]->kind, wanted[i].kind);
        assert_int_equal(rows[i]->node_id, wanted[i].node_id);
    }
}

static void who_goes_takes_the_alarm_of_his_disk_along(void **state)
{
    const struct qc_member wanted = {4, "n4:1", true};
    const Qc__State__MemberRow *member;
    struct fixture *f = *state;

    configure(f, 3, 3);
    fixture_done(f, qc_alarm_raise(&f->txn, NOSPACE, 3));
    fixture_done(f, qc_member_add(&f->txn, &wanted, &member));
    fixture_done(f, qc_alarm_raise(&f->txn, NOSPACE, 4));
    fixture_done(f, qc_member_remove(&f->txn, 4, &member));
    assert_null(qc_alarm_get(&f->txn, NOSPACE, 4));
    fixture_next(f, 0);
    configure(f, 2, 2);
    assert_null(qc_alarm_get(&f->txn, NOSPACE, 3));
    fixture_refused(f, qc_alarm_raise(&f->txn, NOSPACE, 3),
                    QC_REFUSED_MEMBER_REMOVED, "node_id");
    fixture_refused(f, qc_alarm_raise(&f->txn, NOSPACE, 9),
                    QC_REFUSED_MEMBER_UNKNOWN, "node_id");
}

static void assert_wrong(struct fixture *f,
                         const Qc__State__AlarmRow *row,
                         const char *wrong)
{
    struct qc_key key;
    const char *said;

    qc_key_begin(&key, 0, QC_SPACE_ALARM);
    qc_key_put_u8(&key, NOSPACE);
    qc_key_put_u64(&key, 3);
    said = qc_alarm_entity.verify(&f->txn, &key, row);
    assert_non_null(said);
    assert_string_equal(said, wrong);
}

static void a_row_that_makes_no_sense_is_found(void **state)
{
    Qc__State__AlarmRow row = QC__STATE__ALARM_ROW__INIT;
    struct fixture *f = *state;

    configure(f, 2, 2);
    row.kind = NOSPACE;
    row.node_id = 2;
    assert_wrong(f, &row, "stands under another alarm's key");
    row.node_id = 3;
    assert_wrong(f, &row, "is about a node that never was");
    row.differs_at = 1;
    assert_wrong(f, &row,
                 "says where the state differs when it does not, or not where");
    row.differs_at = 0;
    configure(f, 3, 3);
    configure(f, 2, 2);
    assert_wrong(f, &row, "is about the disk of a node that is no member");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(who_differs_from_the_majority_is_named),
        TEST(a_majority_is_of_all_voters_not_of_those_who_answered),
        TEST(a_standby_is_judged_and_does_not_judge),
        TEST(strangers_count_for_nothing),
        TEST(of_a_node_that_says_two_the_first_counts),
        TEST(an_alarm_that_is_raised_stays_as_it_is),
        TEST(a_node_that_differs_must_go_before_its_alarm),
        TEST(alarms_are_listed_by_kind_and_node),
        TEST(who_goes_takes_the_alarm_of_his_disk_along),
        TEST(a_row_that_makes_no_sense_is_found),
#undef TEST
    };

    return cmocka_run_group_tests_name("alarm", tests, NULL, NULL);
}
