/*
 * An event as it is told: what a command was about, and what it was answered,
 * without what only its caller may know. Which fields these are stands beside
 * them in proto/ (quorumcall/v1/options.proto).
 */
#ifndef QC_RPC_EVENT_H
#define QC_RPC_EVENT_H

#include <stdbool.h>

#include "base/error.h"
#include "command/done.h"
#include "quorumcall/v1/watch_service.pb-c.h"

struct qc_arena;

/* The object that |message| names: a key, a number, an id; "" when it names
 * none. Borrowed from the message. */
const char *qc_event_object(const ProtobufCMessage *message);

/* Empties the fields of |message|, and of all messages in it, that are secret.
 */
void qc_event_hide_secrets(ProtobufCMessage *message);

/* Fills |event| with what |done| tells, in the arena: index and time are left
 * to the caller. With |payload| it holds the answer. A fault when what the log
 * or the rows hold cannot be read, or the arena is full. */
QC_MUST_CHECK int qc_event_write(const struct qc_done *done,
                                 bool payload,
                                 struct qc_arena *arena,
                                 Qc__V1__WatchEventsResponse *event);

#endif
