/* An address to listen on: host:port, or [IPv6]:port. */
#ifndef QC_DAEMON_ADDRESS_H
#define QC_DAEMON_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

struct qc_address {
    char host[256];
    uint16_t port; /* 0: any that is free. */
};

/* False when |text| is no such address. */
bool qc_address_read(const char *text, struct qc_address *address_out);

/* Whether only this machine can reach it: 127.0.0.0/8, ::1 or "localhost". */
bool qc_address_is_loopback(const struct qc_address *address);

#endif
