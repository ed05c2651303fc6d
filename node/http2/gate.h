/* Whether a call may begin. */
#ifndef QC_HTTP2_GATE_H
#define QC_HTTP2_GATE_H

#include <stdbool.h>

#include "base/error.h"

struct qc_call;

/* Finds out what the call is, and whether its headers and the load of the
 * server admit it; otherwise it is answered. */
QC_MUST_CHECK bool qc_gate_admit(struct qc_call *call);

#endif
