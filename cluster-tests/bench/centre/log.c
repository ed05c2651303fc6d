#include "cluster-tests/bench/centre/log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "codec/msgpack.h"
#include "command/apply.h"
#include "command/table.h"
#include "machine/member.h"
#include "machine/refusal.h"
#include "quorumcall/v1/cluster_service.pb-c.h"

enum {
    ARENA_SIZE = 256 * 1024 * 1024,
    FIELD_REQUEST_ID = 100,
    FIELD_CLIENT_TS = 102,
    FIELD_CLIENT_ID = 103,
};

#define START_MS INT64_C(1760000000000)

void centre_fail(const char *what, const char *why)
{
    fprintf(stderr, "qcbench-machine: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

void centre_log_open(struct centre_log *log)
{
    *log = (struct centre_log){.now_ms = START_MS};
    log->rows = centre_rows_new();
    qc_arena_init(&log->arena, ARENA_SIZE);
    if (qc_machine_open(&log->machine, centre_rows_store(log->rows)) != 0) {
        centre_fail("open", "fault");
    }
}

void centre_log_close(struct centre_log *log)
{
    qc_machine_close(&log->machine);
    qc_arena_done(&log->arena);
    centre_rows_free(log->rows);
}

void centre_log_begin(struct centre_log *log, int64_t later_ms)
{
    qc_arena_reset(&log->arena);
    log->now_ms += later_ms;
    log->n = 0;
}

static bool stands_beside(uint32_t number)
{
    return number == FIELD_REQUEST_ID || number == FIELD_CLIENT_ID;
}

static const char *new_request_id(struct centre_log *log)
{
    char *id = qc_arena_alloc(&log->arena, 32);

    assert(id != NULL);
    snprintf(id, 32, "request-%012llu", (unsigned long long)log->n_requests++);
    return id;
}

static const struct qc_method *method_of(const char *path)
{
    const struct qc_method *method = qc_method_of_path(path);

    if (method == NULL) {
        centre_fail(path, "no such method");
    }
    return method;
}

static void set_time(ProtobufCMessage *request, int64_t at_ms)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(request->descriptor,
                                                FIELD_CLIENT_TS);

    assert(field != NULL && field->type == PROTOBUF_C_TYPE_INT64);
    memcpy((uint8_t *)request + field->offset, &at_ms, sizeof(at_ms));
}

size_t centre_log_add(struct centre_log *log,
                      const char *path,
                      ProtobufCMessage *request)
{
    const struct qc_method *method = method_of(path);
    struct qc_command *command = &log->commands[log->n];
    struct qc_refusal_detail detail = {.field = NULL};
    XXH128_hash_t digest;

    assert(log->n < QC_ENTRY_COMMANDS_MAX);
    set_time(request, log->now_ms);
    if (method->check(request, &detail) != 0) {
        centre_fail(method->name, detail.field);
    }
    *command = (struct qc_command){
        .id = method->id,
        .tenant = method->cluster ? 0 : CENTRE_TENANT,
        .principal = method->roles == QC_ROLE_NODE ? "node" : "local",
        .client_id = "bench",
        .request_id = new_request_id(log),
    };
    if (!qc_msgpack_write_known(request, stands_beside, &log->arena,
                                &command->body)) {
        centre_fail(method->name, "no memory");
    }
    digest = XXH3_128bits_withSeed(command->body.data, command->body.size,
                                   method->id);
    memcpy(command->digest, &digest, sizeof(command->digest));
    log->methods[log->n] = method;
    return log->n++;
}

/* An answer's bytes live only while the entry does. */
static void keep(void *ctx,
                 const struct qc_command *command,
                 const struct qc_answer *answer)
{
    struct centre_log *log = ctx;
    uint8_t *mine;

    if (answer->refusal != 0) {
        const char *field = answer->detail.field;

        fprintf(stderr, "%s of %s, field %s\n",
                qc_refusal_name(answer->refusal),
                qc_method_of_id(command->id)->name, field != NULL ? field : "");
        centre_fail("a command", "was refused");
    }
    mine = qc_arena_alloc(&log->arena, answer->response.size + 1);
    assert(mine != NULL);
    if (answer->response.size > 0) {
        memcpy(mine, answer->response.data, answer->response.size);
    }
    log->answers[log->n++] = (struct qc_bytes){mine, answer->response.size};
}

void centre_log_apply(struct centre_log *log, struct centre_times *times)
{
    uint64_t log_index = log->machine.applied_index + 1;
    XXH128_hash_t dice = XXH3_128bits(&log_index, sizeof(log_index));
    struct qc_entry entry = {
        .at_ms = log->now_ms,
        .commands = log->commands,
        .n_commands = log->n,
    };
    struct qc_bytes bytes;
    uint64_t began_ns;
    int r;

    memcpy(entry.entropy, &dice, sizeof(entry.entropy));
    if (qc_entry_write(&entry, &log->arena, &bytes) != 0) {
        centre_fail("an entry", "was not written");
    }
    log->n = 0;
    began_ns = centre_times_now_ns();
    r = qc_entry_apply(&log->machine, log_index, bytes, keep, log);
    if (times != NULL) {
        centre_times_add(times, centre_times_now_ns() - began_ns,
                         entry.n_commands);
    }
    if (r != 0) {
        centre_fail("an entry", "was not applied");
    }
}

const void *centre_log_answer(struct centre_log *log, size_t nth)
{
    struct qc_codec_error error;
    ProtobufCMessage *response;

    assert(nth < log->n);
    if (qc_msgpack_read(log->methods[nth]->response, log->answers[nth],
                        &log->arena, &response, &error) != QC_CODEC_OK) {
        centre_fail(log->methods[nth]->name, "its answer cannot be read");
    }
    return response;
}

const void *centre_log_query(struct centre_log *log,
                             const char *path,
                             const ProtobufCMessage *request)
{
    struct qc_caller caller = {.tenant = CENTRE_TENANT, .principal = "local"};
    struct qc_query_result result;

    if (qc_query_run(&log->machine, method_of(path), &caller, request,
                     &log->arena, &result) != 0) {
        centre_fail(path, "was refused");
    }
    return result.response;
}

void centre_log_found(struct centre_log *log)
{
    static const struct qc_member only = {1, "node1:7400", true};
    Qc__V1__ReportNodeRequest report = QC__V1__REPORT_NODE_REQUEST__INIT;

    if (qc_entry_configure(&log->machine, log->machine.applied_index + 1, &only,
                           1) != 0) {
        centre_fail("a configuration", "was not applied");
    }
    report.node_id = 1;
    report.version_max = QC_CLUSTER_VERSION_MAX;
    report.release = "bench";
    centre_log_begin(log, 1);
    centre_log_add(log, "/quorumcall.v1.ClusterService/ReportNode",
                   &report.base);
    centre_log_apply(log, NULL);
}
