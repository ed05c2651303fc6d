/* Manifests of checkpoints, as backups have them: read, and shown. */
#ifndef QC_CLI_MANIFEST_H
#define QC_CLI_MANIFEST_H

#include <stdint.h>

#include "base/bytes.h"
#include "cli/options.h"
#include "quorumcall/peer/v1/peer_service.pb-c.h"

struct qc_arena;

enum {
    QC_MANIFEST_ARENA_SIZE_MAX = 16 * 1024 * 1024,
};

/* In |arena|. NULL, and why on stderr, when these are not a manifest's bytes.
 */
const Qc__Peer__Manifest *qc_manifest_decode(struct qc_bytes bytes,
                                             struct qc_arena *arena);

/* The manifest of the backup |path|, in |arena|. NULL, and why on stderr, when
 * it has none. Nothing else of the file is looked at. */
const Qc__Peer__Manifest *qc_manifest_of_backup(const char *path,
                                                struct qc_arena *arena);

/* The size of all files, in bytes. */
uint64_t qc_manifest_bytes(const Qc__Peer__Manifest *manifest);

/* Prints what the backup |path| is of. */
void qc_manifest_print(const Qc__Peer__Manifest *manifest,
                       const char *path,
                       const struct qc_options *options);

#endif
