#include "machine/branch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/test/fixture.h"

static const struct qc_place london = {515074000, -1278000};

static void branch(struct fixture *f, const char *key, struct qc_place place)
{
    Qc__V1__Branch wanted = QC__V1__BRANCH__INIT;
    enum qc_change change;

    wanted.key = key;
    wanted.lat_e7 = place.lat_e7;
    wanted.lon_e7 = place.lon_e7;
    fixture_done(f, qc_branch_put(&f->txn, &wanted, 0, &change));
}

static void the_nearest_come_first(void **state)
{
    struct qc_branch_distance found[QC_BRANCH_NEAREST_MAX];
    struct fixture *f = *state;

    branch(f, "paris", (struct qc_place){488566000, 23522000});
    branch(f, "soho", (struct qc_place){515136000, -1365000});
    branch(f, "leeds", (struct qc_place){538008000, -15491000});
    branch(f, "bow", (struct qc_place){515273000, -206000});
    assert_int_equal(qc_branch_nearest(&f->txn, london, 3, found), 3);
    assert_string_equal(found[0].key, "soho");
    assert_in_range(found[0].metres, 900, 940);
    assert_string_equal(found[1].key, "bow");
    assert_string_equal(found[2].key, "leeds");
    assert_int_equal(qc_branch_nearest(&f->txn, london, 20, found), 4);
    assert_string_equal(found[3].key, "paris");
    assert_int_equal(qc_branch_nearest(&f->txn, london, 0, found), 0);
    fixture_reopen(f);
    assert_int_equal(qc_branch_nearest(&f->txn, london, 1, found), 1);
    assert_string_equal(found[0].key, "soho");
}

static void of_equally_near_ones_the_lowest_key_comes_first(void **state)
{
    struct qc_branch_distance found[2];
    struct fixture *f = *state;

    branch(f, "c", london);
    branch(f, "a", london);
    branch(f, "b", london);
    assert_int_equal(qc_branch_nearest(&f->txn, london, 2, found), 2);
    assert_string_equal(found[0].key, "a");
    assert_string_equal(found[1].key, "b");
}

static void a_branch_that_moves_is_found_where_it_is(void **state)
{
    struct qc_branch_distance found[2];
    struct fixture *f = *state;

    branch(f, "a", (struct qc_place){488566000, 23522000});
    branch(f, "a", london);
    assert_int_equal(qc_branch_nearest(&f->txn, london, 2, found), 1);
    assert_int_equal(found[0].metres, 0);
}

static void what_a_branch_may_not_be_is_refused(void **state)
{
    Qc__V1__Branch wanted = QC__V1__BRANCH__INIT;
    struct fixture *f = *state;
    enum qc_change change;

    fixture_refused(f, qc_branch_put(&f->txn, &wanted, 0, &change),
                    QC_REFUSED_INVALID, "branch.key");
    wanted.key = "a";
    wanted.phone = "0800";
    fixture_refused(f, qc_branch_put(&f->txn, &wanted, 0, &change),
                    QC_REFUSED_INVALID_PHONE, "branch.phone");
}

/* Or its answer would find no room, however often it is asked for. */
static void large_rows_make_small_pages(void **state)
{
    static char address[QC_PAGE_MEMORY_MAX / 8];
    struct fixture *f = *state;
    Qc__V1__Branch wanted = QC__V1__BRANCH__INIT;
    char token[] = "?"; /* Keys are of one letter. */
    size_t n_rows = 0;

    memset(address, 'x', sizeof(address) - 1);
    wanted.address = address;
    for (char key[] = "a"; key[0] <= 'z'; key[0]++) {
        enum qc_change change;

        wanted.key = key;
        fixture_done(f, qc_branch_put(&f->txn, &wanted, 0, &change));
    }
    token[0] = '\0';
    do {
        struct qc_arena arena;
        struct qc_page page;
        struct qc_txn view;

        qc_arena_init(&arena, 2 * (size_t)QC_PAGE_MEMORY_MAX);
        qc_machine_view(&f->machine, &arena, &view);
        qc_entity_page(&view, &qc_branch_entity, FIXTURE_TENANT, token,
                       QC_PAGE_SIZE_MAX, &page);
        assert_int_equal(view.fault, 0);
        assert_in_range(page.n_rows, 1, 16);
        n_rows += page.n_rows;
        token[0] = page.next_token[0];
        qc_arena_done(&arena);
    } while (token[0] != '\0');
    assert_int_equal(n_rows, 26);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(the_nearest_come_first),
        TEST(of_equally_near_ones_the_lowest_key_comes_first),
        TEST(a_branch_that_moves_is_found_where_it_is),
        TEST(what_a_branch_may_not_be_is_refused),
        TEST(large_rows_make_small_pages),
#undef TEST
    };

    return cmocka_run_group_tests_name("branch", tests, NULL, NULL);
}
