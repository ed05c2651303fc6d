/*
 * The log's time, as a leader stamps it (domain model 0.2, rule 2).
 *
 * A new leader asks the voters for their wall clocks before its first entry.
 * If its own agrees with the median of a majority, time goes on from there, or
 * from the last entry's time if that is later; else it goes on from the last
 * entry's time, and the wall clock is not followed. From then on it is the
 * monotonic clock that moves it, slewed towards the wall clock: it never goes
 * back, never stands still and never leaps.
 */
#ifndef QC_REPLICA_LOG_TIME_H
#define QC_REPLICA_LOG_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "replica/replica.h"

enum {
    QC_CLOCK_ANSWER_MS = 1000, /* How long answers are waited for. */
    QC_CLOCK_AGAIN_MS = 10000, /* How often the voters are asked. */
    QC_CLOCK_FAR_MS = 10000,   /* A clock so far off is not followed. */
};

enum qc_clock_verdict {
    QC_CLOCK_AGREES,
    QC_CLOCK_IS_FAR,   /* From the median, or ahead of the log. */
    QC_CLOCK_IS_ALONE, /* No majority has answered. */
};

/* Zeroed, it is of a node that does not lead. */
struct qc_log_time {
    bool is_set;       /* Entries may be stamped. */
    bool follows_wall; /* From now on, or it would have to leap. */
    int64_t at_ns;     /* The log's time... */
    int64_t read_ms;   /* ...when the monotonic clock said this. */

    bool is_asking;
    uint64_t number; /* Of the last round of questions. */
    int64_t asked_ms;
    struct {
        uint64_t id;
        int64_t ahead_ms; /* Of this node's wall clock. */
    } answers[QC_SERVERS_MAX];
    unsigned n_answers; /* This node's own among them. */
    int64_t median_ms;  /* Of the last round that was judged. */
};

/* Begins a round of questions, which gets the number |number|. */
void qc_log_time_ask(struct qc_log_time *time,
                     uint64_t number,
                     uint64_t own_id,
                     int64_t monotonic_ms);

void qc_log_time_answer(struct qc_log_time *time,
                        uint64_t voter,
                        uint64_t number,
                        int64_t ahead_ms);

/*
 * Whether the round can be judged: a majority agrees with this node's clock (it
 * need not wait for a node that may be dead), or all have answered, or their
 * time is over. Then the round ends.
 */
bool qc_log_time_judge(struct qc_log_time *time,
                       unsigned n_voters,
                       int64_t monotonic_ms,
                       enum qc_clock_verdict *verdict_out);

/* A new leader's time begins, after |last_ms|, the time of the last entry. When
 * that is 0 there is none to go on from, and the median is taken. */
void qc_log_time_begin(struct qc_log_time *time,
                       enum qc_clock_verdict verdict,
                       int64_t last_ms,
                       int64_t monotonic_ms,
                       int64_t wall_ms);

/* A later round was judged. True when the wall clock was followed and is not
 * any more. */
bool qc_log_time_review(struct qc_log_time *time,
                        enum qc_clock_verdict verdict,
                        int64_t monotonic_ms,
                        int64_t wall_ms);

/* Moves it on; only when it is set. */
int64_t qc_log_time_now_ms(struct qc_log_time *time,
                           int64_t monotonic_ms,
                           int64_t wall_ms);

/* What qc_log_time_now_ms() said last, at |read_ms|. */
int64_t qc_log_time_last_ms(const struct qc_log_time *time);

/* When a round is to be judged or begun. */
int64_t qc_log_time_next_ms(const struct qc_log_time *time);

#endif
