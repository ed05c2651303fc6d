#include "rpc/envelope.h"

#include <string.h>
#include <xxhash.h>

#include "base/siphash.h"
#include "codec/message.h"
#include "codec/msgpack.h"

static uint8_t *field_at(ProtobufCMessage *message,
                         const ProtobufCFieldDescriptor *field)
{
    return (uint8_t *)message + field->offset;
}

static void *pointer_at(const uint8_t *slot)
{
    void *pointer;

    memcpy(&pointer, slot, sizeof(pointer));
    return pointer;
}

/* As the schema has it: a fact is bytes or a message, and never a list. */
static void clear(ProtobufCMessage *message,
                  const ProtobufCFieldDescriptor *field)
{
    const ProtobufCBinaryData no_bytes = {0, NULL};
    const void *none = NULL;

    if (field->type == PROTOBUF_C_TYPE_BYTES) {
        memcpy(field_at(message, field), &no_bytes, sizeof(no_bytes));
    } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        memcpy(field_at(message, field), &none, sizeof(none));
    }
}

void qc_envelope_clear_facts(ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;

    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        size_t n = qc_message_count(message, field);
        const uint8_t *slots = field_at(message, field);

        if (field->id >= QC_FIELD_FACTS) {
            clear(message, field);
            continue;
        }
        if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
            continue;
        }
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            slots = pointer_at(slots);
        }
        for (size_t k = 0; k < n; k++) {
            qc_envelope_clear_facts(pointer_at(slots + k * sizeof(void *)));
        }
    }
}

void qc_envelope_set_text(ProtobufCMessage *message,
                          uint32_t number,
                          const char *text)
{
    const ProtobufCFieldDescriptor *field =
        qc_message_field(message->descriptor, number);

    if (field != NULL && !qc_message_has(message, field)) {
        memcpy(field_at(message, field), &text, sizeof(text));
    }
}

void qc_envelope_set_number(ProtobufCMessage *message,
                            uint32_t number,
                            uint64_t value)
{
    const ProtobufCFieldDescriptor *field =
        qc_message_field(message->descriptor, number);

    if (field != NULL && !qc_message_has(message, field)) {
        memcpy(field_at(message, field), &value, sizeof(value));
    }
}

void qc_envelope_set_bytes(ProtobufCMessage *message,
                           uint32_t number,
                           ProtobufCBinaryData bytes)
{
    const ProtobufCFieldDescriptor *field =
        qc_message_field(message->descriptor, number);

    if (field != NULL) {
        memcpy(field_at(message, field), &bytes, sizeof(bytes));
    }
}

/* SipHash twice, under keys that are made of the cluster's id. */
void qc_envelope_address_hash(const char *cluster_id,
                              struct qc_bytes network,
                              uint8_t hash_out[QC_DIGEST_SIZE])
{
    for (uint64_t half = 0; half < 2; half++) {
        XXH128_hash_t key =
            XXH3_128bits_withSeed(cluster_id, strlen(cluster_id), half);
        uint8_t secret[QC_SIPHASH_KEY_SIZE];
        uint64_t hash;

        memcpy(secret, &key, sizeof(secret));
        hash = qc_siphash(secret, network);
        memcpy(hash_out + half * sizeof(hash), &hash, sizeof(hash));
    }
}

static bool stands_beside(uint32_t number)
{
    return number == QC_FIELD_REQUEST_ID || number == QC_FIELD_CLIENT_ID;
}

static bool of_the_envelope(uint32_t number)
{
    return number >= QC_FIELD_REQUEST_ID && number <= QC_FIELD_CLIENT_ID;
}

bool qc_envelope_body(const ProtobufCMessage *message,
                      struct qc_arena *arena,
                      struct qc_bytes *body_out)
{
    return qc_msgpack_write_known(message, stands_beside, arena, body_out);
}

bool qc_envelope_digest(const ProtobufCMessage *message,
                        uint32_t method_id,
                        struct qc_arena *arena,
                        uint8_t digest_out[QC_DIGEST_SIZE])
{
    XXH128_canonical_t canonical;
    struct qc_bytes bytes;

    if (!qc_msgpack_write_known(message, of_the_envelope, arena, &bytes)) {
        return false;
    }
    XXH128_canonicalFromHash(
        &canonical, XXH3_128bits_withSeed(bytes.data, bytes.size, method_id));
    memcpy(digest_out, canonical.digest, QC_DIGEST_SIZE);
    return true;
}
