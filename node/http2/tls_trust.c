#include "http2/tls_trust.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

static const char SCHEME[] = "quorumcall://";

enum {
    /* RSA of 2048 bits, curves of 224, SHA-2: OpenSSL's level 2. */
    AUTH_LEVEL = 2,
};

/* Whether |uri| is ours, and plain ASCII without spaces: it is going to be
 * compared, and written to logs. */
static bool is_ours(const ASN1_IA5STRING *uri)
{
    const unsigned char *text = ASN1_STRING_get0_data(uri);
    size_t size = (size_t)ASN1_STRING_length(uri);

    if (size < sizeof(SCHEME) || size >= QC_TLS_IDENTITY_SIZE ||
        memcmp(text, SCHEME, sizeof(SCHEME) - 1) != 0) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (text[i] <= ' ' || text[i] > '~') {
            return false;
        }
    }
    return true;
}

bool qc_tls_identity(X509 *leaf, char identity_out[QC_TLS_IDENTITY_SIZE])
{
    GENERAL_NAMES *names =
        X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    const ASN1_IA5STRING *found = NULL;
    unsigned n = 0;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        if (name->type == GEN_URI &&
            is_ours(name->d.uniformResourceIdentifier)) {
            found = name->d.uniformResourceIdentifier;
            n++;
        }
    }
    if (n == 1) {
        size_t size = (size_t)ASN1_STRING_length(found);

        memcpy(identity_out, ASN1_STRING_get0_data(found), size);
        identity_out[size] = '\0';
    }
    GENERAL_NAMES_free(names);
    return n == 1;
}

/* X509_V_OK when |store| leads to |leaf|; else why not. */
static int verify(X509_STORE *store, X509 *leaf, STACK_OF(X509) * others)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    int error = X509_V_ERR_UNSPECIFIED;

    if (ctx != NULL && X509_STORE_CTX_init(ctx, store, leaf, others) == 1 &&
        X509_STORE_CTX_set_default(ctx, "ssl_client") == 1) {
        X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(ctx),
                                         AUTH_LEVEL);
        X509_verify_cert(ctx);
        error = X509_STORE_CTX_get_error(ctx);
    }
    X509_STORE_CTX_free(ctx);
    /* All is said by |error|; left to stand, it would be taken for trouble of
     * the connection on whose behalf this was asked. */
    ERR_clear_error();
    return error;
}

/* Whether it is somebody else's certificate, rather than a bad one of ours. */
static bool is_strange(int error)
{
    return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
           error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
           error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
           error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT;
}

enum qc_call_trust qc_tls_trust(const struct qc_tls_authorities *authorities,
                                X509 *leaf,
                                STACK_OF(X509) * others,
                                int *error_out)
{
    enum qc_call_trust trust = QC_TRUST_NONE;
    int error = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
    char identity[QC_TLS_IDENTITY_SIZE];

    if (authorities->nodes != NULL) {
        error = verify(authorities->nodes, leaf, others);
        if (error == X509_V_OK &&
            X509_check_purpose(leaf, X509_PURPOSE_SSL_SERVER, 0) == 1) {
            trust = QC_TRUST_NODE;
        } else if (error == X509_V_OK) {
            error = X509_V_ERR_INVALID_PURPOSE;
        }
    }
    if (trust == QC_TRUST_NONE && authorities->clients != NULL) {
        int as_client = verify(authorities->clients, leaf, others);

        if (as_client == X509_V_OK) {
            trust = QC_TRUST_CLIENT;
        }
        error = as_client == X509_V_OK || is_strange(error) ? as_client : error;
    }
    *error_out = error;
    return qc_tls_identity(leaf, identity) ? trust : QC_TRUST_NONE;
}
