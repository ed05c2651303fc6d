#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/codec.h"
#include "codec/test/endless.h"
#include "google/rpc/error_details.pb-c.h"
#include "quorumcall/peer/v1/peer_service.pb-c.h"
#include "quorumcall/state/v1/code.pb-c.h"
#include "quorumcall/v1/admin_service.pb-c.h"
#include "quorumcall/v1/pool.pb-c.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
    BOMB_SIZE = 4 * 1024 * 1024,
};

#define BYTES(text) \
    ((struct qc_bytes){(const uint8_t *)(text), sizeof(text) - 1})
#define POOL       (&qc__v1__pool__descriptor)
#define ERROR_INFO (&google__rpc__error_info__descriptor)

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
                                 struct qc_bytes bytes)
{
    return qc_decode(QC_FORMAT_PROTOBUF, type, bytes, &f->arena, &f->message,
                     &f->error);
}

static void what_protobuf_c_would_take_is_refused(void **state)
{
    struct fixture *f = *state;
    const struct {
        const char *why;
        const ProtobufCMessageDescriptor *type;
        struct qc_bytes bytes;
    } cases[] = {
        {"no UTF-8", POOL, BYTES("\x0a\x01\xff")},
        {"a surrogate", POOL, BYTES("\x0a\x03\xed\xa0\x80")},
        {"a NUL", POOL,
         BYTES("\x0a\x03"
               "a\0b")},
        {"a NUL in a list", POOL, BYTES("\x7a\x01\0")},
        {"no UTF-8 within", &qc__v1__put_pool_request__descriptor,
         BYTES("\x0a\x03\x0a\x01\xff")},
        {"a key of a map twice", ERROR_INFO,
         BYTES("\x1a\x03\x0a\x01k\x1a\x03\x0a\x01k")},
        {"no key of a map twice", ERROR_INFO, BYTES("\x1a\x00\x1a\x00")},
        {"field number 0", POOL, BYTES("\x00\x01")},
        {"a group", POOL, BYTES("\xa3\x06\xa4\x06")},
        {"a number for a text", POOL, BYTES("\x08\x01")},
        {"a text for a number", POOL, BYTES("\x22\x01k")},
        {"32 bits for a number", POOL, BYTES("\x25\1\1\1\1")},
        {"a long number", POOL,
         BYTES("\x20\x80\x80\x80\x80\x80\x80\x80\x80"
               "\x80\x80\x01")},
        {"a length beyond the end", POOL, BYTES("\x0a\x05k")},
        {"the longest length", POOL,
         BYTES("\x0a\xff\xff\xff\xff\xff\xff\xff"
               "\xff\xff\x01k")},
        {"a list of numbers that ends in one",
         &qc__state__wrong_codes_row__descriptor, BYTES("\x12\x02\x01\x80")},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (read(f, cases[i].type, cases[i].bytes) != QC_CODEC_MALFORMED) {
            fail_msg("%s is taken", cases[i].why);
        }
    }
}

static void what_is_wrong_says_where(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read(f, &qc__v1__put_pool_request__descriptor,
                          BYTES("\x0a\x06\x7a\x01k\x7a\x01\xff")),
                     QC_CODEC_MALFORMED);
    assert_string_equal(f->error.where, "pool.static_numbers[1]");
}

static void unknown_fields_are_dropped_everywhere(void **state)
{
    struct fixture *f = *state;
    Qc__V1__PutPoolRequest *request;

    assert_int_equal(
        read(f, &qc__v1__put_pool_request__descriptor,
             BYTES("\x0a\x06\x0a\x01k\xf8\x07\x01\xfa\x3e\x01z\xfd\x3e\1\1\1\1"
                   "\xf9\x3e\1\1\1\1\1\1\1\1")),
        QC_CODEC_OK);
    request = (Qc__V1__PutPoolRequest *)f->message;
    assert_string_equal(request->pool->key, "k");
    assert_int_equal(request->base.n_unknown_fields, 0);
    assert_int_equal(request->pool->base.n_unknown_fields, 0);
}

static void the_entries_of_a_map_are_sorted(void **state)
{
    struct fixture *f = *state;
    static const char *const sorted[] = {"", "a", "b", "c", "d", "e"};
    Google__Rpc__ErrorInfo *info;

    assert_int_equal(read(f, ERROR_INFO,
                          BYTES("\x1a\x03\x0a\x01"
                                "e\x1a\x03\x0a\x01"
                                "b\x1a\x03\x0a\x01"
                                "d\x1a\x00\x1a\x03\x0a\x01"
                                "a\x1a\x03\x0a\x01"
                                "c")),
                     QC_CODEC_OK);
    info = (Google__Rpc__ErrorInfo *)f->message;
    assert_int_equal(info->n_metadata, 6);
    for (size_t i = 0; i < info->n_metadata; i++) {
        assert_string_equal(info->metadata[i]->key, sorted[i]);
        assert_string_equal(info->metadata[i]->value, "");
    }
}

static void what_is_unset_is_an_empty_text(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read(f, POOL, (struct qc_bytes){NULL, 0}), QC_CODEC_OK);
    assert_string_equal(((Qc__V1__Pool *)f->message)->key, "");
    assert_string_equal(((Qc__V1__Pool *)f->message)->subject, "");
}

/* The amplification that protobuf-c would do: two bytes, one message. */
static void millions_of_empty_messages_do_not_fit(void **state)
{
    struct fixture *f = *state;
    uint8_t *bomb = malloc(BOMB_SIZE);

    assert_non_null(bomb);
    for (size_t i = 0; i < BOMB_SIZE; i += 2) {
        memcpy(bomb + i, "\x0a\x00", 2);
    }
    assert_int_equal(read(f, &qc__peer__forward__descriptor,
                          (struct qc_bytes){bomb, BOMB_SIZE}),
                     QC_CODEC_TOO_BIG);
    assert_in_range(f->arena.used, 0, ARENA_SIZE);
    free(bomb);
}

/* |n| messages in one another. Returns where the outermost begins. */
static uint8_t *nest(uint8_t *end, size_t n)
{
    uint8_t *at = end;

    for (size_t i = 1; i < n; i++) {
        size_t size = (size_t)(end - at);

        /* Its length, last byte first, in 3 bytes. */
        *--at = (uint8_t)(size >> 14);
        *--at = (uint8_t)((size >> 7 & 0x7f) | 0x80);
        *--at = (uint8_t)((size & 0x7f) | 0x80);
        *--at = 0x0a;
    }
    return at;
}

static void nesting_is_followed_to_its_bound(void **state)
{
    struct fixture *f = *state;
    static uint8_t bytes[64 * 1024];
    uint8_t *end = bytes + sizeof(bytes);
    const struct {
        size_t n;
        enum qc_codec_answer answer;
    } cases[] = {
        /* Each but the outermost stands in a list. */
        {(QC_DEPTH_MAX + 1) / 2, QC_CODEC_OK},
        {(QC_DEPTH_MAX + 1) / 2 + 1, QC_CODEC_TOO_BIG},
        {10000, QC_CODEC_TOO_BIG},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t *at = nest(end, cases[i].n);

        assert_int_equal(read(f, &qc_endless_type,
                              (struct qc_bytes){at, (size_t)(end - at)}),
                         cases[i].answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_protobuf_c_would_take_is_refused),
        cmocka_unit_test(what_is_wrong_says_where),
        cmocka_unit_test(unknown_fields_are_dropped_everywhere),
        cmocka_unit_test(the_entries_of_a_map_are_sorted),
        cmocka_unit_test(what_is_unset_is_an_empty_text),
        cmocka_unit_test(nesting_is_followed_to_its_bound),
        cmocka_unit_test(millions_of_empty_messages_do_not_fit),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
