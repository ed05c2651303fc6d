/* What a node's configuration is in the end, and where each value is from. */
#ifndef QC_DAEMON_CONFIG_DUMP_H
#define QC_DAEMON_CONFIG_DUMP_H

#include <stdio.h>

#include "daemon/config.h"

/* One line per key: its path, its value and its source, in columns; or a JSON
 * array of {"key", "value", "source"}. There are no secrets in it, for files
 * hold them. 0, or 1 when it could not be written. */
int qc_config_dump_table(const struct qc_config *config, FILE *out);
int qc_config_dump_json(const struct qc_config *config, FILE *out);

#endif
