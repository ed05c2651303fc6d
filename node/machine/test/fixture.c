#include "machine/test/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine/member.h"
#include "machine/number.h"
#include "machine/pool.h"
#include "machine/refusal.h"
#include "machine/rosters.h"
#include "machine/tenant.h"

static const uint8_t entropy[16] = "0123456789abcdef";

static void begin(struct fixture *f, int64_t at_ms)
{
    qc_arena_init(&f->arena, FIXTURE_ARENA_SIZE);
    qc_machine_begin(&f->machine, &f->arena, f->machine.applied_index + 1,
                     at_ms, entropy, &f->txn);
    f->txn.tenant = FIXTURE_TENANT;
    f->txn.ordinal = 1;
    f->txn.roles = QC_ROLE_ADMIN;
}

static struct fixture *opened(void)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->mem = qc_mem_store_new();
    assert_non_null(f->mem);
    assert_int_equal(
        qc_machine_open(&f->machine, qc_mem_store_as_store(f->mem)), 0);
    begin(f, FIXTURE_START_MS);
    return f;
}

int fixture_setup(void **state)
{
    struct fixture *f = opened();

    fixture_version(f, QC_CLUSTER_VERSION_MAX);
    fixture_tenant(f, "acme");
    fixture_next(f, 1000);
    *state = f;
    return 0;
}

int fixture_setup_old(void **state)
{
    struct fixture *f = opened();

    fixture_tenant(f, "acme");
    fixture_next(f, 1000);
    *state = f;
    return 0;
}

int fixture_teardown_broken(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(qc_mem_store_open_cursors(f->mem), 0);
    qc_arena_done(&f->arena);
    qc_machine_close(&f->machine);
    qc_mem_store_free(f->mem);
    free(f);
    return 0;
}

static void verify(struct fixture *f)
{
    char text[256];

    if (qc_machine_verify(&f->machine, text, sizeof(text)) != 0) {
        fail_msg("%s", text);
    }
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;

    fixture_next(f, 0);
    verify(f);
    fixture_reopen(f);
    verify(f);
    return fixture_teardown_broken(state);
}

void fixture_next(struct fixture *f, int64_t later_ms)
{
    int64_t at_ms = f->txn.now_ms + later_ms;

    assert_int_equal(qc_machine_commit(&f->machine, &f->txn), 0);
    qc_arena_done(&f->arena);
    begin(f, at_ms);
}

void fixture_reopen(struct fixture *f)
{
    int64_t at_ms = f->txn.now_ms;

    assert_int_equal(qc_machine_commit(&f->machine, &f->txn), 0);
    qc_arena_done(&f->arena);
    qc_machine_close(&f->machine);
    assert_int_equal(
        qc_machine_open(&f->machine, qc_mem_store_as_store(f->mem)), 0);
    begin(f, at_ms);
}

void fixture_done(struct fixture *f, int r)
{
    assert_int_equal(qc_txn_answer(&f->txn, r), 0);
}

void fixture_refused(struct fixture *f, int r, int refusal, const char *field)
{
    assert_int_equal(f->txn.fault, 0);
    assert_string_equal(qc_refusal_name(r), qc_refusal_name(refusal));
    assert_string_equal(f->txn.detail.field, field);
}

void fixture_version(struct fixture *f, uint32_t version)
{
    static const struct qc_member member = {1, "node1:7400", true};

    qc_member_configure(&f->txn, &member, 1);
    fixture_done(f, qc_member_report(&f->txn, 1, version, "0.1.0"));
    assert_int_equal(qc_cluster_version(&f->txn), version);
}

void fixture_tenant(struct fixture *f, const char *key)
{
    Qc__V1__Tenant tenant = QC__V1__TENANT__INIT;
    Qc__V1__Quotas quotas = QC__V1__QUOTAS__INIT;
    enum qc_change change;

    tenant.key = key;
    tenant.access_code_enabled = true;
    tenant.quotas = &quotas;
    fixture_done(f, qc_tenant_put(&f->txn, &tenant, 0, &change));
    assert_int_equal(change, QC_CHANGE_CREATED);
}

void fixture_pool(struct fixture *f, const char *key, Qc__V1__MatchMode mode)
{
    Qc__V1__Pool pool = QC__V1__POOL__INIT;
    enum qc_change change;

    pool.key = key;
    pool.subject = "subject1";
    pool.match_mode = mode;
    fixture_done(f, qc_pool_put(&f->txn, &pool, 0, &change));
}

void fixture_number(struct fixture *f, const char *number, const char *pool)
{
    Qc__V1__Number wanted = QC__V1__NUMBER__INIT;
    enum qc_change change;

    wanted.number = number;
    wanted.pool = pool;
    if (qc_pool_get(&f->txn, pool)->pool->match_mode ==
        QC__V1__MATCH_MODE__MATCH_MODE_ACCESS_CODE) {
        wanted.kind = QC__V1__NUMBER_KIND__NUMBER_KIND_ACCESS;
    }
    fixture_done(f, qc_number_put(&f->txn, &wanted, 0, &change));
}

bool fixture_takes(struct fixture *f,
                   uint32_t index,
                   const char *queue,
                   uint32_t skill,
                   uint32_t level)
{
    Qc__State__RouteRequirement needed = QC__STATE__ROUTE_REQUIREMENT__INIT;
    Qc__State__RouteStep step = QC__STATE__ROUTE_STEP__INIT;
    Qc__State__Route route = QC__STATE__ROUTE__INIT;
    Qc__State__RouteRequirement *all[] = {&needed};
    Qc__State__RouteStep *steps[] = {&step};
    struct qc_waiting call = {
        .media = QC__V1__MEDIA__MEDIA_VOICE,
        .queue = queue,
        .route = &route,
        .step = 1,
        .rank = {.priority = 1, .since_ms = 1, .id = 1},
    };
    struct qc_roster *roster = qc_roster_of(&f->txn);
    uint32_t at;

    assert_non_null(roster);
    needed.skill = skill;
    needed.min_level = level;
    step.requirements = all;
    step.n_requirements = 1;
    route.steps = steps;
    route.n_steps = 1;
    assert_true(qc_roster_wait(roster, &call));
    at = qc_roster_step_of(roster, &call, index);
    assert_true(qc_roster_leave(roster, &call));
    return at == 1;
}

enum qc_passed_over fixture_spoken_against(struct fixture *f,
                                           uint32_t index,
                                           uint16_t n_chats)
{
    struct qc_presence_facts now = {
        .index = index,
        .logged_in = true,
        .ready = true,
        .loads = {[QC__V1__MEDIA__MEDIA_CHAT] = n_chats},
    };
    struct qc_roster *roster = qc_roster_of(&f->txn);
    enum qc_passed_over why;

    assert_non_null(roster);
    assert_true(qc_roster_presence(roster, &now));
    why = qc_roster_can_take(roster, index, QC__V1__MEDIA__MEDIA_VOICE);
    qc_roster_presence_gone(roster, index);
    return why;
}
