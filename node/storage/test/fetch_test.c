/* storage/fetch.c: what was fetched stays, and is believed when all is here. */
#include "storage/fetch.h"

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

#include "storage/test/checkpoint_fixture.h"
#include "storage/test/folder.h"

enum {
    PART_SIZE = 700,
};

/* A node that has a checkpoint, and another that fetches it. */
struct fixture {
    struct qc_checkpoint_fixture *from;
    char checkpoints[PATH_MAX]; /* Of the other one. */
    char text[1024];
    struct qc_fetch *fetch; /* NULL while it is closed. */
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    void *from;

    assert_non_null(f);
    (void)qc_checkpoint_setup(&from);
    f->from = from;
    qc_test_take(f->from);
    qc_folder_path(f->from->folder, "other", f->checkpoints);
    assert_int_equal(mkdir(f->checkpoints, 0700), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    void *from = f->from;

    qc_fetch_close(f->fetch);
    (void)qc_checkpoint_teardown(&from);
    free(f);
    return 0;
}

static int open_fetch(struct fixture *f, const Qc__Peer__Manifest *manifest)
{
    return qc_fetch_open(f->checkpoints, manifest, &f->fetch, f->text,
                         sizeof(f->text));
}

static void begin(struct fixture *f)
{
    if (open_fetch(f, f->from->manifest.message) != 0) {
        fail_msg("%s", f->text);
    }
}

static void reopen(struct fixture *f)
{
    qc_fetch_close(f->fetch);
    f->fetch = NULL;
    begin(f);
}

/* Where byte |have| of all files stands; false at their end. */
static bool part_at(const Qc__Peer__Manifest *manifest,
                    uint64_t have,
                    struct qc_checkpoint_part *part_out)
{
    for (size_t i = 0; i < manifest->n_files; i++) {
        const Qc__Peer__CheckpointFile *file = manifest->files[i];

        if (have < file->size) {
            *part_out = (struct qc_checkpoint_part){
                .index = manifest->index,
                .file = file->name,
                .offset = have,
                .size = PART_SIZE,
            };
            return true;
        }
        have -= file->size;
    }
    return false;
}

/* Fetches the next part; false at the end. */
static bool step(struct fixture *f)
{
    uint64_t have = qc_fetch_have(f->fetch);
    struct qc_checkpoint_part part;
    uint8_t bytes[PART_SIZE];

    if (!part_at(f->from->manifest.message, have, &part)) {
        return false;
    }
    assert_int_equal(
        qc_checkpoint_read(f->from->checkpoints, &part, bytes, &part.size), 0);
    assert_int_equal(
        qc_fetch_write(f->fetch, &part, (struct qc_bytes){bytes, part.size}),
        0);
    assert_int_equal(qc_fetch_have(f->fetch), have + part.size);
    return true;
}

static void expect_whole(struct fixture *f)
{
    struct qc_manifest manifest;
    char path[PATH_MAX];

    if (qc_fetch_finish(f->fetch) != 0) {
        fail_msg("%s", qc_fetch_error(f->fetch));
    }
    assert_int_equal(qc_checkpoint_manifest(f->checkpoints, 10, &manifest,
                                            f->text, sizeof(f->text)),
                     0);
    assert_true(qc_manifest_same(manifest.message, f->from->manifest.message));
    qc_manifest_done(&manifest);
    qc_folder_path(f->from->folder, "made", path);
    assert_int_equal(qc_checkpoint_make_rows(f->checkpoints, 10, path, f->text,
                                             sizeof(f->text)),
                     0);
    qc_test_expect_rows(f->from, path, f->from->manifest.message);
}

static void what_is_fetched_in_parts_is_the_checkpoint(void **state)
{
    struct fixture *f = *state;

    begin(f);
    assert_int_equal(qc_fetch_have(f->fetch), 0);
    while (step(f)) {
    }
    assert_int_equal(qc_fetch_have(f->fetch),
                     qc_manifest_size(f->from->manifest.message));
    expect_whole(f);
}

static void a_fetch_goes_on_where_it_was_left(void **state)
{
    struct fixture *f = *state;
    uint64_t have = 0;

    begin(f);
    while (step(f)) {
        have = qc_fetch_have(f->fetch);
        reopen(f);
        assert_int_equal(qc_fetch_have(f->fetch), have);
    }
    expect_whole(f);
}

/* Killed when it was whole, and before it became the rows. */
static void what_was_whole_already_is_not_fetched_again(void **state)
{
    struct fixture *f = *state;

    begin(f);
    while (step(f)) {
    }
    expect_whole(f);
    reopen(f);
    assert_int_equal(qc_fetch_have(f->fetch),
                     qc_manifest_size(f->from->manifest.message));
    expect_whole(f);
}

static void only_what_comes_next_is_taken(void **state)
{
    struct fixture *f = *state;
    const Qc__Peer__Manifest *manifest = f->from->manifest.message;
    struct qc_checkpoint_part next;
    uint8_t bytes[PART_SIZE] = {0};
    uint64_t have;

    begin(f);
    assert_true(step(f));
    have = qc_fetch_have(f->fetch);
    assert_true(part_at(manifest, have, &next));
    for (unsigned i = 0; i < 5; i++) {
        struct qc_checkpoint_part part = next;
        struct qc_bytes data = {bytes, 1};

        part.index += i == 0;
        part.offset += i == 1;
        part.offset -= i == 2;
        if (i == 3) {
            part.file = "000000.sst";
        }
        data.size = i == 4 ? 0 : 1;
        assert_int_equal(qc_fetch_write(f->fetch, &part, data), 1);
    }
    /* Nor what would go beyond the file. */
    while (manifest->files[0]->size - next.offset > PART_SIZE) {
        assert_true(step(f));
        assert_true(part_at(manifest, qc_fetch_have(f->fetch), &next));
    }
    if (strcmp(next.file, manifest->files[0]->name) == 0 &&
        manifest->files[0]->size - next.offset < PART_SIZE) {
        assert_int_equal(qc_fetch_write(f->fetch, &next,
                                        (struct qc_bytes){bytes, PART_SIZE}),
                         1);
    }
    while (step(f)) {
    }
    expect_whole(f);
}

static void what_does_not_verify_is_forgotten(void **state)
{
    struct fixture *f = *state;
    const Qc__Peer__Manifest *manifest = f->from->manifest.message;
    char path[PATH_MAX];
    char file[PATH_MAX];

    begin(f);
    while (step(f)) {
    }
    qc_folder_path(f->checkpoints, "10.fetch", path);
    qc_folder_path(path, manifest->files[manifest->n_files - 1]->name, file);
    qc_file_flip(file, qc_file_size(file) / 2);
    assert_int_equal(qc_fetch_finish(f->fetch), QC_E_CORRUPT);
    assert_non_null(strstr(qc_fetch_error(f->fetch), file));
    assert_int_equal(access(path, F_OK), -1);
    reopen(f);
    assert_int_equal(qc_fetch_have(f->fetch), 0);
    while (step(f)) {
    }
    expect_whole(f);
}

static void a_part_of_it_is_not_a_checkpoint(void **state)
{
    struct fixture *f = *state;
    uint64_t indexes[4];
    size_t n;

    begin(f);
    assert_true(step(f));
    assert_int_equal(qc_checkpoint_list(f->checkpoints, indexes, 4, &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(qc_fetch_finish(f->fetch), QC_E_CORRUPT);
    assert_non_null(strstr(qc_fetch_error(f->fetch), "fetched again"));
    assert_int_equal(qc_checkpoint_list(f->checkpoints, indexes, 4, &n), 0);
    assert_int_equal(n, 0);
}

static void another_manifest_begins_anew(void **state)
{
    struct fixture *f = *state;
    Qc__Peer__Manifest other = *f->from->manifest.message;
    char path[PATH_MAX];

    begin(f);
    assert_true(step(f));
    qc_fetch_close(f->fetch);
    other.term = 9;
    assert_int_equal(open_fetch(f, &other), 0);
    assert_int_equal(qc_fetch_have(f->fetch), 0);
    qc_fetch_close(f->fetch);
    f->fetch = NULL;
    other.index = 11;
    assert_int_equal(open_fetch(f, &other), 0);
    assert_int_equal(qc_fetch_have(f->fetch), 0);
    qc_folder_path(f->checkpoints, "10.fetch", path);
    assert_int_equal(access(path, F_OK), -1);
}

static void a_file_that_grew_too_long_is_fetched_anew(void **state)
{
    struct fixture *f = *state;
    const Qc__Peer__Manifest *manifest = f->from->manifest.message;
    char path[PATH_MAX];
    char file[PATH_MAX];

    begin(f);
    while (step(f)) {
    }
    qc_folder_path(f->checkpoints, "10.fetch", path);
    qc_folder_path(path, manifest->files[0]->name, file);
    assert_int_equal(truncate(file, (off_t)manifest->files[0]->size + 1), 0);
    reopen(f);
    assert_int_equal(qc_fetch_have(f->fetch), 0);
    while (step(f)) {
    }
    expect_whole(f);
}

/* --- manifests that nobody should believe --------------------------------- */

static void expect_flaw(struct fixture *f,
                        const Qc__Peer__Manifest *manifest,
                        const char *word)
{
    assert_int_equal(open_fetch(f, manifest), QC_E_CORRUPT);
    if (strstr(f->text, word) == NULL) {
        fail_msg("no \"%s\" in: %s", word, f->text);
    }
}

static void hostile_names_are_refused(void **state)
{
    static const char *const names[] = {
        "",
        ".",
        "..",
        "a/b",
        "../x",
        "manifest",
        "manifest.new",
        "a b",
        "a\nb",
        "0123456789012345678901234567890123456789012345678901234567890123x",
    };
    struct fixture *f = *state;
    Qc__Peer__Manifest manifest = *f->from->manifest.message;
    Qc__Peer__CheckpointFile file = *manifest.files[0];
    Qc__Peer__CheckpointFile *files[] = {&file, &file};

    manifest.files = files;
    manifest.n_files = 1;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        file.name = names[i];
        expect_flaw(f, &manifest, "a file that no checkpoint has");
    }
    file.name = "x.sst";
    manifest.n_files = 2;
    expect_flaw(f, &manifest, "twice or out of order");
    manifest.n_files = 0;
    expect_flaw(f, &manifest, "names no file");
}

static void hostile_sizes_are_refused(void **state)
{
    struct fixture *f = *state;
    Qc__Peer__Manifest manifest = *f->from->manifest.message;
    Qc__Peer__CheckpointFile one = *manifest.files[0];
    Qc__Peer__CheckpointFile other = *manifest.files[1];
    Qc__Peer__CheckpointFile *files[] = {&one, &other};

    manifest.files = files;
    manifest.n_files = 2;
    one.size = INT64_MAX;
    other.size = 1;
    expect_flaw(f, &manifest, "too large together");
    one.size = UINT64_MAX;
    other.size = 2;
    expect_flaw(f, &manifest, "too large together");
    one.size = 1;
    one.checksum.len = 8;
    expect_flaw(f, &manifest, "without its checksum");
}

static void other_flaws_are_refused(void **state)
{
    struct fixture *f = *state;
    Qc__Peer__Manifest good = *f->from->manifest.message;
    Qc__Peer__Manifest manifest = good;

    manifest.format = 2;
    expect_flaw(f, &manifest, "format");
    manifest = good;
    manifest.cluster_id = "";
    expect_flaw(f, &manifest, "cluster");
    manifest = good;
    manifest.index = 0;
    expect_flaw(f, &manifest, "no index");
    manifest = good;
    manifest.state_hash.len = 0;
    expect_flaw(f, &manifest, "hashes");
    manifest = good;
    manifest.rows_hash.len = 15;
    expect_flaw(f, &manifest, "hashes");
    manifest = good;
    manifest.configuration_index = manifest.index + 1;
    expect_flaw(f, &manifest, "newer");
}

/* That takes long, and opening is for the loop. */
static void what_is_forgotten_is_not_removed_when_one_is_opened(void **state)
{
    static const char *const names[] = {"10.fetch.0.drop", "10.fetch.1.drop"};
    struct fixture *f = *state;
    Qc__Peer__Manifest other = *f->from->manifest.message;
    char path[PATH_MAX];

    other.now_ms++;
    begin(f);
    for (unsigned i = 0; i < 2; i++) {
        qc_fetch_close(f->fetch);
        f->fetch = NULL;
        assert_int_equal(
            open_fetch(f, i == 0 ? &other : f->from->manifest.message), 0);
        qc_folder_path(f->checkpoints, names[i], path);
        assert_int_equal(access(path, F_OK), 0);
    }
    qc_folder_path(f->checkpoints, names[0], path);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(
        qc_checkpoint_keep(f->checkpoints, NULL, 0, f->text, sizeof(f->text)),
        0);
    assert_int_not_equal(access(path, F_OK), 0);
}

int main(void)
{
#define FETCH_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        FETCH_TEST(what_is_fetched_in_parts_is_the_checkpoint),
        FETCH_TEST(a_fetch_goes_on_where_it_was_left),
        FETCH_TEST(what_is_forgotten_is_not_removed_when_one_is_opened),
        FETCH_TEST(what_was_whole_already_is_not_fetched_again),
        FETCH_TEST(only_what_comes_next_is_taken),
        FETCH_TEST(what_does_not_verify_is_forgotten),
        FETCH_TEST(a_part_of_it_is_not_a_checkpoint),
        FETCH_TEST(another_manifest_begins_anew),
        FETCH_TEST(a_file_that_grew_too_long_is_fetched_anew),
        FETCH_TEST(hostile_names_are_refused),
        FETCH_TEST(hostile_sizes_are_refused),
        FETCH_TEST(other_flaws_are_refused),
    };

    return cmocka_run_group_tests_name("fetch", tests, NULL, NULL);
}
