/* qcctl cert inspect: what a certificate says. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/output.h"
#include "cli/verb.h"

enum {
    TEXT_SIZE = 512,
    TIME_SIZE = 32,
    DIGEST_TEXT_SIZE = 3 * EVP_MAX_MD_SIZE,
};

static void name_text(const X509_NAME *name, char text_out[TEXT_SIZE])
{
    BIO *bio = BIO_new(BIO_s_mem());
    int n = 0;

    if (bio != NULL &&
        X509_NAME_print_ex(bio, name, 0,
                           XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
        n = BIO_read(bio, text_out, TEXT_SIZE - 1);
    }
    text_out[n > 0 ? n : 0] = '\0';
    BIO_free(bio);
}

/* RFC 3339. */
static void time_text(const ASN1_TIME *time, char text_out[TIME_SIZE])
{
    struct tm tm;

    text_out[0] = '\0';
    if (ASN1_TIME_to_tm(time, &tm) == 1) {
        strftime(text_out, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
    }
}

/* Whole days from now on; below 0 when it is over. */
static int64_t days_left(const X509 *cert)
{
    int days = 0;
    int seconds = 0;

    if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(cert)) != 1) {
        return 0;
    }
    return seconds < 0 ? (int64_t)days - 1 : days;
}

static void fingerprint_text(const X509 *cert, char text_out[DIGEST_TEXT_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    text_out[0] = '\0';
    if (X509_digest(cert, EVP_sha256(), digest, &size) == 1) {
        for (unsigned i = 0; i < size; i++) {
            snprintf(text_out + 3 * (size_t)i, 4, "%02X%s", digest[i],
                     i + 1 < size ? ":" : "");
        }
    }
}

static json_t *address_value(const ASN1_OCTET_STRING *address)
{
    char *text = i2s_ASN1_OCTET_STRING(NULL, address); /* "7F:00:00:01" */
    const unsigned char *bytes = ASN1_STRING_get0_data(address);
    json_t *value;

    if (ASN1_STRING_length(address) == 4) {
        value =
            json_sprintf("%d.%d.%d.%d", bytes[0], bytes[1], bytes[2], bytes[3]);
    } else {
        value = json_string(text != NULL ? text : "");
    }
    OPENSSL_free(text);
    return value;
}

/* "uri:...", "dns:...", "ip:...". */
static void names_add(const X509 *cert, json_t *uris, json_t *dns, json_t *ips)
{
    GENERAL_NAMES *names =
        X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        int type;
        const ASN1_STRING *value =
            GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);

        if (type == GEN_IPADD) {
            json_array_append_new(ips, address_value(value));
        } else if (type == GEN_URI || type == GEN_DNS) {
            json_array_append_new(
                type == GEN_URI ? uris : dns,
                json_stringn((const char *)ASN1_STRING_get0_data(value),
                             (size_t)ASN1_STRING_length(value)));
        }
    }
    GENERAL_NAMES_free(names);
}

static json_t *describe(X509 *cert)
{
    char subject[TEXT_SIZE];
    char issuer[TEXT_SIZE];
    char not_before[TIME_SIZE];
    char not_after[TIME_SIZE];
    char fingerprint[DIGEST_TEXT_SIZE];
    json_t *uris = json_array();
    json_t *dns = json_array();
    json_t *ips = json_array();

    name_text(X509_get_subject_name(cert), subject);
    name_text(X509_get_issuer_name(cert), issuer);
    time_text(X509_get0_notBefore(cert), not_before);
    time_text(X509_get0_notAfter(cert), not_after);
    fingerprint_text(cert, fingerprint);
    names_add(cert, uris, dns, ips);
    return json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:s, s:s, s:I, s:s}",
                     "subject", subject, "issuer", issuer, "authority",
                     X509_check_ca(cert) == 1, "uris", uris, "dns_names", dns,
                     "ip_addresses", ips, "not_before", not_before, "not_after",
                     not_after, "days_left", (json_int_t)days_left(cert),
                     "sha256_fingerprint", fingerprint);
}

/* One line for each thing that it says. */
static void print_lines(const json_t *described, bool raw)
{
    struct qc_table *table = qc_table_new("field,value", raw);
    const char *key;
    const json_t *value;

    if (table == NULL) {
        return;
    }
    /* jansson's iteration only reads. */
    json_object_foreach((json_t *)(uintptr_t)described, key, value)
    {
        size_t n = json_is_array(value) ? json_array_size(value) : 1;

        for (size_t i = 0; i < n; i++) {
            const json_t *one =
                json_is_array(value) ? json_array_get(value, i) : value;
            char *text = json_is_string(one) ? strdup(json_string_value(one))
                                             : json_dumps(one, JSON_ENCODE_ANY);
            const char *const cells[] = {key, text};

            qc_table_row(table, cells, 2);
            free(text);
        }
    }
    qc_table_print(table);
}

enum qc_exit qc_cert_inspect(const struct qc_verb *verb,
                             const struct qc_options *options)
{
    json_t *described;
    FILE *stream;
    X509 *cert;

    if (options->n_words != 1) {
        qc_verb_explain(stderr, verb);
        return QC_EXIT_USAGE;
    }
    stream = fopen(options->words[0], "r");
    if (stream == NULL) {
        fprintf(stderr, "qcctl: %s: %s\n", options->words[0], strerror(errno));
        return QC_EXIT_FAILED;
    }
    cert = PEM_read_X509(stream, NULL, NULL, NULL);
    fclose(stream);
    if (cert == NULL) {
        ERR_clear_error();
        fprintf(stderr, "qcctl: %s: there is no certificate in it, in PEM\n",
                options->words[0]);
        return QC_EXIT_FAILED;
    }
    described = describe(cert);
    X509_free(cert);
    if (options->json || described == NULL) {
        qc_print_value(described);
        return described != NULL ? QC_EXIT_OK : QC_EXIT_FAILED;
    }
    print_lines(described, options->raw);
    json_decref(described);
    return QC_EXIT_OK;
}
