/* The replica from inside: its parts, and who of them does what in a turn. */
#ifndef QC_REPLICA_INSIDE_H
#define QC_REPLICA_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "replica/core.h"
#include "replica/duties.h"
#include "replica/fetch.h"
#include "replica/log_time.h"
#include "replica/proposal.h"
#include "replica/read.h"
#include "replica/replica.h"

enum {
    /* What a leader has appended and not yet committed. More waits in the
     * queue, where it makes larger entries. */
    QC_UNCOMMITTED_MAX = 64,
    QC_UNCOMMITTED_SIZE_MAX = 16 * 1024 * 1024,
    QC_APPLY_MS = 2, /* How long a turn may apply. */
    /* Between two entries that only fire timers, */
    QC_TICK_MS = 50,
    QC_TICK_AGAIN_MS = 5,          /* and when one has left some. */
    QC_CHECKPOINT_RETRY_MS = 1000, /* After one that came to nothing. */
    /* So long after its last question a peer is thought to fetch a checkpoint,
     * which is kept for it. */
    QC_READER_MS = 60000,
};

/* A peer that fetches a checkpoint from this node. */
struct qc_reader {
    uint64_t peer;
    uint64_t index; /* The checkpoint's; 0: there is no such peer. */
    int64_t at_ms;  /* Its last question. */
};

/* checkpoint.c: the checkpoints of this node. */
struct qc_replica_checkpoints {
    uint64_t newest; /* Their indexes; 0: there is none. */
    uint64_t last_but_one;
    uint64_t size; /* Of the entries applied since the newest. */
    bool is_wanted;
    bool is_lost; /* The newest is not there any more. */
    bool is_taking;
    struct qc_snapshot taken; /* Until the log is durable as far. */
    int64_t retry_ms;
    struct qc_reader readers[QC_SERVERS_MAX];
};

/* reach.c: what the network was told last. */
struct qc_reach {
    uint64_t uncommitted_index;
    uint64_t committed_index;
    uint64_t applied_index;
    int64_t looked_ms;
    int64_t spoke_ms;
    uint64_t digest; /* Of all that must be reached; 0: nothing was told. */
    bool is_removed;
};

struct qc_replica {
    struct qc_replica_options options;
    struct qc_core core;
    struct qc_proposals proposals;
    struct qc_reads reads;
    struct qc_log_time log_time;
    struct qc_duties duties;
    struct qc_replica_checkpoints checkpoints;
    struct qc_fetch fetch;
    struct qc_reach reach;
    uint64_t applied_index;

    /* Who led, and in which term, when that was last acted upon. */
    uint64_t leader_id;
    uint64_t term;

    /* Sizes of the uncommitted entries of this leader, by index, and their sum;
     * what is committed is taken off up to |settled_index|. */
    size_t uncommitted_sizes[QC_UNCOMMITTED_MAX];
    size_t uncommitted_size;
    uint64_t settled_index;

    int64_t ticked_ms;
    uint64_t clock_number; /* Of the last round of questions for clocks. */
};

int64_t qc_replica_now_ms(const struct qc_replica *replica);
int64_t qc_replica_wall_ms(const struct qc_replica *replica);
void qc_replica_notice(const struct qc_replica *replica,
                       enum qc_notice level,
                       const char *text);

/* A node that is neither this one nor 0. */
bool qc_replica_is_peer(const struct qc_replica *replica, uint64_t id);

/* apply.c: applies what is committed, for QC_APPLY_MS at the most, and answers
 * those who waited for it. */
QC_MUST_CHECK int qc_replica_apply(struct qc_replica *replica);

/* checkpoint.c: takes one when it is time, and cuts the log when there is one.
 */
QC_MUST_CHECK int qc_replica_checkpoint(struct qc_replica *replica);
int64_t qc_replica_checkpoint_ms(const struct qc_replica *replica);
/* The newest is that of |index|, and others are not known: at the start, and
 * when one was installed. */
QC_MUST_CHECK int qc_replica_begin_with_checkpoint(struct qc_replica *replica,
                                                   uint64_t index);
void qc_replica_note_reader(struct qc_replica *replica,
                            uint64_t peer,
                            uint64_t index);
/* Who was to read that of |index| did not find it. */
void qc_replica_note_missing(struct qc_replica *replica, uint64_t index);

/* fetch.c: one step towards the checkpoint that is to be installed. */
QC_MUST_CHECK int qc_replica_fetch(struct qc_replica *replica);
int64_t qc_replica_fetch_ms(const struct qc_replica *replica);
QC_MUST_CHECK int qc_replica_on_part(struct qc_replica *replica,
                                     uint64_t from,
                                     const Qc__Peer__FetchPartResult *result);

/* serve.c: reads a part of a checkpoint, and answers when that is done. */
QC_MUST_CHECK int qc_replica_serve_part(struct qc_replica *replica,
                                        uint64_t from,
                                        const Qc__Peer__FetchPart *asked,
                                        bool *good_out);

/* reach.c: tells the network whom it must reach, and this node when it is no
 * member any more; when members change, reads are asked anew. A standby that
 * has no leader speaks to all it knows, and hears if it was removed. */
QC_MUST_CHECK int qc_replica_follow_members(struct qc_replica *replica);

/* clocks.c: asks for the voters' clocks, and judges what they said. */
QC_MUST_CHECK int qc_replica_ask_clocks(struct qc_replica *replica);
QC_MUST_CHECK int qc_replica_keep_time(struct qc_replica *replica);
/* When to do so; INT64_MAX: not before something else happens. */
int64_t qc_replica_keep_time_ms(const struct qc_replica *replica);

/* confirm.c: asks on behalf of the reads that wait. */
QC_MUST_CHECK int qc_replica_ask_for_reads(struct qc_replica *replica);
/* A qc_read_told_fn, with the replica as its context. */
int qc_replica_tell_reader(void *ctx,
                           uint64_t origin,
                           uint64_t number,
                           uint64_t index);

/* propose.c: appends the queue, or hands it to the leader. */
QC_MUST_CHECK int qc_replica_send_queue(struct qc_replica *replica);
bool qc_replica_can_append(const struct qc_replica *replica);
/* When a timer of the log makes an entry necessary; INT64_MAX: none does. */
int64_t qc_replica_tick_ms(const struct qc_replica *replica);

/* listen.c: as qc_replica_receive(), of QC_CHANNEL_EXCHANGE. */
QC_MUST_CHECK int qc_replica_listen(struct qc_replica *replica,
                                    uint64_t from,
                                    struct qc_bytes message,
                                    bool *good_out);

#endif
