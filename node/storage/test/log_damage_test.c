/* storage/log_disk.c: a log that has lost something says what, and refuses. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <rocksdb/c.h>

#include "storage/floor.h"
#include "storage/log_row.h"
#include "storage/test/folder.h"
#include "storage/test/log_fixture.h"

enum {
    N_ENTRIES = 40,
    N_DAMAGES = 48, /* To each file. */
    TERM = 3,
};

static const char NEXT_STEP[] = "let a new one join under a new id";

/* A log with entries, closed. Its rows are still in the write-ahead log. */
static int setup(void **state)
{
    struct qc_log_fixture *f;

    (void)qc_log_setup(state);
    f = *state;
    assert_int_equal(qc_log_set_term_and_vote(f->log, TERM, 1), 0);
    assert_int_equal(qc_test_append(f->log, 1, N_ENTRIES, TERM), 0);
    qc_log_fixture_close(f);
    return 0;
}

/* The same, but opened once more, which moves the rows into a table. */
static int setup_table(void **state)
{
    struct qc_log_fixture *f;

    (void)setup(state);
    f = *state;
    assert_int_equal(qc_log_fixture_open(f, false), 0);
    qc_log_fixture_close(f);
    return 0;
}

/* Expects that the log does not open, and that each word is in the text. */
static void expect_refusal(struct qc_log_fixture *f,
                           int fault,
                           const char *const words[],
                           size_t n)
{
    assert_int_equal(qc_log_fixture_open(f, false), fault);
    for (size_t i = 0; i < n; i++) {
        if (strstr(f->text, words[i]) == NULL) {
            fail_msg("no \"%s\" in: %s", words[i], f->text);
        }
    }
}

#define EXPECT_REFUSAL(f, fault, ...)                                       \
    expect_refusal(f, fault, (const char *const[]){(f)->path, __VA_ARGS__}, \
                   sizeof((const char *const[]){(f)->path, __VA_ARGS__}) /  \
                       sizeof(char *))

static void wal_of(struct qc_log_fixture *f, char file[PATH_MAX])
{
    assert_true(qc_folder_find(f->path, ".log", file));
}

static void there_must_be_a_log(void **state)
{
    struct qc_log_fixture *f = *state;

    qc_folder_path(f->folder, "nothing", f->path);
    EXPECT_REFUSAL(f, QC_E_IO, "does not exist", NEXT_STEP);
}

static void a_log_is_not_made_over_another(void **state)
{
    struct qc_log_fixture *f = *state;

    assert_int_equal(qc_log_fixture_open(f, true), QC_E_IO);
    assert_non_null(strstr(f->text, f->path));
    assert_non_null(strstr(f->text, "no log can be made here"));
    assert_int_equal(qc_log_fixture_open(f, false), 0);
    assert_int_equal(qc_log_last(f->log), N_ENTRIES);
}

static void a_log_can_be_open_once(void **state)
{
    struct qc_log_fixture *f = *state;
    struct qc_log *log;

    assert_int_equal(qc_log_fixture_open(f, false), 0);
    log = f->log;
    f->log = NULL;
    EXPECT_REFUSAL(f, QC_E_IO, "lock", "start again");
    f->log = log;
}

static void a_flipped_byte_before_the_tail_is_refused(void **state)
{
    struct qc_log_fixture *f = *state;
    char file[PATH_MAX];

    wal_of(f, file);
    qc_file_flip(file, qc_file_size(file) / 3);
    EXPECT_REFUSAL(f, QC_E_CORRUPT, "Corruption", NEXT_STEP);
}

static void a_tail_cut_below_the_floor_is_refused(void **state)
{
    struct qc_log_fixture *f = *state;
    char file[PATH_MAX];

    wal_of(f, file);
    qc_file_cut(file, qc_file_size(file) - 10);
    EXPECT_REFUSAL(f, QC_E_CORRUPT, "ends at entry 0,", "up to entry 40",
                   NEXT_STEP);
}

static void a_lost_write_ahead_log_is_refused(void **state)
{
    struct qc_log_fixture *f = *state;
    char file[PATH_MAX];

    wal_of(f, file);
    qc_file_delete(file);
    EXPECT_REFUSAL(f, QC_E_CORRUPT, "ends at entry 0,", "up to entry 40",
                   NEXT_STEP);
}

static void a_torn_tail_above_the_floor_is_mended(void **state)
{
    struct qc_log_fixture *f = *state;
    char file[PATH_MAX];

    /* As after a power cut in the middle of the append that follows. */
    assert_int_equal(qc_log_fixture_open(f, false), 0);
    assert_int_equal(qc_test_append(f->log, N_ENTRIES + 1, N_ENTRIES + 5, TERM),
                     0);
    qc_log_fixture_close(f);
    assert_int_equal(
        qc_floor_write(f->path, &(struct qc_floor){N_ENTRIES, TERM}), 0);
    wal_of(f, file);
    qc_file_cut(file, qc_file_size(file) - 10);

    assert_int_equal(qc_log_fixture_open(f, false), 0);
    assert_int_equal(qc_log_last(f->log), N_ENTRIES);
    assert_int_equal(qc_test_read(f->log, NULL, 0), 0);
}

static void a_lost_table_is_refused(void **state)
{
    struct qc_log_fixture *f = *state;
    char file[PATH_MAX];

    assert_true(qc_folder_find(f->path, ".sst", file));
    qc_file_delete(file);
    EXPECT_REFUSAL(f, QC_E_CORRUPT, "No such file", NEXT_STEP);
}

static void a_lost_manifest_is_refused(void **state)
{
    struct qc_log_fixture *f = *state;
    char file[PATH_MAX];

    qc_folder_path(f->path, "CURRENT", file);
    qc_file_delete(file);
    EXPECT_REFUSAL(f, QC_E_IO, "does not exist", NEXT_STEP);
}

static void a_damaged_table_is_a_fault_when_it_is_read(void **state)
{
    struct qc_log_fixture *f = *state;
    uint64_t index;
    char file[PATH_MAX];

    assert_true(qc_folder_find(f->path, ".sst", file));
    qc_file_flip(file, qc_file_size(file) / 3);
    assert_int_equal(qc_log_fixture_open(f, false), 0);
    assert_int_equal(qc_test_read(f->log, NULL, 0), QC_E_CORRUPT);
    assert_non_null(strstr(qc_log_error(f->log), f->path));
    assert_non_null(strstr(qc_log_error(f->log), NEXT_STEP));
    assert_int_equal(qc_log_poll(f->log, &index), QC_E_CORRUPT);
    assert_int_equal(qc_test_append(f->log, 41, 41, TERM), QC_E_CORRUPT);
}

/* Changes a row behind the log's back; |row| NULL: deletes it. */
static void change(struct qc_log_fixture *f,
                   const char *key,
                   size_t key_size,
                   struct qc_bytes row)
{
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_writeoptions_t *write = rocksdb_writeoptions_create();
    char *error = NULL;
    rocksdb_t *db = rocksdb_open(options, f->path, &error);

    assert_null(error);
    if (row.data == NULL) {
        rocksdb_delete(db, write, key, key_size, &error);
    } else {
        rocksdb_put(db, write, key, key_size, (const char *)row.data, row.size,
                    &error);
    }
    assert_null(error);
    rocksdb_close(db);
    rocksdb_writeoptions_destroy(write);
    rocksdb_options_destroy(options);
}

static void change_entry(struct qc_log_fixture *f,
                         uint64_t index,
                         struct qc_bytes row)
{
    char key[QC_LOG_KEY_SIZE];

    qc_log_key(index, key);
    change(f, key, sizeof(key), row);
}

static void expect_fault_at(struct qc_log_fixture *f, const char *entry)
{
    assert_int_equal(qc_log_fixture_open(f, false), 0);
    assert_int_equal(qc_test_read(f->log, NULL, 0), QC_E_CORRUPT);
    assert_non_null(strstr(qc_log_error(f->log), f->path));
    assert_non_null(strstr(qc_log_error(f->log), entry));
    assert_non_null(strstr(qc_log_error(f->log), NEXT_STEP));
}

static void a_missing_entry_is_a_fault_that_names_it(void **state)
{
    struct qc_log_fixture *f = *state;

    change_entry(f, 17, (struct qc_bytes){NULL, 0});
    expect_fault_at(f, "entry 17 is missing or damaged");
}

static void an_entry_at_a_foreign_index_is_a_fault(void **state)
{
    struct qc_log_entry stray = {.index = 18, .term = TERM, .kind = 1};
    struct qc_log_fixture *f = *state;
    uint8_t row[QC_LOG_ROW_HEAD_SIZE];

    qc_log_row_write(&stray, row);
    change_entry(f, 17, (struct qc_bytes){row, sizeof(row)});
    expect_fault_at(f, "entry 17 is missing or damaged");
}

static void a_damaged_last_entry_is_refused(void **state)
{
    struct qc_log_fixture *f = *state;
    uint8_t row[QC_LOG_ROW_HEAD_SIZE] = {0};

    change_entry(f, N_ENTRIES, (struct qc_bytes){row, sizeof(row)});
    EXPECT_REFUSAL(f, QC_E_CORRUPT, "entry 40 is missing or damaged",
                   NEXT_STEP);
}

static void a_lost_or_damaged_vote_is_refused(void **state)
{
    struct qc_log_fixture *f = *state;
    uint8_t row[QC_VOTE_ROW_SIZE];

    qc_vote_row_write(TERM, 1, row);
    row[QC_VOTE_ROW_SIZE - 1] = 2;
    change(f, qc_vote_key, sizeof(qc_vote_key),
           (struct qc_bytes){row, sizeof(row)});
    EXPECT_REFUSAL(f, QC_E_CORRUPT, "term and vote", NEXT_STEP);
    change(f, qc_vote_key, sizeof(qc_vote_key), (struct qc_bytes){NULL, 0});
    EXPECT_REFUSAL(f, QC_E_CORRUPT, "term and vote", NEXT_STEP);
}

static void a_log_below_its_floor_is_refused(void **state)
{
    struct qc_log_fixture *f = *state;

    assert_int_equal(
        qc_floor_write(f->path, &(struct qc_floor){N_ENTRIES + 2, TERM}), 0);
    EXPECT_REFUSAL(f, QC_E_CORRUPT, "ends at entry 40,", "up to entry 42",
                   NEXT_STEP);
}

static void another_entry_at_the_floor_is_refused(void **state)
{
    struct qc_log_fixture *f = *state;

    assert_int_equal(qc_floor_write(f->path, &(struct qc_floor){30, TERM + 1}),
                     0);
    EXPECT_REFUSAL(f, QC_E_CORRUPT, "entry 30 is of term 3,", "with term 4",
                   NEXT_STEP);
}

static void a_lost_or_damaged_floor_is_refused(void **state)
{
    struct qc_log_fixture *f = *state;
    char file[PATH_MAX];

    qc_folder_path(f->path, "floor", file);
    qc_file_flip(file, 7);
    EXPECT_REFUSAL(f, QC_E_CORRUPT, "/floor", "damaged", NEXT_STEP);
    qc_file_delete(file);
    EXPECT_REFUSAL(f, QC_E_IO, "/floor", strerror(ENOENT), NEXT_STEP);
}

/* --- a log that goes on from a checkpoint --------------------------------- */

/* Entries 31 to 40 behind a checkpoint of entry 35. */
static int setup_compacted(void **state)
{
    struct qc_log_fixture *f;

    (void)setup(state);
    f = *state;
    assert_int_equal(qc_log_fixture_open(f, false), 0);
    assert_int_equal(qc_log_compact(f->log, qc_test_manifest(35, TERM, 0), 31),
                     0);
    qc_log_fixture_close(f);
    return 0;
}

/* No entries behind a checkpoint of entry 1000. */
static int setup_restarted(void **state)
{
    struct qc_log_fixture *f;

    (void)setup(state);
    f = *state;
    assert_int_equal(qc_log_fixture_open(f, false), 0);
    assert_int_equal(qc_log_restart(f->log, qc_test_manifest(1000, TERM, 0), 2),
                     0);
    qc_log_fixture_close(f);
    return 0;
}

static void a_lost_manifest_row_is_refused(void **state)
{
    struct qc_log_fixture *f = *state;

    change(f, qc_base_key, sizeof(qc_base_key), (struct qc_bytes){NULL, 0});
    EXPECT_REFUSAL(f, QC_E_CORRUPT, "entry 1 is missing", NEXT_STEP);
}

static void a_lost_manifest_row_without_entries_is_refused(void **state)
{
    struct qc_log_fixture *f = *state;

    change(f, qc_base_key, sizeof(qc_base_key), (struct qc_bytes){NULL, 0});
    EXPECT_REFUSAL(f, QC_E_CORRUPT, "ends at entry 0,", "up to entry 1000",
                   NEXT_STEP);
}

static void every_damaged_byte_of_the_manifest_row_is_refused(void **state)
{
    struct qc_bytes manifest = qc_test_manifest(35, TERM, 0);
    const struct qc_log_base base = {1, 31, 35, TERM, manifest};
    struct qc_log_fixture *f = *state;
    uint8_t row[QC_BASE_ROW_HEAD_SIZE + 256];
    struct qc_bytes bytes = {row, QC_BASE_ROW_HEAD_SIZE + manifest.size};

    qc_base_row_write(&base, row);
    for (size_t at = 0; at < bytes.size; at += 7) {
        row[at] ^= 0x10;
        change(f, qc_base_key, sizeof(qc_base_key), bytes);
        EXPECT_REFUSAL(f, QC_E_CORRUPT, "the manifest it begins with",
                       NEXT_STEP);
        row[at] ^= 0x10;
    }
    bytes.size -= 1;
    change(f, qc_base_key, sizeof(qc_base_key), bytes);
    EXPECT_REFUSAL(f, QC_E_CORRUPT, "the manifest it begins with", NEXT_STEP);
    bytes.size += 1;
    change(f, qc_base_key, sizeof(qc_base_key), bytes);
    assert_int_equal(qc_log_fixture_open(f, false), 0);
}

static void a_lost_first_entry_is_refused(void **state)
{
    struct qc_log_fixture *f = *state;

    change_entry(f, 31, (struct qc_bytes){NULL, 0});
    EXPECT_REFUSAL(f, QC_E_CORRUPT, "entry 31 is missing", NEXT_STEP);
}

static void a_log_that_ends_below_its_manifest_is_refused(void **state)
{
    struct qc_log_fixture *f = *state;

    for (uint64_t i = 34; i <= N_ENTRIES; i++) {
        change_entry(f, i, (struct qc_bytes){NULL, 0});
    }
    EXPECT_REFUSAL(f, QC_E_CORRUPT, "ends at entry 33,",
                   "a checkpoint of entry 35", NEXT_STEP);
}

static void another_term_at_the_manifest_is_refused(void **state)
{
    struct qc_log_fixture *f = *state;

    assert_int_equal(
        qc_floor_write(f->path, &(struct qc_floor){1000, TERM + 1}), 0);
    EXPECT_REFUSAL(f, QC_E_CORRUPT, "entry 1000 is of term 3,", "with term 4",
                   NEXT_STEP);
}

static void a_restarted_log_below_its_floor_is_refused(void **state)
{
    struct qc_log_fixture *f = *state;
    char file[PATH_MAX];

    wal_of(f, file);
    qc_file_delete(file);
    EXPECT_REFUSAL(f, QC_E_CORRUPT, "up to entry 1000", NEXT_STEP);
}

/* A power cut in the middle of the batch that compacts or restarts, or between
 * it and the floor that follows: the log is as it was. */
static void expect_undone(struct qc_log_fixture *f,
                          const struct qc_floor *floor)
{
    char file[PATH_MAX];

    assert_int_equal(qc_floor_write(f->path, floor), 0);
    wal_of(f, file);
    qc_file_cut(file, qc_file_size(file) - 10);
    assert_int_equal(qc_log_fixture_open(f, false), 0);
    assert_int_equal(qc_log_first(f->log), 1);
    assert_int_equal(qc_log_last(f->log), N_ENTRIES);
    assert_int_equal(qc_log_generation(f->log), 1);
    assert_int_equal(qc_log_manifest(f->log).size, 0);
    assert_int_equal(qc_test_read(f->log, NULL, 0), 0);
}

static void a_torn_compaction_is_undone(void **state)
{
    expect_undone(*state, &(struct qc_floor){N_ENTRIES, TERM});
}

static void a_torn_restart_is_undone(void **state)
{
    expect_undone(*state, &(struct qc_floor){0, 0});
}

/* --- any damage ----------------------------------------------------------- */

/* The log holds all up to its floor, or says what it has lost, and where. It
 * may be as it was before it was compacted: then it has lost no entry. */
static void expect_whole_or_refused(struct qc_log_fixture *f, unsigned *whole)
{
    const char *text = f->text;
    int r = qc_log_fixture_open(f, false);

    if (r == 0) {
        assert_true(qc_log_last(f->log) >= N_ENTRIES);
        assert_true(qc_log_first(f->log) == 31 || qc_log_first(f->log) == 1);
        r = qc_test_read(f->log, NULL, 0);
        text = qc_log_error(f->log);
    }
    if (r == 0) {
        (*whole)++;
    } else if (strstr(text, f->path) == NULL ||
               (strstr(text, NEXT_STEP) == NULL &&
                strstr(text, "start again") == NULL)) {
        fail_msg("names no file or no next step: %s", text);
    }
    qc_log_fixture_close(f);
}

struct damage {
    struct qc_log_fixture *f;
    char sound[PATH_MAX];
    unsigned whole;
    unsigned done;
};

static void damage_file(struct damage *damage, const char *name)
{
    struct qc_log_fixture *f = damage->f;
    char file[PATH_MAX];
    size_t size;

    qc_folder_path(damage->sound, name, file);
    size = qc_file_size(file);
    for (size_t i = 0; i < N_DAMAGES && size > 0; i++) {
        size_t at = size * i / N_DAMAGES;

        qc_folder_remove(f->path);
        qc_folder_copy(damage->sound, f->path);
        qc_folder_path(f->path, name, file);
        if (i % 2 == 0) {
            qc_file_flip(file, at);
        } else {
            qc_file_cut(file, at);
        }
        expect_whole_or_refused(f, &damage->whole);
        damage->done++;
    }
    qc_folder_remove(f->path);
    qc_folder_copy(damage->sound, f->path);
    qc_folder_path(f->path, name, file);
    qc_file_delete(file);
    expect_whole_or_refused(f, &damage->whole);
    damage->done++;
}

static void any_damage_is_mended_or_refused(void **state)
{
    struct damage damage = {.f = *state};
    DIR *folder;
    const struct dirent *entry;

    qc_folder_path(damage.f->folder, "sound", damage.sound);
    qc_folder_copy(damage.f->path, damage.sound);
    folder = opendir(damage.sound);
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.') {
            damage_file(&damage, entry->d_name);
        }
    }
    (void)closedir(folder);
    /* Both happen. */
    assert_true(damage.whole > 0);
    assert_true(damage.whole < damage.done);
}

static void expect_floor(struct qc_log_fixture *f,
                         uint64_t index,
                         uint64_t term)
{
    struct qc_floor floor;

    assert_int_equal(qc_floor_read(f->path, &floor), 0);
    assert_int_equal(floor.index, index);
    assert_int_equal(floor.term, term);
}

static void the_floor_is_synced_at_the_end(void **state)
{
    struct qc_log_fixture *f = *state;

    expect_floor(f, N_ENTRIES, TERM);
    assert_int_equal(qc_log_fixture_open(f, false), 0);
    assert_int_equal(qc_test_append(f->log, 5, 9, TERM + 1), 0);
    qc_log_fixture_close(f);
    expect_floor(f, 9, TERM + 1);
}

static void the_floor_is_synced_every_second(void **state)
{
    struct qc_log_fixture *f = *state;
    struct qc_floor floor = {0, 0};
    unsigned waited_ms = 0;

    assert_int_equal(qc_log_fixture_open(f, false), 0);
    assert_int_equal(qc_test_append(f->log, N_ENTRIES + 1, N_ENTRIES + 1, 4),
                     0);
    while (floor.index != N_ENTRIES + 1 && waited_ms < 10000) {
        (void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        waited_ms += 10;
        assert_int_equal(qc_floor_read(f->path, &floor), 0);
    }
    assert_int_equal(floor.index, N_ENTRIES + 1);
    assert_int_equal(floor.term, 4);
}

/* Held after the write that cut it: the floor may not stand above the cut. */
static void a_cut_lowers_the_floor_first(void **state)
{
    struct qc_log_fixture *f = *state;

    assert_int_equal(qc_log_fixture_open(f, false), 0);
    qc_log_fixture_hold(f);
    assert_int_equal(qc_test_append(f->log, 20, 22, TERM + 1), 0);
    (void)sem_wait(&f->written);
    expect_floor(f, 19, TERM);
    qc_log_fixture_release(f);
}

/* Written together, they lower it below the lowest. */
static void many_cuts_lower_the_floor_below_them_all(void **state)
{
    struct qc_log_fixture *f = *state;

    assert_int_equal(qc_log_fixture_open(f, false), 0);
    qc_log_fixture_hold(f);
    assert_int_equal(qc_test_append(f->log, N_ENTRIES + 1, N_ENTRIES + 1, TERM),
                     0);
    (void)sem_wait(&f->written);
    assert_int_equal(qc_test_append(f->log, 20, 25, TERM + 1), 0);
    assert_int_equal(qc_test_append(f->log, 23, 25, TERM + 2), 0);
    qc_log_fixture_step(f);
    expect_floor(f, 19, TERM);
    qc_log_fixture_release(f);
    qc_log_fixture_close(f);
    expect_floor(f, 25, TERM + 2);
}

int main(void)
{
#define DAMAGE_TEST(name) \
    cmocka_unit_test_setup_teardown(name, setup, qc_log_teardown)
#define TABLE_TEST(name) \
    cmocka_unit_test_setup_teardown(name, setup_table, qc_log_teardown)
#define COMPACTED_TEST(name) \
    cmocka_unit_test_setup_teardown(name, setup_compacted, qc_log_teardown)
#define RESTARTED_TEST(name) \
    cmocka_unit_test_setup_teardown(name, setup_restarted, qc_log_teardown)
    const struct CMUnitTest tests[] = {
        DAMAGE_TEST(there_must_be_a_log),
        DAMAGE_TEST(a_log_is_not_made_over_another),
        DAMAGE_TEST(a_log_can_be_open_once),
        DAMAGE_TEST(a_flipped_byte_before_the_tail_is_refused),
        DAMAGE_TEST(a_tail_cut_below_the_floor_is_refused),
        DAMAGE_TEST(a_lost_write_ahead_log_is_refused),
        DAMAGE_TEST(a_torn_tail_above_the_floor_is_mended),
        TABLE_TEST(a_lost_table_is_refused),
        DAMAGE_TEST(a_lost_manifest_is_refused),
        TABLE_TEST(a_damaged_table_is_a_fault_when_it_is_read),
        DAMAGE_TEST(a_missing_entry_is_a_fault_that_names_it),
        DAMAGE_TEST(an_entry_at_a_foreign_index_is_a_fault),
        DAMAGE_TEST(a_damaged_last_entry_is_refused),
        DAMAGE_TEST(a_lost_or_damaged_vote_is_refused),
        DAMAGE_TEST(a_log_below_its_floor_is_refused),
        DAMAGE_TEST(another_entry_at_the_floor_is_refused),
        DAMAGE_TEST(a_lost_or_damaged_floor_is_refused),
        COMPACTED_TEST(a_lost_manifest_row_is_refused),
        RESTARTED_TEST(a_lost_manifest_row_without_entries_is_refused),
        COMPACTED_TEST(every_damaged_byte_of_the_manifest_row_is_refused),
        COMPACTED_TEST(a_lost_first_entry_is_refused),
        COMPACTED_TEST(a_log_that_ends_below_its_manifest_is_refused),
        RESTARTED_TEST(another_term_at_the_manifest_is_refused),
        RESTARTED_TEST(a_restarted_log_below_its_floor_is_refused),
        COMPACTED_TEST(a_torn_compaction_is_undone),
        RESTARTED_TEST(a_torn_restart_is_undone),
        COMPACTED_TEST(any_damage_is_mended_or_refused),
        DAMAGE_TEST(the_floor_is_synced_at_the_end),
        DAMAGE_TEST(the_floor_is_synced_every_second),
        DAMAGE_TEST(a_cut_lowers_the_floor_first),
        DAMAGE_TEST(many_cuts_lower_the_floor_below_them_all),
    };

    return cmocka_run_group_tests_name("log damage", tests, NULL, NULL);
}
