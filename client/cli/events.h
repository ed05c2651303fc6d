/* qcctl events watch, agent watch: a line for each message, as it comes. */
#ifndef QC_CLI_EVENTS_H
#define QC_CLI_EVENTS_H

#include <stdbool.h>

#include "cli/exit.h"
#include "cli/inquiry.h"
#include "cli/options.h"
#include "lib/rpc.h"

/* Whether |rpc| is a stream that qc_events_print() can print. */
bool qc_events_are_of(const struct qc_rpc *rpc);

/* Prints what is told, until nobody tells any more, or nobody reads it. */
enum qc_exit qc_events_print(struct qc_inquiry *inquiry,
                             const struct qc_options *options,
                             const struct qc_rpc *rpc,
                             const ProtobufCMessage *request);

#endif
