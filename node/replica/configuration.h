/*
 * Who is a member, as libraft writes it into the log:
 *
 *   1 byte format, 8 bytes count, then for each server 8 bytes id, its address
 *   with a NUL, 1 byte role; numbers little-endian, padded to 8 bytes with 0.
 */
#ifndef QC_REPLICA_CONFIGURATION_H
#define QC_REPLICA_CONFIGURATION_H

#include <stdbool.h>

#include <raft.h>

#include "base/bytes.h"
#include "base/error.h"
#include "replica/replica.h"

enum {
    /* The last voter of a smaller cluster elects itself in a term that has a
     * leader already. */
    QC_VOTERS_MIN = 3,
};

/* Writes |servers|; the buffer is the caller's, for raft_free(). CONSENSUS when
 * they can be no cluster: too few voters, or one of them twice. */
QC_MUST_CHECK int qc_configuration_write(const struct qc_server *servers,
                                         unsigned n_servers,
                                         struct raft_buffer *buffer_out);

/* Whether |bytes| can be given to libraft, which believes what it reads. */
bool qc_configuration_is_sound(struct qc_bytes bytes);

/* NULL when there is no such server. */
const struct raft_server *qc_configuration_find(
    const struct raft_configuration *configuration,
    uint64_t id);

#endif
