#include "machine/decision.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/msgpack.h"
#include "machine/interaction.h"
#include "machine/row.h"
#include "machine/test/fixture.h"

#define AGENT_CAME QC__V1__OFFER_CAUSE__OFFER_CAUSE_AGENT_CAME

static int setup(void **state)
{
    return fixture_setup(state);
}

static int teardown(void **state)
{
    return fixture_teardown(state);
}

static Qc__State__InteractionRow *waiting(struct fixture *f)
{
    Qc__V1__MatchCallRequest request = QC__V1__MATCH_CALL_REQUEST__INIT;
    Qc__State__InteractionRow *row;

    request.connector = "pbx";
    request.ext_ref = "c1";
    row = qc_interaction_new(&f->txn, &request);
    assert_non_null(row);
    return row;
}

/* Nobody could be asked, and |n| agents are named. */
static struct qc_finding nobody(size_t n)
{
    struct qc_finding finding = {.choice.n_candidates = n};

    for (size_t i = 0; i < n; i++) {
        finding.choice.candidates[i].agent = (uint32_t)i;
        finding.choice.candidates[i].why = QC_PASSED_NOT_READY;
    }
    return finding;
}

static void of_many_decisions_the_oldest_leave(void **state)
{
    struct fixture *f = *state;
    Qc__State__InteractionRow *row = waiting(f);
    struct qc_finding finding = nobody(1);

    for (unsigned i = 0; i < 20; i++) {
        qc_decision_route(&f->txn, row, &finding);
    }
    assert_int_equal(row->n_decisions, QC_ROUTE_DECISIONS_MAX);
    assert_int_equal(row->decisions[0]->n, 5);
    assert_int_equal(row->decisions[QC_ROUTE_DECISIONS_MAX - 1]->n, 20);
}

static void decisions_name_few_agents_altogether(void **state)
{
    struct fixture *f = *state;
    Qc__State__InteractionRow *row = waiting(f);
    struct qc_finding many = nobody(QC_CANDIDATES_MAX);
    struct qc_finding none = nobody(0);

    for (unsigned i = 0; i < 5; i++) {
        qc_decision_route(&f->txn, row, &many);
    }
    assert_int_equal(row->n_decisions,
                     QC_CANDIDATES_KEPT_MAX / QC_CANDIDATES_MAX);
    assert_int_equal(row->decisions[0]->n, 2);
    qc_decision_route(&f->txn, row, &none);
    assert_int_equal(row->decisions[0]->n, 2);
    qc_decision_route(&f->txn, row, &many);
    assert_int_equal(row->decisions[0]->n, 3);
    assert_int_equal(row->last_decision, 7);
}

static void a_decision_says_who_was_chosen_when_and_by_what(void **state)
{
    struct fixture *f = *state;
    Qc__State__InteractionRow *row = waiting(f);
    struct qc_finding finding = nobody(2);
    const Qc__State__RouteDecision *made;

    row->interaction->enqueued_ms = 5000;
    row->interaction->age_adjust_ms = 1000;
    qc_decision_route(&f->txn, row, &finding);
    finding.choice.found = true;
    finding.choice.agent = 1;
    finding.cause = AGENT_CAME;
    qc_decision_route(&f->txn, row, &finding);
    assert_int_equal(row->decisions[0]->kind,
                     QC__V1__DECISION_KIND__DECISION_KIND_ROUTE);
    assert_int_equal(row->decisions[0]->chosen, 0);
    made = row->decisions[1];
    assert_int_equal(made->kind, QC__V1__DECISION_KIND__DECISION_KIND_OFFER);
    assert_int_equal(made->chosen, 2);
    assert_int_equal(made->cause, AGENT_CAME);
    assert_int_equal(made->at_ms, f->txn.now_ms);
    assert_int_equal(made->log_index, f->txn.log_index);
    assert_int_equal(made->since_ms, 4000);
}

static void a_decision_takes_little_of_a_row(void **state)
{
    struct fixture *f = *state;
    Qc__State__InteractionRow *row = waiting(f);
    struct qc_finding finding = nobody(QC_CANDIDATES_MAX);
    struct qc_bytes bytes;

    for (unsigned i = 0; i < 3; i++) {
        finding.choice.candidates[i].agent = 9000 + i;
        qc_decision_route(&f->txn, row, &finding);
    }
    assert_true(qc_msgpack_write(&row->base, &f->arena, &bytes));
    assert_true(bytes.size < 700);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(of_many_decisions_the_oldest_leave),
        TEST(decisions_name_few_agents_altogether),
        TEST(a_decision_says_who_was_chosen_when_and_by_what),
        TEST(a_decision_takes_little_of_a_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
