#include "replica/configuration.h"

#include <string.h>

enum {
    FORMAT = 1,
    NUMBER_SIZE = 8,
    HEAD_SIZE = 1 + NUMBER_SIZE,
};

static int add_all(struct raft_configuration *configuration,
                   const struct qc_server *servers,
                   unsigned n_servers)
{
    for (unsigned i = 0; i < n_servers; i++) {
        int role = servers[i].voter ? RAFT_VOTER : RAFT_STANDBY;
        int rv = raft_configuration_add(configuration, servers[i].id,
                                        servers[i].address, role);

        if (rv != 0) {
            return rv == RAFT_NOMEM ? QC_E_NOMEM : QC_E_CONSENSUS;
        }
    }
    return 0;
}

int qc_configuration_encode(const struct qc_server *servers,
                            unsigned n_servers,
                            struct raft_buffer *buffer_out)
{
    struct raft_configuration configuration;
    int r;

    raft_configuration_init(&configuration);
    r = add_all(&configuration, servers, n_servers);
    if (r == 0 && raft_configuration_encode(&configuration, buffer_out) != 0) {
        r = QC_E_NOMEM;
    }
    raft_configuration_close(&configuration);
    return r;
}

int qc_configuration_write(const struct qc_server *servers,
                           unsigned n_servers,
                           struct raft_buffer *buffer_out)
{
    unsigned n_voters = 0;

    for (unsigned i = 0; i < n_servers; i++) {
        n_voters += servers[i].voter ? 1 : 0;
    }
    if (n_voters < QC_VOTERS_MIN || n_servers > QC_SERVERS_MAX) {
        return QC_E_CONSENSUS;
    }
    return qc_configuration_encode(servers, n_servers, buffer_out);
}

/* A server as it stands in the bytes. */
struct written_server {
    const uint8_t *id; /* Of NUMBER_SIZE. */
    const char *address;
};

/* Takes one server off the front; false when there is none. */
static bool read_server(struct qc_bytes *rest,
                        struct written_server *server_out)
{
    static const uint8_t no_id[NUMBER_SIZE];
    const uint8_t *address = rest->data + NUMBER_SIZE;
    const uint8_t *end;
    size_t size;

    if (rest->size <= NUMBER_SIZE) {
        return false;
    }
    end = memchr(address, '\0', rest->size - NUMBER_SIZE);
    if (end == NULL) {
        return false;
    }
    size = (size_t)(end - rest->data) + 2; /* The NUL and the role. */
    if (size > rest->size || rest->data[size - 1] > RAFT_SPARE ||
        memcmp(rest->data, no_id, NUMBER_SIZE) == 0) {
        return false;
    }
    *server_out = (struct written_server){rest->data, (const char *)address};
    *rest = (struct qc_bytes){rest->data + size, rest->size - size};
    return true;
}

static bool is_same(const struct written_server *a,
                    const struct written_server *b)
{
    return memcmp(a->id, b->id, NUMBER_SIZE) == 0 ||
           strcmp(a->address, b->address) == 0;
}

bool qc_configuration_is_sound(struct qc_bytes bytes)
{
    struct written_server servers[QC_SERVERS_MAX];
    struct qc_bytes rest;
    uint8_t n_servers;

    if (bytes.size < HEAD_SIZE || bytes.data[0] != FORMAT) {
        return false;
    }
    /* The count is small, so all of its bytes but the first are 0. */
    n_servers = bytes.data[1];
    if (n_servers == 0 || n_servers > QC_SERVERS_MAX) {
        return false;
    }
    for (unsigned i = 2; i < HEAD_SIZE; i++) {
        if (bytes.data[i] != 0) {
            return false;
        }
    }
    rest = (struct qc_bytes){bytes.data + HEAD_SIZE, bytes.size - HEAD_SIZE};
    for (unsigned i = 0; i < n_servers; i++) {
        if (!read_server(&rest, &servers[i])) {
            return false;
        }
        for (unsigned j = 0; j < i; j++) {
            if (is_same(&servers[i], &servers[j])) {
                return false;
            }
        }
    }
    return true;
}

int qc_configuration_copy(const struct raft_configuration *from,
                          struct raft_configuration *to)
{
    raft_configuration_init(to);
    for (unsigned i = 0; i < from->n; i++) {
        const struct raft_server *server = &from->servers[i];

        if (raft_configuration_add(to, server->id, server->address,
                                   server->role) != 0) {
            raft_configuration_close(to);
            return QC_E_NOMEM;
        }
    }
    return 0;
}

size_t qc_configuration_servers(const struct raft_configuration *configuration,
                                struct qc_server servers_out[QC_SERVERS_MAX])
{
    size_t n = 0;

    for (; n < configuration->n && n < QC_SERVERS_MAX; n++) {
        const struct raft_server *server = &configuration->servers[n];

        servers_out[n] = (struct qc_server){
            .id = server->id,
            .address = server->address,
            .voter = server->role == RAFT_VOTER,
        };
    }
    return n;
}

const struct raft_server *qc_configuration_find(
    const struct raft_configuration *configuration,
    uint64_t id)
{
    for (unsigned i = 0; i < configuration->n; i++) {
        if (configuration->servers[i].id == id) {
            return &configuration->servers[i];
        }
    }
    return NULL;
}
