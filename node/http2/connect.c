#include "http2/connect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http2/call.h"

enum {
    DIGITS_MAX = 10,
};

bool qc_connect_timeout_read(const char *text, int64_t *timeout_ms_out)
{
    size_t n_digits = strspn(text, "0123456789");

    if (n_digits < 1 || n_digits > DIGITS_MAX || text[n_digits] != '\0') {
        return false;
    }
    *timeout_ms_out = strtoll(text, NULL, 10);
    return true;
}

/* Appends |text|, which is UTF-8, as a JSON string. */
static bool add_string(struct qc_buffer *output, const char *text)
{
    bool done = qc_buffer_add_text(output, "\"");

    for (; done && *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        char escaped[8];

        if (byte < 0x20) {
            snprintf(escaped, sizeof(escaped), "\\u%04x", byte);
            done = qc_buffer_add_text(output, escaped);
        } else if (byte == '"' || byte == '\\') {
            snprintf(escaped, sizeof(escaped), "\\%c", byte);
            done = qc_buffer_add_text(output, escaped);
        } else {
            done = qc_buffer_add(output, text, 1);
        }
    }
    return done && qc_buffer_add_text(output, "\"");
}

static bool add_detail(struct qc_buffer *output,
                       const struct qc_call_detail *detail)
{
    return qc_buffer_add_text(output, "{\"type\":") &&
           add_string(output, detail->type) &&
           qc_buffer_add_text(output, ",\"value\":\"") &&
           qc_buffer_add_base64(output, detail->value) &&
           qc_buffer_add_text(output, "\"}");
}

bool qc_connect_error_write(struct qc_buffer *output,
                            const struct qc_call_error *error)
{
    bool done = qc_buffer_add_text(output, "{\"code\":") &&
                add_string(output, qc_status_connect_name(error->status)) &&
                qc_buffer_add_text(output, ",\"message\":") &&
                add_string(output, error->message) &&
                qc_buffer_add_text(
                    output, error->n_details > 0 ? ",\"details\":[" : "");

    for (unsigned i = 0; done && i < error->n_details; i++) {
        done = qc_buffer_add_text(output, i > 0 ? "," : "") &&
               add_detail(output, &error->details[i]);
    }
    return done &&
           qc_buffer_add_text(output, error->n_details > 0 ? "]}" : "}");
}
