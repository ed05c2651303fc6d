#include "machine/text.h"

#include <string.h>

#include "machine/store.h"

enum {
    DECIMAL_SIZE = 21, /* "-9223372036854775808" and its NUL. */
};

const char *qc_text_decimal(struct qc_txn *txn, int64_t number)
{
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    char digits[DECIMAL_SIZE];
    size_t at = sizeof(digits) - 1;

    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0) {
        digits[--at] = '-';
    }
    return qc_copy(txn, digits + at);
}

const char *qc_text_join(struct qc_txn *txn,
                         const char *const *parts,
                         size_t n_parts)
{
    size_t size = 1;
    size_t at = 0;
    char *text;

    for (size_t i = 0; i < n_parts; i++) {
        size += strlen(parts[i]);
    }
    text = qc_alloc(txn, size);
    if (text == NULL) {
        return "";
    }
    for (size_t i = 0; i < n_parts; i++) {
        size_t length = strlen(parts[i]);

        memcpy(text + at, parts[i], length);
        at += length;
    }
    text[at] = '\0';
    return text;
}
