#include "replica/log_time.h"

#include <assert.h>

enum {
    NS_PER_MS = 1000000,
    SLEW_NS_PER_MS = 500, /* 0.05 % */
};

void qc_log_time_ask(struct qc_log_time *time,
                     uint64_t number,
                     uint64_t own_id,
                     int64_t monotonic_ms)
{
    time->is_asking = true;
    time->number = number;
    time->asked_ms = monotonic_ms;
    time->answers[0].id = own_id;
    time->answers[0].ahead_ms = 0;
    time->n_answers = 1;
}

/* Kept in order, for the median. */
void qc_log_time_answer(struct qc_log_time *time,
                        uint64_t voter,
                        uint64_t number,
                        int64_t ahead_ms)
{
    unsigned at = time->n_answers;

    if (!time->is_asking || number != time->number || at == QC_SERVERS_MAX) {
        return;
    }
    for (unsigned i = 0; i < time->n_answers; i++) {
        if (time->answers[i].id == voter) {
            return;
        }
    }
    while (at > 0 && time->answers[at - 1].ahead_ms > ahead_ms) {
        time->answers[at] = time->answers[at - 1];
        at--;
    }
    time->answers[at].id = voter;
    time->answers[at].ahead_ms = ahead_ms;
    time->n_answers++;
}

bool qc_log_time_judge(struct qc_log_time *time,
                       unsigned n_voters,
                       int64_t monotonic_ms,
                       enum qc_clock_verdict *verdict_out)
{
    bool majority = time->n_answers > n_voters / 2;
    bool over = time->n_answers >= n_voters ||
                monotonic_ms - time->asked_ms >= QC_CLOCK_ANSWER_MS;
    /* Of two middle ones, the earlier. */
    int64_t median_ms = time->answers[(time->n_answers - 1) / 2].ahead_ms;
    enum qc_clock_verdict verdict = QC_CLOCK_IS_ALONE;

    assert(time->is_asking);

    if (majority) {
        verdict = median_ms >= -QC_CLOCK_FAR_MS && median_ms <= QC_CLOCK_FAR_MS
                      ? QC_CLOCK_AGREES
                      : QC_CLOCK_IS_FAR;
    }
    if (verdict != QC_CLOCK_AGREES && !over) {
        return false;
    }
    time->is_asking = false;
    time->median_ms = median_ms;
    *verdict_out = verdict;
    return true;
}

void qc_log_time_begin(struct qc_log_time *time,
                       enum qc_clock_verdict verdict,
                       int64_t last_ms,
                       int64_t monotonic_ms,
                       int64_t wall_ms)
{
    int64_t at_ms = last_ms;

    time->follows_wall = verdict == QC_CLOCK_AGREES;
    if (time->follows_wall && wall_ms > last_ms) {
        at_ms = wall_ms;
    } else if (last_ms == 0) {
        at_ms = wall_ms + time->median_ms;
    }
    time->at_ns = at_ms * NS_PER_MS;
    time->read_ms = monotonic_ms;
    time->is_set = true;
}

bool qc_log_time_review(struct qc_log_time *time,
                        enum qc_clock_verdict verdict,
                        int64_t monotonic_ms,
                        int64_t wall_ms)
{
    int64_t at_ms = qc_log_time_now_ms(time, monotonic_ms, wall_ms);
    bool far = verdict == QC_CLOCK_IS_FAR || wall_ms - at_ms > QC_CLOCK_FAR_MS;
    bool followed = time->follows_wall;

    time->follows_wall = followed && !far;
    return followed && far;
}

int64_t qc_log_time_now_ms(struct qc_log_time *time,
                           int64_t monotonic_ms,
                           int64_t wall_ms)
{
    int64_t passed_ms = monotonic_ms - time->read_ms;
    int64_t slew_max_ns = passed_ms * SLEW_NS_PER_MS;
    int64_t slew_ns;

    assert(time->is_set);
    assert(passed_ms >= 0);

    time->read_ms = monotonic_ms;
    time->at_ns += passed_ms * NS_PER_MS;
    if (time->follows_wall) {
        slew_ns = wall_ms * NS_PER_MS - time->at_ns;
        if (slew_ns > slew_max_ns) {
            slew_ns = slew_max_ns;
        } else if (slew_ns < -slew_max_ns) {
            slew_ns = -slew_max_ns;
        }
        time->at_ns += slew_ns;
    }
    return qc_log_time_last_ms(time);
}

int64_t qc_log_time_last_ms(const struct qc_log_time *time)
{
    return time->at_ns / NS_PER_MS;
}

int64_t qc_log_time_next_ms(const struct qc_log_time *time)
{
    return time->asked_ms +
           (time->is_asking ? QC_CLOCK_ANSWER_MS : QC_CLOCK_AGAIN_MS);
}
