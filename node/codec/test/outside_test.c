/* What comes from outside is refused before it costs anything:
 * qc_limits_decode. What it has cost is seen by what was built of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/limits.h"
#include "quorumcall/v1/admin_service.pb-c.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
    BODY_SIZE = 4 * 1024 * 1024,
    CHEAP_SIZE = 64 * 1024, /* Of all that a refused request may build. */
    N_FORMATS = QC_FORMAT_JSON + 1,
    MANY = 200 * 1000,
    ITEMS_MAX = 500,
    RULES_MAX = 64,
};

#define IMPORT    (&qc__v1__import_config_request__descriptor)
#define PRINCIPAL (&qc__v1__put_principal_request__descriptor)

struct fixture {
    struct qc_arena arena;
    struct qc_codec_error error;
    ProtobufCMessage *message;
    uint8_t *body;
    size_t size;
};

static int setup(void **state)
{
    static struct fixture fixture;

    fixture.body = malloc(BODY_SIZE);
    qc_arena_init(&fixture.arena, ARENA_SIZE);
    *state = &fixture;
    return fixture.body != NULL && qc_limits_load() ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    qc_arena_done(&f->arena);
    free(f->body);
    return 0;
}

/* Begins a body with |size| bytes. */
static void begin(struct fixture *f, const char *bytes, size_t size)
{
    memcpy(f->body, bytes, size);
    f->size = size;
}

/* Goes on with |n| times |bytes|. */
static void add(struct fixture *f, const char *bytes, size_t size, size_t n)
{
    assert_true(n * size <= BODY_SIZE - f->size);
    for (size_t i = 0; i < n; i++) {
        memcpy(f->body + f->size, bytes, size);
        f->size += size;
    }
}

static enum qc_codec_answer read(struct fixture *f,
                                 enum qc_format format,
                                 const ProtobufCMessageDescriptor *type)
{
    qc_arena_reset(&f->arena);
    return qc_limits_decode(format, type, (struct qc_bytes){f->body, f->size},
                            &f->arena, &f->message, &f->error);
}

/* An import of |n| empty items. */
static void import(struct fixture *f, enum qc_format format, uint16_t n)
{
    char head[] = "\x81\x01\xdc__";

    switch (format) {
    case QC_FORMAT_PROTOBUF:
        begin(f, "", 0);
        add(f, "\x0a\x00", 2, n);
        break;
    case QC_FORMAT_MSGPACK:
    case QC_FORMAT_MSGPACK_NAMES:
        head[3] = (char)(n >> 8);
        head[4] = (char)(n & 0xff);
        begin(f, head, 5);
        add(f, "\x80", 1, n);
        break;
    case QC_FORMAT_JSON:
        begin(f, "{\"items\":[", 10);
        add(f, "{},", 3, n - 1U);
        add(f, "{}]}", 4, 1);
        break;
    }
}

static void a_list_far_beyond_its_limit_is_refused_unbuilt(void **state)
{
    struct fixture *f = *state;

    for (unsigned format = 0; format < N_FORMATS; format++) {
        import(f, format, UINT16_MAX);
        assert_int_equal(read(f, format, IMPORT), QC_CODEC_MALFORMED);
        assert_string_equal(f->error.where, "items");
        assert_string_equal(f->error.text, "has more than 500 elements");
        assert_in_range(f->arena.used, 0, CHEAP_SIZE);
    }
}

/* A reader may leave it to qc_limits_check() to see that it is. */
static void a_list_just_beyond_its_limit_is_refused_in_the_same_words(
    void **state)
{
    struct fixture *f = *state;

    for (unsigned format = 0; format < N_FORMATS; format++) {
        import(f, format, ITEMS_MAX);
        assert_int_equal(read(f, format, IMPORT), QC_CODEC_OK);
        assert_true(qc_limits_check(f->message, &f->error));

        import(f, format, ITEMS_MAX + 1);
        if (read(f, format, IMPORT) == QC_CODEC_OK) {
            assert_false(qc_limits_check(f->message, &f->error));
        }
        assert_string_equal(f->error.where, "items");
        assert_string_equal(f->error.text, "has more than 500 elements");
    }
}

static void what_is_unknown_is_counted_too(void **state)
{
    struct fixture *f = *state;

    begin(f, "", 0);
    add(f, "\x78\x00", 2, MANY);
    assert_int_equal(read(f, QC_FORMAT_PROTOBUF, IMPORT), QC_CODEC_TOO_BIG);
    assert_in_range(f->arena.used, 0, CHEAP_SIZE);

    begin(f, "\x81\x63\xdd\x00\x03\x0d\x40", 7); /* A list, */
    add(f, "\x00", 1, MANY);
    assert_int_equal(read(f, QC_FORMAT_MSGPACK, IMPORT), QC_CODEC_TOO_BIG);
    begin(f, "\xdf\x00\x03\x0d\x40", 5); /* and pairs. */
    add(f, "\x63\xc0", 2, MANY);
    assert_int_equal(read(f, QC_FORMAT_MSGPACK, IMPORT), QC_CODEC_TOO_BIG);
    assert_in_range(f->arena.used, 0, CHEAP_SIZE);

    begin(f, "{\"z\":[", 6);
    add(f, "1,", 2, MANY);
    add(f, "1]}", 3, 1);
    assert_int_equal(read(f, QC_FORMAT_JSON, IMPORT), QC_CODEC_TOO_BIG);
    begin(f, "{", 1);
    add(f, "\"\":1,", 5, MANY);
    add(f, "\"\":1}", 5, 1);
    assert_int_equal(read(f, QC_FORMAT_JSON, IMPORT), QC_CODEC_TOO_BIG);
    assert_in_range(f->arena.used, 0, CHEAP_SIZE);
}

/* protobuf-c joins it, piece by piece; so it is taken from peers, who are not
 * outside. */
static void a_message_in_pieces_is_refused(void **state)
{
    struct fixture *f = *state;

    begin(f, "\x0a\x00\x0a\x00", 4);
    assert_int_equal(read(f, QC_FORMAT_PROTOBUF, PRINCIPAL),
                     QC_CODEC_MALFORMED);
    assert_string_equal(f->error.where, "principal");
    assert_int_equal(qc_decode(QC_FORMAT_PROTOBUF, PRINCIPAL,
                               (struct qc_bytes){f->body, f->size}, &f->arena,
                               &f->message, &f->error),
                     QC_CODEC_OK);
}

static void numbers_in_one_piece_are_counted(void **state)
{
    struct fixture *f = *state;

    begin(f, "\x0a\x83\x01\x22\x80\x01", 6);
    add(f, "\x01", 1, 128);
    assert_int_equal(read(f, QC_FORMAT_PROTOBUF, PRINCIPAL),
                     QC_CODEC_MALFORMED);
    assert_string_equal(f->error.where, "principal.roles");
    assert_string_equal(f->error.text, "has more than 16 elements");
}

/* Subjects with all the rules that they may have. */
static void the_largest_import_is_taken_in_every_form(void **state)
{
    static Qc__V1__PageRule rules[RULES_MAX];
    static Qc__V1__PageRule *rule_list[RULES_MAX];
    static Qc__V1__Subject subjects[ITEMS_MAX];
    static Qc__V1__ConfigItem items[ITEMS_MAX];
    static Qc__V1__ConfigItem *item_list[ITEMS_MAX];
    static char keys[ITEMS_MAX][8];
    Qc__V1__ImportConfigRequest request = QC__V1__IMPORT_CONFIG_REQUEST__INIT;
    struct fixture *f = *state;

    for (unsigned i = 0; i < RULES_MAX; i++) {
        qc__v1__page_rule__init(&rules[i]);
        rules[i].pattern = (char *)(uintptr_t) "/";
        rules[i].weight = 1;
        rule_list[i] = &rules[i];
    }
    for (unsigned i = 0; i < ITEMS_MAX; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "s%u", i);
        qc__v1__subject__init(&subjects[i]);
        subjects[i].key = keys[i];
        subjects[i].n_page_rules = RULES_MAX;
        subjects[i].page_rules = rule_list;
        qc__v1__config_item__init(&items[i]);
        items[i].item_case = QC__V1__CONFIG_ITEM__ITEM_SUBJECT;
        items[i].subject = &subjects[i];
        item_list[i] = &items[i];
    }
    request.n_items = ITEMS_MAX;
    request.items = item_list;
    for (unsigned format = 0; format < N_FORMATS; format++) {
        struct qc_bytes bytes;

        qc_arena_reset(&f->arena);
        assert_true(qc_encode(format, &request.base, &f->arena, &bytes));
        begin(f, (const char *)bytes.data, bytes.size);
        assert_int_equal(read(f, format, IMPORT), QC_CODEC_OK);
        assert_true(qc_limits_check(f->message, &f->error));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_far_beyond_its_limit_is_refused_unbuilt),
        cmocka_unit_test(
            a_list_just_beyond_its_limit_is_refused_in_the_same_words),
        cmocka_unit_test(what_is_unknown_is_counted_too),
        cmocka_unit_test(a_message_in_pieces_is_refused),
        cmocka_unit_test(numbers_in_one_piece_are_counted),
        cmocka_unit_test(the_largest_import_is_taken_in_every_form),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
