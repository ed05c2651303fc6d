#include "machine/voice.h"

#include "machine/agent.h"
#include "machine/context.h"
#include "machine/effect.h"
#include "machine/interaction.h"
#include "machine/roster.h"
#include "machine/store.h"
#include "machine/text.h"

enum {
    MOMENT_MS = 10 * 1000,
};

/* What every effect of a call says: which call; of a consult also, about which
 * other one. */
static struct qc_context payload_of(struct qc_txn *txn,
                                    const Qc__V1__Interaction *x)
{
    struct qc_context payload = {.n = 0};
    const Qc__State__InteractionRow *parent =
        qc_interaction_of_text(txn, x->parent_id);

    qc_context_set(&payload, "interaction_id", x->interaction_id);
    qc_context_set(&payload, "ext_ref", x->ext_ref);
    if (parent != NULL) {
        qc_context_set(&payload, "parent_interaction_id", x->parent_id);
        qc_context_set(&payload, "parent_ext_ref",
                       parent->interaction->ext_ref);
    }
    return payload;
}

/* What an agent wants of a telephone while he has a call, and what a caller is
 * told of the wait, is wanted now, or not at all: it must not hold up what
 * follows where no connector knows of it. */
static bool is_of_the_moment(Qc__V1__EffectKind kind)
{
    return kind == QC__V1__EFFECT_KIND__EFFECT_KIND_VOICE_QUEUE_ANNOUNCE ||
           kind == QC__V1__EFFECT_KIND__EFFECT_KIND_VOICE_HOLD ||
           kind == QC__V1__EFFECT_KIND__EFFECT_KIND_VOICE_RETRIEVE ||
           kind == QC__V1__EFFECT_KIND__EFFECT_KIND_VOICE_CONSULT ||
           kind == QC__V1__EFFECT_KIND__EFFECT_KIND_VOICE_CONFERENCE;
}

static void want(struct qc_txn *txn,
                 const Qc__V1__Interaction *x,
                 Qc__V1__EffectKind kind,
                 const char *source,
                 const struct qc_context *payload)
{
    struct qc_effect_wish wish = {
        .kind = kind,
        .connector = x->connector,
        .source = source,
        .payload = payload,
        .deadline_ms = is_of_the_moment(kind) ? txn->now_ms + MOMENT_MS : 0,
    };

    if (txn->fault == 0 && qc_media_is_voice(x->media)) {
        qc_effect_add(txn, &wish);
    }
}

/* |agent|, and where his telephone is, by the names |as| and |at|. */
static void say_agent(struct qc_txn *txn,
                      struct qc_context *payload,
                      const char *agent,
                      const char *as,
                      const char *at)
{
    const Qc__State__AgentRow *row = qc_agent_get(txn, agent);

    qc_context_set(payload, as, agent);
    if (row != NULL) {
        qc_context_set(payload, at, row->agent->contact);
    }
}

static struct qc_context payload_with_agent(struct qc_txn *txn,
                                            const Qc__V1__Interaction *x)
{
    struct qc_context payload = payload_of(txn, x);

    say_agent(txn, &payload, x->agent, "agent", "contact");
    return payload;
}

void qc_voice_ring(struct qc_txn *txn, const Qc__State__InteractionRow *row)
{
    const Qc__V1__Interaction *x = row->interaction;
    struct qc_context payload = payload_with_agent(txn, x);

    qc_context_set(&payload, "offer_id", x->offer_id);
    qc_context_set(&payload, "deadline_ms",
                   qc_text_decimal(txn, x->offer_deadline_ms));
    want(txn, x, QC__V1__EFFECT_KIND__EFFECT_KIND_VOICE_OFFER_AGENT,
         x->offer_id, &payload);
}

bool qc_voice_is_noticed(struct qc_txn *txn,
                         const Qc__State__InteractionRow *row)
{
    const Qc__V1__Interaction *x = row->interaction;
    const Qc__State__AgentRow *agent = qc_agent_get(txn, x->agent);

    return !qc_media_is_voice(x->media) || agent == NULL ||
           agent->agent->contact[0] == '\0' ||
           !qc_effect_is_untouched(txn, x->offer_id);
}

void qc_voice_stop_ringing(struct qc_txn *txn,
                           const Qc__State__InteractionRow *row)
{
    if (qc_media_is_voice(row->interaction->media)) {
        qc_effect_cancel_of(txn, row->interaction->offer_id);
    }
}

/* |kind| of a consult: its agent, and the one who asks. */
static void want_consult(struct qc_txn *txn,
                         const Qc__V1__Interaction *x,
                         Qc__V1__EffectKind kind)
{
    struct qc_context payload = payload_with_agent(txn, x);
    const Qc__State__InteractionRow *parent =
        qc_interaction_of_text(txn, x->parent_id);

    if (parent != NULL) {
        say_agent(txn, &payload, parent->interaction->agent, "from_agent",
                  "from_contact");
    }
    want(txn, x, kind, x->interaction_id, &payload);
}

void qc_voice_bridge(struct qc_txn *txn, const Qc__State__InteractionRow *row)
{
    struct qc_context payload;

    if (qc_interaction_is_consult(row)) {
        want_consult(txn, row->interaction,
                     QC__V1__EFFECT_KIND__EFFECT_KIND_VOICE_CONSULT);
        return;
    }
    payload = payload_with_agent(txn, row->interaction);
    want(txn, row->interaction, QC__V1__EFFECT_KIND__EFFECT_KIND_VOICE_BRIDGE,
         row->interaction->interaction_id, &payload);
}

void qc_voice_hand_over(struct qc_txn *txn,
                        const Qc__State__InteractionRow *row,
                        const Qc__State__InteractionRow *consult)
{
    struct qc_context payload = payload_with_agent(txn, row->interaction);

    qc_context_set(&payload, "consult_ext_ref", consult->interaction->ext_ref);
    want(txn, row->interaction, QC__V1__EFFECT_KIND__EFFECT_KIND_VOICE_BRIDGE,
         row->interaction->interaction_id, &payload);
}

void qc_voice_join(struct qc_txn *txn, const Qc__State__InteractionRow *consult)
{
    want_consult(txn, consult->interaction,
                 QC__V1__EFFECT_KIND__EFFECT_KIND_VOICE_CONFERENCE);
}

void qc_voice_hold(struct qc_txn *txn,
                   const Qc__State__InteractionRow *row,
                   bool held)
{
    struct qc_context payload = payload_with_agent(txn, row->interaction);

    want(txn, row->interaction,
         held ? QC__V1__EFFECT_KIND__EFFECT_KIND_VOICE_HOLD
              : QC__V1__EFFECT_KIND__EFFECT_KIND_VOICE_RETRIEVE,
         row->interaction->interaction_id, &payload);
}

void qc_voice_end(struct qc_txn *txn,
                  const Qc__State__InteractionRow *row,
                  const char *prompt)
{
    const Qc__V1__Interaction *x = row->interaction;
    struct qc_context payload = payload_of(txn, x);

    if (prompt[0] != '\0') {
        qc_context_set(&payload, "prompt", prompt);
        want(txn, x, QC__V1__EFFECT_KIND__EFFECT_KIND_VOICE_PLAY,
             x->interaction_id, &payload);
    }
    payload = payload_of(txn, x);
    want(txn, x, QC__V1__EFFECT_KIND__EFFECT_KIND_VOICE_DISCONNECT,
         x->interaction_id, &payload);
}

static const char *source_of_announcements(struct qc_txn *txn,
                                           const Qc__V1__Interaction *x)
{
    const char *const parts[] = {x->interaction_id, "/announce"};

    return qc_text_join(txn, parts, 2);
}

void qc_voice_announce(struct qc_txn *txn,
                       const Qc__State__InteractionRow *row,
                       uint64_t position,
                       int64_t wait_ms)
{
    const Qc__V1__Interaction *x = row->interaction;
    const char *source = source_of_announcements(txn, x);
    struct qc_context payload = payload_of(txn, x);

    qc_context_set(&payload, "position",
                   qc_text_decimal(txn, (int64_t)position));
    if (wait_ms > 0) {
        qc_context_set(&payload, "wait_ms", qc_text_decimal(txn, wait_ms));
    }
    qc_effect_cancel_of(txn, source);
    want(txn, x, QC__V1__EFFECT_KIND__EFFECT_KIND_VOICE_QUEUE_ANNOUNCE, source,
         &payload);
}

void qc_voice_stop_announcing(struct qc_txn *txn,
                              const Qc__State__InteractionRow *row)
{
    qc_effect_cancel_of(txn, source_of_announcements(txn, row->interaction));
}

void qc_voice_send_out(struct qc_txn *txn,
                       const Qc__State__InteractionRow *row,
                       const char *number)
{
    const Qc__V1__Interaction *x = row->interaction;
    struct qc_context payload = payload_of(txn, x);

    qc_context_set(&payload, "number", number);
    want(txn, x, QC__V1__EFFECT_KIND__EFFECT_KIND_VOICE_TRANSFER_EXTERNAL,
         x->interaction_id, &payload);
}

void qc_voice_forget(struct qc_txn *txn, const Qc__State__InteractionRow *row)
{
    if (qc_media_is_voice(row->interaction->media)) {
        qc_effect_cancel_of(txn, row->interaction->interaction_id);
    }
}
