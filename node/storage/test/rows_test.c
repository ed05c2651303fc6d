/* storage/rows.c: one state, whole, whatever happens to the process. */
#include "storage/rows.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/msgpack.h"
#include "machine/fold.h"
#include "storage/test/child.h"
#include "storage/test/folder.h"
#include "storage/test/log_fixture.h"

enum {
    N_KEYS = 200, /* Of the model. */
    MODEL_ROW_SIZE = 24,
    N_CHILD_ROWS = 16,
    CHILD_ROW_SIZE = 64 * 1024,
    N_KILLS = 6,
    BIG_ROW_SIZE = 1024 * 1024,
};

struct fixture {
    char folder[PATH_MAX];
    char path[PATH_MAX];
    char text[1024];
    struct qc_rows *rows;
    struct qc_store *store;
    struct qc_arena arena;
};

static void open_rows(struct fixture *f)
{
    if (qc_rows_open(f->path, &f->rows, f->text, sizeof(f->text)) != 0) {
        fail_msg("%s", f->text);
    }
    f->store = qc_rows_store(f->rows);
}

static void reopen(struct fixture *f)
{
    qc_rows_close(f->rows);
    f->rows = NULL;
    open_rows(f);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    qc_folder_make(f->folder);
    qc_folder_path(f->folder, "rows", f->path);
    qc_arena_init(&f->arena, (size_t)1024 * 1024);
    open_rows(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    qc_rows_close(f->rows);
    qc_folder_remove(f->folder);
    qc_arena_done(&f->arena);
    free(f);
    return 0;
}

static struct qc_key key_of(const char *text)
{
    struct qc_key key = {.len = (uint16_t)strlen(text)};

    memcpy(key.data, text, key.len);
    return key;
}

static struct qc_bytes bytes_of(const char *text)
{
    return (struct qc_bytes){(const uint8_t *)text, strlen(text)};
}

static void put(struct fixture *f, const char *key, const char *row)
{
    struct qc_key k = key_of(key);

    assert_int_equal(f->store->ops->put(f->store, &k, bytes_of(row)), 0);
}

static void del(struct fixture *f, const char *key)
{
    struct qc_key k = key_of(key);

    assert_int_equal(f->store->ops->del(f->store, &k), 0);
}

static void commit(struct fixture *f)
{
    assert_int_equal(f->store->ops->commit(f->store), 0);
}

/* So that RocksDB has it, too. */
static void settle(struct fixture *f)
{
    commit(f);
    assert_int_equal(qc_rows_settle(f->rows), 0);
}

/* |row| NULL: expects that there is none. */
static void expect(struct fixture *f, const char *key, const char *row)
{
    struct qc_key k = key_of(key);
    struct qc_bytes got;
    bool found;

    assert_int_equal(f->store->ops->get(f->store, &k, &f->arena, &got, &found),
                     0);
    assert_int_equal(found, row != NULL);
    if (row != NULL) {
        assert_int_equal(got.size, strlen(row));
        assert_memory_equal(got.data, row, got.size);
    }
}

/* Expects that a walk gives |walk|: "key=row " for each. */
static void expect_walk(struct fixture *f,
                        const char *prefix,
                        const char *from,
                        const char *walk)
{
    struct qc_key p = key_of(prefix);
    struct qc_key start = from != NULL ? key_of(from) : p;
    struct qc_cursor *cursor;
    char seen[512] = "";
    struct qc_key key;
    struct qc_bytes row;
    bool found = true;

    assert_int_equal(f->store->ops->open(f->store, &p,
                                         from != NULL ? &start : NULL, &cursor),
                     0);
    while (found) {
        assert_int_equal(f->store->ops->next(cursor, &key, &row, &found), 0);
        if (found) {
            size_t used = strlen(seen);

            (void)snprintf(seen + used, sizeof(seen) - used, "%.*s=%.*s ",
                           (int)key.len, (const char *)key.data, (int)row.size,
                           (const char *)row.data);
        }
    }
    f->store->ops->close(cursor);
    assert_string_equal(seen, walk);
}

static void a_read_sees_what_is_not_committed(void **state)
{
    struct fixture *f = *state;

    expect(f, "a", NULL);
    put(f, "a", "1");
    expect(f, "a", "1");
    put(f, "a", "longer than before");
    expect(f, "a", "longer than before");
    put(f, "a", "");
    expect(f, "a", "");
    del(f, "a");
    expect(f, "a", NULL);
    put(f, "a", "again");
    expect(f, "a", "again");
}

static void a_deletion_hides_the_row_on_disk(void **state)
{
    struct fixture *f = *state;

    put(f, "a", "1");
    settle(f);
    expect(f, "a", "1");
    del(f, "a");
    expect(f, "a", NULL);
    commit(f);
    expect(f, "a", NULL);
    settle(f);
    expect(f, "a", NULL);
}

static void what_is_committed_survives_a_restart_and_nothing_else(void **state)
{
    struct fixture *f = *state;

    put(f, "a", "1");
    put(f, "b", "");
    commit(f);
    reopen(f);
    expect(f, "a", "1");
    expect(f, "b", "");
    put(f, "a", "2");
    put(f, "c", "3");
    reopen(f);
    expect(f, "a", "1");
    expect(f, "b", "");
    expect(f, "c", NULL);
}

/* As in a crash: the rows are then of the commit that RocksDB was given last,
 * never of one and a half. */
static void what_was_begun_takes_what_was_gathered_with_it(void **state)
{
    struct fixture *f = *state;

    put(f, "a", "1");
    put(f, "b", "1");
    settle(f);
    put(f, "a", "2");
    put(f, "b", "2");
    commit(f);
    put(f, "a", "3");
    reopen(f);
    expect(f, "a", "1");
    expect(f, "b", "1");
}

/* Without it, what an idle node has done would be in no checkpoint. */
static void what_is_settled_is_in_what_is_linked(void **state)
{
    struct fixture *f = *state;
    struct qc_rows *rows = f->rows;
    char path[PATH_MAX];

    put(f, "a", "1");
    settle(f);
    put(f, "a", "2");
    commit(f);
    expect(f, "a", "2");
    assert_int_equal(qc_rows_settle(f->rows), 0);
    qc_folder_path(f->folder, "linked", path);
    assert_int_equal(qc_rows_link(f->rows, path, f->text, sizeof(f->text)), 0);
    assert_int_equal(
        qc_rows_open_to_read(path, &f->rows, f->text, sizeof(f->text)), 0);
    f->store = qc_rows_store(f->rows);
    expect(f, "a", "2");
    qc_rows_close(f->rows);
    f->rows = rows;
    f->store = qc_rows_store(rows);
}

/* Whether many commits of |n_keys| rows in turn have reached RocksDB before
 * those that close the rows, which begun ones keep from being written. */
static void expect_written(struct fixture *f, unsigned n_keys)
{
    static const uint8_t filling[10000];
    struct qc_key key = key_of("k00");
    struct qc_bytes row;
    bool found;

    for (unsigned i = 0; i < 4000; i++) {
        key.data[1] = (uint8_t)(i % n_keys / 100);
        key.data[2] = (uint8_t)(i % n_keys % 100);
        assert_int_equal(
            f->store->ops->put(f->store, &key,
                               (struct qc_bytes){filling, sizeof(filling)}),
            0);
        commit(f);
    }
    put(f, "begun", "");
    reopen(f);
    key.data[1] = 0;
    key.data[2] = 0;
    assert_int_equal(
        f->store->ops->get(f->store, &key, &f->arena, &row, &found), 0);
    assert_true(found);
    expect(f, "begun", NULL);
}

/* Else what is in memory only would grow with the log. */
static void what_is_gathered_is_written_when_it_is_much(void **state)
{
    expect_written(*state, 4000);
}

/* Else a crash would cost as much as was ever done. */
static void a_row_that_is_written_often_is_written_in_the_end(void **state)
{
    expect_written(*state, 1);
}

/* It may be the other name of a file that RocksDB has taken in: a crash came
 * before it was removed. */
static void a_file_that_a_crash_has_left_is_not_written_over(void **state)
{
    struct fixture *f = *state;
    char file[PATH_MAX];
    char left[PATH_MAX + 8];

    put(f, "a", "1");
    settle(f);
    reopen(f);
    assert_true(qc_folder_find(f->path, ".sst", file));
    (void)snprintf(left, sizeof(left), "%s/delta", f->path);
    assert_int_equal(link(file, left), 0);
    put(f, "b", "2");
    settle(f);
    reopen(f);
    expect(f, "a", "1");
    expect(f, "b", "2");
    assert_int_equal(access(left, F_OK), -1);
}

/* The replicated log is the rows' log; a second one would cost as much again.
 */
static void a_commit_writes_no_log_of_its_own(void **state)
{
    struct fixture *f = *state;
    char file[PATH_MAX];

    put(f, "a", "1");
    settle(f);
    assert_false(qc_folder_find(f->path, ".log", file));
}

static void a_walk_joins_disk_and_what_is_not_committed(void **state)
{
    struct fixture *f = *state;

    put(f, "a", "outside");
    put(f, "b1", "disk");
    put(f, "b3", "disk");
    put(f, "b5", "disk");
    put(f, "c", "outside");
    settle(f);
    expect_walk(f, "b", NULL, "b1=disk b3=disk b5=disk ");
    put(f, "b0", "new");
    put(f, "b3", "new");
    put(f, "b4", "new");
    del(f, "b5");
    del(f, "b6");
    put(f, "b7", "new");
    expect_walk(f, "b", NULL, "b0=new b1=disk b3=new b4=new b7=new ");
    expect_walk(f, "b", "b2", "b3=new b4=new b7=new ");
    expect_walk(f, "b", "b8", "");
    expect_walk(f, "b", "a", "b0=new b1=disk b3=new b4=new b7=new ");
    settle(f);
    expect_walk(f, "b", "b1", "b1=disk b3=new b4=new b7=new ");
}

static void a_prefix_of_the_highest_bytes_has_an_end(void **state)
{
    struct fixture *f = *state;

    put(f, "\xff\xff", "disk");
    put(f, "a\xff", "disk");
    settle(f);
    put(f, "\xff\xff\xff", "new");
    put(f, "b", "new");
    expect_walk(f, "\xff\xff", NULL, "\xff\xff=disk \xff\xff\xff=new ");
    expect_walk(f, "a\xff", NULL, "a\xff=disk ");
    expect_walk(f, "", "b", "b=new \xff\xff=disk \xff\xff\xff=new ");
}

static void a_row_that_does_not_fit_the_arena_is_a_fault(void **state)
{
    struct fixture *f = *state;
    struct qc_key key = key_of("a");
    struct qc_bytes row;
    struct qc_arena small;
    bool found;

    put(f, "a", "more than eight bytes");
    qc_arena_init(&small, 8);
    for (int on_disk = 0; on_disk < 2; on_disk++) {
        assert_int_equal(
            f->store->ops->get(f->store, &key, &small, &row, &found),
            QC_E_NOMEM);
        commit(f);
    }
    qc_arena_done(&small);
}

struct model {
    bool there[N_KEYS];
    char row[N_KEYS][MODEL_ROW_SIZE];
};

static void model_key(unsigned i, char key[MODEL_ROW_SIZE])
{
    (void)snprintf(key, MODEL_ROW_SIZE, "%u/%03u", i % 3, i);
}

static void compare_walk(struct fixture *f, const struct model *model)
{
    for (unsigned group = 0; group < 3; group++) {
        char prefix[MODEL_ROW_SIZE];
        struct qc_cursor *cursor;
        struct qc_bytes row;
        struct qc_key p;
        struct qc_key key;
        bool found;

        (void)snprintf(prefix, sizeof(prefix), "%u/", group);
        p = key_of(prefix);
        assert_int_equal(f->store->ops->open(f->store, &p, NULL, &cursor), 0);
        for (unsigned i = group; i < N_KEYS; i += 3) {
            char name[MODEL_ROW_SIZE];

            if (!model->there[i]) {
                continue;
            }
            model_key(i, name);
            assert_int_equal(f->store->ops->next(cursor, &key, &row, &found),
                             0);
            assert_true(found);
            assert_int_equal(key.len, strlen(name));
            assert_memory_equal(key.data, name, key.len);
            assert_int_equal(row.size, strlen(model->row[i]));
            assert_memory_equal(row.data, model->row[i], row.size);
        }
        assert_int_equal(f->store->ops->next(cursor, &key, &row, &found), 0);
        assert_false(found);
        f->store->ops->close(cursor);
    }
}

static void a_long_random_life_equals_a_plain_array(void **state)
{
    struct fixture *f = *state;
    struct model model = {.there = {false}};

    srand(1);
    for (unsigned step = 0; step < 20000; step++) {
        unsigned i = (unsigned)rand() % N_KEYS;
        unsigned what = (unsigned)rand() % 100;
        char key[MODEL_ROW_SIZE];

        model_key(i, key);
        if (what < 55) {
            (void)snprintf(model.row[i], MODEL_ROW_SIZE, "%u", step);
            model.there[i] = true;
            put(f, key, model.row[i]);
        } else if (what < 80) {
            model.there[i] = false;
            del(f, key);
        } else if (what < 97) {
            expect(f, key, model.there[i] ? model.row[i] : NULL);
        } else if (what < 98) {
            commit(f);
        } else if (what < 99) {
            settle(f);
        } else {
            compare_walk(f, &model);
        }
        if (step % 4000 == 3999) {
            commit(f);
            reopen(f);
            qc_arena_done(&f->arena);
        }
    }
    compare_walk(f, &model);
}

/* A process that writes states until it is killed: in state i each row is
 * filled with i, and so is the row that says i. */
static int write_states(const char *path)
{
    static uint64_t filling[CHILD_ROW_SIZE / sizeof(uint64_t)];
    struct qc_bytes row = {(const uint8_t *)filling, sizeof(filling)};
    struct fixture f = {.rows = NULL};

    (void)snprintf(f.path, sizeof(f.path), "%s", path);
    if (qc_rows_open(f.path, &f.rows, f.text, sizeof(f.text)) != 0) {
        return 1;
    }
    f.store = qc_rows_store(f.rows);
    for (uint64_t i = 1;; i++) {
        for (size_t j = 0; j < sizeof(filling) / sizeof(filling[0]); j++) {
            filling[j] = i;
        }
        for (unsigned j = 0; j < N_CHILD_ROWS; j++) {
            struct qc_key key = {.len = 1, .data = {(uint8_t)j}};
            int r = f.store->ops->put(f.store, &key, row);

            if (r != 0) {
                return 1;
            }
        }
        if (f.store->ops->commit(f.store) != 0 ||
            write(STDOUT_FILENO, &i, sizeof(i)) != sizeof(i)) {
            return 1;
        }
    }
}

static void after_a_kill_all_rows_are_of_one_state(void **state)
{
    struct fixture *f = *state;
    uint64_t newest = 0;

    srand(2);
    for (unsigned kill = 0; kill < N_KILLS; kill++) {
        struct qc_child child;
        uint64_t first = 0;
        uint64_t written = 0;

        qc_rows_close(f->rows);
        f->rows = NULL;
        qc_child_start(&child, "states", f->path);
        /* Some deltas full, so that some are on disk, and then some. */
        while (written < 130 && qc_child_read(&child, &written, 8) != 0) {
        }
        qc_child_kill(&child, (unsigned)rand() % 200000);
        while (qc_child_read(&child, &written, 8) != 0) {
        }
        assert_int_equal(qc_child_end(&child), -1);

        open_rows(f);
        for (unsigned j = 0; j < N_CHILD_ROWS; j++) {
            struct qc_key key = {.len = 1, .data = {(uint8_t)j}};
            struct qc_bytes row;
            bool found;

            assert_int_equal(
                f->store->ops->get(f->store, &key, &f->arena, &row, &found), 0);
            if (!found) {
                assert_int_equal(first, 0);
                continue;
            }
            assert_int_equal(row.size, CHILD_ROW_SIZE);
            if (j == 0) {
                memcpy(&first, row.data, sizeof(first));
            }
            for (size_t at = 0; at < row.size; at += sizeof(first)) {
                assert_memory_equal(row.data + at, &first, sizeof(first));
            }
            qc_arena_done(&f->arena);
        }
        /* The last one may be committed and not told. */
        assert_true(first <= written + 1);
        newest = first > newest ? first : newest;
    }
    /* Else nothing was ever flushed, and the test has tested nothing. */
    assert_true(newest > 0);
}

static void rows_can_be_open_once(void **state)
{
    struct fixture *f = *state;
    struct qc_rows *other;

    assert_int_equal(qc_rows_open(f->path, &other, f->text, sizeof(f->text)),
                     QC_E_IO);
    assert_non_null(strstr(f->text, f->path));
    assert_non_null(strstr(f->text, "lock"));
}

static void a_damaged_row_is_a_fault_that_says_what_to_do(void **state)
{
    struct fixture *f = *state;
    struct qc_key key = key_of("a");
    char file[PATH_MAX];
    struct qc_bytes row;
    bool found;

    put(f, "a", "a row that is going to be damaged");
    settle(f);
    reopen(f);
    assert_true(qc_folder_find(f->path, ".sst", file));
    qc_rows_close(f->rows);
    f->rows = NULL;
    qc_file_flip(file, 20);
    open_rows(f);
    assert_int_equal(
        f->store->ops->get(f->store, &key, &f->arena, &row, &found),
        QC_E_CORRUPT);
    assert_non_null(strstr(qc_rows_error(f->rows), f->path));
    assert_non_null(strstr(qc_rows_error(f->rows), "under a new id"));
}

/* Whatever file cannot grow, a commit says so in the end, and so does every
 * later call; the rows that are on disk are still whole. */
static void a_failed_write_is_a_fault_of_a_later_commit(void **state)
{
    static uint8_t big[BIG_ROW_SIZE];
    struct fixture *f = *state;
    struct qc_key key = key_of("big");
    struct qc_bytes row;
    struct rlimit limit;
    struct rlimit small;
    bool found;
    unsigned n = 0;
    int r = 0;

    put(f, "a", "1");
    commit(f);
    reopen(f);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = BIG_ROW_SIZE;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    srand(3);
    while (r == 0 && n < 1000) {
        for (size_t i = 0; i < sizeof(big); i++) {
            big[i] = (uint8_t)rand();
        }
        key.data[2] = (uint8_t)n++;
        r = f->store->ops->put(f->store, &key,
                               (struct qc_bytes){big, sizeof(big)});
        if (r == 0) {
            r = f->store->ops->commit(f->store);
        }
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(r, QC_E_IO);
    assert_non_null(strstr(qc_rows_error(f->rows), f->path));
    key = key_of("a");
    assert_int_equal(
        f->store->ops->get(f->store, &key, &f->arena, &row, &found), QC_E_IO);
    assert_int_equal(f->store->ops->put(f->store, &key, bytes_of("2")),
                     QC_E_IO);
    reopen(f);
    expect(f, "a", "1");
}

/* --- rows and log --------------------------------------------------------- */

/* As the machine does it. */
static void apply(struct fixture *f, uint64_t index)
{
    Qc__State__AppliedRow applied = QC__STATE__APPLIED_ROW__INIT;
    uint8_t hash[QC_HASH_SIZE] = {1};
    struct qc_bytes bytes;
    struct qc_key key;

    applied.log_index = index;
    applied.hash = (ProtobufCBinaryData){sizeof(hash), hash};
    qc_key_begin(&key, 0, QC_SPACE_APPLIED);
    assert_true(qc_msgpack_write(&applied.base, &f->arena, &bytes));
    assert_int_equal(f->store->ops->put(f->store, &key, bytes), 0);
    commit(f);
}

static int check_rows(struct fixture *f, const struct qc_log_fixture *log)
{
    return qc_rows_check(f->rows, log->log, f->text, sizeof(f->text));
}

static void rows_must_reach_the_log(void **state)
{
    struct fixture *f = *state;
    struct qc_log_fixture *log;
    void *of_log;

    (void)qc_log_setup(&of_log);
    log = of_log;
    assert_int_equal(check_rows(f, log), 0); /* Nothing, and nothing. */
    assert_int_equal(qc_test_append(log->log, 1, 40, 3), 0);
    assert_int_equal(check_rows(f, log), 0); /* All can be applied. */
    assert_int_equal(qc_log_compact(log->log, qc_test_manifest(30, 3, 0), 21),
                     0);
    assert_int_equal(check_rows(f, log), QC_E_CORRUPT);
    assert_non_null(strstr(f->text, f->path));
    assert_non_null(strstr(f->text, "the rows are missing"));
    assert_non_null(strstr(f->text, "after entry 20,"));
    assert_non_null(strstr(f->text, "under a new id"));
    apply(f, 19);
    assert_int_equal(check_rows(f, log), QC_E_CORRUPT);
    assert_non_null(strstr(f->text, "the rows are of entry 19"));
    assert_non_null(strstr(f->text, "after entry 20,"));
    apply(f, 20);
    assert_int_equal(check_rows(f, log), 0);
    assert_int_equal(qc_log_restart(log->log, qc_test_manifest(1000, 3, 0), 2),
                     0);
    apply(f, 999);
    assert_int_equal(check_rows(f, log), QC_E_CORRUPT);
    assert_non_null(strstr(f->text, "after entry 1000,"));
    /* They may be ahead of what the log has synced. */
    apply(f, 1001);
    assert_int_equal(check_rows(f, log), 0);
    (void)qc_log_teardown(&of_log);
}

static void rows_that_do_not_say_how_far_they_are_are_refused(void **state)
{
    struct fixture *f = *state;
    struct qc_log_fixture *log;
    struct qc_key key;
    void *of_log;

    (void)qc_log_setup(&of_log);
    log = of_log;
    qc_key_begin(&key, 0, QC_SPACE_APPLIED);
    assert_int_equal(f->store->ops->put(f->store, &key, bytes_of("nonsense")),
                     0);
    commit(f);
    assert_int_equal(check_rows(f, log), QC_E_CORRUPT);
    assert_non_null(strstr(f->text, "cannot be read"));
    assert_non_null(strstr(f->text, "under a new id"));
    (void)qc_log_teardown(&of_log);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_read_sees_what_is_not_committed,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_deletion_hides_the_row_on_disk, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            what_is_committed_survives_a_restart_and_nothing_else, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            what_was_begun_takes_what_was_gathered_with_it, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_settled_is_in_what_is_linked,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            what_is_gathered_is_written_when_it_is_much, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_row_that_is_written_often_is_written_in_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_file_that_a_crash_has_left_is_not_written_over, setup, teardown),
        cmocka_unit_test_setup_teardown(a_commit_writes_no_log_of_its_own,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_walk_joins_disk_and_what_is_not_committed, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_prefix_of_the_highest_bytes_has_an_end, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_row_that_does_not_fit_the_arena_is_a_fault, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_random_life_equals_a_plain_array,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(rows_can_be_open_once, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_damaged_row_is_a_fault_that_says_what_to_do, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_failed_write_is_a_fault_of_a_later_commit, setup, teardown),
        cmocka_unit_test_setup_teardown(rows_must_reach_the_log, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            rows_that_do_not_say_how_far_they_are_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(after_a_kill_all_rows_are_of_one_state,
                                        setup, teardown),
    };

    if (argc == 3 && strcmp(argv[1], "states") == 0) {
        return write_states(argv[2]);
    }
    return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
