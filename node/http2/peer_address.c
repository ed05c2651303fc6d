#include "http2/peer_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum {
    IPV4_IN_IPV6 = 12, /* Where ::ffff:a.b.c.d has its a. */
    IPV4_BITS = 32,
    IPV6_BITS = 128,
};

static void read_ipv4(const uint8_t bytes[4], struct qc_peer_address *address)
{
    inet_ntop(AF_INET, bytes, address->text, sizeof(address->text));
    memcpy(address->network + 4, bytes, 4);
    memset(address->full + IPV4_IN_IPV6 - 2, 0xff, 2);
    memcpy(address->full + IPV4_IN_IPV6, bytes, 4);
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
        memcpy(result.full, v6.sin6_addr.s6_addr, sizeof(result.full));
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

/* Gives the bits of an address of its family, 0 when |text| is none. */
static unsigned full_of_text(const char *text, uint8_t full[16])
{
    if (inet_pton(AF_INET6, text, full) == 1) {
        return IPV6_BITS;
    }
    memset(full, 0, IPV4_IN_IPV6);
    memset(full + IPV4_IN_IPV6 - 2, 0xff, 2);
    return inet_pton(AF_INET, text, full + IPV4_IN_IPV6) == 1 ? IPV4_BITS : 0;
}

bool qc_address_range_read(const char *text, struct qc_address_range *range_out)
{
    struct qc_address_range range;
    char address[QC_PEER_ADDRESS_SIZE];
    size_t size = strcspn(text, "/");
    unsigned family_bits;
    unsigned long bits;

    if (size >= sizeof(address)) {
        return false;
    }
    memcpy(address, text, size);
    address[size] = '\0';
    family_bits = full_of_text(address, range.full);
    bits = family_bits;
    if (text[size] == '/') {
        const char *digits = text + size + 1;
        size_t n = strspn(digits, "0123456789");

        if (n < 1 || n > 3 || digits[n] != '\0') {
            return false;
        }
        bits = strtoul(digits, NULL, 10);
    }
    if (family_bits == 0 || bits > family_bits) {
        return false;
    }
    range.bits = (uint8_t)(IPV6_BITS - family_bits + bits);
    *range_out = range;
    return true;
}

bool qc_address_range_has(const struct qc_address_range *range,
                          const struct qc_peer_address *address)
{
    unsigned bytes = range->bits / 8U;
    unsigned rest = range->bits % 8U;

    return memcmp(range->full, address->full, bytes) == 0 &&
           (rest == 0 ||
            (range->full[bytes] ^ address->full[bytes]) >> (8U - rest) == 0);
}
