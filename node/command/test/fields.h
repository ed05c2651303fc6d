/*
 * Fields of a message by their path, as text: "tenant.key", "context.plan",
 * "prompts.0.name". Test support; never linked in.
 *
 * Enums are written by name, bytes in hexadecimal, lists of plain values with
 * commas; maps by key, lists of messages by position.
 */
#ifndef QC_COMMAND_TEST_FIELDS_H
#define QC_COMMAND_TEST_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

struct qc_arena;

/* False when there is no such field, or |text| is no value of it. */
bool qc_fields_set(ProtobufCMessage *message,
                   struct qc_arena *arena,
                   const char *path,
                   const char *text);

/* Told of each field that is set, in the order of the schema. */
typedef void (*qc_fields_fn)(void *ctx, const char *path, const char *text);

void qc_fields_walk(const ProtobufCMessage *message,
                    qc_fields_fn told,
                    void *ctx);

#endif
