/* What Quorumcall is asked. Every request has an id of its own, so that no
 * answer is a stored one. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cluster-tests/bench/load/workload.h"
#include "cluster-tests/bench/phones.h"
#include "codec/codec.h"
#include "quorumcall/v1/admin_service.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"

enum {
    REQUEST_ID_SIZE = 24
};

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

const struct qc_workload qc_workload_visit = {
    .name = "visit",
    .n_steps = 2,
    .steps = {{"/quorumcall.v1.NumberService/AllocateNumber", ask_number,
               is_given},
              {"/quorumcall.v1.NumberService/ReleaseAllocation", ask_release,
               is_released}},
};
