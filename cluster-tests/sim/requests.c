#include "cluster-tests/sim/requests.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/arena.h"
#include "cluster-tests/sim/desks.h"
#include "cluster-tests/sim/visits.h"
#include "cluster-tests/sim/workload.h"
#include "codec/message.h"
#include "codec/msgpack.h"

enum {
    FIELD_REQUEST_ID = 100,
    FIELD_CLIENT_TS = 102,
    FIELD_CLIENT_ID = 103,
    ARENA_SIZE = 1024 * 1024,
};

struct sim_requests {
    struct sim_request **all; /* By number - 1. */
    size_t n;
    size_t capacity;
};

struct sim_requests *sim_requests_new(void)
{
    struct sim_requests *requests = calloc(1, sizeof(*requests));

    assert(requests != NULL);
    return requests;
}

void sim_requests_free(struct sim_requests *requests)
{
    for (size_t i = 0; i < requests->n; i++) {
        free((void *)(uintptr_t)requests->all[i]->command.body.data);
        free(requests->all[i]);
    }
    free(requests->all);
    free(requests);
}

static bool stands_beside(uint32_t number)
{
    return number == FIELD_REQUEST_ID || number == FIELD_CLIENT_ID;
}

static bool is_envelope(uint32_t number)
{
    return number >= FIELD_REQUEST_ID && number <= FIELD_CLIENT_ID;
}

static void set_time(ProtobufCMessage *message, int64_t ms)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(message->descriptor,
                                                FIELD_CLIENT_TS);

    if (field != NULL) {
        memcpy((char *)message + field->offset, &ms, sizeof(ms));
    }
}

/* As the edge makes a command of a request (rpc/request.c). */
static void encode(struct sim_request *request, const ProtobufCMessage *message)
{
    struct qc_command *command = &request->command;
    struct qc_bytes bytes;
    struct qc_arena arena;
    XXH128_hash_t digest;
    uint8_t *copy;
    bool written;

    qc_arena_init(&arena, ARENA_SIZE);
    written = qc_msgpack_write_known(message, is_envelope, &arena, &bytes);
    assert(written);
    digest = XXH3_128bits_withSeed(bytes.data, bytes.size, request->method->id);
    memcpy(command->digest, &digest, sizeof(command->digest));
    written = qc_msgpack_write_known(message, stands_beside, &arena, &bytes);
    assert(written);
    copy = malloc(bytes.size + 1);
    assert(copy != NULL);
    memcpy(copy, bytes.data, bytes.size);
    command->body = (struct qc_bytes){copy, bytes.size};
    qc_arena_done(&arena);
}

struct sim_request *sim_requests_add(struct sim_world *world,
                                     const char *method,
                                     ProtobufCMessage *message,
                                     uint64_t client)
{
    struct sim_requests *requests = world->requests;
    struct sim_request *request = calloc(1, sizeof(*request));
    char path[128];

    assert(request != NULL);
    if (requests->n == requests->capacity) {
        requests->capacity = 2 * requests->capacity + 256;
        requests->all =
            realloc(requests->all, requests->capacity * sizeof(*requests->all));
        assert(requests->all != NULL);
    }
    requests->all[requests->n++] = request;
    request->number = requests->n;
    (void)snprintf(path, sizeof(path), "/quorumcall.v1.%s", method);
    request->method = qc_method_of_path(path);
    assert(request->method != NULL);
    (void)snprintf(request->request_id, sizeof(request->request_id),
                   "r%" PRIu64, request->number);
    (void)snprintf(request->client_id, sizeof(request->client_id), "c%" PRIu64,
                   client);
    request->command = (struct qc_command){
        .id = request->method->id,
        .tenant = request->method->cluster ? 0 : 1,
        .principal = "local",
        .client_id = request->client_id,
        .request_id = request->request_id,
    };
    set_time(message, SIM_WALL_MS + world->now_us / 1000);
    encode(request, message);
    return request;
}

struct sim_request *sim_requests_at(struct sim_requests *requests,
                                    uint64_t number)
{
    return number >= 1 && number <= requests->n ? requests->all[number - 1]
                                                : NULL;
}

uint64_t sim_requests_n(const struct sim_requests *requests)
{
    return requests->n;
}

struct sim_request *sim_requests_find(struct sim_requests *requests,
                                      const struct qc_command *command)
{
    if (command->client_id[0] != 'c' || command->request_id[0] != 'r') {
        return NULL;
    }
    return sim_requests_at(requests,
                           strtoull(command->request_id + 1, NULL, 10));
}

ProtobufCMessage *sim_requests_read(const ProtobufCMessageDescriptor *type,
                                    struct qc_bytes bytes,
                                    struct qc_arena *arena)
{
    struct qc_codec_error error;
    ProtobufCMessage *message = NULL;
    enum qc_codec_answer r =
        qc_msgpack_read(type, bytes, arena, &message, &error);

    assert(r == QC_CODEC_OK);
    return message;
}

uint64_t sim_answer_digest(const struct qc_answer *answer)
{
    const char *field =
        answer->detail.field != NULL ? answer->detail.field : "";
    const char *text = answer->detail.text != NULL ? answer->detail.text : "";
    uint64_t digest =
        XXH3_64bits_withSeed(answer->response.data, answer->response.size,
                             (uint64_t)answer->refusal);

    digest = XXH3_64bits_withSeed(field, strlen(field), digest);
    return XXH3_64bits_withSeed(text, strlen(text), digest);
}

/* Such an answer is never stored: the request was not looked at. */
static bool is_turned_away(int refusal)
{
    return refusal == QC_REFUSED_CLIENT_CLOCK_AHEAD ||
           refusal == QC_REFUSED_REQUEST_TOO_OLD ||
           refusal == QC_REFUSED_IDEMPOTENCY_KEY_REUSED;
}

static void done_first(struct sim_world *world,
                       struct sim_request *request,
                       uint64_t index,
                       const struct qc_answer *answer)
{
    if (answer->replayed) {
        sim_violated(SIM_SAME_ANSWER,
                     "request r%" PRIu64 ", new in entry %" PRIu64
                     ", is given the answer of another one",
                     request->number, index);
    }
    if (request->n_open + request->n_unknown == 0) {
        sim_violated(SIM_REFUSAL_HAS_NO_EFFECT,
                     "request r%" PRIu64 " is done in entry %" PRIu64
                     ", though its callers were told that it is not",
                     request->number, index);
    }
    request->done_index = index;
    request->answer = sim_answer_digest(answer);
    sim_result.n_commands++;
    sim_visits_done(sim_workload_visits(world), request, answer);
    sim_desks_done(sim_workload_desks(world), request, answer);
}

static void done_again(const struct sim_request *request,
                       uint64_t index,
                       const struct qc_answer *answer)
{
    if (!answer->replayed) {
        sim_violated(request->is_acknowledged ? SIM_SAME_ANSWER : SIM_ONCE,
                     "request r%" PRIu64 " of entry %" PRIu64
                     " is done again in entry %" PRIu64,
                     request->number, request->done_index, index);
    } else if (request->answer != sim_answer_digest(answer)) {
        sim_violated(SIM_SAME_ANSWER,
                     "request r%" PRIu64 " has another answer in entry %" PRIu64
                     " than in entry %" PRIu64,
                     request->number, index, request->done_index);
    }
}

void sim_requests_answered(struct sim_world *world,
                           uint64_t index,
                           const struct qc_command *command,
                           const struct qc_answer *answer)
{
    struct sim_request *request = sim_requests_find(world->requests, command);

    if (request == NULL || is_turned_away(answer->refusal)) {
        return;
    }
    if (qc_method_of_id(command->id) == NULL) {
        sim_violated(SIM_VERSIONS,
                     "command %" PRIu32 ", which nobody knows, is answered",
                     command->id);
        return;
    }
    if (request->done_index == 0) {
        done_first(world, request, index, answer);
    } else {
        done_again(request, index, answer);
    }
}

void sim_requests_check_end(const struct sim_requests *requests)
{
    for (size_t i = 0; i < requests->n; i++) {
        const struct sim_request *request = requests->all[i];

        if (request->n_open != 0) {
            sim_violated(SIM_ANSWERED_IN_TIME,
                         "request r%" PRIu64 " is never answered",
                         request->number);
        }
        if (request->is_acknowledged && request->done_index == 0) {
            sim_violated(SIM_ACKNOWLEDGED_SURVIVES,
                         "request r%" PRIu64
                         " was acknowledged and is not in the log",
                         request->number);
        }
    }
}
