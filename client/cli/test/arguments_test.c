#include "cli/arguments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "quorumcall/v1/admin_service.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"

enum {
    WORDS_MAX = 16,
    ARENA_SIZE = 1024 * 1024,
};

static const struct qc_request_shape ALLOCATE = {
    &qc__v1__allocate_number_request__descriptor, "", "origin=api"};
static const struct qc_request_shape DIGITS = {
    &qc__v1__submit_digits_request__descriptor, "interaction_id", ""};
static const struct qc_request_shape PUT_POOL = {
    &qc__v1__put_pool_request__descriptor, "", ""};

static struct qc_arena arena;
static struct qc_usage_error error;

static int setup(void **state)
{
    (void)state;
    error.text[0] = '\0';
    qc_arena_init(&arena, ARENA_SIZE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    qc_arena_done(&arena);
    return 0;
}

/* The request that |line|, split at spaces, stands for; NULL when it stands for
 * none. */
static const void *request(const struct qc_request_shape *shape,
                           const char *line)
{
    char *words[WORDS_MAX];
    char text[512];
    struct qc_options options = {.words = words};
    ProtobufCMessage *message;

    assert_in_range(strlen(line), 0, sizeof(text) - 1);
    snprintf(text, sizeof(text), "%s", line);
    for (char *word = strtok(text, " "); word != NULL;
         word = strtok(NULL, " ")) {
        assert_in_range(options.n_words, 0, WORDS_MAX - 1);
        words[options.n_words++] = word;
    }
    return qc_arguments_read(shape, &options, &arena, &message, &error)
               ? message
               : NULL;
}

static const Qc__V1__AllocateNumberRequest *allocation(const char *line)
{
    return request(&ALLOCATE, line);
}

static void an_option_is_a_field(void **state)
{
    const Qc__V1__AllocateNumberRequest *asked =
        allocation("--subject sales --customer-phone=+447700900123 "
                   "--ttl-ms 5000");

    (void)state;
    assert_non_null(asked);
    assert_string_equal(asked->subject, "sales");
    assert_string_equal(asked->customer_phone, "+447700900123");
    assert_int_equal(asked->ttl_ms, 5000);
}

static void the_last_words_of_a_name_are_enough(void **state)
{
    const Qc__V1__AllocateNumberRequest *asked = allocation("--phone 1");

    (void)state;
    assert_non_null(asked);
    assert_string_equal(asked->customer_phone, "1");
}

static void words_that_end_several_names_are_refused(void **state)
{
    (void)state;
    assert_null(allocation("--id x"));
    assert_null(allocation("--name x"));
}

static void fields_of_the_edge_are_no_options(void **state)
{
    (void)state;
    assert_null(allocation("--ip-hash AAAA"));
    assert_null(allocation("--hash AAAA"));
}

static void a_default_gives_way_to_what_is_said(void **state)
{
    (void)state;
    assert_int_equal(allocation("--subject a")->origin,
                     QC__V1__ORIGIN__ORIGIN_API);
    assert_int_equal(allocation("--origin web")->origin,
                     QC__V1__ORIGIN__ORIGIN_WEB);
}

static void enums_go_by_their_short_names(void **state)
{
    (void)state;
    assert_int_equal(allocation("--mode dnis-ani")->mode,
                     QC__V1__MATCH_MODE__MATCH_MODE_DNIS_ANI);
    assert_int_equal(allocation("--mode ACCESS_CODE")->mode,
                     QC__V1__MATCH_MODE__MATCH_MODE_ACCESS_CODE);
    assert_int_equal(allocation("--mode MATCH_MODE_DNIS")->mode,
                     QC__V1__MATCH_MODE__MATCH_MODE_DNIS);
    assert_null(allocation("--mode code"));
}

static void a_map_grows_by_key_and_value(void **state)
{
    const Qc__V1__AllocateNumberRequest *asked =
        allocation("--context page=/a?b=c --context basket=3");

    (void)state;
    assert_int_equal(asked->n_context, 2);
    assert_string_equal(asked->context[0]->key, "basket");
    assert_string_equal(asked->context[1]->key, "page");
    assert_string_equal(asked->context[1]->value, "/a?b=c");
    assert_null(allocation("--context novalue"));
    assert_null(allocation("--context a=1 --context a=2"));
}

static void messages_and_bytes_are_written_as_in_json(void **state)
{
    const Qc__V1__AllocateNumberRequest *asked = allocation(
        "--mobile {\"os\":\"x\",\"latE7\":-5} --visit-token AAECAw==");
    const Qc__V1__PutPoolRequest *put = request(
        &PUT_POOL, "--pool {\"key\":\"p\",\"staticNumbers\":[\"1\",\"2\"]}");

    (void)state;
    assert_string_equal(asked->mobile->os, "x");
    assert_int_equal(asked->mobile->lat_e7, -5);
    assert_int_equal(asked->visit_token.len, 4);
    assert_int_equal(asked->visit_token.data[3], 3);
    assert_int_equal(put->pool->n_static_numbers, 2);
    assert_null(allocation("--mobile {"));
}

static void a_bare_word_is_the_main_field(void **state)
{
    const Qc__V1__SubmitDigitsRequest *digits =
        request(&DIGITS, "ix_1 --digits 0123");

    (void)state;
    assert_string_equal(digits->interaction_id, "ix_1");
    assert_string_equal(digits->digits, "0123");
    assert_null(request(&DIGITS, "ix_1 ix_2"));
    assert_null(allocation("sales"));
}

static void a_flag_needs_no_value(void **state)
{
    const Qc__V1__SubmitDigitsRequest *digits =
        request(&DIGITS, "--timed-out ix_1");

    (void)state;
    assert_true(digits->timed_out);
    assert_string_equal(digits->interaction_id, "ix_1");
    digits = request(&DIGITS, "--timed-out=false ix_1");
    assert_false(digits->timed_out);
    assert_null(request(&DIGITS, "--timed-out=perhaps ix_1"));
}

static void what_cannot_be_a_value_is_refused_by_name(void **state)
{
    (void)state;
    assert_null(allocation("--ttl-ms soon"));
    assert_non_null(strstr(error.text, "ttl"));
    assert_null(allocation("--subject"));
    assert_non_null(strstr(error.text, "subject"));
    assert_null(allocation("--subject a --subject b"));
    assert_null(allocation("--sujbect a"));
    assert_non_null(strstr(error.text, "--sujbect"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_option_is_a_field),
        TEST(the_last_words_of_a_name_are_enough),
        TEST(words_that_end_several_names_are_refused),
        TEST(fields_of_the_edge_are_no_options),
        TEST(a_default_gives_way_to_what_is_said),
        TEST(enums_go_by_their_short_names),
        TEST(a_map_grows_by_key_and_value),
        TEST(messages_and_bytes_are_written_as_in_json),
        TEST(a_bare_word_is_the_main_field),
        TEST(a_flag_needs_no_value),
        TEST(what_cannot_be_a_value_is_refused_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
