#include "machine/entity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "machine/index.h"
#include "machine/store.h"
#include "machine/test/fixture.h"
#include "quorumcall/state/v1/interaction.pb-c.h"

/*
 * The row derives a key for each of the numbers from 0 up to what it says, and
 * a count of the first. What was really done is counted.
 */
static unsigned n_added;
static unsigned n_taken;

static struct qc_key numbered(const struct qc_txn *txn, uint64_t n)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_OFFER);
    qc_key_put_u64(&key, n);
    return key;
}

static void derive_counted(struct qc_txn *txn,
                           const struct qc_key *key,
                           uint64_t value,
                           enum qc_derive how)
{
    if (how == QC_DERIVE_ADD) {
        qc_index_put(txn, key, value);
        n_added++;
    } else {
        qc_index_del(txn, key);
        n_taken++;
    }
}

static void derive(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *message,
                   enum qc_derive how)
{
    const Qc__State__InteractionRefRow *row = message;
    struct qc_key gauge = numbered(txn, UINT64_MAX);

    (void)key;
    for (uint64_t n = 0; n < row->interaction % 100; n++) {
        struct qc_key entry = numbered(txn, n);

        qc_entity_derive_by(txn, derive_counted, &entry, row->interaction / 100,
                            how);
    }
    qc_entity_derive_count(txn, &gauge, how);
}

static const struct qc_entity entity = {
    .name = "test",
    .space = QC_SPACE_INTERACTION_REF,
    .type = &qc__state__interaction_ref_row__descriptor,
    .derives_alone = true,
    .derive = derive,
};

/* Puts a row that derives |to| keys with the number |value| in the place of one
 * that derived |from| with |old|; 0 is no row. Then all is as it should be. */
static void put(struct fixture *f,
                uint64_t from,
                uint64_t old,
                uint64_t to,
                uint64_t value)
{
    Qc__State__InteractionRefRow was = QC__STATE__INTERACTION_REF_ROW__INIT;
    Qc__State__InteractionRefRow row = QC__STATE__INTERACTION_REF_ROW__INIT;
    struct qc_key gauge = numbered(&f->txn, UINT64_MAX);
    struct qc_key key;

    qc_key_begin(&key, f->txn.tenant, QC_SPACE_INTERACTION_REF);
    was.interaction = old * 100 + from;
    row.interaction = value * 100 + to;
    n_added = 0;
    n_taken = 0;
    qc_entity_put(&f->txn, &entity, &key, from > 0 ? &was : NULL,
                  to > 0 ? &row : NULL);
    assert_int_equal(f->txn.fault, 0);
    for (uint64_t n = 0; n < 50; n++) {
        struct qc_key entry = numbered(&f->txn, n);
        uint64_t found;

        assert_int_equal(qc_index_get(&f->txn, &entry, &found), n < to);
        assert_int_equal(found, n < to ? value : 0);
    }
    assert_int_equal(qc_index_gauge(&f->txn, &gauge), to > 0 ? 1 : 0);
}

static void what_both_rows_derive_is_left_as_it_is(void **state)
{
    struct fixture *f = *state;

    put(f, 0, 0, 5, 1);
    put(f, 5, 1, 7, 1);
    assert_int_equal(n_added, 2);
    assert_int_equal(n_taken, 0);
    put(f, 7, 1, 3, 1);
    assert_int_equal(n_added, 0);
    assert_int_equal(n_taken, 4);
    put(f, 3, 1, 0, 0);
    assert_int_equal(n_taken, 3);
}

static void a_key_with_another_number_is_derived_anew(void **state)
{
    struct fixture *f = *state;

    put(f, 0, 0, 5, 1);
    put(f, 5, 1, 5, 2);
    assert_int_equal(n_added, 5);
    assert_int_equal(n_taken, 5);
    put(f, 5, 2, 0, 0);
}

static void more_than_is_remembered_is_derived_anew(void **state)
{
    struct fixture *f = *state;

    put(f, 0, 0, 40, 1);
    put(f, 40, 1, 41, 1);
    assert_true(n_added > 1 && n_added < 41);
    assert_int_equal(n_taken, n_added - 1);
    put(f, 41, 1, 30, 2);
    put(f, 30, 2, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_both_rows_derive_is_left_as_it_is,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(
            a_key_with_another_number_is_derived_anew, fixture_setup,
            fixture_teardown),
        cmocka_unit_test_setup_teardown(more_than_is_remembered_is_derived_anew,
                                        fixture_setup, fixture_teardown),
    };

    return cmocka_run_group_tests_name("entity", tests, NULL, NULL);
}
