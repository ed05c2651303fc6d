/*
 * Which visit a call belongs to (domain model C.2).
 *
 * On a number of a pool the first rule decides that applies:
 *   1. the visit holds the number, and it is the visitor's phone that calls;
 *   2. the caller has called the visit before, or had the number until just
 *      now: a redial, or a late call;
 *   3. the visit holds the number, but another phone calls: as the pool says;
 *   4. none: it is a call for the pool's subject.
 * On an access number the code decides, whoever calls.
 */
#ifndef QC_MACHINE_MATCH_H
#define QC_MACHINE_MATCH_H

#include "base/error.h"
#include "quorumcall/state/v1/interaction.pb-c.h"
#include "quorumcall/v1/number_service.pb-c.h"

struct qc_txn;

/* A call has arrived: gives its interaction, which waits, is asked for a code,
 * or is over at once. One that is known is given as it is, and nothing is done
 * again. Never refuses. */
QC_MUST_CHECK int qc_match_call(struct qc_txn *txn,
                                const Qc__V1__MatchCallRequest *request,
                                Qc__State__InteractionRow **row_out);

/* The caller has entered digits, or nothing. Digits for a call that is over
 * change nothing. Refuses: NOT_FOUND, BAD_STATE. */
QC_MUST_CHECK int qc_match_digits(struct qc_txn *txn,
                                  const Qc__V1__SubmitDigitsRequest *request,
                                  Qc__State__InteractionRow **row_out);

#endif
