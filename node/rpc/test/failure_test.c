/* What a failure tells: its details are unpacked as a client would. */
#include "rpc/failure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/codec.h"
#include "codec/limits.h"
#include "google/rpc/error_details.pb-c.h"
#include "http2/call.h"
#include "quorumcall/v1/number_service.pb-c.h"

enum {
    ARENA_SIZE = 1024 * 1024,
    DETAILS_SIZE_MAX = 3072, /* With a name each, 4 KiB hold them. */
};

struct fixture {
    struct qc_arena arena;
    struct qc_call_detail details[QC_FAILURE_DETAILS_MAX];
    struct qc_call_error error;
};

static int setup(void **state)
{
    static struct fixture fixture;

    fixture = (struct fixture){.error = {.status = QC_STATUS_OK}};
    qc_arena_init(&fixture.arena, ARENA_SIZE);
    *state = &fixture;
    return qc_limits_load() ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    qc_arena_done(&f->arena);
    return 0;
}

static void write(struct fixture *f, const struct qc_failure *failure)
{
    f->error = qc_failure_write(failure, f->details, &f->arena);
}

/* The detail of this type; NULL when there is none. */
static const void *detail(struct fixture *f,
                          const ProtobufCMessageDescriptor *type)
{
    struct qc_codec_error error;
    ProtobufCMessage *message;

    for (unsigned i = 0; i < f->error.n_details; i++) {
        if (strcmp(f->details[i].type, type->name) == 0) {
            assert_int_equal(qc_decode(QC_FORMAT_PROTOBUF, type,
                                       f->details[i].value, &f->arena, &message,
                                       &error),
                             QC_CODEC_OK);
            return message;
        }
    }
    return NULL;
}

#define ERROR_INFO    (&google__rpc__error_info__descriptor)
#define BAD_REQUEST   (&google__rpc__bad_request__descriptor)
#define QUOTA_FAILURE (&google__rpc__quota_failure__descriptor)
#define RETRY_INFO    (&google__rpc__retry_info__descriptor)

static void a_refusal_tells_its_name_and_what_it_means(void **state)
{
    struct fixture *f = *state;
    struct qc_refusal_detail why = {.field = NULL};
    struct qc_failure failure =
        qc_failure_of_refusal(QC_REFUSED_BAD_STATE, &why);
    const Google__Rpc__ErrorInfo *info;

    write(f, &failure);

    info = detail(f, ERROR_INFO);
    assert_non_null(info);
    assert_string_equal(info->reason, "BAD_STATE");
    assert_string_equal(info->domain, "quorumcall");
    assert_int_equal(f->error.status, QC_STATUS_FAILED_PRECONDITION);
    assert_string_equal(f->error.message,
                        qc_refusal_text(QC_REFUSED_BAD_STATE));
    assert_null(detail(f, BAD_REQUEST));
    assert_null(detail(f, QUOTA_FAILURE));
    assert_null(detail(f, RETRY_INFO));
}

static void a_limit_that_was_reached_tells_whose_it_is(void **state)
{
    static const struct {
        int refusal;
        const char *subject;
    } cases[] = {
        {QC_REFUSED_QUOTA, "tenant"},
        {QC_REFUSED_RATE, "tenant"},
        {QC_REFUSED_POOL_EMPTY, "pool"},
        {QC_REFUSED_CODE_SPACE, "pool"},
        {QC_REFUSED_PHONE_LIMIT, "phone"},
        {QC_REFUSED_IP_LIMIT, "address"},
        {QC_REFUSED_TOO_MANY_MEMBERS, "cluster"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct qc_refusal_detail why = {.retry_after_ms = 1250};
        struct qc_failure failure =
            qc_failure_of_refusal(cases[i].refusal, &why);
        const Google__Rpc__QuotaFailure *quota;
        const Google__Rpc__RetryInfo *retry;

        write(f, &failure);

        quota = detail(f, QUOTA_FAILURE);
        assert_non_null(quota);
        assert_int_equal(quota->n_violations, 1);
        assert_string_equal(quota->violations[0]->subject, cases[i].subject);
        assert_string_equal(quota->violations[0]->description,
                            qc_refusal_text(cases[i].refusal));
        retry = detail(f, RETRY_INFO);
        assert_non_null(retry);
        assert_int_equal(retry->retry_delay->seconds, 1);
        assert_int_equal(retry->retry_delay->nanos, 250000000);
    }
}

/* What RESOURCE_EXHAUSTED means, a program should not have to guess. */
static void every_refusal_that_exhausts_tells_a_quota(void **state)
{
    (void)state;
#define QC_REFUSAL(code, name, a_status, a_text)                          \
    {                                                                     \
        struct qc_refusal_detail why = {.field = NULL};                   \
        struct qc_failure failure = qc_failure_of_refusal(code, &why);    \
                                                                          \
        assert_int_equal(failure.quota != NULL,                           \
                         failure.status == QC_STATUS_RESOURCE_EXHAUSTED); \
    }
#include "machine/refusal.def"
#undef QC_REFUSAL
}

static void everything_that_breaks_a_limit_is_told_at_once(void **state)
{
    struct fixture *f = *state;
    Qc__V1__AllocateNumberRequest request =
        QC__V1__ALLOCATE_NUMBER_REQUEST__INIT;
    struct qc_codec_error errors[QC_VIOLATIONS_MAX];
    struct qc_failure failure = {
        .status = QC_STATUS_INVALID_ARGUMENT,
        .reason = "INVALID",
        .field = errors[0].where,
        .text = errors[0].text,
        .violations = errors,
    };
    const Google__Rpc__BadRequest *bad;

    request.subject = "no spaces here";
    request.ttl_ms = -1;
    failure.n_violations =
        qc_limits_violations(&request.base, errors, QC_VIOLATIONS_MAX);
    write(f, &failure);

    bad = detail(f, BAD_REQUEST);
    assert_non_null(bad);
    assert_int_equal(bad->n_field_violations, 4);
    assert_string_equal(bad->field_violations[0]->field, "subject");
    assert_string_equal(bad->field_violations[1]->field, "customer_phone");
    assert_string_equal(bad->field_violations[1]->description, "is required");
    assert_string_equal(bad->field_violations[2]->field, "origin");
    assert_string_equal(bad->field_violations[3]->field, "ttl_ms");
    assert_string_equal(f->error.message,
                        "subject: may hold letters, digits, _ . : and - only "
                        "(and 3 more)");
}

static void many_long_violations_stay_within_what_headers_can_hold(void **state)
{
    struct fixture *f = *state;
    struct qc_codec_error errors[QC_VIOLATIONS_MAX];
    struct qc_failure failure = {
        .status = QC_STATUS_INVALID_ARGUMENT,
        .reason = "INVALID",
        .field = errors[0].where,
        .text = errors[0].text,
        .violations = errors,
        .n_violations = QC_VIOLATIONS_MAX,
    };
    const Google__Rpc__BadRequest *bad;
    size_t size = 0;

    memset(errors, 'x', sizeof(errors));
    for (size_t i = 0; i < QC_VIOLATIONS_MAX; i++) {
        errors[i].where[sizeof(errors[i].where) - 1] = '\0';
        errors[i].text[sizeof(errors[i].text) - 1] = '\0';
    }
    write(f, &failure);

    for (unsigned i = 0; i < f->error.n_details; i++) {
        size += f->details[i].value.size;
    }
    assert_in_range(size, 1, DETAILS_SIZE_MAX);
    bad = detail(f, BAD_REQUEST);
    assert_non_null(bad);
    assert_in_range(bad->n_field_violations, 2, QC_VIOLATIONS_MAX - 1);
}

static void one_wrong_field_is_told_in_both_ways(void **state)
{
    struct fixture *f = *state;
    struct qc_failure failure = {
        .status = QC_STATUS_INVALID_ARGUMENT,
        .reason = "INVALID_PHONE",
        .field = "customer_phone",
        .text = "is not a phone number",
        .leader = "127.0.0.1:7400",
    };
    const Google__Rpc__ErrorInfo *info;
    const Google__Rpc__BadRequest *bad;

    write(f, &failure);

    assert_string_equal(f->error.message,
                        "customer_phone: is not a phone number");
    info = detail(f, ERROR_INFO);
    assert_int_equal(info->n_metadata, 2);
    assert_string_equal(info->metadata[0]->key, "field");
    assert_string_equal(info->metadata[1]->value, "127.0.0.1:7400");
    bad = detail(f, BAD_REQUEST);
    assert_int_equal(bad->n_field_violations, 1);
    assert_string_equal(bad->field_violations[0]->field, "customer_phone");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_refusal_tells_its_name_and_what_it_means, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_limit_that_was_reached_tells_whose_it_is, setup, teardown),
        cmocka_unit_test(every_refusal_that_exhausts_tells_a_quota),
        cmocka_unit_test_setup_teardown(
            everything_that_breaks_a_limit_is_told_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(
            many_long_violations_stay_within_what_headers_can_hold, setup,
            teardown),
        cmocka_unit_test_setup_teardown(one_wrong_field_is_told_in_both_ways,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
