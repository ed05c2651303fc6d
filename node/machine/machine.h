/*
 * The machine: rows, what is derived from them, and how far they have come.
 *
 * It is pure. Every change is a function of rows, an entry and a command; it
 * has no clock, no dice and no file, and `make check-pure` proves it. The
 * command floor drives it; see command/apply.h.
 */
#ifndef QC_MACHINE_MACHINE_H
#define QC_MACHINE_MACHINE_H

#include <stdint.h>

#include "base/error.h"
#include "machine/fold.h"
#include "machine/store.h"

struct qc_desktop_listener;
struct qc_outbox_listener;
struct qc_row_memory;
struct qc_running;

struct qc_machine {
    struct qc_store *store; /* Borrowed. */
    struct qc_index *index;
    struct qc_rosters *rosters;
    struct qc_fold *fold;
    struct qc_row_memory *memory; /* Of what was read. */
    struct qc_running *running;
    /* Borrowed; NULL, as when it is opened: nobody listens. */
    const struct qc_desktop_listener *desktops;
    const struct qc_outbox_listener *outbox; /* The same. */
    uint64_t applied_index;     /* Of the last entry in the rows. */
    int64_t now_ms;             /* The log's time there. */
    uint8_t hash[QC_HASH_SIZE]; /* The state hash there. */
    uint64_t
        n_evicted; /* Answers, since it was opened: no part of the state. */
};

/* Reads how far the rows have come, and derives every index. */
QC_MUST_CHECK int qc_machine_open(struct qc_machine *machine,
                                  struct qc_store *store);
void qc_machine_close(struct qc_machine *machine);

/* A transaction that reads the rows as they are. */
void qc_machine_view(const struct qc_machine *machine,
                     struct qc_arena *arena,
                     struct qc_txn *txn_out);

/* The same for one request, with the memory of rows that entries have: what it
 * recalls lives until the next request or entry begins. */
void qc_machine_look(const struct qc_machine *machine,
                     struct qc_arena *arena,
                     struct qc_txn *txn_out);

/* A transaction for the entry |log_index|, stamped |at_ms|; folding begins. */
void qc_machine_begin(struct qc_machine *machine,
                      struct qc_arena *arena,
                      uint64_t log_index,
                      int64_t at_ms,
                      const uint8_t entropy[16],
                      struct qc_txn *txn_out);

/* Writes applied index, time and hash, and commits all that was written. The
 * first fault of the transaction, or of the commit, is the answer. */
QC_MUST_CHECK int qc_machine_commit(struct qc_machine *machine,
                                    struct qc_txn *txn);

/* Checks every invariant of every entity of every tenant, derives all indexes
 * anew and compares. CORRUPT when something is wrong; then |text_out| says
 * what. Slow: for tests, simulation and tools. */
QC_MUST_CHECK int qc_machine_verify(struct qc_machine *machine,
                                    char *text_out,
                                    size_t text_size);

#endif
