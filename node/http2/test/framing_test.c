/* The small parts below calls: buffers, fields, messages in a stream. */
#include "http2/framing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "http2/fields.h"

enum {
    MESSAGE_SIZE = 4 * 1024 * 1024,
    BELIEVED_SIZE = 64 * 1024,
};

static struct qc_bytes bytes_of(const char *text)
{
    return (struct qc_bytes){(const uint8_t *)text, strlen(text)};
}

static void a_buffer_gives_back_what_was_added(void **state)
{
    struct qc_buffer buffer = {.data = NULL};
    unsigned added = 0;
    unsigned taken = 0;
    size_t most = 0;

    (void)state;
    for (size_t round = 0; round < 5000; round++) {
        uint8_t piece[256];
        size_t n = round * 7 % sizeof(piece);

        for (size_t i = 0; i < n; i++) {
            piece[i] = (uint8_t)(added++ * 31);
        }
        assert_true(qc_buffer_add(&buffer, piece, n));
        most = qc_buffer_size(&buffer) > most ? qc_buffer_size(&buffer) : most;
        n = qc_buffer_take(&buffer, piece, round * 11 % sizeof(piece));
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(piece[i], (uint8_t)(taken++ * 31));
        }
        assert_int_equal(qc_buffer_size(&buffer), added - taken);
    }
    /* Space that was taken from is used again. */
    assert_true(buffer.capacity <= 4 * (most + 256));
    qc_buffer_done(&buffer);
}

static void fields_are_found_by_name(void **state)
{
    struct qc_fields fields = {.n = 0};
    const char *name;
    const char *value;
    size_t at = 0;

    (void)state;
    assert_null(qc_fields_find(&fields, "a"));
    assert_true(qc_fields_add(&fields, bytes_of("a"), bytes_of("1")));
    assert_true(qc_fields_add(&fields, bytes_of("bb"), bytes_of("")));
    assert_true(qc_fields_add(&fields, bytes_of("a"), bytes_of("2")));
    assert_string_equal(qc_fields_find(&fields, "a"), "1");
    assert_string_equal(qc_fields_find(&fields, "bb"), "");
    assert_null(qc_fields_find(&fields, "b"));
    assert_true(qc_fields_next(&fields, &at, &name, &value));
    assert_true(qc_fields_next(&fields, &at, &name, &value));
    assert_string_equal(name, "bb");
    assert_true(qc_fields_next(&fields, &at, &name, &value));
    assert_string_equal(value, "2");
    assert_false(qc_fields_next(&fields, &at, &name, &value));
    qc_buffer_done(&fields.text);
}

/* Reads |stream| in pieces of |piece| bytes and gives the messages, each
 * followed by a bar. */
static void read_in_pieces(struct qc_bytes stream,
                           size_t piece,
                           struct qc_buffer *messages)
{
    struct qc_framing framing = {.n_prefix = 0};

    for (size_t at = 0; at < stream.size; at += piece) {
        struct qc_bytes input = {stream.data + at, stream.size - at};
        struct qc_bytes message;

        input.size = input.size < piece ? input.size : piece;
        while (qc_framing_next(&framing, &input, 100, &message) ==
               QC_FRAMING_MESSAGE) {
            assert_true(qc_buffer_add(messages, message.data, message.size));
            assert_true(qc_buffer_add(messages, "|", 1));
        }
        assert_int_equal(input.size, 0);
    }
    assert_false(qc_framing_inside(&framing));
    qc_framing_done(&framing);
}

static void messages_are_the_same_however_they_are_cut(void **state)
{
    static const char expected[] = "one||three four|";
    struct qc_buffer stream = {.data = NULL};

    (void)state;
    assert_true(qc_framing_write(&stream, bytes_of("one")));
    assert_true(qc_framing_write(&stream, bytes_of("")));
    assert_true(qc_framing_write(&stream, bytes_of("three four")));
    for (size_t piece = 1; piece <= stream.end; piece++) {
        struct qc_buffer messages = {.data = NULL};

        read_in_pieces(qc_buffer_bytes(&stream), piece, &messages);
        assert_int_equal(messages.end, sizeof(expected) - 1);
        assert_memory_equal(messages.data, expected, sizeof(expected) - 1);
        qc_buffer_done(&messages);
    }
    qc_buffer_done(&stream);
}

static void every_truncation_is_noticed(void **state)
{
    static const uint8_t stream[] = {0, 0, 0, 0, 3, 'o', 'n', 'e'};

    (void)state;
    for (size_t size = 1; size < sizeof(stream); size++) {
        struct qc_framing framing = {.n_prefix = 0};
        struct qc_bytes input = {stream, size};
        struct qc_bytes message;

        assert_int_equal(qc_framing_next(&framing, &input, 100, &message),
                         QC_FRAMING_MORE);
        assert_true(qc_framing_inside(&framing));
        qc_framing_done(&framing);
    }
}

static void a_length_is_judged_before_the_message_has_come(void **state)
{
    static const uint8_t fits[] = {0, 0, 0, 0, 100};
    static const uint8_t is_long[] = {0, 0, 0, 0, 101};
    static const uint8_t is_huge[] = {0, 0xff, 0xff, 0xff, 0xff};
    static const uint8_t is_compressed[] = {1, 0, 0, 0, 1};
    static const struct {
        const uint8_t *prefix;
        enum qc_framing_answer answer;
    } CASES[] = {
        {fits, QC_FRAMING_MORE},
        {is_long, QC_FRAMING_TOO_BIG},
        {is_huge, QC_FRAMING_TOO_BIG},
        {is_compressed, QC_FRAMING_COMPRESSED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct qc_framing framing = {.n_prefix = 0};
        struct qc_bytes input = {CASES[i].prefix, QC_FRAMING_PREFIX_SIZE};
        struct qc_bytes message;

        assert_int_equal(qc_framing_next(&framing, &input, 100, &message),
                         CASES[i].answer);
        assert_int_equal(framing.body.capacity, 0);
        qc_framing_done(&framing);
    }
}

static void a_large_message_is_moved_once(void **state)
{
    static const uint8_t prefix[] = {0, 0, 0x40, 0, 0};
    static const uint8_t piece[1024];
    struct qc_bytes input = {prefix, sizeof(prefix)};
    struct qc_framing framing = {.n_prefix = 0};
    struct qc_bytes message;
    const uint8_t *there = NULL;
    size_t size = 0;

    (void)state;
    assert_int_equal(qc_framing_next(&framing, &input, MESSAGE_SIZE, &message),
                     QC_FRAMING_MORE);
    while (size < MESSAGE_SIZE) {
        input = (struct qc_bytes){piece, sizeof(piece)};
        size += sizeof(piece);
        assert_int_equal(
            qc_framing_next(&framing, &input, MESSAGE_SIZE, &message),
            size < MESSAGE_SIZE ? QC_FRAMING_MORE : QC_FRAMING_MESSAGE);
        if (size <= BELIEVED_SIZE) {
            /* What is only claimed costs nothing. */
            assert_true(framing.body.capacity <= (size_t)2 * BELIEVED_SIZE);
        } else if (there == NULL) {
            there = framing.body.data;
        } else {
            assert_ptr_equal(framing.body.data, there);
        }
    }
    assert_int_equal(message.size, MESSAGE_SIZE);
    qc_framing_done(&framing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_gives_back_what_was_added),
        cmocka_unit_test(fields_are_found_by_name),
        cmocka_unit_test(messages_are_the_same_however_they_are_cut),
        cmocka_unit_test(every_truncation_is_noticed),
        cmocka_unit_test(a_large_message_is_moved_once),
        cmocka_unit_test(a_length_is_judged_before_the_message_has_come),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
