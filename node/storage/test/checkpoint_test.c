/* storage/checkpoint.c: the rows at one index, which nothing changes any more.
 */
#include "storage/checkpoint.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "storage/test/checkpoint_fixture.h"
#include "storage/test/folder.h"

enum {
    N_TAKEN = 5,
    BUSY_STEP = 100,
    N_BUSY_MIN = 20, /* Entries that go on while they are taken. */
};

static int verify_at(struct qc_checkpoint_fixture *f, uint64_t index)
{
    char path[PATH_MAX];

    qc_test_checkpoint(f, index, path);
    return qc_checkpoint_verify(path, f->manifest.message, f->text,
                                sizeof(f->text));
}

static void a_checkpoint_says_what_is_in_it(void **state)
{
    struct qc_checkpoint_fixture *f = *state;
    const Qc__Peer__Manifest *manifest;

    qc_test_take(f);
    manifest = f->manifest.message;
    assert_int_equal(manifest->index, 10);
    assert_int_equal(manifest->term, 0);
    assert_int_equal(manifest->now_ms, 10000);
    assert_string_equal(manifest->cluster_id, "3f1c2e");
    assert_memory_equal(manifest->state_hash.data, f->machine.hash, 16);
    assert_int_equal(manifest->n_servers, 3);
    assert_int_equal(manifest->servers[2]->id, 3);
    assert_string_equal(manifest->servers[2]->address, "three.example:7400");
    assert_int_equal(manifest->servers[1]->role, 1); /* RAFT_VOTER */
    assert_int_equal(manifest->servers[2]->role, 0); /* RAFT_STANDBY */
    assert_int_equal(manifest->configuration_index, 1);
    assert_int_equal(manifest->cluster_version, 1);
    assert_true(manifest->n_rows > 100);
    assert_true(manifest->n_files >= 3);
    assert_int_equal(verify_at(f, 10), 0);
}

static void a_checkpoint_stays_while_the_rows_go_on(void **state)
{
    struct qc_checkpoint_fixture *f = *state;

    qc_test_take(f);
    for (uint64_t i = 11; i < 200; i++) {
        qc_test_apply(f, i);
    }
    assert_int_equal(verify_at(f, 10), 0);
    /* To look at it does not change it. */
    assert_int_equal(verify_at(f, 10), 0);
    qc_test_take(f);
    assert_int_equal(f->manifest.message->index, 199);
    assert_int_equal(verify_at(f, 199), 0);
}

static void a_checkpoint_of_the_same_index_is_the_same(void **state)
{
    struct qc_checkpoint_fixture *f = *state;
    uint64_t indexes[4];
    size_t n;

    qc_test_take(f);
    qc_test_take(f);
    assert_int_equal(verify_at(f, 10), 0);
    assert_int_equal(qc_checkpoint_list(f->checkpoints, indexes, 4, &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(indexes[0], 10);
}

static void what_was_left_of_a_killed_attempt_is_removed(void **state)
{
    struct qc_checkpoint_fixture *f = *state;
    char part[PATH_MAX];

    qc_folder_path(f->checkpoints, "take.part", part);
    assert_int_equal(mkdir(part, 0700), 0);
    qc_test_take(f);
    assert_int_equal(access(part, F_OK), -1);
}

static void nothing_can_be_taken_of_rows_without_an_index(void **state)
{
    struct qc_checkpoint_fixture *f = *state;
    const struct qc_checkpoint_options options = {
        .directory = f->checkpoints,
        .cluster_id = "3f1c2e",
    };
    struct qc_rows *rows;
    char path[PATH_MAX];

    qc_folder_path(f->folder, "empty", path);
    assert_int_equal(qc_rows_open(path, &rows, f->text, sizeof(f->text)), 0);
    assert_int_equal(qc_checkpoint_take(rows, &options, &f->manifest, f->text,
                                        sizeof(f->text)),
                     QC_E_CORRUPT);
    qc_rows_close(rows);
    qc_folder_path(f->checkpoints, "take.part", path);
    assert_int_equal(access(path, F_OK), -1);
}

/* --- damage --------------------------------------------------------------- */

static void expect_damage(struct qc_checkpoint_fixture *f,
                          const char *file,
                          const char *word)
{
    assert_int_equal(verify_at(f, 10), QC_E_CORRUPT);
    qc_test_expect_text(f, file);
    qc_test_expect_text(f, word);
    qc_test_expect_text(f, "nothing is lost");
}

static void every_file_that_is_damaged_is_named(void **state)
{
    struct qc_checkpoint_fixture *f = *state;

    qc_test_take(f);
    for (size_t i = 0; i < f->manifest.message->n_files; i++) {
        char file[PATH_MAX];
        char kept[PATH_MAX];
        size_t size;

        qc_test_checkpoint_file(f, i, file);
        (void)snprintf(kept, sizeof(kept), "%.4000s.kept", f->folder);
        qc_folder_copy(file, kept);
        size = qc_file_size(file);

        for (size_t at = 0; at < size; at += 97) {
            qc_file_flip(file, at);
            expect_damage(f, file, "checksum");
            qc_file_flip(file, at);
        }
        qc_file_cut(file, size - 1);
        expect_damage(f, file, "bytes, and not");
        qc_file_delete(file);
        expect_damage(f, file, "is missing");
        qc_folder_copy(kept, file);
        qc_file_delete(kept);
        assert_int_equal(verify_at(f, 10), 0);
    }
}

static void a_foreign_file_is_found(void **state)
{
    struct qc_checkpoint_fixture *f = *state;
    char path[PATH_MAX];
    char file[PATH_MAX];
    FILE *stream;

    qc_test_take(f);
    qc_test_checkpoint(f, 10, path);
    qc_folder_path(path, "000099.log", file);
    stream = fopen(file, "w");
    assert_non_null(stream);
    (void)fclose(stream);
    expect_damage(f, file, "is no file of this checkpoint");
}

/* Files that are as they should be, of rows that are not. */
static void rows_that_are_not_the_manifests_are_found(void **state)
{
    struct qc_checkpoint_fixture *f = *state;
    Qc__Peer__Manifest lie;
    char path[PATH_MAX];
    uint8_t hash[16] = {1};

    qc_test_take(f);
    qc_test_checkpoint(f, 10, path);
    for (unsigned i = 0; i < 5; i++) {
        static const char *const words[] = {
            "index", "time", "state hash", "number of rows", "hash of all rows",
        };

        lie = *f->manifest.message;
        lie.index += i == 0;
        lie.now_ms += i == 1;
        if (i == 2) {
            lie.state_hash.data = hash;
        }
        lie.n_rows += i == 3;
        if (i == 4) {
            lie.rows_hash.data = hash;
        }
        assert_int_equal(
            qc_checkpoint_verify(path, &lie, f->text, sizeof(f->text)),
            QC_E_CORRUPT);
        qc_test_expect_text(f, words[i]);
    }
}

static void a_damaged_manifest_is_found(void **state)
{
    struct qc_checkpoint_fixture *f = *state;
    struct qc_manifest manifest;
    char path[PATH_MAX];
    char file[PATH_MAX];
    size_t size;

    qc_test_take(f);
    qc_test_checkpoint(f, 10, path);
    qc_folder_path(path, "manifest", file);
    size = qc_file_size(file);
    for (size_t at = 0; at < size; at++) {
        qc_file_flip(file, at);
        assert_int_equal(qc_checkpoint_manifest(f->checkpoints, 10, &manifest,
                                                f->text, sizeof(f->text)),
                         QC_E_CORRUPT);
        qc_test_expect_text(f, file);
        qc_test_expect_text(f, "damaged");
        qc_file_flip(file, at);
    }
    /* It is of no use, so the next one takes its place. */
    qc_file_cut(file, size / 2);
    qc_test_take(f);
    assert_int_equal(qc_checkpoint_manifest(f->checkpoints, 10, &manifest,
                                            f->text, sizeof(f->text)),
                     0);
    assert_true(qc_manifest_same(manifest.message, f->manifest.message));
    qc_manifest_done(&manifest);
}

/* --- what is made of one -------------------------------------------------- */

static void rows_are_made_of_a_checkpoint_that_stays(void **state)
{
    struct qc_checkpoint_fixture *f = *state;
    char path[PATH_MAX];

    qc_test_take(f);
    qc_folder_path(f->folder, "made", path);
    /* Twice: the first may have been killed. */
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(qc_checkpoint_make_rows(f->checkpoints, 10, path,
                                                 f->text, sizeof(f->text)),
                         0);
    }
    qc_test_expect_rows(f, path, f->manifest.message);
    assert_int_equal(verify_at(f, 10), 0);
    assert_int_equal(qc_checkpoint_make_rows(f->checkpoints, 11, path, f->text,
                                             sizeof(f->text)),
                     QC_E_IO);
}

static void a_part_is_read_as_it_stands_in_the_file(void **state)
{
    struct qc_checkpoint_fixture *f = *state;
    struct qc_checkpoint_part part = {.index = 10, .size = 100};
    uint8_t bytes[100];
    uint8_t again[100];
    size_t n = 0;
    size_t size;

    qc_test_take(f);
    part.file = f->manifest.message->files[0]->name;
    size = (size_t)f->manifest.message->files[0]->size;
    assert_true(size > 150);
    assert_int_equal(qc_checkpoint_read(f->checkpoints, &part, bytes, &n), 0);
    assert_int_equal(n, 100);
    part.offset = 50;
    assert_int_equal(qc_checkpoint_read(f->checkpoints, &part, again, &n), 0);
    assert_memory_equal(bytes + 50, again, 50);
    part.offset = size - 10;
    assert_int_equal(qc_checkpoint_read(f->checkpoints, &part, again, &n), 0);
    assert_int_equal(n, 10);
    part.offset = size + 10;
    assert_int_equal(qc_checkpoint_read(f->checkpoints, &part, again, &n), 0);
    assert_int_equal(n, 0);
    part.offset = UINT64_MAX;
    assert_int_equal(qc_checkpoint_read(f->checkpoints, &part, again, &n), 1);
    part.offset = INT64_MAX; /* The kernel refuses a part that ends above it. */
    assert_int_equal(qc_checkpoint_read(f->checkpoints, &part, again, &n), 1);
}

static void no_other_file_can_be_read(void **state)
{
    static const char *const names[] = {
        "",         ".",          "..",          "../../rows/CURRENT",
        "manifest", "000000.sst", "/etc/passwd",
    };
    struct qc_checkpoint_fixture *f = *state;
    struct qc_checkpoint_part part = {.index = 10, .size = 1};
    uint8_t byte;
    size_t n;

    qc_test_take(f);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        part.file = names[i];
        assert_int_equal(qc_checkpoint_read(f->checkpoints, &part, &byte, &n),
                         1);
    }
    part.file = "CURRENT";
    assert_int_equal(qc_checkpoint_read(f->checkpoints, &part, &byte, &n), 0);
    part.index = 11;
    assert_int_equal(qc_checkpoint_read(f->checkpoints, &part, &byte, &n), 1);
}

static void what_is_not_kept_is_dropped(void **state)
{
    static const uint64_t kept[] = {12, 99};
    struct qc_checkpoint_fixture *f = *state;
    char path[PATH_MAX];
    uint64_t indexes[4];
    size_t n;

    for (uint64_t i = 11; i <= 13; i++) {
        qc_test_take(f);
        qc_test_apply(f, i);
    }
    qc_test_take(f);
    qc_folder_path(f->checkpoints, "7.drop", path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(qc_checkpoint_list(f->checkpoints, indexes, 4, &n), 0);
    assert_int_equal(n, 4);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(indexes[i], 10 + i);
    }
    assert_int_equal(qc_checkpoint_list(f->checkpoints, indexes, 2, &n), 0);
    assert_int_equal(n, 2);
    assert_int_equal(indexes[0], 12);
    assert_int_equal(indexes[1], 13);
    assert_int_equal(
        qc_checkpoint_keep(f->checkpoints, kept, 2, f->text, sizeof(f->text)),
        0);
    assert_int_equal(qc_checkpoint_list(f->checkpoints, indexes, 4, &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(indexes[0], 12);
    assert_int_equal(access(path, F_OK), -1);
}

/* --- beside the loop ------------------------------------------------------ */

struct taker {
    struct qc_checkpoint_fixture *f;
    atomic_bool done;
    uint64_t indexes[N_TAKEN];
};

static void *take_some(void *arg)
{
    struct taker *taker = arg;
    const struct qc_checkpoint_options options = {
        .directory = taker->f->checkpoints,
        .cluster_id = "3f1c2e",
    };

    for (unsigned i = 0; i < N_TAKEN; i++) {
        struct qc_manifest manifest;
        char text[1024];
        char path[PATH_MAX];

        if (qc_checkpoint_take(taker->f->rows, &options, &manifest, text,
                               sizeof(text)) != 0) {
            break;
        }
        qc_test_checkpoint(taker->f, manifest.message->index, path);
        if (qc_checkpoint_verify(path, manifest.message, text, sizeof(text)) ==
            0) {
            taker->indexes[i] = manifest.message->index;
        }
        qc_manifest_done(&manifest);
    }
    taker->done = true;
    return NULL;
}

static void the_rows_go_on_while_it_is_taken(void **state)
{
    struct qc_checkpoint_fixture *f = *state;
    struct taker taker = {.f = f};
    uint64_t index = 10;
    pthread_t thread;

    assert_int_equal(qc_rows_settle(f->rows), 0);
    assert_int_equal(pthread_create(&thread, NULL, take_some, &taker), 0);
    while (!taker.done || index < 10 + N_BUSY_MIN) {
        qc_test_apply(f, ++index);
        if (index % BUSY_STEP == 0) {
            /* So that RocksDB is written to all the time, too. */
            assert_int_equal(qc_rows_settle(f->rows), 0);
        }
    }
    (void)pthread_join(thread, NULL);
    for (unsigned i = 0; i < N_TAKEN; i++) {
        assert_true(taker.indexes[i] >= 10);
        assert_true(taker.indexes[i] <= index);
        assert_true(i == 0 || taker.indexes[i] >= taker.indexes[i - 1]);
    }
}

int main(void)
{
#define CHECKPOINT_TEST(name)                                  \
    cmocka_unit_test_setup_teardown(name, qc_checkpoint_setup, \
                                    qc_checkpoint_teardown)
    const struct CMUnitTest tests[] = {
        CHECKPOINT_TEST(a_checkpoint_says_what_is_in_it),
        CHECKPOINT_TEST(a_checkpoint_stays_while_the_rows_go_on),
        CHECKPOINT_TEST(a_checkpoint_of_the_same_index_is_the_same),
        CHECKPOINT_TEST(what_was_left_of_a_killed_attempt_is_removed),
        CHECKPOINT_TEST(nothing_can_be_taken_of_rows_without_an_index),
        CHECKPOINT_TEST(every_file_that_is_damaged_is_named),
        CHECKPOINT_TEST(a_foreign_file_is_found),
        CHECKPOINT_TEST(rows_that_are_not_the_manifests_are_found),
        CHECKPOINT_TEST(a_damaged_manifest_is_found),
        CHECKPOINT_TEST(rows_are_made_of_a_checkpoint_that_stays),
        CHECKPOINT_TEST(a_part_is_read_as_it_stands_in_the_file),
        CHECKPOINT_TEST(no_other_file_can_be_read),
        CHECKPOINT_TEST(what_is_not_kept_is_dropped),
        CHECKPOINT_TEST(the_rows_go_on_while_it_is_taken),
    };

    return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
