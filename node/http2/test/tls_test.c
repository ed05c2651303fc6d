/* Two ends of ours, in memory: who is believed, and the files behind it. */
#include "http2/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <uv.h>

#include "http2/test/tls_files.h"
#include "http2/test/tls_pair.h"

/* What a server of NODE_1 makes of who has certificate |name|. */
static enum qc_call_trust trust_in(const char *name, char identity_out[256])
{
    struct qc_tls *server = tls_new(&NODE_1);
    struct qc_tls *client = tls_of(name);
    enum qc_call_trust trust;
    struct pair pair;

    pair_open(&pair, server, client, &LOCALHOST);
    pair_run(&pair);
    assert_true(pair_is_up(&pair));
    assert_int_equal(pair.server.last, 0);
    trust = qc_tls_cipher_trust(pair.server.cipher);
    snprintf(identity_out, 256, "%s",
             qc_tls_cipher_identity(pair.server.cipher));
    pair_close(&pair);
    qc_tls_free(client);
    qc_tls_free(server);
    return trust;
}

/* Why a server of NODE_1 will not have who has certificate |name|. */
static void assert_refused(const char *name, const char *why)
{
    struct qc_tls *server = tls_new(&NODE_1);
    struct qc_tls *client = tls_of(name);
    struct pair pair;

    pair_open(&pair, server, client, &LOCALHOST);
    pair_run(&pair);
    assert_false(qc_tls_cipher_is_up(pair.server.cipher));
    assert_int_equal(pair.server.last, UV_EPROTO);
    assert_string_equal(qc_tls_cipher_failure(pair.server.cipher), why);
    assert_true(pair.client.last < 0);
    pair_close(&pair);
    assert_int_equal(qc_tls_count(server, QC_TLS_FAILED), 1);
    qc_tls_free(client);
    qc_tls_free(server);
}

/* Why a client will not have the server of |files|. */
static void assert_not_believed(const struct qc_tls_files *files,
                                const struct qc_tls_files *believed,
                                const struct qc_tls_peer *peer,
                                const char *why)
{
    struct qc_tls *server = tls_new(files);
    struct qc_tls *client = tls_new(believed);
    struct pair pair;

    pair_open(&pair, server, client, peer);
    pair_run(&pair);
    assert_false(qc_tls_cipher_is_up(pair.client.cipher));
    assert_string_equal(qc_tls_cipher_failure(pair.client.cipher), why);
    pair_close(&pair);
    qc_tls_free(client);
    qc_tls_free(server);
}

static void what_is_sealed_is_read_however_it_is_cut(void **state)
{
    static const size_t cuts[] = {1, 7, 1400, 99999};
    static uint8_t bytes[64 * 1024];
    struct qc_tls *server = tls_new(&NODE_1);
    struct qc_tls *client = tls_new(&NOBODY);

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i * 31 + i / 251);
    }
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        struct pair pair;

        pair_open(&pair, server, client, &LOCALHOST);
        pair.at_a_time = cuts[i];
        pair_run(&pair);
        assert_true(pair_is_up(&pair));
        end_say(&pair.server, &pair.client,
                (struct qc_bytes){bytes, sizeof(bytes)});
        end_say(&pair.client, &pair.server, (struct qc_bytes){bytes, 1});
        pair_run(&pair);
        assert_int_equal(qc_buffer_size(&pair.client.plain), sizeof(bytes));
        assert_memory_equal(qc_buffer_bytes(&pair.client.plain).data, bytes,
                            sizeof(bytes));
        assert_int_equal(qc_buffer_size(&pair.server.plain), 1);
        pair_close(&pair);
    }
    assert_int_equal(qc_tls_count(server, QC_TLS_HANDSHAKES), 4);
    assert_int_equal(qc_tls_count(server, QC_TLS_FAILED), 0);
    qc_tls_free(client);
    qc_tls_free(server);
}

static void an_end_is_told_from_a_break(void **state)
{
    struct qc_tls *server = tls_new(&NODE_1);
    struct qc_tls *client = tls_new(&NOBODY);
    struct pair pair;

    (void)state;
    pair_open(&pair, server, client, &LOCALHOST);
    pair_run(&pair);
    qc_tls_cipher_end(pair.client.cipher);
    pair_run(&pair);
    assert_int_equal(pair.server.last, UV_EOF);
    assert_string_equal(qc_tls_cipher_failure(pair.server.cipher), "");
    pair_close(&pair);

    pair_open(&pair, server, client, &LOCALHOST);
    pair_run(&pair);
    end_say(&pair.client, &pair.server,
            (struct qc_bytes){(const uint8_t *)"abc", 3});
    pair.server.sealed.data[pair.server.sealed.end - 1] ^= 1;
    pair_run(&pair);
    assert_int_equal(pair.server.last, UV_EPROTO);
    assert_string_not_equal(qc_tls_cipher_failure(pair.server.cipher), "");
    assert_int_equal(qc_buffer_size(&pair.server.plain), 0);
    pair_close(&pair);
    qc_tls_free(client);
    qc_tls_free(server);
}

static void nodes_and_clients_are_told_apart_by_who_made_them(void **state)
{
    char identity[256];

    (void)state;
    assert_int_equal(trust_in("node2", identity), QC_TRUST_NODE);
    assert_string_equal(identity, CLUSTER "2");
    assert_int_equal(trust_in("alice", identity), QC_TRUST_CLIENT);
    assert_string_equal(identity, "quorumcall://demo/alice");
    /* Whatever a client's certificate says, it is no node's. */
    issue(&clients, "liar", &(struct wanted){.names = "URI:" CLUSTER "2"});
    assert_int_equal(trust_in("liar", identity), QC_TRUST_CLIENT);
}

/* Then only a signature that does not fit tells whose a certificate is. */
static void authorities_of_one_name_are_told_apart(void **state)
{
    struct authority namesake;
    char identity[256];

    (void)state;
    authority_make(&namesake, "nodes");
    authority_write(&namesake, "clients.pem");
    issue(&namesake, "x",
          &(struct wanted){.names = "URI:quorumcall://demo/alice",
                           .keyless = true});
    authority_done(&namesake);
    assert_int_equal(trust_in("x", identity), QC_TRUST_CLIENT);
    assert_string_equal(identity, "quorumcall://demo/alice");
}

static void a_name_is_one_uri_and_nothing_else(void **state)
{
    char identity[256];

    (void)state;
    issue(&clients, "x", &(struct wanted){.name = "quorumcall://demo/alice"});
    assert_int_equal(trust_in("x", identity), QC_TRUST_NONE);
    assert_string_equal(identity, "");
    issue(&clients, "x", &(struct wanted){.names = "DNS:alice,URI:http://a/b"});
    assert_int_equal(trust_in("x", identity), QC_TRUST_NONE);
    issue(&clients, "x",
          &(struct wanted){.names = "URI:quorumcall://demo/alice,"
                                    "URI:quorumcall://demo/bob"});
    assert_int_equal(trust_in("x", identity), QC_TRUST_NONE);
    issue(&clients, "x",
          &(struct wanted){.names = "URI:http://a/b,"
                                    "URI:quorumcall://demo/alice"});
    assert_int_equal(trust_in("x", identity), QC_TRUST_CLIENT);
    issue(&clients, "x",
          &(struct wanted){.names = "URI:quorumcall://demo/al ice"});
    assert_int_equal(trust_in("x", identity), QC_TRUST_NONE);
}

static void who_is_not_good_is_refused(void **state)
{
    static const struct wanted node = {.names = "URI:" CLUSTER "2"};

    (void)state;
    issue(&strangers, "x", &node);
    assert_refused("x", "certificate verify failed: unable to get local issuer "
                        "certificate");
    issue(&nodes, "x",
          &(struct wanted){.names = node.names, .usage = "serverAuth"});
    assert_refused("x", "certificate verify failed: unsuitable certificate "
                        "purpose");
    issue(&nodes, "x",
          &(struct wanted){.names = node.names, .usage = "clientAuth"});
    assert_refused("x", "certificate verify failed: unsuitable certificate "
                        "purpose");
}

static void a_client_without_a_certificate_is_nobody(void **state)
{
    struct qc_tls *server = tls_new(&NODE_1);
    struct qc_tls *client = tls_new(&NOBODY);
    struct pair pair;

    (void)state;
    pair_open(&pair, server, client, &LOCALHOST);
    pair_run(&pair);
    assert_true(pair_is_up(&pair));
    assert_int_equal(qc_tls_cipher_trust(pair.server.cipher), QC_TRUST_NONE);
    assert_string_equal(qc_tls_cipher_identity(pair.server.cipher), "");
    pair_close(&pair);
    qc_tls_free(client);
    qc_tls_free(server);
}

static void who_is_dialled_has_the_name_that_was_dialled(void **state)
{
    static const struct qc_tls_peer address = {.host = "127.0.0.1"};
    static const struct qc_tls_peer other = {.host = "127.0.0.2"};
    static const struct qc_tls_peer elsewhere = {.host = "elsewhere"};
    static const struct qc_tls_files strange = {.node_ca = "clients.pem"};
    struct qc_tls *server = tls_new(&NODE_1);
    struct qc_tls *client = tls_new(&NOBODY);
    struct pair pair;

    (void)state;
    pair_open(&pair, server, client, &address);
    pair_run(&pair);
    assert_true(pair_is_up(&pair));
    pair_close(&pair);
    qc_tls_free(client);
    qc_tls_free(server);
    assert_not_believed(&NODE_1, &NOBODY, &other,
                        "certificate verify failed: IP address mismatch");
    assert_not_believed(&NODE_1, &NOBODY, &elsewhere,
                        "certificate verify failed: hostname mismatch");
    issue(&nodes, "node1", &(struct wanted){.name = "elsewhere"});
    assert_not_believed(&NODE_1, &NOBODY, &elsewhere,
                        "certificate verify failed: hostname mismatch");
    assert_not_believed(&NODE_1, &strange, &LOCALHOST,
                        "certificate verify failed: unable to get local issuer "
                        "certificate");
}

static void a_node_that_is_dialled_is_the_one_that_is_meant(void **state)
{
    static const struct qc_tls_peer second = {"far away", CLUSTER "2"};
    static const struct qc_tls_peer third = {"far away", CLUSTER "3"};
    struct qc_tls *server = tls_new(&NODE_2);
    struct qc_tls *client = tls_new(&NODE_1);
    struct pair pair;

    (void)state;
    pair_open(&pair, server, client, &second);
    pair_run(&pair);
    assert_true(pair_is_up(&pair));
    assert_int_equal(qc_tls_cipher_trust(pair.server.cipher), QC_TRUST_NODE);
    assert_string_equal(qc_tls_cipher_identity(pair.server.cipher),
                        CLUSTER "1");
    pair_close(&pair);
    qc_tls_free(client);
    qc_tls_free(server);
    assert_not_believed(&NODE_2, &NODE_1, &third,
                        "the certificate is not that of " CLUSTER "3");
}

/* --- files ---------------------------------------------------------------- */

static void assert_no_good(const struct qc_tls_files *files, const char *words)
{
    struct qc_tls *tls = NULL;
    char text[512] = "";

    assert_false(qc_tls_new(files, &tls, text, sizeof(text)));
    assert_null(tls);
    if (strstr(text, words) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", text, words);
    }
}

static void a_file_that_is_not_good_is_named(void **state)
{
    struct qc_tls_files files = NODE_1;

    (void)state;
    files.identity = CLUSTER "2";
    assert_no_good(&files,
                   "certificate node1.pem: it is not that of " CLUSTER "2");
    files = NODE_1;
    files.key = "node2-key.pem";
    assert_no_good(&files, "key node2-key.pem: key values mismatch");
    files.key = NULL;
    assert_no_good(&files, "one is useless without the other");
    files = NODE_1;
    files.certificate = "missing.pem";
    assert_no_good(&files, "certificate missing.pem: No such file");
    files.certificate = "node1-key.pem";
    assert_no_good(&files, "certificate node1-key.pem: there is none in it");
    files = NODE_1;
    files.node_ca = "node1-key.pem";
    assert_no_good(&files, "node_ca node1-key.pem: ");
    files = NODE_1;
    files.client_ca = "missing.pem";
    assert_no_good(&files, "client_ca missing.pem: ");
    issue(&nodes, "node1", &(struct wanted){.days = -1});
    assert_no_good(&NODE_1, "certificate node1.pem: it has expired");
}

static void a_certificate_tells_when_it_ends(void **state)
{
    struct qc_tls *server = tls_new(&NODE_1);
    struct qc_tls *client = tls_new(&NOBODY);
    int64_t left_s = qc_tls_not_after_s(server) - (int64_t)time(NULL);

    (void)state;
    assert_in_range(left_s, 10 * 24 * 3600 - 60, 10 * 24 * 3600);
    assert_int_equal(qc_tls_not_after_s(client), 0);
    qc_tls_free(client);
    qc_tls_free(server);
}

static void after_a_reload_handshakes_are_new_and_connections_old(void **state)
{
    static const struct qc_tls_peer other = {.host = "other.example"};
    struct qc_tls *server = tls_new(&NODE_1);
    struct qc_tls *client = tls_new(&NOBODY);
    struct pair older;
    struct pair newer;
    char text[512];

    (void)state;
    pair_open(&older, server, client, &LOCALHOST);
    pair_run(&older);
    issue(&nodes, "node1", &(struct wanted){.names = "DNS:other.example"});
    assert_true(qc_tls_reload(server, text, sizeof(text)));
    pair_open(&newer, server, client, &other);
    pair_run(&newer);
    assert_true(pair_is_up(&newer));
    end_say(&older.server, &older.client,
            (struct qc_bytes){(const uint8_t *)"abc", 3});
    pair_run(&older);
    assert_int_equal(qc_buffer_size(&older.client.plain), 3);
    pair_close(&older);
    pair_close(&newer);
    qc_tls_free(client);
    qc_tls_free(server);
}

static void a_reload_of_a_bad_file_changes_nothing(void **state)
{
    struct qc_tls *server = tls_new(&NODE_1);
    struct qc_tls *client = tls_new(&NOBODY);
    struct pair pair;
    char text[512] = "";
    FILE *stream = fopen("node1.pem", "w");

    (void)state;
    fputs("nonsense\n", stream);
    fclose(stream);
    assert_false(qc_tls_reload(server, text, sizeof(text)));
    assert_non_null(strstr(text, "node1.pem"));
    pair_open(&pair, server, client, &LOCALHOST);
    pair_run(&pair);
    assert_true(pair_is_up(&pair));
    pair_close(&pair);
    qc_tls_free(client);
    qc_tls_free(server);
}

static unsigned n_notices;
static char notice[512];

static void on_notice(void *ctx, const char *text)
{
    (void)ctx;
    n_notices++;
    snprintf(notice, sizeof(notice), "%s", text);
}

static void a_cause_is_told_once(void **state)
{
    struct qc_tls *server = tls_new(&NODE_1);

    (void)state;
    n_notices = 0;
    qc_tls_set_notice(server, on_notice, NULL);
    for (unsigned i = 0; i < 3; i++) {
        struct end end = {.cipher = qc_tls_cipher_accept(server)};
        struct end nowhere = {.cipher = NULL};

        assert_true(qc_buffer_add_text(&end.sealed, "GET / HTTP/1.1\r\n\r\n"));
        end_read(&end, &nowhere, 100);
        assert_int_equal(end.last, UV_EPROTO);
        qc_tls_cipher_tell(end.cipher, "192.0.2.1");
        qc_tls_cipher_free(end.cipher);
        qc_buffer_done(&end.sealed);
        qc_buffer_done(&nowhere.sealed);
    }
    assert_int_equal(n_notices, 1);
    assert_string_equal(notice, "cause=\"http request\" from=192.0.2.1");
    assert_int_equal(qc_tls_count(server, QC_TLS_FAILED), 3);
    qc_tls_free(server);
}

#define TEST(name) cmocka_unit_test_setup(name, tls_files_write)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_sealed_is_read_however_it_is_cut),
        TEST(an_end_is_told_from_a_break),
        TEST(nodes_and_clients_are_told_apart_by_who_made_them),
        TEST(authorities_of_one_name_are_told_apart),
        TEST(a_name_is_one_uri_and_nothing_else),
        TEST(who_is_not_good_is_refused),
        TEST(a_client_without_a_certificate_is_nobody),
        TEST(who_is_dialled_has_the_name_that_was_dialled),
        TEST(a_node_that_is_dialled_is_the_one_that_is_meant),
        TEST(a_file_that_is_not_good_is_named),
        TEST(a_certificate_tells_when_it_ends),
        TEST(after_a_reload_handshakes_are_new_and_connections_old),
        TEST(a_reload_of_a_bad_file_changes_nothing),
        TEST(a_cause_is_told_once),
    };

    return cmocka_run_group_tests(tests, tls_files_enter, tls_files_leave);
}
