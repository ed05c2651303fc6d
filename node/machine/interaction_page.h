/*
 * Lists of interactions, page by page (domain model F.2).
 *
 * What is not over is found by an index of each queue, or by what its agent is
 * at; what is over, by its id.
 */
#ifndef QC_MACHINE_INTERACTION_PAGE_H
#define QC_MACHINE_INTERACTION_PAGE_H

#include "base/error.h"
#include "machine/entity.h"
#include "quorumcall/v1/routing_service.pb-c.h"

struct qc_txn;

/* A page of those that the request asks for and the caller may see (qc_page
 * holds their rows); it may be short, and not the last, as in listing.h.
 * Refuses: PAGE_TOKEN. */
QC_MUST_CHECK int qc_interaction_page(
    struct qc_txn *txn,
    const Qc__V1__ListInteractionsRequest *request,
    struct qc_page *page_out);

#endif
