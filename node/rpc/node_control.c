/* What is asked of this node itself. */
#include <stdlib.h>
#include <string.h>

#include "codec/message.h"
#include "machine/machine.h"
#include "quorumcall/v1/cluster_service.pb-c.h"
#include "rpc/request.h"

enum {
    RELOAD_TEXT_SIZE = 1024,
};

/* Fills the answer. False when the call has ended instead, or is answered
 * later. */
typedef bool (*answer_fn)(struct qc_request *request,
                          ProtobufCMessage *response);

/* What a function of the replica said that may fail. */
static bool is_done(struct qc_request *request, int r)
{
    return r == 0 || qc_request_fail_fault(request, r);
}

static bool get_status(struct qc_request *request, ProtobufCMessage *response)
{
    return qc_node_status(request->rpc, request->message, &request->arena,
                          response) ||
           qc_request_fail_memory(request);
}

static bool step_down(struct qc_request *request, ProtobufCMessage *response)
{
    const Qc__V1__StepDownRequest *asked =
        (const Qc__V1__StepDownRequest *)request->message;
    int r = qc_replica_step_down(request->rpc->replica, asked->to_node_id);

    (void)response;
    if (r > 0) {
        return qc_request_fail(request, QC_STATUS_FAILED_PRECONDITION,
                               "NOT_LEADING",
                               "nothing was done: this node does not lead, or "
                               "the other one is no other voter");
    }
    return is_done(request, r);
}

static bool set_drain(struct qc_request *request, ProtobufCMessage *response)
{
    const Qc__V1__SetDrainRequest *asked =
        (const Qc__V1__SetDrainRequest *)request->message;

    (void)response;
    return request->rpc->options.set_drain(request->rpc->options.ctx,
                                           asked->drain) ||
           qc_request_fail(request, QC_STATUS_FAILED_PRECONDITION, "STOPPING",
                           "nothing was done: the node was told to stop, and "
                           "that is not taken back");
}

static bool reload_config(struct qc_request *request,
                          ProtobufCMessage *response)
{
    const struct qc_rpc_options *options = &request->rpc->options;
    char text[RELOAD_TEXT_SIZE];

    return options->reload(options->ctx, &request->arena,
                           (Qc__V1__ReloadConfigResponse *)response, text,
                           sizeof(text)) ||
           qc_request_fail(request, QC_STATUS_FAILED_PRECONDITION, "CONFIG",
                           text);
}

static bool take_checkpoint(struct qc_request *request,
                            ProtobufCMessage *response)
{
    Qc__V1__TakeCheckpointResponse *answer =
        (Qc__V1__TakeCheckpointResponse *)response;

    answer->applied_index = request->rpc->options.machine->applied_index;
    return is_done(request, qc_replica_take_checkpoint(request->rpc->replica));
}

static bool copy(struct qc_request *request,
                 struct qc_bytes bytes,
                 ProtobufCBinaryData *to)
{
    uint8_t *data = qc_arena_alloc(&request->arena, bytes.size);

    if (data == NULL) {
        return qc_request_fail_memory(request);
    }
    memcpy(data, bytes.data, bytes.size);
    *to = (ProtobufCBinaryData){bytes.size, data};
    return true;
}

static bool get_checkpoint(struct qc_request *request,
                           ProtobufCMessage *response)
{
    const struct qc_rpc_options *options = &request->rpc->options;
    struct qc_bytes manifest = options->manifest(options->ctx);

    return manifest.size == 0 ||
           copy(request, manifest,
                &((Qc__V1__GetCheckpointResponse *)response)->manifest);
}

/* A part that a caller waits for. */
struct qc_part_wanted {
    struct qc_part_reading reading; /* First. */
    struct qc_request *request;     /* NULL: the caller has gone. */
    Qc__V1__ReadCheckpointResponse *response;
    char file[];
};

void qc_part_forget(struct qc_part_wanted *part)
{
    part->request = NULL;
}

static void answer_part(struct qc_request *request,
                        Qc__V1__ReadCheckpointResponse *response,
                        struct qc_bytes data)
{
    if (copy(request, data, &response->data)) {
        qc_request_answer(request, &response->base);
    }
}

static int part_read(struct qc_part_reading *reading,
                     enum qc_part_end end,
                     struct qc_bytes data)
{
    struct qc_part_wanted *part = (struct qc_part_wanted *)reading;
    struct qc_request *request = part->request;

    if (request != NULL) {
        request->part = NULL;
        switch (end) {
        case QC_PART_READ:
            qc_replica_note_backup(request->rpc->replica, reading->part.index);
            answer_part(request, part->response, data);
            break;
        case QC_PART_MISSING:
            qc_request_fail(request, QC_STATUS_NOT_FOUND, "NOT_FOUND",
                            "there is no such checkpoint any more, or no such "
                            "file in it: begin with the newest");
            break;
        case QC_PART_DROPPED:
            qc_request_fail(request, QC_STATUS_UNAVAILABLE, "STOPPING",
                            "the node stops: ask another");
            break;
        }
    }
    free(part);
    return 0;
}

/* It is answered when the part has been read. */
static bool read_checkpoint(struct qc_request *request,
                            ProtobufCMessage *response)
{
    const struct qc_checkpoints *checkpoints =
        &request->rpc->options.checkpoints;
    const Qc__V1__ReadCheckpointRequest *asked =
        (const Qc__V1__ReadCheckpointRequest *)request->message;
    size_t name_size = strlen(asked->file) + 1;
    struct qc_part_wanted *part = malloc(sizeof(*part) + name_size);

    if (part == NULL) {
        return qc_request_fail_memory(request);
    }
    *part = (struct qc_part_wanted){
        .reading.part = {.index = asked->index,
                         .file = part->file,
                         .offset = asked->offset,
                         .size = asked->size},
        .reading.done = part_read,
        .request = request,
        .response = (Qc__V1__ReadCheckpointResponse *)response,
    };
    memcpy(part->file, asked->file, name_size);
    if (!checkpoints->read(checkpoints->ctx, &part->reading)) {
        free(part);
        return qc_request_fail_outcome(request, QC_OUTCOME_OVERLOADED);
    }
    request->part = part;
    return false;
}

/* It is answered when there is an offer, or time is over. */
static bool wait_for_offer(struct qc_request *request,
                           ProtobufCMessage *response)
{
    (void)response;
    qc_desk_begin(request);
    return false;
}

static const struct {
    const char *name;
    answer_fn answer;
} ANSWERS[] = {
    {"GetStatus", get_status},
    {"StepDown", step_down},
    {"SetDrain", set_drain},
    {"ReloadConfig", reload_config},
    {"TakeCheckpoint", take_checkpoint},
    {"GetCheckpoint", get_checkpoint},
    {"ReadCheckpoint", read_checkpoint},
    {"WaitForOffer", wait_for_offer},
};

void qc_node_answer(struct qc_request *request)
{
    ProtobufCMessage *response =
        qc_message_new(request->method->response, &request->arena);

    if (response == NULL) {
        qc_request_fail_memory(request);
        return;
    }
    for (size_t i = 0; i < sizeof(ANSWERS) / sizeof(ANSWERS[0]); i++) {
        if (strcmp(request->method->name, ANSWERS[i].name) == 0) {
            if (ANSWERS[i].answer(request, response)) {
                qc_request_answer(request, response);
            }
            return;
        }
    }
    qc_request_fail(request, QC_STATUS_UNIMPLEMENTED, "UNIMPLEMENTED",
                    "this node does not know it");
}
