#include <string.h>

#include "command/glue.h"
#include "machine/alarm.h"
#include "machine/member.h"
#include "machine/row.h"
#include "machine/store.h"

/*
 * ClusterService: members, versions and alarms. What nodes say by themselves
 * comes this way, too.
 */

/* --- members ----------------------------------------------------------------
 */

/* As people see it; NULL is a fault. */
static Qc__V1__MemberState *member_show(struct qc_txn *txn,
                                        const Qc__State__MemberRow *row)
{
    Qc__V1__MemberState *shown =
        qc_row_new(txn, &qc__v1__member_state__descriptor);

    if (shown == NULL) {
        return NULL;
    }
    shown->node_id = row->node_id;
    shown->address = row->address;
    shown->role = (Qc__V1__MemberRole)row->role;
    shown->wanted = (Qc__V1__MemberRole)row->wanted;
    shown->version_max = row->version_max;
    shown->release = row->release;
    return shown;
}

int qc_add_member_check(const Qc__V1__AddMemberRequest *request,
                        struct qc_refusal_detail *detail)
{
    if (!qc_member_is_address(request->address)) {
        detail->field = "address";
        detail->text = "an address is host:port";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

int qc_add_member_run(struct qc_txn *txn,
                      const Qc__V1__AddMemberRequest *request,
                      Qc__V1__AddMemberResponse *response)
{
    const struct qc_member wanted = {
        .node_id = request->node_id,
        .address = request->address,
        .voter = !request->standby,
    };
    const Qc__State__MemberRow *member;
    int r = qc_member_add(txn, &wanted, &member);

    if (r == 0) {
        response->member = member_show(txn, member);
    }
    return r;
}

int qc_promote_member_check(const Qc__V1__PromoteMemberRequest *request,
                            struct qc_refusal_detail *detail)
{
    (void)request;
    (void)detail;
    return 0;
}

int qc_promote_member_run(struct qc_txn *txn,
                          const Qc__V1__PromoteMemberRequest *request,
                          Qc__V1__PromoteMemberResponse *response)
{
    const Qc__State__MemberRow *member;
    int r = qc_member_promote(txn, request->node_id, &member);

    if (r == 0) {
        response->member = member_show(txn, member);
    }
    return r;
}

int qc_remove_member_check(const Qc__V1__RemoveMemberRequest *request,
                           struct qc_refusal_detail *detail)
{
    (void)request;
    (void)detail;
    return 0;
}

int qc_remove_member_run(struct qc_txn *txn,
                         const Qc__V1__RemoveMemberRequest *request,
                         Qc__V1__RemoveMemberResponse *response)
{
    const Qc__State__MemberRow *member;
    int r = qc_member_remove(txn, request->node_id, &member);

    if (r == 0) {
        response->member = member_show(txn, member);
    }
    return r;
}

int qc_list_members_check(const Qc__V1__ListMembersRequest *request,
                          struct qc_refusal_detail *detail)
{
    (void)request;
    (void)detail;
    return 0;
}

int qc_list_members_run(struct qc_txn *txn,
                        const Qc__V1__ListMembersRequest *request,
                        Qc__V1__ListMembersResponse *response)
{
    const Qc__State__MembersRow *row = qc_members_get(txn);

    (void)request;
    if (row == NULL) {
        return txn->fault;
    }
    response->members = qc_alloc(txn, row->n_members * sizeof(void *));
    response->removed = qc_alloc(txn, row->n_removed * sizeof(void *));
    for (size_t i = 0; txn->fault == 0 && i < row->n_members; i++) {
        response->members[response->n_members++] =
            member_show(txn, row->members[i]);
    }
    for (size_t i = 0; txn->fault == 0 && i < row->n_removed; i++) {
        Qc__V1__FormerMember *former =
            qc_row_new(txn, &qc__v1__former_member__descriptor);

        if (former != NULL) {
            former->node_id = row->removed[i]->node_id;
            former->log_index = row->removed[i]->log_index;
            response->removed[response->n_removed++] = former;
        }
    }
    response->cluster_version = qc_cluster_version(txn);
    return 0;
}

/* --- versions ---------------------------------------------------------------
 */

int qc_report_node_check(const Qc__V1__ReportNodeRequest *request,
                         struct qc_refusal_detail *detail)
{
    if (request->version_max == 0) {
        detail->field = "version_max";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

int qc_report_node_run(struct qc_txn *txn,
                       const Qc__V1__ReportNodeRequest *request,
                       Qc__V1__ReportNodeResponse *response)
{
    (void)response;
    return qc_member_report(txn, request->node_id, request->version_max,
                            request->release);
}

int qc_finalize_version_check(const Qc__V1__FinalizeVersionRequest *request,
                              struct qc_refusal_detail *detail)
{
    (void)request;
    (void)detail;
    return 0;
}

int qc_finalize_version_run(struct qc_txn *txn,
                            const Qc__V1__FinalizeVersionRequest *request,
                            Qc__V1__FinalizeVersionResponse *response)
{
    return qc_member_finalize(txn, request->version,
                              &response->cluster_version);
}

/* --- alarms -----------------------------------------------------------------
 */

static int check_kind(Qc__V1__AlarmKind kind, struct qc_refusal_detail *detail)
{
    if (kind != QC__V1__ALARM_KIND__ALARM_KIND_NOSPACE &&
        kind != QC__V1__ALARM_KIND__ALARM_KIND_STATE_DIFFERS) {
        detail->field = "kind";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

int qc_compare_hashes_check(const Qc__V1__CompareHashesRequest *request,
                            struct qc_refusal_detail *detail)
{
    for (size_t i = 0; i < request->n_hashes; i++) {
        if (request->hashes[i]->hash.len != QC_HASH_SIZE) {
            detail->field = "hashes";
            return QC_REFUSED_INVALID;
        }
    }
    if (request->n_hashes > QC_MEMBERS_MAX || request->log_index == 0) {
        detail->field = request->log_index == 0 ? "log_index" : "hashes";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

int qc_compare_hashes_run(struct qc_txn *txn,
                          const Qc__V1__CompareHashesRequest *request,
                          Qc__V1__CompareHashesResponse *response)
{
    struct qc_node_hash hashes[QC_MEMBERS_MAX];
    int r = qc_compare_hashes_check(request, &txn->detail);

    if (r != 0) {
        return r;
    }
    for (size_t i = 0; i < request->n_hashes; i++) {
        hashes[i].node_id = request->hashes[i]->node_id;
        memcpy(hashes[i].hash, request->hashes[i]->hash.data, QC_HASH_SIZE);
    }
    response->differing =
        qc_alloc(txn, QC_MEMBERS_MAX * sizeof(*response->differing));
    if (response->differing != NULL) {
        response->n_differing =
            qc_alarm_compare(txn, request->log_index, hashes, request->n_hashes,
                             response->differing);
    }
    return 0;
}

int qc_raise_alarm_check(const Qc__V1__RaiseAlarmRequest *request,
                         struct qc_refusal_detail *detail)
{
    return check_kind(request->kind, detail);
}

int qc_raise_alarm_run(struct qc_txn *txn,
                       const Qc__V1__RaiseAlarmRequest *request,
                       Qc__V1__RaiseAlarmResponse *response)
{
    (void)response;
    return qc_alarm_raise(txn, request->kind, request->node_id);
}

int qc_disarm_alarm_check(const Qc__V1__DisarmAlarmRequest *request,
                          struct qc_refusal_detail *detail)
{
    return check_kind(request->kind, detail);
}

int qc_disarm_alarm_run(struct qc_txn *txn,
                        const Qc__V1__DisarmAlarmRequest *request,
                        Qc__V1__DisarmAlarmResponse *response)
{
    (void)response;
    return qc_alarm_disarm(txn, request->kind, request->node_id);
}

int qc_list_alarms_check(const Qc__V1__ListAlarmsRequest *request,
                         struct qc_refusal_detail *detail)
{
    (void)request;
    (void)detail;
    return 0;
}

int qc_list_alarms_run(struct qc_txn *txn,
                       const Qc__V1__ListAlarmsRequest *request,
                       Qc__V1__ListAlarmsResponse *response)
{
    Qc__State__AlarmRow **rows;
    size_t n = qc_alarm_list(txn, &rows);

    (void)request;
    response->alarms = qc_alloc(txn, n * sizeof(*response->alarms));
    for (size_t i = 0; txn->fault == 0 && i < n; i++) {
        Qc__V1__Alarm *alarm = qc_row_new(txn, &qc__v1__alarm__descriptor);

        if (alarm != NULL) {
            alarm->kind = (Qc__V1__AlarmKind)rows[i]->kind;
            alarm->node_id = rows[i]->node_id;
            alarm->raised_ms = rows[i]->raised_ms;
            alarm->log_index = rows[i]->log_index;
            alarm->differs_at = rows[i]->differs_at;
            response->alarms[response->n_alarms++] = alarm;
        }
    }
    return 0;
}
