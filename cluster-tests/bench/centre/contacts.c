#include "cluster-tests/bench/centre/contacts.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quorumcall/v1/agent_service.pb-c.h"
#include "quorumcall/v1/routing_service.pb-c.h"

enum {
    AT_ONCE = 6,  /* Contacts that go a step, in each entry. */
    FILL_AT = 30, /* Contacts that come in an entry of contacts_fill(), */
    FILL_MS = 5,  /* and the time from one to the next. */
    LOOKS = 16,   /* Idle agents whose desktop is looked at, each time. */
};

/* Where a contact is: what it waits for to be done to it. */
enum stage {
    STAGE_OFFERED,
    STAGE_TALKING,
    STAGE_ENDED,
    STAGE_DISPOSED,
    STAGES,
};

struct contact {
    uint32_t agent;
    uint32_t ext_ref;
    char id[CENTRE_ID_SIZE]; /* Of the offer; then, of the interaction. */
};

/* First in, first out. */
struct line {
    struct contact *contacts;
    size_t first;
    size_t n;
};

struct contacts {
    struct centre *centre;
    size_t room; /* Of a line: an agent is at one contact. */
    struct line lines[STAGES];
    bool *is_idle; /* Agents. */
    uint32_t next_look;
    uint32_t n_come;
    uint64_t n_done;
};

static void join(struct contacts *contacts,
                 enum stage stage,
                 const struct contact *contact)
{
    struct line *line = &contacts->lines[stage];

    assert(line->n < contacts->room);
    line->contacts[(line->first + line->n++) % contacts->room] = *contact;
}

static struct contact leave(struct contacts *contacts, enum stage stage)
{
    struct line *line = &contacts->lines[stage];
    struct contact contact = line->contacts[line->first];

    assert(line->n > 0);
    line->first = (line->first + 1) % contacts->room;
    line->n--;
    return contact;
}

struct contacts *contacts_new(struct centre *centre)
{
    struct contacts *contacts = calloc(1, sizeof(*contacts));

    assert(contacts != NULL);
    contacts->centre = centre;
    contacts->room = centre->size.agents;
    contacts->is_idle = malloc(contacts->room * sizeof(bool));
    assert(contacts->is_idle != NULL);
    memset(contacts->is_idle, true, contacts->room * sizeof(bool));
    for (size_t i = 0; i < STAGES; i++) {
        contacts->lines[i].contacts =
            calloc(contacts->room, sizeof(struct contact));
        assert(contacts->lines[i].contacts != NULL);
    }
    return contacts;
}

void contacts_free(struct contacts *contacts)
{
    for (size_t i = 0; i < STAGES; i++) {
        free(contacts->lines[i].contacts);
    }
    free(contacts->is_idle);
    free(contacts);
}

/* --- what is done in an entry ------------------------------------------------
 */

/* What is done to one contact, and where in the entry. */
struct doing {
    size_t at;
    struct contact contact;
};

/* The contacts that go a step in one entry. */
struct round {
    size_t n_come;
    struct doing come[FILL_AT];
    size_t n[STAGES];
    struct doing doing[STAGES][FILL_AT];
};

static void come(struct contacts *contacts, struct doing *doing)
{
    struct centre *centre = contacts->centre;
    Qc__V1__EnqueueInteractionRequest request =
        QC__V1__ENQUEUE_INTERACTION_REQUEST__INIT;
    uint32_t queue = centre_draw(centre, centre->size.queues);
    char queue_key[CENTRE_KEY_SIZE];
    char subject[CENTRE_KEY_SIZE];
    char ext_ref[CENTRE_KEY_SIZE];

    centre_queue_key(queue, queue_key);
    centre_subject_key(queue % centre->size.skills, subject);
    snprintf(ext_ref, sizeof(ext_ref), "%u", contacts->n_come++);
    request.media = QC__V1__MEDIA__MEDIA_VOICE;
    request.subject = subject;
    request.queue = queue_key;
    request.connector = "pbx";
    request.ext_ref = ext_ref;
    request.ani = "+447700900001";
    request.priority_delta = (int32_t)centre_draw(centre, 5);
    doing->at = centre_log_add(
        &centre->log, "/quorumcall.v1.RoutingService/EnqueueInteraction",
        &request.base);
}

static void accept(struct centre *centre, struct doing *doing)
{
    Qc__V1__AcceptOfferRequest request = QC__V1__ACCEPT_OFFER_REQUEST__INIT;

    request.offer_id = doing->contact.id;
    request.session_id = centre->sessions[doing->contact.agent];
    doing->at = centre_log_add(
        &centre->log, "/quorumcall.v1.AgentService/AcceptOffer", &request.base);
}

static void end(struct centre *centre, struct doing *doing)
{
    Qc__V1__ReportCallEventRequest request =
        QC__V1__REPORT_CALL_EVENT_REQUEST__INIT;
    char ext_ref[CENTRE_KEY_SIZE];

    snprintf(ext_ref, sizeof(ext_ref), "%u", doing->contact.ext_ref);
    request.connector = "pbx";
    request.ext_ref = ext_ref;
    request.event = QC__V1__CALL_EVENT__CALL_EVENT_ENDED;
    request.event_seq = 1;
    doing->at = centre_log_add(&centre->log,
                               "/quorumcall.v1.RoutingService/ReportCallEvent",
                               &request.base);
}

static void dispose(struct centre *centre, struct doing *doing)
{
    Qc__V1__SetDispositionRequest request =
        QC__V1__SET_DISPOSITION_REQUEST__INIT;

    request.interaction_id = doing->contact.id;
    request.session_id = centre->sessions[doing->contact.agent];
    request.code = "resolved";
    doing->at = centre_log_add(&centre->log,
                               "/quorumcall.v1.AgentService/SetDisposition",
                               &request.base);
}

static void wrap_up(struct centre *centre, struct doing *doing)
{
    Qc__V1__WrapUpDoneRequest request = QC__V1__WRAP_UP_DONE_REQUEST__INIT;

    request.interaction_id = doing->contact.id;
    request.session_id = centre->sessions[doing->contact.agent];
    doing->at = centre_log_add(
        &centre->log, "/quorumcall.v1.AgentService/WrapUpDone", &request.base);
}

/* --- what came of it ------------------------------------------------------ */

static void offered(struct contacts *contacts,
                    uint32_t agent,
                    const char *offer_id)
{
    struct contact contact = {.agent = agent};

    snprintf(contact.id, sizeof(contact.id), "%s", offer_id);
    contacts->is_idle[agent] = false;
    join(contacts, STAGE_OFFERED, &contact);
}

static void has_come(struct contacts *contacts, const struct doing *doing)
{
    const Qc__V1__EnqueueInteractionResponse *response =
        centre_log_answer(&contacts->centre->log, doing->at);

    if (response->offer_id[0] != '\0') {
        offered(contacts, centre_agent_of_key(response->agent),
                response->offer_id);
    }
}

static void has_accepted(struct contacts *contacts, const struct doing *doing)
{
    const Qc__V1__AcceptOfferResponse *response =
        centre_log_answer(&contacts->centre->log, doing->at);
    struct contact contact = doing->contact;

    snprintf(contact.id, sizeof(contact.id), "%s",
             response->interaction->interaction_id);
    contact.ext_ref =
        (uint32_t)strtoul(response->interaction->ext_ref, NULL, 10);
    join(contacts, STAGE_TALKING, &contact);
}

/* What was offered to an agent by what somebody else did. */
static void look(struct contacts *contacts, uint32_t agent)
{
    Qc__V1__GetDesktopRequest request = QC__V1__GET_DESKTOP_REQUEST__INIT;
    const Qc__V1__GetDesktopResponse *desk;
    char key[CENTRE_KEY_SIZE];

    centre_agent_key(agent, key);
    request.agent = key;
    desk = centre_log_query(&contacts->centre->log,
                            "/quorumcall.v1.AgentService/GetDesktop",
                            &request.base);
    if (desk->presence->n_work > 0) {
        offered(contacts, agent, desk->presence->work[0]->offer_id);
    }
}

static void look_around(struct contacts *contacts)
{
    size_t looks = 0;

    for (size_t i = 0; i < contacts->room && looks < LOOKS; i++) {
        uint32_t agent = contacts->next_look;

        contacts->next_look =
            (contacts->next_look + 1) % contacts->centre->size.agents;
        if (contacts->is_idle[agent]) {
            look(contacts, agent);
            looks++;
        }
    }
}

static void has_wrapped_up(struct contacts *contacts, const struct doing *doing)
{
    contacts->is_idle[doing->contact.agent] = true;
    contacts->n_done++;
    look(contacts, doing->contact.agent);
}

/* --- entries -------------------------------------------------------------- */

/* How much is done in an entry, at most. */
struct limits {
    size_t come;
    size_t each[STAGES];
    int64_t later_ms;
};

static void write_round(struct contacts *contacts,
                        const struct limits *limits,
                        struct round *round)
{
    static void (*const steps[STAGES])(struct centre *, struct doing *) = {
        [STAGE_OFFERED] = accept,
        [STAGE_TALKING] = end,
        [STAGE_ENDED] = dispose,
        [STAGE_DISPOSED] = wrap_up,
    };

    centre_begin(contacts->centre, limits->later_ms);
    for (round->n_come = 0; round->n_come < limits->come; round->n_come++) {
        come(contacts, &round->come[round->n_come]);
    }
    for (size_t stage = 0; stage < STAGES; stage++) {
        round->n[stage] = 0;
        while (round->n[stage] < limits->each[stage] &&
               contacts->lines[stage].n > 0) {
            struct doing *doing = &round->doing[stage][round->n[stage]++];

            doing->contact = leave(contacts, stage);
            steps[stage](contacts->centre, doing);
        }
    }
}

static void read_round(struct contacts *contacts, const struct round *round)
{
    for (size_t i = 0; i < round->n_come; i++) {
        has_come(contacts, &round->come[i]);
    }
    for (size_t i = 0; i < round->n[STAGE_OFFERED]; i++) {
        has_accepted(contacts, &round->doing[STAGE_OFFERED][i]);
    }
    for (size_t i = 0; i < round->n[STAGE_TALKING]; i++) {
        join(contacts, STAGE_ENDED, &round->doing[STAGE_TALKING][i].contact);
    }
    for (size_t i = 0; i < round->n[STAGE_ENDED]; i++) {
        join(contacts, STAGE_DISPOSED, &round->doing[STAGE_ENDED][i].contact);
    }
    for (size_t i = 0; i < round->n[STAGE_DISPOSED]; i++) {
        has_wrapped_up(contacts, &round->doing[STAGE_DISPOSED][i]);
    }
    look_around(contacts);
}

static void go(struct contacts *contacts,
               const struct limits *limits,
               struct centre_times *times)
{
    struct round round;

    write_round(contacts, limits, &round);
    centre_log_apply(&contacts->centre->log, times);
    read_round(contacts, &round);
}

void contacts_fill(struct contacts *contacts, uint64_t waiting)
{
    static const struct limits limits = {
        .come = FILL_AT,
        .each = {[STAGE_OFFERED] = FILL_AT},
        .later_ms = FILL_MS,
    };

    while (centre_n_waiting(contacts->centre) < waiting) {
        go(contacts, &limits, NULL);
    }
}

void contacts_settle(struct contacts *contacts)
{
    static const struct limits limits = {
        .each = {[STAGE_OFFERED] = FILL_AT},
        .later_ms = FILL_MS,
    };

    for (int64_t ms = 0; ms < CENTRE_STEPS_MS + 1000; ms += FILL_MS) {
        go(contacts, &limits, NULL);
    }
}

void contacts_run(struct contacts *contacts,
                  uint64_t n,
                  struct centre_times *times)
{
    static const struct limits limits = {
        .come = AT_ONCE,
        .each = {AT_ONCE, AT_ONCE, AT_ONCE, AT_ONCE},
        .later_ms = 1,
    };
    uint64_t until = contacts->n_done + n;

    while (contacts->n_done < until) {
        go(contacts, &limits, times);
    }
}
