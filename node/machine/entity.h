/*
 * Entities: kinds of rows, with all that is derived from them.
 *
 * Each entity has one function that derives its index entries, counts and
 * timers from a row. Whoever writes a row does it by qc_entity_put(), which
 * takes away what the old row derived and derives from the new one; opening the
 * machine derives from all rows; verifying derives again and compares. So an
 * index cannot say what no row says.
 */
#ifndef QC_MACHINE_ENTITY_H
#define QC_MACHINE_ENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "codec/msgpack.h"
#include "machine/key.h"

struct qc_txn;

/* Which way to derive; the number is what a count changes by. */
enum qc_derive {
    QC_DERIVE_ADD = 1,
    QC_DERIVE_TAKE = -1,
};

struct qc_entity {
    const char *name; /* For people: "number". */
    enum qc_space space;
    const ProtobufCMessageDescriptor *type;
    bool counted; /* Whether qc_entity_count() counts its rows. */
    /* derive() looks at nothing but the row: so what two rows both derive may
     * be left as it is when one takes the place of the other. */
    bool derives_alone;

    /* Derives from |row|, or takes away what was derived. May be NULL. */
    void (*derive)(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *row,
                   enum qc_derive how);

    /* Tells the roster of |row|, or takes that back, as derive() does with the
     * index. May be NULL. */
    void (*enlist)(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *row,
                   enum qc_derive how);

    /* Which fields these two read, when a machine that opens reads very many of
     * these rows; NULL: all. */
    qc_wanted_fn derived_from;

    /* What is wrong with |row|, beyond what is derived from it: a static
     * sentence; NULL when nothing is. May be NULL. */
    const char *(*verify)(struct qc_txn *txn,
                          const struct qc_key *key,
                          const void *row);
};

/* What derive() does for |key|, with a number that goes with it: adds it, or
 * takes it away. */
typedef void (*qc_derive_fn)(struct qc_txn *txn,
                             const struct qc_key *key,
                             uint64_t value,
                             enum qc_derive how);

/* Does that, now or at the end of the change; not at all when the row and the
 * one that it replaces both ask for it. */
void qc_entity_derive_by(struct qc_txn *txn,
                         qc_derive_fn derive,
                         const struct qc_key *key,
                         uint64_t value,
                         enum qc_derive how);

/* Adds one to a gauge, or takes it away. */
void qc_entity_derive_count(struct qc_txn *txn,
                            const struct qc_key *key,
                            enum qc_derive how);

/* Adds an index entry, or takes it away. */
void qc_entity_derive_key(struct qc_txn *txn,
                          const struct qc_key *key,
                          uint64_t value,
                          enum qc_derive how);

/* All that |row| derives. */
void qc_entity_derive(struct qc_txn *txn,
                      const struct qc_entity *entity,
                      const struct qc_key *key,
                      const void *row,
                      enum qc_derive how);

/* Writes |row| in the place of |was|, which is NULL when there was none; a NULL
 * |row| removes it. |was| must be as it was read: copy before changing. */
void qc_entity_put(struct qc_txn *txn,
                   const struct qc_entity *entity,
                   const struct qc_key *key,
                   const void *was,
                   const void *row);

/* How many rows of a counted entity the caller's tenant has. */
uint64_t qc_entity_count(struct qc_txn *txn, const struct qc_entity *entity);

/* A page of rows, in the order of their keys; all in the arena. */
struct qc_page {
    void **rows;
    size_t n_rows;
    const char *next_token; /* "" on the last page. */
};

enum {
    QC_PAGE_SIZE = 100, /* When nothing else is asked for. */
    QC_PAGE_SIZE_MAX = 500,
    /* Of memory, from which on a page takes no more rows: so that rows and
     * answer together fit in what a query has. */
    QC_PAGE_MEMORY_MAX = 2 * 1024 * 1024,
};

/* Whether a page of at most |size| rows, that has looked at |n_seen|, may look
 * at no more. It has looked at one at least. */
bool qc_page_is_full(const struct qc_txn *txn,
                     const struct qc_page *page,
                     size_t size,
                     size_t n_seen);

/* Rows of |tenant| after the one named |token| ("": from the first), at most
 * |size| (0: QC_PAGE_SIZE), fewer when they are large. Only for entities named
 * by one text, which is the token. */
void qc_entity_page(struct qc_txn *txn,
                    const struct qc_entity *entity,
                    uint32_t tenant,
                    const char *token,
                    uint32_t size,
                    struct qc_page *page_out);

#endif
