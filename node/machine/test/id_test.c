#include "machine/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "machine/store.h"

enum {
    ARENA_SIZE = 1024 * 1024,
};

static struct qc_arena arena;
static struct qc_txn txn;

static int setup(void **state)
{
    (void)state;
    qc_arena_init(&arena, ARENA_SIZE);
    txn = (struct qc_txn){
        .arena = &arena,
        .log_index = 5,
        .entropy = "0123456789abcde",
        .ordinal = 1,
    };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    qc_arena_done(&arena);
    return 0;
}

static void an_id_is_where_it_was_drawn(void **state)
{
    (void)state;
    assert_int_equal(qc_id_draw(&txn), 5 << 20 | 1);
    assert_int_equal(qc_id_draw(&txn), 5 << 20 | 2);
}

static void more_than_a_million_ids_in_one_entry_are_a_fault(void **state)
{
    (void)state;
    txn.n_ids = (1U << 20) - 2;
    assert_int_equal(qc_id_draw(&txn), (5 << 20 | ((1 << 20) - 1)));
    assert_int_equal(txn.fault, 0);
    assert_int_not_equal(qc_id_draw(&txn), 0);
    assert_int_equal(txn.fault, QC_E_CORRUPT);
}

static void a_text_is_read_back(void **state)
{
    static const uint64_t ids[] = {0, 1, 31, 32, 5 << 20 | 1, UINT64_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        const char *text = qc_id_text(&txn, "al_", ids[i]);
        uint64_t id = 7;

        assert_int_equal(strlen(text), QC_ID_TEXT_SIZE - 1);
        assert_true(qc_id_parse("al_", text, &id));
        assert_true(id == ids[i]);
    }
    assert_string_equal(qc_id_text(&txn, "al_", 32 * 32 + 31),
                        "al_000000000010Z");
}

static void what_people_mistype_is_understood(void **state)
{
    uint64_t id;

    (void)state;
    assert_true(qc_id_parse("al_", "al_oOiIlL000abcd", &id));
    assert_string_equal(qc_id_text(&txn, "al_", id), "al_001111000ABCD");
}

static void what_is_no_id_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "al_",
        "al_000000000000",   /* Too short. */
        "al_00000000000000", /* Too long. */
        "ix_0000000000001",  /* Of something else. */
        "al_000000000000U",  /* Not a digit. */
        "al_G000000000000",  /* More than 64 bits. */
    };
    uint64_t id;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_false(qc_id_parse("al_", texts[i], &id));
    }
}

static void dice_depend_on_entropy_command_and_draw_only(void **state)
{
    uint64_t first;
    uint64_t second;

    (void)state;
    first = qc_random_draw(&txn);
    second = qc_random_draw(&txn);
    assert_true(first != second);
    txn.n_random = 0;
    txn.log_index = 6;
    assert_true(qc_random_draw(&txn) == first);
    txn.n_random = 0;
    txn.ordinal = 2;
    assert_true(qc_random_draw(&txn) != first);
    txn.n_random = 0;
    txn.ordinal = 1;
    txn.entropy[0] ^= 1;
    assert_true(qc_random_draw(&txn) != first);
}

static void every_side_of_a_die_comes_up(void **state)
{
    unsigned sides[6] = {0};

    (void)state;
    for (unsigned i = 0; i < 6000; i++) {
        uint64_t side = qc_random_below(&txn, 6);

        assert_true(side < 6);
        sides[side]++;
    }
    for (unsigned i = 0; i < 6; i++) {
        assert_in_range(sides[i], 850, 1150);
    }
}

static void every_byte_is_filled(void **state)
{
    uint8_t filled[16] = {0};
    uint8_t ever[16] = {0};

    (void)state;
    for (unsigned round = 0; round < 16; round++) {
        qc_random_fill(&txn, filled, sizeof(filled));
        for (size_t i = 0; i < sizeof(ever); i++) {
            ever[i] |= filled[i];
        }
    }
    for (size_t i = 0; i < sizeof(ever); i++) {
        assert_int_not_equal(ever[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(an_id_is_where_it_was_drawn),
        TEST(more_than_a_million_ids_in_one_entry_are_a_fault),
        TEST(a_text_is_read_back),
        TEST(what_people_mistype_is_understood),
        TEST(what_is_no_id_is_refused),
        TEST(dice_depend_on_entropy_command_and_draw_only),
        TEST(every_side_of_a_die_comes_up),
        TEST(every_byte_is_filled),
#undef TEST
    };

    return cmocka_run_group_tests_name("id", tests, NULL, NULL);
}
