#include "machine/member.h"

#include <assert.h>
#include <string.h>

#include "machine/alarm.h"
#include "machine/index.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/tenant.h"
#include "machine/text.h"
#include "quorumcall/v1/cluster_service.pb-c.h"

#define NONE    QC__V1__MEMBER_ROLE__MEMBER_ROLE_UNSPECIFIED
#define STANDBY QC__V1__MEMBER_ROLE__MEMBER_ROLE_STANDBY
#define VOTER   QC__V1__MEMBER_ROLE__MEMBER_ROLE_VOTER

enum {
    TEXT_PARTS_MAX = 8,
};

static struct qc_key cluster_key(enum qc_space space)
{
    struct qc_key key;

    qc_key_begin(&key, 0, space);
    return key;
}

/* Asked for by every command: so it stands in memory. */
static void derive(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *message,
                   enum qc_derive how)
{
    const Qc__State__MembersRow *row = message;
    struct qc_key version = cluster_key(QC_SPACE_VERSION);

    (void)key;
    qc_entity_derive_key(txn, &version, row->cluster_version, how);
}

static const char *wrong_with_member(const Qc__State__MembersRow *row, size_t i)
{
    const Qc__State__MemberRow *member = row->members[i];

    if (member->node_id == 0 || member->node_id > row->last_node_id ||
        (i > 0 && member->node_id <= row->members[i - 1]->node_id)) {
        return "ids are not in order, or greater than the last";
    }
    if (member->role > VOTER || member->wanted > VOTER) {
        return "a member has a role that is none";
    }
    if (member->role == NONE && member->wanted == NONE) {
        return "a member neither is one nor is wanted";
    }
    if (member->wanted != NONE && member->wanted < member->role) {
        return "a member is more than is wanted";
    }
    if (qc_member_removed_at(row, member->node_id) != 0) {
        return "a member was removed";
    }
    return NULL;
}

static const char *verify(struct qc_txn *txn,
                          const struct qc_key *key,
                          const void *message)
{
    const Qc__State__MembersRow *row = message;
    bool any_wanted = row->n_members == 0;

    (void)txn;
    (void)key;
    for (size_t i = 0; i < row->n_members; i++) {
        const char *wrong = wrong_with_member(row, i);

        if (wrong != NULL) {
            return wrong;
        }
        any_wanted = any_wanted || row->members[i]->wanted != NONE;
    }
    for (size_t i = 0; i < row->n_removed; i++) {
        if (row->removed[i]->node_id > row->last_node_id ||
            (i > 0 &&
             row->removed[i]->log_index < row->removed[i - 1]->log_index)) {
            return "removals are not in order, or of nodes that never were";
        }
    }
    if (row->n_removed > QC_MEMBERS_REMOVED_MAX) {
        return "more removals than are remembered";
    }
    return any_wanted ? NULL : "nobody is wanted";
}

const struct qc_entity qc_members_entity = {
    .name = "members",
    .space = QC_SPACE_MEMBERS,
    .type = &qc__state__members_row__descriptor,
    .derive = derive,
    .verify = verify,
};

/* NULL when there is none, too. */
static Qc__State__MembersRow *read(struct qc_txn *txn)
{
    struct qc_key key = cluster_key(QC_SPACE_MEMBERS);

    return qc_row_get(txn, qc_members_entity.type, &key);
}

Qc__State__MembersRow *qc_members_get(struct qc_txn *txn)
{
    Qc__State__MembersRow *row = read(txn);

    if (row == NULL && txn->fault == 0) {
        row = qc_row_new(txn, qc_members_entity.type);
    }
    return row;
}

Qc__State__MemberRow *qc_member_find(const Qc__State__MembersRow *row,
                                     uint64_t node_id)
{
    for (size_t i = 0; row != NULL && i < row->n_members; i++) {
        if (row->members[i]->node_id == node_id) {
            return row->members[i];
        }
    }
    return NULL;
}

uint64_t qc_member_removed_at(const Qc__State__MembersRow *row,
                              uint64_t node_id)
{
    for (size_t i = 0; row != NULL && i < row->n_removed; i++) {
        if (row->removed[i]->node_id == node_id) {
            return row->removed[i]->log_index;
        }
    }
    return 0;
}

size_t qc_member_count_voters(const Qc__State__MembersRow *row)
{
    size_t n = 0;

    for (size_t i = 0; row != NULL && i < row->n_members; i++) {
        n += row->members[i]->role == VOTER;
    }
    return n;
}

uint32_t qc_cluster_version(struct qc_txn *txn)
{
    struct qc_key key = cluster_key(QC_SPACE_VERSION);
    uint64_t version = 0;

    qc_index_get(txn, &key, &version);
    return version > 1 ? (uint32_t)version : 1;
}

/* --- changes ---------------------------------------------------------------
 */

/* The row as it was read, and a copy of all of it that can be changed. */
struct edit {
    const Qc__State__MembersRow *was; /* NULL: there is none. */
    Qc__State__MembersRow *row;
};

/* Makes room for |more| members than there are. False is a fault. */
static bool begin(struct qc_txn *txn, struct edit *edit, size_t more)
{
    const Qc__State__MembersRow *was = read(txn);
    Qc__State__MembersRow *row;

    edit->was = was;
    if (was == NULL) {
        was = qc_row_new(txn, qc_members_entity.type);
    }
    row = was != NULL ? qc_row_copy(txn, was) : NULL;
    if (row == NULL) {
        return false;
    }
    row->members = qc_alloc(txn, (was->n_members + more) * sizeof(void *));
    row->removed =
        qc_alloc(txn, (was->n_removed + was->n_members + 1) * sizeof(void *));
    for (size_t i = 0; txn->fault == 0 && i < was->n_members; i++) {
        row->members[i] = qc_row_copy(txn, was->members[i]);
    }
    for (size_t i = 0; txn->fault == 0 && i < was->n_removed; i++) {
        row->removed[i] = was->removed[i];
    }
    edit->row = row;
    return txn->fault == 0;
}

static void end(struct qc_txn *txn, const struct edit *edit)
{
    struct qc_key key = cluster_key(QC_SPACE_MEMBERS);

    uint32_t before = qc_cluster_version(txn);

    qc_entity_put(txn, &qc_members_entity, &key, edit->was, edit->row);
    if (before < QC_TENANT_AGENTS_SINCE &&
        qc_cluster_version(txn) >= QC_TENANT_AGENTS_SINCE) {
        qc_tenant_complete_all(txn);
    }
}

/* Among the others, in the order of ids. There is room. */
static void insert(Qc__State__MembersRow *row, Qc__State__MemberRow *member)
{
    size_t at = row->n_members++;

    for (; at > 0 && row->members[at - 1]->node_id > member->node_id; at--) {
        row->members[at] = row->members[at - 1];
    }
    row->members[at] = member;
    if (member->node_id > row->last_node_id) {
        row->last_node_id = member->node_id;
    }
}

static void take_out(Qc__State__MembersRow *row, uint64_t node_id)
{
    size_t n = 0;

    for (size_t i = 0; i < row->n_members; i++) {
        if (row->members[i]->node_id != node_id) {
            row->members[n++] = row->members[i];
        }
    }
    row->n_members = n;
}

/* Remembers that the entry that is being applied removes the node. */
static void remember(struct qc_txn *txn,
                     Qc__State__MembersRow *row,
                     uint64_t node_id)
{
    Qc__State__RemovedMember *removed =
        qc_row_new(txn, &qc__state__removed_member__descriptor);

    if (removed == NULL) {
        return;
    }
    removed->node_id = node_id;
    removed->log_index = txn->log_index;
    row->removed[row->n_removed++] = removed;
    if (row->n_removed > QC_MEMBERS_REMOVED_MAX) {
        row->n_removed--;
        memmove(row->removed, row->removed + 1,
                row->n_removed * sizeof(*row->removed));
    }
}

static void forget(Qc__State__MembersRow *row, uint64_t node_id)
{
    size_t n = 0;

    for (size_t i = 0; i < row->n_removed; i++) {
        if (row->removed[i]->node_id != node_id) {
            row->removed[n++] = row->removed[i];
        }
    }
    row->n_removed = n;
}

/* The least version that the members support; 0 when one has not said. With
 * |all|, those count, too, that are wanted only. |node_id_out| is whose. */
static uint32_t least_version(const Qc__State__MembersRow *row,
                              bool all,
                              uint64_t *node_id_out)
{
    uint32_t least = 0;
    bool any = false;

    *node_id_out = 0;
    for (size_t i = 0; i < row->n_members; i++) {
        const Qc__State__MemberRow *member = row->members[i];

        if (!all && member->role == NONE) {
            continue;
        }
        if (!any || member->version_max < least) {
            least = member->version_max;
            *node_id_out = member->node_id;
            any = true;
        }
    }
    return least;
}

/* A new cluster keeps to what all its members know. */
static void settle_version(Qc__State__MembersRow *row)
{
    uint64_t node_id;

    if (row->cluster_version == 0) {
        row->cluster_version = least_version(row, false, &node_id);
    }
}

/* --- configurations --------------------------------------------------------
 */

static const struct qc_member *find_in(const struct qc_member *members,
                                       size_t n,
                                       uint64_t node_id)
{
    for (size_t i = 0; i < n; i++) {
        if (members[i].node_id == node_id) {
            return &members[i];
        }
    }
    return NULL;
}

/* What the configuration says of a member that is known. */
static void fold_known(struct qc_txn *txn,
                       Qc__State__MemberRow *member,
                       const struct qc_member *is)
{
    member->role = is->voter ? VOTER : STANDBY;
    if (is->address[0] != '\0') {
        member->address = qc_copy(txn, is->address);
    }
    /* A standby can be made the only voter, when all others are lost. */
    if (member->wanted != NONE && member->wanted < member->role) {
        member->wanted = member->role;
    }
}

/*
 * Who is in the configuration unknown is one of the first members, or of those
 * that a restored cluster begins with, and is wanted. But if it was removed
 * after the last configuration, the leader had begun to add it before it could
 * know of that: it has to go again.
 */
static void fold_new(struct qc_txn *txn,
                     Qc__State__MembersRow *row,
                     const struct qc_member *is)
{
    Qc__State__MemberRow *member =
        qc_row_new(txn, &qc__state__member_row__descriptor);
    bool is_late =
        qc_member_removed_at(row, is->node_id) > row->configuration_index;

    if (member == NULL) {
        return;
    }
    member->node_id = is->node_id;
    member->address = qc_copy(txn, is->address);
    member->role = is->voter ? VOTER : STANDBY;
    member->wanted = is_late ? NONE : member->role;
    forget(row, is->node_id);
    insert(row, member);
}

/* Takes out who was in the last configuration and is not in this. */
static void fold_gone(struct qc_txn *txn,
                      Qc__State__MembersRow *row,
                      const struct qc_member *members,
                      size_t n)
{
    size_t i = 0;

    while (i < row->n_members) {
        const Qc__State__MemberRow *member = row->members[i];

        if (member->role == NONE ||
            find_in(members, n, member->node_id) != NULL) {
            i++;
            continue;
        }
        remember(txn, row, member->node_id);
        qc_alarm_forget(txn, member->node_id);
        take_out(row, member->node_id);
    }
}

/* A cluster that is left with only those who were to go keeps them. */
static void want_somebody(Qc__State__MembersRow *row)
{
    for (size_t i = 0; i < row->n_members; i++) {
        if (row->members[i]->wanted != NONE) {
            return;
        }
    }
    for (size_t i = 0; i < row->n_members; i++) {
        row->members[i]->wanted = row->members[i]->role;
    }
}

void qc_member_configure(struct qc_txn *txn,
                         const struct qc_member *members,
                         size_t n)
{
    struct edit edit;

    assert(n <= QC_MEMBERS_MAX);

    if (!begin(txn, &edit, n)) {
        return;
    }
    fold_gone(txn, edit.row, members, n);
    for (size_t i = 0; i < n; i++) {
        Qc__State__MemberRow *known =
            qc_member_find(edit.row, members[i].node_id);

        if (known != NULL) {
            fold_known(txn, known, &members[i]);
        } else {
            fold_new(txn, edit.row, &members[i]);
        }
    }
    want_somebody(edit.row);
    edit.row->configuration_index = txn->log_index;
    settle_version(edit.row);
    end(txn, &edit);
}

/* --- what is wanted --------------------------------------------------------
 */

/* Refuses, and says why: |parts| are joined, up to a NULL. */
static int refuse(struct qc_txn *txn,
                  enum qc_refusal refusal,
                  const char *field,
                  const char *const parts[TEXT_PARTS_MAX])
{
    size_t n = 0;

    while (n < TEXT_PARTS_MAX && parts[n] != NULL) {
        n++;
    }
    txn->detail.text = qc_text_join(txn, parts, n);
    return qc_refuse(txn, refusal, field);
}

static const char *decimal(struct qc_txn *txn, uint64_t number)
{
    return qc_text_decimal(txn, (int64_t)number);
}

static int refuse_id(struct qc_txn *txn,
                     const Qc__State__MembersRow *row,
                     uint64_t node_id)
{
    const char *const parts[TEXT_PARTS_MAX] = {
        "the id ",
        decimal(txn, node_id),
        " was used before, or a greater one; the next free id is ",
        decimal(txn, row->last_node_id + 1),
    };

    return refuse(txn, QC_REFUSED_MEMBER_ID_USED, "node_id", parts);
}

/* There is no member with this id, or it is being removed. */
static int refuse_absent(struct qc_txn *txn,
                         const Qc__State__MembersRow *row,
                         uint64_t node_id)
{
    uint64_t removed_at = qc_member_removed_at(row, node_id);
    const char *const was[TEXT_PARTS_MAX] = {"node ", decimal(txn, node_id),
                                             " was removed at index ",
                                             decimal(txn, removed_at)};
    const char *const is[TEXT_PARTS_MAX] = {"node ", decimal(txn, node_id),
                                            " is being removed"};

    if (qc_member_find(row, node_id) != NULL) {
        return refuse(txn, QC_REFUSED_MEMBER_REMOVED, "node_id", is);
    }
    if (removed_at != 0) {
        return refuse(txn, QC_REFUSED_MEMBER_REMOVED, "node_id", was);
    }
    return qc_refuse(txn, QC_REFUSED_MEMBER_UNKNOWN, "node_id");
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A port, and no more after it. */
static bool is_port(const char *text)
{
    uint32_t port = 0;
    size_t n = strlen(text);

    if (n == 0 || n > 5 || text[0] == '0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (!is_digit(*text)) {
            return false;
        }
        port = port * 10 + (uint32_t)(*text - '0');
    }
    return port <= UINT16_MAX;
}

bool qc_member_is_address(const char *address)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    bool is_v6 = address[0] == '[';
    const char *host = is_v6 ? address + 1 : address;
    size_t size = strspn(host, is_v6 ? "0123456789abcdefABCDEF:." : name);
    const char *end = host + size;

    if (size == 0 || (is_v6 && *end++ != ']')) {
        return false;
    }
    return *end == ':' && is_port(end + 1);
}

/* Whether a member that is not there yet may be added. */
static int admit(struct qc_txn *txn,
                 const Qc__State__MembersRow *row,
                 const struct qc_member *member)
{
    if (member->node_id <= row->last_node_id) {
        return refuse_id(txn, row, member->node_id);
    }
    if (row->n_members >= QC_MEMBERS_MAX || member->node_id > QC_NODE_ID_MAX) {
        return qc_refuse(txn, QC_REFUSED_TOO_MANY_MEMBERS, "node_id");
    }
    for (size_t i = 0; i < row->n_members; i++) {
        const char *const parts[TEXT_PARTS_MAX] = {
            "node ", decimal(txn, row->members[i]->node_id),
            row->members[i]->wanted == NONE
                ? " has this address until it is removed"
                : " has this address"};

        if (strcmp(row->members[i]->address, member->address) == 0) {
            return refuse(txn, QC_REFUSED_MEMBER_ADDRESS_TAKEN, "address",
                          parts);
        }
    }
    return 0;
}

int qc_member_add(struct qc_txn *txn,
                  const struct qc_member *member,
                  const Qc__State__MemberRow **member_out)
{
    struct qc_member new = *member;
    const Qc__State__MemberRow *known;
    Qc__State__MemberRow *added;
    struct edit edit;
    int r;

    if (!begin(txn, &edit, 1)) {
        return txn->fault;
    }
    known = qc_member_find(edit.row, member->node_id);
    if (known != NULL && known->wanted != NONE &&
        strcmp(known->address, member->address) == 0) {
        *member_out = known;
        return 0;
    }
    if (new.node_id == 0) {
        new.node_id = edit.row->last_node_id + 1;
    }
    r = admit(txn, edit.row, &new);
    if (r != 0) {
        return r;
    }
    added = qc_row_new(txn, &qc__state__member_row__descriptor);
    if (added == NULL) {
        return txn->fault;
    }

    added->node_id = new.node_id;
    added->address = qc_copy(txn, new.address);
    added->wanted = new.voter ? VOTER : STANDBY;
    insert(edit.row, added);
    end(txn, &edit);
    *member_out = added;
    return 0;
}

int qc_member_promote(struct qc_txn *txn,
                      uint64_t node_id,
                      const Qc__State__MemberRow **member_out)
{
    Qc__State__MemberRow *member;
    struct edit edit;

    if (!begin(txn, &edit, 0)) {
        return txn->fault;
    }
    member = qc_member_find(edit.row, node_id);
    if (member == NULL || member->wanted == NONE) {
        return refuse_absent(txn, edit.row, node_id);
    }

    if (member->wanted != VOTER) {
        member->wanted = VOTER;
        end(txn, &edit);
    }
    *member_out = member;
    return 0;
}

/* Whether the cluster would be too small without |member|. One that has lost
 * its voters may take back what it has only begun to add. */
static bool is_needed(const Qc__State__MembersRow *row,
                      const Qc__State__MemberRow *member)
{
    size_t voters = qc_member_count_voters(row);
    size_t least = QC_VOTERS_MIN;
    size_t left = 0;

    if (member->role != VOTER && voters < least) {
        least = voters;
    }
    for (size_t i = 0; i < row->n_members; i++) {
        left += row->members[i] != member && row->members[i]->wanted == VOTER;
    }
    return member->wanted == VOTER && left < least;
}

int qc_member_remove(struct qc_txn *txn,
                     uint64_t node_id,
                     const Qc__State__MemberRow **member_out)
{
    Qc__State__MemberRow *member;
    struct edit edit;

    if (!begin(txn, &edit, 0)) {
        return txn->fault;
    }
    member = qc_member_find(edit.row, node_id);
    if (member == NULL) {
        return refuse_absent(txn, edit.row, node_id);
    }
    *member_out = member;
    if (member->wanted == NONE) {
        return 0;
    }
    if (is_needed(edit.row, member)) {
        return qc_refuse(txn, QC_REFUSED_TOO_FEW_VOTERS, "node_id");
    }

    member->wanted = NONE;
    if (member->role == NONE) {
        take_out(edit.row, node_id);
        remember(txn, edit.row, node_id);
        qc_alarm_forget(txn, node_id);
    }
    end(txn, &edit);
    return 0;
}

/* --- versions --------------------------------------------------------------
 */

int qc_member_report(struct qc_txn *txn,
                     uint64_t node_id,
                     uint32_t version_max,
                     const char *release)
{
    Qc__State__MemberRow *member;
    struct edit edit;

    if (!begin(txn, &edit, 0)) {
        return txn->fault;
    }
    member = qc_member_find(edit.row, node_id);
    if (member == NULL) {
        return refuse_absent(txn, edit.row, node_id);
    }

    if (member->version_max != version_max ||
        strcmp(member->release, release) != 0) {
        member->version_max = version_max;
        member->release = qc_copy(txn, release);
        settle_version(edit.row);
        end(txn, &edit);
    }
    return 0;
}

/* |least| is the newest that all support, which is because of |node_id|. */
static int refuse_version(struct qc_txn *txn, uint64_t node_id, uint32_t least)
{
    const char *const silent[TEXT_PARTS_MAX] = {
        "node ", decimal(txn, node_id),
        " has not said yet which version it supports"};
    const char *const older[TEXT_PARTS_MAX] = {"node ", decimal(txn, node_id),
                                               " supports no version above ",
                                               decimal(txn, least)};

    return refuse(txn, QC_REFUSED_VERSION_UNSUPPORTED, "version",
                  least == 0 ? silent : older);
}

int qc_member_finalize(struct qc_txn *txn,
                       uint32_t version,
                       uint32_t *version_out)
{
    uint32_t now = qc_cluster_version(txn);
    const char *const parts[TEXT_PARTS_MAX] = {"the cluster version is ",
                                               decimal(txn, now), " already"};
    struct edit edit;
    uint64_t node_id;
    uint32_t least;

    if (!begin(txn, &edit, 0)) {
        return txn->fault;
    }
    least = least_version(edit.row, true, &node_id);
    if (version == 0 && least != 0) {
        version = least;
    }
    if (version != 0 && version < now) {
        return refuse(txn, QC_REFUSED_VERSION_LOWER, "version", parts);
    }
    if (version == now) {
        *version_out = now;
        return 0;
    }
    if (least == 0 || version > least) {
        return refuse_version(txn, node_id, least);
    }

    edit.row->cluster_version = version;
    end(txn, &edit);
    *version_out = version;
    return 0;
}
