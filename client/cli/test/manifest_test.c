#include "cli/manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/codec.h"

static char path[64];
static struct qc_arena arena;

static int set_up(void **state)
{
    int fd;

    (void)state;
    qc_arena_init(&arena, QC_MANIFEST_ARENA_SIZE_MAX);
    snprintf(path, sizeof(path), "/tmp/qc-manifest-XXXXXX");
    fd = mkstemp(path);
    return fd >= 0 ? close(fd) : -1;
}

static int tear_down(void **state)
{
    (void)state;
    qc_arena_done(&arena);
    return unlink(path);
}

/* Makes the file hold |head| and then |bytes|. */
static void write_file(const void *head, size_t size, struct qc_bytes bytes)
{
    FILE *stream = fopen(path, "w");

    assert_non_null(stream);
    assert_int_equal(fwrite(head, 1, size, stream), size);
    assert_int_equal(fwrite(bytes.data, 1, bytes.size, stream), bytes.size);
    assert_int_equal(fclose(stream), 0);
}

static void a_backup_says_what_it_is_of(void **state)
{
    Qc__Peer__Manifest manifest = QC__PEER__MANIFEST__INIT;
    Qc__Peer__CheckpointFile files[2] = {QC__PEER__CHECKPOINT_FILE__INIT,
                                         QC__PEER__CHECKPOINT_FILE__INIT};
    Qc__Peer__CheckpointFile *pointers[2] = {&files[0], &files[1]};
    const Qc__Peer__Manifest *read;
    struct qc_bytes bytes;
    char head[14] = "qcbackup1\n";

    (void)state;
    manifest.index = 300;
    manifest.cluster_id = "shop";
    manifest.files = pointers;
    manifest.n_files = 2;
    files[0].size = 1000;
    files[1].size = 24;
    assert_true(qc_encode(QC_FORMAT_PROTOBUF, &manifest.base, &arena, &bytes));
    head[13] = (char)bytes.size;
    write_file(head, sizeof(head), bytes);

    read = qc_manifest_of_backup(path, &arena);
    assert_non_null(read);
    assert_int_equal(read->index, 300);
    assert_string_equal(read->cluster_id, "shop");
    assert_int_equal(qc_manifest_bytes(read), 1024);
}

static void what_is_no_backup_is_refused(void **state)
{
    static const struct {
        const char *head;
        size_t size;
    } wrong[] = {
        {"", 0},
        {"qcbackup1\n\0\0\0", 13},                   /* Ends in the size. */
        {"qcbackup2\n\0\0\0\0", 14},                 /* Another form. */
        {"qcbackup1\n\0\0\0\5abcd", 18},             /* Ends in the manifest. */
        {"qcbackup1\n\xff\xff\xff\xff....", 18},     /* Too big. */
        {"qcbackup1\n\0\0\0\4\xff\xff\xff\xff", 18}, /* No message. */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        write_file(wrong[i].head, wrong[i].size,
                   (struct qc_bytes){(const uint8_t *)"", 0});
        assert_null(qc_manifest_of_backup(path, &arena));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_backup_says_what_it_is_of, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_backup_is_refused, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
