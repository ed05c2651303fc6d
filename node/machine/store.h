/*
 * The machine's only window: an ordered map of bytes to bytes.
 *
 * storage/ implements struct qc_store over RocksDB; the tests implement it
 * over a sorted array (test/mem_store.c). A store reports each fault at once.
 *
 * A transition never calls a store. It calls the functions of a transaction,
 * where faults are sticky: the transaction remembers the first one, and from
 * then on finds no row and writes none. So a transition has nothing to check
 * but its own rules; loops end by themselves; and whoever called it asks once,
 * with qc_txn_answer(), and on a fault drops the whole batch and stops.
 */
#ifndef QC_MACHINE_STORE_H
#define QC_MACHINE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "machine/key.h"
#include "machine/refusal.h"

struct qc_answer_batch;
struct qc_arena;
struct qc_audit_batch;
struct qc_replacement;
struct qc_cursor; /* Owned by whoever opened it, until it is closed. */
struct qc_desktop_listener;
struct qc_outbox_listener;
struct qc_draft;
struct qc_fold;
struct qc_hungry;
struct qc_index;
struct qc_rosters;
struct qc_row_memory;
struct qc_running;
struct qc_witness;

struct qc_store {
    const struct qc_store_ops *ops;
};

/* Every int is 0 or a fault; *_out is written when it is 0. A read sees what
 * was written before it, also when it is not committed. Nothing is written
 * while a cursor is open. */
struct qc_store_ops {
    /* The row's bytes live in |arena|. Absence is not a fault. */
    int (*get)(struct qc_store *store,
               const struct qc_key *key,
               struct qc_arena *arena,
               struct qc_bytes *row_out,
               bool *found_out);
    int (*put)(struct qc_store *store,
               const struct qc_key *key,
               struct qc_bytes row);
    int (*del)(struct qc_store *store, const struct qc_key *key);

    /* Walks the keys that start with |prefix|, in byte order, from the first
     * that is not below |from| (NULL: from the first of all). */
    int (*open)(struct qc_store *store,
                const struct qc_key *prefix,
                const struct qc_key *from,
                struct qc_cursor **cursor_out);
    /* The row is borrowed until the next step. */
    int (*next)(struct qc_cursor *cursor,
                struct qc_key *key_out,
                struct qc_bytes *row_out,
                bool *found_out);
    void (*close)(struct qc_cursor *cursor);

    /* What was written since the last commit becomes durable together, or not
     * at all. */
    int (*commit)(struct qc_store *store);
};

/* One command's view of the world: rows, indexes, the leader's clock and dice,
 * and who is calling. Made for an entry; its middle part is set per command. */
struct qc_txn {
    struct qc_store *store;     /* Borrowed. */
    struct qc_index *index;     /* Borrowed; see index.h. */
    struct qc_rosters *rosters; /* Borrowed; see rosters.h. */
    struct qc_arena *arena;     /* Borrowed; what is read lives in it. */
    struct qc_arena *of_entry;  /* Borrowed; for what outlives a command. */
    struct qc_fold *fold; /* Borrowed; NULL in a query, which writes nothing. */
    uint64_t log_index;   /* Of the entry; of a query, the applied one. */
    int64_t now_ms;       /* The log's time; the only time there is. */
    uint8_t entropy[16];  /* Stamped by the leader. */
    uint32_t n_ids;       /* Drawn in this entry; see id.h. */
    struct qc_answer_batch *answers; /* Of this entry; see answer.h. */
    struct qc_audit_batch *audits;   /* Of this entry; see audit.h. */
    struct qc_row_memory *memory;    /* Borrowed; NULL: none. */
    struct qc_running *running;      /* Borrowed; NULL in a query. */
    uint64_t n_evicted;              /* Answers that it has evicted. */
    uint32_t n_offers;               /* That it has made; see rematch.h. */
    struct qc_hungry *hungry; /* Agents who are to be fed; see routing.c. */
    bool feeds;               /* Whether one of them is just now. */
    struct qc_replacement *change; /* Of the row that is put; see entity.c. */
    struct qc_draft *draft; /* Writes that may yet be dropped; see draft.h. */
    struct qc_witness *witness; /* Of what is written; NULL: see audit.h. */
    const struct qc_desktop_listener *desktops; /* NULL: nobody listens. */
    const struct qc_outbox_listener *outbox;    /* The same. */

    uint32_t ordinal;      /* Of the command in the entry, from 1; 0: timers. */
    uint32_t n_random;     /* Numbers drawn by this command; see id.h. */
    uint32_t tenant;       /* Of the caller; 0: the cluster itself. */
    uint32_t roles;        /* Of the caller: enum qc_role, joined. */
    const char *principal; /* Key of the caller. */
    struct qc_refusal_detail detail; /* Of a refusal, as far as it is said. */

    int fault; /* The first one; 0 while all is well. */
};

/* Who may do what (domain model B.2). These bits are in rows. */
enum qc_role {
    QC_ROLE_ADMIN = 1 << 0,
    QC_ROLE_DEVELOPER = 1 << 1,
    QC_ROLE_CAMPAIGN_ADMIN = 1 << 2,
    QC_ROLE_COMPLIANCE = 1 << 3,
    QC_ROLE_SUPERVISOR = 1 << 4,
    QC_ROLE_MANAGER = 1 << 5,
    QC_ROLE_MONITOR = 1 << 6,
    QC_ROLE_AGENT = 1 << 7,
    QC_ROLE_WIDGET = 1 << 8,
    QC_ROLE_CONNECTOR = 1 << 9,
    QC_ROLE_OPERATOR = 1 << 10,
    QC_ROLE_NODE = 1 << 11, /* Of the principal "node": no caller has it. */
    QC_ROLE_READERS = QC_ROLE_ADMIN | QC_ROLE_DEVELOPER | QC_ROLE_SUPERVISOR |
                      QC_ROLE_MANAGER | QC_ROLE_MONITOR,
    /* Of the principal "local", as long as no key exists: all but WIDGET,
     * whose callers must prove their visits. */
    QC_ROLE_LOCAL = (QC_ROLE_OPERATOR << 1) - 1 - QC_ROLE_WIDGET,
};

/* Remembers |fault|, unless there is one already. Returns the first. Called by
 * a transition that finds two rows in contradiction, with QC_E_CORRUPT. */
int qc_txn_fail(struct qc_txn *txn, int fault);

/* The answer of a transition that returned |r|: the fault comes first. */
QC_MUST_CHECK int qc_txn_answer(const struct qc_txn *txn, int r);

/* Says which field a refusal is about, and returns the refusal. |field| is
 * static, or in the arena. */
int qc_refuse(struct qc_txn *txn, enum qc_refusal refusal, const char *field);

/* Zeroed, in the arena; NULL is a fault, already remembered. */
void *qc_alloc(struct qc_txn *txn, size_t size);

/* A copy in the arena; "" on a fault, so that nobody has to look. */
const char *qc_copy(struct qc_txn *txn, const char *text);

/* Returns whether there is a row. Its bytes live in the arena. */
bool qc_get(struct qc_txn *txn,
            const struct qc_key *key,
            struct qc_bytes *row_out);

/* Both fold what they write into the state hash. */
void qc_put(struct qc_txn *txn, const struct qc_key *key, struct qc_bytes row);
void qc_del(struct qc_txn *txn, const struct qc_key *key);

/* Gives a cursor, which the caller closes. It may be NULL (then there is a
 * fault), and qc_next() and qc_close() take that too. |from| may be NULL. */
struct qc_cursor *qc_open(struct qc_txn *txn,
                          const struct qc_key *prefix,
                          const struct qc_key *from);
bool qc_next(struct qc_txn *txn,
             struct qc_cursor *cursor,
             struct qc_key *key_out,
             struct qc_bytes *row_out);
void qc_close(struct qc_txn *txn, struct qc_cursor *cursor);

#endif
