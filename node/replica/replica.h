/*
 * The replica: one member of the cluster, around libraft's pure core.
 *
 * It owns the order of things: what is proposed, when it is stamped, what is
 * committed, when it is applied and who is answered. It is given a disk, a
 * network, clocks and a machine as small structs of functions, so that the
 * same code runs in production and in a simulator. It calls no library that
 * does I/O, has no thread and no global state.
 *
 * Whoever drives it tells it what happened (a message came, a write is durable,
 * time has passed) and, at the end of each turn of the loop, calls
 * qc_replica_turn(): then everything that arrived meanwhile is proposed as one
 * entry, or handed to the leader, and one round of confirmation is begun for
 * all reads that wait.
 *
 * Any int below 0 that a function returns is a fault: the node must stop.
 */
#ifndef QC_REPLICA_REPLICA_H
#define QC_REPLICA_REPLICA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/log_entry.h"
#include "command/apply.h"
#include "machine/fold.h"
#include "quorumcall/peer/v1/peer_service.pb-c.h"

struct qc_replica;

enum {
    QC_SERVERS_MAX = 16,
};

struct qc_server {
    uint64_t id;
    const char *address;
    bool voter;
};

/* A member as the rows want it (machine/member.h). */
struct qc_wanted {
    uint64_t id;
    const char *address; /* Borrowed until the rows change. */
    bool voter;
    bool removed;
};

/* Each int is 0 or a fault. */
struct qc_disk {
    void *ctx;
    /* Durable when it returns. */
    int (*set_term_and_vote)(void *ctx, uint64_t term, uint64_t vote);
    /* Queues entries, after cutting off what stands at or above the first.
     * When they are durable, somebody calls qc_replica_persisted(). */
    int (*append)(void *ctx, const struct qc_log_entry *entries, size_t n);
    /* As qc_log_read(). */
    int (*read)(void *ctx,
                uint64_t first,
                size_t n,
                size_t size_max,
                int (*entry)(void *ctx, const struct qc_log_entry *entry),
                void *entry_ctx);
    /* Keeps |manifest|, an encoded Manifest, as the newest, and drops the
     * entries before |first|: both together, after what is queued. */
    int (*compact)(void *ctx, struct qc_bytes manifest, uint64_t first);
};

/* A part of a file of a checkpoint. */
struct qc_part {
    uint64_t index;   /* The checkpoint's. */
    const char *file; /* Its name in the manifest. */
    uint64_t offset;
    uint32_t size;
};

/* How the reading of a part has ended. */
enum qc_part_end {
    QC_PART_READ,
    QC_PART_MISSING, /* There is no such checkpoint, or no such file in it. */
    QC_PART_DROPPED, /* The node stops, and nothing was read. */
};

/* A part that is being read. It and what it points to are the asker's, who
 * leaves them as they are until |done| is called. */
struct qc_part_reading {
    struct qc_part part;
    /* Called exactly once, after read() has returned and on the same thread.
     * |data|, which is shorter at the file's end, and empty unless it was
     * READ, is lent until it returns. What was DROPPED is told while the edge
     * and the network are going: that may free its own, and nothing else. 0,
     * or a fault. */
    int (*done)(struct qc_part_reading *reading,
                enum qc_part_end end,
                struct qc_bytes data);
    STAILQ_ENTRY(qc_part_reading) links; /* Of whoever reads. */
};

STAILQ_HEAD(qc_part_readings, qc_part_reading);

/* Checkpoints of the rows. Each int is 0 or a fault, unless it says otherwise.
 * What takes long is done elsewhere and ends in the named function of the
 * replica. Of take and install, one is under way at a time. */
struct qc_checkpoints {
    void *ctx;
    /* Begins to take one of the rows as they are or will be. Ends in
     * qc_replica_checkpoint_taken(). */
    int (*take)(void *ctx);
    /* Drops all checkpoints but those of |indexes|. */
    int (*keep)(void *ctx, const uint64_t *indexes, size_t n);
    /* Begins to read a part; those that are asked for end in that order. False,
     * and |done| is never called: too many are being read. */
    bool (*read)(void *ctx, struct qc_part_reading *reading);
    /* Begins to fetch the checkpoint of |manifest| (borrowed until it returns),
     * or goes on where that was left, also before a restart: |have_out| is how
     * many bytes of its files, one after the other, are here. 1: that is being
     * seen to; then it is asked again, the same, in each turn, and a turn comes
     * when it is known. */
    int (*fetch)(void *ctx,
                 const Qc__Peer__Manifest *manifest,
                 uint64_t *have_out);
    /* The next bytes of it. */
    int (*write)(void *ctx, const struct qc_part *part, struct qc_bytes data);
    /* Whether more may be asked for: QC_FETCH_PARTS_MAX parts of
     * QC_FETCH_PART_SIZE that are under way will find room. A turn comes when
     * that changes. May be NULL: it never does. */
    bool (*is_ready)(void *ctx);
    /* Everything is here: verifies it; makes it the rows, and the log begin
     * after it, together and durably. Ends in qc_replica_installed(). What does
     * not verify is forgotten, so that fetch() begins at 0. */
    int (*install)(void *ctx);
};

enum qc_channel {
    QC_CHANNEL_CONSENSUS, /* peer.v1 ConsensusRequest */
    QC_CHANNEL_EXCHANGE,  /* peer.v1 ExchangeRequest */
};

/* Messages may be lost, and then nothing is said of it. Those of one channel
 * to one peer arrive in order, if at all. */
struct qc_network {
    void *ctx;
    void (*send)(void *ctx,
                 uint64_t to,
                 enum qc_channel channel,
                 struct qc_bytes message);
};

struct qc_clocks {
    void *ctx;
    int64_t (*monotonic_ms)(void *ctx);
    int64_t (*wall_ms)(void *ctx);
    void (*entropy)(void *ctx, uint8_t bytes[QC_ENTROPY_SIZE]);
};

/* The state machine behind the log. */
struct qc_applier {
    void *ctx;
    /* As qc_entry_apply(). */
    int (*apply)(void *ctx,
                 uint64_t index,
                 struct qc_bytes entry,
                 qc_answered_fn answered,
                 void *answered_ctx);
    /* As qc_forwarded_is_sound(), of what another node has sent; NULL: all is.
     */
    bool (*is_sound)(void *ctx, const struct qc_command *command);
    /* The index the rows carry. */
    uint64_t (*applied)(void *ctx);
    /* The log's time there. */
    int64_t (*now_ms)(void *ctx);
    /* As qc_machine_next_timer_ms(). */
    int64_t (*next_timer_ms)(void *ctx);
    /* As qc_entry_configure(): the entry |index| makes |servers| the members.
     */
    int (*configure)(void *ctx,
                     uint64_t index,
                     const struct qc_server *servers,
                     size_t n);
    /* The members that the rows want: how many. */
    size_t (*wanted)(void *ctx, struct qc_wanted wanted_out[QC_SERVERS_MAX]);
    /* As qc_hashes_at(), of an index that is applied. */
    bool (*hash_at)(void *ctx, uint64_t index, uint8_t hash_out[QC_HASH_SIZE]);
    /* Whether the rows say that this node's state is not that of the others. */
    bool (*differs)(void *ctx);
    /* The cluster version in the rows, and what they hold of this node's own
     * report; 0: nothing. */
    uint32_t (*version)(void *ctx, uint32_t *reported_out);
};

/* Things worth a line in the log of the process. |text| is borrowed. */
enum qc_notice {
    QC_NOTICE_DEBUG,
    QC_NOTICE_INFO,
    QC_NOTICE_WARNING,
};

struct qc_replica_options {
    uint64_t id;
    const char *address;
    const struct qc_server *initial; /* The cluster's first members. */
    unsigned n_initial;
    uint32_t election_timeout_ms;
    uint32_t heartbeat_ms;
    uint32_t seed;               /* Of election timers. */
    uint64_t checkpoint_entries; /* Take one after so many entries, */
    uint64_t checkpoint_size;    /* or so many bytes of them. */
    uint64_t trailing_entries;   /* Kept before the last one. */
    uint32_t compare_ms;  /* Between two comparisons of hashes; 0: 10 s. */
    uint32_t version_max; /* Newest cluster version known here. */
    const char *release;
    struct qc_disk disk;
    struct qc_network network;
    struct qc_clocks clocks;
    struct qc_applier applier;
    struct qc_checkpoints checkpoints;
    void (*notice)(void *ctx, enum qc_notice notice, const char *text);
    void *notice_ctx;
    /* Whom the network must reach from now on, this node among them; called
     * when that changes. Borrowed. May be NULL. */
    void (*members)(void *ctx, const struct qc_server *servers, size_t n);
    void *members_ctx;
    /* The entry |index| has removed this node: it must stop for good. May be
     * NULL. */
    void (*removed)(void *ctx, uint64_t index);
    void *removed_ctx;
};

/* What the disk held when the process began. */
struct qc_replica_state {
    uint64_t term;
    uint64_t vote;
    uint64_t first_index; /* 0: the log is empty. */
    uint64_t last_index;
    bool is_new; /* Of a new cluster: its log begins with |initial|. */
    /* The newest checkpoint's; NULL: there is none. Borrowed until it starts.
     */
    const Qc__Peer__Manifest *manifest;
};

/* Gives; nothing happens until it is started. NULL when memory is short. */
struct qc_replica *qc_replica_new(const struct qc_replica_options *options);

/* Every open request and read ends with OUTCOME_UNKNOWN or READ_ABORTED. */
void qc_replica_free(struct qc_replica *replica);

QC_MUST_CHECK int qc_replica_start(struct qc_replica *replica,
                                   const struct qc_replica_state *state);

/* A message of a peer that has said Hello. One that is malformed is dropped,
 * and false returned through |good_out|: the connection should end. */
QC_MUST_CHECK int qc_replica_receive(struct qc_replica *replica,
                                     uint64_t from,
                                     enum qc_channel channel,
                                     struct qc_bytes message,
                                     bool *good_out);

/* Everything up to |index| that was appended and not cut since is durable. */
QC_MUST_CHECK int qc_replica_persisted(struct qc_replica *replica,
                                       uint64_t index);

/* The checkpoint that was being taken is there; NULL: it was not taken, and
 * that is no fault. Its term is not filled in. */
QC_MUST_CHECK int qc_replica_checkpoint_taken(
    struct qc_replica *replica,
    const Qc__Peer__Manifest *manifest);

/* The rows are those of the checkpoint that was fetched, and the log begins
 * after it; or it did not verify, and all is as it was. */
QC_MUST_CHECK int qc_replica_installed(struct qc_replica *replica, bool good);

/* The connection to a peer was lost, refused or made. */
void qc_replica_peer_connected(struct qc_replica *replica,
                               uint64_t peer,
                               bool connected);

/* Nobody listens at the address of a peer: its process has gone. */
void qc_replica_peer_refuses(struct qc_replica *replica, uint64_t peer);

/* Fires what is due; to be called when qc_replica_timeout_ms() has come, at
 * the latest. */
QC_MUST_CHECK int qc_replica_tick(struct qc_replica *replica);

/* In the monotonic clock's time. */
int64_t qc_replica_timeout_ms(const struct qc_replica *replica);

/* The end of a turn: see above. */
QC_MUST_CHECK int qc_replica_turn(struct qc_replica *replica);

/* After each turn, when its answers and entries are sent, which are more
 * urgent: followers are told what is committed, if nothing else tells them. */
QC_MUST_CHECK int qc_replica_tell(struct qc_replica *replica);

/* Whether committed entries wait to be applied: then the loop must not sleep
 * before the next turn. (Applying is bounded to 5 ms a turn.) */
bool qc_replica_busy(const struct qc_replica *replica);

/* --- for operators --- */

/* Takes a checkpoint, unless one is being taken, as soon as that may be. */
QC_MUST_CHECK int qc_replica_take_checkpoint(struct qc_replica *replica);

/* A backup reads the checkpoint |index|: it is kept for a minute from now, as
 * for a peer that fetches it. Of two backups at a time the last one counts. */
void qc_replica_note_backup(struct qc_replica *replica, uint64_t index);

/* Begins to hand leadership to |to| (0: to any voter that is up to date).
 * Refused with 1 when this node does not lead, or |to| is no other voter. */
QC_MUST_CHECK int qc_replica_step_down(struct qc_replica *replica, uint64_t to);

/* A node that drains hands over leadership whenever it has it. */
void qc_replica_set_drain(struct qc_replica *replica, bool drain);

enum qc_room {
    QC_ROOM_ENOUGH,
    QC_ROOM_LOW,  /* Raise the alarm. */
    QC_ROOM_NONE, /* Take no more writes. */
};

/* How much room this node's disk has. A leader without room hands over to a
 * voter that has some; when no majority has any, writes are refused. */
void qc_replica_set_room(struct qc_replica *replica, enum qc_room room);

/* How a proposal ended. */
enum qc_outcome {
    QC_OUTCOME_APPLIED,    /* There is an answer. */
    QC_OUTCOME_EXPIRED,    /* Its deadline came first; nothing was done. */
    QC_OUTCOME_NO_LEADER,  /* Nothing was done. */
    QC_OUTCOME_UNKNOWN,    /* It may or may not be done yet. */
    QC_OUTCOME_OVERLOADED, /* Too many wait; nothing was done. */
    QC_OUTCOME_NO_SPACE,   /* Disks are full; nothing was done. */
};

enum {
    QC_OUTCOMES = QC_OUTCOME_NO_SPACE + 1,
};

struct qc_proposal_result {
    enum qc_outcome outcome;
    const struct qc_answer *answer; /* When APPLIED; borrowed. */
    uint64_t index;                 /* The entry's, when APPLIED. */
};

typedef void (*qc_proposed_fn)(void *ctx,
                               const struct qc_proposal_result *result);

struct qc_proposal; /* The replica's, until it is answered. */

/*
 * Proposes |command| (copied), on whichever node this is. |done| is called
 * exactly once, in a later call of the replica's functions. Open requests are
 * known by (tenant, client id, request id) and answered when this node applies
 * them, whoever proposed them; when leadership is lost nothing fails: it is
 * proposed again, with the same id, inside the deadline. NULL, and |done|
 * never called, when memory is short.
 */
struct qc_proposal *qc_replica_propose(struct qc_replica *replica,
                                       const struct qc_command *command,
                                       int64_t deadline_ms, /* monotonic */
                                       qc_proposed_fn done,
                                       void *ctx);

/* The caller has gone: |done| will not be called. The command may be done all
 * the same. */
void qc_proposal_forget(struct qc_proposal *proposal);

struct qc_read;

/* Calls |done| once, later: with true when this node's rows hold everything
 * that was acknowledged anywhere before the call; with false when that could
 * not be proven by the deadline. NULL when memory is short, or too many wait.
 */
struct qc_read *qc_replica_read(struct qc_replica *replica,
                                int64_t deadline_ms, /* monotonic */
                                void (*done)(void *ctx, bool confirmed),
                                void *ctx);
void qc_read_forget(struct qc_read *read);

/* --- what was applied, told again --- */

/* The first entry that this node can still tell; above the applied index when
 * it can tell none; UINT64_MAX while its log is being replaced, when nobody
 * knows yet. */
uint64_t qc_replica_history_first(const struct qc_replica *replica);

/* The last one: the applied index. */
uint64_t qc_replica_history_last(const struct qc_replica *replica);

/* Told of one entry: of its commands, as they stand in the log; empty for an
 * entry that has none. Borrowed. Whatever is not 0 ends the telling. */
typedef int (*qc_told_fn)(void *ctx, uint64_t index, struct qc_bytes commands);

/* Tells of the applied entries from |first| on, which must not come before
 * qc_replica_history_first(): of at most |n|, and of about 1 MiB. Answers 0, a
 * fault, or what |told| has answered. */
QC_MUST_CHECK int qc_replica_history(struct qc_replica *replica,
                                     uint64_t first,
                                     size_t n,
                                     qc_told_fn told,
                                     void *ctx);

/* How it is, for ClusterService.GetStatus and the log of the process. */
struct qc_replica_status {
    int role; /* As quorumcall.v1.NodeRole. */
    uint64_t leader_id;
    const char *leader_address; /* "" when none; lives until the next call. */
    uint64_t term;
    uint64_t last_index;
    uint64_t commit_index;
    uint64_t applied_index;
    uint64_t open_requests;
    int64_t
        leader_contact_ms; /* Since word from a leader or quorum; -1: never. */
    uint64_t first_index;
    uint64_t checkpoint_index; /* 0: there is none. */
    bool draining;
    bool read_only;
    bool installing;
    struct qc_server servers[QC_SERVERS_MAX];
    uint64_t match_indexes[QC_SERVERS_MAX]; /* Known to a leader. */
    int64_t silences_ms[QC_SERVERS_MAX];    /* As qc_core_silence_ms(). */
    unsigned n_servers;
    /* Since this process began: proposals of this node, by how they ended,
     * those of them that were given a stored answer, and those whose callers
     * have gone before. */
    uint64_t n_ended[QC_OUTCOMES];
    uint64_t n_replayed;
    uint64_t n_forgotten;
};

/* Of it, leader_contact_ms alone. */
int64_t qc_replica_contact_ms(const struct qc_replica *replica);

void qc_replica_status(const struct qc_replica *replica,
                       struct qc_replica_status *status_out);

/* What of it is known without counting anything: for who asks at each event. */
struct qc_replica_standing {
    uint64_t term;
    uint64_t leader_id; /* 0: unknown. */
    uint64_t commit_index;
};

struct qc_replica_standing qc_replica_standing(
    const struct qc_replica *replica);

#endif
