#include "machine/offer.h"

#include "machine/id.h"
#include "machine/index.h"
#include "machine/interaction.h"
#include "machine/presence.h"
#include "machine/routing.h"
#include "machine/row.h"
#include "machine/segment.h"
#include "machine/session.h"
#include "machine/store.h"
#include "machine/subject.h"
#include "machine/timer.h"
#include "machine/voice.h"

enum {
    VOICE_TIMEOUT_MS = 15 * 1000,
    TIMEOUT_MS = 60 * 1000,
};

/* --- the offer ------------------------------------------------------------ */

static int64_t timeout_of(struct qc_txn *txn, const Qc__V1__Interaction *x)
{
    const Qc__State__SubjectRow *subject = qc_subject_get(txn, x->subject);

    if (subject != NULL && subject->subject->offer_timeout_ms > 0) {
        return subject->subject->offer_timeout_ms;
    }
    return qc_media_is_voice(x->media) ? VOICE_TIMEOUT_MS : TIMEOUT_MS;
}

void qc_offer_make(struct qc_txn *txn,
                   Qc__State__InteractionRow *row,
                   uint32_t agent)
{
    Qc__V1__Interaction *x = row->interaction;
    const Qc__State__PresenceRow *was = qc_presence_of_index(txn, agent);
    Qc__V1__Work work = QC__V1__WORK__INIT;
    Qc__State__PresenceRow *presence;
    int64_t timeout_ms = timeout_of(txn, x);

    if (was == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT); /* The roster says that he is there. */
        return;
    }
    presence = qc_presence_copy(txn, was);
    if (presence == NULL) {
        return;
    }
    txn->n_offers++;
    x->state = QC__V1__INTERACTION_STATE__INTERACTION_STATE_OFFERED;
    x->agent = presence->presence->agent;
    row->offer_id = qc_id_draw(txn);
    x->offer_id = qc_id_text(txn, QC_OFFER_PREFIX, row->offer_id);
    x->offer_deadline_ms = txn->now_ms + timeout_ms;
    row->offer =
        qc_timer_new(txn, QC_TIMER_OFFER, x->offer_deadline_ms, timeout_ms);
    qc_segment_last(row)->offered_ms = txn->now_ms;
    qc_segment_last(row)->step = x->step;
    work.interaction_id = x->interaction_id;
    work.segment = (uint32_t)x->n_segments;
    work.media = x->media;
    work.phase = QC__V1__WORK_PHASE__WORK_PHASE_OFFERED;
    work.since_ms = txn->now_ms;
    work.offer_id = x->offer_id;
    if (qc_presence_add_work(txn, presence, &work)) {
        qc_presence_put(txn, was, presence);
        qc_voice_ring(txn, row);
    } else {
        qc_txn_fail(txn, QC_E_CORRUPT); /* No capacity is so large. */
    }
}

void qc_offer_exclude(struct qc_txn *txn,
                      Qc__State__InteractionRow *row,
                      uint32_t agent)
{
    Qc__State__Exclusion *one =
        qc_row_new(txn, &qc__state__exclusion__descriptor);
    Qc__State__Exclusion **list =
        qc_row_append(txn, row->exclusions, row->n_exclusions, one);

    if (list == NULL) {
        return;
    }
    one->agent = agent;
    one->until_ms = txn->now_ms + QC_EXCLUSION_MS;
    row->exclusions = list;
    row->n_exclusions++;
}

void qc_offer_miss(struct qc_txn *txn, Qc__State__InteractionRow *row)
{
    const Qc__State__InteractionRow *before = qc_interaction_copy(txn, row);
    const char *agent = row->interaction->agent;
    const Qc__State__PresenceRow *was = qc_presence_get(txn, agent);
    Qc__State__PresenceRow *presence =
        was != NULL ? qc_presence_copy(txn, was) : NULL;
    const Qc__V1__Work *work =
        presence != NULL
            ? qc_presence_work(presence, row->interaction->interaction_id,
                               qc_segment_last(row)->n)
            : NULL;

    if (before == NULL || work == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT); /* Whoever is asked is at it. */
        return;
    }
    qc_presence_end_work(txn, presence, work);
    qc_session_leave_if_done(txn, presence);
    qc_presence_put(txn, was, presence);
    qc_offer_exclude(txn, row, presence->index);
    qc_routing_take_back(txn, row);
    qc_routing_put(txn, before, row);
    qc_routing_feed(txn, agent);
}

Qc__State__InteractionRow *qc_offer_get(struct qc_txn *txn, const char *text)
{
    struct qc_key key;
    uint64_t interaction;
    uint64_t offer;

    if (!qc_id_parse(QC_OFFER_PREFIX, text, &offer)) {
        return NULL;
    }
    qc_key_begin(&key, txn->tenant, QC_SPACE_OFFER);
    qc_key_put_u64(&key, offer);
    return qc_index_get(txn, &key, &interaction)
               ? qc_interaction_get(txn, interaction)
               : NULL;
}
