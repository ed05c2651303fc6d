#include "lib/failure_details.h"

#include <string.h>

#include "codec/codec.h"
#include "google/protobuf/any.pb-c.h"
#include "google/protobuf/duration.pb-c.h"
#include "google/rpc/error_details.pb-c.h"
#include "google/rpc/status.pb-c.h"
#include "lib/client.h"

/* The message of |type| in |any|; NULL when it holds another, or rubbish. */
static const void *unpack(const Google__Protobuf__Any *any,
                          const ProtobufCMessageDescriptor *type,
                          struct qc_arena *arena)
{
    struct qc_bytes bytes = {any->value.data, any->value.len};
    const char *slash = strrchr(any->type_url, '/');
    ProtobufCMessage *message = NULL;
    struct qc_codec_error error;

    if (slash == NULL || strcmp(slash + 1, type->name) != 0 ||
        qc_decode(QC_FORMAT_PROTOBUF, type, bytes, arena, &message, &error) !=
            QC_CODEC_OK) {
        return NULL;
    }
    return message;
}

static void detail_read(const Google__Protobuf__Any *any,
                        struct qc_arena *arena,
                        struct qc_client_answer *answer)
{
    const Google__Rpc__ErrorInfo *info =
        unpack(any, &google__rpc__error_info__descriptor, arena);
    const Google__Rpc__BadRequest *bad =
        unpack(any, &google__rpc__bad_request__descriptor, arena);
    const Google__Rpc__RetryInfo *retry =
        unpack(any, &google__rpc__retry_info__descriptor, arena);

    if (info != NULL) {
        answer->reason = info->reason;
    }
    if (bad != NULL && bad->n_field_violations > 0) {
        answer->field = bad->field_violations[0]->field;
    }
    if (retry != NULL && retry->retry_delay != NULL &&
        retry->retry_delay->seconds >= 0 &&
        retry->retry_delay->seconds <= INT32_MAX) {
        answer->retry_after_ms = retry->retry_delay->seconds * 1000 +
                                 retry->retry_delay->nanos / 1000000;
    }
}

void qc_failure_details_read(struct qc_bytes details,
                             struct qc_arena *arena,
                             struct qc_client_answer *answer)
{
    const ProtobufCMessageDescriptor *type = &google__rpc__status__descriptor;
    ProtobufCMessage *message = NULL;
    struct qc_codec_error error;
    const Google__Rpc__Status *status;

    answer->reason = "";
    answer->field = "";
    answer->retry_after_ms = 0;
    if (qc_decode(QC_FORMAT_PROTOBUF, type, details, arena, &message, &error) !=
        QC_CODEC_OK) {
        return;
    }
    status = (const Google__Rpc__Status *)message;
    for (size_t i = 0; i < status->n_details; i++) {
        detail_read(status->details[i], arena, answer);
    }
}
