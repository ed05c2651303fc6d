/* What gRPC and Connect write into headers and bodies. */
#include "http2/grpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http2/call.h"
#include "http2/connect.h"
#include "http2/media.h"

static void timeouts_are_read_in_all_units(void **state)
{
    static const struct {
        const char *text;
        int64_t timeout_ms;
    } CASES[] = {
        {"1H", 3600000},     {"2M", 120000}, {"3S", 3000},
        {"4m", 4},           {"5u", 1},      {"1001u", 2},
        {"6n", 1},           {"0n", 0},      {"99999999H", 359999996400000},
        {"00000001S", 1000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        int64_t timeout_ms = -1;

        assert_true(qc_grpc_timeout_read(CASES[i].text, &timeout_ms));
        assert_true(timeout_ms == CASES[i].timeout_ms);
    }
}

static void malformed_timeouts_are_refused(void **state)
{
    static const char *const bad[] = {
        "", "1", "m", "1s", "-1m", " 1m", "1m ", "1mm", "1.5S", "123456789m"};
    static const char *const bad_connect[] = {"", "-1", "1s", "12345678901"};
    int64_t timeout_ms;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(qc_grpc_timeout_read(bad[i], &timeout_ms));
    }
    for (size_t i = 0; i < sizeof(bad_connect) / sizeof(bad_connect[0]); i++) {
        assert_false(qc_connect_timeout_read(bad_connect[i], &timeout_ms));
    }
    assert_true(qc_connect_timeout_read("9999999999", &timeout_ms));
    assert_true(timeout_ms == 9999999999);
}

static void timeouts_are_written_in_eight_digits(void **state)
{
    char text[QC_GRPC_TIMEOUT_SIZE];

    (void)state;
    qc_grpc_timeout_write(1, text);
    assert_string_equal(text, "1m");
    qc_grpc_timeout_write(99999999, text);
    assert_string_equal(text, "99999999m");
    qc_grpc_timeout_write(100000000, text);
    assert_string_equal(text, "100000S");
    qc_grpc_timeout_write(INT64_MAX, text);
    assert_string_equal(text, "99999999S");
}

static void messages_survive_a_header(void **state)
{
    static const char *const texts[] = {"", "plain", "100 %", "a\nb\x7f",
                                        "\xc3\xa9\xf0\x9f\x98\x80"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct qc_buffer header = {.data = NULL};
        struct qc_buffer text = {.data = NULL};

        assert_true(qc_grpc_message_write(&header, texts[i]));
        assert_true(qc_buffer_add(&header, "", 1));
        for (const uint8_t *byte = header.data; *byte != 0; byte++) {
            assert_true(*byte >= 0x20 && *byte <= 0x7e);
        }
        assert_true(qc_grpc_message_read(&text, (const char *)header.data));
        assert_string_equal(text.data, texts[i]);
        qc_buffer_done(&header);
        qc_buffer_done(&text);
    }
}

static void malformed_escapes_are_taken_as_they_stand(void **state)
{
    struct qc_buffer text = {.data = NULL};

    (void)state;
    assert_true(qc_grpc_message_read(&text, "%4 %zz %00 %41 %"));
    assert_string_equal(text.data, "%4 %zz %00 A %");
    qc_buffer_done(&text);
}

static void a_long_message_is_cut_between_characters(void **state)
{
    char text[QC_GRPC_MESSAGE_MAX + 100];
    struct qc_buffer header = {.data = NULL};

    (void)state;
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    memcpy(text + QC_GRPC_MESSAGE_MAX - 2, "\xf0\x9f\x98\x80", 4);
    assert_true(qc_grpc_message_write(&header, text));
    assert_int_equal(header.end, QC_GRPC_MESSAGE_MAX - 2);
    qc_buffer_done(&header);
}

static void details_too_big_for_a_header_are_left_out(void **state)
{
    uint8_t *value = calloc(1, QC_GRPC_DETAILS_MAX);
    const struct qc_call_detail detail = {"a.B", {value, QC_GRPC_DETAILS_MAX}};
    struct qc_call_error error = {.status = QC_STATUS_ABORTED,
                                  .message = "m",
                                  .details = &detail,
                                  .n_details = 1};
    struct qc_buffer header = {.data = NULL};

    (void)state;
    assert_true(qc_grpc_details_write(&header, &error));
    assert_int_equal(header.end, 0);
    error.n_details = 0;
    assert_true(qc_grpc_details_write(&header, &error));
    assert_int_equal(header.end, 0);
    qc_buffer_done(&header);
    free(value);
}

static void statuses_are_read_strictly(void **state)
{
    (void)state;
    assert_int_equal(qc_grpc_status_read("0"), QC_STATUS_OK);
    assert_int_equal(qc_grpc_status_read("16"), QC_STATUS_UNAUTHENTICATED);
    assert_int_equal(qc_grpc_status_read("17"), QC_STATUS_UNKNOWN);
    assert_int_equal(qc_grpc_status_read(""), QC_STATUS_UNKNOWN);
    assert_int_equal(qc_grpc_status_read("-1"), QC_STATUS_UNKNOWN);
    assert_int_equal(qc_grpc_status_read("5x"), QC_STATUS_UNKNOWN);
    assert_int_equal(qc_grpc_status_read("005"), QC_STATUS_UNKNOWN);
    assert_int_equal(qc_grpc_status_of_http(503), QC_STATUS_UNAVAILABLE);
    assert_int_equal(qc_grpc_status_of_http(404), QC_STATUS_UNIMPLEMENTED);
    assert_int_equal(qc_grpc_status_of_http(0), QC_STATUS_UNKNOWN);
}

static void connect_errors_are_json(void **state)
{
    static const uint8_t value[] = {0xff};
    const struct qc_call_detail details[] = {{"a.B", {value, 1}},
                                             {"c.D", {NULL, 0}}};
    const struct qc_call_error error = {
        .status = QC_STATUS_CANCELLED,
        .message = "a\\\"\t/",
        .details = details,
        .n_details = 2,
    };
    struct qc_buffer body = {.data = NULL};

    (void)state;
    assert_true(qc_connect_error_write(&body, &error));
    assert_true(qc_buffer_add(&body, "", 1));
    assert_string_equal(body.data,
                        "{\"code\":\"canceled\",\"message\":\"a\\\\\\\"\\u0009/"
                        "\",\"details\":[{\"type\":\"a.B\",\"value\":\"/w\"},{"
                        "\"type\":\"c.D\",\"value\":\"\"}]}");
    qc_buffer_done(&body);
}

static void content_types_name_protocol_and_form(void **state)
{
    static const struct {
        const char *type;
        bool grpc;
        enum qc_call_form form;
    } CASES[] = {
        {"application/grpc", true, QC_CALL_PROTOBUF},
        {"Application/GRPC+Proto ; a=b", true, QC_CALL_PROTOBUF},
        {"application/grpc+msgpack", true, QC_CALL_MSGPACK},
        {"application/grpc+msgpack;keys=names", true, QC_CALL_MSGPACK},
        {"application/grpc+msgpack;keys=name", true, QC_CALL_MSGPACK_NAMES},
        {"application/grpc+msgpack; a=b ; Keys=Name", true,
         QC_CALL_MSGPACK_NAMES},
        {"application/json; charset=utf-8", false, QC_CALL_JSON},
        {"application/proto", false, QC_CALL_PROTOBUF},
        {"application/connect+json", false, QC_CALL_JSON},
        {"application/connect+proto", false, QC_CALL_PROTOBUF},
    };
    static const char *const others[] = {
        "",
        "application",
        "application/grpc+json",
        "application/grpc-web",
        "application/connect+msgpack",
        "application/grpc+msgpack+",
        "text/plain; application/grpc",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        const struct qc_media *media = qc_media_of_content_type(CASES[i].type);

        assert_non_null(media);
        assert_int_equal(media->grpc, CASES[i].grpc);
        assert_int_equal(media->form, CASES[i].form);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_null(qc_media_of_content_type(others[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timeouts_are_read_in_all_units),
        cmocka_unit_test(malformed_timeouts_are_refused),
        cmocka_unit_test(timeouts_are_written_in_eight_digits),
        cmocka_unit_test(messages_survive_a_header),
        cmocka_unit_test(malformed_escapes_are_taken_as_they_stand),
        cmocka_unit_test(a_long_message_is_cut_between_characters),
        cmocka_unit_test(details_too_big_for_a_header_are_left_out),
        cmocka_unit_test(statuses_are_read_strictly),
        cmocka_unit_test(connect_errors_are_json),
        cmocka_unit_test(content_types_name_protocol_and_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
