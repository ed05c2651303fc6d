/* storage/directory.c: one directory, one node, one process. */
#include "storage/directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "storage/test/child.h"
#include "storage/test/folder.h"

struct fixture {
    char folder[PATH_MAX];
    char path[PATH_MAX];
    char text[1024];
    struct qc_identity identity;
    struct qc_directory *directory;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    qc_folder_make(f->folder);
    qc_folder_path(f->folder, "node", f->path);
    f->identity = (struct qc_identity){
        .cluster_id = "3f1c2e",
        .node_id = 2,
        .members = {{1, "one.example:7400"}, {2, "[::1]:7400"}},
        .n_members = 2,
    };
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    qc_directory_close(f->directory);
    qc_folder_remove(f->folder);
    free(f);
    return 0;
}

static int prepare(struct fixture *f)
{
    return qc_directory_prepare(f->path, &f->identity, &f->directory, f->text,
                                sizeof(f->text));
}

static int init(struct fixture *f)
{
    int r = prepare(f);

    if (r == 0) {
        r = qc_directory_seal(f->directory, f->text, sizeof(f->text));
        qc_directory_close(f->directory);
        f->directory = NULL;
    }
    return r;
}

static int open_it(struct fixture *f)
{
    return qc_directory_open(f->path, &f->directory, f->text, sizeof(f->text));
}

static void expect_text(const struct fixture *f, const char *word)
{
    if (strstr(f->text, f->path) == NULL || strstr(f->text, word) == NULL) {
        fail_msg("no \"%s\" and path in: %s", word, f->text);
    }
}

static void who_was_made_is_who_is_opened(void **state)
{
    struct fixture *f = *state;
    const struct qc_identity *identity;
    char expected[PATH_MAX];
    char made[PATH_MAX];
    struct stat folder;

    assert_int_equal(init(f), 0);
    assert_int_equal(open_it(f), 0);
    identity = qc_directory_identity(f->directory);
    assert_string_equal(identity->cluster_id, f->identity.cluster_id);
    assert_int_equal(identity->node_id, 2);
    assert_int_equal(identity->n_members, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(identity->members[i].id, f->identity.members[i].id);
        assert_string_equal(identity->members[i].address,
                            f->identity.members[i].address);
    }
    assert_int_equal(stat(f->path, &folder), 0);
    assert_int_equal(folder.st_mode & 07777, 0700);
    qc_folder_path(f->path, "log", expected);
    assert_string_equal(qc_directory_log(f->directory), expected);
    qc_folder_path(f->path, "checkpoints", expected);
    assert_string_equal(qc_directory_checkpoints(f->directory), expected);
    qc_folder_path(f->path, "reserve", expected);
    assert_string_equal(qc_directory_reserve(f->directory), expected);
    qc_directory_generation(f->directory, 12, made);
    qc_folder_path(f->path, "rows/12", expected);
    assert_string_equal(made, expected);
}

static void the_largest_identity_fits(void **state)
{
    struct fixture *f = *state;

    memset(f->identity.cluster_id, 'c', QC_CLUSTER_ID_SIZE - 1);
    f->identity.node_id = UINT64_MAX;
    f->identity.n_members = QC_MEMBERS_MAX;
    for (unsigned i = 0; i < QC_MEMBERS_MAX; i++) {
        f->identity.members[i].id = UINT64_MAX - i;
        memset(f->identity.members[i].address, 'a', QC_ADDRESS_SIZE - 1);
        f->identity.members[i].address[QC_ADDRESS_SIZE - 1] = '\0';
    }
    assert_int_equal(init(f), 0);
    assert_int_equal(open_it(f), 0);
    assert_memory_equal(qc_directory_identity(f->directory), &f->identity,
                        sizeof(f->identity));
}

static void an_identity_that_cannot_be_written_is_refused(void **state)
{
    struct fixture *f = *state;
    struct qc_identity good = f->identity;

    f->identity.cluster_id[0] = '\0';
    assert_int_equal(init(f), QC_E_IO);
    expect_text(f, "cluster id");
    f->identity = good;
    memcpy(f->identity.cluster_id, "a b", 4);
    assert_int_equal(init(f), QC_E_IO);
    expect_text(f, "cluster id");
    f->identity = good;
    f->identity.node_id = 0;
    assert_int_equal(init(f), QC_E_IO);
    expect_text(f, "node id");
    f->identity = good;
    f->identity.n_members = QC_MEMBERS_MAX + 1;
    assert_int_equal(init(f), QC_E_IO);
    expect_text(f, "16 members");
    f->identity = good;
    memcpy(f->identity.members[1].address, "a\n", 3);
    assert_int_equal(init(f), QC_E_IO);
    expect_text(f, "address");
    f->identity = good;
    f->identity.members[1].id = 1;
    assert_int_equal(init(f), QC_E_IO);
    expect_text(f, "the same id");
    assert_int_equal(access(f->path, F_OK), -1);
}

static void an_identity_is_never_invented(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(open_it(f), QC_E_IO);
    expect_text(f, "holds no node: run quorumcalld --init once");
    assert_int_equal(mkdir(f->path, 0700), 0);
    assert_int_equal(open_it(f), QC_E_IO);
    expect_text(f, "holds no node: run quorumcalld --init once");
    /* Nor is anything left that a later look could take for a node. */
    assert_int_equal(rmdir(f->path), 0);
}

static void a_node_is_made_once(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(init(f), 0);
    f->identity.node_id = 1;
    assert_int_equal(init(f), QC_E_IO);
    expect_text(f, "is not empty");
    expect_text(f, "\"identity\"");
    expect_text(f, "without --init");
    assert_int_equal(open_it(f), 0);
    assert_int_equal(qc_directory_identity(f->directory)->node_id, 2);
}

/* Killed anywhere before it was sealed, it can be made again. */
static void a_node_that_is_not_finished_is_made_again(void **state)
{
    struct fixture *f = *state;
    char log[PATH_MAX];
    char file[PATH_MAX];

    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(prepare(f), 0);
        (void)snprintf(log, sizeof(log), "%s", qc_directory_log(f->directory));
        assert_int_equal(access(log, F_OK), -1);
        assert_int_equal(mkdir(log, 0700), 0);
        qc_folder_path(log, "CURRENT", file);
        assert_int_equal(mkdir(file, 0700), 0);
        qc_directory_close(f->directory);
        f->directory = NULL;
        assert_int_equal(open_it(f), QC_E_IO);
        expect_text(f, "is not finished: run again");
    }
    /* Killed while its identity was being written. */
    qc_folder_path(f->path, "identity.new", file);
    assert_int_equal(mkdir(file, 0700), 0);
    assert_int_equal(init(f), 0);
    assert_int_equal(access(log, F_OK), -1);
    assert_int_equal(open_it(f), 0);
}

/* Killed between the last two steps: it is a node, and stays one. */
static void a_node_that_is_sealed_is_not_made_again(void **state)
{
    struct fixture *f = *state;
    char file[PATH_MAX];

    assert_int_equal(init(f), 0);
    qc_folder_path(f->path, "unfinished", file);
    assert_int_equal(mkdir(file, 0700), 0);
    assert_int_equal(init(f), QC_E_IO);
    expect_text(f, "without --init");
    assert_int_equal(rmdir(file), 0);
    assert_int_equal(open_it(f), 0);
}

static void a_node_is_made_by_one_process(void **state)
{
    struct fixture *f = *state;
    struct qc_directory *first;

    assert_int_equal(prepare(f), 0);
    first = f->directory;
    f->directory = NULL;
    assert_int_equal(prepare(f), QC_E_IO);
    expect_text(f, "/lock: held by another process");
    f->directory = first;
}

/* Without the mark of an attempt, nothing is ever removed: it may be a node
 * whose identity was lost. */
static void a_lost_identity_does_not_make_room_for_another(void **state)
{
    struct fixture *f = *state;
    char file[PATH_MAX];

    assert_int_equal(init(f), 0);
    qc_folder_path(f->path, "identity", file);
    qc_file_delete(file);
    assert_int_equal(init(f), QC_E_IO);
    expect_text(f, "is not empty");
    assert_int_equal(open_it(f), QC_E_IO);
    expect_text(f, "it is lost: let a new one join under a new id");
}

static void a_node_is_not_made_among_other_things(void **state)
{
    struct fixture *f = *state;
    char other[PATH_MAX];

    assert_int_equal(mkdir(f->path, 0755), 0);
    qc_folder_path(f->path, "letters", other);
    assert_int_equal(mkdir(other, 0700), 0);
    assert_int_equal(init(f), QC_E_IO);
    expect_text(f, "\"letters\"");
    assert_int_equal(rmdir(other), 0);
    assert_int_equal(init(f), 0);
}

static void a_place_that_cannot_be_made_is_refused(void **state)
{
    struct fixture *f = *state;

    qc_folder_path(f->folder, "no/such/place", f->path);
    assert_int_equal(init(f), QC_E_IO);
    expect_text(f, "cannot be made");
}

static void every_flipped_byte_of_the_identity_is_found(void **state)
{
    struct fixture *f = *state;
    char file[PATH_MAX];
    size_t size;

    assert_int_equal(init(f), 0);
    qc_folder_path(f->path, "identity", file);
    size = qc_file_size(file);
    for (size_t at = 0; at < size; at++) {
        qc_file_flip(file, at);
        assert_int_equal(open_it(f), QC_E_CORRUPT);
        expect_text(f, "/identity: damaged");
        expect_text(f, "under a new id");
        qc_file_flip(file, at);
    }
    assert_int_equal(open_it(f), 0);
    qc_directory_close(f->directory);
    f->directory = NULL;
    while (size > 0) {
        qc_file_cut(file, --size);
        assert_int_equal(open_it(f), QC_E_CORRUPT);
    }
}

static void make(const struct fixture *f, const char *name)
{
    char path[PATH_MAX];
    char inner[PATH_MAX];

    qc_folder_path(f->path, name, path);
    assert_int_equal(mkdir(path, 0700), 0);
    /* So that what is removed is removed with what is in it. */
    qc_folder_path(path, "inner", inner);
    assert_int_equal(mkdir(inner, 0700), 0);
}

static bool is_there(const struct fixture *f, const char *name)
{
    char path[PATH_MAX];

    qc_folder_path(f->path, name, path);
    return access(path, F_OK) == 0;
}

static int tidy(struct fixture *f, uint64_t generation)
{
    return qc_directory_tidy(f->directory, generation, f->text,
                             sizeof(f->text));
}

static void what_a_crash_has_left_is_removed(void **state)
{
    static const char *const gone[] = {
        "rows/1",
        "rows/3",
        "checkpoints/take.part",
        "checkpoints/take.part.tmp",
        "checkpoints/40.drop",
        "checkpoints/50.fetch.drop",
    };
    static const char *const kept[] = {
        "rows/2",
        "rows/letters",
        "checkpoints/50",
        "checkpoints/60.fetch",
    };
    struct fixture *f = *state;

    assert_int_equal(init(f), 0);
    assert_int_equal(open_it(f), 0);
    assert_int_equal(tidy(f, 2), 0);
    assert_true(is_there(f, "rows"));
    assert_true(is_there(f, "checkpoints"));
    for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
        make(f, gone[i]);
    }
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        make(f, kept[i]);
    }
    assert_int_equal(tidy(f, 2), 0);
    for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
        assert_false(is_there(f, gone[i]));
    }
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        assert_true(is_there(f, kept[i]));
    }
}

/* As an older release has them, and as a crash may leave them on their way. */
static void rows_without_a_generation_become_the_first(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(init(f), 0);
    assert_int_equal(open_it(f), 0);
    make(f, "rows");
    make(f, "rows/CURRENT");
    assert_int_equal(tidy(f, 1), 0);
    assert_true(is_there(f, "rows/1/CURRENT"));
    assert_int_equal(tidy(f, 1), 0);
    assert_true(is_there(f, "rows/1/CURRENT"));

    assert_int_equal(tidy(f, 2), 0);
    make(f, "rows.moving");
    make(f, "rows.moving/CURRENT");
    assert_int_equal(tidy(f, 1), 0);
    assert_true(is_there(f, "rows/1/CURRENT"));
    assert_false(is_there(f, "rows.moving"));
}

/* Holds the directory until it is killed. */
static int hold(const char *path)
{
    struct qc_directory *directory;
    char text[1024];

    if (qc_directory_open(path, &directory, text, sizeof(text)) != 0 ||
        write(STDOUT_FILENO, "!", 1) != 1) {
        return 1;
    }
    return pause();
}

static void two_processes_cannot_open_one_directory(void **state)
{
    struct fixture *f = *state;
    struct qc_child child;
    char held;

    assert_int_equal(init(f), 0);
    qc_child_start(&child, "hold", f->path);
    assert_int_equal(qc_child_read(&child, &held, 1), 1);
    assert_int_equal(open_it(f), QC_E_IO);
    expect_text(f, "/lock: held by another process");
    expect_text(f, "stop it first");
    /* A killed process holds nothing. */
    qc_child_kill(&child, 0);
    assert_int_equal(qc_child_end(&child), -1);
    assert_int_equal(open_it(f), 0);
}

int main(int argc, char **argv)
{
#define DIRECTORY_TEST(name) \
    cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        DIRECTORY_TEST(who_was_made_is_who_is_opened),
        DIRECTORY_TEST(the_largest_identity_fits),
        DIRECTORY_TEST(an_identity_that_cannot_be_written_is_refused),
        DIRECTORY_TEST(an_identity_is_never_invented),
        DIRECTORY_TEST(a_node_is_made_once),
        DIRECTORY_TEST(a_node_that_is_not_finished_is_made_again),
        DIRECTORY_TEST(a_node_that_is_sealed_is_not_made_again),
        DIRECTORY_TEST(a_node_is_made_by_one_process),
        DIRECTORY_TEST(a_lost_identity_does_not_make_room_for_another),
        DIRECTORY_TEST(a_node_is_not_made_among_other_things),
        DIRECTORY_TEST(a_place_that_cannot_be_made_is_refused),
        DIRECTORY_TEST(every_flipped_byte_of_the_identity_is_found),
        DIRECTORY_TEST(what_a_crash_has_left_is_removed),
        DIRECTORY_TEST(rows_without_a_generation_become_the_first),
        DIRECTORY_TEST(two_processes_cannot_open_one_directory),
    };

    if (argc == 3 && strcmp(argv[1], "hold") == 0) {
        return hold(argv[2]);
    }
    return cmocka_run_group_tests_name("directory", tests, NULL, NULL);
}
