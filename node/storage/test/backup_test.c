/* storage/backup.c: a backup is the checkpoint it was made of, or is refused.
 */
#include "storage/backup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "storage/checkpoint.h"
#include "storage/test/checkpoint_fixture.h"
#include "storage/test/folder.h"

static char file[PATH_MAX];
static char target[PATH_MAX];

static int setup(void **state)
{
    struct qc_checkpoint_fixture *f;

    (void)qc_checkpoint_setup(state);
    f = *state;
    qc_test_take(f);
    qc_folder_path(f->folder, "backup", file);
    qc_folder_path(f->folder, "restored", target);
    qc_test_back_up(f, file);
    return 0;
}

static void a_backup_is_what_it_was_made_of(void **state)
{
    struct qc_checkpoint_fixture *f = *state;
    struct qc_manifest manifest;
    char path[PATH_MAX];

    if (qc_backup_inspect(file, &manifest, f->text, sizeof(f->text)) != 0) {
        fail_msg("%s", f->text);
    }
    assert_int_equal(manifest.message->index, 10);
    assert_int_equal(manifest.message->term, 4);
    qc_manifest_done(&manifest);
    /* Twice: the first may have been killed before it was of use. */
    for (unsigned i = 0; i < 2; i++) {
        if (qc_backup_unpack(file, target, &manifest, f->text,
                             sizeof(f->text)) != 0) {
            fail_msg("%s", f->text);
        }
        qc_manifest_done(&manifest);
    }
    qc_folder_path(f->folder, "made", path);
    assert_int_equal(
        qc_checkpoint_make_rows(target, 10, path, f->text, sizeof(f->text)), 0);
    qc_test_expect_rows(f, path, f->manifest.message);
    assert_int_equal(
        qc_checkpoint_manifest(target, 10, &manifest, f->text, sizeof(f->text)),
        0);
    assert_int_equal(manifest.message->term, 4);
    qc_manifest_done(&manifest);
}

static void expect_refusal(struct qc_checkpoint_fixture *f, const char *word)
{
    struct qc_manifest manifest;

    assert_int_equal(
        qc_backup_inspect(file, &manifest, f->text, sizeof(f->text)),
        QC_E_CORRUPT);
    qc_test_expect_text(f, file);
    qc_test_expect_text(f, word);
}

static void a_backup_that_is_damaged_anywhere_is_refused(void **state)
{
    struct qc_checkpoint_fixture *f = *state;
    size_t size = qc_file_size(file);

    for (size_t at = 0; at < size; at += at < 14 ? 1 : 97) {
        qc_file_flip(file, at);
        expect_refusal(f, at < 10 ? "is no backup" : ": ");
        qc_file_flip(file, at);
    }
    for (size_t at = size - 16; at < size; at++) {
        qc_file_flip(file, at);
        expect_refusal(f, "the whole does not fit its checksum");
        qc_file_flip(file, at);
    }
}

static void a_backup_that_is_cut_short_is_refused(void **state)
{
    struct qc_checkpoint_fixture *f = *state;
    size_t size = qc_file_size(file);

    for (size_t cut = 1; cut < size; cut += cut < 20 ? 1 : 97) {
        qc_file_cut(file, size - cut);
        expect_refusal(f, size - cut < 14 ? "is no backup" : "ends too soon");
    }
    qc_file_cut(file, 0);
    expect_refusal(f, "is no backup");
}

static void nothing_may_follow_a_backup(void **state)
{
    FILE *stream = fopen(file, "a");

    assert_non_null(stream);
    (void)fputc('x', stream);
    (void)fclose(stream);
    expect_refusal(*state, "something follows its end");
}

static void what_does_not_verify_is_not_unpacked(void **state)
{
    struct qc_checkpoint_fixture *f = *state;
    struct qc_manifest manifest;
    uint64_t indexes[2];
    size_t n;

    qc_file_flip(file, qc_file_size(file) / 2);
    assert_int_equal(
        qc_backup_unpack(file, target, &manifest, f->text, sizeof(f->text)),
        QC_E_CORRUPT);
    assert_int_equal(qc_checkpoint_list(target, indexes, 2, &n), 0);
    assert_int_equal(n, 0);
}

/* Sound as a file, but its manifest tells of other rows. */
static void a_backup_that_lies_is_not_unpacked(void **state)
{
    struct qc_checkpoint_fixture *f = *state;
    Qc__Peer__Manifest lie = *f->manifest.message;
    struct qc_manifest good = f->manifest;
    struct qc_manifest manifest;

    lie.now_ms++;
    f->manifest.message = &lie;
    qc_test_back_up(f, file);
    f->manifest = good;
    assert_int_equal(
        qc_backup_inspect(file, &manifest, f->text, sizeof(f->text)), 0);
    qc_manifest_done(&manifest);
    assert_int_equal(
        qc_backup_unpack(file, target, &manifest, f->text, sizeof(f->text)),
        QC_E_CORRUPT);
    qc_test_expect_text(f, "their time differs");
}

static void a_backup_must_be_there(void **state)
{
    struct qc_checkpoint_fixture *f = *state;
    struct qc_manifest manifest;

    qc_file_delete(file);
    assert_int_equal(
        qc_backup_inspect(file, &manifest, f->text, sizeof(f->text)), QC_E_IO);
    qc_test_expect_text(f, file);
}

int main(void)
{
#define BACKUP_TEST(name) \
    cmocka_unit_test_setup_teardown(name, setup, qc_checkpoint_teardown)
    const struct CMUnitTest tests[] = {
        BACKUP_TEST(a_backup_is_what_it_was_made_of),
        BACKUP_TEST(a_backup_that_is_damaged_anywhere_is_refused),
        BACKUP_TEST(a_backup_that_is_cut_short_is_refused),
        BACKUP_TEST(nothing_may_follow_a_backup),
        BACKUP_TEST(what_does_not_verify_is_not_unpacked),
        BACKUP_TEST(a_backup_that_lies_is_not_unpacked),
        BACKUP_TEST(a_backup_must_be_there),
    };

    return cmocka_run_group_tests_name("backup", tests, NULL, NULL);
}
