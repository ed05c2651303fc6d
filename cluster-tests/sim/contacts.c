#include "cluster-tests/sim/contacts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cluster-tests/sim/desks.h"
#include "cluster-tests/sim/shop.h"
#include "cluster-tests/sim/workload.h"
#include "quorumcall/v1/agent_service.pb-c.h"
#include "quorumcall/v1/effect_service.pb-c.h"
#include "quorumcall/v1/routing_service.pb-c.h"

#define IDENTIFYING QC__V1__INTERACTION_STATE__INTERACTION_STATE_IDENTIFYING
#define QUEUED      QC__V1__INTERACTION_STATE__INTERACTION_STATE_QUEUED
#define CONNECTED   QC__V1__INTERACTION_STATE__INTERACTION_STATE_CONNECTED
#define HELD        QC__V1__INTERACTION_STATE__INTERACTION_STATE_HELD
#define OFFERED     QC__V1__WORK_PHASE__WORK_PHASE_OFFERED
#define ACTIVE      QC__V1__WORK_PHASE__WORK_PHASE_ACTIVE
#define ACW         QC__V1__WORK_PHASE__WORK_PHASE_ACW

enum {
    PERCENT = 100,
    WAITING_PER_AGENT = 3,
    CUSTOMERS = 8,
    RECENT = 24, /* References that a connector still speaks of. */
};

/* Who asks, and of what. */
struct asking {
    struct sim_world *world;
    struct sim_random *random;
    uint64_t client;
    const struct sim_desks *desks;
};

static unsigned percent(const struct asking *asking)
{
    return (unsigned)sim_random_below(asking->random, PERCENT);
}

static struct sim_request *add(const struct asking *asking,
                               const char *method,
                               ProtobufCMessage *message)
{
    return sim_requests_add(asking->world, method, message, asking->client);
}

/* --- agents --------------------------------------------------------------- */

static struct sim_request *log_in(const struct asking *asking,
                                  const struct sim_desk *desk,
                                  bool ready)
{
    Qc__V1__LoginRequest request = QC__V1__LOGIN_REQUEST__INIT;

    request.agent = sim_desk_agent(desk)->agent->key;
    request.device = percent(asking) < 80 ? "desk" : "sofa";
    request.ready = ready;
    return add(asking, "AgentService/Login", &request.base);
}

static struct sim_request *log_out(const struct asking *asking,
                                   const char *session)
{
    Qc__V1__LogoutRequest request = QC__V1__LOGOUT_REQUEST__INIT;

    request.session_id = session;
    request.force = percent(asking) < 50;
    return add(asking, "AgentService/Logout", &request.base);
}

static struct sim_request *beat(const struct asking *asking,
                                const char *session)
{
    Qc__V1__HeartbeatRequest request = QC__V1__HEARTBEAT_REQUEST__INIT;

    request.session_id = session;
    return add(asking, "AgentService/Heartbeat", &request.base);
}

static struct sim_request *set_ready(const struct asking *asking,
                                     const char *session)
{
    Qc__V1__SetReadyRequest request = QC__V1__SET_READY_REQUEST__INIT;

    request.session_id = session;
    return add(asking, "AgentService/SetReady", &request.base);
}

static struct sim_request *set_not_ready(const struct asking *asking,
                                         const char *session)
{
    Qc__V1__SetNotReadyRequest request = QC__V1__SET_NOT_READY_REQUEST__INIT;

    request.session_id = session;
    request.reason = "lunch";
    return add(asking, "AgentService/SetNotReady", &request.base);
}

/* Of the session that is shown with an offer: none, where the agent's telephone
 * answers. */
static const char *shown(const struct asking *asking, const char *session)
{
    return percent(asking) < 10 ? "" : session;
}

static struct sim_request *accept(const struct asking *asking,
                                  const char *session,
                                  const char *offer_id)
{
    Qc__V1__AcceptOfferRequest request = QC__V1__ACCEPT_OFFER_REQUEST__INIT;

    request.session_id = shown(asking, session);
    request.offer_id = offer_id;
    return add(asking, "AgentService/AcceptOffer", &request.base);
}

static struct sim_request *reject(const struct asking *asking,
                                  const char *session,
                                  const char *offer_id)
{
    Qc__V1__RejectOfferRequest request = QC__V1__REJECT_OFFER_REQUEST__INIT;

    request.session_id = shown(asking, session);
    request.offer_id = offer_id;
    return add(asking, "AgentService/RejectOffer", &request.base);
}

static struct sim_request *dispose(const struct asking *asking,
                                   const char *session,
                                   const char *interaction_id)
{
    Qc__V1__SetDispositionRequest request =
        QC__V1__SET_DISPOSITION_REQUEST__INIT;

    request.session_id = session;
    request.interaction_id = interaction_id;
    request.code = percent(asking) < 80 ? "resolved" : "unresolved";
    return add(asking, "AgentService/SetDisposition", &request.base);
}

static struct sim_request *wrap_up(const struct asking *asking,
                                   const char *session,
                                   const char *interaction_id)
{
    Qc__V1__WrapUpDoneRequest request = QC__V1__WRAP_UP_DONE_REQUEST__INIT;

    request.session_id = session;
    request.interaction_id = interaction_id;
    return add(asking, "AgentService/WrapUpDone", &request.base);
}

/* A call of a number goes only where no wait ends by itself: visits.h would not
 * hear of it. */
static struct sim_request *transfer(const struct asking *asking,
                                    const struct sim_contact *contact)
{
    Qc__V1__TransferInteractionRequest request =
        QC__V1__TRANSFER_INTERACTION_REQUEST__INIT;
    bool is_call = sim_contact_row(contact)->interaction->dnis[0] != '\0';

    request.interaction_id = contact->id;
    request.subject =
        sim_shop_subject((unsigned)sim_random_below(asking->random, 2));
    if (!is_call && percent(asking) < 40) {
        request.subject = sim_shop_subject(SIM_SHOP_HELP);
    }
    return add(asking, "RoutingService/TransferInteraction", &request.base);
}

static struct sim_request *transfer_out(const struct asking *asking,
                                        const char *interaction_id)
{
    Qc__V1__TransferExternalRequest request =
        QC__V1__TRANSFER_EXTERNAL_REQUEST__INIT;

    request.interaction_id = interaction_id;
    request.number = "+442079460000";
    return add(asking, "RoutingService/TransferExternal", &request.base);
}

/* --- connectors ----------------------------------------------------------- */

static struct sim_request *enqueue(const struct asking *asking)
{
    static const Qc__V1__Media media[] = {
        QC__V1__MEDIA__MEDIA_VOICE,   QC__V1__MEDIA__MEDIA_CHAT,
        QC__V1__MEDIA__MEDIA_CHAT,    QC__V1__MEDIA__MEDIA_MESSAGE,
        QC__V1__MEDIA__MEDIA_MESSAGE, QC__V1__MEDIA__MEDIA_EMAIL,
        QC__V1__MEDIA__MEDIA_WORKITEM};
    Qc__V1__EnqueueInteractionRequest request =
        QC__V1__ENQUEUE_INTERACTION_REQUEST__INIT;
    uint64_t number = sim_requests_n(asking->world->requests);
    Qc__V1__Customer customer = QC__V1__CUSTOMER__INIT;
    char customer_id[SIM_WORD_SIZE];
    char ext_ref[SIM_WORD_SIZE];

    if (percent(asking) < 60) {
        (void)snprintf(customer_id, sizeof(customer_id), "customer%d",
                       (int)sim_random_below(asking->random, CUSTOMERS));
        customer.customer_id = customer_id;
        request.customer = &customer;
    }
    if (percent(asking) < 10) { /* Somebody else may have brought it. */
        number -= sim_random_below(asking->random, RECENT);
    }
    (void)snprintf(ext_ref, sizeof(ext_ref), "e%" PRIu64, number);
    request.media = media[sim_random_below(asking->random, 7)];
    request.subject = sim_shop_subject(
        (unsigned)sim_random_below(asking->random, SIM_SHOP_SUBJECTS));
    request.connector = "pbx";
    request.ext_ref = ext_ref;
    request.priority_delta =
        percent(asking) < 30
            ? 10 * (int32_t)sim_random_below(asking->random, 10)
            : 0;
    request.age_adjust_ms =
        percent(asking) < 10 ? (int64_t)sim_random_below(asking->random, 60000)
                             : 0;
    return add(asking, "RoutingService/EnqueueInteraction", &request.base);
}

static struct sim_request *tell(const struct asking *asking,
                                const struct sim_contact *contact,
                                Qc__V1__CallEvent event)
{
    const Qc__V1__Interaction *x = sim_contact_row(contact)->interaction;
    Qc__V1__ReportCallEventRequest request =
        QC__V1__REPORT_CALL_EVENT_REQUEST__INIT;
    uint64_t n = sim_requests_n(asking->world->requests);

    request.connector = x->connector;
    request.ext_ref = x->ext_ref;
    request.event = event;
    request.event_seq = n;
    if (percent(asking) < 10) { /* Out of order. */
        request.event_seq = 1 + sim_random_below(asking->random, n);
    }
    return add(asking, "RoutingService/ReportCallEvent", &request.base);
}

/* What the network tells of one that an agent has. */
static struct sim_request *tell_any(const struct asking *asking,
                                    const struct sim_contact *contact)
{
    static const Qc__V1__CallEvent events[] = {
        QC__V1__CALL_EVENT__CALL_EVENT_RINGING,
        QC__V1__CALL_EVENT__CALL_EVENT_ANSWERED,
        QC__V1__CALL_EVENT__CALL_EVENT_HELD,
        QC__V1__CALL_EVENT__CALL_EVENT_RETRIEVED,
        QC__V1__CALL_EVENT__CALL_EVENT_RECORDED,
        QC__V1__CALL_EVENT__CALL_EVENT_CALLER_HUNG_UP,
        QC__V1__CALL_EVENT__CALL_EVENT_ENDED,
        QC__V1__CALL_EVENT__CALL_EVENT_ENDED,
        QC__V1__CALL_EVENT__CALL_EVENT_FAILED,
    };

    return tell(asking, contact, events[sim_random_below(asking->random, 9)]);
}

static struct sim_request *lease(const struct asking *asking)
{
    Qc__V1__LeaseEffectsRequest request = QC__V1__LEASE_EFFECTS_REQUEST__INIT;

    request.connector = "pbx";
    request.max = 1 + (uint32_t)sim_random_below(asking->random, 8);
    request.lease_ms = sim_random_log(asking->random, 1000, 60000);
    return add(asking, "EffectService/LeaseEffects", &request.base);
}

/* Of what was leased much is never heard of again. */
static struct sim_request *answer_lease(const struct asking *asking)
{
    const struct sim_desks *desks = asking->desks;
    size_t n =
        desks->n_leases < SIM_LEASES_KNOWN ? desks->n_leases : SIM_LEASES_KNOWN;
    const struct sim_known_lease *known =
        &desks->leases[sim_random_below(asking->random, n)];
    Qc__V1__AckEffectRequest ack = QC__V1__ACK_EFFECT_REQUEST__INIT;
    Qc__V1__NackEffectRequest nack = QC__V1__NACK_EFFECT_REQUEST__INIT;
    Qc__V1__RenewLeaseRequest renew = QC__V1__RENEW_LEASE_REQUEST__INIT;

    if (n == 0) {
        return lease(asking);
    }
    ack.effect_id = nack.effect_id = renew.effect_id = known->effect_id;
    ack.token = nack.token = renew.token = known->token;
    nack.retryable = percent(asking) < 50;
    switch (sim_random_below(asking->random, 4)) {
    case 0:
        return add(asking, "EffectService/NackEffect", &nack.base);
    case 1:
        return add(asking, "EffectService/RenewLease", &renew.base);
    default:
        return add(asking, "EffectService/AckEffect", &ack.base);
    }
}

/* --- who leads agents ----------------------------------------------------- */

static struct sim_request *set_state(const struct asking *asking,
                                     const struct sim_desk *desk)
{
    Qc__V1__SetAgentStateRequest request =
        QC__V1__SET_AGENT_STATE_REQUEST__INIT;

    request.agent = sim_desk_agent(desk)->agent->key;
    request.state =
        (Qc__V1__PresenceState)(1 + sim_random_below(asking->random, 3));
    request.reason =
        request.state == QC__V1__PRESENCE_STATE__PRESENCE_STATE_NOT_READY
            ? "meeting"
            : "";
    return add(asking, "AgentService/SetAgentState", &request.base);
}

static struct sim_request *set_routing(const struct asking *asking,
                                       const char *interaction_id)
{
    Qc__V1__SetRoutingRequest request = QC__V1__SET_ROUTING_REQUEST__INIT;

    request.interaction_id = interaction_id;
    if (percent(asking) < 50) {
        request.priority_case =
            QC__V1__SET_ROUTING_REQUEST__PRIORITY_PRIORITY_DELTA;
        request.priority_delta =
            (int32_t)sim_random_between(asking->random, -100, 100);
    }
    if (percent(asking) < 50) {
        request.age_case = QC__V1__SET_ROUTING_REQUEST__AGE_AGE_ADJUST_MS;
        request.age_adjust_ms =
            (int64_t)sim_random_below(asking->random, 100000);
    }
    return add(asking, "RoutingService/SetRouting", &request.base);
}

static struct sim_request *cancel(const struct asking *asking,
                                  const char *interaction_id)
{
    Qc__V1__CancelInteractionRequest request =
        QC__V1__CANCEL_INTERACTION_REQUEST__INIT;

    request.interaction_id = interaction_id;
    return add(asking, "RoutingService/CancelInteraction", &request.base);
}

/* --- what they do --------------------------------------------------------- */

static const Qc__V1__Work *any_work(const struct asking *asking,
                                    const struct sim_desk *desk)
{
    const Qc__State__PresenceRow *row = sim_desk_presence(desk);

    return row != NULL && row->presence->n_work > 0
               ? row->presence->work[sim_random_below(asking->random,
                                                      row->presence->n_work)]
               : NULL;
}

static struct sim_request *wrap_up_somehow(const struct asking *asking,
                                           const char *session,
                                           const Qc__V1__Work *work)
{
    return percent(asking) < 50
               ? dispose(asking, session, work->interaction_id)
               : wrap_up(asking, session, work->interaction_id);
}

static struct sim_request *go_on_with(const struct asking *asking,
                                      const char *session,
                                      const Qc__V1__Work *work)
{
    const struct sim_contact *contact =
        sim_desks_contact(asking->desks, work->interaction_id);
    unsigned roll = percent(asking);

    if (contact == NULL || roll < 15) {
        return wrap_up_somehow(asking, session, work);
    }
    if (roll < 25) {
        return transfer(asking, contact);
    }
    return roll < 28 ? transfer_out(asking, contact->id)
                     : tell_any(asking, contact);
}

/* What is at hand; NULL: nothing is, or it is left alone. */
static struct sim_request *work_on(const struct asking *asking,
                                   const struct sim_desk *desk)
{
    const Qc__V1__Work *work = any_work(asking, desk);
    unsigned roll = percent(asking);

    if (work == NULL || roll < 10) {
        return NULL;
    }
    if (work->phase == OFFERED) {
        return roll < 85 ? accept(asking, desk->session, work->offer_id)
                         : reject(asking, desk->session, work->offer_id);
    }
    return work->phase == ACW ? wrap_up_somehow(asking, desk->session, work)
                              : go_on_with(asking, desk->session, work);
}

static struct sim_request *be_there(const struct asking *asking,
                                    const struct sim_desk *desk)
{
    const Qc__State__PresenceRow *row = sim_desk_presence(desk);
    unsigned roll = percent(asking);

    if (row == NULL || row->session == 0 || roll < 3) {
        return log_in(asking, desk, percent(asking) < 70);
    }
    if (roll < 6) {
        return log_out(asking, desk->session);
    }
    if (roll < 9 && desk->session_before[0] != '\0') {
        return set_ready(asking, desk->session_before);
    }
    if (row->presence->state != QC__V1__PRESENCE_STATE__PRESENCE_STATE_READY) {
        return roll < 85 ? set_ready(asking, desk->session)
                         : beat(asking, desk->session);
    }
    return roll < 20 ? set_not_ready(asking, desk->session)
                     : beat(asking, desk->session);
}

/* An offer that may be over, or taken by another meanwhile. */
static struct sim_request *accept_late(const struct asking *asking)
{
    const struct sim_desks *desks = asking->desks;
    size_t n =
        desks->n_offers < SIM_OFFERS_KNOWN ? desks->n_offers : SIM_OFFERS_KNOWN;
    const struct sim_known_offer *known =
        &desks->offers[sim_random_below(asking->random, n)];
    unsigned desk = known->desk;

    if (n == 0) {
        return enqueue(asking);
    }
    if (percent(asking) < 20) {
        desk = (unsigned)sim_random_below(asking->random,
                                          (uint64_t)asking->world->plan.agents);
    }
    return desks->desks[desk].session[0] == '\0'
               ? log_in(asking, &desks->desks[desk], true)
               : accept(asking, desks->desks[desk].session, known->offer_id);
}

static struct sim_request *of_agent(const struct asking *asking)
{
    const struct sim_desk *desk = &asking->desks->desks[sim_random_below(
        asking->random, (uint64_t)asking->world->plan.agents)];
    struct sim_request *request = NULL;

    if (percent(asking) < 5) {
        return accept_late(asking);
    }
    if (desk->session[0] != '\0') {
        request = work_on(asking, desk);
    }
    return request != NULL ? request : be_there(asking, desk);
}

static unsigned n_waiting(const struct sim_desks *desks)
{
    unsigned n = 0;

    for (size_t i = 0; i < desks->n_contacts; i++) {
        n += sim_contact_row(&desks->contacts[i])->interaction->state == QUEUED
                 ? 1
                 : 0;
    }
    return n;
}

/* One that is not asked for a code; NULL: there is none. */
static const struct sim_contact *any_contact(const struct asking *asking)
{
    const struct sim_desks *desks = asking->desks;
    const struct sim_contact *contact;

    if (desks->n_contacts == 0) {
        return NULL;
    }
    contact =
        &desks->contacts[sim_random_below(asking->random, desks->n_contacts)];
    return sim_contact_row(contact)->interaction->state != IDENTIFYING ? contact
                                                                       : NULL;
}

static struct sim_request *of_connector(const struct asking *asking)
{
    unsigned room = WAITING_PER_AGENT * (unsigned)asking->world->plan.agents;
    const struct sim_contact *contact = any_contact(asking);
    unsigned roll = percent(asking);

    if (roll < 10) {
        return lease(asking);
    }
    if (roll < 25) {
        return answer_lease(asking);
    }
    if (contact == NULL || (roll < 90 && n_waiting(asking->desks) < room)) {
        return enqueue(asking);
    }
    return roll < 80 ? tell(asking, contact,
                            QC__V1__CALL_EVENT__CALL_EVENT_CALLER_HUNG_UP)
                     : tell_any(asking, contact);
}

static struct sim_request *of_leader(const struct asking *asking)
{
    const struct sim_contact *contact = any_contact(asking);

    if (percent(asking) < 50 && contact != NULL) {
        return percent(asking) < 60 ? set_routing(asking, contact->id)
                                    : cancel(asking, contact->id);
    }
    if (percent(asking) < 30) {
        return set_state(
            asking, &asking->desks->desks[sim_random_below(
                        asking->random, (uint64_t)asking->world->plan.agents)]);
    }
    return sim_shop_change(asking->world, asking->random, asking->client);
}

struct sim_request *sim_contacts_any(struct sim_world *world,
                                     struct sim_random *random,
                                     uint64_t client)
{
    struct asking asking = {
        .world = world,
        .random = random,
        .client = client,
        .desks = sim_workload_desks(world),
    };

    if (sim_random_chance(random, world->plan.change_ppm)) {
        return of_leader(&asking);
    }
    return percent(&asking) < 70 ? of_agent(&asking) : of_connector(&asking);
}
