/*
 * Listings: pages of the rows of an entity that are named by ids, in the order
 * of these, as far as they pass. (Of what is named by keys see entity.h.)
 */
#ifndef QC_MACHINE_LISTING_H
#define QC_MACHINE_LISTING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "machine/entity.h"

struct qc_txn;

enum {
    QC_LISTING_SCAN_MAX = 10000, /* Rows looked at for a page. */
};

/* What is listed of the transaction's tenant. All is borrowed. */
struct qc_listing {
    const struct qc_entity *entity;
    const char *id_prefix; /* Of its ids, as text. */
    const char *token;     /* The id that the page before ended at; "": none. */
    uint32_t size;         /* At most so many; 0: QC_PAGE_SIZE. */
    bool (*passes)(void *ctx, const void *row);
    void *ctx; /* Of that. */
};

/* The next page. It may be short, or empty, and not be the last: a page looks
 * at QC_LISTING_SCAN_MAX rows at most, and at fewer when they are large.
 * Refuses: PAGE_TOKEN. */
QC_MUST_CHECK int qc_listing_page(struct qc_txn *txn,
                                  const struct qc_listing *listing,
                                  struct qc_page *page_out);

#endif
