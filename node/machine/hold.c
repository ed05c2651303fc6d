#include "machine/hold.h"

#include <string.h>

#include "machine/interaction.h"
#include "machine/segment.h"
#include "machine/store.h"
#include "machine/voice.h"

#define CONNECTED QC__V1__INTERACTION_STATE__INTERACTION_STATE_CONNECTED
#define HELD      QC__V1__INTERACTION_STATE__INTERACTION_STATE_HELD

int qc_hold_refuses(struct qc_txn *txn,
                    const Qc__State__InteractionRow *row,
                    const char *agent)
{
    const Qc__V1__Interaction *x = row->interaction;

    if ((x->state != CONNECTED && x->state != HELD) ||
        !qc_media_is_voice(x->media) || qc_interaction_is_consult(row)) {
        return qc_refuse(txn, QC_REFUSED_BAD_STATE, "interaction_id");
    }
    return strcmp(x->agent, agent) == 0
               ? 0
               : qc_refuse(txn, QC_REFUSED_NOT_FOUND, "interaction_id");
}

int qc_hold_ask(struct qc_txn *txn,
                const Qc__State__InteractionRow *row,
                const char *agent,
                bool held)
{
    int r = qc_hold_refuses(txn, row, agent);

    if (r == 0) {
        qc_voice_hold(txn, row, held);
    }
    return r != 0 ? r : txn->fault;
}

bool qc_hold_set(struct qc_txn *txn, Qc__State__InteractionRow *row, bool held)
{
    const Qc__State__InteractionRow *was;

    if (row->interaction->state == (held ? HELD : CONNECTED)) {
        return false;
    }
    was = qc_interaction_copy(txn, row);
    if (was != NULL) {
        row->interaction->state = held ? HELD : CONNECTED;
        qc_segment_hold(txn, row, held);
        qc_interaction_put(txn, was, row);
    }
    return true;
}

void qc_hold_effect_ended(struct qc_txn *txn, const Qc__State__EffectRow *row)
{
    const Qc__V1__Effect *effect = row->effect;
    Qc__State__InteractionRow *of;

    if (effect->state != QC__V1__EFFECT_STATE__EFFECT_STATE_DONE) {
        return;
    }
    of = qc_interaction_of_text(txn, effect->source);
    /* Whoever had it before may have wanted that. */
    if (of != NULL &&
        (of->interaction->state == CONNECTED ||
         of->interaction->state == HELD) &&
        qc_segment_last(of)->answered_ms <= effect->created_ms) {
        qc_hold_set(txn, of,
                    effect->kind ==
                        QC__V1__EFFECT_KIND__EFFECT_KIND_VOICE_HOLD);
    }
}
