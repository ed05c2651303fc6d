#include "rpc/failure.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "codec/codec.h"
#include "google/rpc/error_details.pb-c.h"
#include "http2/call.h"

enum {
    DETAILS_MAX = 3,
    METADATA_MAX = 3,
    ARENA_SIZE = 64 * 1024,
    TEXT_SIZE = 512,
};

struct qc_failure qc_failure_of_refusal(int refusal,
                                        const struct qc_refusal_detail *detail)
{
    return (struct qc_failure){
        .status = qc_refusal_status(refusal),
        .reason = qc_refusal_name(refusal),
        .text = detail->text != NULL ? detail->text : qc_refusal_text(refusal),
        .field = detail->field,
        .retry_after_ms = detail->retry_after_ms,
    };
}

/* Packs |message| as detail |n|. One that finds no room is left out: the status
 * still says what is wrong. */
static unsigned detail_add(struct qc_call_detail *details,
                           unsigned n,
                           const ProtobufCMessage *message,
                           struct qc_arena *arena)
{
    details[n].type = message->descriptor->name;
    return n + (qc_encode(QC_FORMAT_PROTOBUF, message, arena, &details[n].value)
                    ? 1
                    : 0);
}

static unsigned error_info_add(struct qc_call_detail *details,
                               unsigned n,
                               const struct qc_failure *failure,
                               struct qc_arena *arena)
{
    Google__Rpc__ErrorInfo info = GOOGLE__RPC__ERROR_INFO__INIT;
    Google__Rpc__ErrorInfo__MetadataEntry entries[METADATA_MAX];
    Google__Rpc__ErrorInfo__MetadataEntry *metadata[METADATA_MAX];
    char retry_after[24];
    size_t used = 0;

    for (size_t i = 0; i < METADATA_MAX; i++) {
        google__rpc__error_info__metadata_entry__init(&entries[i]);
        metadata[i] = &entries[i];
    }
    if (failure->field != NULL) {
        entries[used].key = "field";
        entries[used++].value = failure->field;
    }
    if (failure->leader != NULL) {
        entries[used].key = "leader";
        entries[used++].value = failure->leader;
    }
    if (failure->retry_after_ms > 0) {
        snprintf(retry_after, sizeof(retry_after), "%" PRId64,
                 failure->retry_after_ms);
        entries[used].key = "retry_after_ms";
        entries[used++].value = retry_after;
    }
    info.reason = failure->reason;
    info.domain = "quorumcall";
    info.metadata = metadata;
    info.n_metadata = used;
    return detail_add(details, n, &info.base, arena);
}

static unsigned bad_request_add(struct qc_call_detail *details,
                                unsigned n,
                                const struct qc_failure *failure,
                                struct qc_arena *arena)
{
    Google__Rpc__BadRequest__FieldViolation violation =
        GOOGLE__RPC__BAD_REQUEST__FIELD_VIOLATION__INIT;
    Google__Rpc__BadRequest__FieldViolation *violations[] = {&violation};
    Google__Rpc__BadRequest bad = GOOGLE__RPC__BAD_REQUEST__INIT;

    violation.field = failure->field;
    violation.description = failure->text;
    bad.field_violations = violations;
    bad.n_field_violations = 1;
    return detail_add(details, n, &bad.base, arena);
}

static unsigned retry_info_add(struct qc_call_detail *details,
                               unsigned n,
                               const struct qc_failure *failure,
                               struct qc_arena *arena)
{
    Google__Protobuf__Duration delay = GOOGLE__PROTOBUF__DURATION__INIT;
    Google__Rpc__RetryInfo retry = GOOGLE__RPC__RETRY_INFO__INIT;

    delay.seconds = failure->retry_after_ms / 1000;
    delay.nanos = (int32_t)(failure->retry_after_ms % 1000 * 1000000);
    retry.retry_delay = &delay;
    return detail_add(details, n, &retry.base, arena);
}

void qc_failure_send(struct qc_call *call, const struct qc_failure *failure)
{
    struct qc_call_detail details[DETAILS_MAX];
    struct qc_call_error error = {.status = failure->status};
    char text[TEXT_SIZE];
    struct qc_arena arena;

    qc_arena_init(&arena, ARENA_SIZE);
    error.n_details = error_info_add(details, 0, failure, &arena);
    if (failure->field != NULL) {
        snprintf(text, sizeof(text), "%s: %s", failure->field, failure->text);
        error.n_details =
            bad_request_add(details, error.n_details, failure, &arena);
    } else {
        snprintf(text, sizeof(text), "%s", failure->text);
    }
    if (failure->retry_after_ms > 0) {
        error.n_details =
            retry_info_add(details, error.n_details, failure, &arena);
    }
    if (failure->leader != NULL) {
        qc_call_add_metadata(call, "x-leader", failure->leader);
    }
    error.message = text;
    error.details = details;
    qc_call_fail(call, &error);
    qc_arena_done(&arena);
}
