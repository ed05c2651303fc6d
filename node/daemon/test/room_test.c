/* When room on a disk counts as low, as none, and as enough again. */
#include "daemon/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "storage/reserve.h"
#include "storage/test/folder.h"

static const uint64_t R = 1000;

static void less_than_the_reserve_is_none(void **state)
{
    (void)state;
    assert_int_equal(qc_room_next(QC_ROOM_ENOUGH, R - 1, R), QC_ROOM_NONE);
    assert_int_equal(qc_room_next(QC_ROOM_LOW, 0, R), QC_ROOM_NONE);
    assert_int_equal(qc_room_next(QC_ROOM_LOW, R, R), QC_ROOM_LOW);
}

static void less_than_twice_the_reserve_is_low(void **state)
{
    (void)state;
    assert_int_equal(qc_room_next(QC_ROOM_ENOUGH, 2 * R - 1, R), QC_ROOM_LOW);
    assert_int_equal(qc_room_next(QC_ROOM_ENOUGH, 2 * R, R), QC_ROOM_ENOUGH);
}

static void what_was_low_is_enough_from_three_times_on(void **state)
{
    (void)state;
    assert_int_equal(qc_room_next(QC_ROOM_LOW, 3 * R - 1, R), QC_ROOM_LOW);
    assert_int_equal(qc_room_next(QC_ROOM_LOW, 3 * R, R), QC_ROOM_ENOUGH);
    assert_int_equal(qc_room_next(QC_ROOM_NONE, 3 * R, R), QC_ROOM_ENOUGH);
}

static void the_released_reserve_alone_is_not_room_again(void **state)
{
    (void)state;
    assert_int_equal(qc_room_next(QC_ROOM_NONE, R + R / 4, R), QC_ROOM_NONE);
    assert_int_equal(qc_room_next(QC_ROOM_NONE, 2 * R - 1, R), QC_ROOM_NONE);
    assert_int_equal(qc_room_next(QC_ROOM_NONE, 2 * R, R), QC_ROOM_LOW);
}

/* --- the reserve file ----------------------------------------------------- */

static void on_changed(void *ctx, enum qc_room room, const char *text)
{
    (void)ctx;
    (void)room;
    (void)text;
}

/* As a kill leaves it while it is made. */
static void a_reserve_that_was_not_finished_is_made_again(void **state)
{
    const uint64_t size = UINT64_C(1024) * 1024;
    char folder[PATH_MAX];
    char path[PATH_MAX];
    struct qc_room_watch watch;
    struct qc_room_options options = {
        .data_dir = folder,
        .reserve = path,
        .reserve_size = size,
        .changed = on_changed,
    };
    uv_loop_t loop;

    (void)state;
    qc_folder_make(folder);
    qc_folder_path(folder, "reserve", path);
    assert_int_equal(qc_reserve_make(path, 0), 0);
    assert_int_equal(uv_loop_init(&loop), 0);
    options.loop = &loop;
    qc_room_open(&watch, &options);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_true(qc_reserve_is_whole(path, size));
    assert_true(watch.reserved);
    qc_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(less_than_the_reserve_is_none),
        cmocka_unit_test(less_than_twice_the_reserve_is_low),
        cmocka_unit_test(what_was_low_is_enough_from_three_times_on),
        cmocka_unit_test(the_released_reserve_alone_is_not_room_again),
        cmocka_unit_test(a_reserve_that_was_not_finished_is_made_again),
    };

    return cmocka_run_group_tests_name("room", tests, NULL, NULL);
}
