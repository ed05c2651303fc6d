/* Alarms that the cluster has raised. */
#ifndef QC_CLI_ALARMS_H
#define QC_CLI_ALARMS_H

#include "base/error.h"
#include "quorumcall/v1/cluster_service.pb-c.h"

/* What an operator does next about an alarm of this kind. Static. */
const char *qc_alarm_next_step(Qc__V1__AlarmKind kind);

#endif
