/* Visits to a shop with a pool of each mode, and their calls. Test support. */
#ifndef QC_MACHINE_TEST_VISITS_H
#define QC_MACHINE_TEST_VISITS_H

#include <stdint.h>

#include "machine/allocate.h"
#include "machine/test/fixture.h"
#include "quorumcall/state/v1/interaction.pb-c.h"

#define NUMBER_A "+442079460001"
#define NUMBER_B "+442079460002"
#define SHARED   "+442079460011"
#define ACCESS   "+442079460090"

#define ANN      "+447700900001"
#define BEN      "+447700900002"
#define STRANGER "+442079460999"

#define DNIS        QC__V1__MATCH_MODE__MATCH_MODE_DNIS
#define DNIS_ANI    QC__V1__MATCH_MODE__MATCH_MODE_DNIS_ANI
#define ACCESS_CODE QC__V1__MATCH_MODE__MATCH_MODE_ACCESS_CODE

/* Pools "visitors" with A and B, "shared" with SHARED, "codes" with ACCESS. */
int visits_setup(void **state);

/* AllocateNumber for |phone|, with one pair of context and a page. */
int visits_allocate(struct fixture *f,
                    const char *phone,
                    Qc__V1__MatchMode mode,
                    struct qc_grant *grant_out);

/* The same, and it must be granted. */
Qc__State__AllocationRow *visits_granted(struct fixture *f,
                                         const char *phone,
                                         Qc__V1__MatchMode mode);

/* MatchCall of a new call; |code| may be "". NULL is a fault. */
Qc__State__InteractionRow *visits_call(struct fixture *f,
                                       const char *dnis,
                                       const char *ani,
                                       const char *code);

/* ReportCallEvent: it has ended. */
void visits_hang_up(struct fixture *f, const char *ext_ref);

#endif
