#include "machine/zone.h"

#include <assert.h>
#include <string.h>

#include "machine/config.h"
#include "machine/row.h"
#include "machine/sha256.h"
#include "machine/store.h"
#include "machine/text.h"

#define LAST_S INT64_C(4102444800) /* 2100-01-01 */

enum {
    NAME_MAX_SIZE = 40,
    TRANSITIONS_MAX = 400,
    OFFSET_MAX_S = 86399,
    AT_SIZE = 8, /* Of a transition in a row: when, and then what. */
    TRANSITION_SIZE = AT_SIZE + 4,
};

/* --- transitions in a row ----------------------------------------------- */

static void pack(uint64_t value, size_t size, uint8_t *out)
{
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    }
}

static uint64_t unpack(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

static size_t n_transitions(struct qc_bytes transitions)
{
    return transitions.size / TRANSITION_SIZE;
}

static int64_t at_of(struct qc_bytes transitions, size_t i)
{
    return (int64_t)unpack(transitions.data + i * TRANSITION_SIZE, AT_SIZE);
}

static int32_t offset_of(struct qc_bytes transitions, size_t i)
{
    return (int32_t)(uint32_t)unpack(transitions.data + i * TRANSITION_SIZE +
                                         AT_SIZE,
                                     TRANSITION_SIZE - AT_SIZE);
}

/* Of |zone|, in the arena; no data is a fault. */
static ProtobufCBinaryData packed(struct qc_txn *txn,
                                  const Qc__V1__TimeZone *zone)
{
    size_t size = zone->n_transitions * TRANSITION_SIZE;
    uint8_t *bytes = qc_alloc(txn, size);

    for (size_t i = 0; bytes != NULL && i < zone->n_transitions; i++) {
        const Qc__V1__ZoneTransition *transition = zone->transitions[i];
        uint8_t *at = &bytes[i * TRANSITION_SIZE];

        pack((uint64_t)transition->at_s, AT_SIZE, at);
        pack((uint32_t)transition->offset_s, TRANSITION_SIZE - AT_SIZE,
             at + AT_SIZE);
    }
    return (ProtobufCBinaryData){bytes != NULL ? size : 0, bytes};
}

static void digest_of(ProtobufCBinaryData transitions,
                      uint8_t digest_out[QC_SHA256_SIZE])
{
    const struct qc_bytes bytes = {transitions.data, transitions.len};

    qc_sha256(&bytes, 1, digest_out);
}

/* --- rows --------------------------------------------------------------- */

static const char *verify(struct qc_txn *txn,
                          const struct qc_key *key,
                          const void *message)
{
    const Qc__State__ZoneRow *row = message;
    uint8_t digest[QC_SHA256_SIZE];
    size_t at = QC_KEY_PREFIX_SIZE;

    (void)txn;
    digest_of(row->transitions, digest);
    if (row->transitions.len == 0 ||
        row->transitions.len % TRANSITION_SIZE != 0 ||
        row->transitions.len / TRANSITION_SIZE != row->zone->transitions) {
        return "does not have as many transitions as it says";
    }
    if (row->zone->digest.len != sizeof(digest) ||
        memcmp(row->zone->digest.data, digest, sizeof(digest)) != 0) {
        return "is not what its digest says";
    }
    return strcmp(row->zone->name, qc_key_read_str(key, &at)) != 0
               ? "has another name"
               : NULL;
}

const struct qc_entity qc_zone_entity = {
    .name = "time zone",
    .space = QC_SPACE_ZONES,
    .type = &qc__state__zone_row__descriptor,
    .counted = true,
    .verify = verify,
};

static struct qc_key zone_key(const char *name)
{
    struct qc_key key;

    qc_key_begin(&key, 0, QC_SPACE_ZONES);
    qc_key_put_str(&key, name);
    return key;
}

static Qc__State__ZoneRow *get(struct qc_txn *txn, const char *name)
{
    struct qc_key key;

    if (!qc_zone_is_name(name)) {
        return NULL;
    }
    key = zone_key(name);
    return qc_row_get(txn, qc_zone_entity.type, &key);
}

/* --- install ------------------------------------------------------------ */

bool qc_zone_is_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_+/-";
    size_t size = strlen(name);

    return size > 0 && size <= NAME_MAX_SIZE && strspn(name, letters) == size;
}

/* What is wrong with |zone|, as its field; NULL when nothing is. */
static const char *wrong(const Qc__V1__TimeZone *zone)
{
    int64_t before_s = -1;

    if (!qc_zone_is_name(zone->name) || strcmp(zone->name, "UTC") == 0) {
        return "].name";
    }
    if (zone->n_transitions == 0 || zone->n_transitions > TRANSITIONS_MAX ||
        zone->transitions[0]->at_s != 0) {
        return "].transitions";
    }
    for (size_t i = 0; i < zone->n_transitions; i++) {
        const Qc__V1__ZoneTransition *transition = zone->transitions[i];

        if (transition->at_s <= before_s || transition->at_s > LAST_S ||
            transition->offset_s < -OFFSET_MAX_S ||
            transition->offset_s > OFFSET_MAX_S) {
            return "].transitions";
        }
        before_s = transition->at_s;
    }
    return NULL;
}

static int refuse(struct qc_txn *txn,
                  enum qc_refusal refusal,
                  size_t nth,
                  const char *field)
{
    const char *const parts[] = {"zones[", qc_text_decimal(txn, (int64_t)nth),
                                 field};

    return qc_refuse(txn, refusal, qc_text_join(txn, parts, 3));
}

/* Whether all of |zones| may be installed. */
static int admit(struct qc_txn *txn, Qc__V1__TimeZone *const *zones, size_t n)
{
    uint64_t count = qc_entity_count(txn, &qc_zone_entity);

    for (size_t i = 0; i < n; i++) {
        const char *field = wrong(zones[i]);

        if (field != NULL) {
            return refuse(txn, QC_REFUSED_INVALID, i, field);
        }
        if (get(txn, zones[i]->name) == NULL && ++count > QC_ZONES_MAX) {
            return refuse(txn, QC_REFUSED_QUOTA, i, "]");
        }
    }
    return 0;
}

static enum qc_change install(struct qc_txn *txn, const Qc__V1__TimeZone *zone)
{
    Qc__State__ZoneRow *was = get(txn, zone->name);
    Qc__State__ZoneRow *row = was != NULL
                                  ? qc_row_copy(txn, was)
                                  : qc_row_new(txn, qc_zone_entity.type);
    uint8_t *digest = qc_alloc(txn, QC_SHA256_SIZE);
    struct qc_key key = zone_key(zone->name);
    enum qc_change change;

    if (row == NULL || digest == NULL ||
        (row->zone = qc_row_new(txn, &qc__v1__time_zone_summary__descriptor)) ==
            NULL) {
        return QC_CHANGE_NONE;
    }
    row->transitions = packed(txn, zone);
    digest_of(row->transitions, digest);
    row->zone->name = zone->name;
    row->zone->transitions = (uint32_t)zone->n_transitions;
    row->zone->digest = (ProtobufCBinaryData){QC_SHA256_SIZE, digest};
    change = qc_config_stamp(txn, was != NULL ? &was->zone->base : NULL,
                             &row->zone->base);
    if (change != QC_CHANGE_NONE) {
        qc_entity_put(txn, &qc_zone_entity, &key, was, row);
    }
    return change;
}

int qc_zone_install(struct qc_txn *txn,
                    Qc__V1__TimeZone *const *zones,
                    size_t n,
                    struct qc_zone_counts *counts_out)
{
    struct qc_zone_counts counts = {.created = 0};
    int r;

    assert(txn->tenant == 0);

    r = admit(txn, zones, n);
    if (r != 0) {
        return r;
    }
    for (size_t i = 0; txn->fault == 0 && i < n; i++) {
        enum qc_change change = install(txn, zones[i]);

        counts.created += change == QC_CHANGE_CREATED;
        counts.updated += change == QC_CHANGE_UPDATED;
        counts.unchanged += change == QC_CHANGE_NONE;
    }
    *counts_out = counts;
    return 0;
}

/* --- look up ------------------------------------------------------------ */

bool qc_zone_find(struct qc_txn *txn,
                  const char *name,
                  struct qc_zone *zone_out)
{
    const Qc__State__ZoneRow *row;

    *zone_out = (struct qc_zone){.transitions = {NULL, 0}};
    if (strcmp(name, "UTC") == 0) {
        return true;
    }
    row = get(txn, name);
    if (row == NULL) {
        return false;
    }
    zone_out->transitions =
        (struct qc_bytes){row->transitions.data, row->transitions.len};
    return true;
}

int32_t qc_zone_offset_s(const struct qc_zone *zone,
                         int64_t at_s,
                         int64_t *until_s_out)
{
    size_t n = n_transitions(zone->transitions);
    size_t low = 0; /* Those below it are not after |at_s|. */
    size_t high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (at_of(zone->transitions, middle) <= at_s) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *until_s_out = low < n ? at_of(zone->transitions, low) : INT64_MAX;
    return n > 0 ? offset_of(zone->transitions, low > 0 ? low - 1 : 0) : 0;
}
