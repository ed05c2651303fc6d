/*
 * Origins of web pages, as browsers send them: scheme and host, and the port
 * where it is not the usual one. On a list the first label may be a star: that
 * is every origin of https below the rest of the name, at any depth, but not
 * that name itself.
 *
 * Which origins are on any list of the cluster stands in an index, for a
 * browser that asks before it calls says neither key nor tenant.
 */
#ifndef QC_MACHINE_ORIGIN_H
#define QC_MACHINE_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "machine/entity.h"
#include "machine/refusal.h"

struct qc_txn;

enum {
    QC_ORIGIN_LENGTH_MAX = 253,
};

/* Rules that a list must keep. |field| is said of one that does not. Refuses:
 * INVALID. */
QC_MUST_CHECK int qc_origins_check(const char *const *list,
                                   size_t n,
                                   const char *field,
                                   struct qc_refusal_detail *detail);

/* Whether |origin|, which may be any text, is on the list. */
bool qc_origins_hold(const char *const *list, size_t n, const char *origin);

/* Derives the index entries of a list, or takes them away. */
void qc_origins_derive(struct qc_txn *txn,
                       const char *const *list,
                       size_t n,
                       enum qc_derive how);

/* Whether |origin| is on any list of the cluster. */
bool qc_origin_is_known(struct qc_txn *txn, const char *origin);

#endif
