#include "machine/config.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "codec/message.h"
#include "codec/msgpack.h"
#include "machine/id.h"
#include "machine/store.h"

enum {
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

/* Whether both are the same bytes: equal messages are (codec/msgpack.h). */
static bool is_equal(struct qc_txn *txn,
                     const ProtobufCMessage *a,
                     const ProtobufCMessage *b)
{
    struct qc_bytes in_a;
    struct qc_bytes in_b;

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
