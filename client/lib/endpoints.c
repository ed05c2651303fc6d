#include "lib/endpoints.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

enum {
    REST_MS = 1000,
};

static const char *const SCHEMES[] = {
    [QC_SCHEME_HTTP] = "http://",
    [QC_SCHEME_HTTPS] = "https://",
};

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* Takes it off the beginning of |*list|. */
static enum qc_scheme take_scheme(const char **list)
{
    for (enum qc_scheme scheme = QC_SCHEME_HTTP; scheme <= QC_SCHEME_HTTPS;
         scheme++) {
        if (starts_with(*list, SCHEMES[scheme])) {
            *list += strlen(SCHEMES[scheme]);
            return scheme;
        }
    }
    return QC_SCHEME_NONE;
}

/* Whether a port stands behind the last colon, and something before it. */
static bool is_address(const char *text)
{
    const char *colon = strrchr(text, ':');

    return colon != NULL && colon != text && colon[1] != '\0' &&
           strchr(text, '/') == NULL &&
           strspn(colon + 1, "0123456789") == strlen(colon + 1);
}

bool qc_endpoints_read(struct qc_endpoints *endpoints, const char *list)
{
    *endpoints = (struct qc_endpoints){.n = 0};
    for (;;) {
        char *address = endpoints->addresses[endpoints->n];
        size_t size;

        endpoints->schemes[endpoints->n] = take_scheme(&list);
        size = strcspn(list, ",");
        if (size >= QC_ENDPOINT_SIZE) {
            return false;
        }
        memcpy(address, list, size);
        address[size] = '\0';
        if (!is_address(address)) {
            return false;
        }
        endpoints->n++;
        list += size;
        if (*list == '\0') {
            return true;
        }
        list++;
        if (endpoints->n == QC_ENDPOINTS_MAX) {
            return false;
        }
    }
}

bool qc_endpoints_is_loopback(const struct qc_endpoints *endpoints,
                              unsigned which)
{
    char host[QC_ENDPOINT_SIZE];
    uint8_t address[4];

    assert(which < endpoints->n);
    memcpy(host, endpoints->addresses[which], sizeof(host));
    *strrchr(host, ':') = '\0';
    return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
           (inet_pton(AF_INET, host, address) == 1 && address[0] == 127);
}

unsigned qc_endpoints_pick(const struct qc_endpoints *endpoints,
                           unsigned first,
                           int64_t now_ms)
{
    assert(endpoints->n > 0);
    for (unsigned i = 0; i < endpoints->n; i++) {
        unsigned which = (first + i) % endpoints->n;

        if (endpoints->rests_until_ms[which] <= now_ms) {
            return which;
        }
    }
    return first % endpoints->n;
}

void qc_endpoints_rest(struct qc_endpoints *endpoints,
                       unsigned which,
                       int64_t now_ms)
{
    endpoints->rests_until_ms[which] = now_ms + REST_MS;
}
