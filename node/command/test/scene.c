#include "command/test/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "quorumcall/v1/agent_service.pb-c.h"
#include "quorumcall/v1/effect_service.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"

enum {
    LINE_SIZE = 512,
    HEARD_MS = 20 * 1000,
    NOTIFY_MS = 1000,
    EXPIRY_MS = 4 * 60 * 60 * 1000,
};

struct qc_scene qc_scene;

bool qc_scene_ask(const char *text)
{
    static const struct {
        const char *name;
        const char *value;
    } names[] = {
        {"$ix", qc_scene.interaction},
        {"$offer", qc_scene.offer},
        {"$session", qc_scene.session},
        {"$code", qc_scene.access_code},
        {"$subscription", qc_scene.subscription},
        {"$token", qc_scene.token},
        {"$effect", qc_scene.effect},
        {"$consult", qc_scene.consult},
        {"$asked", qc_scene.asked},
        {"$colleague", qc_scene.colleague},
    };
    char line[LINE_SIZE] = "";
    size_t size = 0;

    while (*text != '\0') {
        size_t i = 0;

        while (i < sizeof(names) / sizeof(names[0]) &&
               strncmp(text, names[i].name, strlen(names[i].name)) != 0) {
            i++;
        }
        if (i < sizeof(names) / sizeof(names[0])) {
            size += (size_t)snprintf(line + size, sizeof(line) - size, "%s",
                                     names[i].value);
            text += strlen(names[i].name);
        } else {
            line[size++] = *text++;
            line[size] = '\0';
        }
        assert_true(size < sizeof(line) - 1);
    }
    return qc_world_call(&qc_scene.world, &qc_scene.reply, "%s", line);
}

void qc_scene_pass(int64_t later_ms)
{
    qc_world_pass(&qc_scene.world, qc_scene.world.now_ms + later_ms);
}

void qc_scene_pass_heard(int64_t later_ms)
{
    int64_t until_ms = qc_scene.world.now_ms + later_ms;

    while (qc_scene.session[0] != '\0' &&
           qc_scene.world.now_ms + HEARD_MS < until_ms) {
        qc_scene_pass(HEARD_MS);
        (void)qc_scene_ask("Heartbeat session_id=$session");
    }
    qc_world_pass(&qc_scene.world, until_ms);
}

static void log_in(const char *ready)
{
    char line[LINE_SIZE];

    snprintf(line, sizeof(line), "Login agent=amy ready=%s", ready);
    assert_true(qc_scene_ask(line));
    snprintf(
        qc_scene.session, sizeof(qc_scene.session), "%s",
        ((const Qc__V1__LoginResponse *)qc_scene.reply.response)->session_id);
}

static void find_offer(void)
{
    const Qc__V1__GetDesktopResponse *desk;

    assert_true(qc_scene_ask("GetDesktop agent=amy"));
    desk = (const Qc__V1__GetDesktopResponse *)qc_scene.reply.response;
    assert_int_equal(desk->presence->n_work, 1);
    snprintf(qc_scene.offer, sizeof(qc_scene.offer), "%s",
             desk->presence->work[0]->offer_id);
}

void qc_scene_open(void)
{
    static const char *const lines[] = {
        "PutTenant tenant.key=shop tenant.default_country=GB "
        "tenant.quotas.subjects=16 tenant.access_code_enabled=true",
        "PutQueue queue.key=sales",
        "PutSubject subject.key=sales subject.queue=sales "
        "subject.max_wait_ms=60000 subject.steps.0.timeout_ms=20000 "
        "subject.steps.1.timeout_ms=0",
        "PutPool pool.key=codes pool.subject=sales "
        "pool.match_mode=MATCH_MODE_ACCESS_CODE "
        "pool.static_numbers=+442079460090",
        "PutNumber number.number=+442079460090 "
        "number.kind=NUMBER_KIND_ACCESS number.pool=codes",
        "PutSubject subject.key=care subject.queue=care "
        "subject.thresholds.0.media=MEDIA_VOICE "
        "subject.thresholds.0.ewt_ms=60000",
        "PutPool pool.key=care pool.subject=care",
        "PutNumber number.number=+442079460070 number.pool=care",
        "PutNumber number.number=+442079460080 "
        "number.kind=NUMBER_KIND_STATIC number.subject=care",
        "PutAgent agent.key=amy agent.contact=sip:amy",
        "PutAgent agent.key=bob agent.contact=sip:bob",
        "AllocateNumber subject=sales customer_phone=+447700900001 "
        "origin=ORIGIN_API",
    };

    memset(&qc_scene, 0, sizeof(qc_scene));
    qc_world_open_alone(&qc_scene.world);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_true(qc_scene_ask(lines[i]));
    }
    snprintf(qc_scene.access_code, sizeof(qc_scene.access_code), "%s",
             ((const Qc__V1__AllocateNumberResponse *)qc_scene.reply.response)
                 ->access_code);
    snprintf(qc_scene.interaction, sizeof(qc_scene.interaction), "%s",
             QC_SCENE_NOBODY);
    snprintf(qc_scene.offer, sizeof(qc_scene.offer), "of_0000000000000");
    snprintf(qc_scene.effect, sizeof(qc_scene.effect), "ef_0000000000000");
    snprintf(qc_scene.subscription, sizeof(qc_scene.subscription), "%s",
             QC_SCENE_NO_SUBSCRIPTION);
    snprintf(qc_scene.token, sizeof(qc_scene.token),
             "00000000000000000000000000000000");
}

/* --- how each state is come to -------------------------------------------- */

static void call_number(void)
{
    assert_true(qc_scene_ask("MatchCall dnis=+442079460090 ani=+447700900001 "
                             "connector=sip ext_ref=c1"));
    snprintf(qc_scene.interaction, sizeof(qc_scene.interaction), "%s",
             ((const Qc__V1__MatchCallResponse *)qc_scene.reply.response)
                 ->interaction_id);
}

static void enqueue(void)
{
    call_number();
    assert_true(qc_scene_ask("SubmitDigits interaction_id=$ix digits=$code"));
}

void qc_scene_nobody_called(void)
{
    log_in("false");
}

void qc_scene_identify(void)
{
    log_in("false");
    call_number();
}

void qc_scene_wait(void)
{
    log_in("false");
    enqueue();
}

void qc_scene_be_offered(void)
{
    log_in("true");
    enqueue();
    find_offer();
    assert_true(qc_scene_ask("LeaseEffects connector=sip")); /* It rings. */
}

void qc_scene_connect(void)
{
    qc_scene_be_offered();
    assert_true(
        qc_scene_ask("AcceptOffer offer_id=$offer session_id=$session"));
}

void qc_scene_hold(void)
{
    qc_scene_connect();
    assert_true(qc_scene_ask("ReportCallEvent connector=sip ext_ref=c1 "
                             "event=CALL_EVENT_HELD event_seq=1"));
}

void qc_scene_end(void)
{
    qc_scene_connect();
    assert_true(qc_scene_ask("ReportCallEvent connector=sip ext_ref=c1 "
                             "event=CALL_EVENT_ENDED event_seq=1"));
}

void qc_scene_dispose(void)
{
    qc_scene_end();
    assert_true(
        qc_scene_ask("SetDisposition interaction_id=$ix session_id=$session "
                     "code=resolved"));
}

void qc_scene_close(void)
{
    qc_scene_dispose();
    assert_true(
        qc_scene_ask("WrapUpDone interaction_id=$ix session_id=$session"));
}

void qc_scene_be_ready(void)
{
    log_in("true");
}

void qc_scene_leave(void)
{
    log_in("false");
    assert_true(qc_scene_ask("Logout session_id=$session"));
}

void qc_scene_nobody_logged_in(void)
{
}

/* --- a colleague who is asked -----------------------------------------------
 */

static void log_in_colleague(const char *text)
{
    assert_true(qc_scene_ask(text));
    snprintf(
        qc_scene.colleague, sizeof(qc_scene.colleague), "%s",
        ((const Qc__V1__LoginResponse *)qc_scene.reply.response)->session_id);
}

static void consult(void)
{
    const Qc__V1__ConsultResponse *told;

    assert_true(qc_scene_ask("Consult interaction_id=$ix session_id=$session "
                             "agent=bob"));
    told = (const Qc__V1__ConsultResponse *)qc_scene.reply.response;
    snprintf(qc_scene.consult, sizeof(qc_scene.consult), "%s",
             told->consult->interaction_id);
    snprintf(qc_scene.asked, sizeof(qc_scene.asked), "%s",
             told->consult->offer_id);
}

void qc_scene_ask_nobody(void)
{
    qc_scene_connect();
    log_in_colleague("Login agent=bob");
    consult();
}

void qc_scene_ask_colleague(void)
{
    qc_scene_connect();
    log_in_colleague("Login agent=bob ready=true");
    consult();
}

void qc_scene_consult(void)
{
    qc_scene_ask_colleague();
    assert_true(
        qc_scene_ask("AcceptOffer offer_id=$asked session_id=$colleague"));
}

/* --- a visitor who waits to be told -----------------------------------------
 */

void qc_scene_subscribe(void)
{
    const Qc__V1__SubscribeAgentAvailableResponse *told;

    assert_true(qc_scene_ask("SubscribeAgentAvailable subject=care "
                             "push_provider=fcm token_ref=device-1 "
                             "customer_phone=+447700900009"));
    told = (const Qc__V1__SubscribeAgentAvailableResponse *)
               qc_scene.reply.response;
    snprintf(qc_scene.subscription, sizeof(qc_scene.subscription), "%s",
             told->subscription_id);
    for (size_t i = 0; i < told->visit_token.len; i++) {
        snprintf(qc_scene.token + 2 * i, sizeof(qc_scene.token) - 2 * i, "%02x",
                 told->visit_token.data[i]);
    }
}

void qc_scene_notify(void)
{
    const Qc__V1__ListEffectsResponse *effects;

    qc_scene_subscribe();
    log_in("true");
    qc_scene_pass(NOTIFY_MS);
    assert_true(qc_scene_ask("ListEffects source=$subscription"));
    effects = (const Qc__V1__ListEffectsResponse *)qc_scene.reply.response;
    assert_int_equal(effects->n_items, 1);
    snprintf(qc_scene.effect, sizeof(qc_scene.effect), "%s",
             effects->items[0]->effect_id);
}

void qc_scene_claim(void)
{
    qc_scene_notify();
    assert_true(qc_scene_ask("ClaimAvailability subscription_id=$subscription "
                             "visit_token=$token"));
}

void qc_scene_decline(void)
{
    qc_scene_notify();
    assert_true(qc_scene_ask("DeclineAvailability "
                             "subscription_id=$subscription "
                             "visit_token=$token"));
}

void qc_scene_let_expire(void)
{
    qc_scene_subscribe();
    qc_scene_pass(EXPIRY_MS);
}

void qc_scene_cancel(void)
{
    qc_scene_subscribe();
    assert_true(qc_scene_ask("CancelAvailabilitySubscription "
                             "subscription_id=$subscription "
                             "visit_token=$token"));
}

void qc_scene_fail_to_push(void)
{
    qc_scene_notify();
    assert_true(qc_scene_ask("CancelEffect effect_id=$effect"));
}
