#include "machine/code.h"

#include <stdbool.h>
#include <stddef.h>

#include "machine/allocation_index.h"
#include "machine/id.h"
#include "machine/refusal.h"
#include "machine/store.h"

enum {
    COLLISIONS_MAX = 16, /* Then the next free code is taken. */
    SHARE_MAX = 100,     /* At most one of so many codes is live. */
};

/* What everybody tries first: all digits alike, or in a row. */
static bool trivial(const char *code)
{
    int step = code[1] - code[0];

    if (step < -1 || step > 1) {
        return false;
    }
    for (size_t i = 1; code[i] != '\0'; i++) {
        if (code[i] - code[i - 1] != step) {
            return false;
        }
    }
    return true;
}

static void write_digits(char *code, uint32_t length, uint64_t value)
{
    code[length] = '\0';
    for (uint32_t i = length; i > 0; i--) {
        code[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
}

static bool usable(struct qc_txn *txn, const char *number, const char *code)
{
    return !trivial(code) && qc_allocation_of_code(txn, number, code) == 0;
}

int qc_code_draw(struct qc_txn *txn,
                 const char *number,
                 uint32_t length,
                 const char **code_out)
{
    char *code = qc_alloc(txn, length + 1);
    uint64_t space = 1;
    uint64_t value = 0;

    for (uint32_t i = 0; i < length; i++) {
        space *= 10;
    }
    if (qc_allocation_codes_taken(txn, number) >= space / SHARE_MAX) {
        return QC_REFUSED_CODE_SPACE;
    }
    if (code == NULL) {
        return 0; /* The fault outweighs it. */
    }
    for (unsigned n = 0; n < COLLISIONS_MAX; n++) {
        value = qc_random_below(txn, space);
        write_digits(code, length, value);
        if (usable(txn, number, code)) {
            break;
        }
    }
    /* Ends: hardly more than 1 % of the space is taken. */
    while (!usable(txn, number, code) && txn->fault == 0) {
        value = (value + 1) % space;
        write_digits(code, length, value);
    }
    *code_out = code;
    return 0;
}
