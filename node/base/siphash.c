#include "base/siphash.h"

#include <stddef.h>

static uint64_t load_le64(const uint8_t *bytes, size_t n)
{
    uint64_t value = 0;

    for (size_t i = 0; i < n; i++) {
        value |= (uint64_t)bytes[i] << (8 * i);
    }
    return value;
}

static uint64_t rotate(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

static void rounds(uint64_t v[4], unsigned n)
{
    while (n-- > 0) {
        v[0] += v[1];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[0] = rotate(v[0], 32);
        v[2] += v[3];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[2] = rotate(v[2], 32);
    }
}

uint64_t qc_siphash(const uint8_t key[QC_SIPHASH_KEY_SIZE],
                    struct qc_bytes input)
{
    uint64_t k0 = load_le64(key, 8);
    uint64_t k1 = load_le64(key + 8, 8);
    uint64_t v[4] = {
        k0 ^ 0x736f6d6570736575U,
        k1 ^ 0x646f72616e646f6dU,
        k0 ^ 0x6c7967656e657261U,
        k1 ^ 0x7465646279746573U,
    };
    size_t whole = input.size / 8 * 8;
    uint64_t word;

    for (size_t i = 0; i < whole; i += 8) {
        word = load_le64(input.data + i, 8);
        v[3] ^= word;
        rounds(v, 2);
        v[0] ^= word;
    }
    word = (uint64_t)(input.size & 0xff) << 56;
    if (input.size > whole) {
        word |= load_le64(input.data + whole, input.size - whole);
    }
    v[3] ^= word;
    rounds(v, 2);
    v[0] ^= word;
    v[2] ^= 0xff;
    rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
