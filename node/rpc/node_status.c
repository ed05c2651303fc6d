/* ClusterService.GetStatus: a node tells about itself, as of now. */
#include <string.h>

#include "base/arena.h"
#include "codec/message.h"
#include "machine/machine.h"
#include "machine/member.h"
#include "quorumcall/v1/cluster_service.pb-c.h"
#include "rpc/edge.h"

static const char *hex(struct qc_arena *arena, const uint8_t *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    char *text = qc_arena_alloc(arena, 2 * n + 1);

    for (size_t i = 0; text != NULL && i < n; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 0xf];
    }
    return text;
}

/* The newest hash, or the one at an index that the caller wants to compare. */
static bool put_hash(const struct qc_rpc *rpc,
                     uint64_t at_index,
                     struct qc_arena *arena,
                     Qc__V1__GetStatusResponse *response)
{
    const struct qc_machine *machine = rpc->options.machine;
    uint8_t hash[QC_HASH_SIZE];
    const char *text;

    if (at_index == 0 || at_index == machine->applied_index) {
        response->hash_index = machine->applied_index;
        memcpy(hash, machine->hash, sizeof(hash));
    } else if (at_index < machine->applied_index &&
               qc_hashes_at(rpc->options.hashes, at_index, hash)) {
        response->hash_index = at_index;
    } else {
        return true;
    }
    text = hex(arena, hash, sizeof(hash));
    if (text == NULL) {
        return false;
    }
    response->state_hash = text;
    return true;
}

static bool put_members(const struct qc_rpc *rpc,
                        const struct qc_replica_status *status,
                        struct qc_arena *arena,
                        Qc__V1__GetStatusResponse *response)
{
    response->members = (Qc__V1__Member **)qc_arena_alloc(
        arena, status->n_servers * sizeof(Qc__V1__Member *));
    if (response->members == NULL) {
        return false;
    }
    for (unsigned i = 0; i < status->n_servers; i++) {
        const struct qc_server *server = &status->servers[i];
        Qc__V1__Member *member = (Qc__V1__Member *)qc_message_new(
            &qc__v1__member__descriptor, arena);
        size_t size = strlen(server->address) + 1;
        char *address = qc_arena_alloc(arena, size);

        if (member == NULL || address == NULL) {
            return false;
        }
        memcpy(address, server->address, size);
        member->node_id = server->id;
        member->address = address;
        member->voter = server->voter;
        member->match_index = status->match_indexes[i];
        member->connected = server->id == rpc->options.node_id ||
                            qc_peers_connected(rpc->peers, server->id);
        response->members[response->n_members++] = member;
    }
    return true;
}

bool qc_node_status(const struct qc_rpc *rpc,
                    const ProtobufCMessage *message,
                    struct qc_arena *arena,
                    ProtobufCMessage *answer)
{
    const Qc__V1__GetStatusRequest *request =
        (const Qc__V1__GetStatusRequest *)message;
    Qc__V1__GetStatusResponse *response = (Qc__V1__GetStatusResponse *)answer;
    struct qc_rpc_load load = rpc->options.load(rpc->options.ctx);
    struct qc_replica_status status;

    qc_replica_status(rpc->replica, &status);
    response->draining_ms = (uint64_t)load.draining_ms;
    response->connections = load.connections;
    response->calls = load.calls;
    response->streams = load.streams;
    response->drained = load.drained;
    response->node_id = rpc->options.node_id;
    response->cluster_id = rpc->options.cluster_id;
    response->role = (Qc__V1__NodeRole)status.role;
    response->leader_id = status.leader_id;
    response->term = status.term;
    response->last_index = status.last_index;
    response->commit_index = status.commit_index;
    response->applied_index = status.applied_index;
    response->now_ms = rpc->options.machine->now_ms;
    response->version = rpc->options.version;
    response->open_requests = status.open_requests;
    response->first_index = status.first_index;
    response->checkpoint_index = status.checkpoint_index;
    response->draining = status.draining;
    response->read_only = status.read_only;
    response->installing = status.installing;
    response->version_max = QC_CLUSTER_VERSION_MAX;
    rpc->options.loop_stall(rpc->options.ctx, &response->loop_stall_us,
                            &response->loop_own_stall_us);
    return put_hash(rpc, request->hash_at_index, arena, response) &&
           put_members(rpc, &status, arena, response);
}
