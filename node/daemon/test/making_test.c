/* A data directory is made once, for a node that the configuration names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "command/apply.h"
#include "daemon/offline.h"
#include "machine/machine.h"
#include "machine/member.h"
#include "replica/configuration.h"
#include "storage/directory.h"
#include "storage/log.h"
#include "storage/rows.h"
#include "storage/test/folder.h"

enum {
    N = 3,
};

struct fixture {
    char root[PATH_MAX];
    char data_dir[PATH_MAX];
    struct qc_logger logger;
    Qc__Config__InitialMember members[N];
    Qc__Config__InitialMember *list[N];
    Qc__Config__NodeConfig config;
};

static const char *const ADDRESSES[N] = {
    "127.0.0.1:7400",
    "127.0.0.1:7410",
    "127.0.0.1:7420",
};

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){.logger = {.least = QC_LEVEL_INFO}};
    qc_folder_make(f.root);
    qc_folder_path(f.root, "node", f.data_dir);
    qc_logger_init(&f.logger);
    qc__config__node_config__init(&f.config);
    for (unsigned i = 0; i < N; i++) {
        qc__config__initial_member__init(&f.members[i]);
        f.members[i].id = i + 1;
        f.members[i].address = ADDRESSES[i];
        f.list[i] = &f.members[i];
    }
    f.config.cluster_id = "c1";
    f.config.node_id = 2;
    f.config.data_dir = f.data_dir;
    f.config.initial_members = f.list;
    f.config.n_initial_members = N;
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    const struct fixture *f = *state;

    qc_folder_remove(f->root);
    return 0;
}

/* Opens what was made. */
static struct qc_directory *opened(const struct fixture *f)
{
    struct qc_directory *directory;
    char text[512] = "";

    if (qc_directory_open(f->data_dir, &directory, text, sizeof(text)) != 0) {
        fail_msg("%s", text);
    }
    return directory;
}

static void assert_log_is_empty(const struct qc_directory *directory)
{
    struct qc_log_options options = {.path = qc_directory_log(directory)};
    struct qc_log *log;
    char text[512] = "";

    assert_int_equal(qc_log_open(&options, &log, text, sizeof(text)), 0);
    assert_int_equal(qc_log_last(log), 0);
    qc_log_close(log);
}

static void on_persisted(void *ctx)
{
    (void)ctx;
}

static void a_new_node_knows_itself_and_the_others(void **state)
{
    struct fixture *f = *state;
    const struct qc_identity *identity;
    struct qc_directory *directory;

    assert_int_equal(qc_node_init(&f->config, &f->logger), 0);
    directory = opened(f);
    identity = qc_directory_identity(directory);
    assert_string_equal(identity->cluster_id, "c1");
    assert_int_equal(identity->node_id, 2);
    assert_int_equal(identity->n_members, N);
    assert_string_equal(identity->members[2].address, ADDRESSES[2]);
    assert_log_is_empty(directory);
    qc_directory_close(directory);
}

static void the_order_of_the_configuration_does_not_matter(void **state)
{
    struct fixture *f = *state;
    const struct qc_identity *identity;
    struct qc_directory *directory;

    f->list[0] = &f->members[2];
    f->list[2] = &f->members[0];
    assert_int_equal(qc_node_init(&f->config, &f->logger), 0);
    directory = opened(f);
    identity = qc_directory_identity(directory);
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(identity->members[i].id, i + 1);
        assert_string_equal(identity->members[i].address, ADDRESSES[i]);
    }
    qc_directory_close(directory);
}

static void a_directory_with_a_node_is_left_alone(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(qc_node_init(&f->config, &f->logger), 0);
    assert_int_equal(qc_node_init(&f->config, &f->logger), 1);
    f->config.node_id = 9;
    assert_int_equal(qc_node_join(&f->config, &f->logger), 1);
}

static void a_cluster_begins_with_three_nodes_and_this_one(void **state)
{
    struct fixture *f = *state;

    f->config.n_initial_members = 2;
    assert_int_equal(qc_node_init(&f->config, &f->logger), 1);
    f->config.n_initial_members = N;
    f->config.node_id = 4;
    assert_int_equal(qc_node_init(&f->config, &f->logger), 1);
    assert_int_not_equal(access(f->data_dir, F_OK), 0);
}

static void a_node_that_joins_is_not_among_those_it_knows(void **state)
{
    struct fixture *f = *state;
    const struct qc_identity *identity;
    struct qc_directory *directory;

    assert_int_equal(qc_node_join(&f->config, &f->logger), 0);
    directory = opened(f);
    identity = qc_directory_identity(directory);
    assert_int_equal(identity->node_id, 2);
    assert_int_equal(identity->n_members, N - 1);
    assert_int_equal(identity->members[0].id, 1);
    assert_int_equal(identity->members[1].id, 3);
    assert_log_is_empty(directory);
    qc_directory_close(directory);
}

static void a_node_that_joins_must_know_somebody(void **state)
{
    struct fixture *f = *state;

    f->config.n_initial_members = 0;
    assert_int_equal(qc_node_join(&f->config, &f->logger), 1);
    f->config.n_initial_members = 1;
    f->config.node_id = 1;
    assert_int_equal(qc_node_join(&f->config, &f->logger), 1);
    assert_int_not_equal(access(f->data_dir, F_OK), 0);
}

static void what_is_no_backup_makes_no_node(void **state)
{
    struct fixture *f = *state;
    char file[PATH_MAX];
    FILE *made;

    qc_folder_path(f->root, "backup", file);
    made = fopen(file, "w");
    assert_non_null(made);
    assert_true(fputs("qcbackup1\nand no more", made) >= 0);
    assert_int_equal(fclose(made), 0);
    assert_int_equal(qc_node_inspect(&f->logger, file), 1);
    assert_int_equal(qc_node_restore(&f->config, &f->logger, file), 1);

    /* And what did not become one can be tried again. */
    assert_int_equal(qc_node_init(&f->config, &f->logger), 0);
}

static void a_node_that_never_ran_cannot_be_recovered(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(qc_node_recover(&f->config, &f->logger, true), 1);
    assert_int_equal(qc_node_init(&f->config, &f->logger), 0);
    assert_int_equal(qc_node_recover(&f->config, &f->logger, false), 1);
}

/* A node whose rows say that entry 2 has removed it. */
static void make_removed(struct fixture *f)
{
    static const struct qc_member before[N] = {
        {1, "h:1", true},
        {2, "h:2", true},
        {3, "h:3", true},
    };
    static const struct qc_member after[N - 1] = {
        {1, "h:1", true},
        {3, "h:3", true},
    };
    struct qc_server servers[N];
    struct qc_log_options options = {.persisted = on_persisted};
    struct qc_log_entry entries[2];
    struct qc_directory *directory;
    struct qc_machine machine;
    struct raft_buffer buffer;
    struct qc_rows *rows;
    struct qc_log *log;
    char text[512] = "";
    char path[PATH_MAX];

    assert_int_equal(qc_node_init(&f->config, &f->logger), 0);
    directory = opened(f);
    options.path = qc_directory_log(directory);
    assert_int_equal(qc_log_open(&options, &log, text, sizeof(text)), 0);
    for (unsigned i = 0; i < N; i++) {
        servers[i] = (struct qc_server){.id = i + 1,
                                        .address = before[i].address,
                                        .voter = true};
    }
    assert_int_equal(qc_configuration_encode(servers, N, &buffer), 0);
    for (unsigned i = 0; i < 2; i++) {
        entries[i] = (struct qc_log_entry){
            .index = i + 1,
            .term = 1,
            .kind = RAFT_CHANGE,
            .data = {buffer.base, buffer.len},
        };
    }
    assert_int_equal(qc_log_append(log, entries, 2), 0);
    raft_free(buffer.base);
    qc_log_close(log);
    assert_int_equal(qc_directory_tidy(directory, 1, text, sizeof(text)), 0);
    qc_directory_generation(directory, 1, path);
    assert_int_equal(qc_rows_open(path, &rows, text, sizeof(text)), 0);
    assert_int_equal(qc_machine_open(&machine, qc_rows_store(rows)), 0);
    assert_int_equal(qc_entry_configure(&machine, 1, before, N), 0);
    assert_int_equal(qc_entry_configure(&machine, 2, after, N - 1), 0);
    qc_machine_close(&machine);
    qc_rows_close(rows);
    qc_directory_close(directory);
}

/* It would be told that it is done, and would then not start. */
static void a_node_that_was_removed_cannot_be_recovered(void **state)
{
    struct fixture *f = *state;
    struct qc_log_options options = {.persisted = on_persisted};
    struct qc_directory *directory;
    struct qc_log *log;
    char text[512] = "";

    make_removed(f);
    assert_int_equal(qc_node_recover(&f->config, &f->logger, true), 1);
    assert_int_equal(qc_node_recover(&f->config, &f->logger, false), 1);
    directory = opened(f);
    options.path = qc_directory_log(directory);
    assert_int_equal(qc_log_open(&options, &log, text, sizeof(text)), 0);
    assert_int_equal(qc_log_last(log), 2);
    qc_log_close(log);
    qc_directory_close(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_new_node_knows_itself_and_the_others),
        TEST(the_order_of_the_configuration_does_not_matter),
        TEST(a_directory_with_a_node_is_left_alone),
        TEST(a_cluster_begins_with_three_nodes_and_this_one),
        TEST(a_node_that_joins_is_not_among_those_it_knows),
        TEST(a_node_that_joins_must_know_somebody),
        TEST(what_is_no_backup_makes_no_node),
        TEST(a_node_that_never_ran_cannot_be_recovered),
        TEST(a_node_that_was_removed_cannot_be_recovered),
#undef TEST
    };

    return cmocka_run_group_tests_name("making", tests, NULL, NULL);
}
