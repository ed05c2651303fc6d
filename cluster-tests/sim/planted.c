#include "cluster-tests/sim/planted.h"

#include <stdlib.h>

#include "base/planted.h"
#include "cluster-tests/sim/disk.h"
#include "quorumcall/peer/v1/peer_service.pb-c.h"

/* The highest index, up to |last|, that a majority of nodes stores as |from|
 * does. */
static uint64_t stored_by_majority(const struct sim_node *from, uint64_t last)
{
    const struct sim_world *world = from->world;

    for (uint64_t index = last; index > 0; index--) {
        uint64_t digest = sim_disk_digest(from->disk, index);
        unsigned n = 0;

        for (unsigned i = 1; i <= world->n_nodes; i++) {
            n += sim_disk_durable_digest(world->nodes[i].disk, index) == digest
                     ? 1
                     : 0;
        }
        if (digest != 0 && 2 * n > world->n_nodes) {
            return index;
        }
    }
    return 0;
}

static bool raise_commit(const struct sim_node *from,
                         Qc__Peer__AppendEntries *append)
{
    uint64_t stored = stored_by_majority(from, sim_disk_last(from->disk));

    if (stored <= append->leader_commit) {
        return false;
    }
    append->leader_commit = stored;
    return true;
}

static bool raise_ack(const struct sim_node *from,
                      Qc__Peer__AppendEntriesResult *result)
{
    uint64_t last = sim_disk_last(from->disk);

    if (result->rejected != 0 || last <= result->last_log_index) {
        return false;
    }
    result->last_log_index = last;
    return true;
}

uint8_t *sim_planted_change(const struct sim_node *from,
                            struct qc_bytes bytes,
                            size_t *size_out)
{
    Qc__Peer__ConsensusRequest *request =
        qc__peer__consensus_request__unpack(NULL, bytes.size, bytes.data);
    bool changed = false;
    uint8_t *packed = NULL;

    if (request == NULL) {
        return NULL;
    }
    if (QC_PLANTED_BUG(1) &&
        request->message_case ==
            QC__PEER__CONSENSUS_REQUEST__MESSAGE_APPEND_ENTRIES) {
        changed = raise_commit(from, request->append_entries);
    } else if (QC_PLANTED_BUG(2) &&
               request->message_case ==
                   QC__PEER__CONSENSUS_REQUEST__MESSAGE_APPEND_ENTRIES_RESULT) {
        changed = raise_ack(from, request->append_entries_result);
    }
    if (changed) {
        *size_out = qc__peer__consensus_request__get_packed_size(request);
        packed = malloc(*size_out);
        if (packed != NULL) {
            qc__peer__consensus_request__pack(request, packed);
        }
    }
    qc__peer__consensus_request__free_unpacked(request, NULL);
    return packed;
}
