/*
 * What becomes of an interaction, of an agent, of a visitor who waits to be
 * told that one is there, and of a consult, in every state by every event:
 * tried one by one on a machine of its own, and written down in docs/states.md
 * (with QC_BLESS=1). A state, a command, an event of a call or a kind of timer
 * that is not here fails, and so does an outcome that the page does not have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec/message.h"
#include "command/table.h"
#include "command/test/scene.h"
#include "machine/refusal.h"
#include "machine/timer.h"
#include "quorumcall/v1/agent_service.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"
#include "quorumcall/v1/routing_service.pb-c.h"

static const char PATH[] = "docs/states.md";

enum {
    PAGE_SIZE = 64 * 1024,
    TOLD_SIZE = 128,
    HOUR_S = 60 * 60,
    DAY_S = 24 * HOUR_S,
};

struct state {
    const char *name;
    int value; /* Of its enum. */
    void (*come_to)(void);
};

#define INTERACTION(NAME, come_to)                                          \
    {                                                                       \
#NAME, QC__V1__INTERACTION_STATE__INTERACTION_STATE_##NAME, come_to \
    }
#define PRESENCE(name, STATE, come_to)                                \
    {                                                                 \
        name, QC__V1__PRESENCE_STATE__PRESENCE_STATE_##STATE, come_to \
    }

static const struct state interaction_states[] = {
    {"(none)", QC__V1__INTERACTION_STATE__INTERACTION_STATE_UNSPECIFIED,
     qc_scene_nobody_called},
    INTERACTION(IDENTIFYING, qc_scene_identify),
    INTERACTION(QUEUED, qc_scene_wait),
    INTERACTION(OFFERED, qc_scene_be_offered),
    INTERACTION(CONNECTED, qc_scene_connect),
    INTERACTION(HELD, qc_scene_hold),
    {"CONNECTED, a colleague is asked",
     QC__V1__INTERACTION_STATE__INTERACTION_STATE_CONNECTED,
     qc_scene_ask_colleague},
    {"CONNECTED, and so is a colleague",
     QC__V1__INTERACTION_STATE__INTERACTION_STATE_CONNECTED, qc_scene_consult},
    INTERACTION(WRAP, qc_scene_end),
    {"WRAP, with its outcome",
     QC__V1__INTERACTION_STATE__INTERACTION_STATE_WRAP, qc_scene_dispose},
    INTERACTION(CLOSED, qc_scene_close),
};

static const struct state consult_states[] = {
    INTERACTION(QUEUED, qc_scene_ask_nobody),
    INTERACTION(OFFERED, qc_scene_ask_colleague),
    INTERACTION(CONNECTED, qc_scene_consult),
};

#define SUBSCRIPTION(NAME, come_to)                                           \
    {                                                                         \
#NAME, QC__V1__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_##NAME, come_to \
    }

static const struct state subscription_states[] = {
    {"(none)", QC__V1__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_UNSPECIFIED,
     qc_scene_nobody_logged_in},
    SUBSCRIPTION(WAITING, qc_scene_subscribe),
    SUBSCRIPTION(NOTIFIED, qc_scene_notify),
    SUBSCRIPTION(CLAIMED, qc_scene_claim),
    SUBSCRIPTION(DECLINED, qc_scene_decline),
    SUBSCRIPTION(EXPIRED, qc_scene_let_expire),
    SUBSCRIPTION(CANCELLED, qc_scene_cancel),
    SUBSCRIPTION(FAILED, qc_scene_fail_to_push),
};

static const struct state presence_states[] = {
    {"(never)", QC__V1__PRESENCE_STATE__PRESENCE_STATE_UNSPECIFIED,
     qc_scene_nobody_logged_in},
    PRESENCE("LOGGED_OUT", LOGGED_OUT, qc_scene_leave),
    PRESENCE("NOT_READY", NOT_READY, qc_scene_nobody_called),
    PRESENCE("READY", READY, qc_scene_be_ready),
    PRESENCE("READY, is asked", READY, qc_scene_be_offered),
    PRESENCE("READY, has one", READY, qc_scene_connect),
    PRESENCE("READY, wraps up", READY, qc_scene_end),
};

/* --- events ----------------------------------------------------------------
 */

struct event {
    const char *name;
    const char *text;  /* What is asked; NULL: nothing. */
    int64_t later_s;   /* Then so many seconds pass, */
    bool heard;        /* amy being heard of or not, */
    const char *timer; /* and this one of timer.def is due by then. */
};

#define CALL(EVENT)                                                 \
    {                                                               \
        "the connector tells " #EVENT,                              \
            "ReportCallEvent connector=sip ext_ref=c1 event_seq=9 " \
            "event=CALL_EVENT_" #EVENT,                             \
            0, false, NULL                                          \
    }
#define ASKED(name, text)          \
    {                              \
        name, text, 0, false, NULL \
    }

static const struct event interaction_events[] = {
    ASKED("MatchCall, again",
          "MatchCall dnis=+442079460090 "
          "ani=+447700900001 connector=sip ext_ref=c1"),
    ASKED("EnqueueInteraction, the same call",
          "EnqueueInteraction media=MEDIA_VOICE subject=sales connector=sip "
          "ext_ref=c1"),
    ASKED("SubmitDigits, the code",
          "SubmitDigits interaction_id=$ix digits=$code"),
    ASKED("SubmitDigits, wrong", "SubmitDigits interaction_id=$ix digits=1"),
    CALL(CALLER_HUNG_UP),
    CALL(ENDED),
    CALL(FAILED),
    ASKED("the connector tells FAILED of the agent's telephone",
          "ReportCallEvent connector=sip ext_ref=c1 event_seq=9 "
          "event=CALL_EVENT_FAILED by=agent"),
    CALL(RINGING),
    CALL(ANSWERED),
    CALL(HELD),
    CALL(RETRIEVED),
    CALL(RECORDED),
    ASKED("AcceptOffer", "AcceptOffer offer_id=$offer session_id=$session"),
    ASKED("RejectOffer", "RejectOffer offer_id=$offer session_id=$session"),
    ASKED("CancelInteraction", "CancelInteraction interaction_id=$ix"),
    ASKED("TransferInteraction",
          "TransferInteraction interaction_id=$ix subject=sales"),
    ASKED("TransferExternal",
          "TransferExternal interaction_id=$ix number=+442079460777"),
    ASKED("SetRouting", "SetRouting interaction_id=$ix priority_delta=5"),
    ASKED("Hold", "Hold interaction_id=$ix session_id=$session"),
    ASKED("Retrieve", "Retrieve interaction_id=$ix session_id=$session"),
    ASKED("Consult",
          "Consult interaction_id=$ix session_id=$session subject=care"),
    ASKED("CompleteConsult",
          "CompleteConsult interaction_id=$ix session_id=$session"),
    ASKED("CancelConsult",
          "CancelConsult interaction_id=$ix session_id=$session"),
    ASKED("Conference", "Conference interaction_id=$ix session_id=$session"),
    ASKED("SetDisposition",
          "SetDisposition interaction_id=$ix "
          "session_id=$session code=resolved"),
    ASKED("AddNote", "AddNote interaction_id=$ix session_id=$session note=x"),
    ASKED("WrapUpDone", "WrapUpDone interaction_id=$ix session_id=$session"),
    ASKED("the agent becomes ready", "SetReady session_id=$session"),
    ASKED("the agent becomes not ready",
          "SetNotReady session_id=$session reason=pause"),
    ASKED("the agent leaves", "Logout session_id=$session"),
    ASKED("the agent leaves at once", "Logout session_id=$session force=true"),
    ASKED("the agent comes by another device",
          "Login agent=amy device=other ready=true"),
    {"the offer's 15 s", NULL, 15, true, "OFFER"},
    {"the first step's 20 s", NULL, 20, true, "WAIT"},
    {"30 s to wrap up", NULL, 30, true, "WRAP_UP"},
    {"the longest wait, 60 s", NULL, 60, true, "WAIT"},
    {"60 s for the code", NULL, 60, true, "CODE"},
    {"the agent is not heard of for 45 s", NULL, 45, false, "HEARTBEAT"},
    {"4 h without a word of the connector", NULL, (int64_t)4 * HOUR_S, true,
     "ORPHAN"},
    {"and no answer of it for 60 s", NULL, (int64_t)4 * HOUR_S + 60, true,
     "ORPHAN_ANSWER"},
    {"31 days", NULL, (int64_t)31 * DAY_S, false, "INTERACTION_PURGE"},
};

static const struct event presence_events[] = {
    ASKED("Login, ready", "Login agent=amy ready=true"),
    ASKED("Login, not ready", "Login agent=amy"),
    ASKED("Logout", "Logout session_id=$session"),
    ASKED("Logout, at once", "Logout session_id=$session force=true"),
    ASKED("Heartbeat", "Heartbeat session_id=$session"),
    ASKED("SetReady", "SetReady session_id=$session"),
    ASKED("SetNotReady", "SetNotReady session_id=$session reason=pause"),
    ASKED("SetNotReady, a reason of the system",
          "SetNotReady session_id=$session reason=rona"),
    ASKED("AcceptOffer", "AcceptOffer offer_id=$offer session_id=$session"),
    ASKED("RejectOffer", "RejectOffer offer_id=$offer session_id=$session"),
    ASKED("SetDisposition",
          "SetDisposition interaction_id=$ix "
          "session_id=$session code=resolved"),
    ASKED("AddNote", "AddNote interaction_id=$ix session_id=$session note=x"),
    ASKED("WrapUpDone", "WrapUpDone interaction_id=$ix session_id=$session"),
    ASKED("Hold", "Hold interaction_id=$ix session_id=$session"),
    ASKED("Retrieve", "Retrieve interaction_id=$ix session_id=$session"),
    ASKED("Consult",
          "Consult interaction_id=$ix session_id=$session subject=care"),
    ASKED("CompleteConsult",
          "CompleteConsult interaction_id=$ix session_id=$session"),
    ASKED("CancelConsult",
          "CancelConsult interaction_id=$ix session_id=$session"),
    ASKED("Conference", "Conference interaction_id=$ix session_id=$session"),
    ASKED("SetAgentState READY",
          "SetAgentState agent=amy state=PRESENCE_STATE_READY"),
    ASKED("SetAgentState NOT_READY",
          "SetAgentState agent=amy state=PRESENCE_STATE_NOT_READY "
          "reason=pause"),
    ASKED("SetAgentState LOGGED_OUT",
          "SetAgentState agent=amy state=PRESENCE_STATE_LOGGED_OUT"),
    CALL(ENDED),
    ASKED("a call comes",
          "EnqueueInteraction media=MEDIA_VOICE "
          "subject=sales connector=sip ext_ref=c2"),
    {"the offer's 15 s", NULL, 15, true, "OFFER"},
    {"30 s to wrap up", NULL, 30, true, "WRAP_UP"},
    {"not heard of for 45 s", NULL, 45, false, "HEARTBEAT"},
    {"not heard of for 5 min", NULL, 300, false, "HEARTBEAT"},
};

#define OF_VISITOR "subscription_id=$subscription visit_token=$token"

static const struct event subscription_events[] = {
    ASKED("SubscribeAgentAvailable, the same visitor",
          "SubscribeAgentAvailable subject=care push_provider=fcm "
          "token_ref=device-1 visit_token=$token"),
    ASKED("ClaimAvailability", "ClaimAvailability " OF_VISITOR),
    ASKED("DeclineAvailability", "DeclineAvailability " OF_VISITOR),
    ASKED("CancelAvailabilitySubscription",
          "CancelAvailabilitySubscription " OF_VISITOR),
    ASKED("AllocateNumber, by the claim",
          "AllocateNumber subject=care customer_phone=+447700900009 "
          "origin=ORIGIN_MOBILE availability_claim=$subscription "
          "visit_token=$token"),
    ASKED("the visitor calls",
          "MatchCall dnis=+442079460080 ani=+447700900009 connector=sip "
          "ext_ref=v1"),
    ASKED("the push is taken back", "CancelEffect effect_id=$effect"),
    {"an agent comes, and 5 s pass", "Login agent=amy ready=true", 5, false,
     "NOTIFY"},
    {"120 s to claim", NULL, 120, true, "CLAIM"},
    {"4 h", NULL, (int64_t)4 * HOUR_S, false, "SUBSCRIPTION"},
    {"31 days after", NULL, (int64_t)32 * DAY_S, false, "SUBSCRIPTION_PURGE"},
};

static const struct event consult_events[] = {
    ASKED("the colleague becomes ready", "SetReady session_id=$colleague"),
    ASKED("AcceptOffer", "AcceptOffer offer_id=$asked session_id=$colleague"),
    ASKED("RejectOffer", "RejectOffer offer_id=$asked session_id=$colleague"),
    ASKED("CompleteConsult",
          "CompleteConsult interaction_id=$ix session_id=$session"),
    ASKED("CancelConsult",
          "CancelConsult interaction_id=$ix session_id=$session"),
    ASKED("Conference", "Conference interaction_id=$ix session_id=$session"),
    ASKED("Consult, another one",
          "Consult interaction_id=$ix session_id=$session subject=care"),
    ASKED("Consult, by the colleague",
          "Consult interaction_id=$consult session_id=$colleague agent=amy"),
    ASKED("Hold, by the colleague",
          "Hold interaction_id=$consult session_id=$colleague"),
    ASKED("TransferInteraction, the call",
          "TransferInteraction interaction_id=$ix subject=care"),
    ASKED("TransferInteraction, the consult",
          "TransferInteraction interaction_id=$consult subject=care"),
    ASKED("TransferExternal, the call",
          "TransferExternal interaction_id=$ix number=+442079460777"),
    ASKED("CancelInteraction, the consult",
          "CancelInteraction interaction_id=$consult"),
    CALL(CALLER_HUNG_UP),
    CALL(FAILED),
    ASKED("the connector tells ENDED of the colleague",
          "ReportCallEvent connector=sip ext_ref=$consult event_seq=9 "
          "event=CALL_EVENT_ENDED"),
    ASKED("the connector tells FAILED of the colleague",
          "ReportCallEvent connector=sip ext_ref=$consult event_seq=9 "
          "event=CALL_EVENT_FAILED by=agent"),
    ASKED("the agent leaves at once", "Logout session_id=$session force=true"),
    ASKED("the colleague leaves", "Logout session_id=$colleague"),
    ASKED("the colleague leaves at once",
          "Logout session_id=$colleague force=true"),
    {"nobody does anything for 15 s", NULL, 15, true, "EFFECT_DEADLINE"},
};

/* Timers that concern none of them. */
static const char *const other_timers[] = {
    "ALLOC_EXPIRE",
    "ALLOC_GRACE",
    "NUMBER_QUARANTINE",
    "ALLOC_PURGE",
    "PAIR_QUARANTINE",
    "CODEFAIL_PURGE",
    "EFFECT_LEASE",
    "EFFECT_PURGE",
    "REMATCH",
    /* Sets a flag, which changes no state. */
    "REASON_OVERRUN",
};

/* --- what has become of them ------------------------------------------------
 */

/* The name of |value| without what all names of |type| begin with. */
static const char *name_of(const ProtobufCEnumDescriptor *type,
                           int value,
                           const char *prefix)
{
    const ProtobufCEnumValue *named =
        protobuf_c_enum_descriptor_get_value(type, value);

    assert_non_null(named);
    return named->name + strlen(prefix);
}

/* The interaction that |text| asks for. */
static void tell_of(const char *text, char told[TOLD_SIZE])
{
    const Qc__V1__Interaction *x;

    if (!qc_scene_ask(text)) {
        snprintf(told, TOLD_SIZE, "(none)");
        return;
    }
    x = ((const Qc__V1__GetInteractionResponse *)qc_scene.reply.response)
            ->interaction;
    snprintf(told, TOLD_SIZE, "%s",
             name_of(&qc__v1__interaction_state__descriptor, (int)x->state,
                     "INTERACTION_STATE_"));
    if (x->end_reason != QC__V1__END_REASON__END_REASON_UNSPECIFIED) {
        snprintf(told + strlen(told), TOLD_SIZE - strlen(told), " (%s)",
                 name_of(&qc__v1__end_reason__descriptor, (int)x->end_reason,
                         "END_REASON_"));
    } else if (x->status >
               QC__V1__INTERACTION_STATUS__INTERACTION_STATUS_INITIAL) {
        snprintf(told + strlen(told), TOLD_SIZE - strlen(told), " (%s)",
                 name_of(&qc__v1__interaction_status__descriptor,
                         (int)x->status, "INTERACTION_STATUS_"));
    }
}

static void tell_interaction(char told[TOLD_SIZE])
{
    tell_of("GetInteraction interaction_id=$ix", told);
}

/* The consult, and then the call. */
static void tell_consult(char told[TOLD_SIZE])
{
    char call[TOLD_SIZE];

    tell_of("GetInteraction interaction_id=$consult", told);
    tell_of("GetInteraction interaction_id=$ix", call);
    snprintf(told + strlen(told), TOLD_SIZE - strlen(told), "; the call %s",
             call);
}

static void tell_subscription(char told[TOLD_SIZE])
{
    const Qc__V1__GetAvailabilitySubscriptionResponse *response;

    if (!qc_scene_ask("GetAvailabilitySubscription "
                      "subscription_id=$subscription")) {
        snprintf(told, TOLD_SIZE, "(none)");
        return;
    }
    response = (const Qc__V1__GetAvailabilitySubscriptionResponse *)
                   qc_scene.reply.response;
    snprintf(told, TOLD_SIZE, "%s",
             name_of(&qc__v1__subscription_state__descriptor,
                     (int)response->subscription->state,
                     "SUBSCRIPTION_STATE_"));
}

static void tell_presence(char told[TOLD_SIZE])
{
    const Qc__V1__Presence *presence;

    if (!qc_scene_ask("GetDesktop agent=amy")) {
        snprintf(told, TOLD_SIZE, "(never)");
        return;
    }
    presence =
        ((const Qc__V1__GetDesktopResponse *)qc_scene.reply.response)->presence;
    snprintf(told, TOLD_SIZE, "%s",
             name_of(&qc__v1__presence_state__descriptor, (int)presence->state,
                     "PRESENCE_STATE_"));
    if (presence->reason[0] != '\0') {
        snprintf(told + strlen(told), TOLD_SIZE - strlen(told), " (%s)",
                 presence->reason);
    }
    for (size_t i = 0; i < presence->n_work; i++) {
        snprintf(told + strlen(told), TOLD_SIZE - strlen(told), ", %s",
                 name_of(&qc__v1__work_phase__descriptor,
                         (int)presence->work[i]->phase, "WORK_PHASE_"));
    }
}

/* One table: an object, its states and what may happen to it. */
struct table {
    const char *title;
    const struct state *states;
    size_t n_states;
    const struct event *events;
    size_t n_events;
    void (*tell)(char told[TOLD_SIZE]);
};

static const struct table tables[] = {
    {"Interactions", interaction_states,
     sizeof(interaction_states) / sizeof(interaction_states[0]),
     interaction_events,
     sizeof(interaction_events) / sizeof(interaction_events[0]),
     tell_interaction},
    {"Agents", presence_states,
     sizeof(presence_states) / sizeof(presence_states[0]), presence_events,
     sizeof(presence_events) / sizeof(presence_events[0]), tell_presence},
    {"Visitors who wait to be told", subscription_states,
     sizeof(subscription_states) / sizeof(subscription_states[0]),
     subscription_events,
     sizeof(subscription_events) / sizeof(subscription_events[0]),
     tell_subscription},
    {"Consults", consult_states,
     sizeof(consult_states) / sizeof(consult_states[0]), consult_events,
     sizeof(consult_events) / sizeof(consult_events[0]), tell_consult},
};

static bool has_any(const ProtobufCMessageDescriptor *type,
                    const char *const *fields)
{
    for (; *fields != NULL; fields++) {
        if (protobuf_c_message_descriptor_get_field_by_name(type, *fields) !=
            NULL) {
            return true;
        }
    }
    return false;
}

/* Where there was none, the one that the answer names is it. */
static void find_new(const char *nobody, const char *field, char *id)
{
    const ProtobufCMessage *response = qc_scene.reply.response;
    const char *const named[] = {field, NULL};

    if (strcmp(id, nobody) == 0 && response != NULL &&
        has_any(response->descriptor, named)) {
        snprintf(id, QC_SCENE_ID_SIZE, "%s",
                 qc_message_string(
                     response, protobuf_c_message_descriptor_get_field_by_name(
                                   response->descriptor, field)
                                   ->id));
    }
}

/* What is asked or passes. Returns the refusal, if there is one. */
static int happen(const struct event *event)
{
    int refusal = 0;

    if (event->text != NULL) {
        refusal = qc_scene_ask(event->text) ? 0 : qc_scene.reply.refusal;
        find_new(QC_SCENE_NOBODY, "interaction_id", qc_scene.interaction);
        find_new(QC_SCENE_NO_SUBSCRIPTION, "subscription_id",
                 qc_scene.subscription);
    }
    if (event->heard) {
        qc_scene_pass_heard(event->later_s * 1000);
    } else if (event->later_s > 0) {
        qc_scene_pass(event->later_s * 1000);
    }
    return refusal;
}

/* An empty cell: nothing has changed, and the answer was yes. */
static void write_outcome(FILE *out,
                          const struct table *table,
                          const struct state *state,
                          const struct event *event)
{
    char before[TOLD_SIZE];
    char after[TOLD_SIZE];
    int refusal;

    qc_scene_open();
    state->come_to();
    table->tell(before);
    refusal = happen(event);
    qc_world_verify(&qc_scene.world);
    table->tell(after);
    if (refusal != 0) {
        assert_string_equal(before, after);
        fprintf(out, " *%s* |", qc_refusal_name(refusal));
    } else {
        fprintf(out, "%s%s |", strcmp(before, after) != 0 ? " " : "",
                strcmp(before, after) != 0 ? after : "");
    }
    qc_world_close(&qc_scene.world);
}

static void write_table(FILE *out, const struct table *table)
{
    fprintf(out, "\n## %s\n\n| |", table->title);
    for (size_t i = 0; i < table->n_states; i++) {
        fprintf(out, " %s |", table->states[i].name);
    }
    fputs("\n| --- |", out);
    for (size_t i = 0; i < table->n_states; i++) {
        fputs(" --- |", out);
    }
    fputc('\n', out);
    for (size_t e = 0; e < table->n_events; e++) {
        fprintf(out, "| %s |", table->events[e].name);
        for (size_t i = 0; i < table->n_states; i++) {
            write_outcome(out, table, &table->states[i], &table->events[e]);
        }
        fputc('\n', out);
    }
}

static void the_page_says_what_becomes_of_each(void **state)
{
    static char is[PAGE_SIZE];
    static char says[PAGE_SIZE];
    bool bless = getenv("QC_BLESS") != NULL;
    FILE *out = fmemopen(is, sizeof(is) - 1, "w");
    FILE *page = fopen(PATH, bless ? "w+" : "r");

    (void)state;
    assert_non_null(out);
    assert_non_null(page);
    fputs("# What becomes of what, by what\n"
          "\n"
          "Made by `node/command/test/states_test` (with `QC_BLESS=1`), which "
          "tries every pair on a machine of its own: a call\n"
          "of a subject with two steps, and amy, the only agent. An empty "
          "cell: the answer was yes, and the state is as it was;\n"
          "in *italics* is a refusal, which changes nothing; all else is the "
          "state that follows. NEW is passed through in the\n"
          "entry in which a call comes.\n",
          out);
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        write_table(out, &tables[i]);
    }
    assert_int_equal(fclose(out), 0);
    if (bless) {
        fputs(is, page);
        rewind(page);
    }
    says[fread(says, 1, sizeof(says) - 1, page)] = '\0';
    assert_int_equal(fclose(page), 0);
    assert_string_equal(says, is);
}

/* --- that nothing is forgotten ----------------------------------------------
 */

static bool is_asked(const struct table *table, const char *method)
{
    size_t size = strlen(method);

    for (size_t i = 0; i < table->n_events; i++) {
        const char *text = table->events[i].text;

        if (text != NULL && strncmp(text, method, size) == 0 &&
            text[size] == ' ') {
            return true;
        }
    }
    return false;
}

static void each_command_about_them_is_tried(void **state)
{
    static const char *const of_interactions[] = {"interaction_id", "offer_id",
                                                  "ext_ref", NULL};
    static const char *const of_subscriptions[] = {"subscription_id",
                                                   "availability_claim", NULL};
    size_t n;
    const struct qc_method *methods = qc_methods(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        const struct qc_method *method = &methods[i];

        if (method->kind != QC_METHOD_COMMAND) {
            continue;
        }
        if (has_any(method->request, of_interactions) &&
            !is_asked(&tables[0], method->name)) {
            fail_msg("%s is not among the events of interactions",
                     method->name);
        }
        if (strcmp(method->service, "AgentService") == 0 &&
            !is_asked(&tables[1], method->name)) {
            fail_msg("%s is not among the events of agents", method->name);
        }
        if (has_any(method->request, of_subscriptions) &&
            !is_asked(&tables[2], method->name)) {
            fail_msg("%s is not among the events of subscriptions",
                     method->name);
        }
    }
}

static void each_event_of_a_call_is_tried(void **state)
{
    const ProtobufCEnumDescriptor *type = &qc__v1__call_event__descriptor;

    (void)state;
    for (unsigned i = 0; i < type->n_values; i++) {
        const char *name = type->values[i].name;
        bool found = type->values[i].value == 0;

        for (size_t e = 0; e < tables[0].n_events && !found; e++) {
            const char *text = tables[0].events[e].text;
            const char *at = text != NULL ? strstr(text, "event=") : NULL;

            found = at != NULL && strcmp(at + strlen("event="), name) == 0;
        }
        if (!found) {
            fail_msg("%s is not among the events of interactions", name);
        }
    }
}

static bool is_due(const char *timer)
{
    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
        for (size_t e = 0; e < tables[t].n_events; e++) {
            if (tables[t].events[e].timer != NULL &&
                strcmp(tables[t].events[e].timer, timer) == 0) {
                return true;
            }
        }
    }
    for (size_t i = 0; i < sizeof(other_timers) / sizeof(other_timers[0]);
         i++) {
        if (strcmp(other_timers[i], timer) == 0) {
            return true;
        }
    }
    return false;
}

static void each_kind_of_timer_is_waited_for(void **state)
{
    static const char *const timers[] = {
#define QC_TIMER(kind, NAME, patient, function) #NAME,
#include "machine/timer.def"
#undef QC_TIMER
    };

    (void)state;
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        if (!is_due(timers[i])) {
            fail_msg("the timer %s is not among the events", timers[i]);
        }
    }
}

static bool is_come_to(const struct table *table, int value)
{
    for (size_t i = 0; i < table->n_states; i++) {
        if (table->states[i].value == value) {
            return true;
        }
    }
    return false;
}

static void each_state_is_come_to(void **state)
{
    (void)state;
    for (unsigned i = 0; i < qc__v1__interaction_state__descriptor.n_values;
         i++) {
        int value = qc__v1__interaction_state__descriptor.values[i].value;

        assert_true(value == QC__V1__INTERACTION_STATE__INTERACTION_STATE_NEW ||
                    is_come_to(&tables[0], value));
    }
    for (unsigned i = 0; i < qc__v1__presence_state__descriptor.n_values; i++) {
        assert_true(is_come_to(
            &tables[1], qc__v1__presence_state__descriptor.values[i].value));
    }
    for (unsigned i = 0; i < qc__v1__subscription_state__descriptor.n_values;
         i++) {
        assert_true(
            is_come_to(&tables[2],
                       qc__v1__subscription_state__descriptor.values[i].value));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_is_come_to),
        cmocka_unit_test(each_command_about_them_is_tried),
        cmocka_unit_test(each_event_of_a_call_is_tried),
        cmocka_unit_test(each_kind_of_timer_is_waited_for),
        cmocka_unit_test(the_page_says_what_becomes_of_each),
    };

    return cmocka_run_group_tests_name("states", tests, NULL, NULL);
}
