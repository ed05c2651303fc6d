#include "lib/endpoints.h"

#include <assert.h>
#include <string.h>

enum {
    REST_MS = 1000,
};

static const char SCHEME[] = "https://";

/* Whether a port stands behind the last colon, and something before it. */
static bool is_address(const char *text)
{
    const char *colon = strrchr(text, ':');

    return colon != NULL && colon != text && colon[1] != '\0' &&
           strspn(colon + 1, "0123456789") == strlen(colon + 1);
}

bool qc_endpoints_read(struct qc_endpoints *endpoints, const char *list)
{
    *endpoints = (struct qc_endpoints){.n = 0};
    for (;;) {
        char *address = endpoints->addresses[endpoints->n];
        bool secure = strncmp(list, SCHEME, sizeof(SCHEME) - 1) == 0;
        size_t size;

        list += secure ? sizeof(SCHEME) - 1 : 0;
        size = strcspn(list, ",");
        if (size >= QC_ENDPOINT_SIZE) {
            return false;
        }
        memcpy(address, list, size);
        address[size] = '\0';
        if (!is_address(address)) {
            return false;
        }
        endpoints->secure[endpoints->n] = secure;
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
