/*
 * Parts of a checkpoint that have come and are not written yet, in the order in
 * which they came. The loop fills one while a worker empties another.
 */
#ifndef QC_DAEMON_INTAKE_H
#define QC_DAEMON_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "replica/replica.h"
#include "storage/manifest.h"

struct qc_fetch;

enum {
    QC_INTAKE_SIZE = 1024 * 1024,
    QC_INTAKE_PARTS_MAX = 1024,
};

/* Where a part belongs; its bytes stand behind those of the part before it. */
struct qc_intake_part {
    uint64_t index; /* The checkpoint's. */
    char file[QC_MANIFEST_NAME_SIZE];
    uint64_t offset;
    size_t size;
};

/* Zeroed, it is empty. */
struct qc_intake {
    struct qc_intake_part parts[QC_INTAKE_PARTS_MAX];
    size_t n;
    uint8_t data[QC_INTAKE_SIZE];
    size_t size;
};

/* Whether it is at most half full: then whatever a replica has asked for finds
 * room (QC_FETCH_PARTS_MAX). */
bool qc_intake_is_ready(const struct qc_intake *intake);

/* Copies |data|. False, and nothing was done, when it does not fit, or is of a
 * file that no manifest can name. */
bool qc_intake_add(struct qc_intake *intake,
                   const struct qc_part *part,
                   struct qc_bytes data);

/* Writes all and is empty. 0, or as qc_fetch_write() when it failed. */
QC_MUST_CHECK int qc_intake_write(struct qc_intake *intake,
                                  struct qc_fetch *fetch);

void qc_intake_clear(struct qc_intake *intake);

#endif
