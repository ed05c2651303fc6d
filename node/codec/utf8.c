#include "codec/utf8.h"

#include <string.h>

/* How many bytes the character at |at| has; 0 when there is none. The first
 * byte says how many follow, and within what the second must be. */
static size_t character_size(const uint8_t *at, size_t left)
{
    uint8_t first = at[0];
    uint8_t least = 0x80;
    uint8_t most = 0xbf;
    size_t size;

    if (first < 0x80) {
        return first == 0 ? 0 : 1;
    }
    if (first < 0xc2 || first > 0xf4) {
        return 0;
    }
    size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first == 0xe0) {
        least = 0xa0; /* Below, two bytes would have done. */
    } else if (first == 0xed) {
        most = 0x9f; /* Above are surrogates. */
    } else if (first == 0xf0) {
        least = 0x90; /* Below, three bytes would have done. */
    } else if (first == 0xf4) {
        most = 0x8f; /* Above, Unicode ends. */
    }
    if (size > left || at[1] < least || at[1] > most) {
        return 0;
    }
    for (size_t i = 2; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return size;
}

/* Whether eight bytes are ASCII without NUL, which nearly all text is. A byte
 * of 0 borrows, and so gets its highest bit, as those beyond ASCII have it. */
static bool is_ascii(uint64_t word)
{
    static const uint64_t ones = UINT64_C(0x0101010101010101);

    return ((word | (word - ones)) & (ones << 7)) == 0;
}

static uint64_t word_at(const uint8_t *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return word;
}

/* How many of the bytes from |at| on are sure to be such. */
static size_t ascii_size(const uint8_t *at, size_t left)
{
    size_t size = 0;

    while (left - size >= sizeof(uint64_t) && is_ascii(word_at(at + size))) {
        size += sizeof(uint64_t);
    }
    /* The last eight overlap with those before. */
    if (size > 0 && left - size < sizeof(uint64_t) &&
        is_ascii(word_at(at + left - sizeof(uint64_t)))) {
        size = left;
    }
    return size;
}

bool qc_utf8_is_text(struct qc_bytes text)
{
    size_t at = ascii_size(text.data, text.size);

    while (at < text.size) {
        size_t size = character_size(text.data + at, text.size - at);

        if (size == 0) {
            return false;
        }
        at += size;
    }
    return true;
}
