/*
 * etcd's KV service (etcdserverpb/rpc.proto): Put of PutRequest {bytes key = 1;
 * bytes value = 2}, and Range of RangeRequest {bytes key = 1}, which is
 * linearizable unless |serializable| is set. RangeResponse {ResponseHeader
 * header = 1; repeated KeyValue kvs = 2; bool more = 3; int64 count = 4}.
 */
#include <stdint.h>
#include <string.h>

#include "cluster-tests/bench/load/workload.h"

enum {
    TAG_KEY = 1 << 3 | 2,
    TAG_VALUE = 2 << 3 | 2,
    TAG_KVS = 2 << 3 | 2,
    TAG_HEADER = 1 << 3 | 2,
    LENGTH_SIZE_MAX = 2,
    SEVEN_BITS = 127,
};

/* A field of bytes, of less than 16 KiB. */
static uint8_t *field_write(uint8_t *at, uint8_t tag, const char *value)
{
    size_t size = strlen(value);

    *at++ = tag;
    if (size > SEVEN_BITS) {
        *at++ = (uint8_t)((size & SEVEN_BITS) | (SEVEN_BITS + 1));
        *at++ = (uint8_t)(size >> 7);
    } else {
        *at++ = (uint8_t)size;
    }
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
