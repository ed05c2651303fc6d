#include "http2/base64.h"

#include <string.h>

static const char ALPHABET[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool qc_base64_write(struct qc_buffer *output, struct qc_bytes bytes)
{
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t n = bytes.size - i < 3 ? bytes.size - i : 3;
        uint32_t group = (uint32_t)bytes.data[i] << 16;
        char text[4];

        if (n > 1) {
            group |= (uint32_t)bytes.data[i + 1] << 8;
        }
        if (n > 2) {
            group |= bytes.data[i + 2];
        }
        for (unsigned digit = 0; digit < 4; digit++) {
            text[digit] = ALPHABET[group >> (18 - 6 * digit) & 63];
        }
        if (!qc_buffer_add(output, text, n + 1)) {
            return false;
        }
    }
    return true;
}

bool qc_base64_read(struct qc_buffer *output, const char *text)
{
    size_t size = strlen(text);
    uint32_t bits = 0;
    unsigned n_bits = 0;

    for (unsigned i = 0; i < 2 && size > 0 && text[size - 1] == '='; i++) {
        size--;
    }
    for (size_t i = 0; i < size; i++) {
        const char *digit = memchr(ALPHABET, text[i], sizeof(ALPHABET) - 1);
        uint8_t byte;

        if (digit == NULL) {
            return false;
        }
        bits = (bits << 6 | (uint32_t)(digit - ALPHABET)) & 0xffffU;
        n_bits += 6;
        if (n_bits < 8) {
            continue;
        }
        n_bits -= 8;
        byte = (uint8_t)(bits >> n_bits);
        if (!qc_buffer_add(output, &byte, 1)) {
            return false;
        }
    }
    /* A lone last digit says less than a byte. */
    return n_bits < 6;
}
