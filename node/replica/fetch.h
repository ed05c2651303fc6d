/*
 * A checkpoint on its way from a peer to this node.
 *
 * Its files are one sequence of bytes, fetched in order, a few parts ahead.
 * Whatever is lost is asked for again from the first byte that is not here. A
 * peer that does not answer, or does not have it, is followed by the next; when
 * none has it, or no byte has come for long, it is given up, and the leader
 * offers what it has by then. So is one that does not verify, again and again;
 * and whoever has it is told, and takes another.
 */
#ifndef QC_REPLICA_FETCH_H
#define QC_REPLICA_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
    /* So that a turn of the loop, of either node, is short also when all parts
     * that were asked for come in it. */
    QC_FETCH_PART_SIZE = 64 * 1024,
    QC_FETCH_PART_SIZE_MAX = 256 * 1024, /* That is given to who asks for it. */
    QC_FETCH_PARTS_MAX = 4,              /* Asked for, and not here. */
    QC_FETCH_SILENCE_MS = 300,           /* Then they are asked for again, */
    QC_FETCH_SILENCES_MAX = 3,   /* and after so many, of somebody else. */
    QC_FETCH_PATIENCE_MS = 5000, /* Without a byte. */
    QC_FETCH_REFUSED_MS = 1000,  /* The same, when none of them has it. */
    QC_FETCH_FAILURES_MAX = 3,   /* Of what was fetched whole. */
};

enum qc_fetch_stage {
    QC_FETCH_NONE,
    QC_FETCH_OPENING,
    QC_FETCH_PARTS,
    QC_FETCH_WHOLE, /* A checkpoint that is being taken ends first. */
    QC_FETCH_INSTALL,
};

/* A place in the sequence of all files. */
struct qc_fetch_place {
    size_t file; /* As many as there are: the end. */
    uint64_t offset;
};

struct qc_fetch_part {
    uint64_t number; /* Of the question. */
    struct qc_fetch_place place;
    uint32_t size;
};

struct qc_fetch {
    enum qc_fetch_stage stage;
    struct qc_fetch_place have; /* The first byte that is not here. */
    struct qc_fetch_place ask;  /* The first that is not asked for. */
    struct qc_fetch_part parts[QC_FETCH_PARTS_MAX]; /* Asked for, in order. */
    unsigned n_parts;
    uint64_t number;     /* Of the last question; the first is random. */
    uint64_t source;     /* Whom it is asked of. */
    int64_t asked_ms;    /* When that began, or last had an answer. */
    int64_t progress_ms; /* When the last byte came. */
    unsigned n_silences; /* Of this source. */
    unsigned n_refusals; /* Sources since the last byte that did not have it. */
    unsigned n_failures; /* What was fetched did not verify. */
};

uint64_t qc_fetch_checksum(struct qc_bytes data);

#endif
