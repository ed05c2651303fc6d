/*
 * What Redis is asked: each write with a WAIT behind it, in one go, which is
 * answered when a replica has it too. That is no consensus: a write that was
 * acknowledged can be lost when the master fails.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster-tests/bench/load/wire.h"
#include "cluster-tests/bench/load/workload.h"

enum {
    BODY_SIZE = 320,
    WAIT_MS = 5000,
};

static bool write_body(struct qc_lane *lane,
                       const char *command,
                       struct qc_bytes *body_out)
{
    char *body = qc_arena_take(&lane->arena, BODY_SIZE);
    int size;

    if (body == NULL) {
        return false;
    }
    size = snprintf(body, BODY_SIZE, "%s\r\nWAIT 1 %d\r\n", command, WAIT_MS);
    *body_out = (struct qc_bytes){(const uint8_t *)body, (size_t)size};
    return size < BODY_SIZE;
}

/* What stands behind |first|, which is what the reply to the command must begin
 * with. */
static const char *behind(struct qc_bytes body, const char *first, size_t *size)
{
    size_t n = strlen(first);

    if (body.size < n || memcmp(body.data, first, n) != 0) {
        return NULL;
    }
    *size = body.size - n;
    return (const char *)body.data + n;
}

/* Whether a replica has it: the reply to WAIT is how many have. */
static bool is_kept(const char *reply, size_t size)
{
    return size >= 4 && reply[0] == ':' && reply[1] >= '1' && reply[1] <= '9';
}

static bool ask_set(struct qc_lane *lane, struct qc_bytes *body_out)
{
    char key[QC_LOAD_KEY_SIZE];
    char value[QC_LOAD_VALUE_SIZE];
    char command[BODY_SIZE];

    qc_load_key(lane->key, key);
    qc_load_value(lane->operation, value);
    snprintf(command, sizeof(command), "SET %s %s", key, value);
    return write_body(lane, command, body_out);
}

static bool is_set(struct qc_lane *lane, struct qc_bytes body)
{
    size_t size;
    const char *rest = behind(body, "+OK\r\n", &size);

    (void)lane;
    return rest != NULL && is_kept(rest, size);
}

static bool ask_pop(struct qc_lane *lane, struct qc_bytes *body_out)
{
    return write_body(lane, "SPOP free", body_out);
}

/* "$5", a line, five bytes, a line. */
static bool is_popped(struct qc_lane *lane, struct qc_bytes body)
{
    size_t size;
    const char *rest = behind(body, "$", &size);
    const char *line_end = rest != NULL ? memchr(rest, '\n', size) : NULL;
    long length = line_end != NULL ? strtol(rest, NULL, 10) : -1;

    if (length <= 0 || length >= QC_LANE_ID_SIZE) {
        return false;
    }
    size -= (size_t)(line_end + 1 - rest);
    if (size < (size_t)length + 2) {
        return false;
    }
    memcpy(lane->id, line_end + 1, (size_t)length);
    lane->id[length] = '\0';
    return is_kept(line_end + 1 + length + 2, size - (size_t)length - 2);
}

static bool ask_add(struct qc_lane *lane, struct qc_bytes *body_out)
{
    char command[BODY_SIZE];

    snprintf(command, sizeof(command), "SADD free %s", lane->id);
    return write_body(lane, command, body_out);
}

static bool is_added(struct qc_lane *lane, struct qc_bytes body)
{
    size_t size;
    const char *rest = behind(body, ":1\r\n", &size);

    (void)lane;
    return rest != NULL && is_kept(rest, size);
}

const struct qc_workload qc_workload_redis_set = {
    .name = "redis-set",
    .wire = &qc_load_wire_redis,
    .n_steps = 1,
    .steps = {{"SET", ask_set, is_set}},
};

const struct qc_workload qc_workload_redis_visit = {
    .name = "redis-visit",
    .wire = &qc_load_wire_redis,
    .n_steps = 2,
    .steps = {{"SPOP", ask_pop, is_popped}, {"SADD", ask_add, is_added}},
};
