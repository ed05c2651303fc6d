#include "cli/cert_maker.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/quorumcall-cert-XXXXXX";

static const struct qc_cert_order AUTHORITY = {
    .name = "authority",
    .certificate = "ca.pem",
    .key = "ca-key.pem",
    .days = 30,
    .authority = true,
};

static const struct qc_cert_order NODE = {
    .name = "node-1",
    .uri = "quorumcall://c/1",
    .certificate = "node.pem",
    .key = "node-key.pem",
    .ca = "ca.pem",
    .ca_key = "ca-key.pem",
    .hosts = {"node1.example", "10.0.0.1", "2001:db8::1"},
    .n_hosts = 3,
    .days = 10,
    .serves = true,
};

static const char *const FILES[] = {
    "ca.pem",     "ca-key.pem",     "node.pem",  "node-key.pem",
    "client.pem", "client-key.pem", "other.pem", "other-key.pem",
};

static int enter(void **state)
{
    (void)state;
    return mkdtemp(directory) != NULL ? chdir(directory) : -1;
}

static int leave(void **state)
{
    (void)state;
    return chdir("/") == 0 ? rmdir(directory) : -1;
}

static int begin(void **state)
{
    (void)state;
    return qc_cert_make(&AUTHORITY) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(FILES) / sizeof(FILES[0]); i++) {
        unlink(FILES[i]);
    }
    return 0;
}

static X509 *read_certificate(const char *path)
{
    FILE *stream = fopen(path, "r");
    X509 *cert;

    assert_non_null(stream);
    cert = PEM_read_X509(stream, NULL, NULL, NULL);
    fclose(stream);
    assert_non_null(cert);
    return cert;
}

/* Whether |path| is good for |purpose|, by the authority. */
static bool verifies(const char *path, const char *purpose)
{
    X509 *cert = read_certificate(path);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    bool good;

    assert_int_equal(X509_STORE_load_file(store, "ca.pem"), 1);
    assert_int_equal(X509_STORE_CTX_init(ctx, store, cert, NULL), 1);
    assert_int_equal(X509_STORE_CTX_set_default(ctx, purpose), 1);
    good = X509_verify_cert(ctx) == 1;
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    X509_free(cert);
    return good;
}

static void a_node_is_good_for_both_ends_and_for_its_hosts(void **state)
{
    X509 *cert;

    (void)state;
    assert_true(qc_cert_make(&NODE));
    assert_true(verifies("node.pem", "ssl_client"));
    assert_true(verifies("node.pem", "ssl_server"));
    cert = read_certificate("node.pem");
    assert_int_equal(X509_check_host(cert, "node1.example", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(cert, "node2.example", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ip_asc(cert, "10.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(cert, "2001:db8::1", 0), 1);
    assert_int_equal(X509_check_ip_asc(cert, "10.0.0.2", 0), 0);
    X509_free(cert);
}

static void a_client_is_good_for_calling_only(void **state)
{
    struct qc_cert_order client = NODE;

    (void)state;
    client.certificate = "client.pem";
    client.key = "client-key.pem";
    client.n_hosts = 0;
    client.serves = false;
    assert_true(qc_cert_make(&client));
    assert_true(verifies("client.pem", "ssl_client"));
    assert_false(verifies("client.pem", "ssl_server"));
}

static void nobody_outlives_his_authority(void **state)
{
    struct qc_cert_order node = NODE;
    X509 *authority;
    X509 *cert;

    (void)state;
    node.days = 60;
    assert_true(qc_cert_make(&node));
    authority = read_certificate("ca.pem");
    cert = read_certificate("node.pem");
    assert_int_equal(ASN1_TIME_compare(X509_get0_notAfter(authority),
                                       X509_get0_notAfter(cert)),
                     0);
    X509_free(authority);
    X509_free(cert);
}

static void no_file_is_written_over_and_none_is_for_others_to_read(void **state)
{
    struct stat before;
    struct stat after;

    (void)state;
    assert_int_equal(stat("ca-key.pem", &before), 0);
    assert_int_equal(before.st_mode & 07777, 0600);
    assert_int_equal(stat("ca.pem", &after), 0);
    assert_int_equal(after.st_mode & 07777, 0600);
    assert_false(qc_cert_make(&AUTHORITY));
    assert_int_equal(stat("ca-key.pem", &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(before.st_mtime, after.st_mtime);
}

static void a_certificate_that_is_there_leaves_no_key_behind(void **state)
{
    (void)state;
    assert_true(qc_cert_make(&NODE));
    assert_int_equal(unlink("node-key.pem"), 0);
    assert_false(qc_cert_make(&NODE));
    assert_int_not_equal(access("node-key.pem", F_OK), 0);
}

static void only_an_authority_with_its_own_key_signs(void **state)
{
    struct qc_cert_order order = NODE;

    (void)state;
    assert_true(qc_cert_make(&NODE));
    order.certificate = "other.pem";
    order.key = "other-key.pem";
    order.ca_key = "node-key.pem";
    assert_false(qc_cert_make(&order));
    order.ca = "node.pem";
    assert_false(qc_cert_make(&order));
    order.ca = "missing.pem";
    assert_false(qc_cert_make(&order));
    assert_int_not_equal(access("other-key.pem", F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_node_is_good_for_both_ends_and_for_its_hosts, begin, end),
        cmocka_unit_test_setup_teardown(a_client_is_good_for_calling_only,
                                        begin, end),
        cmocka_unit_test_setup_teardown(nobody_outlives_his_authority, begin,
                                        end),
        cmocka_unit_test_setup_teardown(
            no_file_is_written_over_and_none_is_for_others_to_read, begin, end),
        cmocka_unit_test_setup_teardown(
            a_certificate_that_is_there_leaves_no_key_behind, begin, end),
        cmocka_unit_test_setup_teardown(
            only_an_authority_with_its_own_key_signs, begin, end),
    };

    return cmocka_run_group_tests(tests, enter, leave);
}
