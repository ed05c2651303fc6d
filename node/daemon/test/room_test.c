/* When room on a disk counts as low, as none, and as enough again. */
#include "daemon/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(less_than_the_reserve_is_none),
        cmocka_unit_test(less_than_twice_the_reserve_is_low),
        cmocka_unit_test(what_was_low_is_enough_from_three_times_on),
        cmocka_unit_test(the_released_reserve_alone_is_not_room_again),
    };

    return cmocka_run_group_tests_name("room", tests, NULL, NULL);
}
