#include "machine/config.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "codec/message.h"
#include "codec/msgpack.h"
#include "machine/entity.h"
#include "machine/id.h"
#include "machine/row.h"
#include "machine/row_memory.h"
#include "machine/store.h"
#include "machine/tenant.h"

enum {
    FIELD_OBJECT = 1, /* Of a row. */
    FIELD_KEY = 1,    /* Of an object. */
    FIELD_REV = 20,
    FIELD_CREATED_MS = 21,
    FIELD_UPDATED_MS = 22,
    KEY_LENGTH_MAX = 64,
};

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z');
}

bool qc_config_is_key(const char *text)
{
    size_t length = strlen(text);

    for (size_t i = 0; i < length; i++) {
        if (!is_alphanumeric(text[i]) && strchr("_.:-", text[i]) == NULL) {
            return false;
        }
    }
    return length > 0 && length <= KEY_LENGTH_MAX;
}

bool qc_config_is_e164(const char *text)
{
    size_t length = strlen(text);

    if (text[0] != '+' || length < 8 || length > 16 || text[1] == '0') {
        return false;
    }
    for (size_t i = 1; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
    }
    return true;
}

/* Where the number of one of the fields above stands in |object|. */
static size_t offset_of(const ProtobufCMessage *object, uint32_t number)
{
    const ProtobufCFieldDescriptor *field =
        qc_message_field(object->descriptor, number);

    assert(field != NULL && (field->type == PROTOBUF_C_TYPE_INT64 ||
                             field->type == PROTOBUF_C_TYPE_UINT64));

    return field->offset;
}

static uint64_t get(const ProtobufCMessage *object, uint32_t number)
{
    uint64_t value;

    memcpy(&value, (const uint8_t *)object + offset_of(object, number),
           sizeof(value));
    return value;
}

static void set(ProtobufCMessage *object, uint32_t number, uint64_t value)
{
    memcpy((uint8_t *)object + offset_of(object, number), &value,
           sizeof(value));
}

int qc_config_match(struct qc_txn *txn,
                    const ProtobufCMessage *was,
                    uint64_t if_rev)
{
    uint64_t rev = was != NULL ? get(was, FIELD_REV) : 0;

    if (if_rev != 0 && if_rev != rev) {
        return qc_refuse(txn, QC_REFUSED_REV_MISMATCH, "if_rev");
    }
    return 0;
}

/* Whether some field that is plain differs, as nearly always one does when
 * anything is new. */
static bool differs_plainly(const ProtobufCMessage *a,
                            const ProtobufCMessage *b)
{
    const ProtobufCMessageDescriptor *type = a->descriptor;

    for (unsigned i = 0; i < type->n_fields; i++) {
        if (qc_field_is_plain(&type->fields[i]) &&
            !qc_plain_is_equal(a, b, &type->fields[i])) {
            return true;
        }
    }
    return false;
}

/* Whether both are the same bytes: equal messages are (codec/msgpack.h). */
static bool is_equal(struct qc_txn *txn,
                     const ProtobufCMessage *a,
                     const ProtobufCMessage *b)
{
    struct qc_bytes in_a;
    struct qc_bytes in_b;

    if (differs_plainly(a, b)) {
        return false;
    }
    if (!qc_msgpack_write(a, txn->arena, &in_a) ||
        !qc_msgpack_write(b, txn->arena, &in_b)) {
        qc_txn_fail(txn, QC_E_NOMEM);
        return false;
    }
    return in_a.size == in_b.size &&
           (in_a.size == 0 || memcmp(in_a.data, in_b.data, in_a.size) == 0);
}

enum qc_change qc_config_stamp(struct qc_txn *txn,
                               const ProtobufCMessage *was,
                               ProtobufCMessage *object)
{
    uint64_t created_ms = (uint64_t)txn->now_ms;

    if (was != NULL) {
        /* What a newer release has written stays. */
        object->n_unknown_fields = was->n_unknown_fields;
        object->unknown_fields = was->unknown_fields;

        created_ms = get(was, FIELD_CREATED_MS);
        set(object, FIELD_REV, get(was, FIELD_REV));
        set(object, FIELD_CREATED_MS, created_ms);
        set(object, FIELD_UPDATED_MS, get(was, FIELD_UPDATED_MS));
        if (is_equal(txn, was, object)) {
            return QC_CHANGE_NONE;
        }
    }
    set(object, FIELD_REV, qc_id_draw(txn));
    set(object, FIELD_CREATED_MS, created_ms);
    set(object, FIELD_UPDATED_MS, (uint64_t)txn->now_ms);
    return was != NULL ? QC_CHANGE_UPDATED : QC_CHANGE_CREATED;
}

/* --- kinds ------------------------------------------------------------------
 */

/* Where the object of a row stands in it. */
static size_t object_offset(const struct qc_config_kind *kind)
{
    const ProtobufCFieldDescriptor *field =
        qc_message_field(kind->entity->type, FIELD_OBJECT);

    assert(field != NULL && field->type == PROTOBUF_C_TYPE_MESSAGE);

    return field->offset;
}

static ProtobufCMessage *object_of(const struct qc_config_kind *kind,
                                   const void *row)
{
    ProtobufCMessage *object = NULL;

    if (row != NULL) {
        memcpy(&object, (const uint8_t *)row + object_offset(kind),
               sizeof(object));
    }
    return object;
}

/* The key of |object|, of any kind. */
static const char *name_of(const ProtobufCMessage *object)
{
    return qc_message_string(object, FIELD_KEY);
}

struct qc_key qc_config_key(uint32_t tenant,
                            const struct qc_config_kind *kind,
                            const char *key)
{
    struct qc_key row;

    qc_key_begin(&row, tenant, kind->entity->space);
    qc_key_put_str(&row, key);
    return row;
}

const void *qc_config_get(struct qc_txn *txn,
                          const struct qc_config_kind *kind,
                          const char *key)
{
    struct qc_key row;

    if (!qc_config_is_key(key)) {
        return NULL;
    }
    row = qc_config_key(txn->tenant, kind, key);
    return kind->many ? qc_row_get(txn, kind->entity->type, &row)
                      : qc_row_recall(txn, kind->entity->type, &row);
}

void *qc_config_show(struct qc_txn *txn,
                     const struct qc_config_kind *kind,
                     const void *row)
{
    return row != NULL && kind->show != NULL ? kind->show(txn, row)
                                             : object_of(kind, row);
}

int qc_config_check_object(const struct qc_config_kind *kind,
                           const ProtobufCMessage *object,
                           struct qc_refusal_detail *detail)
{
    if (!qc_config_is_key(name_of(object))) {
        detail->field = kind->key_field;
        return QC_REFUSED_INVALID;
    }
    return kind->check != NULL ? kind->check(object, detail) : 0;
}

static bool is_over_quota(struct qc_txn *txn, const struct qc_config_kind *kind)
{
    const Qc__State__TenantRow *tenant = qc_tenant_get(txn, txn->tenant);
    uint32_t quota;

    if (tenant == NULL) {
        return true;
    }
    memcpy(&quota, (const uint8_t *)tenant->tenant->quotas + kind->quota,
           sizeof(quota));
    return qc_entity_count(txn, kind->entity) >= quota;
}

/* The row that is to hold |wanted|; NULL is a fault. */
static void *row_with(struct qc_txn *txn,
                      const struct qc_config_kind *kind,
                      const void *was,
                      const ProtobufCMessage *wanted)
{
    void *row = was != NULL ? qc_row_copy(txn, was)
                            : qc_row_new(txn, kind->entity->type);
    ProtobufCMessage *object = qc_row_copy(txn, wanted);

    if (row == NULL || object == NULL) {
        return NULL;
    }
    memcpy((uint8_t *)row + object_offset(kind), &object, sizeof(object));
    if (was == NULL && kind->begin != NULL) {
        kind->begin(txn, row);
    }
    if (kind->complete != NULL) {
        kind->complete(txn, object_of(kind, was), object);
    }
    return txn->fault == 0 ? row : NULL;
}

/* Writes |row|, in the place of |was|, if anything is new in it. */
static enum qc_change write(struct qc_txn *txn,
                            const struct qc_config_kind *kind,
                            const void *was,
                            const void *row)
{
    ProtobufCMessage *object = object_of(kind, row);
    enum qc_change change = qc_config_stamp(txn, object_of(kind, was), object);
    struct qc_key key = qc_config_key(txn->tenant, kind, name_of(object));

    if (change != QC_CHANGE_NONE) {
        qc_entity_put(txn, kind->entity, &key, was, row);
    }
    return change;
}

int qc_config_put(struct qc_txn *txn,
                  const struct qc_config_kind *kind,
                  const ProtobufCMessage *object,
                  uint64_t if_rev,
                  enum qc_change *change_out)
{
    const void *was;
    struct qc_key key;
    void *row;
    int r = qc_config_check_object(kind, object, &txn->detail);

    if (r != 0) {
        return r;
    }
    /* Not recalled: it is not worth remembering, for it is replaced. */
    key = qc_config_key(txn->tenant, kind, name_of(object));
    was = qc_row_get(txn, kind->entity->type, &key);
    r = qc_config_match(txn, object_of(kind, was), if_rev);
    if (r != 0) {
        return r;
    }
    row = row_with(txn, kind, was, object);
    if (row == NULL) {
        return txn->fault;
    }
    if (kind->admit != NULL) {
        r = kind->admit(txn, object_of(kind, was), object_of(kind, row));
        if (r != 0) {
            return r;
        }
    }
    if (kind->resolve != NULL) {
        r = kind->resolve(txn, row);
        if (r != 0) {
            return r;
        }
    }
    if (was == NULL && is_over_quota(txn, kind)) {
        return qc_refuse(txn, QC_REFUSED_QUOTA, kind->key_field);
    }

    *change_out = write(txn, kind, was, row);
    return 0;
}

void qc_config_seed(struct qc_txn *txn,
                    const struct qc_config_kind *kind,
                    const ProtobufCMessage *object)
{
    void *row = row_with(txn, kind, NULL, object);

    if (row != NULL) {
        write(txn, kind, NULL, row);
    }
}
