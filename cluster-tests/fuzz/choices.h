/* An input as choices: what to do next, with which text, how often. */
#ifndef QC_FUZZ_CHOICES_H
#define QC_FUZZ_CHOICES_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* What is left of the input. At its end every choice is 0, or empty. */
struct choices {
    struct qc_bytes left;
};

/* |n| bytes, at most 8, big-endian. */
uint64_t choices_number(struct choices *choices, unsigned n);

/* |size| bytes, or as many as are left; borrowed from the input. */
struct qc_bytes choices_bytes(struct choices *choices, size_t size);

/* The same as text, up to its first NUL: the caller frees. */
char *choices_text(struct choices *choices, size_t size);

/* All that is left. */
struct qc_bytes choices_rest(struct choices *choices);

/* The other way round, to write seeds; freed by chosen_done(). All zero is an
 * empty input. */
struct chosen {
    uint8_t *bytes;
    size_t size;
};

void chosen_number(struct chosen *chosen, uint64_t number, unsigned n);
void chosen_bytes(struct chosen *chosen, struct qc_bytes bytes);
void chosen_text(struct chosen *chosen, const char *text);
void chosen_done(struct chosen *chosen);

#endif
