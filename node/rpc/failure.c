#include "rpc/failure.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "codec/codec.h"
#include "google/rpc/error_details.pb-c.h"
#include "http2/call.h"

enum {
    METADATA_MAX = 3,
    ARENA_SIZE = 64 * 1024,
    TEXT_SIZE = 512,
    /* Of violations in bytes, about. Details that are longer than 4 KiB in all
     * would be left out, and some clients take 8 KiB of headers at most. */
    VIOLATIONS_SIZE = 2048,
};

/* Whose limit a refusal is about, for what is not said of a tenant's own
 * objects by their keys. */
static const struct {
    int refusal;
    const char *subject;
} quotas[] = {
    {QC_REFUSED_QUOTA, "tenant"},     {QC_REFUSED_QUEUE_FULL, "queue"},
    {QC_REFUSED_RATE, "tenant"},      {QC_REFUSED_POOL_EMPTY, "pool"},
    {QC_REFUSED_CODE_SPACE, "pool"},  {QC_REFUSED_PHONE_LIMIT, "phone"},
    {QC_REFUSED_IP_LIMIT, "address"}, {QC_REFUSED_TOO_MANY_MEMBERS, "cluster"},
};

static const char *quota_of(int refusal)
{
    for (size_t i = 0; i < sizeof(quotas) / sizeof(quotas[0]); i++) {
        if (quotas[i].refusal == refusal) {
            return quotas[i].subject;
        }
    }
    return NULL;
}

struct qc_failure qc_failure_of_refusal(int refusal,
                                        const struct qc_refusal_detail *detail)
{
    return (struct qc_failure){
        .status = qc_refusal_status(refusal),
        .reason = qc_refusal_name(refusal),
        .text = detail->text != NULL ? detail->text : qc_refusal_text(refusal),
        .field = detail->field,
        .quota = quota_of(refusal),
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
    Google__Rpc__BadRequest__FieldViolation violations[QC_VIOLATIONS_MAX];
    Google__Rpc__BadRequest__FieldViolation *list[QC_VIOLATIONS_MAX];
    Google__Rpc__BadRequest bad = GOOGLE__RPC__BAD_REQUEST__INIT;
    size_t size = 0;

    for (size_t i = 0; i < failure->n_violations || i == 0; i++) {
        google__rpc__bad_request__field_violation__init(&violations[i]);
        violations[i].field = failure->field;
        violations[i].description = failure->text;
        if (i > 0) {
            violations[i].field = failure->violations[i].where;
            violations[i].description = failure->violations[i].text;
        }
        size += strlen(violations[i].field) + strlen(violations[i].description);
        if (size > VIOLATIONS_SIZE && i > 0) {
            break;
        }
        list[bad.n_field_violations++] = &violations[i];
    }
    bad.field_violations = list;
    return detail_add(details, n, &bad.base, arena);
}

static unsigned quota_failure_add(struct qc_call_detail *details,
                                  unsigned n,
                                  const struct qc_failure *failure,
                                  struct qc_arena *arena)
{
    Google__Rpc__QuotaFailure__Violation violation =
        GOOGLE__RPC__QUOTA_FAILURE__VIOLATION__INIT;
    Google__Rpc__QuotaFailure__Violation *list[] = {&violation};
    Google__Rpc__QuotaFailure quota = GOOGLE__RPC__QUOTA_FAILURE__INIT;

    violation.subject = failure->quota;
    violation.description = failure->text;
    quota.violations = list;
    quota.n_violations = 1;
    return detail_add(details, n, &quota.base, arena);
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

/* For people, on one line. */
static const char *text_of(const struct qc_failure *failure,
                           struct qc_arena *arena)
{
    char *text = qc_arena_alloc(arena, TEXT_SIZE);

    if (text == NULL || failure->field == NULL) {
        return failure->text;
    }
    if (failure->n_violations > 1) {
        snprintf(text, TEXT_SIZE, "%s: %s (and %zu more)", failure->field,
                 failure->text, failure->n_violations - 1);
    } else {
        snprintf(text, TEXT_SIZE, "%s: %s", failure->field, failure->text);
    }
    return text;
}

struct qc_call_error qc_failure_write(
    const struct qc_failure *failure,
    struct qc_call_detail details[QC_FAILURE_DETAILS_MAX],
    struct qc_arena *arena)
{
    struct qc_call_error error = {
        .status = failure->status,
        .message = text_of(failure, arena),
        .details = details,
    };
    unsigned n;

    assert(failure->n_violations <= QC_VIOLATIONS_MAX);

    n = error_info_add(details, 0, failure, arena);
    if (failure->field != NULL) {
        n = bad_request_add(details, n, failure, arena);
    }
    if (failure->quota != NULL) {
        n = quota_failure_add(details, n, failure, arena);
    }
    if (failure->retry_after_ms > 0) {
        n = retry_info_add(details, n, failure, arena);
    }
    error.n_details = n;
    return error;
}

void qc_failure_send(struct qc_call *call, const struct qc_failure *failure)
{
    struct qc_call_detail details[QC_FAILURE_DETAILS_MAX];
    struct qc_call_error error;
    struct qc_arena arena;

    qc_arena_init(&arena, ARENA_SIZE);
    error = qc_failure_write(failure, details, &arena);
    if (failure->leader != NULL) {
        qc_call_add_metadata(call, "x-leader", failure->leader);
    }
    qc_call_fail(call, &error);
    qc_arena_done(&arena);
}
