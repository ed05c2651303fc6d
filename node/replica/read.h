/*
 * Reads that wait until they are proven to be current.
 *
 * A read is asked, told, and applied: it gets the number of a round of
 * questions that began after it came in, then the index at which it may be
 * answered, then it ends when the rows have reached that index. Numbers
 * ascend; what proves one round proves all before it, so nothing is kept for
 * each round, and a lost question is mended by the next round.
 *
 * The leader asks the voters whether its term is still theirs: when a majority
 * has said so, nobody else can have committed anything before the round began,
 * and the commit index noted then is safe. A follower asks the leader. Reads
 * of other nodes stand among the leader's own, and end when they are told.
 */
#ifndef QC_REPLICA_READ_H
#define QC_REPLICA_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/error.h"
#include "replica/deadline.h"
#include "replica/replica.h"

enum {
    QC_READS_MAX = 65536,
    QC_READ_RETRY_MS = 200, /* A round without an answer is followed by one. */
    /* How long a read of another node is kept. It asks again anyway. */
    QC_REMOTE_READ_MS = 1000,
};

TAILQ_HEAD(qc_read_list, qc_read);

struct qc_reads {
    struct qc_read_list unasked;
    struct qc_read_list asked; /* By number. */
    struct qc_read_list told;
    struct qc_deadlines deadlines;
    size_t n;
    uint64_t number; /* Of the last round. */
    int64_t asked_ms;
    /* The latest round each peer has confirmed. */
    struct {
        uint64_t id;
        uint64_t number;
    } confirmed[QC_SERVERS_MAX];
    unsigned n_confirmed;
};

/* A read of another node that ends: |index| is 0 when it is not proven. */
typedef int (*qc_read_told_fn)(void *ctx,
                               uint64_t origin,
                               uint64_t number,
                               uint64_t index);

/* |seed| makes the numbers of this life of the process differ from those of
 * the last one, so that no late answer fits. */
void qc_reads_init(struct qc_reads *reads, uint64_t seed);

/* Ends all with false. */
void qc_reads_done(struct qc_reads *reads);

/* As qc_replica_read(). */
struct qc_read *qc_reads_add(struct qc_reads *reads,
                             int64_t deadline_ms,
                             void (*done)(void *ctx, bool confirmed),
                             void *ctx);

/* One of |origin|, which calls it |number|. NULL when there is no room. */
struct qc_read *qc_reads_add_remote(struct qc_reads *reads,
                                    uint64_t origin,
                                    uint64_t number,
                                    int64_t deadline_ms);

/* Begins a round, if there is somebody to ask for and somebody to ask again
 * for: its number; 0 when there is no need. |index| is what they will be told
 * when it is confirmed. */
uint64_t qc_reads_ask(struct qc_reads *reads, uint64_t index, int64_t now_ms);

/* All asked up to |number| have their index: |index|, or the noted ones when it
 * is 0. A fault of |told| is given back. */
QC_MUST_CHECK int qc_reads_tell(struct qc_reads *reads,
                                uint64_t number,
                                uint64_t index,
                                qc_read_told_fn told,
                                void *told_ctx);

/* |voter| confirms the leader's term for the round |number|: the latest round
 * that |n_others| voters have confirmed, who are a majority with the leader. */
uint64_t qc_reads_confirm(struct qc_reads *reads,
                          uint64_t voter,
                          uint64_t number,
                          unsigned n_others);

/* The leader or the term has changed: all that are not told are asked anew, and
 * those of other nodes end. */
QC_MUST_CHECK int qc_reads_restart(struct qc_reads *reads,
                                   qc_read_told_fn told,
                                   void *told_ctx);

/* Ends those that the rows have reached. */
void qc_reads_applied(struct qc_reads *reads, uint64_t applied_index);

void qc_reads_expire(struct qc_reads *reads, int64_t now_ms);

/* When to call qc_reads_expire() or qc_reads_ask() next. */
int64_t qc_reads_next_ms(const struct qc_reads *reads);

#endif
