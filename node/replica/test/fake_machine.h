/*
 * A machine that does each command once, and remembers in which order. Test
 * support; never linked in.
 *
 * Machines share a ledger: what was applied at an index by one must be applied
 * there by all, byte for byte.
 */
#ifndef QC_REPLICA_TEST_FAKE_MACHINE_H
#define QC_REPLICA_TEST_FAKE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "replica/replica.h"

enum {
    QC_FAKE_NUMBERS_MAX = 4096,
    QC_FAKE_INDEXES_MAX = 65536,
};

struct qc_ledger {
    struct {
        uint64_t digest; /* Of the entry's bytes; 0: none is known. */
        int64_t at_ms;
        unsigned n_commands;
        unsigned n_tenants;
    } entries[QC_FAKE_INDEXES_MAX];
    int64_t timer_ms; /* INT64_MAX: none; 0: one is always due. */
    bool differs;     /* Two machines found different entries at an index. */
    bool went_back;   /* Of two entries, the later had the earlier time. */
};

struct qc_fake_machine {
    struct qc_ledger *ledger;
    uint64_t applied_index;
    uint64_t kept_index; /* Rows up to here survive a crash. */
    int64_t now_ms;
    uint64_t done_at[QC_FAKE_NUMBERS_MAX]; /* Index by number; 0: not done. */
    unsigned fail_at;
};

/* |machine| starts empty. */
void qc_fake_machine_init(struct qc_fake_machine *machine,
                          struct qc_ledger *ledger);

struct qc_applier qc_fake_machine_as_applier(struct qc_fake_machine *machine);

/* Goes back to the rows as they were at |index|. */
void qc_fake_machine_go_back(struct qc_fake_machine *machine, uint64_t index);

/* Fills |command|, whose text is |text|. */
void qc_fake_command(unsigned number,
                     uint32_t tenant,
                     char text[16],
                     struct qc_command *command_out);

#endif
