/* What Quorumcall is asked. Every request has an id of its own, so that no
 * answer is a stored one. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cluster-tests/bench/load/workload.h"
#include "cluster-tests/bench/phones.h"
#include "codec/codec.h"
#include "quorumcall/v1/admin_service.pb-c.h"
#include "quorumcall/v1/agent_service.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"
#include "quorumcall/v1/routing_service.pb-c.h"

enum {
    REQUEST_ID_SIZE = 24,
    REF_SIZE = QC_LOAD_CLIENT_ID_SIZE + 24,
    NUMBER_SIZE = 16,
    NUMBERS_MAX = 500, /* In one request, as many as there may be. */
};

static char bench_pool[] = "bench";
static char reason[] = "pause";

static const char CONNECTOR[] = "pbx";
static const char CONTEXT_KEY[] = "note";

static int64_t wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void new_id(struct qc_lane *lane, char id_out[REQUEST_ID_SIZE])
{
    snprintf(id_out, REQUEST_ID_SIZE, "%" PRIu64, ++lane->ground->n_requests);
}

static ProtobufCMessage *read_as(struct qc_lane *lane,
                                 const ProtobufCMessageDescriptor *type,
                                 struct qc_bytes body)
{
    struct qc_codec_error error;
    ProtobufCMessage *message;

    return qc_decode(QC_FORMAT_PROTOBUF, type, body, &lane->arena, &message,
                     &error) == QC_CODEC_OK
               ? message
               : NULL;
}

/* --- W7 ------------------------------------------------------------------- */

static bool ask_put(struct qc_lane *lane, struct qc_bytes *body_out)
{
    Qc__V1__PutBranchRequest request = QC__V1__PUT_BRANCH_REQUEST__INIT;
    Qc__V1__Branch branch = QC__V1__BRANCH__INIT;
    char key[QC_LOAD_KEY_SIZE];
    char name[QC_LOAD_VALUE_SIZE];
    char id[REQUEST_ID_SIZE];

    qc_load_key(lane->key, key);
    qc_load_value(lane->operation, name);
    new_id(lane, id);
    branch.key = key;
    branch.name = name;
    request.branch = &branch;
    request.request_id = id;
    request.client_id = lane->ground->client_id;
    request.client_ts_ms = wall_ms();
    return qc_encode(QC_FORMAT_PROTOBUF, &request.base, &lane->arena, body_out);
}

/* The answer says what was written, and by this operation. */
static bool is_put(struct qc_lane *lane, struct qc_bytes body)
{
    const Qc__V1__PutBranchResponse *response =
        (const Qc__V1__PutBranchResponse *)read_as(
            lane, &qc__v1__put_branch_response__descriptor, body);
    char name[QC_LOAD_VALUE_SIZE];

    qc_load_value(lane->operation, name);
    return response != NULL && response->branch != NULL &&
           strcmp(response->branch->name, name) == 0;
}

static bool ask_get(struct qc_lane *lane, struct qc_bytes *body_out)
{
    Qc__V1__GetBranchRequest request = QC__V1__GET_BRANCH_REQUEST__INIT;
    char key[QC_LOAD_KEY_SIZE];

    qc_load_key(lane->key, key);
    request.key = key;
    return qc_encode(QC_FORMAT_PROTOBUF, &request.base, &lane->arena, body_out);
}

static bool is_found(struct qc_lane *lane, struct qc_bytes body)
{
    const Qc__V1__GetBranchResponse *response =
        (const Qc__V1__GetBranchResponse *)read_as(
            lane, &qc__v1__get_branch_response__descriptor, body);
    char key[QC_LOAD_KEY_SIZE];

    qc_load_key(lane->key, key);
    return response != NULL && response->branch != NULL &&
           strcmp(response->branch->key, key) == 0;
}

static bool ask_attach(struct qc_lane *lane, struct qc_bytes *body_out)
{
    Qc__V1__AttachContextRequest request = QC__V1__ATTACH_CONTEXT_REQUEST__INIT;
    Qc__V1__AttachContextRequest__ContextEntry entry =
        QC__V1__ATTACH_CONTEXT_REQUEST__CONTEXT_ENTRY__INIT;
    Qc__V1__AttachContextRequest__ContextEntry *entries[] = {&entry};
    char allocation[QC_LANE_ID_SIZE];
    char value[QC_LOAD_VALUE_SIZE];
    char id[REQUEST_ID_SIZE];

    snprintf(allocation, sizeof(allocation), "%s",
             lane->ground->ids[lane->key]);
    qc_load_value(lane->operation, value);
    new_id(lane, id);
    entry.key = CONTEXT_KEY;
    entry.value = value;
    request.allocation_id = allocation;
    request.n_context = 1;
    request.context = entries;
    request.request_id = id;
    request.client_id = lane->ground->client_id;
    request.client_ts_ms = wall_ms();
    return qc_encode(QC_FORMAT_PROTOBUF, &request.base, &lane->arena, body_out);
}

/* The answer says what was attached, and by this operation. */
static bool is_attached(struct qc_lane *lane, struct qc_bytes body)
{
    const Qc__V1__AttachContextResponse *response =
        (const Qc__V1__AttachContextResponse *)read_as(
            lane, &qc__v1__attach_context_response__descriptor, body);
    char value[QC_LOAD_VALUE_SIZE];

    qc_load_value(lane->operation, value);
    return response != NULL && response->allocation != NULL &&
           response->allocation->n_context == 1 &&
           strcmp(response->allocation->context[0]->value, value) == 0;
}

/* --- W1 ------------------------------------------------------------------- */

static bool ask_number(struct qc_lane *lane, struct qc_bytes *body_out)
{
    Qc__V1__AllocateNumberRequest request =
        QC__V1__ALLOCATE_NUMBER_REQUEST__INIT;
    char phone[QC_BENCH_PHONE_SIZE];
    char id[REQUEST_ID_SIZE];

    qc_bench_phone((uint32_t)(lane->operation % QC_BENCH_PHONES_MAX), phone);
    new_id(lane, id);
    request.subject = lane->ground->subject;
    request.customer_phone = phone;
    request.origin = QC__V1__ORIGIN__ORIGIN_WEB;
    request.request_id = id;
    request.client_id = lane->ground->client_id;
    request.client_ts_ms = wall_ms();
    return qc_encode(QC_FORMAT_PROTOBUF, &request.base, &lane->arena, body_out);
}

/* A number of its own: neither the fallback nor one that the visit has. */
static bool is_given(struct qc_lane *lane, struct qc_bytes body)
{
    const Qc__V1__AllocateNumberResponse *response =
        (const Qc__V1__AllocateNumberResponse *)read_as(
            lane, &qc__v1__allocate_number_response__descriptor, body);

    if (response == NULL || response->fallback || response->reused) {
        return false;
    }
    snprintf(lane->id, sizeof(lane->id), "%s", response->allocation_id);
    return lane->id[0] != '\0';
}

static bool ask_release(struct qc_lane *lane, struct qc_bytes *body_out)
{
    Qc__V1__ReleaseAllocationRequest request =
        QC__V1__RELEASE_ALLOCATION_REQUEST__INIT;
    char id[REQUEST_ID_SIZE];

    new_id(lane, id);
    request.allocation_id = lane->id;
    request.request_id = id;
    request.client_id = lane->ground->client_id;
    request.client_ts_ms = wall_ms();
    return qc_encode(QC_FORMAT_PROTOBUF, &request.base, &lane->arena, body_out);
}

static bool is_released(struct qc_lane *lane, struct qc_bytes body)
{
    return read_as(lane, &qc__v1__release_allocation_response__descriptor,
                   body) != NULL;
}

/* --- W2 ------------------------------------------------------------------- */

/* As many agents as lanes, and each lane has one contact at most: so one who is
 * idle is always there, and every contact is offered to somebody at once. */
static const char AGENT[] = "agent";
static const char CLERK[] = "clerk"; /* W5: to whom nothing is offered. */

static void agent_key(const char *prefix,
                      uint32_t agent,
                      char key_out[QC_LANE_ID_SIZE])
{
    snprintf(key_out, QC_LANE_ID_SIZE, "%s%04" PRIu32, prefix, agent);
}

static bool agent_read(const char *key, uint32_t n, uint32_t *agent_out)
{
    unsigned long agent;
    char *end;

    if (strncmp(key, AGENT, sizeof(AGENT) - 1) != 0) {
        return false;
    }
    agent = strtoul(key + sizeof(AGENT) - 1, &end, 10);
    *agent_out = (uint32_t)agent;
    return *end == '\0' && agent < n;
}

static bool ask_login_of(struct qc_lane *lane,
                         const char *prefix,
                         struct qc_bytes *body_out)
{
    Qc__V1__LoginRequest request = QC__V1__LOGIN_REQUEST__INIT;
    char agent[QC_LANE_ID_SIZE];
    char id[REQUEST_ID_SIZE];

    agent_key(prefix, lane->number, agent);
    new_id(lane, id);
    request.agent = agent;
    request.ready = true;
    request.request_id = id;
    request.client_id = lane->ground->client_id;
    request.client_ts_ms = wall_ms();
    return qc_encode(QC_FORMAT_PROTOBUF, &request.base, &lane->arena, body_out);
}

static bool ask_login(struct qc_lane *lane, struct qc_bytes *body_out)
{
    return ask_login_of(lane, AGENT, body_out);
}

static bool is_logged_in(struct qc_lane *lane, struct qc_bytes body)
{
    const Qc__V1__LoginResponse *response =
        (const Qc__V1__LoginResponse *)read_as(
            lane, &qc__v1__login_response__descriptor, body);

    if (response == NULL) {
        return false;
    }
    snprintf(lane->ground->sessions[lane->number], QC_LANE_ID_SIZE, "%s",
             response->session_id);
    return true;
}

static void contact_ref(const struct qc_lane *lane, char ref_out[REF_SIZE])
{
    snprintf(ref_out, REF_SIZE, "%s-%" PRIu64, lane->ground->client_id,
             lane->operation);
}

static bool ask_contact(struct qc_lane *lane, struct qc_bytes *body_out)
{
    Qc__V1__EnqueueInteractionRequest request =
        QC__V1__ENQUEUE_INTERACTION_REQUEST__INIT;
    char id[REQUEST_ID_SIZE];
    char ref[REF_SIZE];

    contact_ref(lane, ref);
    new_id(lane, id);
    request.media = QC__V1__MEDIA__MEDIA_VOICE;
    request.subject = lane->ground->subject;
    request.connector = CONNECTOR;
    request.ext_ref = ref;
    request.request_id = id;
    request.client_id = lane->ground->client_id;
    request.client_ts_ms = wall_ms();
    return qc_encode(QC_FORMAT_PROTOBUF, &request.base, &lane->arena, body_out);
}

static bool is_offered(struct qc_lane *lane, struct qc_bytes body)
{
    const Qc__V1__EnqueueInteractionResponse *response =
        (const Qc__V1__EnqueueInteractionResponse *)read_as(
            lane, &qc__v1__enqueue_interaction_response__descriptor, body);

    if (response == NULL || response->offer_id[0] == '\0') {
        return false;
    }
    snprintf(lane->id, sizeof(lane->id), "%s", response->offer_id);
    return agent_read(response->agent, lane->ground->n_lanes, &lane->agent);
}

static bool ask_accept(struct qc_lane *lane, struct qc_bytes *body_out)
{
    Qc__V1__AcceptOfferRequest request = QC__V1__ACCEPT_OFFER_REQUEST__INIT;
    char id[REQUEST_ID_SIZE];

    new_id(lane, id);
    request.offer_id = lane->id;
    request.session_id = lane->ground->sessions[lane->agent];
    request.request_id = id;
    request.client_id = lane->ground->client_id;
    request.client_ts_ms = wall_ms();
    return qc_encode(QC_FORMAT_PROTOBUF, &request.base, &lane->arena, body_out);
}

static bool is_accepted(struct qc_lane *lane, struct qc_bytes body)
{
    return read_as(lane, &qc__v1__accept_offer_response__descriptor, body) !=
           NULL;
}

static bool ask_end(struct qc_lane *lane, struct qc_bytes *body_out)
{
    Qc__V1__ReportCallEventRequest request =
        QC__V1__REPORT_CALL_EVENT_REQUEST__INIT;
    char id[REQUEST_ID_SIZE];
    char ref[REF_SIZE];

    contact_ref(lane, ref);
    new_id(lane, id);
    request.connector = CONNECTOR;
    request.ext_ref = ref;
    request.event = QC__V1__CALL_EVENT__CALL_EVENT_ENDED;
    request.event_seq = 1;
    request.request_id = id;
    request.client_id = lane->ground->client_id;
    request.client_ts_ms = wall_ms();
    return qc_encode(QC_FORMAT_PROTOBUF, &request.base, &lane->arena, body_out);
}

static bool is_ended(struct qc_lane *lane, struct qc_bytes body)
{
    const Qc__V1__ReportCallEventResponse *response =
        (const Qc__V1__ReportCallEventResponse *)read_as(
            lane, &qc__v1__report_call_event_response__descriptor, body);

    return response != NULL &&
           response->state ==
               QC__V1__INTERACTION_STATE__INTERACTION_STATE_CLOSED;
}

/* --- W5 ------------------------------------------------------------------- */

static bool ask_login_clerk(struct qc_lane *lane, struct qc_bytes *body_out)
{
    return ask_login_of(lane, CLERK, body_out);
}

static bool ask_state(struct qc_lane *lane,
                      Qc__V1__PresenceState state,
                      struct qc_bytes *body_out)
{
    Qc__V1__SetAgentStateRequest request =
        QC__V1__SET_AGENT_STATE_REQUEST__INIT;
    char agent[QC_LANE_ID_SIZE];
    char id[REQUEST_ID_SIZE];

    agent_key(CLERK, lane->number, agent);
    new_id(lane, id);
    request.agent = agent;
    request.state = state;
    if (state == QC__V1__PRESENCE_STATE__PRESENCE_STATE_NOT_READY) {
        request.reason = reason;
    }
    request.request_id = id;
    request.client_id = lane->ground->client_id;
    request.client_ts_ms = wall_ms();
    return qc_encode(QC_FORMAT_PROTOBUF, &request.base, &lane->arena, body_out);
}

static bool is_state(struct qc_lane *lane,
                     Qc__V1__PresenceState state,
                     struct qc_bytes body)
{
    const Qc__V1__SetAgentStateResponse *response =
        (const Qc__V1__SetAgentStateResponse *)read_as(
            lane, &qc__v1__set_agent_state_response__descriptor, body);

    return response != NULL && response->presence != NULL &&
           response->presence->state == state;
}

static bool ask_pause(struct qc_lane *lane, struct qc_bytes *body_out)
{
    return ask_state(lane, QC__V1__PRESENCE_STATE__PRESENCE_STATE_NOT_READY,
                     body_out);
}

static bool has_paused(struct qc_lane *lane, struct qc_bytes body)
{
    return is_state(lane, QC__V1__PRESENCE_STATE__PRESENCE_STATE_NOT_READY,
                    body);
}

static bool ask_return(struct qc_lane *lane, struct qc_bytes *body_out)
{
    return ask_state(lane, QC__V1__PRESENCE_STATE__PRESENCE_STATE_READY,
                     body_out);
}

static bool is_back(struct qc_lane *lane, struct qc_bytes body)
{
    return is_state(lane, QC__V1__PRESENCE_STATE__PRESENCE_STATE_READY, body);
}

/* --- W3 ------------------------------------------------------------------- */

/* Nobody is idle: it waits, and stays. */
static bool is_queued(struct qc_lane *lane, struct qc_bytes body)
{
    const Qc__V1__EnqueueInteractionResponse *response =
        (const Qc__V1__EnqueueInteractionResponse *)read_as(
            lane, &qc__v1__enqueue_interaction_response__descriptor, body);

    return response != NULL &&
           response->state ==
               QC__V1__INTERACTION_STATE__INTERACTION_STATE_QUEUED;
}

static bool ask_estimate(struct qc_lane *lane, struct qc_bytes *body_out)
{
    Qc__V1__GetEstimatedWaitRequest request =
        QC__V1__GET_ESTIMATED_WAIT_REQUEST__INIT;

    request.subject = lane->ground->subject;
    return qc_encode(QC_FORMAT_PROTOBUF, &request.base, &lane->arena, body_out);
}

/* Whoever comes now is the last of |n_keys| that wait and one. */
static bool is_estimated(struct qc_lane *lane, struct qc_bytes body)
{
    const Qc__V1__GetEstimatedWaitResponse *response =
        (const Qc__V1__GetEstimatedWaitResponse *)read_as(
            lane, &qc__v1__get_estimated_wait_response__descriptor, body);

    return response != NULL && response->wait != NULL &&
           response->wait->position == lane->ground->n_keys + 1;
}

/* --- W9 ------------------------------------------------------------------- */

/* +888 was for help in disasters and has been given back: nobody has them. */
static bool number_write(struct qc_arena *arena,
                         uint32_t key,
                         Qc__V1__ConfigItem **item_out)
{
    Qc__V1__ConfigItem *item = qc_arena_take(arena, sizeof(*item));
    Qc__V1__Number *number = qc_arena_take(arena, sizeof(*number));
    char *text = qc_arena_take(arena, NUMBER_SIZE);

    if (item == NULL || number == NULL || text == NULL) {
        return false;
    }
    snprintf(text, NUMBER_SIZE, "+888%011" PRIu32, key);
    qc__v1__number__init(number);
    number->number = text;
    number->pool = bench_pool;
    qc__v1__config_item__init(item);
    item->item_case = QC__V1__CONFIG_ITEM__ITEM_NUMBER;
    item->number = number;
    *item_out = item;
    return true;
}

static bool ask_numbers(struct qc_lane *lane, struct qc_bytes *body_out)
{
    Qc__V1__ImportConfigRequest request = QC__V1__IMPORT_CONFIG_REQUEST__INIT;
    Qc__V1__ConfigItem *items[NUMBERS_MAX];
    char id[REQUEST_ID_SIZE];
    uint32_t first;
    uint32_t n = qc_load_batch(lane, NUMBERS_MAX, &first);

    for (uint32_t i = 0; i < n; i++) {
        if (!number_write(&lane->arena, first + i, &items[i])) {
            return false;
        }
    }
    new_id(lane, id);
    request.items = items;
    request.n_items = n;
    request.request_id = id;
    request.client_id = lane->ground->client_id;
    request.client_ts_ms = wall_ms();
    return qc_encode(QC_FORMAT_PROTOBUF, &request.base, &lane->arena, body_out);
}

static bool are_numbers(struct qc_lane *lane, struct qc_bytes body)
{
    const Qc__V1__ImportConfigResponse *response =
        (const Qc__V1__ImportConfigResponse *)read_as(
            lane, &qc__v1__import_config_response__descriptor, body);
    uint32_t first;

    return response != NULL &&
           response->created == qc_load_batch(lane, NUMBERS_MAX, &first);
}

const struct qc_workload qc_workload_numbers = {
    .name = "numbers",
    .n_steps = 1,
    .steps = {{"/quorumcall.v1.AdminService/ImportConfig", ask_numbers,
               are_numbers}},
};

const struct qc_workload qc_workload_queue = {
    .name = "queue",
    .n_steps = 1,
    .steps = {{"/quorumcall.v1.RoutingService/EnqueueInteraction", ask_contact,
               is_queued}},
};

const struct qc_workload qc_workload_estimate = {
    .name = "estimate",
    .n_steps = 1,
    .steps = {{"/quorumcall.v1.NumberService/GetEstimatedWait", ask_estimate,
               is_estimated}},
};

const struct qc_workload qc_workload_contact = {
    .name = "contact",
    .prelude = {"/quorumcall.v1.AgentService/Login", ask_login, is_logged_in},
    .n_steps = 3,
    .steps = {{"/quorumcall.v1.RoutingService/EnqueueInteraction", ask_contact,
               is_offered},
              {"/quorumcall.v1.AgentService/AcceptOffer", ask_accept,
               is_accepted},
              {"/quorumcall.v1.RoutingService/ReportCallEvent", ask_end,
               is_ended}},
};

const struct qc_workload qc_workload_pause = {
    .name = "pause",
    .prelude = {"/quorumcall.v1.AgentService/Login", ask_login_clerk,
                is_logged_in},
    .n_steps = 2,
    .steps = {{"/quorumcall.v1.AgentService/SetAgentState", ask_pause,
               has_paused},
              {"/quorumcall.v1.AgentService/SetAgentState", ask_return,
               is_back}},
};

const struct qc_workload qc_workload_put = {
    .name = "put",
    .n_steps = 1,
    .steps = {{"/quorumcall.v1.AdminService/PutBranch", ask_put, is_put}},
};

const struct qc_workload qc_workload_get = {
    .name = "get",
    .n_steps = 1,
    .steps = {{"/quorumcall.v1.AdminService/GetBranch", ask_get, is_found}},
};

const struct qc_workload qc_workload_attach = {
    .name = "attach",
    .of_ids = true,
    .n_steps = 1,
    .steps = {{"/quorumcall.v1.NumberService/AttachContext", ask_attach,
               is_attached}},
};

const struct qc_workload qc_workload_take = {
    .name = "take",
    .n_steps = 1,
    .steps = {{"/quorumcall.v1.NumberService/AllocateNumber", ask_number,
               is_given}},
};

const struct qc_workload qc_workload_visit = {
    .name = "visit",
    .n_steps = 2,
    .steps = {{"/quorumcall.v1.NumberService/AllocateNumber", ask_number,
               is_given},
              {"/quorumcall.v1.NumberService/ReleaseAllocation", ask_release,
               is_released}},
};
