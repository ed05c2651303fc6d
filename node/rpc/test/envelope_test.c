/* Which request it is, and what nobody but the edge may say. */
#include "rpc/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/msgpack.h"
#include "quorumcall/v1/number_service.pb-c.h"

enum {
    ARENA_SIZE = 64 * 1024,
    METHOD = 20,
};

static struct qc_arena arena;

static int setup(void **state)
{
    (void)state;
    qc_arena_init(&arena, ARENA_SIZE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    qc_arena_done(&arena);
    return 0;
}

static Qc__V1__AllocateNumberRequest request(void)
{
    Qc__V1__AllocateNumberRequest r = QC__V1__ALLOCATE_NUMBER_REQUEST__INIT;

    r.subject = "sales";
    r.customer_phone = "020 7946 0123";
    r.request_id = "r1";
    r.client_id = "c1";
    r.client_ts_ms = 1000;
    return r;
}

static void digest(const Qc__V1__AllocateNumberRequest *r,
                   uint8_t out[QC_DIGEST_SIZE])
{
    assert_true(qc_envelope_digest(&r->base, METHOD, &arena, out));
}

static void the_digest_does_not_see_the_envelope(void **state)
{
    Qc__V1__AllocateNumberRequest a = request();
    Qc__V1__AllocateNumberRequest b = request();
    uint8_t of_a[QC_DIGEST_SIZE];
    uint8_t of_b[QC_DIGEST_SIZE];

    (void)state;
    b.request_id = "r2";
    b.client_id = "c2";
    b.client_ts_ms = 2000;
    digest(&a, of_a);
    digest(&b, of_b);
    assert_memory_equal(of_a, of_b, QC_DIGEST_SIZE);
}

static void the_digest_sees_everything_else(void **state)
{
    Qc__V1__AllocateNumberRequest a = request();
    Qc__V1__AllocateNumberRequest b = request();
    uint8_t of_a[QC_DIGEST_SIZE];
    uint8_t of_b[QC_DIGEST_SIZE];

    (void)state;
    b.customer_phone = "+442079460123"; /* The same, written otherwise. */
    digest(&a, of_a);
    digest(&b, of_b);
    assert_memory_not_equal(of_a, of_b, QC_DIGEST_SIZE);
    assert_true(qc_envelope_digest(&a.base, METHOD + 1, &arena, of_b));
    assert_memory_not_equal(of_a, of_b, QC_DIGEST_SIZE);
}

static void what_stands_beside_is_not_in_the_body(void **state)
{
    Qc__V1__AllocateNumberRequest r = request();
    const Qc__V1__AllocateNumberRequest *read;
    struct qc_codec_error error;
    ProtobufCMessage *message;
    struct qc_bytes body;

    (void)state;
    assert_true(qc_envelope_body(&r.base, &arena, &body));
    assert_int_equal(
        qc_msgpack_read(r.base.descriptor, body, &arena, &message, &error),
        QC_CODEC_OK);
    read = (const Qc__V1__AllocateNumberRequest *)message;
    assert_string_equal(read->request_id, "");
    assert_string_equal(read->client_id, "");
    assert_int_equal(read->client_ts_ms, 1000);
    assert_string_equal(read->subject, "sales");
}

static void facts_that_a_caller_claims_are_cleared(void **state)
{
    Qc__V1__AllocateNumberRequest r = request();
    uint8_t hash[16] = {1};

    (void)state;
    r.ip_hash = (ProtobufCBinaryData){sizeof(hash), hash};
    qc_envelope_clear_facts(&r.base);
    assert_int_equal(r.ip_hash.len, 0);
    assert_string_equal(r.subject, "sales");
}

static void what_is_set_is_not_overwritten(void **state)
{
    Qc__V1__AllocateNumberRequest r = request();

    (void)state;
    qc_envelope_set_text(&r.base, QC_FIELD_REQUEST_ID, "other");
    qc_envelope_set_number(&r.base, QC_FIELD_CLIENT_TS, 5);
    assert_string_equal(r.request_id, "r1");
    assert_int_equal(r.client_ts_ms, 1000);
    r.request_id = "";
    r.client_ts_ms = 0;
    qc_envelope_set_text(&r.base, QC_FIELD_REQUEST_ID, "other");
    qc_envelope_set_number(&r.base, QC_FIELD_CLIENT_TS, 5);
    assert_string_equal(r.request_id, "other");
    assert_int_equal(r.client_ts_ms, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(the_digest_does_not_see_the_envelope),
        TEST(the_digest_sees_everything_else),
        TEST(what_stands_beside_is_not_in_the_body),
        TEST(facts_that_a_caller_claims_are_cleared),
        TEST(what_is_set_is_not_overwritten),
#undef TEST
    };

    return cmocka_run_group_tests_name("envelope", tests, NULL, NULL);
}
