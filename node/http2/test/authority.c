#include "http2/test/authority.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum {
    DAY_S = 24 * 3600,
    DAYS = 10,
};

static void add(X509 *cert, X509 *issuer, int nid, const char *words)
{
    X509_EXTENSION *extension;
    X509V3_CTX ctx;

    if (words == NULL) {
        return;
    }
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, words);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(cert, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* Not signed yet. */
static X509 *blank(const char *name, int days, EVP_PKEY *key)
{
    static long serial;
    X509 *cert = X509_new();

    assert_non_null(cert);
    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    X509_gmtime_adj(X509_getm_notBefore(cert), -2L * DAYS * DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(cert), (long)days * DAY_S);
    X509_set_pubkey(cert, key);
    return cert;
}

void authority_make(struct authority *authority, const char *name)
{
    X509 *cert;

    authority->key = EVP_EC_gen("P-256");
    assert_non_null(authority->key);
    cert = blank(name, DAYS, authority->key);
    authority->certificate = cert;
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    add(cert, cert, NID_basic_constraints, "critical,CA:TRUE");
    add(cert, cert, NID_key_usage, "critical,keyCertSign");
    add(cert, cert, NID_subject_key_identifier, "hash");
    assert_int_not_equal(X509_sign(cert, authority->key, EVP_sha256()), 0);
}

void authority_done(struct authority *authority)
{
    X509_free(authority->certificate);
    EVP_PKEY_free(authority->key);
}

static void write_certificate(const char *path, X509 *cert)
{
    FILE *stream = fopen(path, "w");

    assert_non_null(stream);
    assert_int_equal(PEM_write_X509(stream, cert), 1);
    assert_int_equal(fclose(stream), 0);
}

void authority_write(const struct authority *authority, const char *path)
{
    write_certificate(path, authority->certificate);
}

void authority_issue(const struct authority *authority,
                     const struct wanted *wanted,
                     const char *certificate_path,
                     const char *key_path)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *issuer = authority->certificate;
    FILE *stream = fopen(key_path, "w");
    X509 *cert = blank(wanted->name != NULL ? wanted->name : "somebody",
                       wanted->days != 0 ? wanted->days : DAYS, key);

    X509_set_issuer_name(cert, X509_get_subject_name(issuer));
    add(cert, issuer, NID_basic_constraints, "critical,CA:FALSE");
    add(cert, issuer, NID_key_usage, "critical,digitalSignature");
    add(cert, issuer, NID_ext_key_usage,
        wanted->usage != NULL ? wanted->usage : "serverAuth,clientAuth");
    add(cert, issuer, NID_authority_key_identifier,
        wanted->keyless ? NULL : "keyid");
    add(cert, issuer, NID_subject_alt_name, wanted->names);
    assert_int_not_equal(X509_sign(cert, authority->key, EVP_sha256()), 0);
    write_certificate(certificate_path, cert);
    assert_non_null(stream);
    assert_int_equal(
        PEM_write_PrivateKey(stream, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(fclose(stream), 0);
    X509_free(cert);
    EVP_PKEY_free(key);
}
