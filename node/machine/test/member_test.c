#include "machine/member.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "machine/row.h"
#include "machine/test/fixture.h"
#include "quorumcall/v1/cluster_service.pb-c.h"

#define NONE    QC__V1__MEMBER_ROLE__MEMBER_ROLE_UNSPECIFIED
#define STANDBY QC__V1__MEMBER_ROLE__MEMBER_ROLE_STANDBY
#define VOTER   QC__V1__MEMBER_ROLE__MEMBER_ROLE_VOTER

enum {
    ADDRESS_SIZE = 32,
    SEEDS = 200,
    STEPS = 150,
};

/* --- a cluster in few words --- */

/* Commits a configuration: of "13?" node 1 is a voter, node 3 a standby. */
static void configure(struct fixture *f, const char *text)
{
    struct qc_member members[QC_MEMBERS_MAX];
    char addresses[QC_MEMBERS_MAX][ADDRESS_SIZE];
    size_t n = 0;

    for (; *text != '\0'; text++) {
        if (*text == '?') {
            members[n - 1].voter = false;
            continue;
        }
        snprintf(addresses[n], ADDRESS_SIZE, "node%c:7400", *text);
        members[n] =
            (struct qc_member){(uint64_t)(*text - '0'), addresses[n], true};
        n++;
    }
    qc_member_configure(&f->txn, members, n);
    fixture_next(f, 1000);
}

/* "2V V": node 2 is a voter, and wanted as one; "-" is none, "S" a standby. */
static const char *show(struct fixture *f)
{
    static const char letters[] = "-SV";
    static char text[512];
    const Qc__State__MembersRow *row = qc_members_get(&f->txn);
    size_t at = 0;

    text[0] = '\0';
    for (size_t i = 0; i < row->n_members; i++) {
        const Qc__State__MemberRow *member = row->members[i];

        at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%u%c%c",
                               i > 0 ? " " : "", (unsigned)member->node_id,
                               letters[member->role], letters[member->wanted]);
    }
    return text;
}

static int add(struct fixture *f,
               uint64_t node_id,
               const char *address,
               bool voter)
{
    const struct qc_member member = {node_id, address, voter};
    const Qc__State__MemberRow *added = NULL;
    int r = qc_member_add(&f->txn, &member, &added);

    if (r == 0) {
        assert_string_equal(added->address, address);
        assert_true(node_id == 0 || added->node_id == node_id);
    }
    return r;
}

static int promote(struct fixture *f, uint64_t node_id)
{
    const Qc__State__MemberRow *member;

    return qc_member_promote(&f->txn, node_id, &member);
}

static int drop(struct fixture *f, uint64_t node_id)
{
    const Qc__State__MemberRow *member;

    return qc_member_remove(&f->txn, node_id, &member);
}

static int report(struct fixture *f, uint64_t node_id, uint32_t version)
{
    return qc_member_report(&f->txn, node_id, version, "1.0");
}

static int finalize(struct fixture *f, uint32_t version)
{
    uint32_t now;

    return qc_member_finalize(&f->txn, version, &now);
}

/* --- configurations --- */

static void before_the_first_configuration_there_is_nobody(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(show(f), "");
    assert_int_equal(qc_cluster_version(&f->txn), 1);
    fixture_refused(f, report(f, 1, 2), QC_REFUSED_MEMBER_UNKNOWN, "node_id");
    fixture_refused(f, drop(f, 1), QC_REFUSED_MEMBER_UNKNOWN, "node_id");
    fixture_refused(f, finalize(f, 2), QC_REFUSED_VERSION_UNSUPPORTED,
                    "version");
}

static void a_configuration_says_who_is_a_member(void **state)
{
    struct fixture *f = *state;
    uint64_t index = f->txn.log_index;

    configure(f, "312?");
    assert_string_equal(show(f), "1VV 2SS 3VV");
    assert_int_equal(qc_members_get(&f->txn)->configuration_index, index);
    assert_int_equal(qc_members_get(&f->txn)->last_node_id, 3);
    assert_int_equal(qc_member_count_voters(qc_members_get(&f->txn)), 2);
}

static void who_is_wanted_and_not_in_yet_stays_wanted(void **state)
{
    struct fixture *f = *state;

    configure(f, "123");
    fixture_done(f, add(f, 0, "node4:7400", true));
    fixture_next(f, 0);
    configure(f, "123");
    assert_string_equal(show(f), "1VV 2VV 3VV 4-V");
    configure(f, "1234?");
    assert_string_equal(show(f), "1VV 2VV 3VV 4SV");
    configure(f, "1234");
    assert_string_equal(show(f), "1VV 2VV 3VV 4VV");
}

static void who_is_not_in_any_more_is_remembered_with_the_index(void **state)
{
    struct fixture *f = *state;
    uint64_t index;

    configure(f, "1234");
    fixture_done(f, drop(f, 2));
    assert_string_equal(show(f), "1VV 2V- 3VV 4VV");
    fixture_next(f, 0);
    index = f->txn.log_index;
    configure(f, "134");
    assert_string_equal(show(f), "1VV 3VV 4VV");
    assert_int_equal(qc_member_removed_at(qc_members_get(&f->txn), 2), index);
    assert_int_equal(qc_member_removed_at(qc_members_get(&f->txn), 1), 0);
    fixture_refused(f, drop(f, 2), QC_REFUSED_MEMBER_REMOVED, "node_id");
    assert_non_null(strstr(f->txn.detail.text, "was removed at index"));
}

/* An addition that had begun comes after the removal. */
static void a_removal_that_is_overtaken_is_not_forgotten(void **state)
{
    struct fixture *f = *state;

    configure(f, "123");
    fixture_done(f, add(f, 4, "node4:7400", true));
    fixture_done(f, drop(f, 4));
    assert_string_equal(show(f), "1VV 2VV 3VV");
    fixture_next(f, 0);
    configure(f, "1234?");
    assert_string_equal(show(f), "1VV 2VV 3VV 4S-");
    configure(f, "123");
    assert_string_equal(show(f), "1VV 2VV 3VV");
    assert_int_not_equal(qc_member_removed_at(qc_members_get(&f->txn), 4), 0);
}

/* A restored cluster has the members it is given, whatever its rows say. */
static void a_node_that_was_removed_long_ago_may_be_given_again(void **state)
{
    struct fixture *f = *state;

    configure(f, "1234");
    configure(f, "124");
    configure(f, "134");
    configure(f, "123");
    assert_string_equal(show(f), "1VV 2VV 3VV");
    assert_int_equal(qc_member_removed_at(qc_members_get(&f->txn), 3), 0);
    assert_int_not_equal(qc_member_removed_at(qc_members_get(&f->txn), 4), 0);
}

static void the_configuration_says_where_a_member_is(void **state)
{
    const struct qc_member moved = {2, "elsewhere:1", true};
    const struct qc_member unsaid = {2, "", true};
    struct fixture *f = *state;

    configure(f, "123");
    qc_member_configure(&f->txn, &moved, 1);
    assert_string_equal(qc_member_find(qc_members_get(&f->txn), 2)->address,
                        "elsewhere:1");
    qc_member_configure(&f->txn, &unsaid, 1);
    assert_string_equal(qc_member_find(qc_members_get(&f->txn), 2)->address,
                        "elsewhere:1");
}

static void a_standby_that_is_left_alone_becomes_a_voter(void **state)
{
    struct fixture *f = *state;

    configure(f, "1234?");
    configure(f, "4");
    assert_string_equal(show(f), "4VV");
}

static void who_was_to_go_and_is_left_alone_stays(void **state)
{
    struct fixture *f = *state;

    configure(f, "1234");
    fixture_done(f, drop(f, 2));
    fixture_next(f, 0);
    configure(f, "2");
    assert_string_equal(show(f), "2VV");
}

static void the_last_removals_are_remembered(void **state)
{
    struct fixture *f = *state;
    const Qc__State__MembersRow *row;

    configure(f, "123");
    for (uint64_t i = 0; i < QC_MEMBERS_REMOVED_MAX + 3; i++) {
        fixture_done(f, add(f, 0, "node9:7400", false));
        fixture_done(f, drop(f, 4 + i));
        fixture_next(f, 0);
    }
    row = qc_members_get(&f->txn);
    assert_int_equal(row->n_removed, QC_MEMBERS_REMOVED_MAX);
    assert_int_equal(row->removed[0]->node_id, 7);
    assert_int_equal(qc_member_removed_at(row, 6), 0);
    /* Its id is used all the same. */
    fixture_refused(f, add(f, 6, "node9:7400", true), QC_REFUSED_MEMBER_ID_USED,
                    "node_id");
    fixture_refused(f, drop(f, 6), QC_REFUSED_MEMBER_UNKNOWN, "node_id");
}

/* --- what is wanted --- */

static void a_refused_wish_writes_nothing(void **state)
{
    struct fixture *f = *state;
    unsigned writes;

    configure(f, "1234?");
    writes = qc_mem_store_writes(f->mem);
    fixture_refused(f, drop(f, 1), QC_REFUSED_TOO_FEW_VOTERS, "node_id");
    fixture_refused(f, promote(f, 9), QC_REFUSED_MEMBER_UNKNOWN, "node_id");
    fixture_refused(f, add(f, 2, "node9:7400", true), QC_REFUSED_MEMBER_ID_USED,
                    "node_id");
    assert_string_equal(f->txn.detail.text,
                        "the id 2 was used before, or a greater one; the next "
                        "free id is 5");
    fixture_refused(f, add(f, 5, "node4:7400", true),
                    QC_REFUSED_MEMBER_ADDRESS_TAKEN, "address");
    assert_string_equal(f->txn.detail.text, "node 4 has this address");
    fixture_refused(f, report(f, 9, 2), QC_REFUSED_MEMBER_UNKNOWN, "node_id");
    fixture_refused(f, finalize(f, 2), QC_REFUSED_VERSION_UNSUPPORTED,
                    "version");
    fixture_done(f, add(f, 2, "node2:7400", true)); /* It is there. */
    fixture_done(f, promote(f, 1));
    assert_int_equal(qc_mem_store_writes(f->mem), writes);
}

static void there_are_sixteen_members_at_most(void **state)
{
    struct fixture *f = *state;
    char address[ADDRESS_SIZE];

    configure(f, "123");
    for (unsigned i = 4; i <= QC_MEMBERS_MAX; i++) {
        snprintf(address, sizeof(address), "node%u:7400", i);
        fixture_done(f, add(f, 0, address, false));
    }
    fixture_refused(f, add(f, 0, "more:7400", false),
                    QC_REFUSED_TOO_MANY_MEMBERS, "node_id");
    fixture_done(f, drop(f, QC_MEMBERS_MAX));
    fixture_refused(f, add(f, QC_NODE_ID_MAX + 1, "more:7400", false),
                    QC_REFUSED_TOO_MANY_MEMBERS, "node_id");
    fixture_done(f, add(f, QC_NODE_ID_MAX, "more:7400", false));
    fixture_done(f, drop(f, QC_NODE_ID_MAX));
    fixture_refused(f, add(f, 0, "more:7400", false),
                    QC_REFUSED_TOO_MANY_MEMBERS, "node_id");
}

static void an_address_is_a_host_and_a_port(void **state)
{
    static const char *const good[] = {"a:1", "10.0.0.1:7400",
                                       "node-1.example.org:65535", "[::1]:7400",
                                       "[fe80::1:2]:80"};
    static const char *const bad[] = {
        "",         "a",       ":1",         "a:",      "a:0",
        "a:01",     "a:65536", "a:1x",       "a b:1",   "a:123456",
        "::1:7400", "[::1]",   "[::1:7400",  "[]:7400", "[::1]7400",
        "[g::1]:1", "a\n:1",   "http://a:1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(qc_member_is_address(good[i]));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (qc_member_is_address(bad[i])) {
            fail_msg("%s is no address", bad[i]);
        }
    }
}

/* --- versions --- */

static void the_last_to_report_sets_the_version(void **state)
{
    struct fixture *f = *state;

    configure(f, "123?");
    fixture_done(f, report(f, 1, 3));
    fixture_done(f, report(f, 2, 2));
    assert_int_equal(qc_cluster_version(&f->txn), 1);
    fixture_done(f, report(f, 3, 4));
    assert_int_equal(qc_cluster_version(&f->txn), 2);
    fixture_reopen(f);
    assert_int_equal(qc_cluster_version(&f->txn), 2);

    /* Once it is set, only an operator raises it. */
    fixture_done(f, report(f, 2, 3));
    assert_int_equal(qc_cluster_version(&f->txn), 2);
    fixture_done(f, finalize(f, 0));
    assert_int_equal(qc_cluster_version(&f->txn), 3);
}

static void who_never_reported_and_goes_is_not_waited_for(void **state)
{
    struct fixture *f = *state;

    configure(f, "1234");
    fixture_done(f, report(f, 1, 2));
    fixture_done(f, report(f, 2, 2));
    fixture_done(f, report(f, 3, 2));
    assert_int_equal(qc_cluster_version(&f->txn), 1);
    fixture_next(f, 0);
    configure(f, "123");
    assert_int_equal(qc_cluster_version(&f->txn), 2);
}

static void a_version_that_one_does_not_support_is_refused(void **state)
{
    struct fixture *f = *state;

    configure(f, "123");
    fixture_done(f, report(f, 1, 3));
    fixture_done(f, report(f, 2, 2));
    fixture_done(f, report(f, 3, 3));
    fixture_refused(f, finalize(f, 3), QC_REFUSED_VERSION_UNSUPPORTED,
                    "version");
    assert_string_equal(f->txn.detail.text,
                        "node 2 supports no version above 2");
    fixture_done(f, finalize(f, 2));

    /* Not even one that is only wanted may be left behind. */
    fixture_done(f, report(f, 2, 3));
    fixture_done(f, add(f, 4, "node4:7400", false));
    fixture_refused(f, finalize(f, 0), QC_REFUSED_VERSION_UNSUPPORTED,
                    "version");
    assert_string_equal(f->txn.detail.text,
                        "node 4 has not said yet which version it supports");
    fixture_done(f, report(f, 4, 1));
    fixture_refused(f, finalize(f, 0), QC_REFUSED_VERSION_LOWER, "version");
    assert_string_equal(f->txn.detail.text, "the cluster version is 2 already");
}

/* --- what is wrong with a row --- */

static void assert_wrong(struct fixture *f,
                         const Qc__State__MembersRow *row,
                         const char *wrong)
{
    struct qc_key key;
    const char *said;

    qc_key_begin(&key, 0, QC_SPACE_MEMBERS);
    said = qc_members_entity.verify(&f->txn, &key, row);
    assert_non_null(said);
    assert_string_equal(said, wrong);
}

static void a_row_that_contradicts_itself_is_found(void **state)
{
    struct fixture *f = *state;
    Qc__State__MembersRow *row;
    Qc__State__RemovedMember removed = QC__STATE__REMOVED_MEMBER__INIT;
    Qc__State__RemovedMember *list[] = {&removed};

    configure(f, "123");
    row = qc_members_get(&f->txn);
    row->members[1]->node_id = 1;
    assert_wrong(f, row, "ids are not in order, or greater than the last");
    row = qc_members_get(&f->txn);
    row->last_node_id = 2;
    assert_wrong(f, row, "ids are not in order, or greater than the last");
    row = qc_members_get(&f->txn);
    row->members[0]->role = VOTER + 1;
    assert_wrong(f, row, "a member has a role that is none");
    row = qc_members_get(&f->txn);
    row->members[0]->role = NONE;
    row->members[0]->wanted = NONE;
    assert_wrong(f, row, "a member neither is one nor is wanted");
    row = qc_members_get(&f->txn);
    row->members[0]->wanted = STANDBY;
    assert_wrong(f, row, "a member is more than is wanted");
    row = qc_members_get(&f->txn);
    removed.node_id = 2;
    removed.log_index = 7;
    row->removed = list;
    row->n_removed = 1;
    assert_wrong(f, row, "a member was removed");
    removed.node_id = 4;
    assert_wrong(f, row,
                 "removals are not in order, or of nodes that never were");
    row = qc_members_get(&f->txn);
    for (size_t i = 0; i < row->n_members; i++) {
        row->members[i]->wanted = NONE;
    }
    assert_wrong(f, row, "nobody is wanted");
}

/* --- any order of things --- */

static uint32_t draw(uint64_t *dice, uint32_t below)
{
    *dice = *dice * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(*dice >> 33) % below;
}

/* What a leader does: the first difference between what is and what is wanted,
 * but never to fewer than three voters. Returns whether there was one. */
static bool lead(struct fixture *f)
{
    const Qc__State__MembersRow *row = qc_members_get(&f->txn);
    size_t voters = qc_member_count_voters(row);
    struct qc_member next[QC_MEMBERS_MAX];
    bool changed = false;
    size_t n = 0;

    for (size_t i = 0; i < row->n_members; i++) {
        const Qc__State__MemberRow *member = row->members[i];
        uint32_t role = member->role;

        if (!changed && role < member->wanted) {
            role++;
            changed = true;
        }
        next[n] =
            (struct qc_member){member->node_id, member->address, role == VOTER};
        n += role != NONE;
    }
    for (size_t i = 0; !changed && i < n; i++) {
        const Qc__State__MemberRow *member =
            qc_member_find(row, next[i].node_id);

        if (member->wanted == NONE &&
            (member->role != VOTER || voters > QC_VOTERS_MIN)) {
            memmove(next + i, next + i + 1, (n - i - 1) * sizeof(next[0]));
            n--;
            changed = true;
        }
    }
    if (changed) {
        qc_member_configure(&f->txn, next, n);
        fixture_next(f, 0);
    }
    return changed;
}

static void wish(struct fixture *f, uint64_t *dice)
{
    uint64_t last = qc_members_get(&f->txn)->last_node_id;
    char address[ADDRESS_SIZE];
    int r = 0;

    switch (draw(dice, 4)) {
    case 0:
        snprintf(address, sizeof(address), "a%u:1", draw(dice, 12));
        r = add(f, draw(dice, 2) == 0 ? 0 : last + 1, address,
                draw(dice, 2) == 0);
        break;
    case 1:
        r = promote(f, 1 + draw(dice, (uint32_t)last));
        break;
    case 2:
        r = drop(f, 1 + draw(dice, (uint32_t)last));
        break;
    default:
        r = report(f, 1 + draw(dice, (uint32_t)last), 1 + draw(dice, 3));
        break;
    }
    assert_true(r >= 0);
    assert_int_equal(f->txn.fault, 0);
    fixture_next(f, 0);
}

/* In any order of wishes and configurations the rows stay sound, and a leader
 * can make all wishes true, one change at a time. */
static void whatever_is_wanted_can_be_had(void **state)
{
    struct fixture *f;
    char text[256];

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        uint64_t dice = seed;
        const Qc__State__MembersRow *row;

        assert_int_equal(fixture_teardown(state), 0);
        assert_int_equal(fixture_setup_old(state), 0);
        f = *state;
        configure(f, "123");
        for (unsigned i = 0; i < STEPS; i++) {
            if (draw(&dice, 3) == 0) {
                lead(f);
            } else {
                wish(f, &dice);
            }
            if (qc_machine_verify(&f->machine, text, sizeof(text)) != 0) {
                fail_msg("seed %u, step %u: %s", (unsigned)seed, i, text);
            }
        }
        while (lead(f)) {
        }
        row = qc_members_get(&f->txn);
        for (size_t i = 0; i < row->n_members; i++) {
            assert_int_equal(row->members[i]->role, row->members[i]->wanted);
        }
        assert_in_range(qc_member_count_voters(row), QC_VOTERS_MIN,
                        QC_MEMBERS_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup_old, fixture_teardown)
        TEST(before_the_first_configuration_there_is_nobody),
        TEST(a_configuration_says_who_is_a_member),
        TEST(who_is_wanted_and_not_in_yet_stays_wanted),
        TEST(who_is_not_in_any_more_is_remembered_with_the_index),
        TEST(a_removal_that_is_overtaken_is_not_forgotten),
        TEST(a_node_that_was_removed_long_ago_may_be_given_again),
        TEST(the_configuration_says_where_a_member_is),
        TEST(a_standby_that_is_left_alone_becomes_a_voter),
        TEST(who_was_to_go_and_is_left_alone_stays),
        TEST(the_last_removals_are_remembered),
        TEST(a_refused_wish_writes_nothing),
        TEST(there_are_sixteen_members_at_most),
        TEST(an_address_is_a_host_and_a_port),
        TEST(the_last_to_report_sets_the_version),
        TEST(who_never_reported_and_goes_is_not_waited_for),
        TEST(a_version_that_one_does_not_support_is_refused),
        TEST(a_row_that_contradicts_itself_is_found),
        TEST(whatever_is_wanted_can_be_had),
#undef TEST
    };

    return cmocka_run_group_tests_name("member", tests, NULL, NULL);
}
