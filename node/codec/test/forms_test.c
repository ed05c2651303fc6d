/* What holds of all forms and all messages of proto/. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/codec.h"
#include "codec/msgpack.h"
#include "codec/test/random_message.h"
#include "every_message.h"

enum {
    ARENA_SIZE_MAX = 1024 * 1024,
    N_TYPES = sizeof(every_message) / sizeof(every_message[0]),
    N_FORMATS = QC_FORMAT_JSON + 1,
    N_SEEDS = 20, /* Of each message. */
};

/* A message of a type, and its protobuf as protobuf-c itself writes it: what
 * all others are held against. */
struct fixture {
    struct qc_random random;
    struct qc_arena arena;
    ProtobufCMessage *message;
    struct qc_bytes protobuf;
};

static struct qc_bytes pack(struct fixture *f, const ProtobufCMessage *message)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = qc_arena_alloc(&f->arena, size + 1);

    assert_non_null(bytes);
    return (struct qc_bytes){bytes, protobuf_c_message_pack(message, bytes)};
}

static void begin(struct fixture *f, unsigned type, uint64_t seed)
{
    f->random.state = seed * N_TYPES + type;
    qc_arena_init(&f->arena, ARENA_SIZE_MAX);
    f->message = qc_random_message(&f->random, every_message[type], &f->arena);
    f->protobuf = pack(f, f->message);
}

static void end(struct fixture *f)
{
    qc_arena_done(&f->arena);
}

static void assert_same(struct qc_bytes a, struct qc_bytes b)
{
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
}

static ProtobufCMessage *decode(struct fixture *f,
                                enum qc_format format,
                                struct qc_bytes bytes)
{
    struct qc_codec_error error = {"", ""};
    ProtobufCMessage *message = NULL;
    enum qc_codec_answer answer = qc_decode(format, f->message->descriptor,
                                            bytes, &f->arena, &message, &error);

    if (answer != QC_CODEC_OK) {
        fail_msg("%s: %s %s", f->message->descriptor->name, error.where,
                 error.text);
    }
    return message;
}

static void what_is_written_reads_as_the_same_message(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N_TYPES * N_SEEDS; i++) {
        struct fixture f;

        begin(&f, i % N_TYPES, i / N_TYPES);
        for (unsigned format = 0; format < N_FORMATS; format++) {
            struct qc_bytes bytes;

            assert_true(qc_encode(format, f.message, &f.arena, &bytes));
            assert_same(pack(&f, decode(&f, format, bytes)), f.protobuf);
        }
        end(&f);
    }
}

static void equal_messages_are_equal_canonical_bytes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N_TYPES * N_SEEDS; i++) {
        struct qc_codec_error error;
        ProtobufCMessage *message;
        struct qc_bytes first;
        struct qc_bytes again;
        struct fixture f;

        begin(&f, i % N_TYPES, i / N_TYPES);
        assert_true(qc_msgpack_write(f.message, &f.arena, &first));
        for (unsigned format = 0; format < N_FORMATS; format++) {
            struct qc_bytes bytes;

            assert_true(qc_encode(format, f.message, &f.arena, &bytes));
            message = decode(&f, format, bytes);
            assert_true(qc_msgpack_write(message, &f.arena, &again));
            assert_same(first, again);
        }
        assert_int_equal(qc_msgpack_read(f.message->descriptor, first, &f.arena,
                                         &message, &error),
                         QC_CODEC_OK);
        assert_same(pack(&f, message), f.protobuf);
        end(&f);
    }
}

/* The bytes get memory of their own, so that ASan sees who reads on. */
static enum qc_codec_answer decode_prefix(const struct fixture *f,
                                          enum qc_format format,
                                          struct qc_bytes bytes,
                                          bool canonical)
{
    const ProtobufCMessageDescriptor *type = f->message->descriptor;
    struct qc_codec_error error;
    enum qc_codec_answer answer;
    ProtobufCMessage *message;
    struct qc_arena arena;
    struct qc_arena copy;
    uint8_t *data;

    qc_arena_init(&arena, ARENA_SIZE_MAX);
    qc_arena_init(&copy, ARENA_SIZE_MAX);
    data = qc_arena_alloc(&copy, bytes.size);
    assert_non_null(data);
    if (bytes.size > 0) {
        memcpy(data, bytes.data, bytes.size);
    }
    bytes.data = data;
    answer = canonical
                 ? qc_msgpack_read(type, bytes, &arena, &message, &error)
                 : qc_decode(format, type, bytes, &arena, &message, &error);
    qc_arena_done(&copy);
    /* What was built has nothing of the bytes, which are gone. */
    if (answer == QC_CODEC_OK) {
        assert_true(qc_encode(QC_FORMAT_JSON, message, &arena, &bytes));
    } else {
        assert_true(memchr(error.text, '\0', sizeof(error.text)) != NULL);
        assert_true(memchr(error.where, '\0', sizeof(error.where)) != NULL);
        assert_true(error.text[0] != '\0');
    }
    qc_arena_done(&arena);
    return answer;
}

/* All but protobuf say how much there is before they say what. */
static void a_message_cut_short_is_refused(void **state)
{
    (void)state;
    for (unsigned type = 0; type < N_TYPES; type++) {
        struct fixture f;

        begin(&f, type, 1);
        for (unsigned format = 0; format < N_FORMATS; format++) {
            struct qc_bytes bytes;

            assert_true(qc_encode(format, f.message, &f.arena, &bytes));
            for (size_t size = 0; size < bytes.size; size++) {
                struct qc_bytes prefix = {bytes.data, size};
                enum qc_codec_answer answer =
                    decode_prefix(&f, format, prefix, false);

                assert_true(format == QC_FORMAT_PROTOBUF ||
                            answer == QC_CODEC_MALFORMED);
                if (format == QC_FORMAT_MSGPACK) {
                    assert_int_equal(decode_prefix(&f, format, prefix, true),
                                     QC_CODEC_MALFORMED);
                }
            }
        }
        end(&f);
    }
}

static void a_message_with_flipped_bits_is_read_or_refused(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N_TYPES * N_SEEDS; i++) {
        struct fixture f;

        begin(&f, i % N_TYPES, i / N_TYPES);
        for (unsigned format = 0; format < N_FORMATS; format++) {
            struct qc_bytes bytes;
            uint8_t *flipped;

            assert_true(qc_encode(format, f.message, &f.arena, &bytes));
            flipped = qc_arena_alloc(&f.arena, bytes.size + 1);
            assert_non_null(flipped);
            memcpy(flipped, bytes.data, bytes.size);
            for (unsigned n = 0; n < 8 && bytes.size > 0; n++) {
                size_t at = qc_random_up_to(&f.random, bytes.size);
                uint8_t bit = (uint8_t)(1U << qc_random_up_to(&f.random, 8));

                flipped[at] ^= bit;
                (void)decode_prefix(
                    &f, format, (struct qc_bytes){flipped, bytes.size}, false);
                (void)decode_prefix(
                    &f, format, (struct qc_bytes){flipped, bytes.size}, true);
            }
        }
        end(&f);
    }
}

/* With a limit that is too small, nothing but "too big" is said; with one that
 * is large enough, the message is read and written. */
static void an_arena_of_any_size_is_enough_or_says_so(void **state)
{
    (void)state;
    for (unsigned type = 0; type < N_TYPES; type++) {
        struct fixture f;

        begin(&f, type, 2);
        for (unsigned format = 0; format < N_FORMATS; format++) {
            enum qc_codec_answer answer = QC_CODEC_TOO_BIG;
            struct qc_bytes bytes;
            bool written = false;

            assert_true(qc_encode(format, f.message, &f.arena, &bytes));
            for (size_t limit = 0; !written; limit += 16) {
                struct qc_codec_error error;
                struct qc_bytes again;
                ProtobufCMessage *message;
                struct qc_arena arena;

                assert_true(limit < ARENA_SIZE_MAX);
                qc_arena_init(&arena, limit);
                answer = qc_decode(format, f.message->descriptor, bytes, &arena,
                                   &message, &error);
                if (answer == QC_CODEC_OK) {
                    written = qc_encode(format, message, &arena, &again);
                } else {
                    assert_int_equal(answer, QC_CODEC_TOO_BIG);
                }
                if (written) {
                    assert_same(bytes, again);
                }
                qc_arena_done(&arena);
            }
        }
        end(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_as_the_same_message),
        cmocka_unit_test(equal_messages_are_equal_canonical_bytes),
        cmocka_unit_test(a_message_cut_short_is_refused),
        cmocka_unit_test(a_message_with_flipped_bits_is_read_or_refused),
        cmocka_unit_test(an_arena_of_any_size_is_enough_or_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
