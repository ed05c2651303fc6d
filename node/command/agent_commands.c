#include <string.h>

#include "command/glue.h"
#include "machine/agent.h"
#include "machine/consult.h"
#include "machine/desktop.h"
#include "machine/entity.h"
#include "machine/handling.h"
#include "machine/hold.h"
#include "machine/id.h"
#include "machine/interaction.h"
#include "machine/offer.h"
#include "machine/presence.h"
#include "machine/principal.h"
#include "machine/segment.h"
#include "machine/session.h"
#include "machine/store.h"

/* AgentService: from messages to transitions. What a field must be by itself is
 * in its limits (proto/), so most have nothing to check. */

QC_NOTHING_TO_CHECK(Login, login)
QC_NOTHING_TO_CHECK(Logout, logout)
QC_NOTHING_TO_CHECK(Heartbeat, heartbeat)
QC_NOTHING_TO_CHECK(SetReady, set_ready)
QC_NOTHING_TO_CHECK(SetNotReady, set_not_ready)
QC_NOTHING_TO_CHECK(AcceptOffer, accept_offer)
QC_NOTHING_TO_CHECK(RejectOffer, reject_offer)
QC_NOTHING_TO_CHECK(SetDisposition, set_disposition)
QC_NOTHING_TO_CHECK(AddNote, add_note)
QC_NOTHING_TO_CHECK(WrapUpDone, wrap_up_done)
QC_NOTHING_TO_CHECK(Hold, hold)
QC_NOTHING_TO_CHECK(Retrieve, retrieve)
QC_NOTHING_TO_CHECK(Consult, consult)
QC_NOTHING_TO_CHECK(CompleteConsult, complete_consult)
QC_NOTHING_TO_CHECK(CancelConsult, cancel_consult)
QC_NOTHING_TO_CHECK(Conference, conference)
QC_NOTHING_TO_CHECK(GetDesktop, get_desktop)

/* --- sessions ------------------------------------------------------------- */

static Qc__V1__Presence *show(struct qc_txn *txn, const char *agent)
{
    const Qc__State__PresenceRow *row = qc_presence_get(txn, agent);

    return row != NULL ? row->presence : NULL;
}

int qc_login_run(struct qc_txn *txn,
                 const Qc__V1__LoginRequest *request,
                 Qc__V1__LoginResponse *response)
{
    const Qc__State__PresenceRow *row;
    int r = qc_session_login(txn, request->agent, request->device,
                             request->ready, &row);

    if (r == 0 && row != NULL) {
        response->session_id = qc_id_text(txn, QC_SESSION_PREFIX, row->session);
        response->presence = row->presence;
        response->heartbeat_ms = QC_HEARTBEAT_MS;
    }
    return r;
}

int qc_logout_run(struct qc_txn *txn,
                  const Qc__V1__LogoutRequest *request,
                  Qc__V1__LogoutResponse *response)
{
    Qc__State__PresenceRow *row;
    int r = qc_session_get(txn, request->session_id, &row);

    if (r != 0) {
        return r;
    }
    qc_session_logout(txn, row->presence->agent, request->force);
    response->presence = show(txn, row->presence->agent);
    return txn->fault;
}

int qc_heartbeat_run(struct qc_txn *txn,
                     const Qc__V1__HeartbeatRequest *request,
                     Qc__V1__HeartbeatResponse *response)
{
    Qc__State__PresenceRow *row;
    int r = qc_session_get(txn, request->session_id, &row);

    if (r != 0) {
        return r;
    }
    qc_session_heartbeat(txn, row->presence->agent);
    response->presence = show(txn, row->presence->agent);
    return txn->fault;
}

int qc_set_ready_run(struct qc_txn *txn,
                     const Qc__V1__SetReadyRequest *request,
                     Qc__V1__SetReadyResponse *response)
{
    Qc__State__PresenceRow *row;
    int r = qc_session_get(txn, request->session_id, &row);

    r = r == 0 ? qc_session_ready(txn, row->presence->agent) : r;
    if (r == 0) {
        response->presence = show(txn, row->presence->agent);
    }
    return r;
}

int qc_set_not_ready_run(struct qc_txn *txn,
                         const Qc__V1__SetNotReadyRequest *request,
                         Qc__V1__SetNotReadyResponse *response)
{
    Qc__State__PresenceRow *row;
    int r = qc_session_get(txn, request->session_id, &row);

    r = r == 0
            ? qc_session_not_ready(txn, row->presence->agent, request->reason)
            : r;
    if (r == 0) {
        response->presence = show(txn, row->presence->agent);
    }
    return r;
}

int qc_set_agent_state_check(const Qc__V1__SetAgentStateRequest *request,
                             struct qc_refusal_detail *detail)
{
    if (request->state > QC__V1__PRESENCE_STATE__PRESENCE_STATE_READY) {
        detail->field = "state";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

int qc_set_agent_state_run(struct qc_txn *txn,
                           const Qc__V1__SetAgentStateRequest *request,
                           Qc__V1__SetAgentStateResponse *response)
{
    int r = 0;

    if (qc_presence_get(txn, request->agent) == NULL) {
        return qc_refuse(txn, QC_REFUSED_NOT_FOUND, "agent");
    }
    if (!qc_agent_is_seen(txn, request->agent)) {
        return qc_refuse(txn, QC_REFUSED_LOB, "agent");
    }
    if (request->state == QC__V1__PRESENCE_STATE__PRESENCE_STATE_LOGGED_OUT) {
        qc_session_logout(txn, request->agent, true);
    } else if (request->state ==
               QC__V1__PRESENCE_STATE__PRESENCE_STATE_NOT_READY) {
        r = qc_session_not_ready(txn, request->agent, request->reason);
    } else {
        r = qc_session_ready(txn, request->agent);
    }
    if (r == 0) {
        response->presence = show(txn, request->agent);
    }
    return r;
}

/* --- offers --------------------------------------------------------------- */

/* Who answers: the agent of the session; or, where a telephone does and knows
 * of no session, the agent who is asked. NULL: |*r_out| says why. */
static Qc__State__PresenceRow *find_answerer(struct qc_txn *txn,
                                             const char *session_id,
                                             const char *offer_id,
                                             int *r_out)
{
    const Qc__State__InteractionRow *row;
    Qc__State__PresenceRow *presence = NULL;

    if (session_id[0] != '\0') {
        *r_out = qc_session_get(txn, session_id, &presence);
        return *r_out == 0 ? presence : NULL;
    }
    if ((txn->roles & QC_ROLE_CONNECTOR) == 0) {
        *r_out = qc_refuse(txn, QC_REFUSED_INVALID, "session_id");
        return NULL;
    }
    row = qc_offer_get(txn, offer_id);
    if (row != NULL) {
        presence = qc_presence_get(txn, row->interaction->agent);
    }
    *r_out =
        presence != NULL ? 0 : qc_refuse(txn, QC_REFUSED_BAD_STATE, "offer_id");
    return presence;
}

int qc_accept_offer_run(struct qc_txn *txn,
                        const Qc__V1__AcceptOfferRequest *request,
                        Qc__V1__AcceptOfferResponse *response)
{
    Qc__State__InteractionRow *row;
    const Qc__V1__ScreenPop *pop;
    int r;
    const Qc__State__PresenceRow *presence =
        find_answerer(txn, request->session_id, request->offer_id, &r);

    if (presence == NULL) {
        return r;
    }
    r = qc_handling_accept(txn, request->offer_id, presence, &row);
    if (r != 0) {
        return r;
    }
    response->interaction = row->interaction;
    response->wait_ms = txn->now_ms - row->interaction->enqueued_ms;
    pop = qc_desktop_screen_pop(txn, row);
    if (pop != NULL) {
        response->subject_label = pop->subject_label;
        response->customer = pop->customer;
        response->mobile = pop->mobile;
    }
    return txn->fault;
}

int qc_reject_offer_run(struct qc_txn *txn,
                        const Qc__V1__RejectOfferRequest *request,
                        Qc__V1__RejectOfferResponse *response)
{
    int r;
    const Qc__State__PresenceRow *presence =
        find_answerer(txn, request->session_id, request->offer_id, &r);

    if (presence == NULL) {
        return r;
    }
    r = qc_handling_reject(txn, request->offer_id, presence);
    if (r == 0) {
        response->presence = show(txn, presence->presence->agent);
    }
    return r;
}

/* --- wrapping up ---------------------------------------------------------- */

/* The interaction, and who asks. */
static int find(struct qc_txn *txn,
                const char *session_id,
                const char *interaction_id,
                Qc__State__PresenceRow **presence_out,
                Qc__State__InteractionRow **row_out)
{
    int r = qc_session_get(txn, session_id, presence_out);

    if (r != 0) {
        return r;
    }
    *row_out = qc_interaction_of_text(txn, interaction_id);
    return *row_out != NULL
               ? 0
               : qc_refuse(txn, QC_REFUSED_NOT_FOUND, "interaction_id");
}

int qc_set_disposition_run(struct qc_txn *txn,
                           const Qc__V1__SetDispositionRequest *request,
                           Qc__V1__SetDispositionResponse *response)
{
    Qc__State__PresenceRow *presence;
    Qc__State__InteractionRow *row;
    int r = find(txn, request->session_id, request->interaction_id, &presence,
                 &row);

    r = r == 0
            ? qc_handling_dispose(txn, row, presence->presence->agent, request)
            : r;
    if (r == 0) {
        response->segment = qc_segment_of(row, presence->presence->agent);
        response->state = row->interaction->state;
    }
    return r;
}

int qc_add_note_run(struct qc_txn *txn,
                    const Qc__V1__AddNoteRequest *request,
                    Qc__V1__AddNoteResponse *response)
{
    Qc__State__PresenceRow *presence;
    Qc__State__InteractionRow *row;
    int r = find(txn, request->session_id, request->interaction_id, &presence,
                 &row);

    r = r == 0 ? qc_handling_note(txn, row, presence->presence->agent,
                                  request->note)
               : r;
    if (r == 0) {
        response->segment = qc_segment_of(row, presence->presence->agent);
        response->state = row->interaction->state;
    }
    return r;
}

int qc_wrap_up_done_run(struct qc_txn *txn,
                        const Qc__V1__WrapUpDoneRequest *request,
                        Qc__V1__WrapUpDoneResponse *response)
{
    Qc__State__PresenceRow *presence;
    Qc__State__InteractionRow *row;
    int r = find(txn, request->session_id, request->interaction_id, &presence,
                 &row);

    r = r == 0 ? qc_handling_wrap_up(txn, row, presence->presence->agent) : r;
    if (r == 0) {
        response->segment = qc_segment_of(row, presence->presence->agent);
        response->state = row->interaction->state;
    }
    return r;
}

/* --- while an agent has a call -------------------------------------------- */

int qc_hold_run(struct qc_txn *txn,
                const Qc__V1__HoldRequest *request,
                Qc__V1__HoldResponse *response)
{
    Qc__State__PresenceRow *presence;
    Qc__State__InteractionRow *row;
    int r = find(txn, request->session_id, request->interaction_id, &presence,
                 &row);

    r = r == 0 ? qc_hold_ask(txn, row, presence->presence->agent, true) : r;
    if (r == 0) {
        response->state = row->interaction->state;
    }
    return r;
}

int qc_retrieve_run(struct qc_txn *txn,
                    const Qc__V1__RetrieveRequest *request,
                    Qc__V1__RetrieveResponse *response)
{
    Qc__State__PresenceRow *presence;
    Qc__State__InteractionRow *row;
    int r = find(txn, request->session_id, request->interaction_id, &presence,
                 &row);

    r = r == 0 ? qc_hold_ask(txn, row, presence->presence->agent, false) : r;
    if (r == 0) {
        response->state = row->interaction->state;
    }
    return r;
}

int qc_consult_run(struct qc_txn *txn,
                   const Qc__V1__ConsultRequest *request,
                   Qc__V1__ConsultResponse *response)
{
    Qc__State__InteractionRow *consult;
    Qc__State__PresenceRow *presence;
    Qc__State__InteractionRow *row;
    int r = find(txn, request->session_id, request->interaction_id, &presence,
                 &row);

    r = r == 0 ? qc_consult_start(txn, row, presence->presence->agent, request,
                                  &consult)
               : r;
    if (r == 0) {
        response->consult = consult->interaction;
    }
    return r;
}

int qc_complete_consult_run(struct qc_txn *txn,
                            const Qc__V1__CompleteConsultRequest *request,
                            Qc__V1__CompleteConsultResponse *response)
{
    Qc__State__PresenceRow *presence;
    Qc__State__InteractionRow *row;
    int r = find(txn, request->session_id, request->interaction_id, &presence,
                 &row);

    r = r == 0 ? qc_consult_complete(txn, row, presence->presence->agent) : r;
    if (r == 0) {
        response->interaction = row->interaction;
    }
    return r;
}

int qc_cancel_consult_run(struct qc_txn *txn,
                          const Qc__V1__CancelConsultRequest *request,
                          Qc__V1__CancelConsultResponse *response)
{
    Qc__State__PresenceRow *presence;
    Qc__State__InteractionRow *row;
    int r = find(txn, request->session_id, request->interaction_id, &presence,
                 &row);

    r = r == 0 ? qc_consult_cancel(txn, row, presence->presence->agent) : r;
    if (r == 0) {
        response->state = row->interaction->state;
    }
    return r;
}

int qc_conference_run(struct qc_txn *txn,
                      const Qc__V1__ConferenceRequest *request,
                      Qc__V1__ConferenceResponse *response)
{
    Qc__State__PresenceRow *presence;
    Qc__State__InteractionRow *row;
    int r = find(txn, request->session_id, request->interaction_id, &presence,
                 &row);

    r = r == 0 ? qc_consult_join(txn, row, presence->presence->agent) : r;
    if (r == 0) {
        response->state = row->interaction->state;
    }
    return r;
}

/* --- looking -------------------------------------------------------------- */

int qc_get_desktop_run(struct qc_txn *txn,
                       const Qc__V1__GetDesktopRequest *request,
                       Qc__V1__GetDesktopResponse *response)
{
    return qc_desktop_show(txn, request->agent, response);
}

int qc_list_presences_check(const Qc__V1__ListPresencesRequest *request,
                            struct qc_refusal_detail *detail)
{
    if (request->page_token[0] != '\0' &&
        !qc_config_is_key(request->page_token)) {
        detail->field = "page_token";
        return QC_REFUSED_PAGE_TOKEN;
    }
    return 0;
}

int qc_list_presences_run(struct qc_txn *txn,
                          const Qc__V1__ListPresencesRequest *request,
                          Qc__V1__ListPresencesResponse *response)
{
    struct qc_page page;

    qc_entity_page(txn, &qc_presence_entity, txn->tenant, request->page_token,
                   request->page_size, &page);
    response->items =
        qc_alloc(txn, (page.n_rows + 1) * sizeof(Qc__V1__Presence *));
    for (size_t i = 0; txn->fault == 0 && i < page.n_rows; i++) {
        const Qc__State__PresenceRow *row = page.rows[i];
        bool asked =
            request->state != QC__V1__PRESENCE_STATE__PRESENCE_STATE_UNSPECIFIED
                ? row->presence->state == request->state
                : qc_presence_is_logged_in(row);

        if (asked && qc_agent_is_seen(txn, row->presence->agent)) {
            response->items[response->n_items++] = row->presence;
        }
    }
    response->next_token = page.next_token;
    return txn->fault;
}
