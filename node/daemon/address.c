#include "daemon/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool qc_address_read(const char *text, struct qc_address *address_out)
{
    struct qc_address address = {.port = 0};
    const char *colon = strrchr(text, ':');
    const char *host = text;
    size_t n;
    unsigned long port;
    char *end;

    if (colon == NULL) {
        return false;
    }
    n = (size_t)(colon - text);
    if (n >= 2 && host[0] == '[' && host[n - 1] == ']') {
        host++;
        n -= 2;
    } else if (memchr(host, ':', n) != NULL) {
        return false; /* IPv6 without brackets: where does the port begin? */
    }
    errno = 0;
    port = strtoul(colon + 1, &end, 10);
    if (n == 0 || n >= sizeof(address.host) || end == colon + 1 ||
        *end != '\0' || errno != 0 || port > UINT16_MAX || colon[1] == '-') {
        return false;
    }
    memcpy(address.host, host, n);
    address.port = (uint16_t)port;
    *address_out = address;
    return true;
}

bool qc_address_is_loopback(const struct qc_address *address)
{
    struct in6_addr six;
    struct in_addr four;

    if (strcmp(address->host, "localhost") == 0) {
        return true;
    }
    if (inet_pton(AF_INET, address->host, &four) == 1) {
        return ntohl(four.s_addr) >> 24 == 127;
    }
    return inet_pton(AF_INET6, address->host, &six) == 1 &&
           IN6_IS_ADDR_LOOPBACK(&six);
}
