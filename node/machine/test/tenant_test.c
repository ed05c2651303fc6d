#include "machine/tenant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/agent.h"
#include "machine/disposition.h"
#include "machine/queue.h"
#include "machine/reason.h"
#include "machine/subject.h"
#include "machine/test/fixture.h"

static Qc__V1__Tenant tenant_called(const char *key)
{
    Qc__V1__Tenant tenant = QC__V1__TENANT__INIT;

    tenant.key = key;
    return tenant;
}

static int put(struct fixture *f,
               const Qc__V1__Tenant *tenant,
               uint64_t if_rev,
               enum qc_change wanted)
{
    enum qc_change change;
    int r = qc_tenant_put(&f->txn, tenant, if_rev, &change);

    if (r == 0) {
        assert_int_equal(change, wanted);
    }
    return r;
}

static void a_new_tenant_has_every_default(void **state)
{
    struct fixture *f = *state;
    const Qc__V1__Tenant *tenant;

    tenant = qc_tenant_get(&f->txn, FIXTURE_TENANT)->tenant;
    assert_string_equal(tenant->key, "acme");
    assert_int_equal(tenant->state, QC__V1__TENANT_STATE__TENANT_STATE_ACTIVE);
    assert_string_equal(tenant->default_country, "US");
    assert_string_equal(tenant->default_subject, "subject1");
    assert_int_equal(tenant->short_abandon_ms, 5000);
    assert_int_equal(tenant->max_live_per_phone, 3);
    assert_int_equal(tenant->max_live_per_ip, 5);
    assert_int_equal(tenant->runtime_retention_ms, INT64_C(30) * 86400000);
    assert_int_equal(tenant->quotas->subjects, 4);
    assert_int_equal(tenant->quotas->numbers, 100000);
    assert_int_equal(tenant->quotas->pools, 1000);
    assert_int_equal(tenant->quotas->branches, 1000);
    assert_int_equal(tenant->quotas->waiting_interactions, 100000);
    assert_int_equal(tenant->quotas->rate_per_s, 50000);
    assert_int_equal(tenant->quotas->rate_burst, 100000);
    assert_int_not_equal(tenant->rev, 0);
    assert_int_equal(tenant->created_ms, FIXTURE_START_MS);
    assert_int_equal(tenant->updated_ms, FIXTURE_START_MS);
}

static void assert_agents_defaults(const Qc__V1__Tenant *tenant)
{
    assert_int_equal(tenant->ordering, QC__V1__ORDERING__ORDERING_STRICT);
    assert_int_equal(tenant->prio_step_ms, 60000);
    assert_int_equal(tenant->unit_costs->voice, 100);
    assert_int_equal(tenant->unit_costs->chat, 25);
    assert_int_equal(tenant->unit_costs->message, 15);
    assert_int_equal(tenant->unit_costs->email, 20);
    assert_int_equal(tenant->unit_costs->sms, 15);
    assert_int_equal(tenant->unit_costs->outbound_voice, 100);
    assert_int_equal(tenant->unit_costs->callback_voice, 100);
    assert_int_equal(tenant->unit_costs->workitem, 10);
    assert_int_equal(tenant->voice_over_units, 30);
    assert_int_equal(tenant->quotas->skills, 1000);
    assert_int_equal(tenant->quotas->agents, 10000);
    assert_int_equal(tenant->quotas->queues, 2000);
    assert_int_equal(tenant->quotas->reasons, 100);
    assert_int_equal(tenant->quotas->disposition_sets, 100);
}

static void a_new_tenant_has_every_default_of_agents(void **state)
{
    struct fixture *f = *state;

    assert_agents_defaults(qc_tenant_get(&f->txn, FIXTURE_TENANT)->tenant);
}

static void what_a_tenant_says_of_agents_stays(void **state)
{
    Qc__V1__Tenant tenant = tenant_called("acme");
    Qc__V1__PerMedia costs = QC__V1__PER_MEDIA__INIT;
    struct fixture *f = *state;
    const Qc__V1__Tenant *now;

    costs.chat = 30;
    tenant.unit_costs = &costs;
    tenant.ordering = QC__V1__ORDERING__ORDERING_LINEAR;
    fixture_done(f, put(f, &tenant, 0, QC_CHANGE_UPDATED));
    now = qc_tenant_get(&f->txn, FIXTURE_TENANT)->tenant;
    assert_int_equal(now->unit_costs->chat, 30);
    assert_int_equal(now->unit_costs->voice, 100);
    assert_int_equal(now->ordering, QC__V1__ORDERING__ORDERING_LINEAR);
}

/* Also when an operator writes it, whose tenant is the cluster. */
static void what_a_tenant_says_of_capacity_counts_at_once(void **state)
{
    Qc__V1__Tenant tenant = tenant_called("acme");
    Qc__V1__PerMedia costs = QC__V1__PER_MEDIA__INIT;
    Qc__V1__Agent agent = QC__V1__AGENT__INIT;
    struct fixture *f = *state;
    enum qc_change change;

    agent.key = "ann";
    fixture_done(f, qc_agent_put(&f->txn, &agent, 0, &change));
    assert_int_equal(fixture_spoken_against(f, 0, 1), QC_PASSED_NOT);
    costs.chat = 31;
    tenant.unit_costs = &costs;
    f->txn.tenant = 0;
    fixture_done(f, put(f, &tenant, 0, QC_CHANGE_UPDATED));
    assert_int_equal(f->txn.tenant, 0);
    f->txn.tenant = FIXTURE_TENANT;
    assert_int_equal(fixture_spoken_against(f, 0, 1),
                     QC_PASSED_VOICE_OVER_UNITS);
    fixture_reopen(f);
    assert_int_equal(fixture_spoken_against(f, 0, 1),
                     QC_PASSED_VOICE_OVER_UNITS);
    tenant.voice_over_units = 31;
    fixture_done(f, put(f, &tenant, 0, QC_CHANGE_UPDATED));
    assert_int_equal(fixture_spoken_against(f, 0, 1), QC_PASSED_NOT);
}

/* Its nodes must write what those of an older release write. */
static void before_its_version_a_tenant_has_no_agents(void **state)
{
    Qc__V1__Tenant tenant = tenant_called("acme");
    struct fixture *f = *state;
    const Qc__V1__Tenant *now;

    now = qc_tenant_get(&f->txn, FIXTURE_TENANT)->tenant;
    assert_int_equal(now->voice_over_units, 0);
    assert_int_equal(now->quotas->agents, 0);
    assert_null(now->unit_costs);
    assert_int_equal(qc_entity_count(&f->txn, &qc_reason_entity), 0);
    tenant.ordering = QC__V1__ORDERING__ORDERING_LINEAR + 1;
    tenant.access_code_enabled = true;
    fixture_done(f, put(f, &tenant, 0, QC_CHANGE_UPDATED));
}

static void with_its_version_all_tenants_have_agents(void **state)
{
    struct fixture *f = *state;
    uint64_t rev = qc_tenant_get(&f->txn, FIXTURE_TENANT)->tenant->rev;

    fixture_tenant(f, "bcme");
    fixture_version(f, QC_TENANT_AGENTS_SINCE);
    for (uint32_t tenant = 1; tenant <= 2; tenant++) {
        f->txn.tenant = tenant;
        assert_agents_defaults(qc_tenant_get(&f->txn, tenant)->tenant);
        assert_int_equal(qc_entity_count(&f->txn, &qc_reason_entity), 11);
        assert_non_null(qc_disposition_set_get(&f->txn, "default"));
        assert_non_null(qc_queue_get(&f->txn, "default"));
        assert_int_equal(qc_entity_count(&f->txn, &qc_subject_entity), 4);
    }
    f->txn.tenant = FIXTURE_TENANT;
    assert_int_not_equal(qc_tenant_get(&f->txn, FIXTURE_TENANT)->tenant->rev,
                         rev);
}

static void a_new_tenant_has_four_subjects(void **state)
{
    static const char *const keys[] = {"subject1", "subject2", "subject3",
                                       "subject4"};
    struct fixture *f = *state;

    for (size_t i = 0; i < 4; i++) {
        const Qc__State__SubjectRow *row = qc_subject_get(&f->txn, keys[i]);

        assert_non_null(row);
        assert_string_equal(row->subject->queue, "default");
        assert_int_equal(row->subject->priorities->initial, 100);
    }
    assert_int_equal(qc_entity_count(&f->txn, &qc_subject_entity), 4);
}

static void tenants_are_numbered_from_one_and_found_by_key(void **state)
{
    struct fixture *f = *state;
    uint32_t tenant;

    fixture_tenant(f, "bcme");
    fixture_reopen(f);
    fixture_tenant(f, "ccme");
    assert_true(qc_tenant_of_key(&f->txn, "acme", &tenant));
    assert_int_equal(tenant, 1);
    assert_true(qc_tenant_of_key(&f->txn, "bcme", &tenant));
    assert_int_equal(tenant, 2);
    assert_true(qc_tenant_of_key(&f->txn, "ccme", &tenant));
    assert_int_equal(tenant, 3);
    assert_false(qc_tenant_of_key(&f->txn, "dcme", &tenant));
    assert_false(qc_tenant_of_key(&f->txn, "", &tenant));
    assert_int_equal(f->txn.fault, 0);
}

static void putting_the_same_again_changes_nothing(void **state)
{
    Qc__V1__Tenant tenant = tenant_called("bcme");
    struct fixture *f = *state;
    uint64_t rev;

    fixture_done(f, put(f, &tenant, 0, QC_CHANGE_CREATED));
    rev = qc_tenant_get(&f->txn, 2)->tenant->rev;
    fixture_next(f, 1000);
    fixture_done(f, put(f, &tenant, 0, QC_CHANGE_NONE));
    assert_int_equal(qc_tenant_get(&f->txn, 2)->tenant->rev, rev);

    /* Saying the default is the same as saying nothing. */
    tenant.max_live_per_phone = 3;
    fixture_done(f, put(f, &tenant, 0, QC_CHANGE_NONE));
}

static void a_change_has_a_new_revision_and_time(void **state)
{
    Qc__V1__Tenant tenant = tenant_called("acme");
    struct fixture *f = *state;
    uint64_t rev = qc_tenant_get(&f->txn, 1)->tenant->rev;
    const Qc__V1__Tenant *now;

    tenant.label = "Acme";
    tenant.no_phone_limit = true;
    fixture_done(f, put(f, &tenant, rev, QC_CHANGE_UPDATED));
    now = qc_tenant_get(&f->txn, 1)->tenant;
    assert_string_equal(now->label, "Acme");
    assert_int_equal(now->max_live_per_phone, 0);
    assert_int_not_equal(now->rev, rev);
    assert_int_equal(now->created_ms, FIXTURE_START_MS);
    assert_int_equal(now->updated_ms, FIXTURE_START_MS + 1000);
    fixture_refused(f, put(f, &tenant, rev, QC_CHANGE_NONE),
                    QC_REFUSED_REV_MISMATCH, "if_rev");
}

static void a_tenant_that_should_have_a_revision_must_exist(void **state)
{
    Qc__V1__Tenant tenant = tenant_called("bcme");
    struct fixture *f = *state;
    unsigned writes = qc_mem_store_writes(f->mem);

    fixture_refused(f, put(f, &tenant, 7, QC_CHANGE_NONE),
                    QC_REFUSED_REV_MISMATCH, "if_rev");
    assert_int_equal(qc_mem_store_writes(f->mem), writes);
}

static void what_a_tenant_may_not_be_is_refused(void **state)
{
    Qc__V1__Tenant tenant = tenant_called("b c");
    struct fixture *f = *state;

    fixture_refused(f, put(f, &tenant, 0, QC_CHANGE_NONE), QC_REFUSED_INVALID,
                    "tenant.key");
    tenant = tenant_called("bcme");
    tenant.no_phone_limit = true;
    tenant.max_live_per_phone = 1;
    fixture_refused(f, put(f, &tenant, 0, QC_CHANGE_NONE), QC_REFUSED_INVALID,
                    "tenant.max_live_per_phone");
    tenant = tenant_called("bcme");
    tenant.no_ip_limit = true;
    tenant.max_live_per_ip = 1;
    fixture_refused(f, put(f, &tenant, 0, QC_CHANGE_NONE), QC_REFUSED_INVALID,
                    "tenant.max_live_per_ip");
    tenant = tenant_called("bcme");
    tenant.ordering = QC__V1__ORDERING__ORDERING_LINEAR + 1;
    fixture_refused(f, put(f, &tenant, 0, QC_CHANGE_NONE), QC_REFUSED_INVALID,
                    "tenant.ordering");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
#define OLD(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup_old, fixture_teardown)
        TEST(a_new_tenant_has_every_default),
        TEST(a_new_tenant_has_every_default_of_agents),
        TEST(what_a_tenant_says_of_agents_stays),
        TEST(what_a_tenant_says_of_capacity_counts_at_once),
        OLD(before_its_version_a_tenant_has_no_agents),
        OLD(with_its_version_all_tenants_have_agents),
        TEST(a_new_tenant_has_four_subjects),
        TEST(tenants_are_numbered_from_one_and_found_by_key),
        TEST(putting_the_same_again_changes_nothing),
        TEST(a_change_has_a_new_revision_and_time),
        TEST(a_tenant_that_should_have_a_revision_must_exist),
        TEST(what_a_tenant_may_not_be_is_refused),
#undef TEST
#undef OLD
    };

    return cmocka_run_group_tests_name("tenant", tests, NULL, NULL);
}
