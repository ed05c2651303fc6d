/* A command on its way into the log. */
#ifndef QC_REPLICA_REQUEST_H
#define QC_REPLICA_REQUEST_H

#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "command/entry.h"

struct qc_proposal;

TAILQ_HEAD(qc_request_list, qc_request);
TAILQ_HEAD(qc_proposal_list, qc_proposal);

/* Why a forwarded request is not appended. */
enum qc_drop {
    QC_DROP_TURNED_AWAY, /* By who does not lead, or is too busy. */
    QC_DROP_EXPIRED,
    QC_DROP_NO_SPACE,
};

struct qc_request {
    TAILQ_ENTRY(qc_request) links; /* In the one list that it stands in. */
    RB_ENTRY(qc_request) node;     /* Among the open ones of this node. */
    struct qc_proposal_list waiters;
    uint64_t origin; /* The node that forwarded it; 0: a caller is here. */
    /* What its node calls it: another request of the same id, which came when
     * this one was forgotten, has another. */
    uint64_t number;
    /* Where it may still become an entry, so that giving up on it says nothing:
     * hand-overs to a leader, and appends as a leader, of unknown end. */
    unsigned n_unresolved;
    bool queued;       /* It waits for its turn; else it is sent, or ending. */
    enum qc_drop drop; /* Why it was dropped. */
    bool ending;       /* Its waiters are being answered. */
    int64_t sent_ms;   /* When it was last sent. */
    size_t size;       /* As qc_command_size(). */
    struct qc_command command; /* Lives in |bytes|. */
    uint8_t bytes[];
};

/* Copies |command|. NULL when memory is short. */
struct qc_request *qc_request_new(const struct qc_command *command,
                                  uint64_t origin);
void qc_request_free(struct qc_request *request);

/* By tenant, client id, request id, then digest: another digest under the same
 * id is another request, with another answer. */
int qc_request_compare(const struct qc_request *a, const struct qc_request *b);

/* The same without the digest. */
int qc_request_compare_id(const struct qc_command *a,
                          const struct qc_command *b);

#endif
