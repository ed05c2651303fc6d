/* storage/rows.c: where RocksDB has the rows that came in many deltas. */
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

#include "storage/rows.h"
#include "storage/test/folder.h"

enum {
    N_DELTAS = 16,
    N_ROWS = 8,             /* Of each delta. */
    ROW_SIZE = 1024 * 1024, /* That nothing makes smaller. */
    LEVEL1_ROWS_MAX = 32,
    /* RocksDB makes a file up to twice as large as it is told, and the row that
     * makes it full is in it. */
    FILE_ROWS_MAX = 2 * 16 + 1,
};

static void open_rows(const char *path, struct qc_rows **rows_out)
{
    char text[1024];

    if (qc_rows_open(path, rows_out, text, sizeof(text)) != 0) {
        fail_msg("%s", text);
    }
}

static void put(struct qc_rows *rows, const char *name, struct qc_bytes row)
{
    struct qc_store *store = qc_rows_store(rows);
    struct qc_key key = {.len = (uint16_t)strlen(name)};

    memcpy(key.data, name, key.len);
    assert_int_equal(store->ops->put(store, &key, row), 0);
}

/* |n_deltas| of rows that are new. Each has a key before all others and one
 * behind them, as that of a node has: RocksDB would lay it below all levels
 * that have none of its keys. */
static void write_deltas(struct qc_rows *rows, unsigned n_deltas)
{
    static const struct qc_bytes empty = {.size = 0};
    static uint8_t noise[ROW_SIZE];
    struct qc_store *store = qc_rows_store(rows);

    srand(1);
    for (size_t i = 0; i < sizeof(noise); i++) {
        noise[i] = (uint8_t)rand();
    }
    for (unsigned i = 0; i < n_deltas; i++) {
        put(rows, "a", empty);
        for (unsigned j = 0; j < N_ROWS; j++) {
            char name[32];

            (void)snprintf(name, sizeof(name), "new %03u %03u", i, j);
            put(rows, name, (struct qc_bytes){noise, sizeof(noise)});
        }
        put(rows, "z", empty);
        assert_int_equal(store->ops->commit(store), 0);
        assert_int_equal(qc_rows_settle(rows), 0);
    }
}

/* Waits until RocksDB has all of them, and has nothing to compact. */
static void await_rest(struct qc_rows *rows)
{
    static const struct timespec pause = {.tv_nsec = 10000000};
    struct qc_rows_measures now;

    do {
        (void)nanosleep(&pause, NULL);
        assert_int_equal(qc_rows_settle(rows), 0);
        qc_rows_measure(rows, &now);
    } while (now.unwritten_size > 0 || now.pending_compaction_size > 0);
}

struct sizes {
    uint64_t all;
    uint64_t level_1;
    uint64_t largest; /* Of a file. */
};

static struct sizes sizes_of(const char *path)
{
    rocksdb_options_t *options = rocksdb_options_create();
    const rocksdb_livefiles_t *files;
    struct sizes sizes = {.all = 0};
    char *error = NULL;
    rocksdb_t *db = rocksdb_open_for_read_only(options, path, 0, &error);

    assert_null(error);
    files = rocksdb_livefiles(db);
    for (int i = 0; i < rocksdb_livefiles_count(files); i++) {
        uint64_t size = rocksdb_livefiles_size(files, i);

        sizes.all += size;
        sizes.level_1 += rocksdb_livefiles_level(files, i) == 1 ? size : 0;
        sizes.largest = size > sizes.largest ? size : sizes.largest;
    }
    rocksdb_livefiles_destroy(files);
    rocksdb_close(db);
    rocksdb_options_destroy(options);
    return sizes;
}

/* Level 1 is written again with every few deltas: what was written once must
 * not gather there, and what goes on must be files that can lie still. */
static void what_is_written_once_does_not_stay_at_level_1(void **state)
{
    char folder[PATH_MAX];
    char path[PATH_MAX];
    struct qc_rows *rows;
    struct sizes sizes;

    (void)state;
    qc_folder_make(folder);
    qc_folder_path(folder, "rows", path);
    open_rows(path, &rows);
    write_deltas(rows, N_DELTAS);
    await_rest(rows);
    qc_rows_close(rows);

    sizes = sizes_of(path);
    assert_true(sizes.all / ROW_SIZE >= (uint64_t)N_DELTAS * N_ROWS);
    assert_true(sizes.level_1 / ROW_SIZE <= LEVEL1_ROWS_MAX);
    assert_true(sizes.largest / ROW_SIZE <= FILE_ROWS_MAX);
    qc_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_once_does_not_stay_at_level_1),
    };

    return cmocka_run_group_tests_name("levels", tests, NULL, NULL);
}
