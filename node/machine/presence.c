#include "machine/presence.h"

#include <string.h>

#include "machine/desktop.h"
#include "machine/id.h"
#include "machine/index.h"
#include "machine/last_hour.h"
#include "machine/planted.h"
#include "machine/rosters.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/timer.h"

enum {
    PPM = 1000000,
};

#define LOGGED_OUT QC__V1__PRESENCE_STATE__PRESENCE_STATE_LOGGED_OUT
#define NOT_READY  QC__V1__PRESENCE_STATE__PRESENCE_STATE_NOT_READY
#define READY      QC__V1__PRESENCE_STATE__PRESENCE_STATE_READY

static struct qc_key presence_key(const struct qc_txn *txn, const char *agent)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_PRESENCE);
    qc_key_put_str(&key, agent);
    return key;
}

Qc__State__PresenceRow *qc_presence_get(struct qc_txn *txn, const char *agent)
{
    struct qc_key key = presence_key(txn, agent);

    return qc_row_get(txn, &qc__state__presence_row__descriptor, &key);
}

static struct qc_key index_key(const struct qc_txn *txn, uint32_t index)
{
    struct qc_key key;

    qc_key_begin(&key, txn->tenant, QC_SPACE_PRESENCE_OF);
    qc_key_put_u32(&key, index);
    return key;
}

Qc__State__PresenceRow *qc_presence_of_index(struct qc_txn *txn, uint32_t index)
{
    size_t at = QC_KEY_PREFIX_SIZE + sizeof(uint32_t);
    struct qc_key prefix = index_key(txn, index);
    struct qc_key key;

    return qc_index_first(txn, &prefix, &key, NULL)
               ? qc_presence_get(txn, qc_key_read_str(&key, &at))
               : NULL;
}

Qc__State__PresenceRow *qc_presence_new(struct qc_txn *txn,
                                        const char *agent,
                                        uint32_t index)
{
    Qc__State__PresenceRow *row =
        qc_row_new(txn, &qc__state__presence_row__descriptor);
    Qc__V1__Presence *presence = qc_row_new(txn, &qc__v1__presence__descriptor);

    if (row == NULL || presence == NULL) {
        return NULL;
    }
    presence->agent = agent;
    presence->state = LOGGED_OUT;
    presence->since_ms = txn->now_ms;
    presence->created_ms = txn->now_ms;
    row->index = index;
    row->presence = presence;
    return row;
}

/* The list of work, and each piece, anew. */
static bool copy_work(struct qc_txn *txn, Qc__V1__Presence *presence)
{
    Qc__V1__Work **work =
        qc_alloc(txn, (presence->n_work + 1) * sizeof(Qc__V1__Work *));

    if (work == NULL) {
        return false;
    }
    for (size_t i = 0; i < presence->n_work; i++) {
        work[i] = qc_row_copy(txn, presence->work[i]);
        if (work[i] == NULL) {
            return false;
        }
    }
    presence->work = work;
    return true;
}

Qc__State__PresenceRow *qc_presence_copy(struct qc_txn *txn,
                                         const Qc__State__PresenceRow *row)
{
    Qc__State__PresenceRow *copy = qc_row_copy(txn, row);

    if (copy == NULL) {
        return NULL;
    }
    copy->presence = qc_row_copy(txn, row->presence);
    if (copy->presence == NULL || !copy_work(txn, copy->presence)) {
        return NULL;
    }
    return copy;
}

bool qc_presence_is_ready(const Qc__State__PresenceRow *row)
{
    return row->presence->state == READY;
}

bool qc_presence_is_logged_in(const Qc__State__PresenceRow *row)
{
    return row->presence->state != LOGGED_OUT;
}

/* --- how busy an agent was -------------------------------------------------
 */

/* Of the last hour, as far as the agent was logged in. */
static uint32_t occupancy_ppm(struct qc_txn *txn,
                              const Qc__State__PresenceRow *row)
{
    struct qc_last_hour busy = {row->n_busy_ms, row->busy_ms,
                                row->busy_slot_ms};
    int64_t in_ms = txn->now_ms - row->presence->login_ms;
    int64_t busy_ms = (int64_t)qc_last_hour_sum(txn, &busy);

    in_ms = in_ms < QC_HOUR_MS ? in_ms : QC_HOUR_MS;
    if (in_ms <= 0 || busy_ms >= in_ms) {
        return in_ms > 0 ? PPM : 0;
    }
    return (uint32_t)(busy_ms * PPM / in_ms);
}

static void count_busy(struct qc_txn *txn,
                       Qc__State__PresenceRow *row,
                       int64_t since_ms)
{
    struct qc_last_hour busy = {row->n_busy_ms, row->busy_ms,
                                row->busy_slot_ms};

    qc_last_hour_add(txn, &busy, since_ms);
    row->n_busy_ms = busy.n;
    row->busy_ms = busy.ms;
    row->busy_slot_ms = busy.slot_ms;
}

void qc_presence_handled(struct qc_txn *txn,
                         Qc__State__PresenceRow *row,
                         int64_t since_ms)
{
    struct qc_last_hour handled = {row->n_handled_ms, row->handled_ms,
                                   row->handled_slot_ms};

    qc_last_hour_add(txn, &handled, since_ms);
    row->n_handled_ms = handled.n;
    row->handled_ms = handled.ms;
    row->handled_slot_ms = handled.slot_ms;
    row->handled_sum_ms = qc_last_hour_sum(txn, &handled);
    row->presence->handled++;
}

/* Whether the agent is at something now, offers apart. */
static bool is_busy(const Qc__V1__Presence *presence)
{
    for (size_t i = 0; i < presence->n_work; i++) {
        if (presence->work[i]->phase !=
            QC__V1__WORK_PHASE__WORK_PHASE_OFFERED) {
            return true;
        }
    }
    return false;
}

void qc_presence_put(struct qc_txn *txn,
                     const Qc__State__PresenceRow *was,
                     Qc__State__PresenceRow *row)
{
    struct qc_key key = presence_key(txn, row->presence->agent);
    bool busy = is_busy(row->presence);

    if (txn->fault != 0) {
        return;
    }
    if (busy && row->busy_since_ms == 0) {
        row->busy_since_ms = txn->now_ms;
    } else if (!busy && row->busy_since_ms != 0) {
        count_busy(txn, row, row->busy_since_ms);
        row->busy_since_ms = 0;
        row->occupancy_ppm = occupancy_ppm(txn, row);
    }
    row->presence->rev = qc_id_draw(txn);
    row->presence->updated_ms = txn->now_ms;
    qc_entity_put(txn, &qc_presence_entity, &key, was, row);
    qc_desktop_changed(txn, row->presence->agent);
}

/* --- changes ---------------------------------------------------------------
 */

void qc_presence_state(struct qc_txn *txn,
                       Qc__State__PresenceRow *row,
                       Qc__V1__PresenceState state,
                       const char *reason)
{
    Qc__V1__Presence *presence = row->presence;

    if (state == READY && presence->state != READY) {
        presence->ready_since_ms = txn->now_ms;
        row->occupancy_ppm = occupancy_ppm(txn, row);
    }
    if (state == LOGGED_OUT) {
        presence->logout_pending = false;
        row->session = 0;
        row->heartbeat = NULL;
    }
    presence->state = state;
    presence->reason = reason;
    presence->since_ms = txn->now_ms;
    row->overrun = NULL;
}

bool qc_presence_add_work(struct qc_txn *txn,
                          Qc__State__PresenceRow *row,
                          const Qc__V1__Work *work)
{
    Qc__V1__Presence *presence = row->presence;
    Qc__V1__Work **list;

    if (presence->n_work >= QC_WORK_MAX) {
        return false;
    }
    list = qc_row_append(txn, presence->work, presence->n_work,
                         qc_row_copy(txn, work));
    if (list == NULL) {
        return false;
    }
    presence->work = list;
    presence->n_work++;
    return true;
}

Qc__V1__Work *qc_presence_work(Qc__State__PresenceRow *row,
                               const char *interaction_id,
                               uint32_t segment)
{
    for (size_t i = 0; i < row->presence->n_work; i++) {
        Qc__V1__Work *work = row->presence->work[i];

        if (work->segment == segment &&
            strcmp(work->interaction_id, interaction_id) == 0) {
            return work;
        }
    }
    return NULL;
}

void qc_presence_end_work(struct qc_txn *txn,
                          Qc__State__PresenceRow *row,
                          const Qc__V1__Work *work)
{
    Qc__V1__Presence *presence = row->presence;
    size_t kept = 0;

    for (size_t i = 0; i < presence->n_work; i++) {
        if (presence->work[i] != work) {
            presence->work[kept++] = presence->work[i];
        }
    }
    presence->n_work = kept;
    if (work->phase != QC__V1__WORK_PHASE__WORK_PHASE_OFFERED) {
        presence->ready_since_ms = txn->now_ms;
    }
}

/* --- what is derived --------------------------------------------------------
 */

static void derive(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *row,
                   enum qc_derive how)
{
    const Qc__State__PresenceRow *presence = row;
    struct qc_key entry = index_key(txn, presence->index);

    qc_key_put_str(&entry, presence->presence->agent);
    qc_entity_derive_key(txn, &entry, 0, how);
    if (presence->session != 0) {
        qc_key_begin(&entry, txn->tenant, QC_SPACE_SESSION);
        qc_key_put_u64(&entry, presence->session);
        qc_key_put_str(&entry, presence->presence->agent);
        qc_entity_derive_key(txn, &entry, 0, how);
    }
    qc_timer_derive(txn, key, presence->heartbeat, how);
    qc_timer_derive(txn, key, presence->overrun, how);
}

static void enlist(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *row,
                   enum qc_derive how)
{
    const Qc__State__PresenceRow *of = row;
    struct qc_roster *roster = qc_roster_of(txn);
    struct qc_presence_facts facts = {
        .index = of->index,
        .logged_in = qc_presence_is_logged_in(of),
        .ready = qc_presence_is_ready(of),
        .ready_since_ms = of->presence->ready_since_ms,
        .occupancy_ppm = of->occupancy_ppm,
        .handled_ms = of->handled_sum_ms,
    };

    (void)key;
    if (roster == NULL) {
        return;
    }
    if (QC_PLANTED_BUG(17) && facts.ready_since_ms == txn->now_ms) {
        facts.ready = false;
    }
    if (QC_PLANTED_BUG(31) && strcmp(of->presence->reason, "rona") == 0) {
        facts.ready = true;
    }
    if (how == QC_DERIVE_TAKE) {
        qc_roster_presence_gone(roster, of->index);
        return;
    }
    for (size_t i = 0; i < of->presence->n_work; i++) {
        uint32_t media = of->presence->work[i]->media;

        if (media > 0 && media < QC_MEDIA_N) {
            facts.loads[media]++;
        }
    }
    if (!qc_roster_presence(roster, &facts)) {
        qc_txn_fail(txn, QC_E_NOMEM);
    }
}

static const char *verify(struct qc_txn *txn,
                          const struct qc_key *key,
                          const void *row)
{
    const Qc__State__PresenceRow *of = row;

    (void)txn;
    (void)key;
    if ((of->session != 0) != qc_presence_is_logged_in(of)) {
        return "who is there has a session, and nobody else";
    }
    if ((of->heartbeat != NULL) != (of->session != 0)) {
        return "a session lives from heartbeat to heartbeat";
    }
    if ((of->presence->reason[0] != '\0') !=
        (of->presence->state == NOT_READY)) {
        return "who is not ready has a reason, and nobody else";
    }
    if ((of->busy_since_ms != 0) != is_busy(of->presence)) {
        return "who is at something is busy, and nobody else";
    }
    return NULL;
}

const struct qc_entity qc_presence_entity = {
    .name = "presence",
    .space = QC_SPACE_PRESENCE,
    .type = &qc__state__presence_row__descriptor,
    .derives_alone = true,
    .derive = derive,
    .enlist = enlist,
    .verify = verify,
};
