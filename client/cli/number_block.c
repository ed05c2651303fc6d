#include "cli/number_block.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    E164_DIGITS_MAX = 15,
};

uint32_t qc_number_block_count(const Qc__Config__NumberBlock *block)
{
    return block->count > 0 ? block->count : 1;
}

/* Reads "+44 20 7946-0000" as a number. False when it is not written so. */
static bool digits_read(const char *text, uint64_t *value_out, int *n_out)
{
    uint64_t value = 0;
    int n = 0;

    if (*text++ != '+') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (strchr(" -.()/", *text) != NULL) {
            continue;
        }
        if (*text < '0' || *text > '9' || n == E164_DIGITS_MAX) {
            return false;
        }
        value = value * 10 + (uint64_t)(*text - '0');
        n++;
    }
    *value_out = value;
    *n_out = n;
    return n > 0;
}

bool qc_number_block_at(const Qc__Config__NumberBlock *block,
                        uint32_t i,
                        char number_out[QC_BLOCK_NUMBER_SIZE])
{
    uint64_t first;
    int n_digits;
    int size;

    if (qc_number_block_count(block) == 1) {
        size = snprintf(number_out, QC_BLOCK_NUMBER_SIZE, "%s", block->first);
        return size < QC_BLOCK_NUMBER_SIZE;
    }
    if (!digits_read(block->first, &first, &n_digits)) {
        return false;
    }
    size = snprintf(number_out, QC_BLOCK_NUMBER_SIZE, "+%0*" PRIu64, n_digits,
                    first + i);
    return size == n_digits + 1;
}
