/*
 * The rows of a machine that is measured: a store in memory that costs little.
 *
 * A get is a hash and a copy, as it is from a node's cache of rows; only a new
 * row, and a walk, go down a tree. Faults end the program.
 */
#ifndef QC_BENCH_CENTRE_ROWS_H
#define QC_BENCH_CENTRE_ROWS_H

#include "machine/store.h"

struct centre_rows;

struct centre_rows *centre_rows_new(void);
void centre_rows_free(struct centre_rows *centre);

/* Borrowed from |centre|. */
struct qc_store *centre_rows_store(struct centre_rows *centre);

size_t centre_rows_count(const struct centre_rows *centre);

#endif
