#include "machine/branch.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "machine/index.h"
#include "machine/store.h"
#include "quorumcall/v1/tenant.pb-c.h"

/* Where it is stands in memory, so that the nearest one is found without
 * reading a thousand rows. */
static void derive(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *message,
                   enum qc_derive how)
{
    const Qc__State__BranchRow *row = message;
    const Qc__V1__Branch *branch = row->branch;
    struct qc_place place = {branch->lat_e7, branch->lon_e7};
    struct qc_key at;

    qc_key_begin(&at, qc_key_tenant(key), QC_SPACE_BRANCH_AT);
    qc_key_put_str(&at, branch->key);
    qc_entity_derive_key(txn, &at, qc_place_pack(place), how);
}

const struct qc_entity qc_branch_entity = {
    .name = "branch",
    .space = QC_SPACE_BRANCH,
    .type = &qc__state__branch_row__descriptor,
    .counted = true,
    .derives_alone = true,
    .derive = derive,
};

static int check(const void *object, struct qc_refusal_detail *detail)
{
    const Qc__V1__Branch *branch = object;

    if (branch->phone[0] != '\0' && !qc_config_is_e164(branch->phone)) {
        detail->field = "branch.phone";
        return QC_REFUSED_INVALID_PHONE;
    }
    return 0;
}

const struct qc_config_kind qc_branch_kind = {
    .entity = &qc_branch_entity,
    .key_field = "branch.key",
    .unknown = QC_REFUSED_NOT_FOUND,
    .quota = offsetof(Qc__V1__Quotas, branches),
    .many = true,
    .check = check,
};

const Qc__State__BranchRow *qc_branch_get(struct qc_txn *txn, const char *key)
{
    return qc_config_get(txn, &qc_branch_kind, key);
}

int qc_branch_put(struct qc_txn *txn,
                  const Qc__V1__Branch *branch,
                  uint64_t if_rev,
                  enum qc_change *change_out)
{
    return qc_config_put(txn, &qc_branch_kind, &branch->base, if_rev,
                         change_out);
}

/* Puts |branch| in its place among the |n| nearest so far. */
static size_t rank(struct qc_branch_distance *found,
                   size_t n,
                   size_t max,
                   const struct qc_branch_distance *branch)
{
    size_t at = n;

    while (at > 0 && found[at - 1].metres > branch->metres) {
        at--;
    }
    if (at == max) {
        return n;
    }
    n = n < max ? n + 1 : n;
    memmove(&found[at + 1], &found[at], (n - 1 - at) * sizeof(*found));
    found[at] = *branch;
    return n;
}

size_t qc_branch_nearest(struct qc_txn *txn,
                         struct qc_place place,
                         size_t max,
                         struct qc_branch_distance *found)
{
    struct qc_key prefix;
    struct qc_key key;
    uint64_t value;
    size_t n = 0;

    assert(max <= QC_BRANCH_NEAREST_MAX);

    qc_key_begin(&prefix, txn->tenant, QC_SPACE_BRANCH_AT);
    key = prefix;
    while (qc_index_next(txn, &prefix, &key, &value)) {
        uint64_t metres = qc_place_distance_m(place, qc_place_unpack(value));
        size_t at = QC_KEY_PREFIX_SIZE;

        if (n == max && (max == 0 || metres >= found[n - 1].metres)) {
            continue;
        }
        n = rank(found, n, max,
                 &(struct qc_branch_distance){
                     .key = qc_copy(txn, qc_key_read_str(&key, &at)),
                     .metres = metres,
                 });
    }
    return n;
}
