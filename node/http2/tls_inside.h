/* A context from inside: what a cipher wants of it. */
#ifndef QC_HTTP2_TLS_INSIDE_H
#define QC_HTTP2_TLS_INSIDE_H

#include <openssl/ssl.h>

#include "http2/call.h"
#include "http2/tls.h"

struct qc_tls_cipher;

/* A connection that comes in, or goes out, of which |cipher| is the app data;
 * its bytes come and go through |bio|, which is taken. NULL when memory is
 * short, or there is no certificate to answer with. */
SSL *qc_tls_ssl_new(struct qc_tls *tls,
                    struct qc_tls_cipher *cipher,
                    BIO *bio,
                    bool incoming);

/* How bytes come and go; the context's. */
const BIO_METHOD *qc_tls_bio_method(const struct qc_tls *tls);

/* As qc_tls_trust(), with the authorities of now. */
enum qc_call_trust qc_tls_judge(struct qc_tls *tls,
                                X509 *leaf,
                                STACK_OF(X509) * others,
                                int *error_out);

void qc_tls_note(struct qc_tls *tls, enum qc_tls_counter counter);

/* Tells, unless it was told lately, that a handshake has failed. */
void qc_tls_tell(struct qc_tls *tls, const char *cause, const char *from);

#endif
