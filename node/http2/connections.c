#include "http2/connections.h"

#include <assert.h>

static size_t bucket_of(const struct qc_connections *connections,
                        const struct qc_peer_address *address)
{
    struct qc_bytes network = {address->network, sizeof(address->network)};

    return qc_siphash(connections->hash_key, network) % QC_CONNECTIONS_BUCKETS;
}

void qc_connections_add(struct qc_connections *connections,
                        struct qc_connection *connection)
{
    size_t i = bucket_of(connections, &connection->address);

    LIST_INSERT_HEAD(&connections->buckets[i], connection, of_address);
    connections->n++;
}

void qc_connections_remove(struct qc_connections *connections,
                           struct qc_connection *connection)
{
    assert(connections->n > 0);

    LIST_REMOVE(connection, of_address);
    connections->n--;
}

uint32_t qc_connections_of_address(const struct qc_connections *connections,
                                   const struct qc_peer_address *address)
{
    const struct qc_connection *connection;
    size_t i = bucket_of(connections, address);
    uint32_t n = 0;

    LIST_FOREACH(connection, &connections->buckets[i], of_address)
    {
        n += qc_peer_address_same(&connection->address, address) ? 1 : 0;
    }
    return n;
}
