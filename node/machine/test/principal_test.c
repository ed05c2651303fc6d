/* Principals: found by what they bring, and never without an operator. */
#include "machine/principal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/test/fixture.h"

#define OPERATOR QC__V1__ROLE__ROLE_OPERATOR
#define ADMIN    QC__V1__ROLE__ROLE_ADMIN
#define MONITOR  QC__V1__ROLE__ROLE_MONITOR

/* A request to be changed and put. */
struct wanted {
    Qc__V1__PutPrincipalRequest request;
    Qc__V1__Principal principal;
    Qc__V1__Role role;
    uint8_t hash[QC_API_KEY_HASH_SIZE];
};

static struct wanted *want(struct wanted *wanted, const char *key, int role)
{
    qc__v1__put_principal_request__init(&wanted->request);
    qc__v1__principal__init(&wanted->principal);
    wanted->role = (Qc__V1__Role)role;
    wanted->principal.key = key;
    wanted->principal.roles = &wanted->role;
    wanted->principal.n_roles = 1;
    wanted->request.principal = &wanted->principal;
    return wanted;
}

/* With the key of which |text| is the whole. */
static struct wanted *with_key(struct wanted *wanted, const char *text)
{
    qc_api_key_hash((struct qc_bytes){(const uint8_t *)text, strlen(text)},
                    wanted->hash);
    wanted->request.api_key_hash =
        (ProtobufCBinaryData){sizeof(wanted->hash), wanted->hash};
    return wanted;
}

static int put(struct fixture *f, uint32_t tenant, struct wanted *wanted)
{
    enum qc_change change;

    f->txn.tenant = tenant;
    return qc_principal_put(&f->txn, &wanted->request, &change);
}

static bool find(struct fixture *f,
                 const char *text,
                 struct qc_principal_ref *who)
{
    struct wanted wanted;

    with_key(&wanted, text);
    return qc_principal_of_key(&f->txn, wanted.hash, who);
}

static void an_operator_holds_a_key(struct fixture *f)
{
    struct wanted ops;

    fixture_done(f, put(f, 0, with_key(want(&ops, "ops", OPERATOR), "qc_ops")));
}

static void a_key_leads_to_its_principal(void **state)
{
    struct fixture *f = *state;
    struct qc_principal_ref who;
    struct wanted ann;

    an_operator_holds_a_key(f);
    fixture_done(f, put(f, 1, with_key(want(&ann, "ann", ADMIN), "qc_ann")));
    fixture_reopen(f);
    assert_true(find(f, "qc_ann", &who));
    assert_int_equal(who.tenant, 1);
    assert_string_equal(who.key, "ann");
    assert_true(find(f, "qc_ops", &who));
    assert_int_equal(who.tenant, 0);
    assert_false(find(f, "qc_an", &who));
    assert_false(find(f, "", &who));
}

static void another_key_ends_the_one_before(void **state)
{
    struct fixture *f = *state;
    struct qc_principal_ref who;
    struct wanted ann;
    uint64_t rev;

    an_operator_holds_a_key(f);
    fixture_done(f, put(f, 1, with_key(want(&ann, "ann", ADMIN), "qc_one")));
    rev = qc_principal_get(&f->txn, "ann")->principal->rev;
    /* In the same millisecond, and all the same another revision. */
    fixture_done(f, put(f, 1, with_key(want(&ann, "ann", ADMIN), "qc_two")));
    assert_int_not_equal(qc_principal_get(&f->txn, "ann")->principal->rev, rev);
    assert_false(find(f, "qc_one", &who));
    assert_true(find(f, "qc_two", &who));
    /* One that is put without a key keeps the one it has. */
    fixture_done(f, put(f, 1, want(&ann, "ann", MONITOR)));
    assert_true(find(f, "qc_two", &who));
    want(&ann, "ann", MONITOR)->request.remove_key = true;
    fixture_done(f, put(f, 1, &ann));
    assert_false(find(f, "qc_two", &who));
    assert_int_equal(qc_principal_get(&f->txn, "ann")->principal->key_since_ms,
                     0);
}

static void a_key_is_one_principals_alone(void **state)
{
    struct fixture *f = *state;
    struct wanted ann;

    an_operator_holds_a_key(f);
    fixture_refused(f, put(f, 1, with_key(want(&ann, "ops", ADMIN), "qc_ops")),
                    QC_REFUSED_DUPLICATE, "api_key_hash");
}

static void without_an_operators_key_there_is_no_other(void **state)
{
    struct fixture *f = *state;
    struct wanted w;

    fixture_refused(f, put(f, 1, with_key(want(&w, "ann", ADMIN), "qc_ann")),
                    QC_REFUSED_LAST_OPERATOR, "principal.key");
    fixture_refused(f, put(f, 0, with_key(want(&w, "ann", ADMIN), "qc_ann")),
                    QC_REFUSED_LAST_OPERATOR, "principal.key");
    assert_int_equal(qc_principal_roles(&f->txn, "local"), QC_ROLE_LOCAL);
    an_operator_holds_a_key(f);
    assert_int_equal(qc_principal_roles(&f->txn, "local"), 0);
    want(&w, "ops", OPERATOR)->request.remove_key = true;
    fixture_done(f, put(f, 0, &w));
    assert_int_equal(qc_principal_roles(&f->txn, "local"), QC_ROLE_LOCAL);
    an_operator_holds_a_key(f);
    fixture_done(f, put(f, 1, with_key(want(&w, "ann", ADMIN), "qc_ann")));
    want(&w, "ops", OPERATOR)->request.remove_key = true;
    fixture_refused(f, put(f, 0, &w), QC_REFUSED_LAST_OPERATOR,
                    "principal.key");
    want(&w, "ops", OPERATOR)->principal.state =
        QC__V1__PRINCIPAL_STATE__PRINCIPAL_STATE_DISABLED;
    fixture_refused(f, put(f, 0, &w), QC_REFUSED_LAST_OPERATOR,
                    "principal.key");
    fixture_refused(f, put(f, 0, want(&w, "ops", ADMIN)),
                    QC_REFUSED_LAST_OPERATOR, "principal.key");
}

static void a_name_means_the_tenants_or_with_a_slash_the_clusters(void **state)
{
    struct fixture *f = *state;
    struct wanted w;

    fixture_done(f, put(f, 0, want(&w, "ann", OPERATOR)));
    fixture_done(f, put(f, 1, want(&w, "ann", MONITOR)));
    assert_int_equal(qc_principal_roles(&f->txn, "ann"), QC_ROLE_MONITOR);
    assert_int_equal(qc_principal_roles(&f->txn, "/ann"), QC_ROLE_OPERATOR);
    assert_int_equal(qc_principal_roles(&f->txn, "bob"), 0);
    assert_int_equal(qc_principal_roles(&f->txn, "/bob"), 0);
    assert_int_equal(qc_principal_roles(&f->txn, "//ann"), 0);
    assert_int_equal(qc_principal_roles(&f->txn, ""), 0);
    f->txn.tenant = 2;
    assert_int_equal(qc_principal_roles(&f->txn, "ann"), 0);
}

static void certificate(struct fixture *f, uint32_t tenant, const char *key)
{
    struct wanted w;

    want(&w, key, MONITOR)->principal.certificate = "quorumcall://acme/ann";
    fixture_done(f, put(f, tenant, &w));
}

static void a_certificate_is_one_principals_of_each_tenant(void **state)
{
    static const char uri[] = "quorumcall://acme/ann";
    struct fixture *f = *state;
    struct qc_principal_ref who;
    struct wanted w;

    fixture_tenant(f, "other");
    assert_false(qc_principal_of_certificate(&f->txn, uri, 1, &who));
    certificate(f, 1, "ann");
    want(&w, "bob", MONITOR)->principal.certificate = uri;
    fixture_refused(f, put(f, 1, &w), QC_REFUSED_DUPLICATE,
                    "principal.certificate");
    certificate(f, 2, "bob");
    assert_true(qc_principal_of_certificate(&f->txn, uri, 1, &who));
    assert_string_equal(who.key, "ann");
    assert_int_equal(who.tenant, 1);
    assert_true(qc_principal_of_certificate(&f->txn, uri, 2, &who));
    assert_string_equal(who.key, "bob");
    assert_false(qc_principal_of_certificate(&f->txn, uri, 3, &who));
    assert_false(qc_principal_of_certificate(&f->txn, uri, 0, &who));
    certificate(f, 0, "ops");
    assert_true(qc_principal_of_certificate(&f->txn, uri, 0, &who));
    assert_string_equal(who.key, "ops");
    assert_false(qc_principal_of_certificate(&f->txn, "", 0, &who));
}

static void a_place_has_its_own_kinds_of_principals(void **state)
{
    struct fixture *f = *state;
    const char *origin = "https://www.example.com";
    const char *queue = "sales";
    struct wanted w;

    fixture_refused(f, put(f, 1, want(&w, "ops", OPERATOR)), QC_REFUSED_INVALID,
                    "principal.roles");
    want(&w, "ops", MONITOR)->principal.lob = &queue;
    w.principal.n_lob = 1;
    fixture_refused(f, put(f, 0, &w), QC_REFUSED_INVALID, "principal.lob");
    fixture_done(f, put(f, 1, &w));
    want(&w, "page", QC__V1__ROLE__ROLE_WIDGET)->principal.kind =
        QC__V1__PRINCIPAL_KIND__PRINCIPAL_KIND_WIDGET;
    w.principal.origins = &origin;
    w.principal.n_origins = 1;
    fixture_refused(f, put(f, 0, &w), QC_REFUSED_INVALID, "principal.kind");
    fixture_done(f, put(f, 1, &w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(a_key_leads_to_its_principal),
        TEST(another_key_ends_the_one_before),
        TEST(a_key_is_one_principals_alone),
        TEST(without_an_operators_key_there_is_no_other),
        TEST(a_name_means_the_tenants_or_with_a_slash_the_clusters),
        TEST(a_certificate_is_one_principals_of_each_tenant),
        TEST(a_place_has_its_own_kinds_of_principals),
#undef TEST
    };

    return cmocka_run_group_tests_name("principal", tests, NULL, NULL);
}
