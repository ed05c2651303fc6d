/*
 * A node's data directory: whose it is, and that nobody else uses it.
 *
 *   identity   cluster id, node id, and the members it began with; made once
 *   lock       held for as long as the node runs
 *   log/       the replicated log, term and vote (log.h)
 *   rows/      the machine's rows (rows.h)
 */
#ifndef QC_STORAGE_DIRECTORY_H
#define QC_STORAGE_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
    QC_MEMBERS_MAX = 16,
    QC_CLUSTER_ID_SIZE = 65,
    QC_ADDRESS_SIZE = 263,
};

struct qc_directory_member {
    uint64_t id;
    char address[QC_ADDRESS_SIZE];
};

struct qc_identity {
    char cluster_id[QC_CLUSTER_ID_SIZE];
    uint64_t node_id;
    struct qc_directory_member members[QC_MEMBERS_MAX];
    unsigned n_members;
};

struct qc_directory;

/* Makes the directory, which must not hold a node yet, and writes |identity|,
 * durably. On a fault |text_out| says what, where and what to do next. */
QC_MUST_CHECK int qc_directory_init(const char *path,
                                    const struct qc_identity *identity,
                                    char *text_out,
                                    size_t text_size);

/* Opens a directory that holds a node, and locks it. Gives. Refused when it
 * holds none (an empty directory is never taken for a new node), or when
 * another process has it. */
QC_MUST_CHECK int qc_directory_open(const char *path,
                                    struct qc_directory **directory_out,
                                    char *text_out,
                                    size_t text_size);
void qc_directory_close(struct qc_directory *directory);

const struct qc_identity *qc_directory_identity(
    const struct qc_directory *directory);

/* Paths inside it; live as long as it does. */
const char *qc_directory_log(const struct qc_directory *directory);
const char *qc_directory_rows(const struct qc_directory *directory);

#endif
