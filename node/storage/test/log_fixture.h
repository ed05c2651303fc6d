/* A log in a folder of its own, for tests of it. */
#ifndef QC_STORAGE_TEST_LOG_FIXTURE_H
#define QC_STORAGE_TEST_LOG_FIXTURE_H

#include <limits.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/log.h"

struct qc_log_fixture {
    char folder[PATH_MAX];
    char path[PATH_MAX];
    char text[1024];
    struct qc_log *log; /* NULL when it is closed. */
    sem_t written;      /* Posted for each call of persisted() since then. */
    sem_t gate;         /* Passed by the writer after each write. */
    atomic_bool held;
    atomic_uint n_come; /* Calls of persisted() that have begun, */
    atomic_uint n_gone; /* and that have ended. */
};

/* Makes an empty log and opens it. For cmocka. */
int qc_log_setup(void **state);
int qc_log_teardown(void **state);

/* Return what qc_log_open() returns. */
int qc_log_fixture_open(struct qc_log_fixture *f, bool create);
void qc_log_fixture_close(struct qc_log_fixture *f);

/* While it is held, the writer does not go on after a write; a step lets it go
 * on to the end of the next. */
void qc_log_fixture_hold(struct qc_log_fixture *f);
void qc_log_fixture_step(struct qc_log_fixture *f);
void qc_log_fixture_release(struct qc_log_fixture *f);

/* The bytes of an entry follow from its index and term alone. */
enum {
    QC_TEST_ENTRY_SIZE_MAX = 3000,
};
size_t qc_test_entry(uint64_t index,
                     uint64_t term,
                     uint8_t data_out[QC_TEST_ENTRY_SIZE_MAX]);

/* Appends entries |first| to |last| of |term|. */
int qc_test_append(struct qc_log *log,
                   uint64_t first,
                   uint64_t last,
                   uint64_t term);

/* Encodes the manifest of a checkpoint of no importance, which is told from
 * others by its time. Borrowed until the next call. */
struct qc_bytes qc_test_manifest(uint64_t index, uint64_t term, int64_t now_ms);

/* Polls after each write until |index|, which was just appended, is durable.
 * Returns the fault of a poll. */
int qc_test_await(struct qc_log_fixture *f, uint64_t index);

/* Polls after each write until the last restart is durable. */
int qc_test_await_restart(struct qc_log_fixture *f);

/* Reads all and asserts that each entry is there, with the bytes that belong
 * to its index and term. Writes their terms to |terms_out|, which has room for
 * |n|, unless that is NULL. Returns the fault of the read. */
int qc_test_read(struct qc_log *log, uint64_t *terms_out, size_t n);

#endif
