/* What a failed call tells beside its status: google.rpc.Status, unpacked. */
#ifndef QC_LIB_FAILURE_DETAILS_H
#define QC_LIB_FAILURE_DETAILS_H

#include "base/bytes.h"

struct qc_arena;
struct qc_client_answer;

/* Sets |reason|, |field| and |retry_after_ms| of |answer|, as far as |details|
 * has them: "" and 0 else. The strings live in |arena|. */
void qc_failure_details_read(struct qc_bytes details,
                             struct qc_arena *arena,
                             struct qc_client_answer *answer);

#endif
