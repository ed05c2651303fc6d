/* Where to put what is said of a fault. */
#ifndef QC_STORAGE_TEXT_H
#define QC_STORAGE_TEXT_H

#include <stddef.h>

struct qc_text {
    char *out;
    size_t size;
};

struct qc_text qc_text_of(char *out, size_t size);

/* Says it, and returns |fault|. */
__attribute__((format(printf, 3, 4))) int qc_say(struct qc_text text,
                                                 int fault,
                                                 const char *format,
                                                 ...);

#endif
