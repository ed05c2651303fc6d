/*
 * Time zones (domain model 0.2, rule 6): what the clocks of a place show.
 *
 * They are rows of tenant 0, installed through the log, so that every node and
 * every replay has the same; no node's own database is asked. "UTC" is there
 * always, without a row.
 */
#ifndef QC_MACHINE_ZONE_H
#define QC_MACHINE_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "machine/entity.h"
#include "quorumcall/state/v1/zone.pb-c.h"

struct qc_txn;

enum {
    QC_ZONES_MAX = 2000, /* IANA has 600 names. */
};

extern const struct qc_entity qc_zone_entity;

/* What became of the zones. */
struct qc_zone_counts {
    uint32_t created;
    uint32_t updated;
    uint32_t unchanged;
};

/* Whether |name| may be that of a zone: [A-Za-z0-9_+/-]{1,40}. */
bool qc_zone_is_name(const char *name);

/* Installs or replaces |zones|: all of them, or none. Called as tenant 0.
 * Refuses: INVALID; QUOTA when there would be more than QC_ZONES_MAX. */
QC_MUST_CHECK int qc_zone_install(struct qc_txn *txn,
                                  Qc__V1__TimeZone *const *zones,
                                  size_t n,
                                  struct qc_zone_counts *counts_out);

/* A zone to look times up in; of UTC it holds nothing. */
struct qc_zone {
    struct qc_bytes transitions; /* As in its row. */
};

/* False when there is none of that name. It lives in the arena. */
bool qc_zone_find(struct qc_txn *txn,
                  const char *name,
                  struct qc_zone *zone_out);

/* How many seconds local time is ahead of UTC at |at_s|, and from when on that
 * may be otherwise: INT64_MAX when it stays so. Before 1970 it is as then. */
int32_t qc_zone_offset_s(const struct qc_zone *zone,
                         int64_t at_s,
                         int64_t *until_s_out);

#endif
