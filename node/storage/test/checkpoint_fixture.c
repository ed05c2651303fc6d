#include "storage/test/checkpoint_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#include <cmocka.h>

#include "base/arena.h"
#include "machine/member.h"
#include "storage/backup.h"
#include "storage/test/folder.h"

enum {
    N_ROWS = 50, /* That an entry writes. */
    ARENA_SIZE = 1024 * 1024,
    TERM = 4,
};

static const uint8_t entropy[16];

static void begin(struct qc_checkpoint_fixture *f,
                  uint64_t index,
                  struct qc_arena *arena,
                  struct qc_txn *txn)
{
    qc_arena_init(arena, ARENA_SIZE);
    qc_machine_begin(&f->machine, arena, index, (int64_t)index * 1000, entropy,
                     txn);
}

static void commit(struct qc_checkpoint_fixture *f,
                   struct qc_arena *arena,
                   struct qc_txn *txn)
{
    assert_int_equal(qc_machine_commit(&f->machine, txn), 0);
    qc_arena_done(arena);
}

void qc_test_apply(struct qc_checkpoint_fixture *f, uint64_t index)
{
    struct qc_arena arena;
    struct qc_txn txn;

    begin(f, index, &arena, &txn);
    for (uint32_t i = 0; i < N_ROWS; i++) {
        char text[64];
        struct qc_key key;

        /* Of a space that the machine does not know: it never looks. */
        qc_key_begin(&key, 7, (enum qc_space)'!');
        qc_key_put_u32(&key, ((uint32_t)index * 7 + i * 13) % 997);
        (void)snprintf(text, sizeof(text), "row %u of entry %u", i,
                       (unsigned)index);
        qc_put(&txn, &key,
               (struct qc_bytes){(const uint8_t *)text, strlen(text)});
    }
    commit(f, &arena, &txn);
}

static void configure(struct qc_checkpoint_fixture *f)
{
    static const struct qc_member members[] = {
        {1, "one.example:7400", true},
        {2, "two.example:7400", true},
        {3, "three.example:7400", false},
    };
    struct qc_arena arena;
    struct qc_txn txn;

    begin(f, 1, &arena, &txn);
    qc_member_configure(&txn, members, 3);
    commit(f, &arena, &txn);
}

int qc_checkpoint_setup(void **state)
{
    struct qc_checkpoint_fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    qc_folder_make(f->folder);
    qc_folder_path(f->folder, "rows", f->rows_path);
    qc_folder_path(f->folder, "checkpoints", f->checkpoints);
    assert_int_equal(mkdir(f->checkpoints, 0700), 0);
    assert_int_equal(
        qc_rows_open(f->rows_path, &f->rows, f->text, sizeof(f->text)), 0);
    assert_int_equal(qc_machine_open(&f->machine, qc_rows_store(f->rows)), 0);
    configure(f);
    for (uint64_t i = 2; i <= 10; i++) {
        qc_test_apply(f, i);
    }
    *state = f;
    return 0;
}

int qc_checkpoint_teardown(void **state)
{
    struct qc_checkpoint_fixture *f = *state;

    qc_manifest_done(&f->manifest);
    qc_machine_close(&f->machine);
    qc_rows_close(f->rows);
    qc_folder_remove(f->folder);
    free(f);
    return 0;
}

void qc_test_take(struct qc_checkpoint_fixture *f)
{
    const struct qc_checkpoint_options options = {
        .directory = f->checkpoints,
        .cluster_id = "3f1c2e",
    };

    qc_manifest_done(&f->manifest);
    assert_int_equal(qc_rows_settle(f->rows), 0);
    if (qc_checkpoint_take(f->rows, &options, &f->manifest, f->text,
                           sizeof(f->text)) != 0) {
        fail_msg("%s", f->text);
    }
}

void qc_test_checkpoint(const struct qc_checkpoint_fixture *f,
                        uint64_t index,
                        char path_out[PATH_MAX])
{
    char name[32];

    (void)snprintf(name, sizeof(name), "%u", (unsigned)index);
    qc_folder_path(f->checkpoints, name, path_out);
}

void qc_test_checkpoint_file(const struct qc_checkpoint_fixture *f,
                             size_t n,
                             char path_out[PATH_MAX])
{
    char path[PATH_MAX];

    qc_test_checkpoint(f, f->manifest.message->index, path);
    qc_folder_path(path, f->manifest.message->files[n]->name, path_out);
}

void qc_test_expect_rows(struct qc_checkpoint_fixture *f,
                         const char *path,
                         const Qc__Peer__Manifest *manifest)
{
    struct qc_machine machine;
    struct qc_rows *rows;

    if (qc_rows_open(path, &rows, f->text, sizeof(f->text)) != 0) {
        fail_msg("%s", f->text);
    }
    assert_int_equal(qc_machine_open(&machine, qc_rows_store(rows)), 0);
    assert_int_equal(machine.applied_index, manifest->index);
    assert_int_equal(machine.now_ms, manifest->now_ms);
    assert_memory_equal(machine.hash, manifest->state_hash.data, QC_HASH_SIZE);
    qc_machine_close(&machine);
    qc_rows_close(rows);
}

void qc_test_expect_text(const struct qc_checkpoint_fixture *f,
                         const char *word)
{
    if (strstr(f->text, word) == NULL) {
        fail_msg("no \"%s\" in: %s", word, f->text);
    }
}

static void add(FILE *out,
                XXH3_state_t *whole,
                const uint8_t *bytes,
                size_t size)
{
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    (void)XXH3_128bits_update(whole, bytes, size);
}

static void add_file(FILE *out, XXH3_state_t *whole, const char *path)
{
    static uint8_t bytes[1 << 16];
    FILE *in = fopen(path, "r");
    size_t n;

    assert_non_null(in);
    while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0) {
        add(out, whole, bytes, n);
    }
    (void)fclose(in);
}

void qc_test_back_up(const struct qc_checkpoint_fixture *f, const char *file)
{
    XXH3_state_t *whole = XXH3_createState();
    FILE *out = fopen(file, "w");
    Qc__Peer__Manifest manifest = *f->manifest.message;
    XXH128_canonical_t checksum;
    struct qc_arena arena;
    struct qc_bytes bytes;

    assert_non_null(out);
    (void)XXH3_128bits_reset(whole);
    manifest.term = TERM;
    qc_arena_init(&arena, ARENA_SIZE);
    assert_int_equal(qc_manifest_write(&manifest, &arena, &bytes), 0);
    add(out, whole, (const uint8_t *)QC_BACKUP_MAGIC, 10);
    add(out, whole,
        (const uint8_t[]){0, 0, (uint8_t)(bytes.size >> 8),
                          (uint8_t)bytes.size},
        4);
    add(out, whole, bytes.data, bytes.size);
    qc_arena_done(&arena);
    for (size_t i = 0; i < manifest.n_files; i++) {
        char path[PATH_MAX];

        qc_test_checkpoint_file(f, i, path);
        add_file(out, whole, path);
    }
    XXH128_canonicalFromHash(&checksum, XXH3_128bits_digest(whole));
    assert_int_equal(fwrite(checksum.digest, 1, 16, out), 16);
    (void)fclose(out);
    (void)XXH3_freeState(whole);
}
