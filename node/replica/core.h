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

struct qc_core {
    struct raft raft;
    const struct qc_replica_options *options; /* Borrowed. */
    uint64_t last_index;                      /* Of the log. */
    uint64_t durable_index; /* Of what the log holds and the disk has. */
    uint64_t ready_index;   /* See qc_core_is_ready(). */
    int64_t contact_ms;     /* Last word from a leader or quorum; -1: never. */
    int64_t leaderless_since_ms;
};

/* NOMEM, or 0. */
QC_MUST_CHECK int qc_core_init(struct qc_core *core,
                               const struct qc_replica_options *options);
void qc_core_done(struct qc_core *core);

QC_MUST_CHECK int qc_core_start(struct qc_core *core,
                                const struct qc_replica_state *state);

/* As qc_replica_receive(), of QC_CHANNEL_CONSENSUS. */
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

/* The configuration entry |index|, which is committed, has been applied. */
QC_MUST_CHECK int qc_core_configured(struct qc_core *core,
                                     uint64_t index,
                                     const struct raft_buffer *configuration);

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

unsigned qc_core_n_voters(const struct qc_core *core);
bool qc_core_is_voter(const struct qc_core *core, uint64_t id);

#endif
