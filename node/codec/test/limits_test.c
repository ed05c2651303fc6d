#include "codec/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/message.h"
#include "quorumcall/config/v1/node.pb-c.h"
#include "quorumcall/v1/admin_service.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"

enum {
    ARENA_SIZE = 4 * 1024 * 1024
};

#define POOL     (&qc__v1__pool__descriptor)
#define ALLOCATE (&qc__v1__allocate_number_request__descriptor)
#define MATCH    (&qc__v1__match_call_request__descriptor)
#define BRANCH   (&qc__v1__branch__descriptor)
#define TENANT   (&qc__v1__tenant__descriptor)
#define IMPORT   (&qc__v1__import_config_request__descriptor)

struct fixture {
    struct qc_arena arena;
    struct qc_codec_error error;
};

static int setup(void **state)
{
    static struct fixture fixture;

    qc_arena_init(&fixture.arena, ARENA_SIZE);
    *state = &fixture;
    return qc_limits_load() ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    qc_arena_done(&f->arena);
    return 0;
}

/* Whether the message that |json| is stays within its limits. */
static bool check(struct fixture *f,
                  const ProtobufCMessageDescriptor *type,
                  const char *json)
{
    struct qc_bytes bytes = {(const uint8_t *)json, strlen(json)};
    ProtobufCMessage *message;

    if (qc_decode(QC_FORMAT_JSON, type, bytes, &f->arena, &message,
                  &f->error) != QC_CODEC_OK) {
        fail_msg("%s: %s %s", json, f->error.where, f->error.text);
    }
    return qc_limits_check(message, &f->error);
}

static void limits_are_those_beside_the_field(void **state)
{
    const Qc__V1__Limits *limits =
        qc_limits_of(POOL, qc_message_field(POOL, 1));

    (void)state;
    assert_non_null(limits);
    assert_int_equal(limits->max_size, 64);
    assert_true(limits->required);
    assert_int_equal(limits->format, QC__V1__FORMAT__FORMAT_KEY);
    assert_null(qc_limits_of(POOL, qc_message_field(POOL, 3)));
    limits = qc_limits_of(
        &qc__config__initial_member__descriptor,
        qc_message_field(&qc__config__initial_member__descriptor, 1));
    assert_non_null(limits);
    assert_true(limits->bounded);
    assert_int_equal(limits->max, 1000000);
}

static void loading_twice_changes_nothing(void **state)
{
    const Qc__V1__Limits *limits =
        qc_limits_of(POOL, qc_message_field(POOL, 1));

    (void)state;
    assert_true(qc_limits_load());
    assert_ptr_equal(qc_limits_of(POOL, qc_message_field(POOL, 1)), limits);
}

#define POOL_WITH(more) "{\"key\":\"k\",\"subject\":\"s\"" more "}"
#define CALL_WITH(more) \
    "{\"dnis\":\"1\",\"extRef\":\"x\",\"connector\":\"c\"" more "}"

static void what_is_within_its_limits_passes(void **state)
{
    struct fixture *f = *state;
    const struct {
        const ProtobufCMessageDescriptor *type;
        const char *json;
    } cases[] = {
        {POOL, POOL_WITH("")},
        {POOL, "{\"key\":\"Az09_.:-\",\"subject\":\"s\"}"},
        {POOL, POOL_WITH(",\"reserveTtlMs\":86400000")},
        {POOL, POOL_WITH(",\"staticNumbers\":[\"\\u0001 any\"]")},
        {BRANCH, "{\"key\":\"k\",\"latE7\":-900000000,\"lonE7\":1800000000}"},
        {MATCH, CALL_WITH(",\"code\":\"0123456789\"")},
        {MATCH, CALL_WITH(",\"sip\":{\"a\":\"\",\"b\":\"x\"}")},
        {TENANT, "{\"key\":\"k\",\"defaultCountry\":\"DE\"}"},
        {ALLOCATE, "{\"customerPhone\":\"1\",\"origin\":1,\"visitToken\":"
                   "\"AAAAAAAAAAAAAAAAAAAAAA==\"}"},
        {IMPORT, "{\"items\":[{\"pool\":" POOL_WITH("") "}]}"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (!check(f, cases[i].type, cases[i].json)) {
            fail_msg("%s: %s %s", cases[i].json, f->error.where, f->error.text);
        }
    }
}

static void what_is_beyond_a_limit_says_which_and_how(void **state)
{
    struct fixture *f = *state;
    const struct {
        const ProtobufCMessageDescriptor *type;
        const char *json;
        const char *said;
    } cases[] = {
        {POOL, "{\"key\":\"k\"}", "subject is required"},
        {POOL, "{\"key\":\"a b\",\"subject\":\"s\"}",
         "key may hold letters, digits, _ . : and - only"},
        {POOL, "{\"key\":\"\xc3\xa9\",\"subject\":\"s\"}",
         "key may hold letters, digits, _ . : and - only"},
        {POOL,
         "{\"key\":\"0123456789012345678901234567890123456789"
         "0123456789012345678901234\"}",
         "key is longer than 64 bytes"},
        {POOL, POOL_WITH(",\"reserveTtlMs\":86400001"),
         "reserve_ttl_ms is not from 0 to 86400000"},
        {POOL, POOL_WITH(",\"reserveTtlMs\":-1"),
         "reserve_ttl_ms is not from 0 to 86400000"},
        {POOL, POOL_WITH(",\"codeLength\":11"),
         "code_length is not from 0 to 10"},
        {POOL, POOL_WITH(",\"matchMode\":4"),
         "match_mode is no value of its enum"},
        {POOL,
         POOL_WITH(",\"staticNumbers\":[\"1\",\"123456789012345678901234567890"
                   "123\"]"),
         "static_numbers[1] is longer than 32 bytes"},
        {BRANCH, "{\"key\":\"k\",\"latE7\":-900000001}",
         "lat_e7 is not from -900000000 to 900000000"},
        {BRANCH, "{\"key\":\"k\",\"name\":\"two\\nlines\"}",
         "name may hold text without control characters only"},
        {MATCH, CALL_WITH(",\"code\":\"12a\""), "code may hold digits only"},
        {MATCH, CALL_WITH(",\"sip\":{\"k\":\"\\u0007\"}"),
         "sip[\"k\"] may hold text without control characters only"},
        {MATCH, CALL_WITH(",\"sip\":{\"\\t\":\"v\"}"),
         "sip has a key with control characters"},
        {TENANT, "{\"key\":\"k\",\"defaultCountry\":\"de\"}",
         "default_country may hold capital letters only"},
        {TENANT, "{\"key\":\"k\",\"defaultCountry\":\"D\"}",
         "default_country is shorter than 2 bytes"},
        {ALLOCATE,
         "{\"customerPhone\":\"1\",\"origin\":1,\"visitToken\":"
         "\"AAAA\"}",
         "visit_token is shorter than 16 bytes"},
        {ALLOCATE, "{\"customerPhone\":\"1\"}", "origin is required"},
        {IMPORT, "{}", "items is required"},
        {IMPORT, "{\"items\":[{},{\"pool\":{\"key\":\"k\"}}]}",
         "items[1].pool.subject is required"},
        {&qc__config__node_config__descriptor,
         "{\"clusterId\":\"c\",\"nodeId\":\"9223372036854775808\"}",
         "node_id is not from 1 to 1000000"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char said[sizeof(f->error.where) + sizeof(f->error.text) + 1];

        if (check(f, cases[i].type, cases[i].json)) {
            fail_msg("%s passes", cases[i].json);
        }
        (void)snprintf(said, sizeof(said), "%s %s", f->error.where,
                       f->error.text);
        assert_string_equal(said, cases[i].said);
    }
}

/* A call with |n| entries of |size| bytes each, in the order of their keys. */
static Qc__V1__MatchCallRequest *call_with_sip(struct fixture *f,
                                               size_t n,
                                               size_t size)
{
    Qc__V1__MatchCallRequest *call =
        (Qc__V1__MatchCallRequest *)qc_message_new(MATCH, &f->arena);

    assert_non_null(call);
    call->dnis = call->ext_ref = call->connector = "1";
    call->n_sip = n;
    call->sip = qc_arena_alloc(&f->arena, n * sizeof(call->sip[0]));
    assert_non_null(call->sip);
    for (size_t i = 0; i < n; i++) {
        char *key = qc_arena_alloc(&f->arena, 4);
        char *value = qc_arena_alloc(&f->arena, size);

        assert_non_null(key);
        assert_non_null(value);
        (void)snprintf(key, 4, "%03zu", i % 1000);
        memset(value, 'v', size - 1 - 3);
        call->sip[i] = qc_arena_alloc(&f->arena, sizeof(*call->sip[i]));
        assert_non_null(call->sip[i]);
        qc__v1__match_call_request__sip_entry__init(call->sip[i]);
        call->sip[i]->key = key;
        call->sip[i]->value = value;
    }
    return call;
}

static void a_map_is_limited_in_entries_keys_values_and_all(void **state)
{
    struct fixture *f = *state;
    Qc__V1__MatchCallRequest *call = call_with_sip(f, 64, 100);

    assert_true(qc_limits_check(&call->base, &f->error));
    call = call_with_sip(f, 65, 100);
    assert_false(qc_limits_check(&call->base, &f->error));
    assert_string_equal(f->error.text, "has more than 64 elements");
    call = call_with_sip(f, 1, 1025 + 3 + 1);
    assert_false(qc_limits_check(&call->base, &f->error));
    assert_string_equal(f->error.where, "sip[\"000\"]");

    /* 64 * 256 are 16384: all there may be. */
    call = call_with_sip(f, 64, 256 + 1);
    assert_true(qc_limits_check(&call->base, &f->error));
    call->sip[63]->value = "vvv";
    call->sip[0]->key = "0";
    assert_true(qc_limits_check(&call->base, &f->error));
    call = call_with_sip(f, 64, 257 + 1);
    assert_false(qc_limits_check(&call->base, &f->error));
    assert_string_equal(f->error.text, "is longer than 16384 bytes in all");

    call = call_with_sip(f, 1, 10);
    call->sip[0]->key = "0123456789012345678901234567890123456789"
                        "0123456789012345678901234";
    assert_false(qc_limits_check(&call->base, &f->error));
    assert_string_equal(f->error.text, "has a key longer than 64 bytes");
}

static void a_map_with_a_key_twice_is_beyond_its_limits(void **state)
{
    struct fixture *f = *state;
    Qc__V1__MatchCallRequest *call = call_with_sip(f, 2, 10);

    call->sip[1]->key = call->sip[0]->key;
    assert_false(qc_limits_check(&call->base, &f->error));
    assert_string_equal(f->error.where, "sip");
}

static void everything_beyond_its_limits_is_found_as_far_as_there_is_room(
    void **state)
{
    struct fixture *f = *state;
    struct qc_codec_error errors[4];
    Qc__V1__MatchCallRequest *call = call_with_sip(f, 2, 1025 + 3 + 1);

    call->dnis = call->ext_ref = "";
    call->connector = "no spaces here";
    assert_int_equal(qc_limits_violations(&call->base, errors, 4), 4);
    assert_string_equal(errors[0].where, "dnis");
    assert_string_equal(errors[1].where, "ext_ref");
    assert_string_equal(errors[2].where, "connector");
    assert_string_equal(errors[3].where, "sip[\"000\"]");

    call->dnis = "+442079460001";
    assert_int_equal(qc_limits_violations(&call->base, errors, 4), 4);
    assert_string_equal(errors[3].where, "sip[\"001\"]");

    call->ext_ref = "1";
    call->connector = "1";
    call->n_sip = 0;
    assert_int_equal(qc_limits_violations(&call->base, errors, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_those_beside_the_field),
        cmocka_unit_test(loading_twice_changes_nothing),
        cmocka_unit_test(what_is_within_its_limits_passes),
        cmocka_unit_test(what_is_beyond_a_limit_says_which_and_how),
        cmocka_unit_test(a_map_is_limited_in_entries_keys_values_and_all),
        cmocka_unit_test(a_map_with_a_key_twice_is_beyond_its_limits),
        cmocka_unit_test(
            everything_beyond_its_limits_is_found_as_far_as_there_is_room),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
