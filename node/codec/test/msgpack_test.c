#include "codec/msgpack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/message.h"
#include "codec/test/endless.h"
#include "google/rpc/error_details.pb-c.h"
#include "quorumcall/peer/v1/peer_service.pb-c.h"
#include "quorumcall/v1/admin_service.pb-c.h"
#include "quorumcall/v1/allocation.pb-c.h"
#include "quorumcall/v1/pool.pb-c.h"

enum {
    ARENA_SIZE = 1024 * 1024
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
    return qc_msgpack_read(type, bytes, &f->arena, &f->message, &f->error);
}

static enum qc_codec_answer read_any(struct fixture *f,
                                     const ProtobufCMessageDescriptor *type,
                                     struct qc_bytes bytes)
{
    return qc_decode(QC_FORMAT_MSGPACK, type, bytes, &f->arena, &f->message,
                     &f->error);
}

static void assert_bytes(struct qc_bytes is, struct qc_bytes wanted)
{
    assert_int_equal(is.size, wanted.size);
    assert_memory_equal(is.data, wanted.data, wanted.size);
}

/* By the specification of msgpack: 82 map of 2, a5 text of 5, cd 16 bits. */
static void a_message_is_a_map_of_field_numbers(void **state)
{
    struct fixture *f = *state;
    Qc__V1__Pool pool = QC__V1__POOL__INIT;
    struct qc_bytes bytes;

    pool.key = "sales";
    pool.reserve_ttl_ms = 600;
    pool.disabled = true;
    assert_true(qc_msgpack_write(&pool.base, &f->arena, &bytes));
    assert_bytes(bytes, BYTES("\x83\x01\xa5sales\x04\xcd\x02\x58\x10\xc3"));
}

/* Sets each text of |message| to |text|. Returns how many there are. */
static unsigned set_texts(ProtobufCMessage *message, const char *text)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    unsigned n = 0;

    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];

        if (field->type == PROTOBUF_C_TYPE_STRING && qc_field_is_plain(field)) {
            memcpy((uint8_t *)message + field->offset, &text, sizeof(text));
            n++;
        }
    }
    return n;
}

/* By the specification of msgpack: de map of 16 pairs or more. */
static void a_map_of_many_pairs_tells_how_many_in_two_bytes(void **state)
{
    static const unsigned lengths[] = {1, 31, 32, 300, 3000};
    struct fixture *f = *state;
    static char text[3001];

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        Qc__V1__Allocation allocation = QC__V1__ALLOCATION__INIT;
        const Qc__V1__Allocation *again;
        struct qc_bytes bytes;
        unsigned n;

        memset(text, 'x', lengths[i]);
        n = set_texts(&allocation.base, text);
        assert_in_range(n, 5, 15);
        allocation.mode = QC__V1__MATCH_MODE__MATCH_MODE_DNIS;
        allocation.state = QC__V1__ALLOCATION_STATE__ALLOCATION_STATE_RESERVED;
        allocation.expires_ms = INT64_C(1700000000000);
        allocation.created_ms = INT64_MIN;
        allocation.updated_ms = -1;
        allocation.matched_ms = UINT32_MAX;
        allocation.grace_until_ms = INT64_MAX;
        allocation.live_calls = 128;
        allocation.withheld = true;
        allocation.rev = UINT64_MAX;
        assert_true(qc_msgpack_write(&allocation.base, &f->arena, &bytes));
        assert_int_equal(bytes.data[0], 0xde);
        assert_int_equal(bytes.data[1], 0);
        assert_int_equal(bytes.data[2], n + 10);
        assert_int_equal(read(f, &qc__v1__allocation__descriptor, bytes),
                         QC_CODEC_OK);
        again = (const Qc__V1__Allocation *)f->message;
        assert_string_equal(again->allocation_id, text);
        assert_int_equal(again->expires_ms, allocation.expires_ms);
        assert_int_equal(again->created_ms, allocation.created_ms);
        assert_int_equal(again->updated_ms, allocation.updated_ms);
        assert_int_equal(again->matched_ms, allocation.matched_ms);
        assert_int_equal(again->grace_until_ms, allocation.grace_until_ms);
        assert_int_equal(again->rev, allocation.rev);
        assert_true(again->withheld);
    }
}

static void a_negative_number_is_as_short_as_it_can_be(void **state)
{
    struct fixture *f = *state;
    const struct {
        int64_t number;
        struct qc_bytes bytes;
    } cases[] = {
        {-1, BYTES("\x81\x04\xff")},
        {-32, BYTES("\x81\x04\xe0")},
        {-33, BYTES("\x81\x04\xd0\xdf")},
        {-128, BYTES("\x81\x04\xd0\x80")},
        {-129, BYTES("\x81\x04\xd1\xff\x7f")},
        {-32768, BYTES("\x81\x04\xd1\x80\x00")},
        {-32769, BYTES("\x81\x04\xd2\xff\xff\x7f\xff")},
        {INT32_MIN, BYTES("\x81\x04\xd2\x80\x00\x00\x00")},
        {(int64_t)INT32_MIN - 1,
         BYTES("\x81\x04\xd3\xff\xff\xff\xff\x7f\xff\xff\xff")},
        {INT64_MIN, BYTES("\x81\x04\xd3\x80\x00\x00\x00\x00\x00\x00\x00")},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        Qc__V1__Pool pool = QC__V1__POOL__INIT;
        struct qc_bytes bytes;

        pool.reserve_ttl_ms = cases[i].number;
        assert_true(qc_msgpack_write(&pool.base, &f->arena, &bytes));
        assert_bytes(bytes, cases[i].bytes);
        assert_int_equal(read(f, POOL, bytes), QC_CODEC_OK);
        assert_true(((Qc__V1__Pool *)f->message)->reserve_ttl_ms ==
                    cases[i].number);
    }
}

static void maps_are_written_in_the_order_of_their_keys(void **state)
{
    struct fixture *f = *state;
    Google__Rpc__ErrorInfo info = GOOGLE__RPC__ERROR_INFO__INIT;
    Google__Rpc__ErrorInfo__MetadataEntry entries[3];
    Google__Rpc__ErrorInfo__MetadataEntry *list[3];
    static const char *const keys[] = {"c", "b", "a"};
    struct qc_bytes bytes;

    for (size_t i = 0; i < 3; i++) {
        google__rpc__error_info__metadata_entry__init(&entries[i]);
        entries[i].key = keys[i];
        list[i] = &entries[i];
    }
    info.metadata = list;
    info.n_metadata = 3;
    assert_true(qc_msgpack_write(&info.base, &f->arena, &bytes));
    assert_bytes(bytes, BYTES("\x81\x03\x83\xa1"
                              "a\xa0\xa1"
                              "b\xa0\xa1"
                              "c\xa0"));
    assert_ptr_equal(list[0], &entries[0]);
}

static void what_is_not_canonical_is_refused(void **state)
{
    struct fixture *f = *state;
    const struct {
        const char *why;
        const ProtobufCMessageDescriptor *type;
        struct qc_bytes bytes;
    } cases[] = {
        {"nothing", POOL, BYTES("")},
        {"no map", POOL, BYTES("\x90")},
        {"a byte too many", POOL, BYTES("\x80\x80")},
        {"a long header of a map", POOL, BYTES("\xde\x00\x00")},
        {"a long key", POOL, BYTES("\x81\xcc\x04\x01")},
        {"a long number", POOL, BYTES("\x81\x04\xcc\x7f")},
        {"a longer one", POOL, BYTES("\x81\x04\xcd\x00\xff")},
        {"the longest", POOL, BYTES("\x81\x04\xcf\0\0\0\0\xff\xff\xff\xff")},
        {"a positive number as signed", POOL, BYTES("\x81\x04\xd0\x7f")},
        {"a long negative number", POOL, BYTES("\x81\x04\xd0\xe0")},
        {"a longer negative number", POOL, BYTES("\x81\x04\xd1\xff\x80")},
        {"a long header of a text", POOL, BYTES("\x81\x01\xd9\x01k")},
        {"a zero", POOL, BYTES("\x81\x04\x00")},
        {"an empty text", POOL, BYTES("\x81\x01\xa0")},
        {"a false", POOL, BYTES("\x81\x10\xc2")},
        {"an empty list", POOL, BYTES("\x81\x0f\x90")},
        {"an empty map", ERROR_INFO, BYTES("\x81\x03\x80")},
        {"a nil", POOL, BYTES("\x81\x04\xc0")},
        {"a double", POOL, BYTES("\x81\x04\xcb\x3f\xf0\0\0\0\0\0\0")},
        {"an extension", POOL, BYTES("\x81\x04\xd4\x01\x01")},
        {"a name as key", POOL, BYTES("\x81\xa3key\xa1k")},
        {"descending keys", POOL, BYTES("\x82\x04\x01\x01\xa1k")},
        {"a key twice", POOL, BYTES("\x82\x04\x01\x04\x01")},
        {"key zero", POOL, BYTES("\x81\x00\x01")},
        {"a key beyond field numbers", POOL,
         BYTES("\x81\xce\x20\x00\x00\x00\x01")},
        {"another type", POOL, BYTES("\x81\x01\x01")},
        {"bytes for a text", POOL, BYTES("\x81\x01\xc4\x01k")},
        {"beyond 32 bits", POOL, BYTES("\x81\x0c\xcf\0\0\0\x01\0\0\0\0")},
        {"no UTF-8", POOL, BYTES("\x81\x01\xa1\xff")},
        {"a NUL", POOL, BYTES("\x81\x01\xa1\x00")},
        {"unsorted keys of a map", ERROR_INFO,
         BYTES("\x81\x03\x82\xa1"
               "b\xa0\xa1"
               "a\xa0")},
        {"a key of a map twice", ERROR_INFO,
         BYTES("\x81\x03\x82\xa1"
               "a\xa0\xa1"
               "a\xa0")},
        {"two of a oneof", &qc__peer__exchange_request__descriptor,
         BYTES("\x82\x01\x80\x02\x80")},
        {"an unknown field with a double", POOL,
         BYTES("\x81\x63\xcb\x3f\xf0\0\0\0\0\0\0")},
        {"an unknown field with descending keys", POOL,
         BYTES("\x81\x63\x82\x02\x01\x01\x01")},
        {"an unknown field with a key and then its beginning", POOL,
         BYTES("\x81\x63\x82\xa2kk\x01\xa1k\x01")},
        {"an unknown field with a key twice", POOL,
         BYTES("\x81\x63\x82\xa1k\x01\xa1k\x01")},
        {"an unknown field with keys of two kinds", POOL,
         BYTES("\x81\x63\x82\x02\x01\xa1k\x01")},
        {"an unknown text that is no UTF-8", POOL, BYTES("\x81\x63\xa1\xff")},
        {"2^28 elements", POOL, BYTES("\x81\x0f\xdd\x10\x00\x00\x00")},
        {"2^28 pairs", POOL, BYTES("\xdf\x10\x00\x00\x00")},
        {"the byte that is never used", POOL, BYTES("\x81\x04\xc1")},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (read(f, cases[i].type, cases[i].bytes) != QC_CODEC_MALFORMED) {
            fail_msg("%s is taken", cases[i].why);
        }
    }
}

/* {1: "k", 3: 7, 4: 1, 24: [1, {1: "x"}], 99: {"a": 1}}; the pool knows 1, 3
 * and 4. */
#define NEWER                                                \
    "\x86\x01\xa1k\x03\x07\x04\x01\x18\x92\x01\x81\x01\xa1x" \
    "\x63\x81\xa1"                                           \
    "a\x01"                                                  \
    "\xcd\x01\x00\xc4\x01\xff"

static void unknown_fields_survive_in_their_place(void **state)
{
    struct fixture *f = *state;
    struct qc_bytes bytes;

    assert_int_equal(read(f, POOL, BYTES(NEWER)), QC_CODEC_OK);
    assert_int_equal(f->message->n_unknown_fields, 3);
    assert_true(qc_msgpack_write(f->message, &f->arena, &bytes));
    assert_bytes(bytes, BYTES(NEWER));

    /* A field that is set now comes before those with greater numbers. */
    ((Qc__V1__Pool *)f->message)->rev = 5;
    assert_true(qc_msgpack_write(f->message, &f->arena, &bytes));
    assert_bytes(bytes, BYTES("\x87\x01\xa1k\x03\x07\x04\x01\x14\x05\x18\x92"
                              "\x01\x81\x01\xa1x\x63\x81\xa1"
                              "a\x01\xcd\x01\x00\xc4\x01\xff"));
}

static void unknown_fields_survive_in_a_message_within(void **state)
{
    struct fixture *f = *state;
    static const char row[] = "\x81\x01\x82\x01\xa1k\x63\x01";
    struct qc_bytes bytes;

    assert_int_equal(read(f, &qc__v1__put_pool_request__descriptor, BYTES(row)),
                     QC_CODEC_OK);
    assert_true(qc_msgpack_write(f->message, &f->arena, &bytes));
    assert_bytes(bytes, BYTES(row));
}

static void unknown_fields_leave_in_no_other_form(void **state)
{
    struct fixture *f = *state;
    struct qc_bytes bytes;

    assert_int_equal(read(f, POOL, BYTES(NEWER)), QC_CODEC_OK);
    assert_true(qc_msgpack_write_known(f->message, NULL, &f->arena, &bytes));
    assert_bytes(bytes, BYTES("\x83\x01\xa1k\x03\x07\x04\x01"));
    assert_true(qc_encode(QC_FORMAT_PROTOBUF, f->message, &f->arena, &bytes));
    assert_bytes(bytes, BYTES("\x0a\x01k\x18\x07\x20\x01"));
    assert_true(qc_encode(QC_FORMAT_JSON, f->message, &f->arena, &bytes));
    assert_bytes(bytes, BYTES("{\"key\":\"k\",\"matchMode\":7,"
                              "\"reserveTtlMs\":\"1\"}"));
    /* And the message has lost nothing by it. */
    assert_true(qc_msgpack_write(f->message, &f->arena, &bytes));
    assert_bytes(bytes, BYTES(NEWER));
}

static bool is_rev(uint32_t number)
{
    return number == 20 || number == 101; /* |rev| and |if_rev|. */
}

static void what_is_skipped_is_skipped_at_the_top_only(void **state)
{
    struct fixture *f = *state;
    Qc__V1__PutPoolRequest request = QC__V1__PUT_POOL_REQUEST__INIT;
    Qc__V1__Pool pool = QC__V1__POOL__INIT;
    struct qc_bytes bytes;

    pool.key = "k";
    pool.rev = 7;
    assert_true(qc_msgpack_write_known(&pool.base, is_rev, &f->arena, &bytes));
    assert_bytes(bytes, BYTES("\x81\x01\xa1k"));
    request.pool = &pool;
    request.if_rev = 9;
    assert_true(
        qc_msgpack_write_known(&request.base, is_rev, &f->arena, &bytes));
    assert_bytes(bytes, BYTES("\x81\x01\x82\x01\xa1k\x14\x07"));
}

static bool is_key_of_pool(const ProtobufCMessageDescriptor *type,
                           uint32_t number)
{
    return type != POOL || number == 1;
}

/* {1: {1: "k", 4: 1, 90: {1: 1}}, 101: 9} */
#define PUT_POOL BYTES("\x82\x01\x83\x01\xa1k\x04\x01\x5a\x81\x01\x01\x65\x09")

static void fields_that_are_not_wanted_are_left_out(void **state)
{
    struct fixture *f = *state;
    const Qc__V1__PutPoolRequest *request;

    assert_int_equal(qc_msgpack_read_some(&qc__v1__put_pool_request__descriptor,
                                          is_key_of_pool, PUT_POOL, &f->arena,
                                          &f->message, &f->error),
                     QC_CODEC_OK);
    request = (const Qc__V1__PutPoolRequest *)f->message;
    assert_int_equal(request->if_rev, 9);
    assert_string_equal(request->pool->key, "k");
    assert_int_equal(request->pool->reserve_ttl_ms, 0);
    assert_int_equal(request->pool->base.n_unknown_fields, 0);
}

static void what_is_not_wanted_must_be_canonical_too(void **state)
{
    struct fixture *f = *state;
    const struct qc_bytes cases[] = {
        BYTES("\x82\x01\xa1k\x04"),             /* Cut short. */
        BYTES("\x82\x01\xa1k\x04\xcc\x7f"),     /* A long number. */
        BYTES("\x82\x01\xa1k\x02\xa1\xff"),     /* No UTF-8. */
        BYTES("\x82\x04\x01\x01\xa1k"),         /* Descending keys. */
        BYTES("\x83\x01\xa1k\x04\x01\x04\x01"), /* A key twice. */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(qc_msgpack_read_some(POOL, is_key_of_pool, cases[i],
                                              &f->arena, &f->message,
                                              &f->error),
                         QC_CODEC_MALFORMED);
    }
}

static void callers_may_write_as_their_language_does(void **state)
{
    struct fixture *f = *state;
    const struct {
        const char *what;
        struct qc_bytes bytes;
    } cases[] = {
        {"names, any order", BYTES("\x82\xaereserve_ttl_ms\x02\xa3key\xa1k")},
        {"a double", BYTES("\x82\x01\xa1k\x04\xcb\x40\0\0\0\0\0\0\0")},
        {"a float", BYTES("\x82\x01\xa1k\x04\xca\x40\0\0\0")},
        {"any width", BYTES("\x82\x01\xd9\x01k\x04\xcf\0\0\0\0\0\0\0\x02")},
        {"signed", BYTES("\x82\x01\xa1k\xd0\x04\xd3\0\0\0\0\0\0\0\x02")},
        {"long headers", BYTES("\xdf\0\0\0\x02\x01\xdb\0\0\0\x01k\x04\x02")},
        {"nil and zero", BYTES("\x84\x02\xc0\x05\0\x01\xa1k\x04\x02")},
        {"unknown", BYTES("\x84\x01\xa1k\x04\x02\xa1z\x91\xc0\x63\xd4\1\1")},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct qc_bytes bytes;

        if (read_any(f, POOL, cases[i].bytes) != QC_CODEC_OK) {
            fail_msg("%s: %s %s", cases[i].what, f->error.where, f->error.text);
        }
        assert_true(qc_msgpack_write(f->message, &f->arena, &bytes));
        assert_bytes(bytes, BYTES("\x82\x01\xa1k\x04\x02"));
    }
}

static void a_double_is_a_number_when_it_is_an_integer(void **state)
{
    struct fixture *f = *state;
    const struct {
        struct qc_bytes bytes;
        int64_t number;
    } cases[] = {
        {BYTES("\x81\x04\xcb\0\0\0\0\0\0\0\0"), 0},
        {BYTES("\x81\x04\xcb\x80\0\0\0\0\0\0\0"), 0},
        {BYTES("\x81\x04\xcb\x3f\xf0\0\0\0\0\0\0"), 1},
        {BYTES("\x81\x04\xcb\xc0\x08\0\0\0\0\0\0"), -3},
        {BYTES("\x81\x04\xca\xc0\x40\0\0"), -3},
        {BYTES("\x81\x04\xcb\x43\x3f\xff\xff\xff\xff\xff\xff"),
         INT64_C(9007199254740991)},
        {BYTES("\x81\x04\xcb\xc3\xe0\0\0\0\0\0\0"), INT64_MIN},
    };
    const struct qc_bytes refused[] = {
        BYTES("\x81\x04\xcb\x3f\xf8\0\0\0\0\0\0"), /* 1.5 */
        BYTES("\x81\x04\xcb\x3f\xe0\0\0\0\0\0\0"), /* 0.5 */
        BYTES("\x81\x04\xcb\x43\xe0\0\0\0\0\0\0"), /* 2^63 */
        BYTES("\x81\x04\xcb\x7f\xf0\0\0\0\0\0\0"), /* infinite */
        BYTES("\x81\x04\xcb\x7f\xf8\0\0\0\0\0\0"), /* no number */
        BYTES("\x81\x04\xcb\0\0\0\0\0\0\0\x01"),   /* tiny */
        BYTES("\x81\x04\xca\0\0\0\x01"),           /* tiny */
        BYTES("\x81\x04\xca\x7f\x80\0\0"),         /* infinite */
        BYTES("\x81\x01\xcb\x3f\xf0\0\0\0\0\0\0"), /* for a text */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(read_any(f, POOL, cases[i].bytes), QC_CODEC_OK);
        assert_true(((Qc__V1__Pool *)f->message)->reserve_ttl_ms ==
                    cases[i].number);
    }
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_int_equal(read_any(f, POOL, refused[i]), QC_CODEC_MALFORMED);
    }
}

static void callers_may_not_say_a_thing_twice(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_any(f, POOL, BYTES("\x82\x04\x01\x04\x02")),
                     QC_CODEC_MALFORMED);
    assert_int_equal(read_any(f, POOL, BYTES("\x82\x01\xa1k\xa3key\xa1k")),
                     QC_CODEC_MALFORMED);
    assert_string_equal(f->error.where, "key");
    assert_int_equal(read_any(f, &qc__peer__exchange_request__descriptor,
                              BYTES("\x82\x02\x80\x01\x80")),
                     QC_CODEC_MALFORMED);
    assert_int_equal(read_any(f, ERROR_INFO,
                              BYTES("\x81\x03\x83\xa1"
                                    "b\xa0\xa1"
                                    "a\xa0\xa1"
                                    "b\xa0")),
                     QC_CODEC_MALFORMED);
    assert_string_equal(f->error.where, "metadata");
}

static void what_is_wrong_says_where(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_any(f, &qc__v1__put_pool_request__descriptor,
                              BYTES("\x81\x01\x81\x0f\x92\xa1k\x05")),
                     QC_CODEC_MALFORMED);
    assert_string_equal(f->error.where, "pool.static_numbers[1]");
    assert_int_equal(read_any(f, ERROR_INFO, BYTES("\x81\x03\x81\xa3the\x05")),
                     QC_CODEC_MALFORMED);
    assert_string_equal(f->error.where, "metadata[\"the\"]");
}

/* Each message but the outermost stands in a list: {1: [{1: [{}]}]}. */
static void messages_are_followed_to_a_bound(void **state)
{
    struct fixture *f = *state;
    uint8_t bytes[3 * QC_DEPTH_MAX];
    size_t n = (QC_DEPTH_MAX - 1) / 2;

    for (size_t i = 0; i <= n; i++) {
        memcpy(bytes + 3 * i, "\x81\x01\x91", 3);
    }
    bytes[3 * n] = 0x80;
    assert_int_equal(
        read(f, &qc_endless_type, (struct qc_bytes){bytes, 3 * n + 1}),
        QC_CODEC_OK);
    bytes[3 * n] = 0x81;
    bytes[3 * n + 3] = 0x80;
    assert_int_equal(
        read(f, &qc_endless_type, (struct qc_bytes){bytes, 3 * n + 4}),
        QC_CODEC_TOO_BIG);
    assert_int_equal(
        read_any(f, &qc_endless_type, (struct qc_bytes){bytes, 3 * n + 4}),
        QC_CODEC_TOO_BIG);
}

static void an_unknown_value_is_followed_to_a_bound(void **state)
{
    struct fixture *f = *state;
    uint8_t bytes[2 + QC_DEPTH_MAX + 1] = "\x81\x63";
    size_t n = QC_DEPTH_MAX - 1; /* The message is one. */

    /* Lists in lists, the innermost empty. */
    memset(bytes + 2, 0x91, n - 1);
    bytes[2 + n - 1] = 0x90;
    assert_int_equal(read(f, POOL, (struct qc_bytes){bytes, 2 + n}),
                     QC_CODEC_OK);
    memset(bytes + 2, 0x91, n);
    bytes[2 + n] = 0x90;
    assert_int_equal(read(f, POOL, (struct qc_bytes){bytes, 2 + n + 1}),
                     QC_CODEC_MALFORMED);
    assert_int_equal(read_any(f, POOL, (struct qc_bytes){bytes, 2 + n + 1}),
                     QC_CODEC_MALFORMED);
}

static void a_deep_bomb_is_refused_whole(void **state)
{
    struct fixture *f = *state;
    static uint8_t bytes[34 * 1024];

    memset(bytes, 0x91, sizeof(bytes));
    memcpy(bytes, "\x81\x63", 2);
    assert_int_equal(read(f, POOL, (struct qc_bytes){bytes, sizeof(bytes)}),
                     QC_CODEC_MALFORMED);
    assert_int_equal(read_any(f, POOL, (struct qc_bytes){bytes, sizeof(bytes)}),
                     QC_CODEC_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_a_map_of_field_numbers),
        cmocka_unit_test(a_map_of_many_pairs_tells_how_many_in_two_bytes),
        cmocka_unit_test(a_negative_number_is_as_short_as_it_can_be),
        cmocka_unit_test(maps_are_written_in_the_order_of_their_keys),
        cmocka_unit_test(what_is_not_canonical_is_refused),
        cmocka_unit_test(unknown_fields_survive_in_their_place),
        cmocka_unit_test(unknown_fields_survive_in_a_message_within),
        cmocka_unit_test(unknown_fields_leave_in_no_other_form),
        cmocka_unit_test(what_is_skipped_is_skipped_at_the_top_only),
        cmocka_unit_test(fields_that_are_not_wanted_are_left_out),
        cmocka_unit_test(what_is_not_wanted_must_be_canonical_too),
        cmocka_unit_test(callers_may_write_as_their_language_does),
        cmocka_unit_test(a_double_is_a_number_when_it_is_an_integer),
        cmocka_unit_test(callers_may_not_say_a_thing_twice),
        cmocka_unit_test(what_is_wrong_says_where),
        cmocka_unit_test(messages_are_followed_to_a_bound),
        cmocka_unit_test(an_unknown_value_is_followed_to_a_bound),
        cmocka_unit_test(a_deep_bomb_is_refused_whole),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
