#include "storage/text.h"

#include <stdarg.h>
#include <stdio.h>

struct qc_text qc_text_of(char *out, size_t size)
{
    struct qc_text text = {.size = size};

    text.out = out;
    return text;
}

int qc_say(struct qc_text text, int fault, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text.out, text.size, format, arguments);
    va_end(arguments);
    return fault;
}
