/*
 * Random visits and calls, against a naive model.
 *
 * The model knows nothing of rows and indexes: a list of all visits there ever
 * were, and the rules of domain model C.2, each as one walk over the list. So
 * what it says is easily seen to be right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine/allocation.h"
#include "machine/interaction.h"
#include "machine/match.h"
#include "machine/number.h"
#include "machine/pool.h"
#include "machine/tenant.h"
#include "machine/test/visits.h"
#include "machine/timer.h"

enum {
    STEPS = 20000,
    VERIFY_EVERY = 500,
    N_NUMBERS = 8, /* Of mode DNIS, then as many of DNIS_ANI, one of codes. */
    N_PHONES = 40,
    NUMBER_SIZE = 16,
    TTL_MS = 600000, /* Of codes: half as much again. */
    GRACE_MS = 120000,
    QUARANTINE_MS = 60000,
};

enum life {
    RESERVED,
    MATCHED,
    ENDED
};

struct visit {
    uint64_t id;
    Qc__V1__MatchMode mode;
    char number[NUMBER_SIZE];
    char phone[NUMBER_SIZE];
    char code[16];
    char matched_ani[NUMBER_SIZE];
    enum life life;
    bool was_matched;
    bool withheld;
    unsigned live;
    int64_t expires_ms;
    int64_t grace_ms;
    int64_t rest_ms;
};

struct call {
    char ext_ref[32];
    struct visit *visit;
};

static struct model {
    uint64_t seed;
    struct visit visits[STEPS];
    size_t n_visits;
    struct call calls[STEPS]; /* That are up. */
    size_t n_calls;
} model;

/* splitmix64: small, and the same everywhere. */
static uint64_t dice(uint64_t below)
{
    uint64_t z = (model.seed += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % below;
}

static Qc__V1__MatchMode any_mode(void)
{
    static const Qc__V1__MatchMode modes[] = {DNIS, DNIS, DNIS_ANI,
                                              ACCESS_CODE};

    return modes[dice(4)];
}

static void number_of(char text[NUMBER_SIZE], Qc__V1__MatchMode mode, size_t i)
{
    snprintf(text, NUMBER_SIZE, "+4420794%d%03zu", (int)mode,
             mode == ACCESS_CODE ? 0 : i);
}

static void any_phone(char text[NUMBER_SIZE])
{
    snprintf(text, NUMBER_SIZE, "+447700900%03d", (int)dice(N_PHONES));
}

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* --- what the model says --------------------------------------------------
 */

static int64_t later(int64_t a_ms, int64_t b_ms)
{
    return a_ms > b_ms ? a_ms : b_ms;
}

static void end(struct visit *visit, int64_t now_ms)
{
    bool called = visit->life == MATCHED;

    visit->grace_ms = now_ms + GRACE_MS;
    visit->rest_ms = now_ms + (called ? GRACE_MS : QUARANTINE_MS);
    if (called && visit->withheld) {
        visit->grace_ms = later(visit->grace_ms, visit->expires_ms);
        visit->rest_ms = later(visit->rest_ms, visit->expires_ms);
    }
    visit->life = ENDED;
}

static void expire(int64_t now_ms)
{
    for (size_t i = 0; i < model.n_visits; i++) {
        struct visit *visit = &model.visits[i];

        if (visit->life == RESERVED && visit->expires_ms <= now_ms) {
            end(visit, now_ms);
        }
    }
}

/* Whether |number| may be given to |phone|. In mode DNIS a number follows the
 * visit it was given to last. */
static bool is_free(Qc__V1__MatchMode mode,
                    const char *number,
                    const char *phone,
                    int64_t now_ms)
{
    for (size_t i = model.n_visits; i > 0; i--) {
        const struct visit *visit = &model.visits[i - 1];

        if (same(visit->number, number) &&
            (mode == DNIS || same(visit->phone, phone))) {
            bool free = visit->life == ENDED && visit->rest_ms <= now_ms;

            if (mode == DNIS || !free) {
                return free;
            }
        }
    }
    return true;
}

static bool any_is_free(Qc__V1__MatchMode mode,
                        const char *phone,
                        int64_t now_ms)
{
    char number[NUMBER_SIZE];

    for (size_t i = 0; i < N_NUMBERS; i++) {
        number_of(number, mode, i);
        if (is_free(mode, number, phone, now_ms)) {
            return true;
        }
    }
    return false;
}

/* What a call should come to. */
struct expected {
    struct visit *visit;
    bool late;
    bool redial;
    bool ani_mismatch;
    bool withheld;
};

static struct visit *holder(const char *number, const char *ani)
{
    for (size_t i = model.n_visits; i > 0; i--) {
        struct visit *visit = &model.visits[i - 1];

        if (visit->life == RESERVED && same(visit->number, number) &&
            (visit->mode == DNIS || same(visit->phone, ani))) {
            return visit;
        }
    }
    return NULL;
}

static struct visit *redialled(const char *number,
                               const char *ani,
                               int64_t now_ms)
{
    for (size_t i = model.n_visits; i > 0; i--) {
        struct visit *visit = &model.visits[i - 1];

        if (same(visit->number, number) && ani[0] != '\0' &&
            (visit->life == MATCHED ||
             (visit->life == ENDED && visit->grace_ms > now_ms)) &&
            (same(visit->phone, ani) ||
             (visit->was_matched && same(visit->matched_ani, ani)))) {
            return visit;
        }
    }
    return NULL;
}

static struct expected expect(const char *number,
                              const char *ani,
                              int64_t now_ms)
{
    struct visit *held = holder(number, ani);
    struct visit *again = redialled(number, ani, now_ms);
    struct expected expected = {.visit = held};

    if (held != NULL && same(held->phone, ani)) {
        return expected;
    }
    if (again != NULL) {
        bool own = same(again->phone, ani);

        return (struct expected){
            .visit = again,
            .late = !again->was_matched,
            .redial = again->was_matched,
            .ani_mismatch = !own,
            .withheld = !own && again->withheld,
        };
    }
    expected.ani_mismatch = expected.withheld = held != NULL;
    return expected;
}

static struct expected expect_by_code(const char *code,
                                      const char *ani,
                                      int64_t now_ms)
{
    for (size_t i = model.n_visits; i > 0; i--) {
        struct visit *visit = &model.visits[i - 1];

        if (!same(visit->code, code)) {
            continue;
        }
        if (visit->life == RESERVED) {
            return (struct expected){.visit = visit};
        }
        if (visit->was_matched &&
            (visit->life == MATCHED || visit->grace_ms > now_ms) &&
            ani[0] != '\0' &&
            (same(visit->phone, ani) || same(visit->matched_ani, ani))) {
            return (struct expected){.visit = visit, .redial = true};
        }
    }
    return (struct expected){.visit = NULL};
}

static void call_begins(const struct expected *expected, const char *ani)
{
    struct visit *visit = expected->visit;

    if (!visit->was_matched) {
        visit->was_matched = true;
        visit->withheld = expected->withheld;
        snprintf(visit->matched_ani, NUMBER_SIZE, "%s", ani);
    }
    visit->life = MATCHED;
    visit->live++;
}

/* --- what is done ---------------------------------------------------------
 */

static void allocate(struct fixture *f)
{
    Qc__V1__MatchMode mode = any_mode();
    char phone[NUMBER_SIZE];
    const Qc__V1__Allocation *a;
    struct qc_grant grant;
    struct visit *visit;
    int r;

    any_phone(phone);
    r = visits_allocate(f, phone, mode, &grant);
    if (r == QC_REFUSED_POOL_EMPTY) {
        assert_int_not_equal(mode, ACCESS_CODE);
        assert_false(any_is_free(mode, phone, f->txn.now_ms));
        return;
    }
    fixture_done(f, r);
    a = grant.allocation->allocation;
    assert_true(mode == ACCESS_CODE ||
                is_free(mode, a->number, phone, f->txn.now_ms));
    for (size_t i = 0; mode == ACCESS_CODE && i < model.n_visits; i++) {
        visit = &model.visits[i];
        assert_true(!same(visit->code, a->access_code) ||
                    (visit->life == ENDED && visit->rest_ms <= f->txn.now_ms &&
                     visit->grace_ms <= f->txn.now_ms));
    }
    visit = &model.visits[model.n_visits++];
    *visit = (struct visit){
        .id = qc_allocation_id(grant.allocation),
        .mode = mode,
        .life = RESERVED,
        .expires_ms = a->expires_ms,
    };
    snprintf(visit->number, NUMBER_SIZE, "%s", a->number);
    snprintf(visit->phone, NUMBER_SIZE, "%s", phone);
    snprintf(visit->code, sizeof(visit->code), "%s", a->access_code);
}

static struct visit *any_visit(void)
{
    uint64_t recent = model.n_visits < 32 ? model.n_visits : 32;

    return recent > 0 ? &model.visits[model.n_visits - 1 - dice(recent)] : NULL;
}

static void call(struct fixture *f)
{
    struct visit *dialled = any_visit();
    struct expected expected;
    const Qc__V1__Interaction *x;
    char ani[NUMBER_SIZE] = "";
    struct call *up;

    if (dialled == NULL) {
        return;
    }
    if (dice(4) > 0) {
        snprintf(ani, sizeof(ani), "%s", dialled->phone);
    } else if (dice(4) > 0) {
        any_phone(ani);
    }
    expected = dialled->mode == ACCESS_CODE
                   ? expect_by_code(dialled->code, ani, f->txn.now_ms)
                   : expect(dialled->number, ani, f->txn.now_ms);
    x = visits_call(f, dialled->number, ani, dialled->code)->interaction;
    fixture_done(f, 0);

    up = &model.calls[model.n_calls++];
    snprintf(up->ext_ref, sizeof(up->ext_ref), "%s", x->ext_ref);
    up->visit = expected.visit;
    if (expected.visit == NULL) {
        assert_string_equal(x->allocation_id, "");
        return;
    }
    assert_string_equal(x->allocation_id,
                        qc_allocation_get(&f->txn, expected.visit->id)
                            ->allocation->allocation_id);
    assert_int_equal(x->late, expected.late);
    assert_int_equal(x->redial, expected.redial);
    assert_int_equal(x->ani_mismatch, expected.ani_mismatch);
    assert_int_equal(x->withheld, expected.withheld);
    call_begins(&expected, ani);
}

static void hang_up(struct fixture *f)
{
    struct call *up;

    if (model.n_calls == 0) {
        return;
    }
    up = &model.calls[dice(model.n_calls)];
    visits_hang_up(f, up->ext_ref);
    if (up->visit != NULL && --up->visit->live == 0) {
        end(up->visit, f->txn.now_ms);
    }
    *up = model.calls[--model.n_calls];
}

static void release(struct fixture *f)
{
    struct visit *visit = any_visit();
    int r;

    if (visit == NULL) {
        return;
    }
    r = qc_allocation_release(&f->txn, qc_allocation_get(&f->txn, visit->id));
    if (visit->life != RESERVED) {
        assert_int_equal(r, QC_REFUSED_BAD_STATE);
        return;
    }
    fixture_done(f, r);
    end(visit, f->txn.now_ms);
}

/* Each visit of the last few is in the machine as it is in the model. */
static void compare(struct fixture *f)
{
    size_t n = model.n_visits < 200 ? model.n_visits : 200;
    char text[256] = "";

    for (size_t i = model.n_visits - n; i < model.n_visits; i++) {
        const struct visit *visit = &model.visits[i];
        const Qc__State__AllocationRow *row =
            qc_allocation_get(&f->txn, visit->id);

        assert_non_null(row);
        assert_int_equal(row->allocation->live_calls, visit->live);
        assert_int_equal(qc_allocation_is_live(row), visit->life != ENDED);
        if (visit->life == ENDED) {
            assert_int_equal(row->allocation->grace_until_ms, visit->grace_ms);
        }
    }
    fixture_next(f, 0);
    if (qc_machine_verify(&f->machine, text, sizeof(text)) != 0) {
        fail_msg("%s", text);
    }
}

static void put_pool(struct fixture *f, const char *key, Qc__V1__MatchMode mode)
{
    Qc__V1__Pool pool = QC__V1__POOL__INIT;
    enum qc_change change;
    char number[NUMBER_SIZE];

    pool.key = key;
    pool.subject = "subject1";
    pool.match_mode = mode;
    pool.reserve_ttl_ms = TTL_MS;
    pool.grace_ms = GRACE_MS;
    pool.quarantine_ms = QUARANTINE_MS;
    pool.code_length = 6;
    fixture_done(f, qc_pool_put(&f->txn, &pool, 0, &change));
    for (size_t i = 0; i < (mode == ACCESS_CODE ? 1 : N_NUMBERS); i++) {
        number_of(number, mode, i);
        fixture_number(f, qc_copy(&f->txn, number), key);
    }
}

static void lift_limits(struct fixture *f)
{
    Qc__V1__Tenant tenant = QC__V1__TENANT__INIT;
    enum qc_change change;

    tenant.key = "acme";
    tenant.access_code_enabled = true;
    tenant.no_phone_limit = true;
    tenant.orphan_ms = INT64_C(7) * 24 * 3600 * 1000; /* None is lost. */
    fixture_done(f, qc_tenant_put(&f->txn, &tenant, 0, &change));
}

static void play(struct fixture *f, uint64_t seed)
{
    static void (*const deeds[])(struct fixture *) = {
        allocate, allocate, call, call, hang_up, hang_up, release};

    memset(&model, 0, sizeof(model));
    model.seed = seed;
    lift_limits(f);
    put_pool(f, "one", DNIS);
    put_pool(f, "many", DNIS_ANI);
    put_pool(f, "codes", ACCESS_CODE);
    for (unsigned i = 0; i < STEPS; i++) {
        fixture_next(f, (int64_t)dice(20000));
        qc_timer_fire_due(&f->txn, 0);
        f->txn.tenant = FIXTURE_TENANT;
        expire(f->txn.now_ms);
        deeds[dice(sizeof(deeds) / sizeof(deeds[0]))](f);
        if (i % VERIFY_EVERY == 0) {
            compare(f);
        }
    }
}

static void a_number_has_one_holder_whatever_happens(void **state)
{
    play(*state, 1);
}

static void each_call_finds_the_visit_that_the_rules_name(void **state)
{
    play(*state, 20260101);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_number_has_one_holder_whatever_happens),
        TEST(each_call_finds_the_visit_that_the_rules_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
