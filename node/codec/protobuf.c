#include <string.h>

#include "base/arena.h"
#include "codec/forms.h"
#include "codec/lender.h"
#include "codec/message.h"
#include "codec/utf8.h"

/*
 * protobuf-c reads and writes; here is what it must not be left alone with. It
 * follows any depth on the stack, and takes text that is no UTF-8 or has a NUL
 * in it. So bytes are scanned before it sees them, and what it makes of them
 * is put in order afterwards. How many pieces it makes, the arena bounds.
 */

struct scan {
    const uint8_t *at;
    size_t left;
};

enum {
    VARINT_SIZE_MAX = 10,
    FIELD_NUMBER_MAX = (1 << 29) - 1,
};

static bool scan_varint(struct scan *scan, uint64_t *value_out)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < VARINT_SIZE_MAX && i < scan->left; i++) {
        value |= (uint64_t)(scan->at[i] & 0x7f) << (7 * i);
        if (scan->at[i] < 0x80) {
            scan->at += i + 1;
            scan->left -= i + 1;
            *value_out = value;
            return true;
        }
    }
    return false;
}

/* Reads past a value of |wire_type|; |bytes_out| is what a length stood
 * before. Groups are not of proto3. */
static bool scan_value(struct scan *scan,
                       unsigned wire_type,
                       struct qc_bytes *bytes_out)
{
    uint64_t size;

    *bytes_out = (struct qc_bytes){scan->at, 0};
    switch (wire_type) {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
        return scan_varint(scan, &size);
    case PROTOBUF_C_WIRE_TYPE_64BIT:
        size = 8;
        break;
    case PROTOBUF_C_WIRE_TYPE_32BIT:
        size = 4;
        break;
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
        if (!scan_varint(scan, &size)) {
            return false;
        }
        break;
    default:
        return false;
    }
    if (size > scan->left) {
        return false;
    }
    *bytes_out = (struct qc_bytes){scan->at, (size_t)size};
    scan->at += size;
    scan->left -= (size_t)size;
    return true;
}

/* A field as it stands in the bytes. */
struct found {
    const ProtobufCFieldDescriptor *field; /* NULL: it is not known. */
    unsigned wire_type;
    struct qc_bytes value; /* What a length stood before. */
};

static bool is_list(const struct found *found)
{
    return found->field->label == PROTOBUF_C_LABEL_REPEATED;
}

static bool is_sized(const struct found *found)
{
    return found->field->type == PROTOBUF_C_TYPE_STRING ||
           found->field->type == PROTOBUF_C_TYPE_BYTES ||
           found->field->type == PROTOBUF_C_TYPE_MESSAGE;
}

static enum qc_codec_answer scan_message(const struct qc_build *build,
                                         const ProtobufCMessageDescriptor *type,
                                         struct qc_bytes bytes,
                                         const struct qc_place *place,
                                         int depth);

static enum qc_codec_answer scan_next(struct scan *scan,
                                      const struct qc_build *build,
                                      const ProtobufCMessageDescriptor *type,
                                      const struct qc_place *place,
                                      struct found *found)
{
    struct qc_place at = {place, "unknown field", NULL, QC_NO_INDEX};
    uint64_t key;

    if (!scan_varint(scan, &key) || key >> 3 == 0 ||
        key >> 3 > FIELD_NUMBER_MAX) {
        return qc_wrong(QC_CODEC_MALFORMED, place,
                        "is no protobuf, or is cut short", build->error);
    }
    found->wire_type = (unsigned)(key & 7);
    found->field = qc_message_field(type, (uint32_t)(key >> 3));
    if (!scan_value(scan, found->wire_type, &found->value)) {
        at.name = found->field != NULL ? found->field->name : at.name;
        return qc_wrong(QC_CODEC_MALFORMED, &at,
                        "is no protobuf, or is cut short", build->error);
    }
    return QC_CODEC_OK;
}

/* How many elements it is: numbers of a list may be in one piece. */
static size_t count_elements(const struct found *found)
{
    size_t n = 0;

    if (found->wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED ||
        is_sized(found)) {
        return 1;
    }
    if (found->field->type == PROTOBUF_C_TYPE_FIXED64 ||
        found->field->type == PROTOBUF_C_TYPE_SFIXED64) {
        return found->value.size / 8;
    }
    if (found->field->type == PROTOBUF_C_TYPE_FIXED32 ||
        found->field->type == PROTOBUF_C_TYPE_SFIXED32) {
        return found->value.size / 4;
    }
    for (size_t i = 0; i < found->value.size; i++) {
        n += found->value.data[i] < 0x80; /* The last byte of a number. */
    }
    return n;
}

/* Looks at how often the field has come; |count| is how often before. A limit
 * is looked up whenever that number gets another bit. */
static enum qc_codec_answer scan_count(const struct qc_build *build,
                                       const ProtobufCMessageDescriptor *type,
                                       const struct found *found,
                                       size_t *count,
                                       const struct qc_place *place)
{
    enum qc_codec_answer answer = QC_CODEC_OK;
    size_t before = *count;
    size_t n = count_elements(found);

    *count += n;
    if (is_list(found)) {
        if ((before ^ *count) > before) {
            answer =
                qc_build_may_hold(build, type, found->field, *count, place);
        }
    } else if (before > 0 && build->bounds != NULL &&
               found->field->type == PROTOBUF_C_TYPE_MESSAGE) {
        /* protobuf-c would join them. Nobody sends that but to be a burden. */
        answer =
            qc_wrong(QC_CODEC_MALFORMED, place, "stands twice", build->error);
    }
    return answer == QC_CODEC_OK ? qc_build_spend(build, n, place) : answer;
}

static enum qc_codec_answer scan_found(const struct qc_build *build,
                                       const struct found *found,
                                       const struct qc_place *place,
                                       int depth)
{
    const ProtobufCFieldDescriptor *field = found->field;
    /* A list of numbers may come in one piece. */
    bool may_be_sized = is_sized(found) || is_list(found);

    if (found->wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED
            ? !may_be_sized
            : is_sized(found)) {
        return qc_wrong(QC_CODEC_MALFORMED, place, "is of another type",
                        build->error);
    }
    if (field->type == PROTOBUF_C_TYPE_STRING &&
        !qc_utf8_is_text(found->value)) {
        return qc_wrong(QC_CODEC_MALFORMED, place, "is no UTF-8 without NUL",
                        build->error);
    }
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        return scan_message(build, field->descriptor, found->value, place,
                            depth + (is_list(found) ? 2 : 1));
    }
    return QC_CODEC_OK;
}

static enum qc_codec_answer scan_message(const struct qc_build *build,
                                         const ProtobufCMessageDescriptor *type,
                                         struct qc_bytes bytes,
                                         const struct qc_place *place,
                                         int depth)
{
    struct scan scan = {bytes.data, bytes.size};
    size_t counts[QC_FIELDS_MAX] = {0};
    enum qc_codec_answer answer = QC_CODEC_OK;

    if (depth > QC_DEPTH_MAX) {
        return qc_wrong(QC_CODEC_TOO_BIG, place, "is nested too deep",
                        build->error);
    }
    while (scan.left > 0 && answer == QC_CODEC_OK) {
        struct qc_place at = {place, "", NULL, QC_NO_INDEX};
        struct found found = {.field = NULL};
        size_t *count;

        answer = scan_next(&scan, build, type, place, &found);
        if (answer != QC_CODEC_OK) {
            return answer;
        }
        if (found.field == NULL) {
            answer = qc_build_spend(build, 1, place);
            continue;
        }
        at.name = found.field->name;
        count = &counts[found.field - type->fields];
        answer = scan_count(build, type, &found, count, &at);
        if (answer == QC_CODEC_OK) {
            at.index = is_list(&found) ? (long)*count - 1 : QC_NO_INDEX;
            answer = scan_found(build, &found, &at, depth);
        }
    }
    return answer;
}

static enum qc_codec_answer settle(const struct qc_build *build,
                                   ProtobufCMessage *message,
                                   const struct qc_place *place);

static enum qc_codec_answer settle_field(const struct qc_build *build,
                                         ProtobufCMessage *message,
                                         const ProtobufCFieldDescriptor *field,
                                         struct qc_place *place)
{
    bool is_list = field->label == PROTOBUF_C_LABEL_REPEATED;
    const void *at = qc_message_at(message, field);
    ProtobufCMessage *const *first =
        is_list ? *(ProtobufCMessage *const *const *)at : at;
    size_t n = qc_message_count(message, field);

    for (size_t i = 0; i < n; i++) {
        enum qc_codec_answer answer;

        place->index = is_list ? (long)i : QC_NO_INDEX;
        answer = settle(build, first[i], place);
        if (answer != QC_CODEC_OK) {
            return answer;
        }
    }
    place->index = QC_NO_INDEX;
    return qc_field_is_map(field)
               ? qc_build_map_end(build, message, field, place)
               : QC_CODEC_OK;
}

/* Drops what is unknown, and sorts maps. */
static enum qc_codec_answer settle(const struct qc_build *build,
                                   ProtobufCMessage *message,
                                   const struct qc_place *place)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;

    message->n_unknown_fields = 0;
    message->unknown_fields = NULL;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        struct qc_place at = {place, field->name, NULL, QC_NO_INDEX};
        enum qc_codec_answer answer;

        if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
            continue;
        }
        answer = settle_field(build, message, field, &at);
        if (answer != QC_CODEC_OK) {
            return answer;
        }
    }
    return QC_CODEC_OK;
}

enum qc_codec_answer qc_protobuf_read(const ProtobufCMessageDescriptor *type,
                                      struct qc_bytes bytes,
                                      const struct qc_build *build,
                                      ProtobufCMessage **message_out)
{
    ProtobufCMessage *message;
    struct qc_lender lender;
    enum qc_codec_answer answer = scan_message(build, type, bytes, NULL, 1);

    if (answer != QC_CODEC_OK) {
        return answer;
    }
    qc_lender_init(&lender, build->arena);
    message = protobuf_c_message_unpack(type, &lender.allocator, bytes.size,
                                        bytes.data);
    if (message == NULL) {
        return lender.full ? qc_wrong(QC_CODEC_TOO_BIG, NULL,
                                      "is more than fits the memory for it",
                                      build->error)
                           : qc_wrong(QC_CODEC_MALFORMED, NULL,
                                      "has a number that is of another type",
                                      build->error);
    }
    answer = settle(build, message, NULL);
    if (answer == QC_CODEC_OK) {
        *message_out = message;
    }
    return answer;
}

static bool has_unknown(const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;

    if (message->n_unknown_fields > 0) {
        return true;
    }
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        bool is_list = field->label == PROTOBUF_C_LABEL_REPEATED;
        const void *at = qc_message_at(message, field);
        ProtobufCMessage *const *first;
        size_t n;

        if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
            continue;
        }
        n = qc_message_count(message, field);
        first = is_list ? *(ProtobufCMessage *const *const *)at : at;
        for (size_t j = 0; j < n; j++) {
            if (has_unknown(first[j])) {
                return true;
            }
        }
    }
    return false;
}

static ProtobufCMessage *copy_of_known(const ProtobufCMessage *message,
                                       struct qc_arena *arena);

/* Puts copies in place of the messages that |field| of |copy| points to. */
static bool copy_field(ProtobufCMessage *copy,
                       const ProtobufCFieldDescriptor *field,
                       struct qc_arena *arena)
{
    bool is_list = field->label == PROTOBUF_C_LABEL_REPEATED;
    void *at = (uint8_t *)copy + field->offset;
    size_t n = qc_message_count(copy, field);
    ProtobufCMessage **from = is_list ? *(ProtobufCMessage ***)at : at;
    ProtobufCMessage **to = at;

    if (n == 0) {
        return true;
    }
    if (is_list) {
        to = qc_arena_alloc(arena, n * sizeof(ProtobufCMessage *));
        if (to == NULL) {
            return false;
        }
        *(ProtobufCMessage ***)at = to;
    }
    for (size_t i = 0; i < n; i++) {
        to[i] = copy_of_known(from[i], arena);
        if (to[i] == NULL) {
            return false;
        }
    }
    return true;
}

/* A copy of |message| and the messages in it, without what is unknown; text
 * and numbers are the same ones. NULL when the arena is full. */
static ProtobufCMessage *copy_of_known(const ProtobufCMessage *message,
                                       struct qc_arena *arena)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    ProtobufCMessage *copy = qc_arena_alloc(arena, type->sizeof_message);

    if (copy == NULL) {
        return NULL;
    }
    memcpy(copy, message, type->sizeof_message);
    copy->n_unknown_fields = 0;
    copy->unknown_fields = NULL;
    for (unsigned i = 0; i < type->n_fields; i++) {
        if (type->fields[i].type == PROTOBUF_C_TYPE_MESSAGE &&
            !copy_field(copy, &type->fields[i], arena)) {
            return NULL;
        }
    }
    return copy;
}

bool qc_protobuf_write(const ProtobufCMessage *message,
                       struct qc_arena *arena,
                       struct qc_bytes *bytes_out)
{
    uint8_t *bytes;
    size_t size;

    /* What is unknown is kept as msgpack, and protobuf-c would write it as if
     * it were protobuf. It is rare: a newer node wrote the row. */
    if (has_unknown(message)) {
        message = copy_of_known(message, arena);
        if (message == NULL) {
            return false;
        }
    }
    size = protobuf_c_message_get_packed_size(message);
    bytes = qc_arena_take(arena, size > 0 ? size : 1);
    if (bytes == NULL) {
        return false;
    }
    *bytes_out =
        (struct qc_bytes){bytes, protobuf_c_message_pack(message, bytes)};
    return true;
}
