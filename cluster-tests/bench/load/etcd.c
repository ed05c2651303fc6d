/*
 * etcd's KV service (etcdserverpb/rpc.proto): Put of PutRequest {bytes key = 1;
 * bytes value = 2}, and Range of RangeRequest {bytes key = 1}, which is
 * linearizable unless |serializable| is set. RangeResponse {ResponseHeader
 * header = 1; repeated KeyValue kvs = 2; bool more = 3; int64 count = 4}. To
 * fill it: Txn of TxnRequest {repeated RequestOp success = 2}, where RequestOp
 * { PutRequest request_put = 2}; TxnResponse begins as the others do, and bool
 * succeeded = 2 says that |success| was done.
 */
#include <stdint.h>
#include <string.h>

#include "cluster-tests/bench/load/workload.h"

enum {
    TAG_KEY = 1 << 3 | 2,
    TAG_VALUE = 2 << 3 | 2,
    TAG_KVS = 2 << 3 | 2,
    TAG_HEADER = 1 << 3 | 2,
    TAG_SUCCESS = 2 << 3 | 2,
    TAG_REQUEST_PUT = 2 << 3 | 2,
    TAG_SUCCEEDED = 2 << 3,
    LENGTH_SIZE_MAX = 2,
    SEVEN_BITS = 127,
    PUTS_MAX = 128, /* In a transaction, as etcd has it by default. */
    PUT_SIZE_MAX = 4 * (1 + LENGTH_SIZE_MAX) + QC_LOAD_KEY_SIZE +
                   QC_LOAD_RECORD_VALUE_SIZE,
};

/* What begins a field of |size| bytes, of less than 16 KiB. */
static uint8_t *field_begin(uint8_t *at, uint8_t tag, size_t size)
{
    *at++ = tag;
    if (size > SEVEN_BITS) {
        *at++ = (uint8_t)((size & SEVEN_BITS) | (SEVEN_BITS + 1));
        *at++ = (uint8_t)(size >> 7);
    } else {
        *at++ = (uint8_t)size;
    }
    return at;
}

static uint8_t *field_write(uint8_t *at, uint8_t tag, const char *value)
{
    size_t size = strlen(value);

    at = field_begin(at, tag, size);
    memcpy(at, value, size);
    return at + size;
}

static bool ask(struct qc_lane *lane,
                bool with_value,
                struct qc_bytes *body_out)
{
    char key[QC_LOAD_KEY_SIZE];
    char value[QC_LOAD_VALUE_SIZE];
    uint8_t *body =
        qc_arena_take(&lane->arena, 2 * (1 + LENGTH_SIZE_MAX) +
                                        QC_LOAD_KEY_SIZE + QC_LOAD_VALUE_SIZE);
    uint8_t *at;

    if (body == NULL) {
        return false;
    }
    qc_load_key(lane->key, key);
    at = field_write(body, TAG_KEY, key);
    if (with_value) {
        qc_load_value(lane->operation, value);
        at = field_write(at, TAG_VALUE, value);
    }
    *body_out = (struct qc_bytes){body, (size_t)(at - body)};
    return true;
}

static bool ask_put(struct qc_lane *lane, struct qc_bytes *body_out)
{
    return ask(lane, true, body_out);
}

static bool ask_range(struct qc_lane *lane, struct qc_bytes *body_out)
{
    return ask(lane, false, body_out);
}

/* Puts one record, as an operation of a transaction. */
static uint8_t *operation_write(uint8_t *at, uint32_t key)
{
    char text[QC_LOAD_KEY_SIZE];
    char value[QC_LOAD_RECORD_VALUE_SIZE];
    uint8_t put[PUT_SIZE_MAX];
    uint8_t head[1 + LENGTH_SIZE_MAX];
    uint8_t *end;
    size_t put_size;
    size_t head_size;

    qc_load_key(key, text);
    qc_load_record_value(key, value);
    end = field_write(put, TAG_KEY, text);
    end = field_write(end, TAG_VALUE, value);
    put_size = (size_t)(end - put);
    head_size = (size_t)(field_begin(head, TAG_REQUEST_PUT, put_size) - head);
    at = field_begin(at, TAG_SUCCESS, head_size + put_size);
    memcpy(at, head, head_size);
    memcpy(at + head_size, put, put_size);
    return at + head_size + put_size;
}

static bool ask_fill(struct qc_lane *lane, struct qc_bytes *body_out)
{
    uint32_t first = 0;
    uint32_t n = qc_load_batch(lane, PUTS_MAX, &first);
    uint8_t *body = qc_arena_take(&lane->arena, (size_t)n * PUT_SIZE_MAX);
    uint8_t *at = body;

    if (body == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        at = operation_write(at, first + i);
    }
    *body_out = (struct qc_bytes){body, (size_t)(at - body)};
    return true;
}

/* The revision it became stands in the header, so that there must be one. */
static bool is_put(struct qc_lane *lane, struct qc_bytes body)
{
    (void)lane;
    return body.size > 2 && body.data[0] == TAG_HEADER;
}

/* A header of less than 128 bytes, and a key behind it. */
static bool is_found(struct qc_lane *lane, struct qc_bytes body)
{
    size_t behind;

    if (!is_put(lane, body)) {
        return false;
    }
    behind = 2 + (size_t)body.data[1];
    return behind < body.size && body.data[behind] == TAG_KVS;
}

static bool is_filled(struct qc_lane *lane, struct qc_bytes body)
{
    size_t behind;

    if (!is_put(lane, body)) {
        return false;
    }
    behind = 2 + (size_t)body.data[1];
    return behind + 1 < body.size && body.data[behind] == TAG_SUCCEEDED &&
           body.data[behind + 1] == 1;
}

const struct qc_workload qc_workload_etcd_put = {
    .name = "etcd-put",
    .n_steps = 1,
    .steps = {{"/etcdserverpb.KV/Put", ask_put, is_put}},
};

const struct qc_workload qc_workload_etcd_range = {
    .name = "etcd-range",
    .n_steps = 1,
    .steps = {{"/etcdserverpb.KV/Range", ask_range, is_found}},
};

const struct qc_workload qc_workload_etcd_fill = {
    .name = "etcd-fill",
    .n_steps = 1,
    .steps = {{"/etcdserverpb.KV/Txn", ask_fill, is_filled}},
};
