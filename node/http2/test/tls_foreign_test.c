/* A server of ours and clients of OpenSSL's own, which may do what ours do not.
 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http2/test/tls_files.h"
#include "http2/test/tls_pair.h"
#include "http2/tls.h"

struct foreign {
    SSL_CTX *ctx;
    SSL *ssl;
    BIO *in;
    BIO *out;
    SSL_SESSION *session; /* The newest that was given. */
    struct end server;
};

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct foreign *foreign = SSL_get_app_data(ssl);

    SSL_SESSION_free(foreign->session);
    foreign->session = session;
    return 1;
}

/* A client that speaks |version| only. */
static void foreign_open(struct foreign *foreign, int version)
{
    *foreign = (struct foreign){.ctx = SSL_CTX_new(TLS_client_method())};
    SSL_CTX_set_min_proto_version(foreign->ctx, version);
    SSL_CTX_set_max_proto_version(foreign->ctx, version);
    SSL_CTX_set_security_level(foreign->ctx, 0);
    SSL_CTX_set_session_cache_mode(foreign->ctx, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(foreign->ctx, keep_session);
}

static void foreign_close(struct foreign *foreign)
{
    SSL_SESSION_free(foreign->session);
    SSL_CTX_free(foreign->ctx);
}

/* Carries bytes both ways until nothing is on its way. */
static void carry(struct foreign *foreign)
{
    struct end out = {.cipher = NULL};
    uint8_t bytes[32 * 1024];
    bool moved = true;

    while (moved) {
        int n = BIO_read(foreign->out, bytes, sizeof(bytes));

        moved = n > 0;
        if (n > 0) {
            assert_true(
                qc_buffer_add(&foreign->server.sealed, bytes, (size_t)n));
        }
        while (qc_buffer_size(&foreign->server.sealed) > 0 &&
               foreign->server.last >= 0) {
            end_read(&foreign->server, &out, sizeof(bytes));
        }
        if (qc_buffer_size(&out.sealed) > 0) {
            struct qc_bytes sealed = qc_buffer_bytes(&out.sealed);

            BIO_write(foreign->in, sealed.data, (int)sealed.size);
            qc_buffer_clear(&out.sealed);
            moved = true;
        }
        /* The handshake, or what comes after it. */
        if (SSL_in_init(foreign->ssl) != 0) {
            SSL_do_handshake(foreign->ssl);
        } else {
            SSL_read(foreign->ssl, bytes, sizeof(bytes));
        }
    }
    qc_buffer_done(&out.sealed);
}

/* Connects, with |session| unless it is NULL, and |alpn| unless it is. */
static void foreign_connect(struct foreign *foreign,
                            struct qc_tls *server,
                            const char *alpn)
{
    foreign->ssl = SSL_new(foreign->ctx);
    foreign->in = BIO_new(BIO_s_mem());
    foreign->out = BIO_new(BIO_s_mem());
    SSL_set_app_data(foreign->ssl, foreign);
    SSL_set_bio(foreign->ssl, foreign->in, foreign->out);
    SSL_set_connect_state(foreign->ssl);
    if (alpn != NULL) {
        SSL_set_alpn_protos(foreign->ssl, (const unsigned char *)alpn,
                            (unsigned)strlen(alpn));
    }
    if (foreign->session != NULL) {
        SSL_set_session(foreign->ssl, foreign->session);
    }
    foreign->server = (struct end){.cipher = qc_tls_cipher_accept(server)};
    ERR_clear_error();
    SSL_do_handshake(foreign->ssl);
    carry(foreign);
}

static void foreign_disconnect(struct foreign *foreign)
{
    SSL_shutdown(foreign->ssl); /* Without it a session is not used again. */
    SSL_free(foreign->ssl);
    qc_tls_cipher_free(foreign->server.cipher);
    qc_buffer_done(&foreign->server.sealed);
    qc_buffer_done(&foreign->server.plain);
    ERR_clear_error();
}

static bool foreign_is_up(const struct foreign *foreign)
{
    return SSL_is_init_finished(foreign->ssl) == 1 &&
           qc_tls_cipher_is_up(foreign->server.cipher);
}

static const int VERSIONS[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static void versions_1_2_and_1_3_are_spoken_and_no_older(void **state)
{
    struct qc_tls *server = tls_new(&NODE_1);
    struct foreign foreign;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        foreign_open(&foreign, VERSIONS[i]);
        foreign_connect(&foreign, server, "\2h2");
        assert_true(foreign_is_up(&foreign));
        assert_int_equal(SSL_version(foreign.ssl), VERSIONS[i]);
        foreign_disconnect(&foreign);
        foreign_close(&foreign);
    }
    foreign_open(&foreign, TLS1_1_VERSION);
    foreign_connect(&foreign, server, "\2h2");
    assert_false(foreign_is_up(&foreign));
    assert_string_equal(qc_tls_cipher_failure(foreign.server.cipher),
                        "unsupported protocol");
    foreign_disconnect(&foreign);
    foreign_close(&foreign);
    qc_tls_free(server);
}

/* Small devices ask for that: each record is longer than its plain bytes. */
static void who_wants_short_records_gets_long_answers(void **state)
{
    static uint8_t plain[64 * 1024];
    static uint8_t sealed[sizeof(plain) + QC_TLS_OVERHEAD_SIZE];
    const struct qc_bytes bytes = {plain, sizeof(plain)};
    struct qc_tls *server = tls_new(&NODE_1);
    struct foreign foreign;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        foreign_open(&foreign, VERSIONS[i]);
        assert_int_equal(SSL_CTX_set_tlsext_max_fragment_length(
                             foreign.ctx, TLSEXT_max_fragment_length_512),
                         1);
        foreign_connect(&foreign, server, "\2h2");
        assert_true(foreign_is_up(&foreign));
        assert_true(qc_tls_cipher_seal(foreign.server.cipher, bytes, sealed) >
                    (ssize_t)sizeof(plain));
        foreign_disconnect(&foreign);
        foreign_close(&foreign);
    }
    qc_tls_free(server);
}

static void a_cipher_without_forward_secrecy_is_not_agreed_on(void **state)
{
    static const char *const weak[] = {"AES128-GCM-SHA256",
                                       "ECDHE-ECDSA-AES128-SHA",
                                       "ECDHE-ECDSA-AES128-SHA256"};
    struct qc_tls *server = tls_new(&NODE_1);

    (void)state;
    for (unsigned i = 0; i < sizeof(weak) / sizeof(weak[0]); i++) {
        struct foreign foreign;

        foreign_open(&foreign, TLS1_2_VERSION);
        assert_int_equal(SSL_CTX_set_cipher_list(foreign.ctx, weak[i]), 1);
        foreign_connect(&foreign, server, "\2h2");
        assert_false(foreign_is_up(&foreign));
        foreign_disconnect(&foreign);
        foreign_close(&foreign);
    }
    qc_tls_free(server);
}

static void who_offers_other_protocols_is_refused(void **state)
{
    struct qc_tls *server = tls_new(&NODE_1);
    struct foreign foreign;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        const unsigned char *chosen;
        unsigned size;

        foreign_open(&foreign, VERSIONS[i]);
        foreign_connect(&foreign, server, "\10http/1.1");
        assert_false(foreign_is_up(&foreign));
        assert_int_equal(ERR_GET_REASON(ERR_peek_error()),
                         SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
        foreign_disconnect(&foreign);
        foreign_connect(&foreign, server, "\10http/1.1\2h2");
        assert_true(foreign_is_up(&foreign));
        SSL_get0_alpn_selected(foreign.ssl, &chosen, &size);
        assert_int_equal(size, 2);
        assert_memory_equal(chosen, "h2", 2);
        foreign_disconnect(&foreign);
        foreign_close(&foreign);
    }
    qc_tls_free(server);
}

static void give_certificate(struct foreign *foreign, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "%s.pem", name);
    assert_int_equal(
        SSL_CTX_use_certificate_file(foreign->ctx, path, SSL_FILETYPE_PEM), 1);
    snprintf(path, sizeof(path), "%s-key.pem", name);
    assert_int_equal(
        SSL_CTX_use_PrivateKey_file(foreign->ctx, path, SSL_FILETYPE_PEM), 1);
}

static void sessions_are_resumed_with_who_they_are_of(void **state)
{
    char text[512];

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct qc_tls *server = tls_new(&NODE_1);
        struct foreign foreign;

        foreign_open(&foreign, VERSIONS[i]);
        give_certificate(&foreign, "alice");
        for (unsigned round = 0; round < 3; round++) {
            foreign_connect(&foreign, server, "\2h2");
            assert_true(foreign_is_up(&foreign));
            assert_int_equal(SSL_session_reused(foreign.ssl), round > 0);
            assert_int_equal(qc_tls_cipher_trust(foreign.server.cipher),
                             QC_TRUST_CLIENT);
            assert_string_equal(qc_tls_cipher_identity(foreign.server.cipher),
                                "quorumcall://demo/alice");
            foreign_disconnect(&foreign);
            /* Keys of tickets outlive it. */
            assert_true(qc_tls_reload(server, text, sizeof(text)));
        }
        assert_int_equal(qc_tls_count(server, QC_TLS_HANDSHAKES), 3);
        assert_int_equal(qc_tls_count(server, QC_TLS_RESUMED), 2);
        foreign_close(&foreign);
        qc_tls_free(server);
    }
}

static void no_session_outlives_the_trust_in_its_certificate(void **state)
{
    char text[512];

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct qc_tls *server;
        struct foreign foreign;

        authority_write(&clients, "clients.pem");
        server = tls_new(&NODE_1);
        foreign_open(&foreign, VERSIONS[i]);
        give_certificate(&foreign, "alice");
        foreign_connect(&foreign, server, "\2h2");
        assert_true(foreign_is_up(&foreign));
        foreign_disconnect(&foreign);
        foreign_connect(&foreign, server, "\2h2");
        foreign_disconnect(&foreign);
        assert_int_equal(qc_tls_count(server, QC_TLS_RESUMED), 1);
        authority_write(&strangers, "clients.pem");
        assert_true(qc_tls_reload(server, text, sizeof(text)));
        foreign_connect(&foreign, server, "\2h2");
        assert_false(foreign_is_up(&foreign));
        assert_int_equal(qc_tls_count(server, QC_TLS_RESUMED), 1);
        foreign_disconnect(&foreign);
        foreign_close(&foreign);
        qc_tls_free(server);
    }
}

static void new_keys_are_taken_but_not_without_end(void **state)
{
    struct qc_tls *server = tls_new(&NODE_1);
    struct foreign foreign;
    unsigned n = 0;

    (void)state;
    foreign_open(&foreign, TLS1_3_VERSION);
    foreign_connect(&foreign, server, "\2h2");
    assert_true(foreign_is_up(&foreign));
    while (foreign.server.last >= 0 && n < 5000) {
        assert_int_equal(
            SSL_key_update(foreign.ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
        assert_int_equal(SSL_write(foreign.ssl, "x", 1), 1);
        carry(&foreign);
        n++;
    }
    assert_in_range(n, 100, 4999);
    assert_string_equal(qc_tls_cipher_failure(foreign.server.cipher),
                        "too many new keys");
    foreign_disconnect(&foreign);
    foreign_close(&foreign);
    qc_tls_free(server);
}

static void nobody_renegotiates(void **state)
{
    struct qc_tls *server = tls_new(&NODE_1);
    struct foreign foreign;

    (void)state;
    foreign_open(&foreign, TLS1_2_VERSION);
    foreign_connect(&foreign, server, "\2h2");
    assert_true(foreign_is_up(&foreign));
    assert_int_equal(SSL_renegotiate(foreign.ssl), 1);
    SSL_do_handshake(foreign.ssl);
    carry(&foreign);
    assert_int_not_equal(SSL_is_init_finished(foreign.ssl), 1);
    foreign_disconnect(&foreign);
    foreign_close(&foreign);
    qc_tls_free(server);
}

#define TEST(name) cmocka_unit_test_setup(name, tls_files_write)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(versions_1_2_and_1_3_are_spoken_and_no_older),
        TEST(who_wants_short_records_gets_long_answers),
        TEST(a_cipher_without_forward_secrecy_is_not_agreed_on),
        TEST(who_offers_other_protocols_is_refused),
        TEST(sessions_are_resumed_with_who_they_are_of),
        TEST(no_session_outlives_the_trust_in_its_certificate),
        TEST(new_keys_are_taken_but_not_without_end),
        TEST(nobody_renegotiates),
    };

    return cmocka_run_group_tests(tests, tls_files_enter, tls_files_leave);
}
