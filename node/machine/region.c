#include "machine/region.h"

#include <stddef.h>

#include "machine/index.h"
#include "machine/store.h"
#include "quorumcall/v1/tenant.pb-c.h"

/* In memory, the smallest first: so the first one that holds a place is its
 * region, and no row is read. */
static void derive(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *message,
                   enum qc_derive how)
{
    const Qc__State__RegionRow *row = message;
    const Qc__V1__Region *region = row->region;
    struct qc_place middle = {region->lat_e7, region->lon_e7};
    struct qc_key at;

    qc_key_begin(&at, qc_key_tenant(key), QC_SPACE_REGION_AT);
    qc_key_put_u32(&at, region->radius_m);
    qc_key_put_str(&at, region->key);
    qc_entity_derive_key(txn, &at, qc_place_pack(middle), how);
}

const struct qc_entity qc_region_entity = {
    .name = "region",
    .space = QC_SPACE_REGION,
    .type = &qc__state__region_row__descriptor,
    .counted = true,
    .derive = derive,
};

static int check(const void *object, struct qc_refusal_detail *detail)
{
    const Qc__V1__Region *region = object;

    if (region->radius_m == 0 || region->radius_m > QC_RADIUS_MAX_M) {
        detail->field = "region.radius_m";
        return QC_REFUSED_INVALID;
    }
    return 0;
}

const struct qc_config_kind qc_region_kind = {
    .entity = &qc_region_entity,
    .key_field = "region.key",
    .unknown = QC_REFUSED_NOT_FOUND,
    .quota = offsetof(Qc__V1__Quotas, regions),
    .check = check,
};

const Qc__State__RegionRow *qc_region_get(struct qc_txn *txn, const char *key)
{
    return qc_config_get(txn, &qc_region_kind, key);
}

int qc_region_put(struct qc_txn *txn,
                  const Qc__V1__Region *region,
                  uint64_t if_rev,
                  enum qc_change *change_out)
{
    return qc_config_put(txn, &qc_region_kind, &region->base, if_rev,
                         change_out);
}

bool qc_region_holds(const Qc__V1__Region *region, struct qc_place place)
{
    struct qc_place middle = {region->lat_e7, region->lon_e7};

    return qc_place_distance_m(middle, place) <= region->radius_m;
}

const char *qc_region_of(struct qc_txn *txn, struct qc_place place)
{
    struct qc_key prefix;
    struct qc_key key;
    uint64_t middle;

    qc_key_begin(&prefix, txn->tenant, QC_SPACE_REGION_AT);
    key = prefix;
    while (qc_index_next(txn, &prefix, &key, &middle)) {
        size_t at = QC_KEY_PREFIX_SIZE;
        uint32_t radius_m = qc_key_read_u32(&key, &at);

        if (qc_place_distance_m(qc_place_unpack(middle), place) <= radius_m) {
            return qc_copy(txn, qc_key_read_str(&key, &at));
        }
    }
    return "";
}
