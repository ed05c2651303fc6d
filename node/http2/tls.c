#include "http2/tls.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <uv.h>

#include "base/quoted.h"
#include "http2/tls_cipher.h"
#include "http2/tls_inside.h"
#include "http2/tls_tickets.h"
#include "http2/tls_trust.h"

enum {
    FILES = 5,
    CAUSES_MAX = 8,
    CAUSE_SIZE = 160,
    TELL_AGAIN_S = 60,
};

static const unsigned char ALPN[] = {2, 'h', '2'};
static const unsigned char SESSION_CONTEXT[] = "quorumcall";
static const char CIPHERS_OF_1_2[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

/* What was read from the files at one time. */
struct generation {
    SSL_CTX *server; /* NULL without a certificate. */
    SSL_CTX *client;
    struct qc_tls_authorities authorities;
};

struct cause {
    char text[CAUSE_SIZE];
    int64_t told_s;
};

struct qc_tls {
    struct qc_tls_files files; /* Copies. */
    char *copies[FILES];
    BIO_METHOD *method;
    void (*notice)(void *ctx, const char *text);
    void *notice_ctx;
    uv_mutex_t lock; /* Of all that follows. */
    struct generation now;
    struct qc_tls_tickets tickets;
    struct cause causes[CAUSES_MAX];
    uint64_t counts[QC_TLS_COUNTERS];
};

/* --- reading files -------------------------------------------------------- */

static bool is_given(const char *path)
{
    return path != NULL && path[0] != '\0';
}

/* Why OpenSSL did not do it: the first thing that went wrong. */
static const char *reason(void)
{
    unsigned long error = ERR_peek_error();
    const char *text;

    if (ERR_SYSTEM_ERROR(error)) {
        return strerror(ERR_GET_REASON(error));
    }
    if (ERR_GET_LIB(error) == ERR_LIB_PEM &&
        ERR_GET_REASON(error) == PEM_R_NO_START_LINE) {
        return "there is none in it, in PEM";
    }
    text = ERR_reason_error_string(error);
    return text != NULL ? text : "it cannot be understood";
}

struct complaint {
    char *text;
    size_t size;
};

static bool complain(const struct complaint *to,
                     const char *what,
                     const char *path,
                     const char *why)
{
    snprintf(to->text, to->size, "%s %s: %s", what, path, why);
    ERR_clear_error();
    return false;
}

/* A passphrase would be asked of a terminal that a daemon does not have. */
static int no_passphrase(char *buffer, int size, int writing, void *ctx)
{
    (void)writing;
    (void)ctx;
    memset(buffer, 0, (size_t)size);
    return -1;
}

static bool certificate_read(const struct qc_tls *tls,
                             SSL_CTX *ctx,
                             const struct complaint *to)
{
    const char *path = tls->files.certificate;
    char identity[QC_TLS_IDENTITY_SIZE];
    X509 *leaf;

    SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
    if (SSL_CTX_use_certificate_chain_file(ctx, path) != 1) {
        return complain(to, "certificate", path, reason());
    }
    leaf = SSL_CTX_get0_certificate(ctx);
    if (X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0) {
        return complain(to, "certificate", path, "it has expired");
    }
    if (is_given(tls->files.identity) &&
        (!qc_tls_identity(leaf, identity) ||
         strcmp(identity, tls->files.identity) != 0)) {
        char why[QC_TLS_IDENTITY_SIZE + 64];

        snprintf(why, sizeof(why), "it is not that of %s", tls->files.identity);
        return complain(to, "certificate", path, why);
    }
    if (SSL_CTX_use_PrivateKey_file(ctx, tls->files.key, SSL_FILETYPE_PEM) !=
        1) {
        return complain(to, "key", tls->files.key, reason());
    }
    return true;
}

static bool authority_read(const char *what,
                           const char *path,
                           X509_STORE **store_out,
                           const struct complaint *to)
{
    X509_STORE *store;

    if (!is_given(path)) {
        return true;
    }
    store = X509_STORE_new();
    if (store == NULL || X509_STORE_load_file(store, path) != 1) {
        X509_STORE_free(store);
        return complain(to, what, path, reason());
    }
    *store_out = store;
    return true;
}

/* --- what is spoken ------------------------------------------------------- */

static struct qc_tls *context_of(const SSL *ssl)
{
    return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

/* NOLINTNEXTLINE(readability-function-size): OpenSSL's signature. */
static int choose_protocol(SSL *ssl,
                           const unsigned char **chosen_out,
                           unsigned char *size_out,
                           const unsigned char *offered,
                           unsigned int offered_size,
                           void *ctx)
{
    unsigned char *chosen;

    (void)ssl;
    (void)ctx;
    if (SSL_select_next_proto(&chosen, size_out, ALPN, sizeof(ALPN), offered,
                              offered_size) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *chosen_out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* In place of OpenSSL's own, which knows of one set of authorities only. */
static int verify_client(X509_STORE_CTX *asked, void *ctx)
{
    int error;

    qc_tls_judge(ctx, X509_STORE_CTX_get0_cert(asked),
                 X509_STORE_CTX_get0_untrusted(asked), &error);
    X509_STORE_CTX_set_error(asked, error);
    return error == X509_V_OK;
}

static int64_t now_s(void)
{
    return (int64_t)time(NULL);
}

/* NOLINTNEXTLINE(readability-function-size): OpenSSL's signature. */
static int seal_ticket(SSL *ssl,
                       unsigned char *name,
                       unsigned char *iv,
                       EVP_CIPHER_CTX *cipher,
                       EVP_MAC_CTX *mac,
                       int sealing)
{
    struct qc_tls *tls = context_of(ssl);
    const struct qc_tls_ticket_key *key = NULL;
    int answer = -1;

    uv_mutex_lock(&tls->lock);
    if (qc_tls_tickets_turn(&tls->tickets, now_s())) {
        key = sealing != 0 ? &tls->tickets.current
                           : qc_tls_tickets_find(&tls->tickets, name);
        if (sealing != 0) {
            memcpy(name, key->name, sizeof(key->name));
        }
        if (key == NULL) {
            answer = 0; /* A full handshake. */
        } else if ((sealing == 0 || RAND_bytes(iv, EVP_MAX_IV_LENGTH) == 1) &&
                   qc_tls_ticket_use(key, iv, cipher, mac, sealing != 0)) {
            /* 2: good, and to be replaced; of TLS 1.3 each is used once. */
            bool replace = key != &tls->tickets.current ||
                           SSL_version(ssl) >= TLS1_3_VERSION;

            answer = sealing == 0 && replace ? 2 : 1;
        }
    }
    uv_mutex_unlock(&tls->lock);
    return answer;
}

static int ticket_sealed(SSL *ssl, void *ctx)
{
    (void)ssl;
    (void)ctx;
    return 1;
}

/* A session is resumed for as long as its certificate is good today: neither
 * its end nor a change of authorities is slept through. */
static SSL_TICKET_RETURN ticket_opened(SSL *ssl,
                                       SSL_SESSION *session,
                                       const unsigned char *name,
                                       size_t name_size,
                                       SSL_TICKET_STATUS status,
                                       void *ctx)
{
    X509 *leaf;
    int error = X509_V_OK;

    (void)ssl;
    (void)name;
    (void)name_size;
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) {
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
    leaf = SSL_SESSION_get0_peer(session);
    if (leaf != NULL) {
        qc_tls_judge(ctx, leaf, NULL, &error);
    }
    if (error != X509_V_OK) {
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE
                                        : SSL_TICKET_RETURN_USE_RENEW;
}

/* What both sides have in common. */
static SSL_CTX *context_new(struct qc_tls *tls, const SSL_METHOD *method)
{
    SSL_CTX *ctx = SSL_CTX_new(method);

    if (ctx == NULL ||
        SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(ctx, CIPHERS_OF_1_2) != 1) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    SSL_CTX_set_app_data(ctx, tls);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    /* Ten thousand idle connections keep no buffers. Partial writes stay off:
     * a write is whole, or the connection broken. */
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_info_callback(ctx, qc_tls_cipher_on_state);
    return ctx;
}

static bool ask_for_certificates(struct qc_tls *tls, SSL_CTX *ctx)
{
    const char *paths[] = {tls->files.node_ca, tls->files.client_ca};
    STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();

    for (unsigned i = 0; i < 2 && names != NULL; i++) {
        if (is_given(paths[i]) &&
            SSL_add_file_cert_subjects_to_stack(names, paths[i]) != 1) {
            sk_X509_NAME_pop_free(names, X509_NAME_free);
            return false;
        }
    }
    /* Whose names are told, so that browsers do not offer any other. */
    SSL_CTX_set_client_CA_list(ctx, names);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, verify_client, tls);
    return names != NULL;
}

static SSL_CTX *server_new(struct qc_tls *tls, const struct complaint *to)
{
    SSL_CTX *ctx = context_new(tls, TLS_server_method());
    bool asks = is_given(tls->files.node_ca) || is_given(tls->files.client_ca);

    if (ctx == NULL || (asks && !ask_for_certificates(tls, ctx)) ||
        SSL_CTX_set_session_id_context(ctx, SESSION_CONTEXT,
                                       sizeof(SESSION_CONTEXT) - 1) != 1 ||
        SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, seal_ticket) != 1 ||
        SSL_CTX_set_session_ticket_cb(ctx, ticket_sealed, ticket_opened, tls) !=
            1) {
        complain(to, "TLS", "of connections that come in", reason());
        SSL_CTX_free(ctx);
        return NULL;
    }
    SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE |
                                 SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
    if (!certificate_read(tls, ctx, to)) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

static SSL_CTX *client_new(struct qc_tls *tls,
                           X509_STORE *nodes,
                           const struct complaint *to)
{
    SSL_CTX *ctx = context_new(tls, TLS_client_method());

    if (ctx == NULL ||
        (nodes == NULL && SSL_CTX_set_default_verify_paths(ctx) != 1) ||
        SSL_CTX_set_alpn_protos(ctx, ALPN, sizeof(ALPN)) != 0) {
        complain(to, "TLS", "of connections that go out", reason());
        SSL_CTX_free(ctx);
        return NULL;
    }
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    if (nodes != NULL) {
        SSL_CTX_set1_cert_store(ctx, nodes);
    }
    if (is_given(tls->files.certificate) && !certificate_read(tls, ctx, to)) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

static void generation_done(struct generation *generation)
{
    SSL_CTX_free(generation->server);
    SSL_CTX_free(generation->client);
    X509_STORE_free(generation->authorities.nodes);
    X509_STORE_free(generation->authorities.clients);
}

static bool generation_read(struct qc_tls *tls,
                            struct generation *generation_out,
                            const struct complaint *to)
{
    struct generation read = {.server = NULL};
    const struct qc_tls_files *files = &tls->files;
    bool good;

    ERR_clear_error();
    good = authority_read("node_ca", files->node_ca, &read.authorities.nodes,
                          to) &&
           authority_read("client_ca", files->client_ca,
                          &read.authorities.clients, to);
    if (good && is_given(files->certificate) != is_given(files->key)) {
        good = complain(to, "certificate and key", "",
                        "one is useless without the other");
    }
    if (good && is_given(files->certificate)) {
        read.server = server_new(tls, to);
        good = read.server != NULL;
    }
    if (good) {
        read.client = client_new(tls, read.authorities.nodes, to);
        good = read.client != NULL;
    }
    if (!good) {
        generation_done(&read);
        return false;
    }
    *generation_out = read;
    return true;
}

/* --- life ----------------------------------------------------------------- */

/* An empty path for one that is not given. */
static const char *copy(struct qc_tls *tls, unsigned i, const char *path)
{
    tls->copies[i] = strdup(path != NULL ? path : "");
    return tls->copies[i];
}

static bool files_copy(struct qc_tls *tls, const struct qc_tls_files *files)
{
    tls->files = (struct qc_tls_files){
        .certificate = copy(tls, 0, files->certificate),
        .key = copy(tls, 1, files->key),
        .client_ca = copy(tls, 2, files->client_ca),
        .node_ca = copy(tls, 3, files->node_ca),
        .identity = copy(tls, 4, files->identity),
    };
    for (unsigned i = 0; i < FILES; i++) {
        if (tls->copies[i] == NULL) {
            return false;
        }
    }
    return true;
}

bool qc_tls_new(const struct qc_tls_files *files,
                struct qc_tls **tls_out,
                char *text_out,
                size_t text_size)
{
    const struct complaint to = {text_out, text_size};
    struct qc_tls *tls = calloc(1, sizeof(*tls));

    text_out[0] = '\0';
    if (tls == NULL || uv_mutex_init(&tls->lock) != 0) {
        free(tls);
        return complain(&to, "TLS", "", "out of memory");
    }
    tls->method = qc_tls_cipher_bio_method_new();
    if (tls->method == NULL || !files_copy(tls, files)) {
        qc_tls_free(tls);
        return complain(&to, "TLS", "", "out of memory");
    }
    if (!generation_read(tls, &tls->now, &to)) {
        qc_tls_free(tls);
        return false;
    }
    *tls_out = tls;
    return true;
}

bool qc_tls_reload(struct qc_tls *tls, char *text_out, size_t text_size)
{
    const struct complaint to = {text_out, text_size};
    struct generation read;
    struct generation old;

    text_out[0] = '\0';
    if (!generation_read(tls, &read, &to)) {
        return false;
    }
    uv_mutex_lock(&tls->lock);
    old = tls->now;
    tls->now = read;
    uv_mutex_unlock(&tls->lock);
    generation_done(&old);
    return true;
}

void qc_tls_free(struct qc_tls *tls)
{
    if (tls == NULL) {
        return;
    }
    generation_done(&tls->now);
    BIO_meth_free(tls->method);
    for (unsigned i = 0; i < FILES; i++) {
        free(tls->copies[i]);
    }
    OPENSSL_cleanse(&tls->tickets, sizeof(tls->tickets));
    uv_mutex_destroy(&tls->lock);
    free(tls);
}

/* --- for ciphers ---------------------------------------------------------- */

SSL *qc_tls_ssl_new(struct qc_tls *tls,
                    struct qc_tls_cipher *cipher,
                    BIO *bio,
                    bool incoming)
{
    SSL_CTX *ctx;
    SSL *ssl;

    uv_mutex_lock(&tls->lock);
    ctx = incoming ? tls->now.server : tls->now.client;
    ssl = ctx != NULL && bio != NULL ? SSL_new(ctx) : NULL;
    uv_mutex_unlock(&tls->lock);
    if (ssl == NULL) {
        BIO_free(bio);
        return NULL;
    }
    SSL_set_app_data(ssl, cipher);
    SSL_set_bio(ssl, bio, bio);
    if (incoming) {
        SSL_set_accept_state(ssl);
    } else {
        SSL_set_connect_state(ssl);
    }
    return ssl;
}

const BIO_METHOD *qc_tls_bio_method(const struct qc_tls *tls)
{
    return tls->method;
}

enum qc_call_trust qc_tls_judge(struct qc_tls *tls,
                                X509 *leaf,
                                STACK_OF(X509) * others,
                                int *error_out)
{
    struct qc_tls_authorities authorities;
    enum qc_call_trust trust;

    uv_mutex_lock(&tls->lock);
    authorities = tls->now.authorities;
    if (authorities.nodes != NULL) {
        X509_STORE_up_ref(authorities.nodes);
    }
    if (authorities.clients != NULL) {
        X509_STORE_up_ref(authorities.clients);
    }
    uv_mutex_unlock(&tls->lock);
    trust = qc_tls_trust(&authorities, leaf, others, error_out);
    X509_STORE_free(authorities.nodes);
    X509_STORE_free(authorities.clients);
    return trust;
}

void qc_tls_note(struct qc_tls *tls, enum qc_tls_counter counter)
{
    uv_mutex_lock(&tls->lock);
    tls->counts[counter]++;
    uv_mutex_unlock(&tls->lock);
}

/* Notes that |cause| is told now. False when it was told lately, or too many
 * others were. */
static bool is_news(struct qc_tls *tls, const char *cause, int64_t now)
{
    struct cause *oldest = &tls->causes[0];

    for (unsigned i = 0; i < CAUSES_MAX; i++) {
        struct cause *known = &tls->causes[i];

        if (strncmp(known->text, cause, CAUSE_SIZE - 1) == 0) {
            oldest = known;
            break;
        }
        if (known->told_s < oldest->told_s) {
            oldest = known;
        }
    }
    if (oldest->told_s != 0 && now - oldest->told_s < TELL_AGAIN_S) {
        return false;
    }
    snprintf(oldest->text, sizeof(oldest->text), "%s", cause);
    oldest->told_s = now;
    return true;
}

void qc_tls_tell(struct qc_tls *tls, const char *cause, const char *from)
{
    char quoted[2 * CAUSE_SIZE];
    char line[sizeof(quoted) + 128];
    bool news;

    uv_mutex_lock(&tls->lock);
    news = is_news(tls, cause, now_s());
    uv_mutex_unlock(&tls->lock);
    if (news && tls->notice != NULL) {
        snprintf(line, sizeof(line), "cause=%s from=%s",
                 qc_quoted(quoted, sizeof(quoted), cause), from);
        tls->notice(tls->notice_ctx, line);
    }
}

/* --- for whoever asks ----------------------------------------------------- */

void qc_tls_set_notice(struct qc_tls *tls,
                       void (*notice)(void *ctx, const char *text),
                       void *ctx)
{
    tls->notice = notice;
    tls->notice_ctx = ctx;
}

int64_t qc_tls_not_after_s(struct qc_tls *tls)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int64_t not_after_s = 0;
    int days = 0;
    int seconds = 0;

    uv_mutex_lock(&tls->lock);
    if (tls->now.server != NULL &&
        ASN1_TIME_diff(&days, &seconds, epoch,
                       X509_get0_notAfter(
                           SSL_CTX_get0_certificate(tls->now.server))) == 1) {
        not_after_s = (int64_t)days * 24 * 3600 + seconds;
    }
    uv_mutex_unlock(&tls->lock);
    ASN1_TIME_free(epoch);
    return not_after_s;
}

uint64_t qc_tls_count(struct qc_tls *tls, enum qc_tls_counter counter)
{
    uint64_t count;

    assert(counter < QC_TLS_COUNTERS);
    uv_mutex_lock(&tls->lock);
    count = tls->counts[counter];
    uv_mutex_unlock(&tls->lock);
    return count;
}
