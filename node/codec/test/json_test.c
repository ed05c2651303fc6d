#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/codec.h"
#include "google/rpc/error_details.pb-c.h"
#include "quorumcall/peer/v1/peer_service.pb-c.h"
#include "quorumcall/v1/admin_service.pb-c.h"
#include "quorumcall/v1/pool.pb-c.h"

enum {
    ARENA_SIZE = 4 * 1024 * 1024,
    BOMB_SIZE = 34 * 1024,
};

#define POOL       (&qc__v1__pool__descriptor)
#define ERROR_INFO (&google__rpc__error_info__descriptor)
#define ENTRY      (&qc__peer__entry__descriptor)

struct fixture {
    struct qc_arena arena;
    struct qc_codec_error error;
    ProtobufCMessage *message;
};

static int setup(void **state)
{
    static struct fixture fixture;

    qc_arena_init(&fixture.arena, ARENA_SIZE);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    qc_arena_done(&f->arena);
    return 0;
}

static enum qc_codec_answer read(struct fixture *f,
                                 const ProtobufCMessageDescriptor *type,
                                 const char *text)
{
    struct qc_bytes bytes = {(const uint8_t *)text, strlen(text)};

    return qc_decode(QC_FORMAT_JSON, type, bytes, &f->arena, &f->message,
                     &f->error);
}

static void assert_writes(struct fixture *f, const char *wanted)
{
    struct qc_bytes bytes;
    char *text;

    assert_true(qc_encode(QC_FORMAT_JSON, f->message, &f->arena, &bytes));
    text = qc_arena_alloc(&f->arena, bytes.size + 1);
    assert_non_null(text);
    memcpy(text, bytes.data, bytes.size);
    assert_string_equal(text, wanted);
}

/* What is read, in all the ways it may be written, and what is written. */
static void values_are_read_in_each_way_they_may_be_written(void **state)
{
    struct fixture *f = *state;
    const struct {
        const ProtobufCMessageDescriptor *type;
        const char *read;
        const char *written;
    } cases[] = {
        {POOL, "{}", "{}"},
        {POOL, " { } \n", "{}"},
        {POOL, "{\"matchMode\":\"MATCH_MODE_DNIS\"}",
         "{\"matchMode\":\"MATCH_MODE_DNIS\"}"},
        {POOL, "{\"match_mode\":\"DNIS\"}",
         "{\"matchMode\":\"MATCH_MODE_DNIS\"}"},
        {POOL, "{\"match_mode\":1}", "{\"matchMode\":\"MATCH_MODE_DNIS\"}"},
        {POOL, "{\"match_mode\":\"1\"}", "{\"matchMode\":\"MATCH_MODE_DNIS\"}"},
        {POOL, "{\"match_mode\":99}", "{\"matchMode\":99}"},
        {POOL, "{\"match_mode\":-1}", "{\"matchMode\":-1}"},
        {POOL, "{\"matchMode\":null,\"key\":null}", "{}"},
        {POOL, "{\"matchMode\":0,\"key\":\"\",\"disabled\":false}", "{}"},
        {POOL, "{\"staticNumbers\":[],\"gauges\":{}}", "{\"gauges\":{}}"},
        {POOL, "{\"reserveTtlMs\":600}", "{\"reserveTtlMs\":\"600\"}"},
        {POOL, "{\"reserve_ttl_ms\":\"600\"}", "{\"reserveTtlMs\":\"600\"}"},
        {POOL, "{\"reserveTtlMs\":6e2}", "{\"reserveTtlMs\":\"600\"}"},
        {POOL, "{\"reserveTtlMs\":-6.0}", "{\"reserveTtlMs\":\"-6\"}"},
        {POOL, "{\"reserveTtlMs\":\"-9223372036854775808\"}",
         "{\"reserveTtlMs\":\"-9223372036854775808\"}"},
        {POOL, "{\"rev\":\"18446744073709551615\"}",
         "{\"rev\":\"18446744073709551615\"}"},
        {POOL, "{\"codeLength\":\"4294967295\"}",
         "{\"codeLength\":4294967295}"},
        {POOL, "{\"rev\":18446744073709551615}",
         "{\"rev\":\"18446744073709551615\"}"},
        {POOL, "{\"rev\":9007199254740993.0}",
         "{\"rev\":\"9007199254740993\"}"},
        {POOL, "{\"rev\":1.50E+1}", "{\"rev\":\"15\"}"},
        {POOL, "{\"rev\":1000e-3}", "{\"rev\":\"1\"}"},
        {POOL, "{\"rev\":0.001e19}", "{\"rev\":\"10000000000000000\"}"},
        {POOL, "{\"rev\":0e999999999999}", "{}"},
        {POOL, "{\"rev\":-0.0}", "{}"},
        {POOL, "{\"k\\u0065y\":\"k\"}", "{\"key\":\"k\"}"},
        {POOL, "{\"x\":{\"a\":1,\"a\":[{}]},\"disabled\":true}",
         "{\"disabled\":true}"},
        {POOL, "{\"staticNumbers\":[\"1\",\"2\",\"3\",\"4\",\"5\"]}",
         "{\"staticNumbers\":[\"1\",\"2\",\"3\",\"4\",\"5\"]}"},
        {POOL, "{\"disabled\":true}", "{\"disabled\":true}"},
        {POOL, "{\"unknown\":{\"a\":[1,2.5,null]},\"key\":\"k\"}",
         "{\"key\":\"k\"}"},
        {POOL, "{\"key\":\"\\u00e9\\ud834\\udd1e\\n\\\"\\\\\\/\"}",
         "{\"key\":\"é𝄞\\u000a\\\"\\\\/\"}"},
        {ENTRY, "{\"data\":\"+/8=\"}", "{\"data\":\"+/8=\"}"},
        {ENTRY, "{\"data\":\"-_8\"}", "{\"data\":\"+/8=\"}"},
        {ENTRY, "{\"data\":\"AA==\"}", "{\"data\":\"AA==\"}"},
        {ENTRY, "{\"data\":\"AAAA\"}", "{\"data\":\"AAAA\"}"},
        {ENTRY, "{\"data\":\"\"}", "{}"},
        {ERROR_INFO, "{\"metadata\":{\"b\":\"2\",\"a\":\"\"}}",
         "{\"metadata\":{\"a\":\"\",\"b\":\"2\"}}"},
        {ERROR_INFO, "{\"metadata\":{\"[\":\"}\"}}",
         "{\"metadata\":{\"[\":\"}\"}}"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (read(f, cases[i].type, cases[i].read) != QC_CODEC_OK) {
            fail_msg("%s: %s %s", cases[i].read, f->error.where, f->error.text);
        }
        assert_writes(f, cases[i].written);
    }
}

static void assert_wrong(struct fixture *f,
                         const ProtobufCMessageDescriptor *type,
                         const char *text)
{
    if (read(f, type, text) != QC_CODEC_MALFORMED) {
        fail_msg("%s is taken", text);
    }
}

static void what_is_no_json_has_a_line_and_a_column(void **state)
{
    struct fixture *f = *state;
    const struct {
        const char *text;
        unsigned line;
    } cases[] = {
        {"", 1},
        {"{} {}", 1},
        {"{\n\"key\" 1}", 2},
        {"{\"key\":\"\\u0000\"}", 1},
        {"{\"key\":\"\xff\"}", 1},
        {"{\"z\":\"\xff\"}", 1},
        {"{\"key\":\"\t\"}", 1},
        {"{\"key\":\"\\x\"}", 1},
        {"{\"key\":\"\\u12g4\"}", 1},
        {"{\"key\":\"\\ud834\"}", 1},
        {"{\"key\":\"\\ud834\\u0041\"}", 1},
        {"{\"key\":\"\\udd1e\"}", 1},
        {"{,}", 1},
        {"{\"z\":1,}", 1},
        {"{\"z\":[1,]}", 1},
        {"{\"z\":[1 2]}", 1},
        {"{\"z\":[1}}", 1},
        {"{\"z\":tru}", 1},
        {"{\"z\":01}", 1},
        {"{\"z\":1.}", 1},
        {"{\"z\":.5}", 1},
        {"{\"z\":1e}", 1},
        {"{\"z\":-}", 1},
        {"{\"z\":+1}", 1},
        {"{\"z\" 1}", 1},
        {"{z:1}", 1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char where[] = "line N column ";

        where[5] = (char)('0' + cases[i].line);
        assert_wrong(f, POOL, cases[i].text);
        assert_memory_equal(f->error.where, where, strlen(where));
    }
}

static void what_is_wrong_says_where(void **state)
{
    struct fixture *f = *state;
    const struct {
        const ProtobufCMessageDescriptor *type;
        const char *text;
        const char *where;
    } cases[] = {
        {POOL, "[]", ""},
        {POOL, "\"k\"", ""},
        {POOL, "{\"rev\":18446744073709551616}", "rev"},
        {POOL, "{\"rev\":1e20}", "rev"},
        {POOL, "{\"rev\":1e-1}", "rev"},
        {POOL, "{\"rev\":1e999999999999}", "rev"},
        {ERROR_INFO, "{\"metadata\":{\"a\":\"1\",\"a\":\"2\"}}", "metadata"},
        {POOL, "{\"key\":\"a\",\"key\":\"b\"}", "key"},
        {POOL, "{\"match_mode\":1,\"matchMode\":1}", "match_mode"},
        {POOL, "{\"key\":1}", "key"},
        {POOL, "{\"key\":[]}", "key"},
        {POOL, "{\"matchMode\":\"DNI\"}", "match_mode"},
        {POOL, "{\"matchMode\":true}", "match_mode"},
        {POOL, "{\"matchMode\":2147483648}", "match_mode"},
        {POOL, "{\"disabled\":\"true\"}", "disabled"},
        {POOL, "{\"disabled\":1}", "disabled"},
        {POOL, "{\"codeLength\":-1}", "code_length"},
        {POOL, "{\"codeLength\":4294967296}", "code_length"},
        {POOL, "{\"codeLength\":1.5}", "code_length"},
        {POOL, "{\"codeLength\":1e300}", "code_length"},
        {POOL, "{\"codeLength\":\"\"}", "code_length"},
        {POOL, "{\"codeLength\":\"-\"}", "code_length"},
        {POOL, "{\"codeLength\":\" 1\"}", "code_length"},
        {POOL, "{\"rev\":\"18446744073709551616\"}", "rev"},
        {POOL, "{\"reserveTtlMs\":\"9223372036854775808\"}", "reserve_ttl_ms"},
        {POOL, "{\"staticNumbers\":{}}", "static_numbers"},
        {POOL, "{\"staticNumbers\":[\"1\",null]}", "static_numbers[1]"},
        {POOL, "{\"gauges\":[]}", "gauges"},
        {ENTRY, "{\"data\":\"A\"}", "data"},
        {ENTRY, "{\"data\":\"AB\"}", "data"},
        {ENTRY, "{\"data\":\"AA=\"}", "data"},
        {ENTRY, "{\"data\":\"AA*A\"}", "data"},
        {ENTRY, "{\"data\":\"AAAA=\"}", "data"},
        {ERROR_INFO, "{\"metadata\":[]}", "metadata"},
        {ERROR_INFO, "{\"metadata\":{\"k\":1}}", "metadata[\"k\"]"},
        {&qc__v1__put_pool_request__descriptor,
         "{\"pool\":{\"gauges\":{\"total\":\"many\"}}}", "pool.gauges.total"},
        {&qc__peer__exchange_request__descriptor,
         "{\"hello\":{},\"forward\":{}}", "forward"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_wrong(f, cases[i].type, cases[i].text);
        assert_string_equal(f->error.where, cases[i].where);
    }
}

static void text_has_a_bound_in_size_and_depth(void **state)
{
    struct fixture *f = *state;
    char *text = malloc(QC_JSON_SIZE_MAX + 2);
    char deep[3 * QC_DEPTH_MAX + 16];

    assert_non_null(text);
    memset(text, ' ', QC_JSON_SIZE_MAX + 1);
    memcpy(text, "{}", 2);
    text[QC_JSON_SIZE_MAX + 1] = '\0';
    assert_int_equal(read(f, POOL, text), QC_CODEC_TOO_BIG);
    text[QC_JSON_SIZE_MAX] = '\0';
    assert_int_equal(read(f, POOL, text), QC_CODEC_OK);

    memset(text, '[', BOMB_SIZE);
    memcpy(text, "{\"z\":", 5);
    text[BOMB_SIZE] = '\0';
    assert_int_equal(read(f, POOL, text), QC_CODEC_TOO_BIG);
    free(text);

    /* The object is one; those that stand in a text are none. */
    (void)snprintf(deep, sizeof(deep), "{\"z\":%.*s%.*s,\"key\":\"[[\"}",
                   QC_DEPTH_MAX - 1, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
                   QC_DEPTH_MAX - 1, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    assert_int_equal(read(f, POOL, deep), QC_CODEC_OK);
    (void)snprintf(deep, sizeof(deep), "{\"z\":%.*s%.*s}", QC_DEPTH_MAX,
                   "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", QC_DEPTH_MAX,
                   "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    assert_int_equal(read(f, POOL, deep), QC_CODEC_TOO_BIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read_in_each_way_they_may_be_written),
        cmocka_unit_test(what_is_no_json_has_a_line_and_a_column),
        cmocka_unit_test(what_is_wrong_says_where),
        cmocka_unit_test(text_has_a_bound_in_size_and_depth),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
