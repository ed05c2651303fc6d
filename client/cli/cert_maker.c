#include "cli/cert_maker.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    SERIAL_SIZE = 16,
    DAY_S = 24 * 3600,
    SKEW_S = 300, /* By which clocks may differ. */
};

static bool openssl_failed(const char *what)
{
    unsigned long error = ERR_peek_error();
    const char *why = ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error))
                                              : ERR_reason_error_string(error);

    fprintf(stderr, "qcctl: %s: %s\n", what, why != NULL ? why : "failed");
    ERR_clear_error();
    return false;
}

/* --- what it says --------------------------------------------------------- */

/* Takes |value|. */
static bool add_extension(X509 *cert, int nid, void *value, bool critical)
{
    return value != NULL && X509_add1_ext_i2d(cert, nid, value, critical,
                                              X509V3_ADD_REPLACE) == 1;
}

/* Adds what is written in OpenSSL's own words, none of which is a user's. */
static bool add_words(X509 *cert, X509 *issuer, int nid, const char *words)
{
    X509_EXTENSION *extension;
    X509V3_CTX ctx;
    bool added;

    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, words);
    added = extension != NULL && X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

/* Takes |text|. */
static bool push_name(GENERAL_NAMES *names, int type, ASN1_STRING *text)
{
    GENERAL_NAME *name = GENERAL_NAME_new();

    if (name == NULL || text == NULL) {
        GENERAL_NAME_free(name);
        ASN1_STRING_free(text);
        return false;
    }
    GENERAL_NAME_set0_value(name, type, text);
    if (sk_GENERAL_NAME_push(names, name) == 0) {
        GENERAL_NAME_free(name);
        return false;
    }
    return true;
}

static bool push_text(GENERAL_NAMES *names, int type, const char *text)
{
    ASN1_IA5STRING *string = ASN1_IA5STRING_new();

    if (string != NULL && ASN1_STRING_set(string, text, -1) != 1) {
        ASN1_STRING_free(string);
        string = NULL;
    }
    return push_name(names, type, string);
}

static bool add_names(X509 *cert, const struct qc_cert_order *order)
{
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    bool good = names != NULL;

    if (order->uri != NULL) {
        good = good && push_text(names, GEN_URI, order->uri);
    }
    for (unsigned i = 0; i < order->n_hosts; i++) {
        ASN1_OCTET_STRING *address = a2i_IPADDRESS(order->hosts[i]);

        good = good &&
               (address != NULL ? push_name(names, GEN_IPADD, address)
                                : push_text(names, GEN_DNS, order->hosts[i]));
    }
    if (good && sk_GENERAL_NAME_num(names) > 0) {
        good = add_extension(cert, NID_subject_alt_name, names, false);
    }
    GENERAL_NAMES_free(names);
    return good;
}

static bool add_extensions(X509 *cert,
                           X509 *issuer,
                           const struct qc_cert_order *order)
{
    if (order->authority) {
        return add_words(cert, issuer, NID_basic_constraints,
                         "critical,CA:TRUE,pathlen:0") &&
               add_words(cert, issuer, NID_key_usage,
                         "critical,keyCertSign,cRLSign") &&
               add_words(cert, issuer, NID_subject_key_identifier, "hash");
    }
    return add_words(cert, issuer, NID_basic_constraints,
                     "critical,CA:FALSE") &&
           add_words(cert, issuer, NID_key_usage,
                     "critical,digitalSignature") &&
           add_words(cert, issuer, NID_ext_key_usage,
                     order->serves ? "serverAuth,clientAuth" : "clientAuth") &&
           add_words(cert, issuer, NID_subject_key_identifier, "hash") &&
           add_words(cert, issuer, NID_authority_key_identifier, "keyid") &&
           add_names(cert, order);
}

static bool set_serial(X509 *cert)
{
    uint8_t bytes[SERIAL_SIZE];
    BIGNUM *number = NULL;
    bool set;

    if (RAND_bytes(bytes, sizeof(bytes)) != 1) {
        return false;
    }
    bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40); /* Positive, not short. */
    number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    set = number != NULL &&
          BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;
    BN_free(number);
    return set;
}

/* Not longer than |issuer|: nobody would believe it then. */
static bool set_validity(X509 *cert, const X509 *issuer, unsigned days)
{
    const ASN1_TIME *end = X509_get0_notAfter(issuer);

    if (X509_gmtime_adj(X509_getm_notBefore(cert), -SKEW_S) == NULL ||
        X509_time_adj_ex(X509_getm_notAfter(cert), (int)days, 0, NULL) ==
            NULL) {
        return false;
    }
    return issuer == cert ||
           ASN1_TIME_compare(end, X509_get0_notAfter(cert)) >= 0 ||
           X509_set1_notAfter(cert, end) == 1;
}

/* --- making --------------------------------------------------------------- */

struct signer {
    X509 *certificate;
    EVP_PKEY *key;
};

static void signer_done(struct signer *signer)
{
    X509_free(signer->certificate);
    EVP_PKEY_free(signer->key);
}

static void *pem_read(const char *path, void *(*read)(FILE *stream))
{
    FILE *stream = fopen(path, "r");
    void *value = NULL;

    if (stream == NULL) {
        fprintf(stderr, "qcctl: %s: %s\n", path, strerror(errno));
        return NULL;
    }
    value = read(stream);
    fclose(stream);
    if (value == NULL) {
        (void)openssl_failed(path);
    }
    return value;
}

static void *read_certificate(FILE *stream)
{
    return PEM_read_X509(stream, NULL, NULL, NULL);
}

static void *read_key(FILE *stream)
{
    return PEM_read_PrivateKey(stream, NULL, NULL, NULL);
}

static bool signer_read(struct signer *signer,
                        const struct qc_cert_order *order)
{
    signer->certificate = pem_read(order->ca, read_certificate);
    if (signer->certificate == NULL) {
        return false;
    }
    signer->key = pem_read(order->ca_key, read_key);
    if (signer->key == NULL) {
        return false;
    }
    if (X509_check_ca(signer->certificate) != 1) {
        fprintf(stderr, "qcctl: %s: it is no authority\n", order->ca);
        return false;
    }
    if (X509_check_private_key(signer->certificate, signer->key) != 1) {
        ERR_clear_error();
        fprintf(stderr, "qcctl: %s: it is not the key of %s\n", order->ca_key,
                order->ca);
        return false;
    }
    if (X509_cmp_current_time(X509_get0_notAfter(signer->certificate)) < 0) {
        fprintf(stderr, "qcctl: %s: it has expired\n", order->ca);
        return false;
    }
    return true;
}

/* NULL on failure. */
static X509 *compose(const struct qc_cert_order *order,
                     const struct signer *signer,
                     EVP_PKEY *key)
{
    X509 *cert = X509_new();
    X509 *issuer = signer->certificate != NULL ? signer->certificate : cert;
    X509_NAME *subject = cert != NULL ? X509_get_subject_name(cert) : NULL;

    if (cert == NULL || X509_set_version(cert, X509_VERSION_3) != 1 ||
        !set_serial(cert) ||
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                   (const unsigned char *)order->name, -1, -1,
                                   0) != 1 ||
        X509_set_issuer_name(cert, X509_get_subject_name(issuer)) != 1 ||
        !set_validity(cert, issuer, order->days) ||
        X509_set_pubkey(cert, key) != 1 ||
        !add_extensions(cert, issuer, order) ||
        X509_sign(cert, signer->key != NULL ? signer->key : key,
                  EVP_sha256()) == 0) {
        X509_free(cert);
        return NULL;
    }
    return cert;
}

/* --- writing -------------------------------------------------------------- */

/* A new file of the user's alone; NULL, and a message on stderr. */
static FILE *create(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *stream = fd >= 0 ? fdopen(fd, "w") : NULL;

    if (stream == NULL) {
        fprintf(stderr, "qcctl: %s: %s\n", path, strerror(errno));
    }
    return stream;
}

/* Ends writing |path|; removes it if it is not whole. */
static bool finish(FILE *stream, const char *path, bool written)
{
    bool good = written && fflush(stream) == 0 && fsync(fileno(stream)) == 0;

    good = fclose(stream) == 0 && good;
    if (!good) {
        fprintf(stderr, "qcctl: %s: cannot be written\n", path);
        unlink(path);
    }
    return good;
}

static bool write_both(const struct qc_cert_order *order,
                       X509 *cert,
                       EVP_PKEY *key)
{
    FILE *stream = create(order->key);

    if (stream == NULL || !finish(stream, order->key,
                                  PEM_write_PrivateKey(stream, key, NULL, NULL,
                                                       0, NULL, NULL) == 1)) {
        return false;
    }
    stream = create(order->certificate);
    if (stream == NULL || !finish(stream, order->certificate,
                                  PEM_write_X509(stream, cert) == 1)) {
        unlink(order->key);
        return false;
    }
    return true;
}

bool qc_cert_make(const struct qc_cert_order *order)
{
    struct signer signer = {.key = NULL};
    EVP_PKEY *key = NULL;
    X509 *cert = NULL;
    bool made = false;

    if (order->ca != NULL && !signer_read(&signer, order)) {
        goto out;
    }
    key = EVP_EC_gen("P-256");
    cert = key != NULL ? compose(order, &signer, key) : NULL;
    if (cert == NULL) {
        made = openssl_failed(order->certificate);
        goto out;
    }
    made = write_both(order, cert, key);
out:
    X509_free(cert);
    EVP_PKEY_free(key);
    signer_done(&signer);
    return made;
}
