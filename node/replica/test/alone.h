/*
 * One replica, node 1 of five, whose peers are played by hand. Test support;
 * never linked in.
 *
 * The arena holds what it has said; what cannot be true of a test's own steps
 * fails the test.
 */
#ifndef QC_REPLICA_TEST_ALONE_H
#define QC_REPLICA_TEST_ALONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "quorumcall/peer/v1/peer_service.pb-c.h"
#include "replica/replica.h"
#include "replica/test/checkpoints.h"
#include "replica/test/disk.h"
#include "replica/test/fake_machine.h"

enum {
    QC_ALONE_SERVERS = 5,
    QC_ALONE_ELECTION_MS = 500,
};

/* The node, and the last thing that it said of each kind, with how often. */
struct qc_alone {
    struct qc_mem_disk *disk;
    struct qc_mem_checkpoints *checkpoints;
    struct qc_ledger ledger;
    struct qc_fake_machine machine;
    struct qc_replica_options options;
    struct qc_replica *replica;
    int64_t now_ms;
    uint8_t dice; /* What chance gives. */
    struct qc_arena arena;
    Qc__Peer__AppendEntriesResult result;
    unsigned n_results;
    Qc__Peer__RequestVote vote;
    unsigned n_votes;
    Qc__Peer__RequestVoteResult vote_result;
    unsigned n_vote_results;
    Qc__Peer__AppendEntries entries;
    struct qc_replica_state at_vote_result; /* What was durable then. */
    Qc__Peer__ConfirmTerm question;
    unsigned n_questions;
    Qc__Peer__Dropped dropped;
    Qc__Peer__FetchPart part;
    uint64_t part_asked_of;
    unsigned n_parts;
    Qc__Peer__FetchPartResult part_result;
    unsigned n_part_results;
    unsigned n_reads_confirmed;
    uint64_t removed_at;
};

/* Of a new cluster of five. For cmocka. */
int qc_alone_setup(void **state);
int qc_alone_teardown(void **state);

/* Dies and starts again, with what its disk holds. */
int qc_alone_restart(struct qc_alone *f);

/* Starts with a disk that holds |entries| and no term but |term|. */
int qc_alone_start_with(struct qc_alone *f,
                        uint64_t term,
                        const struct qc_log_entry *entries,
                        size_t n);

/* A peer says something: a fault, or 0. */
int qc_alone_say(struct qc_alone *f,
                 uint64_t from,
                 const Qc__Peer__ConsensusRequest *request,
                 bool *good_out);
int qc_alone_say_exchange(struct qc_alone *f,
                          uint64_t from,
                          const Qc__Peer__ExchangeRequest *request,
                          bool *good_out);

struct qc_alone_leader {
    uint64_t id;
    uint64_t term;
};

/* The leader sends |n| entries of |entry_term| after (index, index_term), and
 * knows that the first of all is committed. */
int qc_alone_append(struct qc_alone *f,
                    struct qc_alone_leader leader,
                    uint64_t index,
                    uint64_t index_term,
                    size_t n,
                    uint64_t entry_term);

/* The leader sends one entry that stands after |index_term|, and knows that all
 * up to |commit_index| are committed. */
int qc_alone_append_one(struct qc_alone *f,
                        struct qc_alone_leader leader,
                        uint64_t index_term,
                        const struct qc_log_entry *entry,
                        uint64_t commit_index);

/* The leader sends no entry, and knows that all up to |commit_index| are
 * committed. */
int qc_alone_heartbeat(struct qc_alone *f,
                       struct qc_alone_leader leader,
                       uint64_t index,
                       uint64_t index_term,
                       uint64_t commit_index);

/* The members as an entry has them; lives in the arena. */
struct qc_bytes qc_alone_configuration(struct qc_alone *f,
                                       const struct qc_server *servers,
                                       unsigned n);

/* The leader offers a checkpoint. */
int qc_alone_offer(struct qc_alone *f,
                   struct qc_alone_leader leader,
                   const Qc__Peer__Manifest *manifest,
                   bool *good_out);

/* What is queued becomes durable. */
void qc_alone_sync(struct qc_alone *f);
void qc_alone_turn(struct qc_alone *f);

/* A voter gives its vote, acknowledges, or confirms the last question. */
void qc_alone_grant(struct qc_alone *f,
                    uint64_t from,
                    uint64_t term,
                    bool pre_vote);
void qc_alone_acknowledge(struct qc_alone *f, uint64_t from, uint64_t index);
void qc_alone_confirm(struct qc_alone *f, uint64_t from, uint64_t term);

/* Time passes until the node asks for votes; then two give theirs. */
void qc_alone_win(struct qc_alone *f);

struct qc_replica_status qc_alone_status(const struct qc_alone *f);

/* Counts. */
void qc_alone_read_ended(void *ctx, bool confirmed);

/* A qc_network's send, with the fixture as its context. */
void qc_alone_heard(void *ctx,
                    uint64_t to,
                    enum qc_channel channel,
                    struct qc_bytes bytes);

#endif
