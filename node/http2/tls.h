/*
 * TLS: who this process is, whom it believes, and what it speaks.
 *
 * One context serves both sides. A node has a certificate, answers with it and
 * dials with it, and knows two authorities: one that makes nodes and one that
 * makes clients, so that no client's certificate can pass for a node's. A
 * client of nodes has the authority of nodes, and perhaps a certificate.
 *
 * Who somebody is stands in the certificate's subject alternative names, as one
 * URI "quorumcall://...", and never in its common name (tls_trust.h).
 *
 * TLS 1.2 and 1.3, of 1.2 only ciphers with forward secrecy and authentication;
 * ALPN h2; no renegotiation, no compression, no early data. Sessions are
 * resumed by tickets, whose keys outlive qc_tls_reload().
 *
 * Safe to use from many threads.
 */
#ifndef QC_HTTP2_TLS_H
#define QC_HTTP2_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct qc_tls;

/* Paths of PEM files; NULL or "": there is none. */
struct qc_tls_files {
    const char *certificate; /* Ours, then those between it and the root. */
    const char *key;         /* Its key, without a passphrase. */
    const char *client_ca;   /* Who makes clients. */
    /* Who makes nodes. Without it nobody is a node, and those we dial are
     * checked against the authorities that this machine trusts. */
    const char *node_ca;
    const char *identity; /* No path: the URI that ours must have, if any. */
};

enum qc_tls_counter {
    QC_TLS_HANDSHAKES, /* That came in, and ended well. */
    QC_TLS_RESUMED,    /* Those of them that went on with an older session. */
    QC_TLS_FAILED,     /* That came in, and did not end well. */
    QC_TLS_COUNTERS,
};

/*
 * Reads |files|, whose paths are copied, and gives the context; it has to
 * outlive all that uses it. Without a certificate it is good for dialling only.
 * False, and in |text_out| which file is not good and why, on failure.
 */
QC_MUST_CHECK bool qc_tls_new(const struct qc_tls_files *files,
                              struct qc_tls **tls_out,
                              char *text_out,
                              size_t text_size);

/*
 * Reads the files again. Handshakes that begin from now on use what they hold;
 * connections live on. False, and all stays as it is, when one is not good:
 * |text_out| says which, and why.
 */
QC_MUST_CHECK bool qc_tls_reload(struct qc_tls *tls,
                                 char *text_out,
                                 size_t text_size);

void qc_tls_free(struct qc_tls *tls);

/* |notice| is told why handshakes that came in have failed: a line "cause=...
 * from=...", the same cause at most once a minute, and of all causes no more
 * than eight a minute. On the thread of whichever loop it happened. Before the
 * context is used. */
void qc_tls_set_notice(struct qc_tls *tls,
                       void (*notice)(void *ctx, const char *text),
                       void *ctx);

/* When our certificate ends, in seconds since 1970; 0 without one. */
int64_t qc_tls_not_after_s(struct qc_tls *tls);

/* How often it happened since the context was made. */
uint64_t qc_tls_count(struct qc_tls *tls, enum qc_tls_counter counter);

#endif
