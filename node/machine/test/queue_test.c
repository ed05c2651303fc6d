#include "machine/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/hours.h"
#include "machine/tenant.h"
#include "machine/test/fixture.h"

static Qc__V1__Queue called(const char *key)
{
    Qc__V1__Queue queue = QC__V1__QUEUE__INIT;

    queue.key = key;
    return queue;
}

static int put(struct fixture *f, const Qc__V1__Queue *queue)
{
    enum qc_change change;

    return qc_queue_put(&f->txn, queue, 0, &change);
}

static void refused(struct fixture *f,
                    const Qc__V1__Queue *queue,
                    int refusal,
                    const char *field)
{
    fixture_refused(f, put(f, queue), refusal, field);
}

static void a_new_tenant_has_the_queue_default(void **state)
{
    struct fixture *f = *state;
    const Qc__V1__Queue *queue;

    assert_int_equal(qc_entity_count(&f->txn, &qc_queue_entity), 1);
    queue = qc_queue_get(&f->txn, "default")->queue;
    assert_string_equal(queue->hours, "");
    assert_int_equal(queue->selection,
                     QC__V1__SELECTION__SELECTION_LONGEST_IDLE);
    assert_int_equal(queue->max_waiting, 10000);
}

static void what_a_queue_says_stays(void **state)
{
    Qc__V1__Queue wanted = called("sales");
    Qc__V1__Hours hours = QC__V1__HOURS__INIT;
    struct fixture *f = *state;
    const Qc__V1__Queue *queue;
    enum qc_change change;

    hours.key = "office";
    fixture_done(f, qc_hours_put(&f->txn, &hours, 0, &change));
    wanted.hours = "office";
    wanted.max_waiting = 3;
    wanted.disabled = true;
    fixture_done(f, put(f, &wanted));
    fixture_reopen(f);
    queue = qc_queue_get(&f->txn, "sales")->queue;
    assert_string_equal(queue->hours, "office");
    assert_int_equal(queue->max_waiting, 3);
    assert_true(queue->disabled);
}

static void what_a_queue_may_not_be_is_refused(void **state)
{
    struct fixture *f = *state;
    Qc__V1__Queue queue = called("a b");

    refused(f, &queue, QC_REFUSED_INVALID, "queue.key");
    queue = called("sales");
    queue.hours = "office";
    refused(f, &queue, QC_REFUSED_HOURS_UNKNOWN, "queue.hours");
    queue = called("sales");
    queue.selection = (Qc__V1__Selection)5;
    refused(f, &queue, QC_REFUSED_INVALID, "queue.selection");
    assert_null(qc_queue_get(&f->txn, "sales"));
}

static void a_tenant_has_no_more_queues_than_its_quota(void **state)
{
    struct fixture *f = *state;
    Qc__V1__Tenant tenant = QC__V1__TENANT__INIT;
    Qc__V1__Quotas quotas = QC__V1__QUOTAS__INIT;
    Qc__V1__Queue queue = called("sales");
    enum qc_change change;

    tenant.key = "acme";
    tenant.quotas = &quotas;
    quotas.queues = 2;
    fixture_done(f, qc_tenant_put(&f->txn, &tenant, 0, &change));
    fixture_done(f, put(f, &queue));
    queue.label = "Sales";
    fixture_done(f, put(f, &queue));
    queue = called("service");
    refused(f, &queue, QC_REFUSED_QUOTA, "queue.key");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(a_new_tenant_has_the_queue_default),
        TEST(what_a_queue_says_stays),
        TEST(what_a_queue_may_not_be_is_refused),
        TEST(a_tenant_has_no_more_queues_than_its_quota),
#undef TEST
    };

    return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
