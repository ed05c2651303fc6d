#include "cluster-tests/sim/questions.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cluster-tests/sim/contacts.h"
#include "cluster-tests/sim/workload.h"
#include "quorumcall/v1/cluster_service.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"
#include "quorumcall/v1/routing_service.pb-c.h"

#define DNIS        QC__V1__MATCH_MODE__MATCH_MODE_DNIS
#define DNIS_ANI    QC__V1__MATCH_MODE__MATCH_MODE_DNIS_ANI
#define ACCESS_CODE QC__V1__MATCH_MODE__MATCH_MODE_ACCESS_CODE

enum {
    OPERATOR = 9000, /* The client that changes members. */
};

static const Qc__V1__MatchMode modes[] = {DNIS, DNIS_ANI, ACCESS_CODE};

/* --- its visitors --------------------------------------------------------- */

static void any_phone(const struct sim_world *world,
                      struct sim_random *random,
                      char text_out[SIM_NUMBER_SIZE])
{
    (void)snprintf(text_out, SIM_NUMBER_SIZE, "+447700900%03d",
                   (int)sim_random_below(random, (uint64_t)world->plan.phones) %
                       1000);
}

struct sim_request *sim_question_allocate(struct sim_world *world,
                                          struct sim_random *random,
                                          uint64_t client)
{
    Qc__V1__AllocateNumberRequest request =
        QC__V1__ALLOCATE_NUMBER_REQUEST__INIT;
    const struct sim_visit *again = NULL;
    char phone[SIM_NUMBER_SIZE];
    uint8_t token[SIM_TOKEN_SIZE];

    if (sim_random_chance(random, world->plan.token_ppm)) {
        again = sim_visits_any(sim_workload_visits(world), random);
    }
    any_phone(world, random, phone);
    request.subject = "sales";
    request.origin = QC__V1__ORIGIN__ORIGIN_WEB;
    request.mode = modes[sim_random_below(random, 3)];
    request.customer_phone = phone;
    if (again != NULL) {
        request.mode = again->mode;
        request.customer_phone = again->phone;
        memcpy(token, again->token, sizeof(token));
        request.visit_token = (ProtobufCBinaryData){sizeof(token), token};
    }
    return sim_requests_add(world, "NumberService/AllocateNumber",
                            &request.base, client);
}

static struct sim_request *attach(struct sim_world *world,
                                  struct sim_random *random,
                                  const struct sim_visit *visit,
                                  uint64_t client)
{
    Qc__V1__AttachContextRequest request = QC__V1__ATTACH_CONTEXT_REQUEST__INIT;
    Qc__V1__AttachContextRequest__ContextEntry pair =
        QC__V1__ATTACH_CONTEXT_REQUEST__CONTEXT_ENTRY__INIT;
    Qc__V1__AttachContextRequest__ContextEntry *pairs[] = {&pair};
    char value[24];

    (void)snprintf(value, sizeof(value), "%d",
                   (int)sim_random_below(random, 1000));
    pair.key = "basket";
    pair.value = value;
    request.allocation_id = visit->allocation_id;
    request.context = pairs;
    request.n_context = 1;
    return sim_requests_add(world, "NumberService/AttachContext", &request.base,
                            client);
}

static struct sim_request *refresh(struct sim_world *world,
                                   const struct sim_visit *visit,
                                   uint64_t client)
{
    Qc__V1__RefreshAllocationRequest request =
        QC__V1__REFRESH_ALLOCATION_REQUEST__INIT;

    request.allocation_id = visit->allocation_id;
    return sim_requests_add(world, "NumberService/RefreshAllocation",
                            &request.base, client);
}

static struct sim_request *release(struct sim_world *world,
                                   const struct sim_visit *visit,
                                   uint64_t client)
{
    Qc__V1__ReleaseAllocationRequest request =
        QC__V1__RELEASE_ALLOCATION_REQUEST__INIT;

    request.allocation_id = visit->allocation_id;
    return sim_requests_add(world, "NumberService/ReleaseAllocation",
                            &request.base, client);
}

/* --- its telephone network ------------------------------------------------ */

/* Of the visitor, mostly; of somebody else; or of nobody that can be seen. */
static void any_caller(const struct sim_world *world,
                       struct sim_random *random,
                       const struct sim_visit *visit,
                       char text_out[SIM_NUMBER_SIZE])
{
    if (sim_random_below(random, 4) > 0) {
        memcpy(text_out, visit->phone, SIM_NUMBER_SIZE);
    } else if (sim_random_below(random, 4) > 0) {
        any_phone(world, random, text_out);
    } else {
        text_out[0] = '\0';
    }
}

static struct sim_request *call(struct sim_world *world,
                                struct sim_random *random,
                                const struct sim_visit *visit,
                                uint64_t client)
{
    Qc__V1__MatchCallRequest request = QC__V1__MATCH_CALL_REQUEST__INIT;
    Qc__V1__MatchCallRequest__SipEntry header =
        QC__V1__MATCH_CALL_REQUEST__SIP_ENTRY__INIT;
    Qc__V1__MatchCallRequest__SipEntry *headers[] = {&header};
    char ani[SIM_NUMBER_SIZE];
    char ext_ref[24];

    any_caller(world, random, visit, ani);
    (void)snprintf(ext_ref, sizeof(ext_ref), "x%" PRIu64,
                   sim_requests_n(world->requests));
    header.key = "code";
    header.value = visit->code;
    request.dnis = visit->number;
    request.ani = ani;
    request.connector = "pbx";
    request.ext_ref = ext_ref;
    if (visit->mode == ACCESS_CODE) {
        request.sip = headers;
        request.n_sip = 1;
        if (sim_random_below(random, 2) == 0) {
            request.code = visit->code;
        }
    }
    return sim_requests_add(world, "NumberService/MatchCall", &request.base,
                            client);
}

static struct sim_request *hang_up(struct sim_world *world,
                                   const char *ext_ref,
                                   uint64_t client)
{
    Qc__V1__ReportCallEventRequest request =
        QC__V1__REPORT_CALL_EVENT_REQUEST__INIT;

    request.connector = "pbx";
    request.ext_ref = ext_ref;
    request.event = QC__V1__CALL_EVENT__CALL_EVENT_CALLER_HUNG_UP;
    request.event_seq = sim_requests_n(world->requests);
    return sim_requests_add(world, "RoutingService/ReportCallEvent",
                            &request.base, client);
}

static struct sim_request *enter_code(struct sim_world *world,
                                      struct sim_random *random,
                                      uint64_t client)
{
    Qc__V1__SubmitDigitsRequest request = QC__V1__SUBMIT_DIGITS_REQUEST__INIT;
    const char *code = "";
    const char *interaction_id =
        sim_visits_any_asked(sim_workload_visits(world), random, &code);

    if (interaction_id == NULL) {
        return NULL;
    }
    request.interaction_id = interaction_id;
    request.digits = sim_random_below(random, 20) > 0 ? code : "000000";
    request.timed_out = request.digits[0] == '\0';
    return sim_requests_add(world, "NumberService/SubmitDigits", &request.base,
                            client);
}

static struct sim_request *about_a_call(struct sim_world *world,
                                        struct sim_random *random,
                                        const struct sim_visit *visit,
                                        uint64_t client)
{
    struct sim_request *request = NULL;
    const char *ext_ref = NULL;

    switch (sim_random_below(random, 5)) {
    case 0:
    case 1:
        ext_ref = sim_visits_any_call(sim_workload_visits(world), random);
        break;
    case 2:
        request = enter_code(world, random, client);
        break;
    default:
        break;
    }
    if (ext_ref != NULL) {
        return hang_up(world, ext_ref, client);
    }
    return request != NULL ? request : call(world, random, visit, client);
}

struct sim_request *sim_question_any(struct sim_world *world,
                                     struct sim_random *random,
                                     uint64_t client)
{
    const struct sim_visit *visit =
        sim_visits_any(sim_workload_visits(world), random);

    if (world->plan.agents > 0 &&
        sim_random_chance(random, world->plan.desk_ppm)) {
        return sim_contacts_any(world, random, client);
    }
    if (visit == NULL) {
        return sim_question_allocate(world, random, client);
    }
    if (sim_random_chance(random, world->plan.call_ppm)) {
        return about_a_call(world, random, visit, client);
    }
    switch (sim_random_below(random, 8)) {
    case 0:
        return attach(world, random, visit, client);
    case 1:
        return refresh(world, visit, client);
    case 2:
    case 3:
        return release(world, visit, client);
    default:
        return sim_question_allocate(world, random, client);
    }
}

/* --- its operators -------------------------------------------------------- */

struct sim_request *sim_question_add_member(struct sim_world *world,
                                            const struct sim_node *node,
                                            bool standby)
{
    Qc__V1__AddMemberRequest request = QC__V1__ADD_MEMBER_REQUEST__INIT;

    request.node_id = node->id;
    request.address = node->address;
    request.standby = standby;
    return sim_requests_add(world, "ClusterService/AddMember", &request.base,
                            OPERATOR);
}

struct sim_request *sim_question_promote_member(struct sim_world *world,
                                                unsigned id)
{
    Qc__V1__PromoteMemberRequest request = QC__V1__PROMOTE_MEMBER_REQUEST__INIT;

    request.node_id = id;
    return sim_requests_add(world, "ClusterService/PromoteMember",
                            &request.base, OPERATOR);
}

struct sim_request *sim_question_remove_member(struct sim_world *world,
                                               unsigned id)
{
    Qc__V1__RemoveMemberRequest request = QC__V1__REMOVE_MEMBER_REQUEST__INIT;

    request.node_id = id;
    return sim_requests_add(world, "ClusterService/RemoveMember", &request.base,
                            OPERATOR);
}
