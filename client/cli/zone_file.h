/*
 * Time zones of this machine, as the cluster wants them.
 *
 * Reads a file of the time zone database (TZif, RFC 9636): from 1970 on as the
 * file says, and behind its last transition by the rule that it ends with, up
 * to 2100. What is no change of the offset from UTC is left out.
 */
#ifndef QC_CLI_ZONE_FILE_H
#define QC_CLI_ZONE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
    QC_ZONE_CHANGES_MAX = 400,
};

/* A moment from which on local time is that far ahead of UTC. */
struct qc_zone_change {
    int64_t at_s;
    int32_t offset_s;
};

struct qc_zone_file {
    /* In their order; the first is at 0, 1970. There is one at least. */
    struct qc_zone_change changes[QC_ZONE_CHANGES_MAX];
    size_t n;
};

/* False when |file| is none, and |wrong_out|, static, says why. */
QC_MUST_CHECK bool qc_zone_file_read(struct qc_bytes file,
                                     struct qc_zone_file *zone,
                                     const char **wrong_out);

#endif
