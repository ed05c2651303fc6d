#include "machine/origin.h"

#include <string.h>

#include "machine/index.h"
#include "machine/store.h"

static const char HTTP[] = "http://";
static const char HTTPS[] = "https://";
static const char ANY_BELOW[] = "https://*.";

enum {
    PORT_DIGITS_MAX = 5,
    /* More labels than a name of this length can have. */
    LABELS_MAX = QC_ORIGIN_LENGTH_MAX / 2 + 1,
};

static bool begins_with(const char *text, const char *head)
{
    return strncmp(text, head, strlen(head)) == 0;
}

/* "www.example.com", "www.example.com:8443" or "[::1]:8443": as browsers write
 * it, in lower case and without a path, or it would never be equal to what they
 * send. */
static bool is_host(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
    size_t size;

    if (text[0] == '[') {
        size = 1 + strspn(text + 1, "0123456789abcdef:.");
        if (size == 1 || text[size] != ']') {
            return false;
        }
        size++;
    } else {
        size = strspn(text, letters);
    }
    if (size == 0 || text[0] == '.') {
        return false;
    }
    if (text[size] == ':') {
        size_t digits = strspn(text + size + 1, "0123456789");

        if (digits == 0 || digits > PORT_DIGITS_MAX) {
            return false;
        }
        size += 1 + digits;
    }
    return text[size] == '\0';
}

/* Two labels at least, for "*.com" would be nearly everybody. */
static bool is_listed_origin(const char *text)
{
    if (strlen(text) > QC_ORIGIN_LENGTH_MAX) {
        return false;
    }
    if (begins_with(text, ANY_BELOW)) {
        const char *name = text + sizeof(ANY_BELOW) - 1;
        const char *dot = strchr(name, '.');

        return is_host(name) && dot != NULL && dot[1] != '\0' && dot[1] != ':';
    }
    if (begins_with(text, HTTPS)) {
        return is_host(text + sizeof(HTTPS) - 1);
    }
    return begins_with(text, HTTP) && is_host(text + sizeof(HTTP) - 1);
}

int qc_origins_check(const char *const *list,
                     size_t n,
                     const char *field,
                     struct qc_refusal_detail *detail)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_listed_origin(list[i])) {
            detail->field = field;
            detail->text = "an origin is https://host, http://host or "
                           "https://*.domain, maybe with :port, in lower case";
            return QC_REFUSED_INVALID;
        }
    }
    return 0;
}

static bool is_below(const char *pattern, const char *origin)
{
    const char *tail;
    size_t tail_size;
    size_t size = strlen(origin);

    if (!begins_with(pattern, ANY_BELOW) || !begins_with(origin, HTTPS)) {
        return false;
    }
    tail = pattern + sizeof(ANY_BELOW) - 2; /* With its dot. */
    tail_size = strlen(tail);
    return size > sizeof(HTTPS) - 1 + tail_size &&
           strcmp(origin + size - tail_size, tail) == 0;
}

bool qc_origins_hold(const char *const *list, size_t n, const char *origin)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i], origin) == 0 || is_below(list[i], origin)) {
            return true;
        }
    }
    return false;
}

static struct qc_key origin_key(const char *scheme, const char *rest)
{
    struct qc_key key;

    qc_key_begin(&key, 0, QC_SPACE_ORIGIN);
    qc_key_put_bytes(
        &key, (struct qc_bytes){(const uint8_t *)scheme, strlen(scheme)});
    qc_key_put_str(&key, rest);
    return key;
}

void qc_origins_derive(struct qc_txn *txn,
                       const char *const *list,
                       size_t n,
                       enum qc_derive how)
{
    for (size_t i = 0; i < n; i++) {
        struct qc_key key = origin_key("", list[i]);

        qc_index_add(txn, &key, how);
    }
}

bool qc_origin_is_known(struct qc_txn *txn, const char *origin)
{
    struct qc_key key;
    const char *rest;

    if (strlen(origin) > QC_ORIGIN_LENGTH_MAX) {
        return false;
    }
    key = origin_key("", origin);
    if (qc_index_gauge(txn, &key) > 0) {
        return true;
    }
    if (!begins_with(origin, HTTPS)) {
        return false;
    }
    rest = origin + sizeof(HTTPS) - 1;
    rest = rest[0] != '.' ? strchr(rest, '.') : NULL;
    for (unsigned i = 0; rest != NULL && i < LABELS_MAX; i++) {
        key = origin_key(ANY_BELOW, rest + 1);
        if (qc_index_gauge(txn, &key) > 0) {
            return true;
        }
        rest = strchr(rest + 1, '.');
    }
    return false;
}
