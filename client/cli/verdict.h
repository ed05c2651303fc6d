/* What is to be said of a cluster whose endpoints were looked at. */
#ifndef QC_CLI_VERDICT_H
#define QC_CLI_VERDICT_H

#include "cli/observer.h"

enum qc_verdict {
    QC_VERDICT_HEALTHY,
    QC_VERDICT_NOBODY_ANSWERED,
    QC_VERDICT_NODE_DOWN,
    QC_VERDICT_NO_LEADER,
    QC_VERDICT_NOT_FOLLOWED,
    QC_VERDICT_HASHES_DIFFER,
    QC_VERDICT_ALARMED,
};

/* "healthy". Static. */
const char *qc_verdict_text(enum qc_verdict verdict);

/* The worst that is to be said; never ALARMED, which the endpoints do not tell.
 * All that answered were asked for their hash at one index. */
enum qc_verdict qc_verdict_of(const struct qc_observer *observer);

#endif
