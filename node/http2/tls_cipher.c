#include "http2/tls_cipher.h"

#include <arpa/inet.h>
#include <assert.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "http2/tls_inside.h"
#include "http2/tls_trust.h"

enum {
    FAILURE_SIZE = QC_TLS_IDENTITY_SIZE + 64,
    /* A flight of ours, with its certificates. */
    WAITING_SIZE_MAX = 64 * 1024,
    /* Messages of the handshake after it has ended: new keys, which honest
     * peers want once in millions of records. */
    LATE_MESSAGES_MAX = 1000,
};

struct qc_tls_cipher {
    struct qc_tls *tls;
    SSL *ssl;
    bool incoming;
    bool up;
    bool over; /* It has failed, or the other end has said that it ends. */
    unsigned n_late;
    struct qc_bytes input; /* What was fed and is not taken. */
    uint8_t *output;       /* What waits, or is being sealed. */
    size_t output_size;
    size_t output_room;
    bool output_lent; /* It is the caller's, and does not grow. */
    enum qc_call_trust trust;
    char identity[QC_TLS_IDENTITY_SIZE];
    char expected[QC_TLS_IDENTITY_SIZE]; /* Of whom we dial; "": no matter. */
    char failure[FAILURE_SIZE];
};

/* --- how OpenSSL gets at bytes -------------------------------------------- */

static bool output_grow(struct qc_tls_cipher *cipher, size_t size)
{
    uint8_t *grown;

    if (cipher->output_lent || size > WAITING_SIZE_MAX) {
        return false;
    }
    grown = realloc(cipher->output, size);
    if (grown == NULL) {
        return false;
    }
    cipher->output = grown;
    cipher->output_room = size;
    return true;
}

static int bio_write(BIO *bio, const char *bytes, int size)
{
    struct qc_tls_cipher *cipher = BIO_get_data(bio);
    size_t needed = cipher->output_size + (size_t)size;

    BIO_clear_retry_flags(bio);
    if (needed > cipher->output_room && !output_grow(cipher, needed)) {
        return -1;
    }
    memcpy(cipher->output + cipher->output_size, bytes, (size_t)size);
    cipher->output_size = needed;
    return size;
}

static int bio_read(BIO *bio, char *into, int size)
{
    struct qc_tls_cipher *cipher = BIO_get_data(bio);
    size_t n =
        cipher->input.size < (size_t)size ? cipher->input.size : (size_t)size;

    BIO_clear_retry_flags(bio);
    if (n == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(into, cipher->input.data, n);
    cipher->input.data += n;
    cipher->input.size -= n;
    return (int)n;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *qc_tls_cipher_bio_method_new(void)
{
    BIO_METHOD *method =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "quorumcall");

    if (method == NULL || BIO_meth_set_write(method, bio_write) != 1 ||
        BIO_meth_set_read(method, bio_read) != 1 ||
        BIO_meth_set_ctrl(method, bio_control) != 1) {
        BIO_meth_free(method);
        return NULL;
    }
    return method;
}

void qc_tls_cipher_on_state(const SSL *ssl, int where, int value)
{
    struct qc_tls_cipher *cipher = SSL_get_app_data(ssl);

    (void)value;
    if ((where & SSL_CB_LOOP) != 0 && cipher->up) {
        cipher->n_late++;
    }
}

/* --- life ----------------------------------------------------------------- */

static struct qc_tls_cipher *cipher_new(struct qc_tls *tls, bool incoming)
{
    struct qc_tls_cipher *cipher = calloc(1, sizeof(*cipher));
    BIO *bio;

    if (cipher == NULL) {
        return NULL;
    }
    cipher->tls = tls;
    cipher->incoming = incoming;
    bio = BIO_new(qc_tls_bio_method(tls));
    if (bio != NULL) {
        BIO_set_data(bio, cipher);
        BIO_set_init(bio, 1);
    }
    cipher->ssl = qc_tls_ssl_new(tls, cipher, bio, incoming);
    if (cipher->ssl == NULL) {
        free(cipher);
        return NULL;
    }
    return cipher;
}

struct qc_tls_cipher *qc_tls_cipher_accept(struct qc_tls *tls)
{
    return cipher_new(tls, true);
}

static bool is_address(const char *host)
{
    struct in6_addr v6;
    struct in_addr v4;

    return inet_pton(AF_INET, host, &v4) == 1 ||
           inet_pton(AF_INET6, host, &v6) == 1;
}

/* Has OpenSSL compare the certificate with |host|, but for its common name. */
static bool expect_host(SSL *ssl, const char *host)
{
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                               X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return is_address(host)
               ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1
               : SSL_set1_host(ssl, host) == 1;
}

struct qc_tls_cipher *qc_tls_cipher_connect(struct qc_tls *tls,
                                            const struct qc_tls_peer *peer)
{
    struct qc_tls_cipher *cipher = cipher_new(tls, false);
    bool good = cipher != NULL;

    if (good && peer->identity != NULL) {
        good = strlen(peer->identity) < sizeof(cipher->expected);
        snprintf(cipher->expected, sizeof(cipher->expected), "%s",
                 peer->identity);
    } else if (good) {
        good = expect_host(cipher->ssl, peer->host);
    }
    if (good && !is_address(peer->host)) {
        /* What SSL_set_tlsext_host_name() does, which only reads. */
        good = SSL_ctrl(cipher->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
                        TLSEXT_NAMETYPE_host_name,
                        (void *)(uintptr_t)peer->host) == 1;
    }
    if (!good) {
        qc_tls_cipher_free(cipher);
        return NULL;
    }
    return cipher;
}

void qc_tls_cipher_free(struct qc_tls_cipher *cipher)
{
    if (cipher == NULL) {
        return;
    }
    if (cipher->incoming && !cipher->up) {
        qc_tls_note(cipher->tls, QC_TLS_FAILED);
    }
    SSL_free(cipher->ssl);
    free(cipher->output);
    free(cipher);
}

bool qc_tls_cipher_is_up(const struct qc_tls_cipher *cipher)
{
    return cipher->up;
}

enum qc_call_trust qc_tls_cipher_trust(const struct qc_tls_cipher *cipher)
{
    return cipher->trust;
}

const char *qc_tls_cipher_identity(const struct qc_tls_cipher *cipher)
{
    return cipher->identity;
}

const char *qc_tls_cipher_failure(const struct qc_tls_cipher *cipher)
{
    return cipher->failure;
}

void qc_tls_cipher_tell(const struct qc_tls_cipher *cipher, const char *from)
{
    if (cipher->incoming) {
        qc_tls_tell(cipher->tls, cipher->failure, from);
    }
}

/* --- what comes ----------------------------------------------------------- */

static ssize_t fail(struct qc_tls_cipher *cipher, const char *why)
{
    cipher->over = true;
    snprintf(cipher->failure, sizeof(cipher->failure), "%s", why);
    ERR_clear_error();
    return UV_EPROTO;
}

static ssize_t fail_certificate(struct qc_tls_cipher *cipher, long error)
{
    char why[FAILURE_SIZE];

    snprintf(why, sizeof(why), "certificate verify failed: %s",
             X509_verify_cert_error_string(error));
    return fail(cipher, why);
}

/* What OpenSSL's last answer, below 1, comes to. */
static ssize_t trouble(struct qc_tls_cipher *cipher, int answer)
{
    int kind = SSL_get_error(cipher->ssl, answer);
    unsigned long error = ERR_peek_error();
    const char *text;

    if (kind == SSL_ERROR_WANT_READ) {
        return 0;
    }
    if (kind == SSL_ERROR_ZERO_RETURN) {
        cipher->over = true;
        return UV_EOF;
    }
    if (ERR_GET_LIB(error) == ERR_LIB_SSL) {
        if (ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
            return fail_certificate(cipher, SSL_get_verify_result(cipher->ssl));
        }
        if (ERR_GET_REASON(error) == SSL_R_WRONG_VERSION_NUMBER) {
            return fail(cipher, "the other end does not speak TLS");
        }
    }
    text = ERR_reason_error_string(error);
    return fail(cipher, text != NULL ? text : "TLS failed");
}

/* Who the client is. A session that is resumed brings its certificate along,
 * so that what was true then is looked at once more. */
static ssize_t recognise_client(struct qc_tls_cipher *cipher)
{
    X509 *leaf = SSL_get0_peer_certificate(cipher->ssl);
    int error;

    if (leaf == NULL) {
        return 0;
    }
    cipher->trust = qc_tls_judge(cipher->tls, leaf,
                                 SSL_get_peer_cert_chain(cipher->ssl), &error);
    if (error != X509_V_OK) {
        return fail_certificate(cipher, error);
    }
    if (cipher->trust != QC_TRUST_NONE &&
        !qc_tls_identity(leaf, cipher->identity)) {
        cipher->trust = QC_TRUST_NONE;
    }
    return 0;
}

/* Whether it is whom we dialled, and speaks what we speak. */
static ssize_t recognise_server(struct qc_tls_cipher *cipher)
{
    X509 *leaf = SSL_get0_peer_certificate(cipher->ssl);
    const unsigned char *protocol;
    unsigned size;

    if (cipher->expected[0] != '\0' &&
        (leaf == NULL || !qc_tls_identity(leaf, cipher->identity) ||
         strcmp(cipher->identity, cipher->expected) != 0)) {
        char why[FAILURE_SIZE];

        snprintf(why, sizeof(why), "the certificate is not that of %s",
                 cipher->expected);
        return fail(cipher, why);
    }
    SSL_get0_alpn_selected(cipher->ssl, &protocol, &size);
    if (size != 2 || memcmp(protocol, "h2", 2) != 0) {
        return fail(cipher, "the other end does not speak HTTP/2");
    }
    return 0;
}

/* 0 when the handshake has ended well or goes on. */
static ssize_t shake_hands(struct qc_tls_cipher *cipher)
{
    int answer = SSL_do_handshake(cipher->ssl);
    ssize_t r;

    if (answer != 1) {
        return trouble(cipher, answer);
    }
    r = cipher->incoming ? recognise_client(cipher) : recognise_server(cipher);
    if (r != 0) {
        return r;
    }
    cipher->up = true;
    if (cipher->incoming) {
        qc_tls_note(cipher->tls, QC_TLS_HANDSHAKES);
        if (SSL_session_reused(cipher->ssl) == 1) {
            qc_tls_note(cipher->tls, QC_TLS_RESUMED);
        }
    }
    return 0;
}

void qc_tls_cipher_feed(struct qc_tls_cipher *cipher, struct qc_bytes sealed)
{
    cipher->input = sealed;
}

ssize_t qc_tls_cipher_read(struct qc_tls_cipher *cipher,
                           uint8_t plain[QC_TLS_RECORD_SIZE])
{
    int n;

    if (cipher->over) {
        return cipher->failure[0] != '\0' ? UV_EPROTO : UV_EOF;
    }
    ERR_clear_error();
    if (!cipher->up) {
        ssize_t r = shake_hands(cipher);

        if (r != 0 || !cipher->up) {
            return r;
        }
    }
    n = SSL_read(cipher->ssl, plain, QC_TLS_RECORD_SIZE);
    if (cipher->n_late > LATE_MESSAGES_MAX) {
        return fail(cipher, "too many new keys");
    }
    return n > 0 ? n : trouble(cipher, n);
}

/* --- what goes ------------------------------------------------------------ */

struct qc_bytes qc_tls_cipher_waiting(const struct qc_tls_cipher *cipher)
{
    return (struct qc_bytes){cipher->output, cipher->output_size};
}

void qc_tls_cipher_sent(struct qc_tls_cipher *cipher)
{
    free(cipher->output);
    cipher->output = NULL;
    cipher->output_size = 0;
    cipher->output_room = 0;
}

ssize_t qc_tls_cipher_seal(struct qc_tls_cipher *cipher,
                           struct qc_bytes plain,
                           uint8_t *sealed)
{
    ssize_t size;
    int n;

    assert(cipher->up && cipher->output == NULL);
    if (cipher->failure[0] != '\0') {
        return UV_EPROTO;
    }
    ERR_clear_error();
    cipher->output = sealed;
    cipher->output_room = plain.size + QC_TLS_OVERHEAD_SIZE;
    cipher->output_lent = true;
    n = SSL_write(cipher->ssl, plain.data, (int)plain.size);
    size = (ssize_t)cipher->output_size;
    cipher->output = NULL;
    cipher->output_size = 0;
    cipher->output_room = 0;
    cipher->output_lent = false;
    if (n != (int)plain.size) {
        return fail(cipher, "TLS could not write");
    }
    return size;
}

void qc_tls_cipher_end(struct qc_tls_cipher *cipher)
{
    if (cipher->up && cipher->failure[0] == '\0') {
        ERR_clear_error();
        SSL_shutdown(cipher->ssl);
        ERR_clear_error();
    }
}
