#include "machine/allocation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/allocation_index.h"
#include "machine/interaction.h"
#include "machine/match.h"
#include "machine/number.h"
#include "machine/row.h"
#include "machine/test/visits.h"
#include "machine/timer.h"

/*
 * What happens over time is told in the stories of the command floor; here
 * stands what they cannot say: what a widget may see, what holds when timers
 * are late, and what a fault does. The fixture fires no timers by itself.
 */

#define STATE(name) QC__V1__ALLOCATION_STATE__ALLOCATION_STATE_##name

static struct qc_bytes bytes_of(ProtobufCBinaryData data)
{
    return (struct qc_bytes){data.data, data.len};
}

static void a_widget_without_its_token_finds_nothing(void **state)
{
    struct fixture *f = *state;
    struct qc_bytes none = {NULL, 0};
    struct qc_grant ann;
    struct qc_grant ben;
    const char *id;

    fixture_done(f, visits_allocate(f, ANN, DNIS, &ann));
    fixture_done(f, visits_allocate(f, BEN, DNIS, &ben));
    id = ann.allocation->allocation->allocation_id;

    f->txn.roles = QC_ROLE_WIDGET;
    assert_null(qc_allocation_prove(&f->txn, id, none));
    assert_null(qc_allocation_prove(&f->txn, id, bytes_of(ben.visit_token)));
    assert_non_null(
        qc_allocation_prove(&f->txn, id, bytes_of(ann.visit_token)));
    f->txn.roles = QC_ROLE_ADMIN;
    assert_non_null(qc_allocation_prove(&f->txn, id, none));
}

static void a_row_keeps_no_token(void **state)
{
    struct fixture *f = *state;
    struct qc_grant ann;

    fixture_done(f, visits_allocate(f, ANN, DNIS, &ann));
    assert_int_equal(ann.visit_token.len, QC_VISIT_TOKEN_SIZE);
    assert_int_equal(ann.allocation->visit_hash.len, QC_VISIT_HASH_SIZE);
    assert_memory_not_equal(ann.allocation->visit_hash.data,
                            ann.visit_token.data, QC_VISIT_TOKEN_SIZE);
}

static void what_has_lapsed_is_not_held_before_its_timer_fires(void **state)
{
    struct fixture *f = *state;
    Qc__State__AllocationRow *row = visits_granted(f, ANN, DNIS);

    f->txn.now_ms = row->allocation->expires_ms;
    assert_int_equal(qc_allocation_refresh(&f->txn, row), QC_REFUSED_BAD_STATE);
    assert_int_equal(qc_allocation_release(&f->txn, row), QC_REFUSED_BAD_STATE);
    assert_int_equal(qc_allocation_held_by_phone(&f->txn, ANN, UINT32_MAX).n,
                     0);
}

static void a_visitor_whose_timer_is_late_is_late_himself(void **state)
{
    struct fixture *f = *state;
    Qc__State__AllocationRow *row = visits_granted(f, ANN, DNIS);
    const char *number = row->allocation->number;
    const Qc__State__InteractionRow *call;

    f->txn.now_ms = row->allocation->expires_ms;
    call = visits_call(f, number, STRANGER, "");
    assert_string_equal(call->interaction->allocation_id, "");
    call = visits_call(f, number, ANN, "");
    assert_string_equal(call->interaction->allocation_id,
                        row->allocation->allocation_id);
    assert_true(call->interaction->late);
}

static void a_list_of_decisions_keeps_the_last_sixteen(void **state)
{
    struct fixture *f = *state;
    Qc__State__AllocationRow *row = visits_granted(f, ANN, DNIS);
    uint64_t id = qc_allocation_id(row);

    for (unsigned i = 0; i < 20; i++) {
        assert_non_null(visits_call(f, row->allocation->number, ANN, ""));
    }
    row = qc_allocation_get(&f->txn, id);
    assert_int_equal(row->n_decisions, QC_DECISIONS_MAX);
    assert_int_equal(row->decisions[0]->n, 6);
    assert_int_equal(row->decisions[0]->rule, 2);
    assert_int_equal(row->decisions[QC_DECISIONS_MAX - 1]->n, 21);
}

static void an_older_purge_does_not_forget_a_visit_that_lives_again(
    void **state)
{
    struct fixture *f = *state;
    Qc__State__AllocationRow *row = visits_granted(f, ANN, DNIS);
    uint64_t id = qc_allocation_id(row);
    const char *number = row->allocation->number;
    const Qc__State__InteractionRow *call;
    int64_t purge_ms;

    fixture_done(f, qc_allocation_release(&f->txn, row));
    purge_ms = row->purge_ms;
    call = visits_call(f, number, ANN, "");
    assert_true(call->interaction->late);

    f->txn.now_ms = purge_ms;
    qc_timer_fire_due(&f->txn, 0);
    fixture_done(f, 0);
    assert_int_equal(qc_allocation_get(&f->txn, id)->allocation->state,
                     STATE(MATCHED));
}

/* Their timers stand in one row. */
static void visits_that_ended_in_one_entry_are_forgotten_each(void **state)
{
    struct fixture *f = *state;
    Qc__State__AllocationRow *ann = visits_granted(f, ANN, DNIS);
    Qc__State__AllocationRow *ben = visits_granted(f, BEN, DNIS);
    uint64_t ids[] = {qc_allocation_id(ann), qc_allocation_id(ben)};
    int64_t purge_ms;

    fixture_done(f, qc_allocation_release(&f->txn, ann));
    fixture_done(f, qc_allocation_release(&f->txn, ben));
    purge_ms = ann->purge_ms;
    assert_int_equal(ben->purge_ms, purge_ms);

    fixture_next(f, purge_ms - f->txn.now_ms);
    qc_timer_fire_due(&f->txn, 0);
    fixture_done(f, 0);
    assert_null(qc_allocation_get(&f->txn, ids[0]));
    assert_null(qc_allocation_get(&f->txn, ids[1]));
}

static void a_machine_that_opens_again_finds_the_same(void **state)
{
    struct fixture *f = *state;
    Qc__State__AllocationRow *row = visits_granted(f, ANN, DNIS);
    struct qc_grant ben;

    visits_call(f, row->allocation->number, ANN, "");
    visits_granted(f, BEN, DNIS_ANI);
    visits_call(f, ACCESS, BEN, "1");
    fixture_done(f, visits_allocate(f, BEN, ACCESS_CODE, &ben));
    fixture_done(f, qc_allocation_release(&f->txn, ben.allocation));
    fixture_reopen(f);
    f->txn.now_ms += 600000;
    qc_timer_fire_due(&f->txn, 0);
    fixture_done(f, 0);
}

/* Breaks the row of a live allocation by |change|, and sees it reported. */
static void is_reported(struct fixture *f,
                        void (*change)(Qc__State__AllocationRow *row))
{
    Qc__State__AllocationRow *row = visits_granted(f, ANN, DNIS);
    const Qc__State__AllocationRow *was = qc_allocation_copy(&f->txn, row);
    char text[256];

    change(row);
    qc_allocation_put(&f->txn, was, row);
    fixture_next(f, 0);
    assert_int_equal(qc_machine_verify(&f->machine, text, sizeof(text)),
                     QC_E_CORRUPT);
    assert_non_null(strstr(text, "allocation"));
}

static void take_anothers_number(Qc__State__AllocationRow *row)
{
    row->allocation->number = NUMBER_B;
}

static void never_expire(Qc__State__AllocationRow *row)
{
    row->expire = NULL;
}

static void have_a_call(Qc__State__AllocationRow *row)
{
    row->allocation->live_calls = 1;
}

static void a_number_that_does_not_name_its_holder_is_reported(void **state)
{
    is_reported(*state, take_anothers_number);
}

static void a_reservation_without_an_end_is_reported(void **state)
{
    is_reported(*state, never_expire);
}

static void a_call_of_a_visit_that_waits_is_reported(void **state)
{
    is_reported(*state, have_a_call);
}

/* --- faults ---------------------------------------------------------------
 *
 * One of each transition, in a world where there is something to do for it.
 */

struct stage {
    Qc__State__AllocationRow *held;   /* Of mode DNIS. */
    Qc__State__InteractionRow *call;  /* Of a visit of mode DNIS_ANI. */
    Qc__State__InteractionRow *asked; /* For a code. */
    struct qc_key held_key;
    struct qc_key asked_key;
};

static int run_allocate(struct fixture *f, struct stage *stage)
{
    struct qc_grant grant;

    (void)stage;
    return visits_allocate(f, BEN, DNIS, &grant);
}

static int run_allocate_shared(struct fixture *f, struct stage *stage)
{
    struct qc_grant grant;

    (void)stage;
    return visits_allocate(f, BEN, DNIS_ANI, &grant);
}

static int run_allocate_code(struct fixture *f, struct stage *stage)
{
    struct qc_grant grant;

    (void)stage;
    return visits_allocate(f, BEN, ACCESS_CODE, &grant);
}

static int run_refresh(struct fixture *f, struct stage *stage)
{
    return qc_allocation_refresh(&f->txn, stage->held);
}

static int run_release(struct fixture *f, struct stage *stage)
{
    return qc_allocation_release(&f->txn, stage->held);
}

static int run_own_call(struct fixture *f, struct stage *stage)
{
    visits_call(f, stage->held->allocation->number, ANN, "");
    return 0;
}

static int run_strangers_call(struct fixture *f, struct stage *stage)
{
    visits_call(f, stage->held->allocation->number, STRANGER, "");
    return 0;
}

static int run_wrong_code(struct fixture *f, struct stage *stage)
{
    (void)stage;
    visits_call(f, ACCESS, STRANGER, "000001");
    return 0;
}

static int run_hang_up(struct fixture *f, struct stage *stage)
{
    visits_hang_up(f, stage->call->interaction->ext_ref);
    return 0;
}

static int run_expire(struct fixture *f, struct stage *stage)
{
    qc_allocation_expire(&f->txn, qc_key_object(&stage->held_key));
    return 0;
}

static int run_code_timeout(struct fixture *f, struct stage *stage)
{
    qc_interaction_code_timeout(&f->txn, qc_key_object(&stage->asked_key));
    return 0;
}

static int run_list(struct fixture *f, struct stage *stage)
{
    Qc__V1__ListAllocationsRequest request =
        QC__V1__LIST_ALLOCATIONS_REQUEST__INIT;
    struct qc_page page;

    (void)stage;
    return qc_allocation_page(&f->txn, &request, &page);
}

static int (*const RUNS[])(struct fixture *f, struct stage *stage) = {
    run_allocate, run_allocate_shared, run_allocate_code,  run_refresh,
    run_release,  run_own_call,        run_strangers_call, run_wrong_code,
    run_hang_up,  run_expire,          run_code_timeout,   run_list,
};

enum {
    N_RUNS = sizeof(RUNS) / sizeof(RUNS[0]),
    SPARE_MAX = 1024 * 1024,
};

static void set_stage(struct fixture *f, struct stage *stage)
{
    const Qc__State__AllocationRow *shared = visits_granted(f, ANN, DNIS_ANI);

    stage->held = visits_granted(f, ANN, DNIS);
    stage->call = visits_call(f, shared->allocation->number, ANN, "");
    stage->asked = visits_call(f, ACCESS, ANN, "");
    fixture_done(f, 0);
    qc_key_begin(&stage->held_key, FIXTURE_TENANT, QC_SPACE_ALLOCATION);
    qc_key_put_u64(&stage->held_key, qc_allocation_id(stage->held));
    qc_key_begin(&stage->asked_key, FIXTURE_TENANT, QC_SPACE_INTERACTION);
    qc_key_put_u64(&stage->asked_key, qc_interaction_id(stage->asked));
}

static void every_storage_fault_is_the_answer(void **state)
{
    for (unsigned i = 0; i < N_RUNS; i++) {
        int r = QC_E_IO;

        for (unsigned nth = 1; r != 0; nth++) {
            struct stage stage;
            struct fixture *f;

            assert_true(nth < 100);
            assert_int_equal(fixture_teardown_broken(state), 0);
            assert_int_equal(visits_setup(state), 0);
            f = *state;
            set_stage(f, &stage);
            qc_mem_store_fail_at(f->mem, nth);
            r = RUNS[i](f, &stage);
            r = qc_txn_answer(&f->txn, r > 0 ? r : 0);
            qc_mem_store_fail_at(f->mem, 0);

            assert_true(r == 0 || r == QC_E_IO);
            assert_int_equal(qc_mem_store_open_cursors(f->mem), 0);
        }
    }
}

static void every_lack_of_memory_is_the_answer(void **state)
{
    for (unsigned i = 0; i < N_RUNS; i++) {
        int r = QC_E_NOMEM;

        for (size_t spare = 0; r != 0; spare += 48) {
            struct stage stage;
            struct fixture *f;

            assert_true(spare < SPARE_MAX);
            assert_int_equal(fixture_teardown_broken(state), 0);
            assert_int_equal(visits_setup(state), 0);
            f = *state;
            set_stage(f, &stage);
            f->arena.limit = f->arena.used + spare;
            r = RUNS[i](f, &stage);
            r = qc_txn_answer(&f->txn, r > 0 ? r : 0);
            f->arena.limit = FIXTURE_ARENA_SIZE;

            assert_true(r == 0 || r == QC_E_NOMEM);
            assert_int_equal(qc_mem_store_open_cursors(f->mem), 0);
        }
    }
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, visits_setup, fixture_teardown)
#define BROKEN(name) \
    cmocka_unit_test_setup_teardown(name, visits_setup, fixture_teardown_broken)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_widget_without_its_token_finds_nothing),
        TEST(a_row_keeps_no_token),
        TEST(what_has_lapsed_is_not_held_before_its_timer_fires),
        TEST(a_visitor_whose_timer_is_late_is_late_himself),
        TEST(a_list_of_decisions_keeps_the_last_sixteen),
        TEST(an_older_purge_does_not_forget_a_visit_that_lives_again),
        TEST(visits_that_ended_in_one_entry_are_forgotten_each),
        TEST(a_machine_that_opens_again_finds_the_same),
        BROKEN(a_number_that_does_not_name_its_holder_is_reported),
        BROKEN(a_reservation_without_an_end_is_reported),
        BROKEN(a_call_of_a_visit_that_waits_is_reported),
        BROKEN(every_storage_fault_is_the_answer),
        BROKEN(every_lack_of_memory_is_the_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
