/* A node's configuration: file, then environment, then flags. */
#include "daemon/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/limits.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
};

static const char GOOD[] = "cluster_id: demo\n"
                           "node_id: 2\n"
                           "data_dir: /var/lib/quorumcall\n"
                           "listen: 127.0.0.1:7400\n"
                           "log_level: warn\n"
                           "raft:\n"
                           "  election_timeout_ms: 300\n";

struct fixture {
    struct qc_arena arena;
    char path[64];
    char text[512];
    struct qc_config_sources sources;
    Qc__Config__NodeConfig *config;
};

static char *no_environment[] = {NULL};

static int setup(void **state)
{
    static struct fixture f;
    int file;

    f = (struct fixture){.path = "/tmp/quorumcall-config-XXXXXX"};
    qc_arena_init(&f.arena, ARENA_SIZE);
    file = mkstemp(f.path);
    if (file < 0 || !qc_limits_load()) {
        return -1;
    }
    close(file);
    f.sources.file = f.path;
    f.sources.environment = no_environment;
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    unlink(f->path);
    qc_arena_done(&f->arena);
    return 0;
}

static bool read_text(struct fixture *f, const char *text)
{
    FILE *file = fopen(f->path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return qc_config_read(&f->sources, &f->arena, &f->config, f->text,
                          sizeof(f->text));
}

static void what_the_file_says_counts_and_defaults_fill_the_rest(void **state)
{
    struct fixture *f = *state;

    assert_true(read_text(f, GOOD));
    assert_int_equal(f->config->node_id, 2);
    assert_string_equal(f->config->log_level, "warn");
    assert_int_equal(f->config->raft->election_timeout_ms, 300);
    assert_int_equal(f->config->raft->heartbeat_ms, 30);
    assert_int_equal(f->config->storage->checkpoint_entries, 100000);
    assert_int_equal(f->config->storage->checkpoint_mib, 256);
    assert_int_equal(f->config->storage->trailing_entries, 20000);
    assert_int_equal(f->config->storage->reserve_mib, 64);
}

static void the_environment_is_over_the_file_and_flags_over_both(void **state)
{
    static char level[] = "QUORUMCALL_LOG_LEVEL=info";
    static char heartbeat[] = "QUORUMCALL_RAFT__HEARTBEAT_MS=20";
    static char client[] = "QUORUMCALL_ENDPOINTS=127.0.0.1:7400";
    static char *environment[] = {level, heartbeat, client, NULL};
    struct fixture *f = *state;

    f->sources.environment = environment;
    f->sources.flags[f->sources.n_flags++] = "log-level=debug";
    assert_true(read_text(f, GOOD));
    assert_string_equal(f->config->log_level, "debug");
    assert_int_equal(f->config->raft->heartbeat_ms, 20);
}

static void an_unknown_key_is_named_with_file_and_line(void **state)
{
    struct fixture *f = *state;
    char where[80];

    assert_false(read_text(f, "cluster_id: demo\nnode_idd: 2\n"));
    snprintf(where, sizeof(where), "%s:2", f->path);
    assert_non_null(strstr(f->text, where));
    assert_non_null(strstr(f->text, "node_idd"));
}

static void an_unknown_name_in_the_environment_is_fatal(void **state)
{
    static char typo[] = "QUORUMCALL_LOG_LEVELL=info";
    static char *environment[] = {typo, NULL};
    struct fixture *f = *state;

    f->sources.environment = environment;
    assert_false(read_text(f, GOOD));
    assert_non_null(strstr(f->text, typo));
}

static void a_flag_that_fits_no_key_is_fatal(void **state)
{
    static const char *const bad[] = {
        "colour=red",
        "node-id=two",
        "node-id=-1",
        "raft=1",
        "raft.heartbeat-ms=99999999999",
        "initial-members=1",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        f->sources.n_flags = 1;
        f->sources.flags[0] = bad[i];
        assert_false(read_text(f, GOOD));
        assert_non_null(strstr(f->text, bad[i]));
    }
}

static void what_is_beyond_its_limits_is_refused_from_every_source(void **state)
{
    struct fixture *f = *state;

    f->sources.n_flags = 1;
    f->sources.flags[0] = "raft.election-timeout-ms=1";
    assert_false(read_text(f, GOOD));
    assert_non_null(strstr(f->text, "election_timeout_ms"));
}

static void a_heartbeat_that_comes_too_late_is_refused(void **state)
{
    struct fixture *f = *state;

    f->sources.n_flags = 1;
    f->sources.flags[0] = "raft.heartbeat-ms=150";
    assert_true(read_text(f, GOOD));
    f->sources.flags[0] = "raft.heartbeat-ms=151";
    assert_false(read_text(f, GOOD));
    assert_non_null(strstr(f->text, "raft.heartbeat_ms"));
}

static void a_missing_file_is_named(void **state)
{
    struct fixture *f = *state;

    f->sources.file = "/nonexistent/quorumcalld.yaml";
    assert_false(qc_config_read(&f->sources, &f->arena, &f->config, f->text,
                                sizeof(f->text)));
    assert_non_null(strstr(f->text, f->sources.file));
}

static void storage_is_read_and_its_limits_hold(void **state)
{
    struct fixture *f = *state;
    char text[512];

    snprintf(text, sizeof(text), "%sstorage:\n  reserve_mib: 7\n", GOOD);
    f->sources.flags[0] = "storage.trailing-entries=99";
    f->sources.n_flags = 1;
    assert_true(read_text(f, text));
    assert_int_equal(f->config->storage->reserve_mib, 7);
    assert_int_equal(f->config->storage->trailing_entries, 99);
    assert_int_equal(f->config->storage->checkpoint_mib, 256);

    f->sources.flags[0] = "storage.checkpoint-entries=15";
    assert_false(read_text(f, text));
    assert_non_null(strstr(f->text, "checkpoint_entries"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(what_the_file_says_counts_and_defaults_fill_the_rest),
        TEST(the_environment_is_over_the_file_and_flags_over_both),
        TEST(an_unknown_key_is_named_with_file_and_line),
        TEST(an_unknown_name_in_the_environment_is_fatal),
        TEST(a_flag_that_fits_no_key_is_fatal),
        TEST(what_is_beyond_its_limits_is_refused_from_every_source),
        TEST(a_heartbeat_that_comes_too_late_is_refused),
        TEST(a_missing_file_is_named),
        TEST(storage_is_read_and_its_limits_hold),
#undef TEST
    };

    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
