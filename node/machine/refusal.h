/* Refusals: every way a command can be answered "no". See base/error.h. */
#ifndef QC_MACHINE_REFUSAL_H
#define QC_MACHINE_REFUSAL_H

#include <stdint.h>

#include "base/status.h"

enum qc_refusal {
#define QC_REFUSAL(code, name, status, text) QC_REFUSED_##name = (code),
#include "machine/refusal.def"
#undef QC_REFUSAL
};

/* What a refusal says beside its code. Replicated like it. */
struct qc_refusal_detail {
    const char *field;      /* Path of the field it is about; NULL for none. */
    const char *text;       /* More than the table's text; NULL for that. */
    int64_t retry_after_ms; /* 0: no use to say. */
};

/* "POOL_EMPTY". Static; "UNKNOWN" for a code this release does not know. */
const char *qc_refusal_name(int refusal);

/* "no number is free". Static. */
const char *qc_refusal_text(int refusal);

enum qc_status qc_refusal_status(int refusal);

#endif
