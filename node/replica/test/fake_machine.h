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
    QC_FAKE_CONFIGURATIONS_MAX = 1024,
    QC_FAKE_ADDRESS_SIZE = 16,
};

/* The members as of the entry |index|. */
struct qc_fake_configuration {
    uint64_t index;
    size_t n;
    struct {
        uint64_t id;
        bool voter;
        char address[QC_FAKE_ADDRESS_SIZE];
    } servers[QC_SERVERS_MAX];
};

struct qc_ledger {
    struct {
        uint64_t digest; /* Of the entry's bytes; 0: none is known. */
        int64_t at_ms;
        unsigned n_commands;
        unsigned n_tenants;
    } entries[QC_FAKE_INDEXES_MAX];
    struct qc_fake_configuration configurations[QC_FAKE_CONFIGURATIONS_MAX];
    size_t n_configurations; /* In the order of their indexes. */
    /* The members as they are wanted, which no command is needed for; none: as
     * they are. */
    struct qc_wanted wanted[QC_SERVERS_MAX];
    size_t n_wanted;
    uint32_t version; /* Of the cluster. */
    /* How often commands of nodes were applied by some node: each is counted
     * once by each. */
    unsigned n_reported;
    unsigned n_compared;
    unsigned n_raised;
    unsigned n_disarmed;
    int refusal;      /* Alarms are refused with it; 0: they are raised. */
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
    uint64_t node_id;  /* Whose it is. */
    bool is_spoiled;   /* Its state hash is not that of the others. */
    bool is_different; /* And its rows say so. */
    uint32_t reported; /* By its node. */
};

/* |machine| starts empty. */
void qc_fake_machine_init(struct qc_fake_machine *machine,
                          struct qc_ledger *ledger);

struct qc_applier qc_fake_machine_as_applier(struct qc_fake_machine *machine);

/* How the machine is written: its size, and the bytes. */
size_t qc_fake_machine_size(void);
void qc_fake_machine_write(const struct qc_fake_machine *machine,
                           uint8_t *bytes);
void qc_fake_machine_read(struct qc_fake_machine *machine,
                          const uint8_t *bytes);

/* The members in its rows: how many. Addresses are the ledger's. */
size_t qc_fake_machine_members(const struct qc_fake_machine *machine,
                               struct qc_server members_out[QC_SERVERS_MAX],
                               uint64_t *configuration_index_out);

/* Goes back to the rows as they were at |index|. */
void qc_fake_machine_go_back(struct qc_fake_machine *machine, uint64_t index);

/* Fills |command|, whose text is |text|. */
void qc_fake_command(unsigned number,
                     uint32_t tenant,
                     char text[16],
                     struct qc_command *command_out);

#endif
