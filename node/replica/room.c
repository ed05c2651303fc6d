/*
 * Room on the disks.
 *
 * Each node says with every answer to the leader whether it has room. A leader
 * that has none hands over (transfer.c); when no majority has any, nothing is
 * appended, and callers are told so at once, while the disks still have their
 * reserve. libraft could count for us, but would then fail its own entry at an
 * election half-way.
 */
#include "quorumcall/v1/cluster_service.pb-c.h"
#include "replica/inside.h"

void qc_replica_tell_capacity(struct qc_replica *replica)
{
    const struct qc_duties *duties = &replica->duties;

    replica->core.capacity =
        (duties->room != QC_ROOM_NONE ? QC_CAPACITY_ROOM : 0U) |
        (!duties->drains ? QC_CAPACITY_WILLING : 0U);
}

void qc_replica_set_room(struct qc_replica *replica, enum qc_room room)
{
    replica->duties.is_room_known = true;
    if (room != replica->duties.room) {
        replica->duties.room = room;
        replica->duties.rest_until_ms = 0;
        qc_replica_tell_capacity(replica);
    }
}

/* Who has not said anything is no reason to refuse. */
static bool has_room(const struct qc_replica *replica, uint64_t id)
{
    const struct qc_core_peer *peer;

    if (id == replica->options.id) {
        return replica->duties.room != QC_ROOM_NONE;
    }
    peer = qc_core_peer(&replica->core, id);
    return peer == NULL || (peer->capacity & QC_CAPACITY_ROOM) != 0;
}

bool qc_replica_is_full(const struct qc_replica *replica)
{
    const struct raft_configuration *members =
        &replica->core.raft.configuration;
    unsigned n_voters = 0;
    unsigned n_with_room = 0;

    for (unsigned i = 0; i < members->n; i++) {
        if (members->servers[i].role == RAFT_VOTER) {
            n_voters++;
            n_with_room += has_room(replica, members->servers[i].id) ? 1 : 0;
        }
    }
    return 2 * n_with_room <= n_voters;
}

static int raise(struct qc_replica *replica)
{
    Qc__V1__RaiseAlarmRequest request = QC__V1__RAISE_ALARM_REQUEST__INIT;

    request.kind = QC__V1__ALARM_KIND__ALARM_KIND_NOSPACE;
    request.node_id = replica->options.id;
    request.client_ts_ms = qc_replica_request_ms(replica);
    return qc_replica_run_errand(replica, &replica->duties.alarm,
                                 QC_COMMAND_RAISE_ALARM, &request.base);
}

static int disarm(struct qc_replica *replica)
{
    Qc__V1__DisarmAlarmRequest request = QC__V1__DISARM_ALARM_REQUEST__INIT;

    request.kind = QC__V1__ALARM_KIND__ALARM_KIND_NOSPACE;
    request.node_id = replica->options.id;
    request.client_ts_ms = qc_replica_request_ms(replica);
    return qc_replica_run_errand(replica, &replica->duties.alarm,
                                 QC_COMMAND_DISARM_ALARM, &request.base);
}

/* One that was not there needs no disarming; but one that was not raised, for
 * the rows did not know this node yet, must be tried again, a little later. */
static void note_answer(struct qc_replica *replica)
{
    struct qc_duties *duties = &replica->duties;
    bool is_refused = duties->raises && duties->alarm.refusal != 0;
    int64_t next_ms =
        is_refused ? qc_replica_now_ms(replica) + QC_ERRAND_MS : 0;

    duties->is_alarm_known = !is_refused;
    duties->is_alarm_raised = duties->raises;
    duties->alarm = (struct qc_errand){.next_ms = next_ms};
}

int qc_replica_tell_room(struct qc_replica *replica)
{
    struct qc_duties *duties = &replica->duties;
    bool wants = duties->room != QC_ROOM_ENOUGH;

    if (duties->alarm.is_done) {
        note_answer(replica);
    }
    if (!duties->is_room_known ||
        (duties->is_alarm_known && duties->is_alarm_raised == wants) ||
        qc_errand_waits(replica, &duties->alarm) || replica->leader_id == 0 ||
        !qc_replica_is_member(replica)) {
        return 0;
    }
    if (qc_replica_version(replica) < QC_DUTIES_SINCE) {
        duties->alarm.next_ms = qc_replica_now_ms(replica) + QC_ERRAND_MS;
        return 0;
    }
    duties->raises = wants;
    return wants ? raise(replica) : disarm(replica);
}
