/* The address at the other end of a connection. */
#ifndef QC_HTTP2_PEER_ADDRESS_H
#define QC_HTTP2_PEER_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/error.h"

enum {
    QC_PEER_ADDRESS_SIZE = 46, /* Text, with its NUL. */
};

struct qc_peer_address {
    char text[QC_PEER_ADDRESS_SIZE]; /* Without port; IPv4 is always dotted. */
    bool loopback;                   /* 127.0.0.0/8 or ::1. */
    uint8_t full[16];                /* IPv4 as ::ffff:a.b.c.d. */
    /* What counts as one address: IPv4 as a whole, behind four zeros; of IPv6
     * the first half, since whoever has one address has the other half too. */
    uint8_t network[8];
};

/* All addresses that begin with the same bits. */
struct qc_address_range {
    uint8_t full[16];
    uint8_t bits;
};

/* Reads "192.0.2.1", "10.0.0.0/8", "2001:db8::/32". False when it is none of
 * these. */
QC_MUST_CHECK bool qc_address_range_read(const char *text,
                                         struct qc_address_range *range_out);

bool qc_address_range_has(const struct qc_address_range *range,
                          const struct qc_peer_address *address);

/* Asks the socket. Returns a negative libuv error when it is not connected. */
int qc_peer_address_of(const uv_tcp_t *tcp,
                       struct qc_peer_address *address_out);

struct qc_peer_address qc_peer_address_read(const struct sockaddr *address);

bool qc_peer_address_same(const struct qc_peer_address *a,
                          const struct qc_peer_address *b);

#endif
