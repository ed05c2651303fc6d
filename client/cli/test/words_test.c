#include "cli/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct qc_verb VERB = {
    .noun = "member",
    .name = "add",
    .help = "Add a node",
    .usage = "HOST:PORT [--standby] [--id N] [--config FILE] [--wait[=TIME]]",
};

static char text[256];
static char *list[16];

/* Reads |line|, split at spaces, as the words behind VERB. */
static bool reads(struct qc_words *words, const char *line)
{
    struct qc_options options = {.words = list};

    assert_in_range(strlen(line), 0, sizeof(text) - 1);
    snprintf(text, sizeof(text), "%s", line);
    for (char *word = strtok(text, " "); word != NULL;
         word = strtok(NULL, " ")) {
        list[options.n_words++] = word;
    }
    return qc_words_read(&VERB, &options, 1, 1, words);
}

static void words_may_stand_anywhere(void **state)
{
    struct qc_words words;

    (void)state;
    assert_true(reads(&words, "--id 4 127.0.0.1:7430 --standby --config=a"));
    assert_int_equal(words.id, 4);
    assert_string_equal(words.bare[0], "127.0.0.1:7430");
    assert_true(words.standby);
    assert_string_equal(words.config, "a");
    assert_false(words.wait);
    assert_false(words.yes);
}

static void waiting_has_an_end(void **state)
{
    struct qc_words words;

    (void)state;
    assert_true(reads(&words, "a:1 --wait"));
    assert_true(words.wait);
    assert_int_equal(words.wait_ms, 300000);
    assert_true(reads(&words, "--wait a:1"));
    assert_string_equal(words.bare[0], "a:1");
    assert_true(reads(&words, "a:1 --wait=2s"));
    assert_int_equal(words.wait_ms, 2000);
    assert_false(reads(&words, "a:1 --wait=soon"));
}

static void a_verb_takes_what_its_usage_names(void **state)
{
    static const char *const wrong[] = {
        "a:1 --yes",        "a:1 --wai",
        "a:1 --standby=no", "a:1 --standbys",
        "a:1 --id",         "a:1 --id x",
        "a:1 --id 0",       "a:1 --id -1",
        "a:1 --id 1000001", "a:1 --config",
        "a:1 --config=",    "a:1 b:2",
        "--standby",        "",
    };
    struct qc_words words;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(reads(&words, wrong[i]));
    }
}

static void an_id_is_a_number(void **state)
{
    static const char *const wrong[] = {"", "a", "1a", "+1", " 1", "0", "-1"};
    uint64_t id = 7;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(qc_node_id_read(wrong[i], &id));
    }
    assert_int_equal(id, 7);
    assert_true(qc_node_id_read("1000000", &id));
    assert_int_equal(id, 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_may_stand_anywhere),
        cmocka_unit_test(waiting_has_an_end),
        cmocka_unit_test(a_verb_takes_what_its_usage_names),
        cmocka_unit_test(an_id_is_a_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
