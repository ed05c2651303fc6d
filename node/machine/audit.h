/*
 * The audit trail: what was done to a configuration or to the cluster, and by
 * whom (domain model B.30).
 *
 * Each tenant, and the cluster, has one chain of records in the order of their
 * ids. The hash of a record is SHA-256 over the hash of the record before it
 * and its own bytes, so whoever changes one must change all that follow, and
 * the head, on a majority of nodes. Those of one log entry stand in one row.
 * Rows are kept for five years.
 *
 * All functions are about the tenant of the transaction.
 */
#ifndef QC_MACHINE_AUDIT_H
#define QC_MACHINE_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "machine/entity.h"
#include "machine/sha256.h"
#include "quorumcall/state/v1/audit.pb-c.h"

struct qc_txn;

enum {
    QC_AUDIT_HASH_SIZE = QC_SHA256_SIZE,
    QC_AUDIT_SINCE = 3, /* The cluster version. */
    QC_AUDIT_OBJECT_MAX = 300,
};

#define QC_AUDIT_PREFIX "au_"
/* 5 years, of which one is a leap year at least, and maybe two. */
#define QC_AUDIT_AGE_MS (INT64_C(1827) * 24 * 60 * 60 * 1000)

extern const struct qc_entity qc_audit_entity;
extern const struct qc_entity qc_audit_head_entity;

/*
 * A witness of what a command writes: while txn->witness is set, qc_put() and
 * qc_del() tell it. Its digests run over key and value of each row, in the
 * order they are written, as they were and as they become.
 */
struct qc_witness {
    bool had_rows;
    bool has_rows;
    uint8_t before[QC_AUDIT_HASH_SIZE];
    uint8_t after[QC_AUDIT_HASH_SIZE];
};

/* For store.c: |row| is about to be written; or removed, if |removed|. */
void qc_witness_see(struct qc_txn *txn,
                    const struct qc_key *key,
                    struct qc_bytes row,
                    bool removed);

/* What is told of a command, beside who calls and when. */
struct qc_audited {
    const char *method;
    const char *object;      /* At most QC_AUDIT_OBJECT_MAX long. */
    struct qc_bytes request; /* Its digest. */
    const struct qc_witness *witness;
};

/* Adds a record to the chain; it is written by qc_audit_flush(). */
void qc_audit_add(struct qc_txn *txn, const struct qc_audited *audited);

/* Writes what was added for each tenant, in a row for each, and removes one or
 * two of his rows that are too old. At the end of each entry. */
void qc_audit_flush(struct qc_txn *txn);

/* A record, with its hash. */
struct qc_audit_record {
    const Qc__State__AuditRecord *record;
    ProtobufCBinaryData hash;
};

/* Records after the one with the id |after| (0: from the first), at most |size|
 * (0: QC_PAGE_SIZE): the rows of the page are struct qc_audit_record. Returns
 * the id to go on after; 0 on the last page. */
uint64_t qc_audit_page(struct qc_txn *txn,
                       uint64_t after,
                       size_t size,
                       struct qc_page *page_out);

/* What a walk along the chain has found. */
struct qc_audit_span {
    size_t n_records;
    uint64_t first;
    uint64_t last;
    uint64_t broken_at; /* 0: nowhere. */
    bool is_end;        /* No record follows. */
    bool cut_off;       /* No record follows, and one should. */
};

/* Checks at most |size| records after the one with the id |after| (0: from the
 * first), which counts as good. False when there is no such record, or a fault.
 */
bool qc_audit_verify(struct qc_txn *txn,
                     uint64_t after,
                     size_t size,
                     struct qc_audit_span *span_out);

#endif
