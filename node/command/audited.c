#include "command/audited.h"

#include <string.h>

#include "codec/message.h"
#include "machine/audit.h"
#include "machine/member.h"
#include "machine/store.h"
#include "machine/text.h"

enum {
    FIELD_ENVELOPE = 100, /* And all above: not what is asked, but by whom. */
};

/* The name of the value of an enum; "" for one that is not known. */
static const char *enum_text(const ProtobufCMessage *message,
                             const ProtobufCFieldDescriptor *field)
{
    const ProtobufCEnumDescriptor *type = field->descriptor;
    int value;

    memcpy(&value, qc_message_at(message, field), sizeof(value));
    for (unsigned i = 0; i < type->n_values; i++) {
        if (type->values[i].value == value) {
            return type->values[i].name;
        }
    }
    return "";
}

/* What |field| says of the object: its name; of a list, how many they are. NULL
 * when it says nothing. */
static const char *part_text(struct qc_txn *txn,
                             const ProtobufCMessage *message,
                             const ProtobufCFieldDescriptor *field)
{
    uint64_t wide;
    uint32_t small;

    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return qc_text_decimal(txn, (int64_t)qc_message_count(message, field));
    }
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        return qc_message_string(message, field->id);
    }
    if (field->type == PROTOBUF_C_TYPE_ENUM) {
        return enum_text(message, field);
    }
    if (field->type == PROTOBUF_C_TYPE_UINT64) {
        memcpy(&wide, qc_message_at(message, field), sizeof(wide));
        return qc_text_decimal(txn, (int64_t)wide);
    }
    if (field->type == PROTOBUF_C_TYPE_UINT32) {
        memcpy(&small, qc_message_at(message, field), sizeof(small));
        return qc_text_decimal(txn, small);
    }
    return NULL;
}

/* The object of a request: what its first field names, or the object in there;
 * of requests that name it by several fields ("kind node_id"), all of them. */
static const char *object_of(struct qc_txn *txn,
                             const ProtobufCMessage *request)
{
    const ProtobufCFieldDescriptor *first = &request->descriptor->fields[0];
    const char *object = "";

    if (request->descriptor->n_fields > 0 &&
        first->type == PROTOBUF_C_TYPE_MESSAGE &&
        first->label != PROTOBUF_C_LABEL_REPEATED) {
        const ProtobufCMessage *inner =
            *(const ProtobufCMessage *const *)qc_message_at(request, first);
        const char *name = part_text(txn, inner, &inner->descriptor->fields[0]);

        return name != NULL ? name : "";
    }
    for (unsigned i = 0; i < request->descriptor->n_fields &&
                         request->descriptor->fields[i].id < FIELD_ENVELOPE;
         i++) {
        const char *part =
            part_text(txn, request, &request->descriptor->fields[i]);
        const char *parts[] = {object, i > 0 ? " " : "", part};

        if (part != NULL) {
            object = qc_text_join(txn, parts, 3);
        }
    }
    return object;
}

int qc_audited_run(struct qc_txn *txn,
                   const struct qc_method *method,
                   const struct qc_command *command,
                   const ProtobufCMessage *request,
                   ProtobufCMessage *response)
{
    struct qc_witness witness = {.had_rows = false};
    struct qc_audited audited = {
        .method = method->name,
        .request = {command->digest, sizeof(command->digest)},
        .witness = &witness,
    };
    int r;

    txn->witness = &witness;
    r = method->run(txn, request, response);
    txn->witness = NULL;
    if (r == 0 && txn->fault == 0 &&
        qc_cluster_version(txn) >= QC_AUDIT_SINCE) {
        audited.object = object_of(txn, request);
        qc_audit_add(txn, &audited);
    }
    return r;
}
