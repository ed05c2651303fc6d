#include "http2/media.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define CONNECT_STREAM "application/connect+json, application/connect+proto"
#define GRPC \
    "application/grpc, application/grpc+proto, application/grpc+msgpack"

enum {
    MSGPACK = 2,
    MSGPACK_NAMES = 3,
    JSON = 4,
};

static const struct qc_media MEDIA[] = {
    {"application/grpc", QC_CALL_PROTOBUF, true, false},
    {"application/grpc+proto", QC_CALL_PROTOBUF, true, false},
    [MSGPACK] = {"application/grpc+msgpack", QC_CALL_MSGPACK, true, false},
    [MSGPACK_NAMES] = {"application/grpc+msgpack;keys=name",
                       QC_CALL_MSGPACK_NAMES, true, false},
    [JSON] = {"application/json", QC_CALL_JSON, false, false},
    {"application/proto", QC_CALL_PROTOBUF, false, false},
    {"application/connect+json", QC_CALL_JSON, false, true},
    {"application/connect+proto", QC_CALL_PROTOBUF, false, true},
};

enum {
    N_MEDIA = sizeof(MEDIA) / sizeof(MEDIA[0]),
};

const struct qc_media *const qc_media_default = &MEDIA[JSON];

bool qc_media_fits(const struct qc_media *media, enum qc_call_kind kind)
{
    switch (kind) {
    case QC_CALL_UNKNOWN:
        return true;
    case QC_CALL_UNARY:
        return !media->connect_stream;
    case QC_CALL_SERVER_STREAM:
    case QC_CALL_BIDI_STREAM:
        return media->grpc || media->connect_stream;
    case QC_CALL_CLIENT_STREAM:
        return media->grpc;
    case QC_CALL_PAGE:
    case QC_CALL_PREFLIGHT:
    default:
        return false;
    }
}

const char *qc_media_accepted(enum qc_call_kind kind)
{
    switch (kind) {
    case QC_CALL_UNARY:
        return GRPC ", application/json, application/proto";
    case QC_CALL_SERVER_STREAM:
    case QC_CALL_BIDI_STREAM:
        return GRPC ", " CONNECT_STREAM;
    case QC_CALL_CLIENT_STREAM:
        return GRPC;
    case QC_CALL_UNKNOWN:
    case QC_CALL_PAGE:
    case QC_CALL_PREFLIGHT:
    default:
        return GRPC ", application/json, application/proto, " CONNECT_STREAM;
    }
}

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
