#include "machine/sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* FIPS 180-4, of "abc". */
static const uint8_t of_abc[QC_SHA256_SIZE] = {
    0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
    0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
    0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
};

static struct qc_bytes bytes_of(const char *text)
{
    return (struct qc_bytes){(const uint8_t *)text, strlen(text)};
}

static void pieces_are_hashed_as_the_whole(void **state)
{
    const struct qc_bytes whole = bytes_of("abc");
    const struct qc_bytes parts[] = {bytes_of("a"), {NULL, 0}, bytes_of("bc")};
    uint8_t hash[QC_SHA256_SIZE];

    (void)state;
    qc_sha256(&whole, 1, hash);
    assert_memory_equal(hash, of_abc, sizeof(hash));
    qc_sha256(parts, sizeof(parts) / sizeof(parts[0]), hash);
    assert_memory_equal(hash, of_abc, sizeof(hash));
}

static void a_hash_may_replace_what_it_is_of(void **state)
{
    uint8_t chain[QC_SHA256_SIZE];
    uint8_t copy[QC_SHA256_SIZE];
    uint8_t hash[QC_SHA256_SIZE];
    const struct qc_bytes parts[] = {{chain, sizeof(chain)}, bytes_of("next")};
    const struct qc_bytes apart[] = {{copy, sizeof(copy)}, bytes_of("next")};

    (void)state;
    memcpy(chain, of_abc, sizeof(chain));
    memcpy(copy, of_abc, sizeof(copy));
    qc_sha256(apart, 2, hash);
    qc_sha256(parts, 2, chain);

    assert_memory_equal(chain, hash, sizeof(chain));
    assert_memory_not_equal(chain, copy, sizeof(chain));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_hashed_as_the_whole),
        cmocka_unit_test(a_hash_may_replace_what_it_is_of),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
