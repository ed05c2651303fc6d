#include "replica/replica.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "replica/test/cluster.h"
#include "replica/test/disk.h"
#include "replica/test/fake_machine.h"

enum {
    N_NODES = 3,
};

static const int64_t SECOND = 1000; /* In ms. */

static int setup(void **state)
{
    *state = qc_cluster_new(N_NODES, 1);
    return 0;
}

static int teardown(void **state)
{
    qc_cluster_free(*state);
    return 0;
}

static unsigned other_than(unsigned node)
{
    return node % N_NODES + 1;
}

static bool is_acknowledged(const struct qc_cluster *cluster, unsigned number)
{
    return qc_cluster_outcome(cluster, number).acknowledged;
}

static void a_leader_is_elected(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);
    struct qc_replica_status status;

    qc_cluster_run(cluster, SECOND);
    for (unsigned i = 1; i <= N_NODES; i++) {
        status = qc_cluster_status(cluster, i);
        assert_int_equal(status.leader_id, leader);
        assert_int_equal(status.n_servers, N_NODES);
        assert_string_equal(status.leader_address,
                            status.servers[leader - 1].address);
        assert_true(status.leader_contact_ms >= 0);
        assert_true(status.leader_contact_ms <= QC_CLUSTER_ELECTION_MS);
    }
}

/* Of |member|, as |id| tells it. */
static int64_t silence_ms(const struct qc_cluster *cluster,
                          unsigned id,
                          uint64_t member)
{
    struct qc_replica_status status = qc_cluster_status(cluster, id);

    for (unsigned i = 0; i < status.n_servers; i++) {
        if (status.servers[i].id == member) {
            return status.silences_ms[i];
        }
    }
    fail();
    return 0;
}

static void a_leader_knows_how_long_each_member_is_silent(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);
    unsigned silent = other_than(leader);
    unsigned other = other_than(silent);

    qc_cluster_run(cluster, SECOND);
    qc_cluster_isolate(cluster, silent, true);
    qc_cluster_run(cluster, 3 * SECOND);
    assert_in_range(silence_ms(cluster, leader, silent), 2900, 3200);
    assert_in_range(silence_ms(cluster, leader, other), 0, 200);
    assert_int_equal(silence_ms(cluster, leader, leader), -1);
    assert_int_equal(silence_ms(cluster, other, silent), -1);
}

static void a_new_leader_counts_the_silence_of_its_own_time(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned dead = qc_cluster_run_until_leader(cluster, 0);
    int64_t crashed_ms;
    int64_t began_ms;
    unsigned leader;

    qc_cluster_run(cluster, 5 * SECOND);
    qc_cluster_crash(cluster, dead);
    crashed_ms = qc_cluster_now_ms(cluster);
    leader = qc_cluster_run_until_leader(cluster, 0);
    began_ms = qc_cluster_now_ms(cluster);
    qc_cluster_run(cluster, 2 * SECOND);
    assert_in_range(silence_ms(cluster, leader, dead), 2 * SECOND,
                    2 * SECOND + began_ms - crashed_ms);
}

static void a_command_is_answered_where_it_was_proposed(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);

    assert_true(qc_cluster_propose(cluster, other_than(leader), 1, SECOND));
    assert_true(qc_cluster_propose(cluster, leader, 2, SECOND));
    qc_cluster_run(cluster, SECOND / 2);

    assert_true(is_acknowledged(cluster, 1));
    assert_true(is_acknowledged(cluster, 2));
}

/* Whenever in the time between two heartbeats it was proposed. */
static void a_quiet_follower_hears_of_a_commit_without_a_heartbeat(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);
    unsigned follower = other_than(leader);
    int64_t longest_ms = 0;

    for (unsigned number = 1; number <= QC_CLUSTER_HEARTBEAT_MS; number++) {
        int64_t began_ms;
        int64_t took_ms;

        qc_cluster_run(cluster, 10 * QC_CLUSTER_HEARTBEAT_MS + number);
        began_ms = qc_cluster_now_ms(cluster);
        assert_true(qc_cluster_propose(cluster, follower, number, SECOND));
        while (!is_acknowledged(cluster, number)) {
            assert_true(qc_cluster_step(cluster, began_ms + SECOND));
        }
        took_ms = qc_cluster_now_ms(cluster) - began_ms;
        longest_ms = took_ms > longest_ms ? took_ms : longest_ms;
    }

    /* Four messages, of 10 ms each at the most, and disks. */
    assert_in_range(longest_ms, 1, QC_CLUSTER_HEARTBEAT_MS);
}

static void a_command_proposed_on_two_nodes_is_done_once(void **state)
{
    struct qc_cluster *cluster = *state;

    (void)qc_cluster_run_until_leader(cluster, 0);
    for (unsigned i = 1; i <= N_NODES; i++) {
        assert_true(qc_cluster_propose(cluster, i, 1, SECOND));
        assert_true(qc_cluster_propose(cluster, i, 1, SECOND));
    }
    qc_cluster_run(cluster, SECOND / 2);
    qc_cluster_settle(cluster);

    assert_int_equal(qc_cluster_outcome(cluster, 1).n_ended, 2 * N_NODES);
    assert_int_equal(qc_cluster_outcome(cluster, 1).last, QC_OUTCOME_APPLIED);
    for (unsigned i = 1; i <= N_NODES; i++) {
        assert_int_equal(qc_cluster_times_done(cluster, i, 1), 1);
    }
}

static void the_next_leader_answers_what_the_last_one_left_open(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);
    unsigned follower = other_than(leader);

    for (unsigned number = 1; number <= 20; number++) {
        assert_true(qc_cluster_propose(cluster, follower, number, 10 * SECOND));
        qc_cluster_run(cluster, 1);
    }
    qc_cluster_crash(cluster, leader);
    qc_cluster_run(cluster, 9 * SECOND);

    for (unsigned number = 1; number <= 20; number++) {
        assert_true(is_acknowledged(cluster, number));
    }
}

static void a_leader_that_lost_its_followers_answers_when_they_return(
    void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);

    qc_cluster_isolate(cluster, leader, true);
    assert_true(qc_cluster_propose(cluster, leader, 1, 20 * SECOND));
    qc_cluster_run(cluster, 5 * SECOND);
    assert_int_equal(qc_cluster_outcome(cluster, 1).n_ended, 0);
    assert_int_not_equal(qc_cluster_run_until_leader(cluster, 0), leader);

    qc_cluster_heal(cluster);
    qc_cluster_run(cluster, 5 * SECOND);
    assert_true(is_acknowledged(cluster, 1));
}

static void what_was_acknowledged_survives_a_crash_of_all(void **state)
{
    struct qc_cluster *cluster = *state;

    (void)qc_cluster_run_until_leader(cluster, 0);
    for (unsigned number = 1; number <= 50; number++) {
        assert_true(qc_cluster_propose(cluster, 1 + number % N_NODES, number,
                                       10 * SECOND));
        qc_cluster_run(cluster, 5);
    }
    for (unsigned i = 1; i <= N_NODES; i++) {
        qc_cluster_crash(cluster, i);
    }
    for (unsigned i = 1; i <= N_NODES; i++) {
        qc_cluster_restart(cluster, i);
    }
    qc_cluster_settle(cluster);

    assert_true(is_acknowledged(cluster, 1));
    for (unsigned number = 1; number <= 50; number++) {
        for (unsigned i = 1; i <= N_NODES; i++) {
            if (is_acknowledged(cluster, number)) {
                assert_int_equal(qc_cluster_times_done(cluster, i, number), 1);
            }
        }
    }
}

static void without_a_leader_nothing_is_done_by_the_deadline(void **state)
{
    struct qc_cluster *cluster = *state;

    qc_cluster_crash(cluster, 1);
    qc_cluster_crash(cluster, 2);
    assert_true(qc_cluster_propose(cluster, 3, 1, SECOND));
    qc_cluster_run(cluster, 2 * SECOND);

    assert_int_equal(qc_cluster_outcome(cluster, 1).n_ended, 1);
    assert_int_equal(qc_cluster_outcome(cluster, 1).last, QC_OUTCOME_NO_LEADER);
}

static void what_was_sent_and_not_applied_is_unknown_at_the_deadline(
    void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);
    unsigned follower = other_than(leader);

    qc_cluster_run(cluster, SECOND);
    qc_cluster_isolate(cluster, leader, true);
    assert_true(qc_cluster_propose(cluster, leader, 1, 100));
    assert_true(qc_cluster_propose(cluster, follower, 2, 100));
    qc_cluster_run(cluster, 200);

    assert_int_equal(qc_cluster_outcome(cluster, 1).last, QC_OUTCOME_UNKNOWN);
    assert_int_equal(qc_cluster_outcome(cluster, 2).last, QC_OUTCOME_UNKNOWN);
}

/* The leader cannot append, for its disk is slow, and has 64 entries under way;
 * what is forwarded to it then waits until it expires. */
static void a_forwarded_command_that_expires_at_the_leader_was_not_done(
    void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);
    unsigned follower = other_than(leader);

    qc_cluster_run(cluster, SECOND);
    for (unsigned i = 1; i <= N_NODES; i++) {
        qc_cluster_set_disk_ms(cluster, i, 1000000);
    }
    for (unsigned number = 1; number <= 100; number++) {
        assert_true(qc_cluster_propose(cluster, leader, number, SECOND));
        qc_cluster_run(cluster, 1);
    }
    assert_true(qc_cluster_propose(cluster, follower, 1000, 200));
    qc_cluster_run(cluster, 400);

    assert_int_equal(qc_cluster_outcome(cluster, 1000).last,
                     QC_OUTCOME_EXPIRED);
}

static void the_commands_of_a_turn_share_one_entry(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);
    uint64_t index;

    qc_cluster_run(cluster, SECOND);
    for (unsigned number = 1; number <= 100; number++) {
        assert_true(qc_cluster_propose(cluster, leader, number, SECOND));
    }
    qc_cluster_run(cluster, SECOND / 2);

    index = qc_cluster_outcome(cluster, 1).index;
    assert_int_equal(qc_cluster_n_commands_at(cluster, index), 100);
    assert_int_equal(qc_cluster_outcome(cluster, 100).index, index);
}

/* Numbers are of tenants by turns of three: 3, 6, 9... are of one. */
static void a_tenant_with_little_does_not_wait_for_one_with_much(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);
    uint64_t first;

    qc_cluster_run(cluster, SECOND);
    for (unsigned i = 1; i <= QC_ENTRY_COMMANDS_MAX + 100; i++) {
        assert_true(qc_cluster_propose(cluster, leader, 3 * i, SECOND));
    }
    assert_true(qc_cluster_propose(cluster, leader, 1, SECOND));
    qc_cluster_run(cluster, SECOND / 2);

    first = qc_cluster_outcome(cluster, 3).index;
    assert_int_equal(qc_cluster_n_commands_at(cluster, first),
                     QC_ENTRY_COMMANDS_MAX);
    assert_int_equal(qc_cluster_outcome(cluster, 1).index, first);
    assert_int_equal(
        qc_cluster_outcome(cluster, 3 * (QC_ENTRY_COMMANDS_MAX + 100)).index,
        first + 1);
}

static void an_idle_cluster_writes_nothing(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);
    uint64_t last = qc_cluster_status(cluster, leader).last_index;

    qc_cluster_run(cluster, 600 * SECOND);

    assert_int_equal(qc_cluster_status(cluster, leader).leader_id, leader);
    assert_int_equal(qc_cluster_status(cluster, leader).last_index, last);
}

/* More than may be uncommitted at once, as it is committed piece by piece. */
static void large_commands_pass_one_after_another(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);

    qc_cluster_set_body_size(cluster, (size_t)1024 * 1024);
    for (unsigned number = 1; number <= 40; number++) {
        assert_true(qc_cluster_propose(
            cluster, number % 2 == 0 ? leader : other_than(leader), number,
            10 * SECOND));
    }
    qc_cluster_run(cluster, 5 * SECOND);
    for (unsigned number = 1; number <= 40; number++) {
        assert_true(is_acknowledged(cluster, number));
    }
}

static void what_was_forwarded_over_a_lost_connection_is_sent_over_the_next(
    void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);
    unsigned follower = other_than(leader);

    qc_cluster_run(cluster, SECOND);
    qc_cluster_cut(cluster, follower, leader, true);
    assert_true(qc_cluster_propose(cluster, follower, 1, SECOND));
    qc_cluster_run(cluster, 20);
    qc_cluster_cut(cluster, follower, leader, false);
    qc_replica_peer_connected(qc_cluster_replica(cluster, follower), leader,
                              true);
    qc_cluster_run(cluster, 100);

    assert_true(is_acknowledged(cluster, 1));
}

/* One clock is wrong by an hour: even as its node leads, time goes on from
 * where it was, and a right clock brings it up again. That it never goes back,
 * the cluster checks. */
static void a_wrong_clock_does_not_make_the_log_leap(void **state)
{
    struct qc_cluster *cluster = *state;

    qc_cluster_set_skew_ms(cluster, 1, 3600 * SECOND);
    qc_cluster_set_skew_ms(cluster, 2, -3 * SECOND);
    for (unsigned number = 1; number <= 20; number++) {
        unsigned leader = qc_cluster_run_until_leader(cluster, 0);
        int64_t right_ms;
        int64_t at_ms;

        qc_cluster_run(cluster, 3 * SECOND);
        assert_true(qc_cluster_propose(cluster, leader, number, SECOND));
        qc_cluster_run(cluster, SECOND);
        assert_true(is_acknowledged(cluster, number));
        right_ms = QC_CLUSTER_WALL_MS + qc_cluster_now_ms(cluster);
        at_ms = qc_cluster_at_ms(cluster,
                                 qc_cluster_outcome(cluster, number).index);
        assert_in_range(at_ms, right_ms - 60 * SECOND, right_ms);

        qc_cluster_isolate(cluster, leader, true);
        qc_cluster_run(cluster, 3 * SECOND);
        qc_cluster_isolate(cluster, leader, false);
    }
}

static void every_node_serves_reads_that_hold_what_was_acknowledged(
    void **state)
{
    struct qc_cluster *cluster = *state;

    (void)qc_cluster_run_until_leader(cluster, 0);
    qc_cluster_run(cluster, SECOND);
    for (unsigned number = 1; number <= 100; number++) {
        assert_true(
            qc_cluster_propose(cluster, 1 + number % N_NODES, number, SECOND));
        qc_cluster_run(cluster, 7);
        for (unsigned i = 1; i <= N_NODES; i++) {
            assert_true(qc_cluster_read(cluster, i, SECOND));
        }
    }
    qc_cluster_run(cluster, SECOND);

    assert_int_equal(qc_cluster_n_reads_confirmed(cluster), 100 * N_NODES);
    assert_int_equal(qc_cluster_n_reads_failed(cluster), 0);
}

/* The old leader wakes up with reads in flight, and believes that it leads
 * until its timers fire, which is late. The cluster checks that no read is
 * stale. */
static void a_leader_that_slept_serves_no_stale_read(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);
    unsigned next;

    qc_cluster_run(cluster, SECOND);
    for (unsigned i = 0; i < 10; i++) {
        assert_true(qc_cluster_read(cluster, leader, 60 * SECOND));
        (void)qc_cluster_step(cluster, INT64_MAX);
    }
    qc_cluster_pause(cluster, leader, true);
    next = qc_cluster_run_until_leader(cluster, 0);
    assert_int_not_equal(next, leader);
    assert_true(qc_cluster_propose(cluster, next, 1, SECOND));
    qc_cluster_run(cluster, SECOND);
    assert_true(is_acknowledged(cluster, 1));

    qc_cluster_set_late_ms(cluster, leader, 300);
    qc_cluster_pause(cluster, leader, false);
    for (unsigned i = 0; i < 10; i++) {
        assert_true(qc_cluster_read(cluster, leader, 60 * SECOND));
        (void)qc_cluster_step(cluster, INT64_MAX);
    }
    qc_cluster_run(cluster, 10 * SECOND);
    assert_int_equal(qc_cluster_n_reads_confirmed(cluster), 20);
}

/* Two of five sleep and wake up together, apart from the three who have elected
 * another leader meanwhile: two cannot prove anything to one another. */
static void a_minority_that_slept_confirms_nothing(void **state)
{
    struct qc_cluster *cluster = qc_cluster_new(5, 1);
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);
    unsigned friend = leader % 5 + 1;
    unsigned next;

    (void)state;
    qc_cluster_run(cluster, SECOND);
    qc_cluster_pause(cluster, leader, true);
    qc_cluster_pause(cluster, friend, true);
    next = qc_cluster_run_until_leader(cluster, 0);
    assert_true(qc_cluster_propose(cluster, next, 1, SECOND));
    qc_cluster_run(cluster, SECOND);
    assert_true(is_acknowledged(cluster, 1));

    for (unsigned i = 1; i <= 5; i++) {
        if (i != leader && i != friend) {
            qc_cluster_isolate(cluster, i, true);
        }
    }
    qc_cluster_drop_messages(cluster);
    qc_cluster_set_late_ms(cluster, leader, 300);
    qc_cluster_set_late_ms(cluster, friend, 300);
    qc_cluster_pause(cluster, leader, false);
    qc_cluster_pause(cluster, friend, false);
    assert_true(qc_cluster_read(cluster, leader, 200));
    qc_cluster_run(cluster, SECOND);
    assert_int_equal(qc_cluster_n_reads_confirmed(cluster), 0);
    assert_int_equal(qc_cluster_n_reads_failed(cluster), 1);
    qc_cluster_free(cluster);
}

static void a_read_that_cannot_be_proven_fails_at_its_deadline(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);

    qc_cluster_run(cluster, SECOND);
    qc_cluster_isolate(cluster, leader, true);
    for (unsigned i = 0; i < 5; i++) {
        assert_true(qc_cluster_read(cluster, leader, SECOND));
    }
    qc_cluster_run(cluster, 2 * SECOND);

    assert_int_equal(qc_cluster_n_reads_confirmed(cluster), 0);
    assert_int_equal(qc_cluster_n_reads_failed(cluster), 5);
}

static void pre_vote_is_given_up_when_it_finds_no_leader(void **state)
{
    struct qc_cluster *cluster = *state;
    unsigned leader = qc_cluster_run_until_leader(cluster, 0);
    uint64_t term = qc_cluster_status(cluster, leader).term;
    unsigned follower = other_than(leader);

    qc_cluster_isolate(cluster, follower, true);
    qc_cluster_run(cluster, 2 * SECOND);
    assert_int_equal(qc_cluster_status(cluster, follower).term, term);
    qc_cluster_run(cluster, 10 * SECOND);

    assert_true(qc_cluster_status(cluster, follower).term > term);
}

/* A disk that fails at any operation stops its node, and nothing is lost. */
static void every_fault_of_the_disk_stops_the_node(void **state)
{
    unsigned n_faults = 0;

    (void)state;
    for (unsigned nth = 1; nth <= 40; nth++) {
        struct qc_cluster *cluster = qc_cluster_new(N_NODES, nth);
        unsigned leader = qc_cluster_run_until_leader(cluster, 0);

        qc_cluster_fail_disk_at(cluster, leader, nth);
        for (unsigned number = 1; number <= 20; number++) {
            (void)qc_cluster_propose(cluster, 1 + number % N_NODES, number,
                                     20 * SECOND);
            qc_cluster_run(cluster, 10);
        }
        qc_cluster_run(cluster, SECOND);
        if (qc_cluster_fault(cluster, leader) != 0) {
            assert_int_equal(qc_cluster_fault(cluster, leader), QC_E_IO);
            n_faults++;
            qc_cluster_restart(cluster, leader);
        }
        qc_cluster_settle(cluster);
        for (unsigned number = 1; number <= 20; number++) {
            if (is_acknowledged(cluster, number)) {
                assert_int_equal(qc_cluster_times_done(cluster, 1, number), 1);
            }
        }
        qc_cluster_free(cluster);
    }
    assert_true(n_faults > 30);
}

static void an_overloaded_replica_says_so_and_does_nothing(void **state)
{
    struct qc_cluster *cluster = *state;
    struct qc_cluster_outcome outcome;
    const unsigned too_many = 65536 + 10;

    qc_cluster_crash(cluster, 1);
    qc_cluster_crash(cluster, 2);
    for (unsigned i = 0; i < too_many; i++) {
        assert_true(qc_cluster_propose(cluster, 3, 1 + i % 4000, SECOND));
    }
    (void)qc_cluster_step(cluster, INT64_MAX);
    outcome = qc_cluster_outcome(cluster, 1 + (too_many - 1) % 4000);
    assert_int_equal(outcome.n_ended, 1);
    assert_int_equal(outcome.last, QC_OUTCOME_OVERLOADED);
    assert_int_equal(qc_cluster_status(cluster, 3).open_requests, 65536);
}

/* --- one replica alone --- */

static int64_t no_time(void *ctx)
{
    (void)ctx;
    return 1000;
}

static void no_entropy(void *ctx, uint8_t bytes[QC_ENTROPY_SIZE])
{
    (void)ctx;
    memset(bytes, 0, QC_ENTROPY_SIZE);
}

static void no_network(void *ctx,
                       uint64_t to,
                       enum qc_channel channel,
                       struct qc_bytes message)
{
    (void)ctx;
    (void)to;
    (void)channel;
    (void)message;
}

static void no_notice(void *ctx, enum qc_notice level, const char *text)
{
    (void)ctx;
    (void)level;
    (void)text;
}

static const struct qc_server SERVERS[N_NODES] = {
    {1, "one", true},
    {2, "two", true},
    {3, "three", true},
};

static struct qc_replica *alone(struct qc_mem_disk *disk, unsigned n_initial)
{
    static struct qc_ledger ledger;
    static struct qc_fake_machine machine;
    const struct qc_replica_options options = {
        .id = 1,
        .address = "one",
        .initial = SERVERS,
        .n_initial = n_initial,
        .election_timeout_ms = QC_CLUSTER_ELECTION_MS,
        .heartbeat_ms = QC_CLUSTER_HEARTBEAT_MS,
        .disk = qc_mem_disk_as_disk(disk),
        .network = {NULL, no_network},
        .clocks = {NULL, no_time, no_time, no_entropy},
        .applier = qc_fake_machine_as_applier(&machine),
        .notice = no_notice,
    };

    qc_fake_machine_init(&machine, &ledger);
    return qc_replica_new(&options);
}

static void a_cluster_of_two_is_refused(void **state)
{
    struct qc_mem_disk *disk = qc_mem_disk_new();
    struct qc_replica *replica = alone(disk, 2);
    const struct qc_replica_state nothing = {.is_new = true};

    (void)state;
    assert_int_equal(qc_replica_start(replica, &nothing), QC_E_CONSENSUS);
    qc_replica_free(replica);
    qc_mem_disk_free(disk);
}

/* The first entry of a new cluster may be lost in a power cut, after a vote. */
static void a_vote_outlives_the_first_entry(void **state)
{
    struct qc_mem_disk *disk = qc_mem_disk_new();
    struct qc_disk as_disk = qc_mem_disk_as_disk(disk);
    struct qc_replica *replica = alone(disk, N_NODES);
    const struct qc_replica_state voted = {.is_new = true,
                                           .term = 3,
                                           .vote = 2};
    struct qc_replica_status status;

    (void)state;
    assert_int_equal(as_disk.set_term_and_vote(as_disk.ctx, 3, 2), 0);
    assert_int_equal(qc_replica_start(replica, &voted), 0);
    qc_replica_status(replica, &status);
    assert_int_equal(status.term, 3);
    assert_int_equal(qc_mem_disk_state(disk).term, 3);
    assert_int_equal(qc_mem_disk_state(disk).vote, 2);
    qc_replica_free(replica);
    qc_mem_disk_free(disk);
}

/* Whatever bytes come: the replica lives, and says when they are none of its
 * protocol. Half of them are random, half begin like a real message. */
static void hostile_messages_do_no_harm(void **state)
{
    static const uint8_t tags[] = {0x12, 0x1a, 0x22, 0x2a,
                                   0x32, 0x3a, 0x42, 0x4a};
    struct qc_mem_disk *disk = qc_mem_disk_new();
    struct qc_replica *replica = alone(disk, N_NODES);
    const struct qc_replica_state nothing = {.is_new = true};
    struct qc_cluster *random = *state;
    unsigned n_bad = 0;

    assert_int_equal(qc_replica_start(replica, &nothing), 0);
    for (unsigned i = 0; i < 100000; i++) {
        uint8_t bytes[64];
        size_t size = (size_t)qc_cluster_random(random, sizeof(bytes) + 1);
        bool good = true;

        for (size_t j = 0; j < size; j++) {
            bytes[j] = (uint8_t)qc_cluster_random(random, 256);
        }
        if (size > 2 && i % 2 == 0) {
            bytes[0] = tags[qc_cluster_random(random, sizeof(tags))];
            bytes[1] = (uint8_t)(size - 2);
            for (size_t j = 2; j + 1 < size; j += 2) {
                bytes[j] = (uint8_t)(8 * (1 + j / 2)); /* Small numbers. */
                bytes[j + 1] &= 0x7f;
            }
        }
        assert_int_equal(
            qc_replica_receive(replica, 2, (enum qc_channel)(i / 2 % 2),
                               (struct qc_bytes){bytes, size}, &good),
            0);
        n_bad += good ? 0 : 1;
    }
    assert_true(n_bad > 1000);
    assert_true(n_bad < 100000);
    qc_replica_free(replica);
    qc_mem_disk_free(disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_leader_is_elected),
        TEST(a_leader_knows_how_long_each_member_is_silent),
        TEST(a_new_leader_counts_the_silence_of_its_own_time),
        TEST(a_command_is_answered_where_it_was_proposed),
        TEST(a_quiet_follower_hears_of_a_commit_without_a_heartbeat),
        TEST(a_command_proposed_on_two_nodes_is_done_once),
        TEST(the_next_leader_answers_what_the_last_one_left_open),
        TEST(a_leader_that_lost_its_followers_answers_when_they_return),
        TEST(what_was_acknowledged_survives_a_crash_of_all),
        TEST(without_a_leader_nothing_is_done_by_the_deadline),
        TEST(what_was_sent_and_not_applied_is_unknown_at_the_deadline),
        TEST(a_forwarded_command_that_expires_at_the_leader_was_not_done),
        TEST(the_commands_of_a_turn_share_one_entry),
        TEST(a_tenant_with_little_does_not_wait_for_one_with_much),
        TEST(an_idle_cluster_writes_nothing),
        TEST(large_commands_pass_one_after_another),
        TEST(what_was_forwarded_over_a_lost_connection_is_sent_over_the_next),
        TEST(a_wrong_clock_does_not_make_the_log_leap),
        TEST(every_node_serves_reads_that_hold_what_was_acknowledged),
        TEST(a_leader_that_slept_serves_no_stale_read),
        TEST(a_read_that_cannot_be_proven_fails_at_its_deadline),
        TEST(pre_vote_is_given_up_when_it_finds_no_leader),
        TEST(an_overloaded_replica_says_so_and_does_nothing),
        TEST(hostile_messages_do_no_harm),
#undef TEST
        cmocka_unit_test(a_minority_that_slept_confirms_nothing),
        cmocka_unit_test(a_cluster_of_two_is_refused),
        cmocka_unit_test(a_vote_outlives_the_first_entry),
        cmocka_unit_test(every_fault_of_the_disk_stops_the_node),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
