#include "base/status.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    const char *connect;
    int http;
} statuses[] = {
    {"OK", "ok", 200},
#define QC_STATUS(code, name, connect, http) [code] = {#name, connect, http},
#include "base/status.def"
#undef QC_STATUS
};

enum {
    N_STATUSES = sizeof(statuses) / sizeof(statuses[0]),
};

static size_t known(enum qc_status status)
{
    return (size_t)status < N_STATUSES ? (size_t)status : QC_STATUS_UNKNOWN;
}

const char *qc_status_name(enum qc_status status)
{
    return statuses[known(status)].name;
}

const char *qc_status_connect_name(enum qc_status status)
{
    return statuses[known(status)].connect;
}

int qc_status_http(enum qc_status status)
{
    return statuses[known(status)].http;
}

enum qc_status qc_status_of_connect_name(const char *name)
{
    for (size_t i = 1; i < N_STATUSES; i++) {
        if (strcmp(statuses[i].connect, name) == 0) {
            return (enum qc_status)i;
        }
    }
    return QC_STATUS_UNKNOWN;
}
