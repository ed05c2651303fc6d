#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int without_environment(void **state)
{
    (void)state;
    static const char *const names[] = {
        "QUORUMCALL_ENDPOINTS", "QUORUMCALL_TENANT", "QUORUMCALL_CACERT",
        "QUORUMCALL_CERT",      "QUORUMCALL_KEY",    "QUORUMCALL_API_KEY",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (unsetenv(names[i]) != 0) {
            return -1;
        }
    }
    return 0;
}

static char text[256];
static char *words[16];
static struct qc_usage_error error;

/* Reads |line|, split at spaces, as a command line. */
static bool reads(struct qc_options *options, const char *line)
{
    int n = 0;

    assert_in_range(strlen(line), 0, sizeof(text) - 1);
    snprintf(text, sizeof(text), "%s", line);
    for (char *word = strtok(text, " "); word != NULL;
         word = strtok(NULL, " ")) {
        words[n++] = word;
    }
    return qc_options_read(options, n, words, &error);
}

static void options_may_stand_anywhere(void **state)
{
    struct qc_options options;

    (void)state;
    assert_true(reads(&options, "--tenant demo number -o json list "
                                "--timeout=250ms --pool sales"));
    assert_string_equal(options.tenant, "demo");
    assert_true(options.json);
    assert_int_equal(options.timeout_ms, 250);
    assert_int_equal(options.n_words, 4);
    assert_string_equal(options.words[0], "number");
    assert_string_equal(options.words[1], "list");
    assert_string_equal(options.words[2], "--pool");
    assert_string_equal(options.words[3], "sales");
}

static void credentials_come_from_the_line_or_the_environment(void **state)
{
    struct qc_options options;

    (void)state;
    assert_int_equal(setenv("QUORUMCALL_CACERT", "env-ca.pem", 1), 0);
    assert_int_equal(setenv("QUORUMCALL_KEY", "env-key.pem", 1), 0);
    assert_int_equal(setenv("QUORUMCALL_API_KEY", "env-secret", 1), 0);
    assert_true(reads(&options, "cluster status --cert me.pem --key=my.pem"));
    assert_string_equal(options.shown.cacert, "env-ca.pem");
    assert_string_equal(options.shown.cert, "me.pem");
    assert_string_equal(options.shown.key, "my.pem");
    assert_string_equal(options.shown.api_key, "env-secret");
    assert_null(options.shown.api_key_file);
    assert_true(reads(&options, "cluster status --api-key-file secret"));
    assert_string_equal(options.shown.api_key_file, "secret");
    assert_null(options.shown.api_key);
    assert_false(reads(&options, "cluster status --cacert"));
}

static void the_command_line_beats_the_environment(void **state)
{
    struct qc_options options;

    (void)state;
    assert_int_equal(setenv("QUORUMCALL_TENANT", "one", 1), 0);
    assert_int_equal(setenv("QUORUMCALL_ENDPOINTS", "a:1", 1), 0);
    assert_true(reads(&options, ""));
    assert_string_equal(options.tenant, "one");
    assert_string_equal(options.endpoints, "a:1");
    assert_true(reads(&options, "--tenant two"));
    assert_string_equal(options.tenant, "two");
}

static void what_is_printed_has_one_of_three_forms(void **state)
{
    struct qc_options options;

    (void)state;
    assert_true(reads(&options, "-o json"));
    assert_true(options.json);
    assert_false(options.raw);
    assert_true(reads(&options, "--output=raw"));
    assert_true(options.raw);
    assert_false(options.json);
    assert_true(reads(&options, "-o table"));
    assert_false(options.raw);
    assert_false(options.json);
}

static void behind_a_verb_the_version_is_the_verbs(void **state)
{
    struct qc_options options;

    (void)state;
    assert_true(reads(&options, "--tenant demo --version"));
    assert_true(options.version);
    assert_true(reads(&options, "cluster finalize --version 2"));
    assert_false(options.version);
    assert_int_equal(options.n_words, 4);
    assert_string_equal(options.words[2], "--version");
}

static void a_wrong_value_is_refused_by_name(void **state)
{
    static const char *const wrong[] = {"--timeout soon", "--timeout 0s",
                                        "-o xml", "-o", "--endpoints"};
    struct qc_options options;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(reads(&options, wrong[i]));
    }
    assert_false(reads(&options, "number list --tenant"));
    assert_string_equal(error.text,
                        "--tenant has no value, or one it cannot have");
}

static void durations_have_a_unit(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } right[] = {{"1ms", 1}, {"5s", 5000}, {"2m", 120000}, {"1440m", 86400000}};
    static const char *const wrong[] = {"",    "5",     "s",   "5 s",
                                        "-5s", "1441m", "0ms", "999999999ms"};
    int64_t ms;

    (void)state;
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        assert_true(qc_duration_read(right[i].text, &ms));
        assert_int_equal(ms, right[i].ms);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(qc_duration_read(wrong[i], &ms));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(options_may_stand_anywhere, without_environment),
        cmocka_unit_test_setup(the_command_line_beats_the_environment,
                               without_environment),
        cmocka_unit_test_setup_teardown(
            credentials_come_from_the_line_or_the_environment,
            without_environment, without_environment),
        cmocka_unit_test(what_is_printed_has_one_of_three_forms),
        cmocka_unit_test(behind_a_verb_the_version_is_the_verbs),
        cmocka_unit_test_setup(a_wrong_value_is_refused_by_name,
                               without_environment),
        cmocka_unit_test(durations_have_a_unit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
