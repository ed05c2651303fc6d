/*
 * Whom to believe: what a certificate proves about who shows it.
 *
 * A node is who has a certificate of the nodes' authority that is good for both
 * ends of a connection, and names it: quorumcall://<cluster>/<node id>. A
 * client has one of the clients' authority. One that names nobody, or more than
 * one, proves nothing.
 */
#ifndef QC_HTTP2_TLS_TRUST_H
#define QC_HTTP2_TLS_TRUST_H

#include <openssl/x509.h>
#include <stdbool.h>

#include "http2/call.h"

enum {
    QC_TLS_IDENTITY_SIZE = 256, /* Of a URI, with its NUL. */
};

/* Either may be NULL: then nobody is believed to be that. */
struct qc_tls_authorities {
    X509_STORE *nodes;
    X509_STORE *clients;
};

/*
 * What |leaf|, with |others| to lead to a root (may be NULL), proves now. NONE:
 * |error_out| says why (X509_V_ERR_...), or is X509_V_OK when it is a good
 * certificate that does not say whose.
 */
enum qc_call_trust qc_tls_trust(const struct qc_tls_authorities *authorities,
                                X509 *leaf,
                                STACK_OF(X509) * others,
                                int *error_out);

/* The one URI "quorumcall://..." of |leaf|. False when there is not one, or it
 * is longer than fits. */
bool qc_tls_identity(X509 *leaf, char identity_out[QC_TLS_IDENTITY_SIZE]);

#endif
