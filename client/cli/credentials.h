/* What qcctl shows to a node, and what it wants to see of it. */
#ifndef QC_CLI_CREDENTIALS_H
#define QC_CLI_CREDENTIALS_H

#include <stdbool.h>

#include "base/error.h"

struct qc_tls;

enum {
    QC_API_KEY_SIZE = 256,
};

/* As a command line or the environment says it; NULL: it does not. */
struct qc_credential_words {
    const char *cacert; /* Paths. */
    const char *cert;
    const char *key;
    const char *api_key_file;
    const char *api_key; /* The key itself, from the environment alone. */
};

struct qc_credentials {
    struct qc_tls *tls; /* NULL: cleartext. */
    char api_key[QC_API_KEY_SIZE];
};

/* Loads them. TLS is spoken when there is anything to show or to check by, or
 * one of |endpoints| begins with https://. False, and a message on stderr, when
 * a file is not good. */
QC_MUST_CHECK bool qc_credentials_load(struct qc_credentials *credentials,
                                       const struct qc_credential_words *words,
                                       const char *endpoints);

/* Says that no client can be made of |endpoints|, and why that may be. */
void qc_credentials_refuse(const char *endpoints);

void qc_credentials_done(struct qc_credentials *credentials);

#endif
