/*
 * etcd's KV service (etcdserverpb/rpc.proto), as far as it is asked: a Put has
 * a key and a value, a Range a key, the end of a range and a limit, and is
 * linearizable unless |serializable| is set. A Txn has a Compare of a key's
 * mod_revision, and operations that are done if that is so: puts of W9, a
 * delete of W1. Each answer begins with a header.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cluster-tests/bench/load/workload.h"

enum {
    NUMBER = 0, /* Kinds of fields: a varint, or so many bytes. */
    BYTES = 2,
    KIND_BITS = 3,
    KIND_MASK = 7,

    PUT_KEY = 1,
    PUT_VALUE = 2,
    RANGE_KEY = 1,
    RANGE_END = 2,
    RANGE_LIMIT = 3,
    RANGE_KVS = 2,
    KV_KEY = 1,
    KV_MOD_REVISION = 3,
    TXN_COMPARE = 1,
    TXN_SUCCESS = 2,
    TXN_SUCCEEDED = 2,
    COMPARE_TARGET = 2,
    COMPARE_MOD = 2,
    COMPARE_KEY = 3,
    COMPARE_MOD_REVISION = 6,
    OP_PUT = 2,
    OP_DELETE = 3,
    DELETE_KEY = 1,
    HEADER = 1,

    SEVEN_BITS = 127,
    MESSAGE_SIZE = 256, /* Of all but what fills it. */
    PUTS_MAX = 128,     /* In a transaction, as etcd has it by default. */
    SPAN = 100,
};

/* --- messages ------------------------------------------------------------- */

struct message {
    size_t size;
    uint8_t *bytes; /* Room enough. */
};

static void varint_write(struct message *message, uint64_t value)
{
    while (value > SEVEN_BITS) {
        message->bytes[message->size++] =
            (uint8_t)((value & SEVEN_BITS) | (SEVEN_BITS + 1));
        value >>= 7;
    }
    message->bytes[message->size++] = (uint8_t)value;
}

static void number_write(struct message *message,
                         unsigned field,
                         uint64_t value)
{
    varint_write(message, field << KIND_BITS | NUMBER);
    varint_write(message, value);
}

static void bytes_write(struct message *message,
                        unsigned field,
                        const void *bytes,
                        size_t size)
{
    varint_write(message, field << KIND_BITS | BYTES);
    varint_write(message, size);
    memcpy(message->bytes + message->size, bytes, size);
    message->size += size;
}

static void text_write(struct message *message,
                       unsigned field,
                       const char *text)
{
    bytes_write(message, field, text, strlen(text));
}

/* One that is asked; it lives as long as the call. */
static bool message_begin(struct message *message,
                          struct qc_lane *lane,
                          size_t size_max)
{
    *message = (struct message){0, qc_arena_take(&lane->arena, size_max)};
    return message->bytes != NULL;
}

static bool message_give(const struct message *message,
                         struct qc_bytes *body_out)
{
    *body_out = (struct qc_bytes){message->bytes, message->size};
    return true;
}

static bool varint_read(struct qc_bytes *rest, uint64_t *value_out)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64 && rest->size > 0; shift += 7) {
        uint8_t byte = *rest->data;

        rest->data++;
        rest->size--;
        value |= (uint64_t)(byte & SEVEN_BITS) << shift;
        if (byte <= SEVEN_BITS) {
            *value_out = value;
            return true;
        }
    }
    return false;
}

/* The first |field| of |message|: its number, or how many bytes it has, and
 * those. False when there is none. */
static bool field_find(struct qc_bytes message,
                       unsigned field,
                       uint64_t *number_out,
                       struct qc_bytes *bytes_out)
{
    uint64_t tag;

    while (varint_read(&message, &tag) && varint_read(&message, number_out)) {
        uint64_t size = (tag & KIND_MASK) == BYTES ? *number_out : 0;

        if (size > message.size || (tag & KIND_MASK & ~(unsigned)BYTES) != 0) {
            return false;
        }
        *bytes_out = (struct qc_bytes){message.data, (size_t)size};
        if (tag >> KIND_BITS == field) {
            return true;
        }
        message.data += size;
        message.size -= (size_t)size;
    }
    return false;
}

/* --- one key -------------------------------------------------------------- */

static bool put_give(struct qc_lane *lane,
                     const char *key,
                     struct qc_bytes *body_out)
{
    struct message put;
    char value[QC_LOAD_VALUE_SIZE];

    if (!message_begin(&put, lane, MESSAGE_SIZE)) {
        return false;
    }
    qc_load_value(lane->operation, value);
    text_write(&put, PUT_KEY, key);
    text_write(&put, PUT_VALUE, value);
    return message_give(&put, body_out);
}

static bool ask_put(struct qc_lane *lane, struct qc_bytes *body_out)
{
    char key[QC_LOAD_KEY_SIZE];

    qc_load_key(lane->key, key);
    return put_give(lane, key, body_out);
}

static bool ask_range(struct qc_lane *lane, struct qc_bytes *body_out)
{
    struct message range;
    char key[QC_LOAD_KEY_SIZE];

    if (!message_begin(&range, lane, MESSAGE_SIZE)) {
        return false;
    }
    qc_load_key(lane->key, key);
    text_write(&range, RANGE_KEY, key);
    return message_give(&range, body_out);
}

/* The revision it became stands in the header, so that there must be one. */
static bool is_put(struct qc_lane *lane, struct qc_bytes body)
{
    struct qc_bytes bytes;
    uint64_t size;

    (void)lane;
    return field_find(body, HEADER, &size, &bytes) && size > 0;
}

static bool is_found(struct qc_lane *lane, struct qc_bytes body)
{
    struct qc_bytes bytes;
    uint64_t size;

    (void)lane;
    return field_find(body, RANGE_KVS, &size, &bytes);
}

/* --- a visit: a key is what is free --------------------------------------- */

/* From a random key on, so that not all want the same one; and not to the last,
 * since it looks at all of a range, whatever the limit. */
static bool ask_free(struct qc_lane *lane, struct qc_bytes *body_out)
{
    struct message range;
    char key[QC_LOAD_KEY_SIZE];
    char end[QC_LOAD_KEY_SIZE];

    if (!message_begin(&range, lane, MESSAGE_SIZE)) {
        return false;
    }
    qc_load_key(lane->key, key);
    qc_load_key(lane->key + SPAN, end);
    text_write(&range, RANGE_KEY, key);
    text_write(&range, RANGE_END, end);
    number_write(&range, RANGE_LIMIT, 1);
    return message_give(&range, body_out);
}

/* If none of them is, it looks elsewhere. */
static bool is_free(struct qc_lane *lane, struct qc_bytes body)
{
    struct qc_bytes kv;
    struct qc_bytes key;
    struct qc_bytes none;
    uint64_t number;

    if (!field_find(body, RANGE_KVS, &number, &kv)) {
        lane->lost = true;
        return is_put(lane, body);
    }
    if (!field_find(kv, KV_KEY, &number, &key) || key.size >= QC_LANE_ID_SIZE ||
        !field_find(kv, KV_MOD_REVISION, &lane->revision, &none)) {
        return false;
    }
    memcpy(lane->id, key.data, key.size);
    lane->id[key.size] = '\0';
    return true;
}

static bool ask_take(struct qc_lane *lane, struct qc_bytes *body_out)
{
    struct message compare;
    struct message delete;
    struct message op;
    struct message txn;

    if (!message_begin(&compare, lane, MESSAGE_SIZE) ||
        !message_begin(&delete, lane, MESSAGE_SIZE) ||
        !message_begin(&op, lane, MESSAGE_SIZE) ||
        !message_begin(&txn, lane, MESSAGE_SIZE)) {
        return false;
    }
    number_write(&compare, COMPARE_TARGET, COMPARE_MOD);
    text_write(&compare, COMPARE_KEY, lane->id);
    number_write(&compare, COMPARE_MOD_REVISION, lane->revision);
    text_write(&delete, DELETE_KEY, lane->id);
    bytes_write(&op, OP_DELETE, delete.bytes, delete.size);
    bytes_write(&txn, TXN_COMPARE, compare.bytes, compare.size);
    bytes_write(&txn, TXN_SUCCESS, op.bytes, op.size);
    return message_give(&txn, body_out);
}

/* False is not written: without |succeeded|, another was quicker. */
static bool is_taken(struct qc_lane *lane, struct qc_bytes body)
{
    struct qc_bytes none;
    uint64_t succeeded;

    lane->lost = !field_find(body, TXN_SUCCEEDED, &succeeded, &none);
    return is_put(lane, body);
}

static bool ask_give_back(struct qc_lane *lane, struct qc_bytes *body_out)
{
    return put_give(lane, lane->id, body_out);
}

/* --- many records at once ------------------------------------------------- */

static void record_write(struct message *txn, uint32_t key)
{
    uint8_t put_room[MESSAGE_SIZE];
    uint8_t op_room[MESSAGE_SIZE];
    struct message put = {0, put_room};
    struct message op = {0, op_room};
    char text[QC_LOAD_KEY_SIZE];
    char value[QC_LOAD_RECORD_VALUE_SIZE];

    qc_load_key(key, text);
    qc_load_record_value(key, value);
    text_write(&put, PUT_KEY, text);
    text_write(&put, PUT_VALUE, value);
    bytes_write(&op, OP_PUT, put.bytes, put.size);
    bytes_write(txn, TXN_SUCCESS, op.bytes, op.size);
}

static bool ask_fill(struct qc_lane *lane, struct qc_bytes *body_out)
{
    uint32_t first = 0;
    uint32_t n = qc_load_batch(lane, PUTS_MAX, &first);
    struct message txn;

    if (!message_begin(&txn, lane, (size_t)n * MESSAGE_SIZE)) {
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        record_write(&txn, first + i);
    }
    return message_give(&txn, body_out);
}

static bool is_filled(struct qc_lane *lane, struct qc_bytes body)
{
    struct qc_bytes none;
    uint64_t succeeded;

    (void)lane;
    return field_find(body, TXN_SUCCEEDED, &succeeded, &none);
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

const struct qc_workload qc_workload_etcd_visit = {
    .name = "etcd-visit",
    .n_steps = 3,
    .steps = {{"/etcdserverpb.KV/Range", ask_free, is_free},
              {"/etcdserverpb.KV/Txn", ask_take, is_taken},
              {"/etcdserverpb.KV/Put", ask_give_back, is_put}},
};

const struct qc_workload qc_workload_etcd_fill = {
    .name = "etcd-fill",
    .n_steps = 1,
    .steps = {{"/etcdserverpb.KV/Txn", ask_fill, is_filled}},
};
