/* Text of others as one value in a line of logfmt. */
#ifndef QC_BASE_QUOTED_H
#define QC_BASE_QUOTED_H

#include <stddef.h>

/* Writes |text| between quotes into |to|, and returns |to|: a quote or
 * backslash in it is escaped, a control character is a space, and what finds no
 * room in |size| bytes (at least 3) is left out. So it can neither end its
 * value nor its line. */
const char *qc_quoted(char *to, size_t size, const char *text);

#endif
