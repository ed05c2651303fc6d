/*
 * Messages behind their prefixes: a stream of bytes means the same, however it
 * is cut into pieces.
 */
#include "http2/framing.h"

#include <string.h>

#include "cluster-tests/fuzz/choices.h"
#include "cluster-tests/fuzz/target.h"

enum {
    SIZE_MAX_CHOICES = 4096,
};

/* What came out of a stream. */
struct outcome {
    enum qc_framing_answer answer; /* The last one. */
    bool inside;
    struct qc_buffer messages; /* All of them, each behind a prefix again. */
};

/* Takes |bytes| in pieces, whose sizes are those of |cuts|, over and over; in
 * one when there are none. */
static struct outcome take(struct qc_bytes bytes,
                           uint32_t size_max,
                           struct qc_bytes cuts)
{
    struct qc_framing framing = {.n_prefix = 0};
    struct outcome outcome = {.answer = QC_FRAMING_MORE};

    for (size_t i = 0; bytes.size > 0; i++) {
        size_t size = cuts.size > 0 ? cuts.data[i % cuts.size] + 1U : SIZE_MAX;
        struct qc_bytes piece = {bytes.data,
                                 size < bytes.size ? size : bytes.size};

        bytes.data += piece.size;
        bytes.size -= piece.size;
        do {
            struct qc_bytes message;

            outcome.answer =
                qc_framing_next(&framing, &piece, size_max, &message);
            if (outcome.answer == QC_FRAMING_MESSAGE) {
                FUZZ_MUST(message.size <= size_max);
                FUZZ_MUST(qc_framing_write(&outcome.messages, message));
            }
        } while (outcome.answer == QC_FRAMING_MESSAGE);
        if (outcome.answer != QC_FRAMING_MORE) {
            break;
        }
        FUZZ_MUST(piece.size == 0);
    }
    outcome.inside = qc_framing_inside(&framing);
    qc_framing_done(&framing);
    return outcome;
}

/* The messages, written again, are the beginning of the stream. */
static void is_prefix(const struct qc_buffer *messages, struct qc_bytes stream)
{
    struct qc_bytes bytes = qc_buffer_bytes(messages);

    FUZZ_MUST(bytes.size <= stream.size);
    FUZZ_MUST(bytes.size == 0 ||
              memcmp(bytes.data, stream.data, bytes.size) == 0);
}

void fuzz_framing_run(struct qc_bytes input)
{
    struct choices choices = {input};
    uint32_t size_max =
        (uint32_t)choices_number(&choices, 2) % SIZE_MAX_CHOICES;
    struct qc_bytes cuts =
        choices_bytes(&choices, choices_number(&choices, 1) % 8);
    struct qc_bytes stream = choices_rest(&choices);
    struct outcome whole = take(stream, size_max, (struct qc_bytes){NULL, 0});
    struct outcome cut = take(stream, size_max, cuts);

    FUZZ_MUST(whole.answer == cut.answer);
    FUZZ_MUST(whole.inside == cut.inside);
    FUZZ_MUST(qc_buffer_size(&whole.messages) == qc_buffer_size(&cut.messages));
    is_prefix(&whole.messages, stream);
    is_prefix(&cut.messages, stream);
    if (whole.answer == QC_FRAMING_MORE && !whole.inside) {
        FUZZ_MUST(qc_buffer_size(&whole.messages) == stream.size);
    }
    qc_buffer_done(&whole.messages);
    qc_buffer_done(&cut.messages);
}

void fuzz_framing_seed(const struct fuzz_seeds *seeds)
{
    static const uint8_t STREAM[] = {
        8, 0, 2, 0, 3,                     /* Limit, two cuts. */
        0, 0, 0, 0, 3, 'o', 'n', 'e',      /* A message, */
        0, 0, 0, 0, 0,                     /* an empty one, */
        0, 0, 0, 0, 5, 't', 'h', 'r', 'e', /* and one cut short. */
    };
    static const uint8_t COMPRESSED[] = {8, 0, 0, 1, 0, 0, 0, 1, 'x'};
    static const uint8_t TOO_BIG[] = {0, 3, 1, 0, 0, 0, 0, 0, 4, 'x'};
    static const uint8_t END[] = {8, 0, 0, 2, 0, 0, 0, 2, '{', '}'};

    seeds->take(seeds->ctx, (struct qc_bytes){STREAM, sizeof(STREAM)});
    seeds->take(seeds->ctx, (struct qc_bytes){COMPRESSED, sizeof(COMPRESSED)});
    seeds->take(seeds->ctx, (struct qc_bytes){TOO_BIG, sizeof(TOO_BIG)});
    seeds->take(seeds->ctx, (struct qc_bytes){END, sizeof(END)});
}
