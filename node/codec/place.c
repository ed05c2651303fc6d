#include "codec/place.h"

#include <assert.h>
#include <string.h>

/* Text that grows at its end, and is always ended by a NUL. */
struct text {
    char *end;
    size_t left; /* Without the NUL. */
};

static void add(struct text *text, const char *more)
{
    size_t size = strlen(more);

    if (size > text->left) {
        size = text->left;
        /* Not in the middle of a character. */
        while (size > 0 && ((unsigned char)more[size] & 0xc0) == 0x80) {
            size--;
        }
        text->left = size;
    }
    memcpy(text->end, more, size);
    text->end += size;
    text->left -= size;
    *text->end = '\0';
}

static void add_number(struct text *text, unsigned long number)
{
    char digits[3 * sizeof(number) + 1];
    char *first = &digits[sizeof(digits) - 1];

    *first = '\0';
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    add(text, first);
}

/* As deep as messages are at most: QC_DEPTH_MAX. */
static void add_place(struct text *text, const struct qc_place *place)
{
    if (place->outer != NULL) {
        add_place(text, place->outer);
        add(text, ".");
    }
    add(text, place->name);
    if (place->key != NULL) {
        add(text, "[\"");
        add(text, place->key);
        add(text, "\"]");
    } else if (place->index != QC_NO_INDEX) {
        add(text, "[");
        add_number(text, (unsigned long)place->index);
        add(text, "]");
    }
}

enum qc_codec_answer qc_wrong(enum qc_codec_answer answer,
                              const struct qc_place *place,
                              const char *text,
                              struct qc_codec_error *error_out)
{
    struct text where = {error_out->where, sizeof(error_out->where) - 1};
    struct text what = {error_out->text, sizeof(error_out->text) - 1};

    assert(answer != QC_CODEC_OK);

    add(&where, "");
    add(&what, text);
    if (place != NULL) {
        add_place(&where, place);
    }
    return answer;
}
