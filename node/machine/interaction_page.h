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

enum {
    QC_INTERACTION_SCAN_MAX = 10000,
};

/* A page of those that the request asks for and the caller may see (qc_page
 * holds their rows). At most QC_INTERACTION_SCAN_MAX are looked at, so a page
 * may be short, even empty, without being the last.
 * Refuses: PAGE_TOKEN. */
QC_MUST_CHECK int qc_interaction_page(
    struct qc_txn *txn,
    const Qc__V1__ListInteractionsRequest *request,
    struct qc_page *page_out);

#endif
