/* storage/reserve.c: room that is kept back can be given back. */
#include "storage/reserve.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "storage/test/folder.h"

enum {
    SIZE = 32 * 1024 * 1024,
};

struct fixture {
    char folder[PATH_MAX];
    char path[PATH_MAX];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    qc_folder_make(f->folder);
    qc_folder_path(f->folder, "reserve", f->path);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    qc_folder_remove(f->folder);
    free(f);
    return 0;
}

static void expect_blocks(const struct fixture *f, uint64_t size)
{
    struct stat found;

    assert_int_equal(stat(f->path, &found), 0);
    assert_int_equal(found.st_size, size);
    assert_true((uint64_t)found.st_blocks * 512 >= size);
}

static void a_reserve_takes_its_room_on_the_disk(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(qc_reserve_make(f->path, SIZE), 0);
    expect_blocks(f, SIZE);
    assert_true(qc_reserve_is_whole(f->path, SIZE));
    assert_false(qc_reserve_is_whole(f->path, SIZE / 2));
    assert_int_equal(qc_reserve_make(f->path, SIZE), 0);
    assert_int_equal(qc_reserve_make(f->path, SIZE / 2), 0);
    expect_blocks(f, SIZE / 2);
    assert_int_equal(qc_reserve_make(f->path, SIZE), 0);
    expect_blocks(f, SIZE);
}

/* The right length, and no blocks. */
static void a_reserve_with_holes_is_filled(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(qc_reserve_make(f->path, 1), 0);
    assert_int_equal(truncate(f->path, SIZE), 0);
    assert_false(qc_reserve_is_whole(f->path, SIZE));
    assert_int_equal(qc_reserve_make(f->path, SIZE), 0);
    expect_blocks(f, SIZE);
}

static void a_reserve_can_be_released_more_than_once(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(qc_reserve_make(f->path, SIZE), 0);
    assert_int_equal(qc_reserve_release(f->path), 0);
    assert_int_equal(access(f->path, F_OK), -1);
    assert_false(qc_reserve_is_whole(f->path, SIZE));
    assert_int_equal(qc_reserve_release(f->path), 0);
}

/* More than any disk has: and then nothing is kept back. */
static void a_reserve_that_does_not_fit_is_no_reserve(void **state)
{
    struct fixture *f = *state;
    uint64_t room = 0;

    assert_int_equal(qc_space_free(f->folder, &room), 0);
    assert_int_equal(qc_reserve_make(f->path, (uint64_t)1 << 45), QC_E_IO);
    assert_true(errno == ENOSPC || errno == EFBIG);
    assert_int_equal(access(f->path, F_OK), -1);
}

static void free_space_is_that_of_the_disk(void **state)
{
    struct fixture *f = *state;
    uint64_t room = 0;

    assert_int_equal(qc_space_free(f->folder, &room), 0);
    assert_true(room > 0);
    qc_folder_path(f->folder, "nothing", f->path);
    assert_int_equal(qc_space_free(f->path, &room), QC_E_IO);
    assert_int_equal(errno, ENOENT);
}

int main(void)
{
#define RESERVE_TEST(name) \
    cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        RESERVE_TEST(a_reserve_takes_its_room_on_the_disk),
        RESERVE_TEST(a_reserve_with_holes_is_filled),
        RESERVE_TEST(a_reserve_can_be_released_more_than_once),
        RESERVE_TEST(a_reserve_that_does_not_fit_is_no_reserve),
        RESERVE_TEST(free_space_is_that_of_the_disk),
    };

    return cmocka_run_group_tests_name("reserve", tests, NULL, NULL);
}
