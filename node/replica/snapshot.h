/*
 * The manifest of a checkpoint, as the replica passes it on: kept as a message
 * and as bytes, and what libraft is to know of it.
 *
 * A manifest that came from a peer is believed in nothing before it is sound;
 * that its files are what it says is for whoever reads them.
 */
#ifndef QC_REPLICA_SNAPSHOT_H
#define QC_REPLICA_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include <raft.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "quorumcall/peer/v1/peer_service.pb-c.h"

enum {
    QC_SNAPSHOT_FORMAT = 1,
    QC_SNAPSHOT_FILES_MAX = 4096,
    QC_SNAPSHOT_NAME_SIZE_MAX = 64,
    QC_SNAPSHOT_HASH_SIZE = 16,
    /* Encoded. It travels in one message, and lies in one row. */
    QC_SNAPSHOT_SIZE_MAX = 1024 * 1024,
};

/* Zeroed, it holds none. */
struct qc_snapshot {
    struct qc_arena arena;
    struct qc_bytes bytes;             /* Encoded. Lives in the arena. */
    const Qc__Peer__Manifest *message; /* The same, decoded. NULL: none. */
};

/* Whether a checkpoint may be called so: nothing that means another place. */
bool qc_snapshot_is_name_sound(const char *name);

/* Whether |manifest| can be given to libraft, and its files be asked for. */
bool qc_snapshot_is_sound(const Qc__Peer__Manifest *manifest);

/* Makes |snapshot|, which holds none, hold a copy of |manifest|. NOMEM when
 * memory is short, or the manifest is larger than one can be. */
QC_MUST_CHECK int qc_snapshot_copy(const Qc__Peer__Manifest *manifest,
                                   struct qc_snapshot *snapshot);

/* The same from its bytes, which are those of a sound one. */
QC_MUST_CHECK int qc_snapshot_read(struct qc_bytes bytes,
                                   struct qc_snapshot *snapshot);

/* |to| holds what |from| held, and |from| none. */
void qc_snapshot_move(struct qc_snapshot *from, struct qc_snapshot *to);

/* It holds none afterwards. */
void qc_snapshot_done(struct qc_snapshot *snapshot);

/* 0 when there is none. */
uint64_t qc_snapshot_index(const struct qc_snapshot *snapshot);

/* What libraft must know. The configuration is the caller's, who passes it on
 * or closes it. */
QC_MUST_CHECK int qc_snapshot_metadata(
    const Qc__Peer__Manifest *manifest,
    struct raft_snapshot_metadata *metadata_out);

#endif
