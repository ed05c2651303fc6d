/*
 * Manifests: what a checkpoint is (peer.v1 Manifest), as bytes and as a
 * message in a memory of its own. They come from other nodes and from files
 * that people carry about, so nothing in them is believed.
 */
#ifndef QC_STORAGE_MANIFEST_H
#define QC_STORAGE_MANIFEST_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "quorumcall/peer/v1/peer_service.pb-c.h"

enum {
    QC_MANIFEST_FORMAT = 1,
    QC_MANIFEST_SIZE_MAX = 1024 * 1024, /* Encoded. */
    QC_MANIFEST_FILES_MAX = 4096,
    QC_MANIFEST_NAME_SIZE = 65, /* Of a file's name, with its NUL. */
    QC_CHECKSUM_SIZE = 16,      /* XXH3-128, big-endian. */
};

struct qc_manifest {
    struct qc_arena arena;
    const Qc__Peer__Manifest *message; /* In the arena; NULL: there is none. */
};

/* Takes one that is all zeros, too, and leaves it so. */
void qc_manifest_done(struct qc_manifest *manifest);

/* Gives; ended by qc_manifest_done(). 0, NOMEM, or CORRUPT: these are not the
 * bytes of a manifest, or it has a flaw. On a fault there is nothing to end. */
QC_MUST_CHECK int qc_manifest_read(struct qc_bytes bytes,
                                   struct qc_manifest *manifest_out);

/* A copy, ended like one that was read. 0, NOMEM, or CORRUPT: it has a flaw. */
QC_MUST_CHECK int qc_manifest_copy(const Qc__Peer__Manifest *message,
                                   struct qc_manifest *manifest_out);

/* The bytes, in |arena|. 0 or NOMEM. */
QC_MUST_CHECK int qc_manifest_write(const Qc__Peer__Manifest *message,
                                    struct qc_arena *arena,
                                    struct qc_bytes *bytes_out);

/*
 * What keeps a manifest from being used, as words that can follow "the
 * manifest"; NULL when nothing does: its format is known, names are of 1 to 64
 * letters, digits and ".-_", rise, and are not "." or ".." or "manifest";
 * checksums and hashes have their sizes; sizes of files add up to an int64.
 */
const char *qc_manifest_flaw(const Qc__Peer__Manifest *message);

/* The file "manifest" in directory |path|: sealed, and replaced as a whole. The
 * first is durable when it returns; the second gives. IO: see errno. */
QC_MUST_CHECK int qc_manifest_save(const char *path,
                                   const Qc__Peer__Manifest *message);
QC_MUST_CHECK int qc_manifest_load(const char *path,
                                   struct qc_manifest *manifest_out);

/* Whether a file of a checkpoint can be called so: see above. */
bool qc_manifest_is_name(const char *name);

/* Whether both say the same. */
bool qc_manifest_same(const Qc__Peer__Manifest *a, const Qc__Peer__Manifest *b);

/* Bytes of all files together. Of one without a flaw. */
uint64_t qc_manifest_size(const Qc__Peer__Manifest *message);

#endif
