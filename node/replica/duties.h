/*
 * What a replica does by itself, beside replicating: it makes the members what
 * the rows want, hands leadership over, compares state hashes, and says in the
 * log what this node is and how much room it has.
 *
 * Each duty looks, in every turn, at how things are, and does the next step:
 * none waits for anything, and none is lost when the leader changes.
 */
#ifndef QC_REPLICA_DUTIES_H
#define QC_REPLICA_DUTIES_H

#include <stdbool.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "base/error.h"
#include "machine/fold.h"
#include "quorumcall/peer/v1/peer_service.pb-c.h"
#include "replica/replica.h"

struct qc_command;

/* Commands of nodes, as proto/command.def numbers them. */
enum {
    QC_COMMAND_REPORT_NODE = 63,
    QC_COMMAND_COMPARE_HASHES = 64,
    QC_COMMAND_RAISE_ALARM = 65,
    QC_COMMAND_DISARM_ALARM = 66,
};

enum {
    QC_ERRAND_MS = 2000, /* How long one may take; then it is tried again. */
    QC_COMPARE_MS = 10000,
    QC_MEMBERSHIP_MS = 50,          /* Between two looks at the members. */
    QC_MEMBERSHIP_SETTLED_MS = 500, /* When they were as they are wanted. */
    /* The cluster version from which on the commands of nodes may be proposed,
     * ReportNode excepted. */
    QC_DUTIES_SINCE = 2,
};

/* A command that this node proposes until it is done. Zeroed, it is none. */
struct qc_errand {
    bool is_open; /* It is proposed, and has no answer yet. */
    bool is_done; /* It was answered. */
    int refusal;  /* What it was answered with, when it is done; 0: nothing. */
    int64_t next_ms;
};

/* membership.c: how far a standby that is to vote has come. */
struct qc_round {
    uint64_t id;
    uint64_t until_index; /* What was the leader's last entry at its begin. */
    int64_t began_ms;
    bool is_fast; /* The one before took no longer than an election timeout. */
};

/* compare.c: a comparison under way. */
struct qc_comparison {
    uint64_t index; /* 0: there is none. */
    uint64_t number;
    int64_t began_ms;
    int64_t asked_ms;
    struct {
        uint64_t id;
        uint8_t hash[QC_HASH_SIZE];
    } answers[QC_SERVERS_MAX];
    unsigned n_answers;
};

struct qc_duties {
    uint8_t life[8]; /* Of this process: its client id. */
    uint64_t n_commands;
    uint64_t term; /* In which the duties of a leader began; 0: none did. */

    /* membership.c */
    int64_t looked_ms;
    uint64_t settled_index; /* Applied when nothing was to do; 0: never. */
    bool must_go; /* This leader is to vote no more: another must lead. */
    struct qc_round rounds[QC_SERVERS_MAX];
    unsigned n_rounds;

    /* transfer.c */
    bool drains;
    bool is_asked; /* By somebody, for once. */
    int64_t asked_ms;
    uint64_t to;           /* By whom they want to be followed; 0: any. */
    uint64_t target;       /* To whom it hands over; 0: to nobody. */
    bool is_told;          /* It was told to begin an election. */
    int64_t began_ms;      /* When it became the target. */
    int64_t rest_until_ms; /* Then those that failed may be tried again. */
    uint64_t failed[QC_SERVERS_MAX];
    unsigned n_failed;

    /* compare.c */
    struct qc_comparison comparison;
    struct qc_errand compare;
    int64_t compared_ms;
    uint64_t compared_index; /* The last entry that compares. */
    uint64_t judged_index;   /* The entry that it compares as of. */
    bool is_judged;          /* Hashes were compared in the last entry. */

    /* report.c */
    struct qc_errand report;
    bool is_reported; /* In this life. */

    /* room.c */
    enum qc_room room;
    bool is_room_known;
    bool is_alarm_known;  /* An earlier life may have raised it. */
    bool is_alarm_raised; /* When that is known. */
    bool raises;          /* What |alarm| asks for. */
    struct qc_errand alarm;
};

/* duties.c */
void qc_duties_init(struct qc_replica *replica);
/* The next steps, at the end of a turn, before the queue is sent. */
QC_MUST_CHECK int qc_replica_do_duties(struct qc_replica *replica);
/* Proposes |request| as the command |id|, unless that was not long ago. NOMEM,
 * or 0. */
QC_MUST_CHECK int qc_replica_run_errand(struct qc_replica *replica,
                                        struct qc_errand *errand,
                                        uint32_t id,
                                        const ProtobufCMessage *request);
/* Whether it is under way, or was begun not long ago and came to nothing. */
bool qc_errand_waits(const struct qc_replica *replica,
                     const struct qc_errand *errand);
/* A time for a request of this node that the machine takes. */
int64_t qc_replica_request_ms(const struct qc_replica *replica);
/* The cluster version in the rows. */
uint32_t qc_replica_version(const struct qc_replica *replica);
bool qc_replica_is_member(const struct qc_replica *replica);

/* membership.c: on a leader, one step towards what the rows want. */
QC_MUST_CHECK int qc_replica_keep_members(struct qc_replica *replica);
void qc_replica_forget_rounds(struct qc_replica *replica);

/* transfer.c: on a leader, one step towards its successor, if it is to have
 * one. */
QC_MUST_CHECK int qc_replica_hand_over(struct qc_replica *replica);
/* Whether nothing is appended for the sake of that. */
bool qc_replica_is_handing_over(const struct qc_replica *replica);
void qc_replica_end_hand_over(struct qc_replica *replica);

/* compare.c: on a leader, one step towards comparing state hashes. */
QC_MUST_CHECK int qc_replica_compare(struct qc_replica *replica);
void qc_replica_forget_comparison(struct qc_replica *replica);
QC_MUST_CHECK int qc_replica_on_get_hash(const struct qc_replica *replica,
                                         uint64_t from,
                                         const Qc__Peer__GetHash *question);
void qc_replica_on_get_hash_result(struct qc_replica *replica,
                                   uint64_t from,
                                   const Qc__Peer__GetHashResult *result,
                                   bool *good_out);
/* |command| stands in the entry |index|, which is applied: notes whether hashes
 * were compared. */
void qc_replica_note_comparison(struct qc_replica *replica,
                                const struct qc_command *command,
                                uint64_t index);
/* DIFFERS when the rows say that this node's state is not that of the others,
 * if anything was compared; 0 else. */
QC_MUST_CHECK int qc_replica_judge(struct qc_replica *replica);

/* report.c: says what this node is, until the rows hold it. */
QC_MUST_CHECK int qc_replica_report(struct qc_replica *replica);

/* room.c: says whether this node has room, and would lead. */
void qc_replica_tell_capacity(struct qc_replica *replica);
/* Raises and disarms this node's alarm. */
QC_MUST_CHECK int qc_replica_tell_room(struct qc_replica *replica);
/* Whether no majority of the voters has room: then nothing is appended. */
bool qc_replica_is_full(const struct qc_replica *replica);

#endif
