/*
 * Certificates: authorities, and what they make. EC P-256 and SHA-256; the key
 * is written first, and neither over a file that is there.
 */
#ifndef QC_CLI_CERT_MAKER_H
#define QC_CLI_CERT_MAKER_H

#include <stdbool.h>

#include "base/error.h"

enum {
    QC_CERT_HOSTS_MAX = 16,
    QC_CERT_DAYS_MAX = 36500,
};

struct qc_cert_order {
    const char *name;        /* Common name, for people; at most 64 bytes. */
    const char *certificate; /* Paths of what is to be written. */
    const char *key;
    const char *ca; /* Paths of who signs; NULL: it signs itself. */
    const char *ca_key;
    const char *uri;                      /* Who it is; NULL: nobody. */
    const char *hosts[QC_CERT_HOSTS_MAX]; /* Names and addresses. */
    unsigned n_hosts;
    unsigned days;  /* But not longer than its authority. */
    bool authority; /* It may sign others. */
    bool serves;    /* It is good for answering, and not for calling only. */
};

/* Makes it. False, nothing written, and a message on stderr on failure. */
QC_MUST_CHECK bool qc_cert_make(const struct qc_cert_order *order);

#endif
