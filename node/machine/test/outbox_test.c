#include "machine/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine/context.h"
#include "machine/effect.h"
#include "machine/id.h"
#include "machine/test/fixture.h"
#include "machine/timer.h"

#define KIND(name)  QC__V1__EFFECT_KIND__EFFECT_KIND_##name
#define STATE(name) QC__V1__EFFECT_STATE__EFFECT_STATE_##name

static uint64_t add(struct fixture *f,
                    Qc__V1__EffectKind kind,
                    const char *connector,
                    const char *source,
                    const struct qc_context *payload)
{
    struct qc_effect_wish wish = {
        .kind = kind,
        .connector = connector,
        .source = source,
        .payload = payload,
    };

    return qc_effect_add(&f->txn, &wish);
}

static size_t lease(struct fixture *f,
                    Qc__V1__LeaseEffectsRequest *request,
                    Qc__V1__LeaseEffectsResponse *response)
{
    qc__v1__lease_effects_response__init(response);
    qc_outbox_lease(&f->txn, request, response);
    assert_int_equal(f->txn.fault, 0);
    return response->n_items;
}

static void no_more_is_leased_than_an_answer_may_hold(void **state)
{
    static char value[1025];
    Qc__V1__LeaseEffectsRequest request = QC__V1__LEASE_EFFECTS_REQUEST__INIT;
    Qc__V1__LeaseEffectsResponse response;
    struct qc_context payload = {.n = 0};
    struct fixture *f = *state;
    char source[] = "ix_A";

    memset(value, 'x', sizeof(value) - 1);
    for (char key[] = "a"; key[0] < 'p'; key[0]++) {
        assert_true(qc_context_set(&payload, qc_copy(&f->txn, key), value));
    }
    for (; source[3] <= 'J'; source[3]++) {
        add(f, KIND(WEBHOOK), NULL, qc_copy(&f->txn, source), &payload);
    }
    request.connector = "web";
    request.max = QC_LEASE_ITEMS_MAX;
    assert_int_equal(lease(f, &request, &response), 4);
    assert_int_equal(response.items[0]->n_payload, 15);
    assert_int_equal(lease(f, &request, &response), 4);
    assert_int_equal(lease(f, &request, &response), 2);
    assert_int_equal(lease(f, &request, &response), 0);
}

/* Timers are housekeeping: what they have not come to is not given out. */
static void a_lease_steps_over_what_has_expired(void **state)
{
    Qc__V1__LeaseEffectsRequest request = QC__V1__LEASE_EFFECTS_REQUEST__INIT;
    Qc__V1__LeaseEffectsResponse response;
    struct fixture *f = *state;
    struct qc_effect_wish wish = {
        .kind = KIND(WEBHOOK),
        .source = "ix_1",
        .deadline_ms = f->txn.now_ms + 1,
    };
    uint64_t expired = qc_effect_add(&f->txn, &wish);
    uint64_t id = add(f, KIND(WEBHOOK), NULL, "ix_2", NULL);

    fixture_next(f, 1);
    request.connector = "web";
    assert_int_equal(lease(f, &request, &response), 1);
    assert_int_equal(qc_effect_get(&f->txn, expired)->effect->state,
                     STATE(EXPIRED));
    assert_int_equal(qc_effect_get(&f->txn, id)->effect->state, STATE(LEASED));
}

/* --- against a model ------------------------------------------------------ */

enum {
    STEPS = 4000,
    SOURCES = 6,
    EFFECTS_MAX = 2 * STEPS,
    LEASE_MS = 30000,
};

static const char *const sources[SOURCES] = {"a", "ab", "b", "c", "d", "e"};
static const char *const connectors[] = {"pbx", "web"};

static const Qc__V1__EffectKind some_kinds[] = {
    KIND(VOICE_PLAY), KIND(VOICE_DIAL), KIND(SMS_SEND), KIND(WEBHOOK)};

/* An effect, as somebody would say it who knows C.8b and no index. */
struct seen {
    uint64_t id;
    uint64_t token;
    Qc__V1__Effect is; /* Of what is compared. */
    unsigned done;     /* How often a connector has done it. */
};

/* One who waits for something to do. */
struct waits {
    int64_t next_ms; /* As it was when it looked last. */
    bool told;       /* Since then. */
};

struct model {
    struct fixture *f;
    struct qc_outbox_listener listener;
    struct waits waits[2]; /* One of each class. */
    struct seen effects[EFFECTS_MAX];
    size_t n;
    uint64_t dice;
};

static uint32_t below(struct model *model, uint32_t bound)
{
    model->dice = model->dice * UINT64_C(6364136223846793005) + 1442695041;
    return (uint32_t)(model->dice >> 33) % bound;
}

static bool is_once(Qc__V1__EffectKind kind)
{
    return kind == KIND(VOICE_DIAL) || kind == KIND(SMS_SEND);
}

static bool holds(const struct seen *seen)
{
    return seen->is.state == STATE(LEASED) ||
           seen->is.state == STATE(CANCEL_REQUESTED);
}

static bool is_over(const struct seen *seen)
{
    return seen->is.state != STATE(PENDING) && !holds(seen);
}

static const char *lasting(const char *text, const char *const *all, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(all[i], text) == 0) {
            return all[i];
        }
    }
    assert_string_equal(text, "");
    return "";
}

static void see(struct model *model, uint64_t id)
{
    const Qc__V1__Effect *effect = qc_effect_get(&model->f->txn, id)->effect;
    struct seen *seen = &model->effects[model->n++];

    assert_in_range(model->n, 1, EFFECTS_MAX);
    *seen = (struct seen){.id = id};
    seen->is.kind = effect->kind;
    seen->is.state = effect->state;
    seen->is.not_before_ms = effect->not_before_ms;
    seen->is.deadline_ms = effect->deadline_ms;
    seen->is.source = lasting(effect->source, sources, SOURCES);
    seen->is.connector = lasting(effect->connector, connectors, 2);
}

/* The machine is as the model says. What it has that the model has not must be
 * a question that nobody has been asked yet. */
static void compare(struct model *model)
{
    Qc__V1__ListEffectsRequest request = QC__V1__LIST_EFFECTS_REQUEST__INIT;
    struct qc_page page;
    size_t i = 0;

    request.page_size = QC_PAGE_SIZE_MAX;
    do {
        assert_int_equal(qc_outbox_page(&model->f->txn, &request, &page), 0);
        for (size_t j = 0; j < page.n_rows; j++, i++) {
            const Qc__State__EffectRow *row = page.rows[j];

            if (i == model->n) {
                assert_int_equal(row->effect->kind, KIND(QUERY_STATUS));
                see(model, qc_effect_id(row));
            }
            assert_int_equal(qc_effect_id(row), model->effects[i].id);
            assert_int_equal(row->effect->state, model->effects[i].is.state);
            assert_int_equal(row->effect->attempts,
                             model->effects[i].is.attempts);
            assert_int_equal(row->effect->not_before_ms,
                             model->effects[i].is.not_before_ms);
        }
        request.page_token = page.next_token;
    } while (page.next_token[0] != '\0');
    assert_int_equal(i, model->n);
}

static void add_one(struct model *model)
{
    struct fixture *f = model->f;
    struct qc_effect_wish wish = {
        .kind = some_kinds[below(model, 4)],
        .source = sources[below(model, SOURCES)],
        .connector = below(model, 2) == 0 ? connectors[below(model, 2)] : NULL,
    };

    if (below(model, 4) == 0) {
        wish.not_before_ms = f->txn.now_ms + below(model, 60000);
    }
    if (below(model, 4) == 0) {
        wish.deadline_ms = f->txn.now_ms + 1 + below(model, 120000);
    }
    see(model, qc_effect_add(&f->txn, &wish));
}

/* Whether it may be leased, by the words of C.8b. */
static bool may_be_leased(const struct model *model,
                          size_t i,
                          const char *connector)
{
    const struct seen *seen = &model->effects[i];

    for (size_t j = 0; j < i; j++) {
        if (!is_over(&model->effects[j]) &&
            strcmp(model->effects[j].is.source, seen->is.source) == 0) {
            return false;
        }
    }
    return seen->is.state == STATE(PENDING) &&
           seen->is.not_before_ms <= model->f->txn.now_ms &&
           (seen->is.connector[0] == '\0' ||
            strcmp(seen->is.connector, connector) == 0);
}

/* The one to be leased next. */
static struct seen *soonest(struct model *model, const char *connector)
{
    struct seen *best = NULL;

    for (size_t i = 0; i < model->n; i++) {
        if (may_be_leased(model, i, connector) &&
            (best == NULL ||
             model->effects[i].is.not_before_ms < best->is.not_before_ms)) {
            best = &model->effects[i];
        }
    }
    return best;
}

static void lease_some(struct model *model)
{
    Qc__V1__LeaseEffectsRequest request = QC__V1__LEASE_EFFECTS_REQUEST__INIT;
    Qc__V1__LeaseEffectsResponse response;
    struct fixture *f = model->f;
    struct seen *seen;
    size_t i = 0;
    size_t n;

    request.connector = connectors[below(model, 2)];
    request.max = 1 + below(model, 4);
    n = lease(f, &request, &response);
    while (i < request.max &&
           (seen = soonest(model, request.connector)) != NULL) {
        assert_in_range(i, 0, n - 1);
        assert_string_equal(response.items[i]->effect_id,
                            qc_id_text(&f->txn, QC_EFFECT_PREFIX, seen->id));
        assert_false(is_once(seen->is.kind) && seen->done > 0);
        seen->is.state = STATE(LEASED);
        seen->is.attempts++;
        seen->is.lease_until_ms = f->txn.now_ms + LEASE_MS;
        seen->token = response.items[i]->token;
        i++;
    }
    assert_int_equal(i, n);
}

static void on_changed(void *ctx,
                       uint32_t tenant,
                       const char *connector,
                       enum qc_outbox_news news)
{
    struct model *model = ctx;

    assert_int_equal(tenant, FIXTURE_TENANT);
    for (size_t i = 0; i < 2; i++) {
        model->waits[i].told |=
            news == QC_OUTBOX_READY &&
            (connector[0] == '\0' || strcmp(connector, connectors[i]) == 0);
    }
}

static int64_t next_ms(struct model *model, size_t i)
{
    Qc__V1__LeaseEffectsRequest request = QC__V1__LEASE_EFFECTS_REQUEST__INIT;

    request.connector = connectors[i];
    return qc_outbox_next_ms(&model->f->txn, &request);
}

/* Whoever waits is told of all that makes it come sooner, and need not look in
 * between. */
static void wait(struct model *model)
{
    for (size_t i = 0; i < 2; i++) {
        int64_t is_ms = next_ms(model, i);

        assert_true(is_ms >= model->waits[i].next_ms || model->waits[i].told);
        model->waits[i] = (struct waits){.next_ms = is_ms};
    }
    model->f->machine.outbox = &model->listener;
    model->f->txn.outbox = &model->listener;
}

/* Whoever looks sees whether a lease would give anything. */
static void look(struct model *model)
{
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(next_ms(model, i) <= model->f->txn.now_ms,
                         soonest(model, connectors[i]) != NULL);
    }
}

static struct seen *any(struct model *model)
{
    size_t newest = model->n < 24 ? model->n : 24;

    return newest > 0
               ? &model->effects[model->n - 1 - below(model, (uint32_t)newest)]
               : NULL;
}

static void failed(struct model *model, struct seen *seen)
{
    seen->is.state = seen->is.attempts >= QC_EFFECT_ATTEMPTS_MAX ? STATE(DEAD)
                     : seen->is.deadline_ms != 0 &&
                             seen->is.deadline_ms <= model->f->txn.now_ms
                         ? STATE(EXPIRED)
                         : STATE(PENDING);
}

/* Somebody who has it, or had it, speaks. */
static void speak(struct model *model)
{
    struct fixture *f = model->f;
    struct seen *seen = any(model);
    struct qc_context result = {.n = 0};
    bool fails = below(model, 3) == 0;
    bool again = below(model, 4) != 0;
    Qc__State__EffectRow *row;
    bool late;

    if (seen == NULL || seen->token == 0) {
        return;
    }
    row = qc_effect_get(&f->txn, seen->id);
    if (fails) {
        fixture_done(f, qc_effect_nack(&f->txn, row, seen->token, again,
                                       &result, &late));
    } else {
        fixture_done(f,
                     qc_effect_ack(&f->txn, row, seen->token, &result, &late));
    }
    if (!holds(seen)) {
        assert_true(late || (!fails && seen->is.state == STATE(DONE)));
        return;
    }
    assert_false(late);
    if (!fails) {
        seen->is.state = STATE(DONE);
        seen->done++;
    } else if (seen->is.state == STATE(CANCEL_REQUESTED)) {
        seen->is.state = STATE(CANCELLED);
    } else if (!again) {
        seen->is.state = STATE(DEAD);
    } else {
        seen->is.not_before_ms =
            f->txn.now_ms + qc_effect_backoff_ms(seen->id, seen->is.attempts);
        failed(model, seen);
    }
}

static void cancelled(struct seen *seen)
{
    if (seen->is.state == STATE(PENDING)) {
        seen->is.state = STATE(CANCELLED);
    } else if (seen->is.state == STATE(LEASED)) {
        seen->is.state = STATE(CANCEL_REQUESTED);
    }
}

static void take_back(struct model *model)
{
    struct seen *seen = any(model);

    if (seen == NULL) {
        return;
    }
    if (below(model, 4) == 0) {
        qc_effect_cancel_of(&model->f->txn, seen->is.source);
        for (size_t i = 0; i < model->n; i++) {
            if (strcmp(model->effects[i].is.source, seen->is.source) == 0) {
                cancelled(&model->effects[i]);
            }
        }
        return;
    }
    (void)!qc_effect_cancel(&model->f->txn,
                            qc_effect_get(&model->f->txn, seen->id));
    cancelled(seen);
}

static void pass(struct model *model)
{
    struct fixture *f = model->f;

    fixture_next(f, below(model, 8) == 0 ? 45000 : below(model, 3000));
    qc_timer_fire_due(&f->txn, 0);
    f->txn.tenant = FIXTURE_TENANT;
    for (size_t i = 0; i < model->n; i++) {
        struct seen *seen = &model->effects[i];

        if (holds(seen) && seen->is.lease_until_ms <= f->txn.now_ms) {
            bool may = !is_once(seen->is.kind);

            seen->done += 1; /* Perhaps. */
            if (!may) {
                seen->is.state = STATE(UNKNOWN);
            } else if (seen->is.state == STATE(CANCEL_REQUESTED)) {
                seen->is.state = STATE(CANCELLED);
            } else {
                failed(model, seen);
            }
        } else if (seen->is.state == STATE(PENDING) &&
                   seen->is.deadline_ms != 0 &&
                   seen->is.deadline_ms <= f->txn.now_ms) {
            seen->is.state = STATE(EXPIRED);
        }
    }
}

/* Else the run has proved little. */
static void every_end_was_seen(const struct model *model)
{
    unsigned n[STATE(DEAD) + 1] = {0};

    for (size_t i = 0; i < model->n; i++) {
        n[model->effects[i].is.state]++;
    }
    assert_in_range(n[STATE(DONE)], 5, EFFECTS_MAX);
    assert_in_range(n[STATE(UNKNOWN)], 5, EFFECTS_MAX);
    assert_in_range(n[STATE(CANCELLED)], 5, EFFECTS_MAX);
    assert_in_range(n[STATE(EXPIRED)], 5, EFFECTS_MAX);
    assert_in_range(n[STATE(DEAD)], 5, EFFECTS_MAX);
}

/* The order of a source is kept, nothing has two holders, and what must not
 * happen twice is not leased after it may have happened. */
static void the_outbox_does_what_its_words_say(void **state)
{
    struct model *model = calloc(1, sizeof(*model));
    struct fixture *f = *state;

    assert_non_null(model);
    model->f = f;
    model->dice = 20454;
    model->listener =
        (struct qc_outbox_listener){.changed = on_changed, .ctx = model};
    wait(model);
    for (unsigned i = 0; i < STEPS; i++) {
        switch (below(model, 8)) {
        case 0:
        case 1:
            add_one(model);
            break;
        case 2:
        case 3:
            lease_some(model);
            break;
        case 4:
        case 5:
            speak(model);
            break;
        case 6:
            if (below(model, 3) == 0) {
                take_back(model);
            }
            break;
        default:
            pass(model);
            compare(model);
            look(model);
            break;
        }
        wait(model);
        if (i % 500 == 499) {
            char text[256];

            fixture_reopen(f);
            assert_int_equal(qc_machine_verify(&f->machine, text, sizeof(text)),
                             0);
        }
    }
    every_end_was_seen(model);
    free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(no_more_is_leased_than_an_answer_may_hold),
        TEST(a_lease_steps_over_what_has_expired),
        TEST(the_outbox_does_what_its_words_say),
#undef TEST
    };

    return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
