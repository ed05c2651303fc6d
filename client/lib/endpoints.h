/*
 * The nodes a client may ask, and which of them to ask next.
 *
 * In turn; but one that could not be reached, or kept silent, rests for a
 * second, so that a dead node does not cost every third call its patience.
 */
#ifndef QC_LIB_ENDPOINTS_H
#define QC_LIB_ENDPOINTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum {
    QC_ENDPOINTS_MAX = 16,
    QC_ENDPOINT_SIZE = 263, /* A host name, a colon, a port, and NUL. */
};

enum qc_scheme {
    QC_SCHEME_NONE,
    QC_SCHEME_HTTP,  /* Without TLS, knowingly. */
    QC_SCHEME_HTTPS, /* Never without TLS. */
};

struct qc_endpoints {
    char addresses[QC_ENDPOINTS_MAX][QC_ENDPOINT_SIZE];
    int64_t rests_until_ms[QC_ENDPOINTS_MAX];
    enum qc_scheme schemes[QC_ENDPOINTS_MAX]; /* They were written with. */
    unsigned n;
    unsigned next; /* Whose turn it is. */
};

/* Reads "host:port,https://host:port,http://host:port"; the addresses are
 * without the scheme. False when it is no such list, or too long. */
QC_MUST_CHECK bool qc_endpoints_read(struct qc_endpoints *endpoints,
                                     const char *list);

/* Whether it is this machine: "localhost", 127.0.0.0/8 or [::1]. Other names
 * are not resolved for it. */
bool qc_endpoints_is_loopback(const struct qc_endpoints *endpoints,
                              unsigned which);

/* The node to ask at |now_ms|, counted from |first|: the first that does not
 * rest; |first| itself when all do. */
unsigned qc_endpoints_pick(const struct qc_endpoints *endpoints,
                           unsigned first,
                           int64_t now_ms);

void qc_endpoints_rest(struct qc_endpoints *endpoints,
                       unsigned which,
                       int64_t now_ms);

#endif
