#include "cli/backup_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    FILE_SIZE_MAX = 256,
};

static char folder[64];
static char path[128];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/qc-backup-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/backup", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder); /* Fails when something else was left in it. */
}

static struct qc_bytes bytes(const char *text)
{
    return (struct qc_bytes){(const uint8_t *)text, strlen(text)};
}

/* The checksum of |text|, at |canonical|. */
static struct qc_bytes checksum(const void *text,
                                size_t size,
                                XXH128_canonical_t *canonical)
{
    XXH128_canonicalFromHash(canonical, XXH3_128bits(text, size));
    return (struct qc_bytes){canonical->digest, sizeof(canonical->digest)};
}

/* Adds |text| as a file of its own. */
static bool add(struct qc_backup_writer *writer, const char *text)
{
    XXH128_canonical_t canonical;

    return qc_backup_writer_add(writer, bytes(text)) &&
           qc_backup_writer_end_file(writer,
                                     checksum(text, strlen(text), &canonical));
}

static void a_backup_has_the_form_that_is_written_down(void **state)
{
    static const char head[] = "qcbackup1\n\0\0\0\x08manifestonetwo";
    uint8_t file[FILE_SIZE_MAX];
    struct qc_backup_writer writer;
    XXH128_canonical_t canonical;
    struct qc_bytes sum;
    FILE *stream;
    size_t size;

    (void)state;
    assert_true(qc_backup_writer_open(&writer, path, bytes("manifest")));
    assert_true(add(&writer, "one"));
    assert_true(add(&writer, "two"));
    assert_int_not_equal(access(path, F_OK), 0);
    assert_true(qc_backup_writer_commit(&writer));
    qc_backup_writer_abort(&writer);

    stream = fopen(path, "r");
    assert_non_null(stream);
    size = fread(file, 1, sizeof(file), stream);
    fclose(stream);
    assert_int_equal(size, sizeof(head) - 1 + QC_CHECKSUM_SIZE);
    assert_memory_equal(file, head, sizeof(head) - 1);
    sum = checksum(head, sizeof(head) - 1, &canonical);
    assert_memory_equal(file + sizeof(head) - 1, sum.data, sum.size);
}

/* It holds everything that the cluster knows of its callers. */
static void only_its_owner_can_read_a_backup(void **state)
{
    struct qc_backup_writer writer;
    mode_t mask = umask(0);
    struct stat found;

    (void)state;
    assert_true(qc_backup_writer_open(&writer, path, bytes("manifest")));
    assert_int_equal(stat(writer.part_path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    assert_true(qc_backup_writer_commit(&writer));
    qc_backup_writer_abort(&writer);
    umask(mask);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
}

static void two_that_are_written_at_a_time_do_not_mix(void **state)
{
    struct qc_backup_writer one;
    struct qc_backup_writer other;

    (void)state;
    assert_true(qc_backup_writer_open(&one, path, bytes("manifest")));
    assert_true(qc_backup_writer_open(&other, path, bytes("manifest")));
    assert_string_not_equal(one.part_path, other.part_path);
    assert_true(qc_backup_writer_commit(&one));
    assert_false(qc_backup_writer_commit(&other));
    qc_backup_writer_abort(&one);
    qc_backup_writer_abort(&other);
}

static void a_backup_that_is_given_up_leaves_nothing(void **state)
{
    struct qc_backup_writer writer;

    (void)state;
    assert_true(qc_backup_writer_open(&writer, path, bytes("manifest")));
    assert_true(add(&writer, "one"));
    qc_backup_writer_abort(&writer);
    qc_backup_writer_abort(&writer);
}

static void a_file_with_another_checksum_is_refused(void **state)
{
    struct qc_backup_writer writer;
    XXH128_canonical_t canonical;

    (void)state;
    assert_true(qc_backup_writer_open(&writer, path, bytes("manifest")));
    assert_true(qc_backup_writer_add(&writer, bytes("one")));
    assert_false(
        qc_backup_writer_end_file(&writer, checksum("two", 3, &canonical)));
    qc_backup_writer_abort(&writer);
}

static void a_file_that_is_there_is_not_replaced(void **state)
{
    struct qc_backup_writer writer;
    FILE *stream;

    (void)state;
    assert_true(qc_backup_writer_open(&writer, path, bytes("manifest")));
    stream = fopen(path, "w");
    assert_non_null(stream);
    fclose(stream);
    assert_false(qc_backup_writer_commit(&writer));
    qc_backup_writer_abort(&writer);
    assert_false(qc_backup_writer_open(&writer, path, bytes("manifest")));
    qc_backup_writer_abort(&writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_backup_has_the_form_that_is_written_down, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_its_owner_can_read_a_backup,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            two_that_are_written_at_a_time_do_not_mix, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_backup_that_is_given_up_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_with_another_checksum_is_refused,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_is_there_is_not_replaced,
                                        set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
