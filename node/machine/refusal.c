#include "machine/refusal.h"

#include <stdbool.h>
#include <stddef.h>

static const struct {
    const char *name;
    enum qc_status status;
    const char *text;
} refusals[] = {
#define QC_REFUSAL(code, name, status, text) \
    [code] = {#name, QC_STATUS_##status, text},
#include "machine/refusal.def"
#undef QC_REFUSAL
};

static bool known(int refusal)
{
    return refusal > 0 &&
           (size_t)refusal < sizeof(refusals) / sizeof(refusals[0]) &&
           refusals[refusal].name != NULL;
}

const char *qc_refusal_name(int refusal)
{
    return known(refusal) ? refusals[refusal].name : "UNKNOWN";
}

const char *qc_refusal_text(int refusal)
{
    return known(refusal) ? refusals[refusal].text : "refused";
}

enum qc_status qc_refusal_status(int refusal)
{
    return known(refusal) ? refusals[refusal].status : QC_STATUS_UNKNOWN;
}
