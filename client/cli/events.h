/* qcctl events watch: a line for each event, as it comes. */
#ifndef QC_CLI_EVENTS_H
#define QC_CLI_EVENTS_H

#include "cli/exit.h"
#include "cli/inquiry.h"
#include "cli/options.h"
#include "quorumcall/v1/watch_service.pb-c.h"

/* Prints what is told, until nobody tells any more, or nobody reads it. */
enum qc_exit qc_events_print(struct qc_inquiry *inquiry,
                             const struct qc_options *options,
                             const Qc__V1__WatchEventsRequest *request);

#endif
