#include "cli/zone_directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Two headers, each with one local time, and no rule behind them. */
#define ZERO   "\0\0\0\0"
#define ONE    "\0\0\0\1"
#define HEADER "TZif2\0\0\0" ZERO ZERO ZERO ZERO ZERO ZERO ZERO ONE ONE
#define BLOCK  HEADER "\0\0\0\0\0\0\0"

static const char zone[] = BLOCK BLOCK "\n\n";

static int begin(void **state)
{
    static char path[] = "/tmp/zone_directory_test_XXXXXX";

    (void)state;
    memcpy(strstr(path, "test_") + 5, "XXXXXX", 6);
    return mkdtemp(path) != NULL ? chdir(path) : -1;
}

static int end(void **state)
{
    char path[64];
    char command[128];

    (void)state;
    if (getcwd(path, sizeof(path)) == NULL || chdir("/") != 0) {
        return -1;
    }
    snprintf(command, sizeof(command), "rm -r %s", path);
    return system(command); /* NOLINT(cert-env33-c): a name of our own. */
}

static void write_file(const char *name, const char *data, size_t size)
{
    FILE *stream = fopen(name, "wb");

    assert_non_null(stream);
    assert_int_equal(fwrite(data, 1, size, stream), size);
    assert_int_equal(fclose(stream), 0);
}

static void write_zone(const char *name)
{
    write_file(name, zone, sizeof(zone) - 1);
}

struct heard {
    char text[256];
    int n_max;
    int n;
};

static bool hear(void *ctx, const char *name, const struct qc_zone_file *file)
{
    struct heard *heard = ctx;
    size_t size = strlen(heard->text);

    assert_int_equal(file->n, 1);
    snprintf(heard->text + size, sizeof(heard->text) - size, "%s ", name);
    return ++heard->n != heard->n_max;
}

static void zones_are_named_by_their_paths(void **state)
{
    struct heard heard = {.text = ""};

    (void)state;
    assert_int_equal(mkdir("Europe", 0700), 0);
    assert_int_equal(mkdir("America", 0700), 0);
    assert_int_equal(mkdir("America/Argentina", 0700), 0);
    write_zone("CET");
    write_zone("Europe/Rome");
    write_zone("Europe/Berlin");
    write_zone("America/Argentina/Ushuaia");
    assert_int_equal(symlink("Rome", "Europe/Vatican"), 0);
    assert_true(qc_zone_directory_walk(".", hear, &heard));
    assert_string_equal(heard.text, "America/Argentina/Ushuaia CET "
                                    "Europe/Berlin Europe/Rome "
                                    "Europe/Vatican ");
}

static void what_is_no_zone_is_passed_over(void **state)
{
    struct heard heard = {.text = ""};

    (void)state;
    assert_int_equal(mkdir("posix", 0700), 0);
    assert_int_equal(mkdir("right", 0700), 0);
    write_zone("posix/CET");
    write_zone("right/CET");
    write_zone("localtime");
    write_zone("UTC");
    write_zone("Factory");
    write_zone("A23456789_123456789_123456789_123456789_1");
    write_file("README", "hello", 5);
    write_file("Empty", "", 0);
    write_zone("CET");
    assert_true(qc_zone_directory_walk(".", hear, &heard));
    assert_string_equal(heard.text, "CET ");
}

static void a_walk_ends_when_it_is_told_to(void **state)
{
    struct heard heard = {.text = "", .n_max = 1};

    (void)state;
    write_zone("CET");
    write_zone("EET");
    assert_false(qc_zone_directory_walk(".", hear, &heard));
    assert_string_equal(heard.text, "CET ");
}

static void directories_that_lead_to_themselves_have_an_end(void **state)
{
    struct heard heard = {.text = ""};

    (void)state;
    assert_int_equal(symlink(".", "Loop"), 0);
    write_zone("CET");
    assert_true(qc_zone_directory_walk(".", hear, &heard));
    assert_string_equal(heard.text, "CET Loop/CET Loop/Loop/CET ");
}

static void what_cannot_be_read_ends_a_walk(void **state)
{
    struct heard heard = {.text = ""};

    (void)state;
    assert_false(qc_zone_directory_walk("nowhere", hear, &heard));
    write_file("CET", zone, sizeof(zone) - 3);
    assert_false(qc_zone_directory_walk(".", hear, &heard));
    assert_string_equal(heard.text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
        TEST(zones_are_named_by_their_paths),
        TEST(what_is_no_zone_is_passed_over),
        TEST(a_walk_ends_when_it_is_told_to),
        TEST(directories_that_lead_to_themselves_have_an_end),
        TEST(what_cannot_be_read_ends_a_walk),
#undef TEST
    };

    return cmocka_run_group_tests_name("zone_directory", tests, NULL, NULL);
}
