/*
 * Memory of nghttp2's sessions: blocks that are used again.
 *
 * A turn of the loop takes some hundred small blocks for the streams that begin
 * and gives as many back for those that end, which is more than malloc() keeps
 * within reach of a thread. A slab keeps them, by size, up to a limit; what is
 * large is malloc's matter. One thread uses it.
 */
#ifndef QC_HTTP2_SLAB_H
#define QC_HTTP2_SLAB_H

#include <stddef.h>

#include <nghttp2/nghttp2.h>

/* The sanitizers say 0: each block is then malloc's own, and has an end. */
#ifndef QC_SLAB_KEPT_MAX
#define QC_SLAB_KEPT_MAX 0x100000
#endif

enum {
    QC_SLAB_UNIT = 64,    /* Sizes are multiples of it. */
    QC_SLAB_CLASSES = 16, /* Up to 1 KiB. */
};

struct qc_slab_block;

/* All zero is an empty one. */
struct qc_slab {
    struct qc_slab_block *spare[QC_SLAB_CLASSES];
    size_t kept; /* Bytes in |spare|. */
};

/* Gives back what is kept; what has been taken has come back before. */
void qc_slab_done(struct qc_slab *slab);

/* The functions nghttp2 wants, over |slab|. */
nghttp2_mem qc_slab_mem(struct qc_slab *slab);

#endif
