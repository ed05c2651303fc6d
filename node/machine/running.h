/*
 * Running rows: counts and sums that many commands of an entry add to. Such a
 * row is read when the first of them asks for it, stays as what it says, and is
 * written once, when the entry ends.
 *
 * Not within a draft; and what is derived of such a row, is when it is written.
 */
#ifndef QC_MACHINE_RUNNING_H
#define QC_MACHINE_RUNNING_H

#include <protobuf-c/protobuf-c.h>

struct qc_key;
struct qc_running;
struct qc_txn;

/* Of a machine, for one entry after the other. NULL when memory is short. */
struct qc_running *qc_running_new(void);
void qc_running_free(struct qc_running *running);

/* A new entry: what one that came to a fault has left is forgotten. */
void qc_running_begin(struct qc_running *running);

/* The row of |key| as it is now, an empty one if there is none, to be changed
 * in place: it is written when the entry ends. What it points to must live as
 * long: qc_running_alloc(). NULL is a fault, already remembered. */
void *qc_running_row(struct qc_txn *txn,
                     const ProtobufCMessageDescriptor *type,
                     const struct qc_key *key);

/* The same, of a row that only this entry can have begun, so that it is not
 * looked for. |written| is called when it is written. */
void *qc_running_own_row(struct qc_txn *txn,
                         const ProtobufCMessageDescriptor *type,
                         const struct qc_key *key,
                         void (*written)(struct qc_txn *txn,
                                         const struct qc_key *key));

/* Zeroed, until the entry ends; NULL is a fault, already remembered. */
void *qc_running_alloc(struct qc_txn *txn, size_t size);

/* As qc_row_get(), with what the entry has changed. Also in a query. */
const void *qc_running_look(struct qc_txn *txn,
                            const ProtobufCMessageDescriptor *type,
                            const struct qc_key *key);

/* Writes all of them, in the order in which they were first asked for. */
void qc_running_end(struct qc_txn *txn);

#endif
