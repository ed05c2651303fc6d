/* The time zones of this machine: a directory of the time zone database. */
#ifndef QC_CLI_ZONE_DIRECTORY_H
#define QC_CLI_ZONE_DIRECTORY_H

#include <stdbool.h>

#include "base/error.h"
#include "cli/zone_file.h"

#define QC_ZONE_DIRECTORY "/usr/share/zoneinfo"

/* Is told of a zone, "Europe/Berlin"; answers whether to go on. */
typedef bool (*qc_zone_fn)(void *ctx,
                           const char *name,
                           const struct qc_zone_file *zone);

/*
 * Tells of all zones below |path|, in the order of their names within each
 * directory; not of "UTC", which every cluster has, nor of those that count
 * leap seconds or are there twice ("right", "posix"). Files that are no zones
 * are passed over. False when it was told not to go on; when |path| is no
 * directory, or a zone cannot be read, which it says on stderr.
 */
QC_MUST_CHECK bool qc_zone_directory_walk(const char *path,
                                          qc_zone_fn told,
                                          void *ctx);

#endif
