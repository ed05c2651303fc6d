/*
 * A node's rows: an ordered map in memory that remembers how it was.
 *
 * What is written with an entry is not durable with it. Every write is kept in
 * a list by which it can be undone; a crash undoes writes until some entry at
 * or above the last one that was flushed. So the rows after a crash are those
 * of one index, and of which one is chance.
 *
 * A digest over all rows is kept up to date with each write: two stores with
 * the same digest hold the same rows.
 */
#ifndef QC_SIM_STORE_H
#define QC_SIM_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/store.h"

struct sim_random;
struct sim_store;

struct sim_store *sim_store_new(void);
void sim_store_free(struct sim_store *store);
struct qc_store *sim_store_as_store(struct sim_store *store);

/* The rows are now those of the entry |index|. */
void sim_store_mark(struct sim_store *store, uint64_t index);

/* What is marked by now is durable. */
void sim_store_flush(struct sim_store *store);

/* Goes back to some mark, or to what was flushed last. */
void sim_store_crash(struct sim_store *store, struct sim_random *random);

uint64_t sim_store_digest(const struct sim_store *store);

/* The same, without the row of the applied index and those of stored answers:
 * what a refusal must leave as it is. */
uint64_t sim_store_domain_digest(const struct sim_store *store);

size_t sim_store_n_rows(const struct sim_store *store);

/* Of all keys and rows, in bytes. */
size_t sim_store_size(const struct sim_store *store);

/* Told of each row, in the order of the keys. */
typedef void (*sim_store_fn)(void *ctx,
                             struct qc_bytes key,
                             struct qc_bytes row);
void sim_store_walk(const struct sim_store *store,
                    sim_store_fn told,
                    void *ctx);

/* Told of each write since the last mark, in the order in which they were made:
 * the row before and after it; no data: there was none. */
typedef void (*sim_store_change_fn)(void *ctx,
                                    struct qc_bytes key,
                                    struct qc_bytes before,
                                    struct qc_bytes after);
void sim_store_changes(const struct sim_store *store,
                       sim_store_change_fn told,
                       void *ctx);

/* Whether there is a row of |key|. */
bool sim_store_has(const struct sim_store *store, const struct qc_key *key);

#endif
