/*
 * A node's data directory: whose it is, and that nobody else uses it.
 *
 *   identity      cluster id, node id, and the members it began with; made
 *                 once, and last, so that without it there is no node
 *   lock          held for as long as the node runs
 *   log/          the replicated log, term and vote (log.h)
 *   rows/<n>/     the machine's rows (rows.h); n is the log's generation
 *   checkpoints/  see checkpoint.h
 *   reserve       see reserve.h
 *   unfinished    a node is being made here; what is in it can be removed
 */
#ifndef QC_STORAGE_DIRECTORY_H
#define QC_STORAGE_DIRECTORY_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "machine/member.h" /* QC_MEMBERS_MAX */

enum {
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

/*
 * A node is made in two steps: this one makes the directory and locks it, the
 * caller then makes in it what the node begins with, and qc_directory_seal()
 * writes |identity|. Killed anywhere between the two, it can be done again:
 * what was left is removed here. Refused when the directory holds a node, or
 * anything that was not left by this. Gives. On a fault |text_out| says what,
 * where and what to do next.
 */
QC_MUST_CHECK int qc_directory_prepare(const char *path,
                                       const struct qc_identity *identity,
                                       struct qc_directory **directory_out,
                                       char *text_out,
                                       size_t text_size);

/* Durable when it returns: from now on the directory holds a node. */
QC_MUST_CHECK int qc_directory_seal(struct qc_directory *directory,
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
const char *qc_directory_checkpoints(const struct qc_directory *directory);
const char *qc_directory_reserve(const struct qc_directory *directory);

/* Where the rows of |generation| stand. */
void qc_directory_generation(const struct qc_directory *directory,
                             uint64_t generation,
                             char path_out[PATH_MAX]);

/* Removes what a crash may have left: rows of other generations, checkpoints
 * that were being taken or dropped. Makes the directories that hold rows and
 * checkpoints, if they are not there. Once, before rows are opened. */
QC_MUST_CHECK int qc_directory_tidy(const struct qc_directory *directory,
                                    uint64_t generation,
                                    char *text_out,
                                    size_t text_size);

#endif
