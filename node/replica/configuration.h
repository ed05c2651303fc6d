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

/* Writes |servers|; the buffer is the caller's, for raft_free(). CONSENSUS when
 * they can be no cluster: fewer than QC_VOTERS_MIN, for the last voter of a
 * smaller one elects itself in a term that has a leader already (guard 3); or
 * one of them twice. */
QC_MUST_CHECK int qc_configuration_write(const struct qc_server *servers,
                                         unsigned n_servers,
                                         struct raft_buffer *buffer_out);

/* The same of however few voters. CONSENSUS when one of them stands there
 * twice.
 */
QC_MUST_CHECK int qc_configuration_encode(const struct qc_server *servers,
                                          unsigned n_servers,
                                          struct raft_buffer *buffer_out);

/* Whether |bytes| can be given to libraft, which believes what it reads. */
bool qc_configuration_is_sound(struct qc_bytes bytes);

/* Makes |to|, which is empty, the same as |from|. NOMEM, or 0. */
QC_MUST_CHECK int qc_configuration_copy(const struct raft_configuration *from,
                                        struct raft_configuration *to);

/* The servers of |configuration|, whose addresses they borrow: how many. */
size_t qc_configuration_servers(const struct raft_configuration *configuration,
                                struct qc_server servers_out[QC_SERVERS_MAX]);

/* NULL when there is no such server. */
const struct raft_server *qc_configuration_find(
    const struct raft_configuration *configuration,
    uint64_t id);

#endif
