#include "machine/alarm.h"

#include <string.h>

#include "machine/row.h"
#include "machine/store.h"
#include "machine/text.h"

#define NOSPACE QC__V1__ALARM_KIND__ALARM_KIND_NOSPACE
#define DIFFERS QC__V1__ALARM_KIND__ALARM_KIND_STATE_DIFFERS

static struct qc_key alarm_key(Qc__V1__AlarmKind kind, uint64_t node_id)
{
    struct qc_key key;

    qc_key_begin(&key, 0, QC_SPACE_ALARM);
    qc_key_put_u8(&key, (uint8_t)kind);
    qc_key_put_u64(&key, node_id);
    return key;
}

static const char *verify(struct qc_txn *txn,
                          const struct qc_key *key,
                          const void *message)
{
    const Qc__State__AlarmRow *row = message;
    const Qc__State__MembersRow *members = qc_members_get(txn);
    size_t at = QC_KEY_PREFIX_SIZE;

    if (qc_key_read_u8(key, &at) != row->kind ||
        qc_key_read_u64(key, &at) != row->node_id) {
        return "stands under another alarm's key";
    }
    if (row->kind != NOSPACE && row->kind != DIFFERS) {
        return "is of no kind";
    }
    if ((row->kind == DIFFERS) != (row->differs_at != 0)) {
        return "says where the state differs when it does not, or not where";
    }
    if (members != NULL && row->node_id > members->last_node_id) {
        return "is about a node that never was";
    }
    if (members != NULL && row->kind == NOSPACE &&
        qc_member_find(members, row->node_id) == NULL) {
        return "is about the disk of a node that is no member";
    }
    return NULL;
}

const struct qc_entity qc_alarm_entity = {
    .name = "alarm",
    .space = QC_SPACE_ALARM,
    .type = &qc__state__alarm_row__descriptor,
    .verify = verify,
};

Qc__State__AlarmRow *qc_alarm_get(struct qc_txn *txn,
                                  Qc__V1__AlarmKind kind,
                                  uint64_t node_id)
{
    struct qc_key key = alarm_key(kind, node_id);

    return qc_row_get(txn, qc_alarm_entity.type, &key);
}

/* Unless it is raised already. */
static void put(struct qc_txn *txn,
                Qc__V1__AlarmKind kind,
                uint64_t node_id,
                uint64_t differs_at)
{
    struct qc_key key = alarm_key(kind, node_id);
    Qc__State__AlarmRow row = QC__STATE__ALARM_ROW__INIT;

    if (qc_alarm_get(txn, kind, node_id) != NULL) {
        return;
    }
    row.kind = kind;
    row.node_id = node_id;
    row.raised_ms = txn->now_ms;
    row.log_index = txn->log_index;
    row.differs_at = differs_at;
    qc_entity_put(txn, &qc_alarm_entity, &key, NULL, &row);
}

static void take(struct qc_txn *txn, const Qc__State__AlarmRow *row)
{
    struct qc_key key = alarm_key((Qc__V1__AlarmKind)row->kind, row->node_id);

    qc_entity_put(txn, &qc_alarm_entity, &key, row, NULL);
}

int qc_alarm_raise(struct qc_txn *txn, Qc__V1__AlarmKind kind, uint64_t node_id)
{
    const Qc__State__MembersRow *members = qc_members_get(txn);

    if (kind != NOSPACE) {
        return qc_refuse(txn, QC_REFUSED_INVALID, "kind");
    }
    if (qc_member_find(members, node_id) == NULL) {
        return qc_refuse(txn,
                         qc_member_removed_at(members, node_id) != 0
                             ? QC_REFUSED_MEMBER_REMOVED
                             : QC_REFUSED_MEMBER_UNKNOWN,
                         "node_id");
    }
    put(txn, kind, node_id, 0);
    return 0;
}

int qc_alarm_disarm(struct qc_txn *txn,
                    Qc__V1__AlarmKind kind,
                    uint64_t node_id)
{
    const Qc__State__AlarmRow *row = qc_alarm_get(txn, kind, node_id);

    if (row == NULL) {
        return qc_refuse(txn, QC_REFUSED_NOT_FOUND, "node_id");
    }
    if (kind == DIFFERS &&
        qc_member_find(qc_members_get(txn), node_id) != NULL) {
        txn->detail.text = "the node cannot become right again: remove it, and "
                           "add it empty under a new id";
        return qc_refuse(txn, QC_REFUSED_IN_USE, "node_id");
    }
    take(txn, row);
    return 0;
}

void qc_alarm_forget(struct qc_txn *txn, uint64_t node_id)
{
    const Qc__State__AlarmRow *row = qc_alarm_get(txn, NOSPACE, node_id);

    if (row != NULL) {
        take(txn, row);
    }
}

size_t qc_alarm_list(struct qc_txn *txn, Qc__State__AlarmRow ***rows_out)
{
    Qc__State__AlarmRow **rows = qc_alloc(txn, QC_ALARMS_MAX * sizeof(*rows));
    struct qc_cursor *cursor;
    struct qc_bytes bytes;
    struct qc_key prefix;
    struct qc_key key;
    size_t n = 0;

    qc_key_begin(&prefix, 0, QC_SPACE_ALARM);
    cursor = qc_open(txn, &prefix, NULL);
    while (n < QC_ALARMS_MAX && qc_next(txn, cursor, &key, &bytes)) {
        rows[n++] = qc_row_read(txn, qc_alarm_entity.type, bytes);
    }
    qc_close(txn, cursor);
    *rows_out = rows;
    return n;
}

/* Whether |hashes[i]| is the first that its node says. */
static bool is_first(const struct qc_node_hash *hashes, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (hashes[j].node_id == hashes[i].node_id) {
            return false;
        }
    }
    return true;
}

/* How many voters say |hash|. */
static size_t count_voters(const Qc__State__MembersRow *members,
                           const struct qc_node_hash *hashes,
                           size_t n,
                           const uint8_t hash[QC_HASH_SIZE])
{
    size_t voters = 0;

    for (size_t i = 0; i < n; i++) {
        const Qc__State__MemberRow *member =
            qc_member_find(members, hashes[i].node_id);

        voters += member != NULL &&
                  member->role == QC__V1__MEMBER_ROLE__MEMBER_ROLE_VOTER &&
                  is_first(hashes, i) &&
                  memcmp(hashes[i].hash, hash, QC_HASH_SIZE) == 0;
    }
    return voters;
}

/* What more than half of the voters say; NULL when there is no such thing. */
static const uint8_t *majority(const Qc__State__MembersRow *members,
                               const struct qc_node_hash *hashes,
                               size_t n)
{
    size_t half = qc_member_count_voters(members) / 2;

    for (size_t i = 0; i < n; i++) {
        if (count_voters(members, hashes, n, hashes[i].hash) > half) {
            return hashes[i].hash;
        }
    }
    return NULL;
}

size_t qc_alarm_compare(struct qc_txn *txn,
                        uint64_t at_index,
                        const struct qc_node_hash *hashes,
                        size_t n,
                        uint64_t *differing_out)
{
    const Qc__State__MembersRow *members = qc_members_get(txn);
    const uint8_t *right = majority(members, hashes, n);
    size_t n_differing = 0;

    for (size_t i = 0; right != NULL && i < n; i++) {
        if (qc_member_find(members, hashes[i].node_id) != NULL &&
            is_first(hashes, i) && n_differing < QC_MEMBERS_MAX &&
            memcmp(hashes[i].hash, right, QC_HASH_SIZE) != 0) {
            put(txn, DIFFERS, hashes[i].node_id, at_index);
            differing_out[n_differing++] = hashes[i].node_id;
        }
    }
    return n_differing;
}

bool qc_alarm_differs(struct qc_txn *txn,
                      uint64_t node_id,
                      uint64_t *at_index_out)
{
    const Qc__State__AlarmRow *row = qc_alarm_get(txn, DIFFERS, node_id);

    if (row != NULL && at_index_out != NULL) {
        *at_index_out = row->differs_at;
    }
    return row != NULL;
}
