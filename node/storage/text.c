#include "storage/text.h"

#include <stdarg.h>
#include <stdio.h>

int qc_say(struct qc_text text, int fault, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text.out, text.size, format, arguments);
    va_end(arguments);
    return fault;
}
