#include "cluster-tests/fuzz/choices.h"

#include <stdlib.h>
#include <string.h>

#include "cluster-tests/fuzz/target.h"

uint64_t choices_number(struct choices *choices, unsigned n)
{
    struct qc_bytes bytes = choices_bytes(choices, n);
    uint64_t number = 0;

    for (size_t i = 0; i < bytes.size; i++) {
        number = number << 8 | bytes.data[i];
    }
    return number;
}

struct qc_bytes choices_bytes(struct choices *choices, size_t size)
{
    struct qc_bytes bytes = choices->left;

    bytes.size = size < bytes.size ? size : bytes.size;
    choices->left.data += bytes.size;
    choices->left.size -= bytes.size;
    return bytes;
}

char *choices_text(struct choices *choices, size_t size)
{
    struct qc_bytes bytes = choices_bytes(choices, size);
    char *text = malloc(bytes.size + 1);

    FUZZ_MUST(text != NULL);
    memcpy(text, bytes.data, bytes.size);
    text[bytes.size] = '\0';
    return text;
}

struct qc_bytes choices_rest(struct choices *choices)
{
    return choices_bytes(choices, choices->left.size);
}

void chosen_number(struct chosen *chosen, uint64_t number, unsigned n)
{
    uint8_t bytes[sizeof(number)];

    for (unsigned i = 0; i < n; i++) {
        bytes[i] = (uint8_t)(number >> 8 * (n - 1 - i));
    }
    chosen_bytes(chosen, (struct qc_bytes){bytes, n});
}

void chosen_bytes(struct chosen *chosen, struct qc_bytes bytes)
{
    if (bytes.size == 0) {
        return;
    }
    chosen->bytes = realloc(chosen->bytes, chosen->size + bytes.size);
    FUZZ_MUST(chosen->bytes != NULL);
    memcpy(chosen->bytes + chosen->size, bytes.data, bytes.size);
    chosen->size += bytes.size;
}

void chosen_text(struct chosen *chosen, const char *text)
{
    chosen_bytes(chosen,
                 (struct qc_bytes){(const uint8_t *)text, strlen(text)});
}

void chosen_done(struct chosen *chosen)
{
    free(chosen->bytes);
    *chosen = (struct chosen){NULL, 0};
}
