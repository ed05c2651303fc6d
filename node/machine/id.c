#include "machine/id.h"

#include <assert.h>
#include <string.h>

#include "base/siphash.h"
#include "machine/planted.h"
#include "machine/store.h"

enum {
    ORDINAL_BITS = 20,
    DIGITS = 13, /* Of 5 bits each: 65 bits hold any u64. */
    PREFIX_SIZE = 3,
    NO_DIGIT = 32,
};

static_assert(QC_ID_TEXT_SIZE == PREFIX_SIZE + DIGITS + 1, "as id.h says");
static_assert(sizeof(((struct qc_txn *)0)->entropy) == QC_SIPHASH_KEY_SIZE,
              "entropy is the key");

/* Crockford's base 32: without I, L, O and U. */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

uint64_t qc_id_draw(struct qc_txn *txn)
{
    uint32_t ordinal = txn->n_ids + 1;

    if (ordinal >> ORDINAL_BITS != 0) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return 1;
    }
    txn->n_ids = ordinal;
    return qc_id_of(txn->log_index, ordinal);
}

uint64_t qc_id_of(uint64_t log_index, uint32_t ordinal)
{
    return log_index << ORDINAL_BITS | ordinal;
}

uint64_t qc_id_log_index(uint64_t id)
{
    return id >> ORDINAL_BITS;
}

const char *qc_id_text(struct qc_txn *txn, const char *prefix, uint64_t id)
{
    char text[QC_ID_TEXT_SIZE];

    assert(strlen(prefix) == PREFIX_SIZE);

    memcpy(text, prefix, PREFIX_SIZE);
    for (size_t i = 0; i < DIGITS; i++) {
        text[PREFIX_SIZE + i] = alphabet[id >> (5 * (DIGITS - 1 - i)) & 31];
    }
    text[PREFIX_SIZE + DIGITS] = '\0';
    return qc_copy(txn, text);
}

/* The value of a digit, also of a small one, and of those that are taken for
 * another; NO_DIGIT when it is none. */
static uint64_t value_of(char digit)
{
    /* Of the codes from '0' to 'z'. */
    static const uint8_t values['z' - '0' + 1] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  32, 32, 32, 32, 32,
        32, 32, 10, 11, 12, 13, 14, 15, 16, 17, 1,  18, 19, 1,  20,
        21, 0,  22, 23, 24, 25, 26, 32, 27, 28, 29, 30, 31, 32, 32,
        32, 32, 32, 32, 10, 11, 12, 13, 14, 15, 16, 17, 1,  18, 19,
        1,  20, 21, 0,  22, 23, 24, 25, 26, 32, 27, 28, 29, 30, 31,
    };

    return digit >= '0' && digit <= 'z' ? values[digit - '0'] : NO_DIGIT;
}

bool qc_id_parse(const char *prefix, const char *text, uint64_t *id_out)
{
    uint64_t id = 0;

    assert(strlen(prefix) == PREFIX_SIZE);

    if (strncmp(text, prefix, PREFIX_SIZE) != 0 ||
        strlen(text) != PREFIX_SIZE + DIGITS) {
        return false;
    }
    text += PREFIX_SIZE;
    if (value_of(text[0]) > 15) { /* Only 64 of the 65 bits. */
        return false;
    }
    for (size_t i = 0; i < DIGITS; i++) {
        uint64_t value = value_of(text[i]);

        if (value == NO_DIGIT) {
            return false;
        }
        id = id << 5 | value;
    }
    *id_out = id;
    return true;
}

uint64_t qc_random_draw(struct qc_txn *txn)
{
    uint64_t counter = (uint64_t)txn->ordinal << 32 | txn->n_random++;
    uint8_t be[8];

    if (QC_PLANTED_BUG(11)) {
        return qc_planted_random();
    }
    for (size_t i = 0; i < sizeof(be); i++) {
        be[i] = (uint8_t)(counter >> (8 * (sizeof(be) - 1 - i)));
    }
    return qc_siphash(txn->entropy, (struct qc_bytes){be, sizeof(be)});
}

uint64_t qc_random_below(struct qc_txn *txn, uint64_t bound)
{
    uint64_t drawn;
    uint64_t rest;

    assert(bound != 0);

    /* 2^64 is no multiple of |bound|: the |rest| highest are too many. */
    rest = -bound % bound;
    do {
        drawn = qc_random_draw(txn);
    } while (drawn > UINT64_MAX - rest);
    return drawn % bound;
}

void qc_random_fill(struct qc_txn *txn, uint8_t *bytes, size_t size)
{
    uint64_t drawn = 0;

    for (size_t i = 0; i < size; i++) {
        if (i % sizeof(drawn) == 0) {
            drawn = qc_random_draw(txn);
        }
        bytes[i] = (uint8_t)drawn;
        drawn >>= 8;
    }
}
