#include "machine/session.h"

#include <string.h>

#include "machine/agent.h"
#include "machine/handling.h"
#include "machine/id.h"
#include "machine/index.h"
#include "machine/orphan.h"
#include "machine/presence.h"
#include "machine/reason.h"
#include "machine/routing.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/tenant.h"
#include "machine/timer.h"

#define LOGGED_OUT QC__V1__PRESENCE_STATE__PRESENCE_STATE_LOGGED_OUT
#define NOT_READY  QC__V1__PRESENCE_STATE__PRESENCE_STATE_NOT_READY
#define READY      QC__V1__PRESENCE_STATE__PRESENCE_STATE_READY

enum {
    RECOVER_MS = 60 * 1000, /* T:agent_recover of C.1.2. */
};

/* Who is an agent and nothing else is the one of his own name; who leads agents
 * does so within a line of business. |field| is what named the agent. */
static int may_speak_for(struct qc_txn *txn,
                         const char *agent,
                         const char *field)
{
    if (txn->roles == QC_ROLE_AGENT && strcmp(txn->principal, agent) != 0) {
        return qc_refuse(txn, QC_REFUSED_ROLE, field);
    }
    return qc_agent_is_seen(txn, agent) ? 0
                                        : qc_refuse(txn, QC_REFUSED_LOB, field);
}

static void start_heartbeat(struct qc_txn *txn, Qc__State__PresenceRow *row)
{
    row->presence->heartbeat_ms = txn->now_ms;
    row->heartbeat =
        qc_timer_new(txn, QC_TIMER_HEARTBEAT, txn->now_ms + QC_HEARTBEAT_MS,
                     QC_HEARTBEAT_MS);
}

int qc_session_login(struct qc_txn *txn,
                     const char *agent,
                     const char *device,
                     bool ready,
                     const Qc__State__PresenceRow **row_out)
{
    const Qc__State__TenantRow *tenant = qc_tenant_get(txn, txn->tenant);
    const Qc__State__AgentRow *who = qc_agent_get(txn, agent);
    const Qc__State__PresenceRow *was = qc_presence_get(txn, agent);
    Qc__State__PresenceRow *row;
    int r;

    if (who == NULL || tenant == NULL) {
        return qc_refuse(txn, QC_REFUSED_NOT_FOUND, "agent");
    }
    r = may_speak_for(txn, agent, "agent");
    if (r != 0) {
        return r;
    }
    if (who->agent->disabled) {
        return qc_refuse(txn, QC_REFUSED_BAD_STATE, "agent");
    }
    row = was != NULL ? qc_presence_copy(txn, was)
                      : qc_presence_new(txn, agent, who->index);
    if (row == NULL) {
        return txn->fault;
    }
    if (!qc_presence_is_logged_in(row)) {
        row->presence->login_ms = txn->now_ms;
    }
    row->session = qc_id_draw(txn);
    row->presence->device = device;
    row->presence->logout_pending = false;
    start_heartbeat(txn, row);
    if (ready || tenant->tenant->ready_on_login) {
        qc_presence_state(txn, row, READY, "");
    } else {
        qc_presence_state(txn, row, NOT_READY, QC_REASON_LOGIN);
    }
    qc_presence_put(txn, was, row);
    qc_routing_drain_another(txn, agent);
    qc_routing_feed(txn, agent);
    *row_out = qc_presence_get(txn, agent);
    return txn->fault;
}

int qc_session_get(struct qc_txn *txn,
                   const char *session_id,
                   Qc__State__PresenceRow **row_out)
{
    struct qc_key prefix;
    struct qc_key key;
    uint64_t session;
    size_t at = QC_KEY_PREFIX_SIZE + sizeof(session);

    if (!qc_id_parse(QC_SESSION_PREFIX, session_id, &session)) {
        return qc_refuse(txn, QC_REFUSED_SESSION_REPLACED, "session_id");
    }
    qc_key_begin(&prefix, txn->tenant, QC_SPACE_SESSION);
    qc_key_put_u64(&prefix, session);
    *row_out = qc_index_first(txn, &prefix, &key, NULL)
                   ? qc_presence_get(txn, qc_key_read_str(&key, &at))
                   : NULL;
    if (*row_out == NULL) {
        return qc_refuse(txn, QC_REFUSED_SESSION_REPLACED, "session_id");
    }
    return may_speak_for(txn, (*row_out)->presence->agent, "session_id");
}

void qc_session_leave_if_done(struct qc_txn *txn, Qc__State__PresenceRow *row)
{
    if (row->presence->logout_pending && row->presence->n_work == 0) {
        qc_presence_state(txn, row, LOGGED_OUT, "");
    }
}

/* --- states --------------------------------------------------------------- */

/* Writes that |agent| is in |state|. */
static void change(struct qc_txn *txn,
                   const char *agent,
                   Qc__V1__PresenceState state,
                   const char *reason)
{
    const Qc__State__PresenceRow *was = qc_presence_get(txn, agent);
    Qc__State__PresenceRow *row =
        was != NULL ? qc_presence_copy(txn, was) : NULL;

    if (row != NULL) {
        qc_presence_state(txn, row, state, reason);
        qc_presence_put(txn, was, row);
        qc_routing_drain_another(txn, agent);
    }
}

static void set_overrun(struct qc_txn *txn,
                        const char *agent,
                        const Qc__V1__Reason *reason)
{
    const Qc__State__PresenceRow *was = qc_presence_get(txn, agent);
    Qc__State__PresenceRow *row =
        was != NULL && reason->max_ms > 0 ? qc_presence_copy(txn, was) : NULL;

    if (row != NULL) {
        row->overrun =
            qc_timer_new(txn, QC_TIMER_REASON_OVERRUN,
                         txn->now_ms + reason->max_ms, reason->max_ms);
        qc_presence_put(txn, was, row);
    }
}

static bool is_leaving(struct qc_txn *txn, const char *agent)
{
    const Qc__State__PresenceRow *row = qc_presence_get(txn, agent);

    return row == NULL || !qc_presence_is_logged_in(row) ||
           row->presence->logout_pending;
}

int qc_session_ready(struct qc_txn *txn, const char *agent)
{
    const Qc__State__PresenceRow *row = qc_presence_get(txn, agent);

    if (is_leaving(txn, agent)) {
        return QC_REFUSED_BAD_STATE;
    }
    if (!qc_presence_is_ready(row)) {
        change(txn, agent, READY, "");
        qc_routing_feed(txn, agent);
    }
    return txn->fault;
}

int qc_session_not_ready(struct qc_txn *txn,
                         const char *agent,
                         const char *reason)
{
    const Qc__State__ReasonRow *why = qc_reason_get(txn, reason);

    if (why == NULL || why->reason->disabled ||
        why->reason->kind == QC__V1__REASON_KIND__REASON_KIND_RONA ||
        why->reason->kind == QC__V1__REASON_KIND__REASON_KIND_SYSTEM) {
        return qc_refuse(txn, QC_REFUSED_REASON_UNKNOWN, "reason");
    }
    if (is_leaving(txn, agent)) {
        return QC_REFUSED_BAD_STATE;
    }
    change(txn, agent, NOT_READY, reason);
    set_overrun(txn, agent, why->reason);
    return txn->fault;
}

void qc_session_unready(struct qc_txn *txn,
                        const char *agent,
                        const char *reason)
{
    if (!is_leaving(txn, agent)) {
        change(txn, agent, NOT_READY, reason);
    }
}

void qc_session_reason_overrun(struct qc_txn *txn, struct qc_bytes object)
{
    const Qc__State__PresenceRow *was =
        qc_presence_get(txn, (const char *)object.data);
    Qc__State__PresenceRow *row =
        was != NULL && was->overrun != NULL ? qc_presence_copy(txn, was) : NULL;

    if (row != NULL) {
        row->overrun = NULL;
        row->presence->overrun = true;
        qc_presence_put(txn, was, row);
    }
}

/* --- coming and going ----------------------------------------------------- */

void qc_session_logout(struct qc_txn *txn, const char *agent, bool force)
{
    const Qc__State__PresenceRow *was;
    Qc__State__PresenceRow *row;

    qc_session_unready(txn, agent, QC_REASON_LOGOUT_PENDING);
    qc_routing_withdraw(txn, agent);
    was = qc_presence_get(txn, agent);
    row = was != NULL ? qc_presence_copy(txn, was) : NULL;
    if (row == NULL || !qc_presence_is_logged_in(row)) {
        return;
    }
    if (force || row->presence->n_work == 0) {
        qc_presence_state(txn, row, LOGGED_OUT, "");
    } else {
        row->presence->logout_pending = true;
    }
    qc_presence_put(txn, was, row);
    qc_routing_release(txn, agent);
    if (force) {
        qc_handling_leave_wrap_ups(txn, agent);
    }
}

void qc_session_agent_changed(struct qc_txn *txn, const Qc__V1__Agent *agent)
{
    if (agent->disabled && !is_leaving(txn, agent->key)) {
        qc_session_logout(txn, agent->key, false);
    }
    qc_routing_drain_another(txn, agent->key);
}

void qc_session_heartbeat(struct qc_txn *txn, const char *agent)
{
    const Qc__State__PresenceRow *was = qc_presence_get(txn, agent);
    Qc__State__PresenceRow *row =
        was != NULL ? qc_presence_copy(txn, was) : NULL;

    if (row != NULL) {
        start_heartbeat(txn, row);
        qc_presence_put(txn, was, row);
    }
}

/* Not heard of for so long: no longer ready at first; then it is asked what has
 * become of the calls, which may well go on; and then the agent is gone. */
static void lose(struct qc_txn *txn,
                 const Qc__State__PresenceRow *was,
                 Qc__State__PresenceRow *row)
{
    int64_t gone_ms = row->presence->heartbeat_ms + QC_HEARTBEAT_GONE_MS;
    int64_t recover_ms =
        row->presence->heartbeat_ms + QC_HEARTBEAT_MS + RECOVER_MS;
    const char *agent = row->presence->agent;
    int64_t next_ms = row->presence->n_work > 0 && txn->now_ms < recover_ms
                          ? recover_ms
                          : gone_ms;

    if (gone_ms <= txn->now_ms) {
        qc_presence_state(txn, row, LOGGED_OUT, "");
    } else {
        row->heartbeat = qc_timer_new(txn, QC_TIMER_HEARTBEAT, next_ms,
                                      next_ms - txn->now_ms);
        if (!row->presence->logout_pending &&
            strcmp(row->presence->reason, QC_REASON_CONNECTION_LOST) != 0) {
            qc_presence_state(txn, row, NOT_READY, QC_REASON_CONNECTION_LOST);
        }
    }
    qc_presence_put(txn, was, row);
    if (txn->now_ms >= recover_ms && txn->now_ms < gone_ms) {
        qc_orphan_ask_about(txn, agent);
    }
    qc_routing_withdraw(txn, agent);
    qc_routing_drain_another(txn, agent);
    if (gone_ms <= txn->now_ms) {
        qc_routing_release(txn, agent);
        qc_handling_leave_wrap_ups(txn, agent);
    }
}

void qc_session_heartbeat_lost(struct qc_txn *txn, struct qc_bytes object)
{
    const Qc__State__PresenceRow *was =
        qc_presence_get(txn, (const char *)object.data);
    Qc__State__PresenceRow *row = was != NULL && was->heartbeat != NULL
                                      ? qc_presence_copy(txn, was)
                                      : NULL;
    Qc__State__Timer *again;

    if (row == NULL) {
        return;
    }
    again = qc_timer_rearm(txn, row->heartbeat);
    if (again == NULL) {
        lose(txn, was, row);
    } else {
        row->heartbeat = again;
        qc_presence_put(txn, was, row);
    }
}
