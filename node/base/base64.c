#include "base/base64.h"

#include <string.h>

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t qc_base64_text_size(size_t size)
{
    return (size + 2) / 3 * 4;
}

void qc_base64_write(struct qc_bytes bytes, char *text)
{
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t left = bytes.size - i;
        uint32_t three = (uint32_t)bytes.data[i] << 16;

        three |= left > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0;
        three |= left > 2 ? bytes.data[i + 2] : 0;
        *text++ = alphabet[three >> 18];
        *text++ = alphabet[three >> 12 & 63];
        *text++ = left > 1 ? alphabet[three >> 6 & 63] : '=';
        *text++ = left > 2 ? alphabet[three & 63] : '=';
    }
}

size_t qc_base64_size_max(const char *text)
{
    return strlen(text) / 4 * 3 + 3;
}

/* The 6 bits of a letter; false when it has none. */
static bool bits_of(char letter, uint32_t *bits_out)
{
    const char *at;

    if (letter == '-') {
        letter = '+';
    } else if (letter == '_') {
        letter = '/';
    }
    at = letter == '\0' ? NULL : strchr(alphabet, letter);
    if (at == NULL) {
        return false;
    }
    *bits_out = (uint32_t)(at - alphabet);
    return true;
}

bool qc_base64_read(const char *text, uint8_t *bytes, size_t *size_out)
{
    uint32_t gathered = 0;
    unsigned n_bits = 0;
    size_t n_letters = 0;
    size_t n_padding;
    size_t size = 0;
    uint32_t bits;

    for (; bits_of(*text, &bits); text++) {
        gathered = gathered << 6 | bits;
        n_bits += 6;
        n_letters++;
        if (n_bits >= 8) {
            n_bits -= 8;
            bytes[size++] = (uint8_t)(gathered >> n_bits);
            gathered &= (1U << n_bits) - 1;
        }
    }
    n_padding = strspn(text, "=");
    if (text[n_padding] != '\0' || n_letters % 4 == 1 || gathered != 0 ||
        (n_padding > 0 && n_padding != (4 - n_letters % 4) % 4)) {
        return false;
    }
    *size_out = size;
    return true;
}
