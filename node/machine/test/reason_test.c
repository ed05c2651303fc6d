#include "machine/reason.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "machine/test/fixture.h"

#define KIND(name) QC__V1__REASON_KIND__REASON_KIND_##name

static Qc__V1__Reason called(const char *key)
{
    Qc__V1__Reason reason = QC__V1__REASON__INIT;

    reason.key = key;
    return reason;
}

static int put(struct fixture *f, const Qc__V1__Reason *reason)
{
    enum qc_change change;

    return qc_reason_put(&f->txn, reason, 0, &change);
}

static Qc__V1__ReasonKind kind_of(struct fixture *f, const char *key)
{
    return qc_reason_get(&f->txn, key)->reason->kind;
}

static void a_new_tenant_has_eleven_reasons(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(qc_entity_count(&f->txn, &qc_reason_entity), 11);
    assert_int_equal(kind_of(f, "admin_work"), KIND(ADMIN_WORK));
    assert_int_equal(kind_of(f, "lunch"), KIND(LUNCH));
    assert_int_equal(kind_of(f, "meeting"), KIND(MEETING));
    assert_int_equal(kind_of(f, "pause"), KIND(PAUSE));
    assert_int_equal(kind_of(f, "training"), KIND(TRAINING));
    assert_int_equal(kind_of(f, "rona"), KIND(RONA));
    assert_int_equal(kind_of(f, "login"), KIND(SYSTEM));
    assert_int_equal(kind_of(f, "connection_lost"), KIND(SYSTEM));
    assert_int_equal(kind_of(f, "connect_failed"), KIND(SYSTEM));
    assert_int_equal(kind_of(f, "wrap_unset"), KIND(SYSTEM));
    assert_int_equal(kind_of(f, "logout_pending"), KIND(SYSTEM));
    assert_true(qc_reason_get(&f->txn, "meeting")->reason->productive);
    assert_false(qc_reason_get(&f->txn, "lunch")->reason->productive);
}

static void a_reason_is_custom_unless_it_says_otherwise(void **state)
{
    Qc__V1__Reason reason = called("dentist");
    struct fixture *f = *state;

    fixture_done(f, put(f, &reason));
    assert_int_equal(kind_of(f, "dentist"), KIND(CUSTOM));
    reason.kind = KIND(PAUSE);
    fixture_done(f, put(f, &reason));
    assert_int_equal(kind_of(f, "dentist"), KIND(PAUSE));
}

static void what_only_the_machine_sets_people_do_not_make(void **state)
{
    Qc__V1__Reason reason = called("dentist");
    struct fixture *f = *state;

    reason.kind = KIND(SYSTEM);
    fixture_refused(f, put(f, &reason), QC_REFUSED_BAD_STATE, "reason.kind");
    reason.kind = KIND(RONA);
    fixture_refused(f, put(f, &reason), QC_REFUSED_BAD_STATE, "reason.kind");
    reason = called("lunch");
    reason.kind = KIND(RONA);
    fixture_refused(f, put(f, &reason), QC_REFUSED_BAD_STATE, "reason.kind");
    reason.kind = (Qc__V1__ReasonKind)9;
    fixture_refused(f, put(f, &reason), QC_REFUSED_INVALID, "reason.kind");
}

static void what_the_machine_sets_can_be_called_otherwise(void **state)
{
    Qc__V1__Reason reason = called("rona");
    struct fixture *f = *state;

    reason.label = "Gone";
    reason.max_ms = 60000;
    fixture_done(f, put(f, &reason));
    assert_int_equal(kind_of(f, "rona"), KIND(RONA));
    assert_string_equal(qc_reason_get(&f->txn, "rona")->reason->label, "Gone");
    reason.kind = KIND(CUSTOM);
    fixture_refused(f, put(f, &reason), QC_REFUSED_BAD_STATE, "reason.kind");
    reason = called("login");
    reason.productive = true;
    fixture_refused(f, put(f, &reason), QC_REFUSED_BAD_STATE,
                    "reason.productive");
    reason = called("login");
    reason.disabled = true;
    fixture_refused(f, put(f, &reason), QC_REFUSED_BAD_STATE,
                    "reason.disabled");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(a_new_tenant_has_eleven_reasons),
        TEST(a_reason_is_custom_unless_it_says_otherwise),
        TEST(what_only_the_machine_sets_people_do_not_make),
        TEST(what_the_machine_sets_can_be_called_otherwise),
#undef TEST
    };

    return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}
