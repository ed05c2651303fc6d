#include "http2/framing.h"

#include <assert.h>

enum {
    FLAG_END = 2,
    BELIEVED_FROM = 64 * 1024,
};

void qc_framing_done(struct qc_framing *framing)
{
    qc_buffer_done(&framing->body);
}

static uint32_t message_size(const uint8_t prefix[QC_FRAMING_PREFIX_SIZE])
{
    return (uint32_t)prefix[1] << 24 | (uint32_t)prefix[2] << 16 |
           (uint32_t)prefix[3] << 8 | prefix[4];
}

static void skip(struct qc_bytes *input, size_t size)
{
    input->data += size;
    input->size -= size;
}

/* To believe what a prefix claims costs memory, so some of the message must
 * have come first. To move megabytes of it, when they have, would take a turn.
 */
static bool make_room(struct qc_framing *framing, size_t extra)
{
    return qc_buffer_size(&framing->body) + extra <= BELIEVED_FROM ||
           qc_buffer_reserve(&framing->body, message_size(framing->prefix));
}

enum qc_framing_answer qc_framing_next(struct qc_framing *framing,
                                       struct qc_bytes *input,
                                       uint32_t size_max,
                                       struct qc_bytes *message_out)
{
    size_t missing;

    if (framing->whole) {
        framing->whole = false;
        framing->n_prefix = 0;
        qc_buffer_clear(&framing->body);
    }
    while (framing->n_prefix < QC_FRAMING_PREFIX_SIZE) {
        if (input->size == 0) {
            return QC_FRAMING_MORE;
        }
        framing->prefix[framing->n_prefix++] = input->data[0];
        skip(input, 1);
    }
    if (framing->prefix[0] != 0) {
        return QC_FRAMING_COMPRESSED;
    }
    if (message_size(framing->prefix) > size_max) {
        return QC_FRAMING_TOO_BIG;
    }
    missing = message_size(framing->prefix) - qc_buffer_size(&framing->body);
    if (missing > input->size) {
        missing = input->size;
    }
    if (!make_room(framing, missing) ||
        !qc_buffer_add(&framing->body, input->data, missing)) {
        return QC_FRAMING_NOMEM;
    }
    skip(input, missing);
    if (qc_buffer_size(&framing->body) < message_size(framing->prefix)) {
        return QC_FRAMING_MORE;
    }
    framing->whole = true;
    *message_out = qc_buffer_bytes(&framing->body);
    return QC_FRAMING_MESSAGE;
}

bool qc_framing_inside(const struct qc_framing *framing)
{
    return framing->n_prefix > 0 && !framing->whole;
}

static bool write_flagged(struct qc_buffer *output,
                          uint8_t flags,
                          struct qc_bytes message)
{
    uint8_t prefix[QC_FRAMING_PREFIX_SIZE] = {flags};
    size_t before = qc_buffer_size(output);

    assert(message.size <= UINT32_MAX);

    for (unsigned i = 1; i < QC_FRAMING_PREFIX_SIZE; i++) {
        prefix[i] = (uint8_t)(message.size >> 8 * (4 - i));
    }
    if (!qc_buffer_add(output, prefix, sizeof(prefix))) {
        return false;
    }
    if (!qc_buffer_add(output, message.data, message.size)) {
        output->end = output->begin + before;
        return false;
    }
    return true;
}

bool qc_framing_write(struct qc_buffer *output, struct qc_bytes message)
{
    return write_flagged(output, 0, message);
}

bool qc_framing_write_end(struct qc_buffer *output, struct qc_bytes message)
{
    return write_flagged(output, FLAG_END, message);
}
