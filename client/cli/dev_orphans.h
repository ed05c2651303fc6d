/* Nodes of a dev directory that go on although their supervisor was killed. */
#ifndef QC_CLI_DEV_ORPHANS_H
#define QC_CLI_DEV_ORPHANS_H

#include <stdbool.h>

#include "base/error.h"
#include "cli/dev_directory.h"

/* Stops those that run in the current directory, as a supervisor would: the
 * slow ones by force. False, and a message on stderr, when one does not end. */
QC_MUST_CHECK bool qc_dev_stop_orphans(const struct qc_dev *dev);

#endif
