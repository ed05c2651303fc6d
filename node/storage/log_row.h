/*
 * How the log's rows look on disk.
 *
 *   entry          'e', index (big-endian)   -> seal, index, term, kind, bytes
 *   term and vote  'v'                       -> seal, term, vote
 *   base           'm'                       -> seal, generation, first, index,
 *                                               term, manifest
 *
 * The seal is the XXH3-64 of all that follows it. The index stands in the row
 * once more, so that a row that strayed to another key is found out. Numbers
 * are big-endian.
 */
#ifndef QC_STORAGE_LOG_ROW_H
#define QC_STORAGE_LOG_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/log_entry.h"

enum {
    QC_LOG_KEY_SIZE = 1 + 8,
    QC_LOG_ROW_HEAD_SIZE = 8 + 8 + 8 + 1, /* Before the entry's bytes. */
    QC_VOTE_ROW_SIZE = 8 + 8 + 8,
    QC_BASE_ROW_HEAD_SIZE = 8 + 8 + 8 + 8 + 8, /* Before the manifest. */
};

extern const char qc_vote_key[1];
extern const char qc_base_key[1];

/* What the log stands on: the checkpoint that it goes on from. */
struct qc_log_base {
    uint64_t generation; /* Of the rows. */
    uint64_t first;      /* The first entry that is, or may come. */
    uint64_t index;      /* The manifest's; 0: there is none. */
    uint64_t term;
    struct qc_bytes manifest; /* Encoded. */
};

void qc_log_key(uint64_t index, char key_out[QC_LOG_KEY_SIZE]);

/* Whether |key| is an entry's, and of which. */
bool qc_log_key_index(struct qc_bytes key, uint64_t *index_out);

/* |row_out| has room for the head and the entry's bytes. */
void qc_log_row_write(const struct qc_log_entry *entry, uint8_t *row_out);

/* False when the row is damaged, or is not that of |index|. The entry's data
 * lies in |row|. */
bool qc_log_row_read(struct qc_bytes row,
                     uint64_t index,
                     struct qc_log_entry *entry_out);

void qc_vote_row_write(uint64_t term,
                       uint64_t vote,
                       uint8_t row_out[QC_VOTE_ROW_SIZE]);
bool qc_vote_row_read(struct qc_bytes row,
                      uint64_t *term_out,
                      uint64_t *vote_out);

/* |row_out| has room for the head and the manifest. */
void qc_base_row_write(const struct qc_log_base *base, uint8_t *row_out);

/* The manifest lies in |row|. False when the row is damaged, or its numbers do
 * not fit each other. */
bool qc_base_row_read(struct qc_bytes row, struct qc_log_base *base_out);

#endif
