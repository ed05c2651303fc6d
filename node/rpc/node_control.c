/* ClusterService, as far as it asks something of this node itself. */
#include <string.h>

#include "codec/message.h"
#include "machine/machine.h"
#include "quorumcall/v1/cluster_service.pb-c.h"
#include "rpc/request.h"

enum {
    RELOAD_TEXT_SIZE = 1024,
};

/* Fills the answer. False when the call has ended instead. */
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

static bool read_checkpoint(struct qc_request *request,
                            ProtobufCMessage *response)
{
    const struct qc_checkpoints *checkpoints =
        &request->rpc->options.checkpoints;
    const Qc__V1__ReadCheckpointRequest *asked =
        (const Qc__V1__ReadCheckpointRequest *)request->message;
    const struct qc_part part = {
        .index = asked->index,
        .file = asked->file,
        .offset = asked->offset,
        .size = asked->size,
    };
    struct qc_bytes data;
    int r = checkpoints->read(checkpoints->ctx, &part, &data);

    if (r > 0) {
        return qc_request_fail(request, QC_STATUS_NOT_FOUND, "NOT_FOUND",
                               "there is no such checkpoint any more, or no "
                               "such file in it: begin with the newest");
    }
    if (r == 0) {
        qc_replica_note_backup(request->rpc->replica, part.index);
    }
    return is_done(request, r) &&
           copy(request, data,
                &((Qc__V1__ReadCheckpointResponse *)response)->data);
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
