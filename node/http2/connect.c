#include "http2/connect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http2/call.h"
#include "http2/framing.h"

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

/* --- the end of a stream -------------------------------------------------- */

static bool is_first_of_name(const struct qc_fields *fields,
                             size_t at,
                             const char *name)
{
    const char *earlier;
    const char *value;
    size_t i = 0;

    while (i < at && qc_fields_next(fields, &i, &earlier, &value)) {
        if (i < at && strcmp(earlier, name) == 0) {
            return false;
        }
    }
    return true;
}

/* Appends |name| and all its values, which begin behind |at|. */
static bool add_values(struct qc_buffer *output,
                       const struct qc_fields *fields,
                       size_t at,
                       const char *name)
{
    const char *candidate;
    const char *value;
    bool done = add_string(output, name) && qc_buffer_add_text(output, ":[");
    bool any = false;

    while (done && qc_fields_next(fields, &at, &candidate, &value)) {
        if (strcmp(candidate, name) == 0) {
            done = qc_buffer_add_text(output, any ? "," : "") &&
                   add_string(output, value);
            any = true;
        }
    }
    return done && qc_buffer_add_text(output, "]");
}

static bool add_metadata(struct qc_buffer *output,
                         const struct qc_fields *metadata)
{
    const char *name;
    const char *value;
    size_t before = 0;
    size_t at = 0;
    bool done = qc_buffer_add_text(output, "\"metadata\":{");

    while (done && qc_fields_next(metadata, &at, &name, &value)) {
        if (is_first_of_name(metadata, at, name)) {
            done = qc_buffer_add_text(output, before > 0 ? "," : "") &&
                   add_values(output, metadata, before, name);
        }
        before = at;
    }
    return done && qc_buffer_add_text(output, "}");
}

static bool add_end(struct qc_buffer *output,
                    const struct qc_call_error *error,
                    const struct qc_fields *metadata)
{
    bool done = qc_buffer_add_text(output, "{");

    if (error != NULL) {
        done = done && qc_buffer_add_text(output, "\"error\":") &&
               qc_connect_error_write(output, error);
    }
    if (metadata->n > 0) {
        done = done && qc_buffer_add_text(output, error != NULL ? "," : "") &&
               add_metadata(output, metadata);
    }
    return done && qc_buffer_add_text(output, "}");
}

bool qc_connect_end_write(struct qc_buffer *output,
                          const struct qc_call_error *error,
                          const struct qc_fields *metadata)
{
    struct qc_buffer end = {.data = NULL};
    bool done = add_end(&end, error, metadata) &&
                qc_framing_write_end(output, qc_buffer_bytes(&end));

    qc_buffer_done(&end);
    return done;
}
