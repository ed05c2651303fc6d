/*
 * Stored answers: why a request that is sent twice is done once.
 *
 * The answers of an entry stand together in one row, by log index; an index in
 * memory leads from (tenant, client id, request id) to it. They are kept for
 * 24 h, at most QC_ANSWERS_MAX of them or QC_ANSWERS_SIZE_MAX bytes, oldest
 * first out, whole rows at a time. What is evicted moves the horizon: a request
 * that is not above it and has no stored answer is refused rather than done
 * twice (domain model 0.2 rule 8, B.32).
 */
#ifndef QC_MACHINE_ANSWER_H
#define QC_MACHINE_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "machine/entity.h"
#include "machine/refusal.h"
#include "quorumcall/state/v1/cluster.pb-c.h"

struct qc_txn;

extern const struct qc_entity qc_answers_entity;

enum {
    QC_ANSWERS_MAX = 2000000,
    QC_ANSWERS_SIZE_MAX = 1024 * 1024 * 1024,
    QC_ANSWER_AGE_MS = 24 * 60 * 60 * 1000,
    QC_CLIENT_AHEAD_MS = 60 * 1000,
    QC_DIGEST_SIZE = 16,
};

/* Who asked, and for what. */
struct qc_request_id {
    uint32_t tenant;
    const char *client_id;
    const char *request_id;
    int64_t client_ts_ms;
    uint8_t digest[QC_DIGEST_SIZE];
};

/* What was answered. In the arena of whoever made it. */
struct qc_answer {
    int refusal;              /* 0: done. */
    struct qc_bytes response; /* Canonical msgpack; empty when refused. */
    struct qc_refusal_detail detail; /* When refused. */
    bool replayed;                   /* It is the stored one. */
};

/* Looks for a stored answer. True when the request must not be done: then
 * |answer_out| is the stored answer, or one of the refusals
 * IDEMPOTENCY_KEY_REUSED, REQUEST_TOO_OLD and CLIENT_CLOCK_AHEAD, which are
 * never stored. */
bool qc_answer_find(struct qc_txn *txn,
                    const struct qc_request_id *id,
                    struct qc_answer *answer_out);

/* The same for a request that is about to be done: where it answers false, and
 * there is no fault, qc_answer_add() follows. */
bool qc_answer_claim(struct qc_txn *txn,
                     const struct qc_request_id *id,
                     struct qc_answer *answer_out);

/* Adds to the answers of the entry that is being applied, which are found from
 * now on. Texts of |id| are borrowed for as long as it is, the answer is copied
 * to the arena. */
void qc_answer_add(struct qc_txn *txn,
                   const struct qc_request_id *id,
                   const struct qc_answer *answer);

/* Writes what was added, in one row, and evicts what has had its time. At the
 * end of each entry. */
void qc_answer_flush(struct qc_txn *txn);

/* All that the entry |log_index| has stored, in the order of its commands; NULL
 * when it has stored none, when they were evicted, or after a fault. */
const Qc__State__AnswersRow *qc_answers_of(struct qc_txn *txn,
                                           uint64_t log_index);

/* Of an entry that has no stored answers: whether it may have had some. Its
 * time was |at_ms|. */
bool qc_answers_may_be_evicted(struct qc_txn *txn,
                               uint64_t log_index,
                               int64_t at_ms);

struct qc_answer_limits {
    uint64_t answers_max;
    uint64_t size_max; /* In bytes, about. */
    int64_t age_ms;
};

/* The same with other limits than those above: for tests. */
void qc_answer_flush_within(struct qc_txn *txn,
                            const struct qc_answer_limits *limits);

#endif
