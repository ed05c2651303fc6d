/* Commands that are written down when they are done (domain model B.30). */
#ifndef QC_COMMAND_AUDITED_H
#define QC_COMMAND_AUDITED_H

#include "base/error.h"
#include "command/entry.h"
#include "command/table.h"

/* Runs |command|, whose row of the table is |method|; from cluster version
 * QC_AUDIT_SINCE on, one that is done leaves a record. Refuses as its
 * transition does. */
QC_MUST_CHECK int qc_audited_run(struct qc_txn *txn,
                                 const struct qc_method *method,
                                 const struct qc_command *command,
                                 const ProtobufCMessage *request,
                                 ProtobufCMessage *response);

#endif
