#include "machine/effect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "machine/context.h"
#include "machine/index.h"
#include "machine/test/fixture.h"
#include "machine/timer.h"

#define KIND(name)  QC__V1__EFFECT_KIND__EFFECT_KIND_##name
#define STATE(name) QC__V1__EFFECT_STATE__EFFECT_STATE_##name

enum {
    LEASE_MS = 30000,
};

static uint64_t add(struct fixture *f, Qc__V1__EffectKind kind)
{
    struct qc_effect_wish wish = {.kind = kind, .source = "ix_1"};
    uint64_t id = qc_effect_add(&f->txn, &wish);

    assert_int_not_equal(id, 0);
    return id;
}

static Qc__V1__EffectState state_of(struct fixture *f, uint64_t id)
{
    return qc_effect_get(&f->txn, id)->effect->state;
}

static uint64_t lease(struct fixture *f, uint64_t id)
{
    assert_true(
        qc_effect_lease(&f->txn, qc_effect_get(&f->txn, id), "pbx", LEASE_MS));
    return qc_effect_get(&f->txn, id)->token;
}

static bool ack(struct fixture *f, uint64_t id, uint64_t token)
{
    struct qc_context result = {.n = 0};
    bool late;

    assert_true(qc_context_set(&result, "ok", "yes"));
    fixture_done(f, qc_effect_ack(&f->txn, qc_effect_get(&f->txn, id), token,
                                  &result, &late));
    return late;
}

static bool nack(struct fixture *f, uint64_t id, uint64_t token, bool again)
{
    struct qc_context result = {.n = 0};
    bool late;

    fixture_done(f, qc_effect_nack(&f->txn, qc_effect_get(&f->txn, id), token,
                                   again, &result, &late));
    return late;
}

static void pass(struct fixture *f, int64_t ms)
{
    fixture_next(f, ms);
    qc_timer_fire_due(&f->txn, 0);
    f->txn.tenant = FIXTURE_TENANT;
}

static void an_effect_is_kept_as_it_was_wished(void **state)
{
    struct fixture *f = *state;
    struct qc_context payload = {.n = 0};
    struct qc_effect_wish wish = {
        .kind = KIND(VOICE_PLAY),
        .connector = "pbx",
        .source = "ix_1",
        .payload = &payload,
        .not_before_ms = f->txn.now_ms + 500,
        .deadline_ms = f->txn.now_ms + 1000,
        .decision_id = "dc_ix_1.1",
    };
    const Qc__V1__Effect *effect;
    uint64_t id;

    assert_true(qc_context_set(&payload, "prompt", "welcome"));
    id = qc_effect_add(&f->txn, &wish);
    fixture_reopen(f);
    effect = qc_effect_get(&f->txn, id)->effect;
    assert_int_equal(effect->kind, KIND(VOICE_PLAY));
    assert_int_equal(effect->state, STATE(PENDING));
    assert_string_equal(effect->connector, "pbx");
    assert_string_equal(effect->source, "ix_1");
    assert_string_equal(effect->decision_id, "dc_ix_1.1");
    assert_int_equal(effect->n_payload, 1);
    assert_string_equal(effect->payload[0]->value, "welcome");
    assert_int_equal(effect->not_before_ms, wish.not_before_ms);
    assert_int_equal(effect->deadline_ms, wish.deadline_ms);
    assert_int_equal(
        qc_effect_id(qc_effect_of_text(&f->txn, effect->effect_id)), id);
    assert_null(qc_effect_of_text(&f->txn, "ef_0"));
}

static void to_add_an_effect_costs_at_most_two_entries(void **state)
{
    struct fixture *f = *state;
    size_t before = qc_index_count(f->txn.index);

    add(f, KIND(VOICE_PLAY));
    assert_int_equal(qc_index_count(f->txn.index), before + 2);
    add(f, KIND(VOICE_DISCONNECT));
    assert_int_equal(qc_index_count(f->txn.index), before + 3);
}

static void what_was_done_is_done_however_often_it_is_said(void **state)
{
    struct fixture *f = *state;
    uint64_t id = add(f, KIND(SMS_SEND));
    uint64_t token = lease(f, id);

    assert_false(ack(f, id, token));
    assert_int_equal(state_of(f, id), STATE(DONE));
    assert_false(ack(f, id, token));
    assert_string_equal(qc_effect_get(&f->txn, id)->effect->result[0]->value,
                        "yes");
    assert_int_equal(qc_effect_get(&f->txn, id)->effect->n_late_result, 0);
}

static void a_token_that_was_never_given_is_refused(void **state)
{
    struct fixture *f = *state;
    uint64_t id = add(f, KIND(SMS_SEND));
    struct qc_context result = {.n = 0};
    uint64_t token = lease(f, id);
    bool late;

    fixture_refused(f,
                    qc_effect_ack(&f->txn, qc_effect_get(&f->txn, id),
                                  token + 1, &result, &late),
                    QC_REFUSED_LEASE_LOST, "token");
    fixture_refused(f,
                    qc_effect_nack(&f->txn, qc_effect_get(&f->txn, id), id,
                                   true, &result, &late),
                    QC_REFUSED_LEASE_LOST, "token");
    fixture_refused(
        f, qc_effect_renew(&f->txn, qc_effect_get(&f->txn, id), 0, LEASE_MS),
        QC_REFUSED_LEASE_LOST, "token");
    assert_int_equal(state_of(f, id), STATE(LEASED));
}

static void a_late_acknowledgement_is_kept_and_changes_nothing(void **state)
{
    struct fixture *f = *state;
    uint64_t id = add(f, KIND(VOICE_PLAY));
    uint64_t first = lease(f, id);
    uint64_t second;

    pass(f, LEASE_MS);
    second = lease(f, id);
    assert_true(ack(f, id, first));
    assert_int_equal(state_of(f, id), STATE(LEASED));
    assert_int_equal(qc_effect_get(&f->txn, id)->token, second);
    assert_int_equal(qc_effect_get(&f->txn, id)->effect->n_result, 0);
    assert_int_equal(qc_effect_get(&f->txn, id)->effect->n_late_result, 1);
    assert_true(nack(f, id, first, true));
    assert_false(ack(f, id, second));
}

/* Timers are housekeeping: there may be more of them than one entry fires. */
static void a_lease_is_over_before_its_timer_fires(void **state)
{
    struct fixture *f = *state;
    uint64_t id = add(f, KIND(VOICE_PLAY));
    uint64_t token = lease(f, id);

    fixture_next(f, LEASE_MS);
    assert_true(ack(f, id, token));
    fixture_refused(
        f, qc_effect_renew(&f->txn, qc_effect_get(&f->txn, id), token, 1000),
        QC_REFUSED_LEASE_LOST, "token");
    qc_timer_fire_due(&f->txn, 0);
    f->txn.tenant = FIXTURE_TENANT;
    assert_int_equal(state_of(f, id), STATE(PENDING));
}

static void a_lease_that_is_renewed_goes_on(void **state)
{
    struct fixture *f = *state;
    uint64_t id = add(f, KIND(VOICE_DIAL));
    uint64_t token = lease(f, id);

    pass(f, LEASE_MS - 1);
    fixture_done(f, qc_effect_renew(&f->txn, qc_effect_get(&f->txn, id), token,
                                    LEASE_MS));
    pass(f, LEASE_MS - 1);
    assert_int_equal(state_of(f, id), STATE(LEASED));
    assert_false(ack(f, id, token));
}

static void what_must_not_happen_twice_is_unknown_and_asked_about(void **state)
{
    static const Qc__V1__EffectKind once[] = {KIND(VOICE_DIAL), KIND(SMS_SEND),
                                              KIND(EMAIL_SEND), KIND(MSG_SEND)};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++) {
        uint64_t id = add(f, once[i]);
        const Qc__V1__Effect *effect;
        uint64_t query;

        lease(f, id);
        pass(f, LEASE_MS);
        assert_int_equal(state_of(f, id), STATE(UNKNOWN));
        query = f->txn.log_index << 20 | (f->txn.n_ids - 2);
        effect = qc_effect_get(&f->txn, query)->effect;
        assert_int_equal(effect->kind, KIND(QUERY_STATUS));
        assert_string_equal(effect->connector, "pbx");
        assert_string_equal(effect->payload[0]->value,
                            qc_effect_get(&f->txn, id)->effect->effect_id);
        ack(f, query, lease(f, query));
        effect = qc_effect_get(&f->txn, id)->effect;
        assert_int_equal(effect->state, STATE(UNKNOWN));
        assert_string_equal(effect->late_result[0]->key, "ok");
    }
}

static void what_failed_is_tried_again_later_and_not_for_ever(void **state)
{
    struct fixture *f = *state;
    uint64_t id = add(f, KIND(SMS_SEND));

    for (uint32_t i = 1; i < QC_EFFECT_ATTEMPTS_MAX; i++) {
        assert_false(nack(f, id, lease(f, id), true));
        assert_int_equal(state_of(f, id), STATE(PENDING));
        assert_int_equal(qc_effect_get(&f->txn, id)->effect->not_before_ms,
                         f->txn.now_ms + qc_effect_backoff_ms(id, i));
        fixture_next(f, 1);
    }
    assert_false(nack(f, id, lease(f, id), true));
    assert_int_equal(state_of(f, id), STATE(DEAD));
}

static void what_failed_for_good_is_dead(void **state)
{
    struct fixture *f = *state;
    uint64_t id = add(f, KIND(SMS_SEND));

    assert_false(nack(f, id, lease(f, id), false));
    assert_int_equal(state_of(f, id), STATE(DEAD));
}

static void leases_that_are_lost_count_as_tries(void **state)
{
    struct fixture *f = *state;
    uint64_t id = add(f, KIND(VOICE_PLAY));

    for (int i = 0; i < QC_EFFECT_ATTEMPTS_MAX; i++) {
        assert_int_equal(state_of(f, id), STATE(PENDING));
        lease(f, id);
        pass(f, LEASE_MS);
    }
    assert_int_equal(state_of(f, id), STATE(DEAD));
}

static void backoff_doubles_up_to_five_minutes(void **state)
{
    int64_t least_ms = 1000;

    (void)state;
    for (uint32_t i = 1; i <= QC_EFFECT_ATTEMPTS_MAX; i++) {
        int64_t backoff_ms = qc_effect_backoff_ms(4711, i);

        assert_in_range(backoff_ms, least_ms, least_ms + 999);
        least_ms = least_ms * 2 < 300000 ? least_ms * 2 : 300000;
    }
    assert_int_equal(qc_effect_backoff_ms(4711, 3),
                     qc_effect_backoff_ms(4711, 3));
    assert_int_not_equal(qc_effect_backoff_ms(4711, 20),
                         qc_effect_backoff_ms(4712, 20));
}

static void a_deadline_ends_what_nobody_has(void **state)
{
    struct fixture *f = *state;
    struct qc_effect_wish wish = {
        .kind = KIND(VOICE_DIAL),
        .source = "ix_1",
        .deadline_ms = f->txn.now_ms + 1000,
    };
    uint64_t ids[4];

    for (size_t i = 0; i < 4; i++) {
        ids[i] = qc_effect_add(&f->txn, &wish);
    }
    lease(f, ids[0]);
    fixture_next(f, 1000);
    assert_int_equal(state_of(f, ids[1]), STATE(PENDING));
    qc_timer_fire_due(&f->txn, 0);
    f->txn.tenant = FIXTURE_TENANT;
    assert_int_equal(state_of(f, ids[0]), STATE(LEASED));
    assert_int_equal(state_of(f, ids[1]), STATE(EXPIRED));
    assert_int_equal(state_of(f, ids[3]), STATE(EXPIRED));
    nack(f, ids[0], qc_effect_get(&f->txn, ids[0])->token, true);
    assert_int_equal(state_of(f, ids[0]), STATE(EXPIRED));
}

static void what_is_too_late_is_not_leased(void **state)
{
    struct fixture *f = *state;
    struct qc_effect_wish wish = {
        .kind = KIND(VOICE_DIAL),
        .source = "ix_1",
        .deadline_ms = f->txn.now_ms + 1000,
    };
    uint64_t id = qc_effect_add(&f->txn, &wish);

    fixture_next(f, 1000);
    assert_false(
        qc_effect_lease(&f->txn, qc_effect_get(&f->txn, id), "pbx", LEASE_MS));
    assert_int_equal(state_of(f, id), STATE(EXPIRED));
}

static void what_a_source_no_longer_wants_is_taken_back(void **state)
{
    struct fixture *f = *state;
    struct qc_effect_wish other = {.kind = KIND(VOICE_PLAY), .source = "ix_11"};
    uint64_t leased = add(f, KIND(VOICE_PLAY));
    uint64_t second = add(f, KIND(VOICE_COLLECT));
    uint64_t third = add(f, KIND(VOICE_DISCONNECT));
    uint64_t elsewhere = qc_effect_add(&f->txn, &other);
    uint64_t token = lease(f, leased);

    qc_effect_cancel_of(&f->txn, "ix_1");
    qc_effect_cancel_of(&f->txn, "ix_1");
    qc_effect_cancel_of(&f->txn, "ix_nobody");
    assert_int_equal(state_of(f, leased), STATE(CANCEL_REQUESTED));
    assert_int_equal(state_of(f, second), STATE(CANCELLED));
    assert_int_equal(state_of(f, third), STATE(CANCELLED));
    assert_int_equal(state_of(f, elsewhere), STATE(PENDING));
    assert_false(nack(f, leased, token, true));
    assert_int_equal(state_of(f, leased), STATE(CANCELLED));
}

static void who_has_what_was_taken_back_may_have_done_it(void **state)
{
    struct fixture *f = *state;
    uint64_t played = add(f, KIND(VOICE_PLAY));
    uint64_t token = lease(f, played);
    uint64_t dialled;
    uint64_t lost;

    fixture_done(f, qc_effect_cancel(&f->txn, qc_effect_get(&f->txn, played)));
    fixture_done(f, qc_effect_cancel(&f->txn, qc_effect_get(&f->txn, played)));
    assert_false(ack(f, played, token));
    assert_int_equal(state_of(f, played), STATE(DONE));
    fixture_refused(f,
                    qc_effect_cancel(&f->txn, qc_effect_get(&f->txn, played)),
                    QC_REFUSED_BAD_STATE, "effect_id");

    lost = add(f, KIND(VOICE_PLAY));
    lease(f, lost);
    qc_effect_cancel_of(&f->txn, "ix_1");
    pass(f, LEASE_MS);
    assert_int_equal(state_of(f, lost), STATE(CANCELLED));

    dialled = add(f, KIND(VOICE_DIAL));
    lease(f, dialled);
    qc_effect_cancel_of(&f->txn, "ix_1");
    pass(f, LEASE_MS);
    assert_int_equal(state_of(f, dialled), STATE(UNKNOWN));
}

static void what_is_over_is_purged_after_its_retention(void **state)
{
    struct fixture *f = *state;
    uint64_t id = add(f, KIND(VOICE_PLAY));
    uint64_t kept = add(f, KIND(VOICE_PLAY));

    ack(f, id, lease(f, id));
    for (unsigned day = 0; day < 30; day++) {
        assert_non_null(qc_effect_get(&f->txn, id));
        pass(f, INT64_C(86400000));
    }
    assert_null(qc_effect_get(&f->txn, id));
    assert_non_null(qc_effect_get(&f->txn, kept));
}

static void an_effect_leased_out_of_order_is_seen(void **state)
{
    struct fixture *f = *state;
    char text[256];

    add(f, KIND(VOICE_PLAY));
    lease(f, add(f, KIND(VOICE_DISCONNECT)));
    fixture_next(f, 0);
    assert_int_not_equal(qc_machine_verify(&f->machine, text, sizeof(text)), 0);
    assert_non_null(strstr(text, "leased before an earlier one"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(an_effect_is_kept_as_it_was_wished),
        TEST(to_add_an_effect_costs_at_most_two_entries),
        TEST(what_was_done_is_done_however_often_it_is_said),
        TEST(a_token_that_was_never_given_is_refused),
        TEST(a_late_acknowledgement_is_kept_and_changes_nothing),
        TEST(a_lease_is_over_before_its_timer_fires),
        TEST(a_lease_that_is_renewed_goes_on),
        TEST(what_must_not_happen_twice_is_unknown_and_asked_about),
        TEST(what_failed_is_tried_again_later_and_not_for_ever),
        TEST(what_failed_for_good_is_dead),
        TEST(leases_that_are_lost_count_as_tries),
        TEST(backoff_doubles_up_to_five_minutes),
        TEST(a_deadline_ends_what_nobody_has),
        TEST(what_is_too_late_is_not_leased),
        TEST(what_a_source_no_longer_wants_is_taken_back),
        TEST(who_has_what_was_taken_back_may_have_done_it),
        TEST(what_is_over_is_purged_after_its_retention),
#undef TEST
        cmocka_unit_test_setup_teardown(an_effect_leased_out_of_order_is_seen,
                                        fixture_setup, fixture_teardown_broken),
    };

    return cmocka_run_group_tests_name("effect", tests, NULL, NULL);
}
