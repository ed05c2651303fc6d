#include "http2/grpc.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nghttp2/nghttp2.h>

#include "google/protobuf/any.pb-c.h"
#include "google/rpc/status.pb-c.h"
#include "http2/call.h"

enum {
    DIGITS_MAX = 8,
    MILLISECONDS_MAX = 99999999, /* Eight digits. */
    DETAILS_MAX = 8,
    TYPE_URL_SIZE = 128,
};

static const char TYPE_PREFIX[] = "type.googleapis.com/";

/* --- deadlines ------------------------------------------------------------ */

static bool timeout_of(int64_t count, char unit, int64_t *timeout_ms_out)
{
    switch (unit) {
    case 'H':
        *timeout_ms_out = count * 3600 * 1000;
        return true;
    case 'M':
        *timeout_ms_out = count * 60 * 1000;
        return true;
    case 'S':
        *timeout_ms_out = count * 1000;
        return true;
    case 'm':
        *timeout_ms_out = count;
        return true;
    case 'u':
        *timeout_ms_out = (count + 999) / 1000;
        return true;
    case 'n':
        *timeout_ms_out = (count + 999999) / 1000000;
        return true;
    default:
        return false;
    }
}

bool qc_grpc_timeout_read(const char *text, int64_t *timeout_ms_out)
{
    size_t n_digits = strspn(text, "0123456789");

    return n_digits >= 1 && n_digits <= DIGITS_MAX &&
           strlen(text) == n_digits + 1 &&
           timeout_of(strtoll(text, NULL, 10), text[n_digits], timeout_ms_out);
}

void qc_grpc_timeout_write(int64_t timeout_ms, char text[QC_GRPC_TIMEOUT_SIZE])
{
    int64_t timeout_s = timeout_ms / 1000;

    assert(timeout_ms > 0);

    if (timeout_ms <= MILLISECONDS_MAX) {
        snprintf(text, QC_GRPC_TIMEOUT_SIZE, "%" PRId64 "m", timeout_ms);
        return;
    }
    if (timeout_s > MILLISECONDS_MAX) {
        timeout_s = MILLISECONDS_MAX;
    }
    snprintf(text, QC_GRPC_TIMEOUT_SIZE, "%" PRId64 "S", timeout_s);
}

/* --- grpc-message --------------------------------------------------------- */

/* The size of |text|, cut between two characters when it is too long. */
static size_t cut(const char *text)
{
    size_t size = strnlen(text, QC_GRPC_MESSAGE_MAX + 1);

    if (size <= QC_GRPC_MESSAGE_MAX) {
        return size;
    }
    size = QC_GRPC_MESSAGE_MAX;
    while (size > 0 && ((unsigned char)text[size] & 0xc0U) == 0x80U) {
        size--;
    }
    return size;
}

bool qc_grpc_message_write(struct qc_buffer *output, const char *text)
{
    static const char HEX[] = "0123456789ABCDEF";
    size_t size = cut(text);

    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        char escaped[] = {'%', HEX[byte >> 4], HEX[byte & 15U]};
        bool plain = byte >= 0x20 && byte <= 0x7e && byte != '%';

        if (!(plain ? qc_buffer_add(output, &byte, 1)
                    : qc_buffer_add(output, escaped, sizeof(escaped)))) {
            return false;
        }
    }
    return true;
}

/* The byte that two hexadecimal digits at |text| stand for; -1 when there are
 * none. */
static int hex_byte(const char *text)
{
    char digits[3] = {0};

    if (strspn(text, "0123456789abcdefABCDEF") < 2) {
        return -1;
    }
    memcpy(digits, text, 2);
    return (int)strtol(digits, NULL, 16);
}

bool qc_grpc_message_read(struct qc_buffer *output, const char *text)
{
    while (*text != '\0') {
        int escaped = *text == '%' ? hex_byte(text + 1) : -1;
        uint8_t byte = (uint8_t)*text;

        /* An escaped NUL would end the text early. */
        if (escaped > 0) {
            byte = (uint8_t)escaped;
            text += 2;
        }
        if (!qc_buffer_add(output, &byte, 1)) {
            return false;
        }
        text++;
    }
    return qc_buffer_add(output, "", 1);
}

/* --- grpc-status-details-bin ---------------------------------------------- */

static bool status_write(struct qc_buffer *output,
                         const Google__Rpc__Status *status)
{
    size_t size = google__rpc__status__get_packed_size(status);
    uint8_t packed[QC_GRPC_DETAILS_MAX];

    if (size > sizeof(packed)) {
        return true;
    }
    google__rpc__status__pack(status, packed);
    return qc_buffer_add_base64(output, (struct qc_bytes){packed, size});
}

bool qc_grpc_details_write(struct qc_buffer *output,
                           const struct qc_call_error *error)
{
    Google__Rpc__Status status = GOOGLE__RPC__STATUS__INIT;
    Google__Protobuf__Any any[DETAILS_MAX];
    Google__Protobuf__Any *details[DETAILS_MAX];
    char type_urls[DETAILS_MAX][TYPE_URL_SIZE];

    if (error->n_details == 0 || error->n_details > DETAILS_MAX) {
        return true;
    }
    for (unsigned i = 0; i < error->n_details; i++) {
        struct qc_bytes value = error->details[i].value;

        snprintf(type_urls[i], TYPE_URL_SIZE, "%s%s", TYPE_PREFIX,
                 error->details[i].type);
        google__protobuf__any__init(&any[i]);
        any[i].type_url = type_urls[i];
        /* protobuf-c has no const bytes; packing only reads them. */
        any[i].value.data = (uint8_t *)(uintptr_t)value.data;
        any[i].value.len = value.size;
        details[i] = &any[i];
    }
    status.code = (int32_t)error->status;
    status.message = error->message;
    status.details = details;
    status.n_details = error->n_details;
    return status_write(output, &status);
}

/* --- all of an error ------------------------------------------------------ */

static bool add(struct qc_fields *fields,
                const char *name,
                struct qc_bytes value)
{
    struct qc_bytes name_bytes = {(const uint8_t *)name, strlen(name)};

    return qc_fields_add(fields, name_bytes, value);
}

bool qc_grpc_failure_write(struct qc_fields *fields,
                           const struct qc_call_error *error)
{
    struct qc_buffer message = {.data = NULL};
    struct qc_buffer details = {.data = NULL};
    char status[12];
    int size = snprintf(status, sizeof(status), "%d", (int)error->status);
    bool done =
        qc_grpc_message_write(&message, error->message) &&
        qc_grpc_details_write(&details, error) &&
        add(fields, "grpc-status",
            (struct qc_bytes){(const uint8_t *)status, (size_t)size}) &&
        add(fields, "grpc-message", qc_buffer_bytes(&message)) &&
        (qc_buffer_size(&details) == 0 ||
         add(fields, "grpc-status-details-bin", qc_buffer_bytes(&details)));

    qc_buffer_done(&message);
    qc_buffer_done(&details);
    return done;
}

/* --- statuses ------------------------------------------------------------- */

enum qc_status qc_grpc_status_read(const char *text)
{
    size_t size = strspn(text, "0123456789");
    long code;

    if (size < 1 || size > 2 || text[size] != '\0') {
        return QC_STATUS_UNKNOWN;
    }
    code = strtol(text, NULL, 10);
    return code <= QC_STATUS_UNAUTHENTICATED ? (enum qc_status)code
                                             : QC_STATUS_UNKNOWN;
}

enum qc_status qc_grpc_status_of_http(long http)
{
    switch (http) {
    case 400:
        return QC_STATUS_INTERNAL;
    case 401:
        return QC_STATUS_UNAUTHENTICATED;
    case 403:
        return QC_STATUS_PERMISSION_DENIED;
    case 404:
        return QC_STATUS_UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504:
        return QC_STATUS_UNAVAILABLE;
    default:
        return QC_STATUS_UNKNOWN;
    }
}

enum qc_status qc_grpc_status_of_reset(uint32_t error_code)
{
    switch (error_code) {
    case NGHTTP2_REFUSED_STREAM:
        return QC_STATUS_UNAVAILABLE;
    case NGHTTP2_CANCEL:
        return QC_STATUS_CANCELLED;
    case NGHTTP2_ENHANCE_YOUR_CALM:
        return QC_STATUS_RESOURCE_EXHAUSTED;
    case NGHTTP2_INADEQUATE_SECURITY:
        return QC_STATUS_PERMISSION_DENIED;
    default:
        return QC_STATUS_INTERNAL;
    }
}
