/* All connections of a server, and how many an address has. */
#ifndef QC_HTTP2_CONNECTIONS_H
#define QC_HTTP2_CONNECTIONS_H

#include <stdint.h>
#include <sys/queue.h>

#include "base/siphash.h"
#include "http2/connection.h"

enum {
    QC_CONNECTIONS_BUCKETS = 1024,
};

/* All connections of one address are in one bucket, so that counting them
 * stays cheap while somebody tries to open many. */
struct qc_connections {
    uint32_t n;
    uint8_t hash_key[QC_SIPHASH_KEY_SIZE]; /* Random. */
    LIST_HEAD(qc_bucket, qc_connection) buckets[QC_CONNECTIONS_BUCKETS];
};

void qc_connections_add(struct qc_connections *connections,
                        struct qc_connection *connection);
void qc_connections_remove(struct qc_connections *connections,
                           struct qc_connection *connection);

uint32_t qc_connections_of_address(const struct qc_connections *connections,
                                   const struct qc_peer_address *address);

#endif
