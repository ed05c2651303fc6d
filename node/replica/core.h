/*
 * libraft's core, driven.
 *
 * raft_step() takes events and gives updates, and does nothing else. Here each
 * update is carried out on the disk and the network in the order that Raft
 * needs, and the ways in which libraft must not be trusted are guarded
 * (README.md). What is committed, and what to propose, is left to the caller.
 */
#ifndef QC_REPLICA_CORE_H
#define QC_REPLICA_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include <raft.h>

#include "base/bytes.h"
#include "base/error.h"
#include "replica/replica.h"
#include "replica/snapshot.h"

/* What a node says of itself to whoever leads, joined: libraft's capacity. It
 * has no meaning to libraft itself, whose threshold would make an election fail
 * half-way. */
enum qc_capacity {
    QC_CAPACITY_ROOM = 1,    /* It has room on its disk. */
    QC_CAPACITY_WILLING = 2, /* It would lead. */
    QC_CAPACITY_ALL = QC_CAPACITY_ROOM | QC_CAPACITY_WILLING,
};

/* What a leader knows of a node that has answered it. */
struct qc_core_peer {
    uint64_t id;
    int64_t heard_ms;
    unsigned capacity;
    uint64_t told_index; /* Up to where it was told that it may apply. */
};

struct qc_core {
    struct raft raft;
    const struct qc_replica_options *options; /* Borrowed. */
    unsigned capacity;                        /* What this node says. */
    struct qc_core_peer peers[QC_SERVERS_MAX];
    int64_t suspected_ms; /* See failover.c; -1: no. */
    bool is_refused;      /* Its silence need not be waited for. */
    int64_t hurry_until_ms;
    uint64_t given_up_id; /* Who was given up last, and in which term. */
    uint64_t given_up_term;
    bool is_hurried;
    /* Of the log; it is empty when the first comes after the last, which then
     * is the newest checkpoint's. */
    uint64_t first_index;
    uint64_t last_index;
    uint64_t durable_index;    /* Of what the log holds and the disk has. */
    struct qc_snapshot newest; /* The newest checkpoint. */
    /* The checkpoint that replaces the rows and the log; until that is done
     * libraft believes it is, and the disk is as it was. */
    struct qc_snapshot installing;
    uint64_t ready_index;  /* See qc_core_is_ready(). */
    int64_t led_since_ms;  /* When this node last became the leader. */
    uint64_t n_configured; /* How often a configuration was committed. */
    bool answers_outdated; /* A leader of an old term is answered. */
    bool was_member;       /* This node is or was in a committed one. */
    int64_t contact_ms;    /* Last word from a leader or quorum; -1: never. */
    int64_t leaderless_since_ms;
};

/* NOMEM, or 0. */
QC_MUST_CHECK int qc_core_init(struct qc_core *core,
                               const struct qc_replica_options *options);
void qc_core_done(struct qc_core *core);

/* start.c */
QC_MUST_CHECK int qc_core_start(struct qc_core *core,
                                const struct qc_replica_state *state);

/* As qc_replica_receive(), of QC_CHANNEL_CONSENSUS. Afterwards a checkpoint may
 * have to be installed. */
QC_MUST_CHECK int qc_core_receive(struct qc_core *core,
                                  uint64_t from,
                                  struct qc_bytes message,
                                  bool *good_out);

QC_MUST_CHECK int qc_core_persisted(struct qc_core *core, uint64_t index);

/* Fires libraft's timer, if it is due. */
QC_MUST_CHECK int qc_core_tick(struct qc_core *core);
int64_t qc_core_timeout_ms(const struct qc_core *core);

/* Appends one command entry to the leader's log (the bytes are copied). Refused
 * with 1 when this node cannot append now. */
QC_MUST_CHECK int qc_core_submit(struct qc_core *core, struct qc_bytes entry);

/* Appends an entry that changes nothing, refused with 1 in the same way. */
QC_MUST_CHECK int qc_core_submit_barrier(struct qc_core *core);

/* Appends the entry that makes |servers| the members, who may differ from what
 * they are now by one server or one role. Refused with 1 when that may not be
 * now, or not at all: when another change is not committed, when it would leave
 * fewer than 3 voters and fewer than there are, or one of them twice. */
QC_MUST_CHECK int qc_core_submit_configuration(struct qc_core *core,
                                               const struct qc_server *servers,
                                               unsigned n_servers);

/* Hands leadership to |to|, which must hold all that is in the log to take it.
 * Refused with 1 when |to| is no other voter, when this node does not lead, or
 * while it hands over. */
QC_MUST_CHECK int qc_core_transfer(struct qc_core *core, uint64_t to);

/* Whether this leader hands over, and appends nothing: for an election timeout
 * at the most. */
bool qc_core_is_transferring(const struct qc_core *core);

/* Whether a checkpoint is to be installed, or being installed. */
bool qc_core_is_installing(const struct qc_core *core);

/* It is installed: the rows are its rows, and the log begins after it. */
QC_MUST_CHECK int qc_core_installed(struct qc_core *core);

/* It cannot be had: everything is as the disk has it, as after a crash. Refused
 * with 1 as long as a write is under way. */
QC_MUST_CHECK int qc_core_give_up_install(struct qc_core *core);

/* A checkpoint of this node's rows replaces the log up to its index, but for
 * |trailing| entries. Its term is filled in here. Refused with 1 when it is of
 * no use: something newer is there, or the configuration in it is not the
 * committed one. (Guard 4.) One of the same index takes the place of the last.
 * The entries up to its index must be durable. */
QC_MUST_CHECK int qc_core_compact(struct qc_core *core,
                                  const Qc__Peer__Manifest *manifest,
                                  uint64_t trailing);

/* Whether a change of the configuration is under way: no checkpoint then. */
bool qc_core_is_configuring(const struct qc_core *core);

bool qc_core_is_leader(const struct qc_core *core);

/* Whether this node leads and knows all that was ever acknowledged to be
 * committed: an entry of its own term is, or it was elected with a log that was
 * known to be committed whole. */
bool qc_core_is_ready(const struct qc_core *core);

/* 0 when none is known. |address_out| may be NULL, and is never given NULL. */
uint64_t qc_core_leader(const struct qc_core *core, const char **address_out);

uint64_t qc_core_last_index(const struct qc_core *core);

/* Up to where entries may be applied: committed, and in the log. */
uint64_t qc_core_commit_index(const struct qc_core *core);

/* How far the log of |id| is known to agree with this leader's; 0 when that is
 * not known, or this node does not lead. */
uint64_t qc_core_match_index(const struct qc_core *core, uint64_t id);

/* What |id| has said to this leader within the last election timeout; NULL:
 * nothing. */
const struct qc_core_peer *qc_core_peer(const struct qc_core *core,
                                        uint64_t id);

/* How long |id| has said nothing to this leader, who may not lead for longer;
 * -1: this node does not lead, or is |id|. */
int64_t qc_core_silence_ms(const struct qc_core *core, uint64_t id);

/* Of the entry |index|, which is in the log. */
QC_MUST_CHECK int qc_core_term_at(const struct qc_core *core,
                                  uint64_t index,
                                  uint64_t *term_out);

unsigned qc_core_n_voters(const struct qc_core *core);

/* How many voters but this node make a majority with it, or without it when it
 * is no voter any more. */
unsigned qc_core_n_others(const struct qc_core *core);
bool qc_core_is_voter(const struct qc_core *core, uint64_t id);

/* --- failover.c: elections that need not wait --- */

/* The connection to the leader was lost, refused or reset. */
void qc_core_connection_lost(struct qc_core *core);

/* Nobody listens where the leader did. */
void qc_core_connection_refused(struct qc_core *core);

/* Gives the leader up, if nothing was heard of it since. */
void qc_core_suspect(struct qc_core *core);

/* As libraft does when it becomes a candidate: who believes in a leader votes
 * for nobody else. A standby becomes none, so it is made to forget one that is
 * silent. */
void qc_core_forget_leader(struct qc_core *core);

/* An election timer has fired: the next one is near, as long as the leader is
 * known to have gone. */
void qc_core_hurry(struct qc_core *core);

/* This process has begun: it does not wait for an election timeout to find out
 * that nobody leads. Whether somebody does, others know. */
void qc_core_hurry_at_start(struct qc_core *core);

/* A candidate has asked that cannot win, because this log holds more than its
 * own. While the leader is known to have gone this node does not wait for its
 * turn then, but comes next. */
QC_MUST_CHECK int qc_core_outdo(struct qc_core *core,
                                const struct raft_request_vote *asked);

/* What a candidate was told of its vote. Of two that split the votes, one comes
 * again soon, and does not wait for the timeout of an election. */
void qc_core_denied(struct qc_core *core,
                    const struct raft_request_vote_result *told);

/* A leader is known again: the timer is as long as before. */
void qc_core_calm(struct qc_core *core);

/* When to call qc_core_suspect(); INT64_MAX: no need. */
int64_t qc_core_suspect_ms(const struct qc_core *core);

/* --- told.c: followers told at once what is committed --- */

/* Tells each follower that was heard of lately, and may apply more than it was
 * told of; nothing when this node does not lead, or has entries that are not
 * committed yet: it is told of all of them together. For the end of a turn,
 * when what is appended has told it already. */
QC_MUST_CHECK int qc_core_tell_commit(struct qc_core *core);

/* libraft sends |message|, which may tell it as well. */
void qc_core_note_told(struct qc_core *core,
                       const struct raft_message *message);

/* --- for the files that core.c is split into --- */

/* libraft as it is before START. NOMEM, or 0. */
QC_MUST_CHECK int qc_core_set_up(struct qc_core *core);

/* One step, carried out. Refused with 1 when libraft refuses. */
QC_MUST_CHECK int qc_core_step(struct qc_core *core, struct raft_event *event);

/* One that cannot be refused. */
QC_MUST_CHECK int qc_core_must_step(struct qc_core *core,
                                    struct raft_event *event);

/* start.c: begins with what the disk holds. */
QC_MUST_CHECK int qc_core_begin(struct qc_core *core,
                                uint64_t term,
                                uint64_t vote);

/* compact.c: libraft wants a checkpoint to be installed. */
QC_MUST_CHECK int qc_core_on_snapshot(struct qc_core *core,
                                      const struct raft_update *update);

void qc_core_notice(const struct qc_core *core,
                    enum qc_notice level,
                    const char *text);

#endif
