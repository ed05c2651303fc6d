/* Certificates for tests, made when they run. */
#ifndef QC_HTTP2_TEST_AUTHORITY_H
#define QC_HTTP2_TEST_AUTHORITY_H

#include <openssl/x509.h>
#include <stdbool.h>

struct authority {
    X509 *certificate;
    EVP_PKEY *key;
};

/* What is asked of an authority; NULL: there is none. */
struct wanted {
    const char *name;  /* Common name; "somebody". */
    const char *names; /* As OpenSSL writes them: "URI:a://b/c,DNS:d". */
    const char *usage; /* "clientAuth"; both when NULL. */
    int days;          /* 0: ten; below: it has expired. */
    bool keyless;      /* It does not say which key has signed it. */
};

void authority_make(struct authority *authority, const char *name);
void authority_done(struct authority *authority);
void authority_write(const struct authority *authority, const char *path);

/* Writes a certificate and its key. */
void authority_issue(const struct authority *authority,
                     const struct wanted *wanted,
                     const char *certificate_path,
                     const char *key_path);

#endif
