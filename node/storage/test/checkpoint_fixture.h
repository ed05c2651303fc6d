/* Rows with a state in them, and checkpoints of it, for tests. */
#ifndef QC_STORAGE_TEST_CHECKPOINT_FIXTURE_H
#define QC_STORAGE_TEST_CHECKPOINT_FIXTURE_H

#include <limits.h>
#include <stdint.h>

#include "machine/machine.h"
#include "storage/checkpoint.h"
#include "storage/rows.h"

struct qc_checkpoint_fixture {
    char folder[PATH_MAX];
    char rows_path[PATH_MAX];
    char checkpoints[PATH_MAX];
    char text[1024];
    struct qc_rows *rows; /* NULL when they are closed. */
    struct qc_machine machine;
    struct qc_manifest manifest; /* Of the one that was taken last. */
};

/* Rows of three members at index 10. For cmocka. */
int qc_checkpoint_setup(void **state);
int qc_checkpoint_teardown(void **state);

/* An entry |index| that writes rows, which follow from it. */
void qc_test_apply(struct qc_checkpoint_fixture *f, uint64_t index);

/* Takes one, which must succeed. */
void qc_test_take(struct qc_checkpoint_fixture *f);

/* The directory of checkpoint |index|, and a file in it. */
void qc_test_checkpoint(const struct qc_checkpoint_fixture *f,
                        uint64_t index,
                        char path_out[PATH_MAX]);
void qc_test_checkpoint_file(const struct qc_checkpoint_fixture *f,
                             size_t n,
                             char path_out[PATH_MAX]);

/* Expects that rows in |path| can be opened, and are those of the manifest. */
void qc_test_expect_rows(struct qc_checkpoint_fixture *f,
                         const char *path,
                         const Qc__Peer__Manifest *manifest);

/* Expects each of the words in |f->text|. */
void qc_test_expect_text(const struct qc_checkpoint_fixture *f,
                         const char *word);

/* Makes a backup of the checkpoint that was taken last, as its format asks. */
void qc_test_back_up(const struct qc_checkpoint_fixture *f, const char *file);

#endif
