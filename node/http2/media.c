#include "http2/media.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

const char qc_media_accepted[] =
    "application/grpc, application/grpc+proto, application/grpc+msgpack, "
    "application/json, application/proto";

static const struct qc_media MEDIA[] = {
    {"application/grpc", QC_CALL_PROTOBUF, true},
    {"application/grpc+proto", QC_CALL_PROTOBUF, true},
    {"application/grpc+msgpack", QC_CALL_MSGPACK, true},
    {"application/grpc+msgpack;keys=name", QC_CALL_MSGPACK_NAMES, true},
    {"application/json", QC_CALL_JSON, false},
    {"application/proto", QC_CALL_PROTOBUF, false},
};

enum {
    N_MEDIA = sizeof(MEDIA) / sizeof(MEDIA[0]),
    MSGPACK = 2,
    MSGPACK_NAMES = 3,
};

static bool has_parameter(const char *parameters, const char *wanted)
{
    while (*parameters == ';') {
        size_t size;

        parameters += 1 + strspn(parameters + 1, " \t");
        size = strcspn(parameters, "; \t");
        if (size == strlen(wanted) &&
            strncasecmp(parameters, wanted, size) == 0) {
            return true;
        }
        parameters += strcspn(parameters, ";");
    }
    return false;
}

const struct qc_media *qc_media_of_content_type(const char *content_type)
{
    size_t size = strcspn(content_type, "; \t");
    const char *parameters = content_type + strcspn(content_type, ";");

    for (size_t i = 0; i < N_MEDIA; i++) {
        if (strlen(MEDIA[i].name) != size ||
            strncasecmp(MEDIA[i].name, content_type, size) != 0) {
            continue;
        }
        if (i == MSGPACK && has_parameter(parameters, "keys=name")) {
            return &MEDIA[MSGPACK_NAMES];
        }
        return &MEDIA[i];
    }
    return NULL;
}

const char *qc_media_of_form(enum qc_call_form form)
{
    assert(form != QC_CALL_JSON);

    switch (form) {
    case QC_CALL_MSGPACK:
        return MEDIA[MSGPACK].name;
    case QC_CALL_MSGPACK_NAMES:
        return MEDIA[MSGPACK_NAMES].name;
    case QC_CALL_PROTOBUF:
    case QC_CALL_JSON:
    default:
        return "application/grpc+proto";
    }
}
