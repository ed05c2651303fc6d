#include "base/quoted.h"

#include <assert.h>

const char *qc_quoted(char *to, size_t size, const char *text)
{
    size_t n = 0;

    assert(size >= 3); /* Two quotes, and the end. */

    to[n++] = '"';
    /* Room for an escaped character, the quote and the end. */
    for (; *text != '\0' && n + 4 <= size; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\') {
            to[n++] = '\\';
        }
        to[n++] = c < ' ' || c == 0x7f ? ' ' : *text;
    }
    to[n++] = '"';
    to[n] = '\0';
    return to;
}
