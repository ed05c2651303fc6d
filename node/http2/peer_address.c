#include "http2/peer_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum {
    IPV4_IN_IPV6 = 12, /* Where ::ffff:a.b.c.d has its a. */
};

static void read_ipv4(const uint8_t bytes[4], struct qc_peer_address *address)
{
    inet_ntop(AF_INET, bytes, address->text, sizeof(address->text));
    memcpy(address->network + 4, bytes, 4);
    address->loopback = bytes[0] == 127;
}

struct qc_peer_address qc_peer_address_read(const struct sockaddr *address)
{
    struct qc_peer_address result = {.loopback = false};
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;

    if (address->sa_family == AF_INET) {
        memcpy(&v4, address, sizeof(v4));
        read_ipv4((const uint8_t *)&v4.sin_addr, &result);
    } else if (address->sa_family == AF_INET6) {
        memcpy(&v6, address, sizeof(v6));
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            read_ipv4(&v6.sin6_addr.s6_addr[IPV4_IN_IPV6], &result);
            return result;
        }
        inet_ntop(AF_INET6, &v6.sin6_addr, result.text, sizeof(result.text));
        memcpy(result.network, v6.sin6_addr.s6_addr, sizeof(result.network));
        result.loopback = IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
    }
    return result;
}

int qc_peer_address_of(const uv_tcp_t *tcp, struct qc_peer_address *address_out)
{
    struct sockaddr_storage address;
    int size = sizeof(address);
    int r = uv_tcp_getpeername(tcp, (struct sockaddr *)&address, &size);

    if (r == 0) {
        *address_out = qc_peer_address_read((struct sockaddr *)&address);
    }
    return r;
}

bool qc_peer_address_same(const struct qc_peer_address *a,
                          const struct qc_peer_address *b)
{
    return memcmp(a->network, b->network, sizeof(a->network)) == 0;
}
