#include "rpc/phone_book.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
    N_ENTRIES = 4096,
    TEXT_SIZE = 24, /* Longer ones are rare, and are read each time. */
    COUNTRY_SIZE = 3,
};

struct entry {
    char text[TEXT_SIZE]; /* "": nothing is known. */
    char country[COUNTRY_SIZE];
    bool good; /* It is a number: |e164|. */
    char e164[QC_E164_SIZE];
};

struct qc_phone_book {
    struct entry entries[N_ENTRIES];
};

struct qc_phone_book *qc_phone_book_new(void)
{
    return calloc(1, sizeof(struct qc_phone_book));
}

void qc_phone_book_free(struct qc_phone_book *book)
{
    free(book);
}

static bool known(const struct entry *entry,
                  const char *text,
                  const char *country)
{
    return strcmp(entry->text, text) == 0 &&
           strcmp(entry->country, country) == 0;
}

bool qc_phone_book_read(struct qc_phone_book *book,
                        const char *text,
                        const char *country,
                        char e164_out[QC_E164_SIZE])
{
    size_t size = strnlen(text, TEXT_SIZE);
    size_t country_size = strnlen(country, COUNTRY_SIZE);
    struct entry *entry = &book->entries[XXH3_64bits(text, size) % N_ENTRIES];

    if (size == 0 || size == TEXT_SIZE || country_size == COUNTRY_SIZE) {
        return qc_phone_read(text, country, e164_out);
    }
    if (!known(entry, text, country)) {
        *entry = (struct entry){.good = false};
        entry->good = qc_phone_read(text, country, entry->e164);
        memcpy(entry->text, text, size);
        memcpy(entry->country, country, country_size);
    }
    if (entry->good) {
        memcpy(e164_out, entry->e164, sizeof(entry->e164));
    }
    return entry->good;
}
