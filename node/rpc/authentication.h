/*
 * Who calls, for whom, and whether they may.
 *
 * A caller is known by its key ("authorization: Bearer"), else by its client
 * certificate, else, on this machine and as long as nobody holds a key, as
 * "local". Then it is clear which tenant the call is for: a principal's own, or
 * the one that x-tenant names for one of the cluster. Then roles are looked at,
 * and the origin, if a page calls.
 *
 * All of it is looked up in the rows as they are here. These may lag behind, so
 * nobody is refused before they are looked at again behind a confirmed index
 * (doubt.h). A wrong key, a missing one, a principal that is disabled and one
 * of another tenant get the same answer.
 */
#ifndef QC_RPC_AUTHENTICATION_H
#define QC_RPC_AUTHENTICATION_H

#include <stdbool.h>

#include "base/error.h"
#include "rpc/request.h"

/* Takes |request|, of which only the headers are there, as far as that goes:
 * its caller and tenant are known, or |request->doubted| is set; or it has
 * failed, for it was refused a moment ago. */
void qc_request_authenticate(struct qc_request *request);

/* Takes a decoded request on: to |admitted|, at once or when doubts have ended
 * well. What the headers said is looked at again if rows have changed since. */
void qc_request_settle(struct qc_request *request,
                       void (*admitted)(struct qc_request *request));

/* Whether |request|, which was admitted, would be by the rows as they are now:
 * 0, a refusal, or a fault. */
QC_MUST_CHECK int qc_request_look_again(const struct qc_request *request);

#endif
