#include "codec/build.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "codec/message.h"
#include "codec/utf8.h"

static const char full[] = "is more than fits the memory for it";

enum qc_codec_answer qc_build_spend(const struct qc_build *build,
                                    size_t n,
                                    const struct qc_place *place)
{
    struct qc_bounds *bounds = build->bounds;

    if (bounds == NULL) {
        return QC_CODEC_OK;
    }
    if (n > bounds->n_left) {
        bounds->n_left = 0;
        return qc_wrong(QC_CODEC_TOO_BIG, place, "has too many parts",
                        build->error);
    }
    bounds->n_left -= n;
    return QC_CODEC_OK;
}

enum qc_codec_answer qc_build_may_hold(const struct qc_build *build,
                                       const ProtobufCMessageDescriptor *type,
                                       const ProtobufCFieldDescriptor *field,
                                       size_t n,
                                       const struct qc_place *place)
{
    const struct qc_bounds *bounds = build->bounds;

    return bounds == NULL ||
                   bounds->may_hold(type, field, n, place, build->error)
               ? QC_CODEC_OK
               : QC_CODEC_MALFORMED;
}

enum qc_codec_answer qc_build_message(const struct qc_build *build,
                                      const ProtobufCMessageDescriptor *type,
                                      const struct qc_place *place,
                                      int depth,
                                      struct qc_draft *draft_out)
{
    assert(type->n_fields <= QC_FIELDS_MAX);

    if (depth > QC_DEPTH_MAX) {
        return qc_wrong(QC_CODEC_TOO_BIG, place, "is nested too deep",
                        build->error);
    }
    *draft_out = (struct qc_draft){
        .message = qc_message_new(type, build->arena),
        .place = place,
        .depth = depth,
    };
    return draft_out->message != NULL
               ? QC_CODEC_OK
               : qc_wrong(QC_CODEC_TOO_BIG, place, full, build->error);
}

size_t qc_element_size(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return sizeof(uint64_t);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
        return sizeof(uint32_t);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        break;
    }
    assert(false && "the schema has no floats");
    return 0;
}

void *qc_element_at(const ProtobufCFieldDescriptor *field, void *at, size_t i)
{
    return (uint8_t *)at + i * qc_element_size(field);
}

/* Makes room for the |n| elements of |field|. */
static enum qc_codec_answer build_list(const struct qc_build *build,
                                       const struct qc_draft *draft,
                                       const ProtobufCFieldDescriptor *field,
                                       size_t n,
                                       const struct qc_place *place,
                                       void **at_out)
{
    uint8_t *message = (uint8_t *)draft->message;
    enum qc_codec_answer answer =
        qc_build_may_hold(build, draft->message->descriptor, field, n, place);
    void *list = NULL;

    if (answer == QC_CODEC_OK) {
        answer = qc_build_spend(build, n, place);
    }
    if (answer != QC_CODEC_OK) {
        return answer;
    }
    if (n > 0) {
        list = n <= SIZE_MAX / sizeof(ProtobufCBinaryData)
                   ? qc_arena_alloc(build->arena, n * qc_element_size(field))
                   : NULL;
        if (list == NULL) {
            return qc_wrong(QC_CODEC_TOO_BIG, place, full, build->error);
        }
    }
    *(size_t *)(message + field->quantifier_offset) = n;
    *(void **)(message + field->offset) = list;
    *at_out = list;
    return QC_CODEC_OK;
}

enum qc_codec_answer qc_build_field(const struct qc_build *build,
                                    struct qc_draft *draft,
                                    const ProtobufCFieldDescriptor *field,
                                    size_t n,
                                    const struct qc_place *place,
                                    void **at_out)
{
    ProtobufCMessage *message = draft->message;
    uint64_t bit = UINT64_C(1) << (field - message->descriptor->fields);
    void *at = (uint8_t *)message + field->offset;
    void *quantifier = (uint8_t *)message + field->quantifier_offset;

    if ((draft->seen & bit) != 0) {
        return qc_wrong(QC_CODEC_MALFORMED, place, "stands twice",
                        build->error);
    }
    draft->seen |= bit;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return build_list(build, draft, field, n, place, at_out);
    }
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        if (*(uint32_t *)quantifier != 0) {
            return qc_wrong(QC_CODEC_MALFORMED, place,
                            "stands beside one that excludes it", build->error);
        }
        *(uint32_t *)quantifier = field->id;
    }
    *at_out = at;
    return QC_CODEC_OK;
}

enum qc_codec_answer qc_build_integer(const struct qc_build *build,
                                      const ProtobufCFieldDescriptor *field,
                                      struct qc_integer integer,
                                      const struct qc_place *place,
                                      void *at)
{
    bool is_signed = false;
    bool is_wide = false;
    uint64_t value = integer.magnitude;
    uint64_t max;

    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        is_wide = true;
        is_signed = true;
        break;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_ENUM:
        is_signed = true;
        break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        is_wide = true;
        break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        break;
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        return qc_wrong(QC_CODEC_MALFORMED, place, "is no number",
                        build->error);
    }
    max = (is_wide ? UINT64_MAX : UINT32_MAX) >> (is_signed ? 1 : 0);
    if (integer.negative) {
        /* In two's complement there is one more of them. */
        max = is_signed ? max + 1 : 0;
        value = ~value + 1;
    }
    if (integer.magnitude > max) {
        return qc_wrong(QC_CODEC_MALFORMED, place,
                        "is beyond the range of its type", build->error);
    }
    if (is_wide) {
        *(uint64_t *)at = value;
    } else {
        *(uint32_t *)at = (uint32_t)value;
    }
    return QC_CODEC_OK;
}

/* A copy, with a NUL behind it. */
static uint8_t *copy_of(struct qc_bytes bytes, struct qc_arena *arena)
{
    uint8_t *copy =
        bytes.size < SIZE_MAX ? qc_arena_take(arena, bytes.size + 1) : NULL;

    if (copy == NULL) {
        return NULL;
    }
    if (bytes.size > 0) {
        memcpy(copy, bytes.data, bytes.size);
    }
    copy[bytes.size] = '\0';
    return copy;
}

enum qc_codec_answer qc_build_string(const struct qc_build *build,
                                     struct qc_bytes text,
                                     const struct qc_place *place,
                                     void *at)
{
    uint8_t *copy;

    if (!qc_utf8_is_text(text)) {
        return qc_wrong(QC_CODEC_MALFORMED, place, "is no UTF-8 without NUL",
                        build->error);
    }
    copy = copy_of(text, build->arena);
    if (copy == NULL) {
        return qc_wrong(QC_CODEC_TOO_BIG, place, full, build->error);
    }
    *(char **)at = (char *)copy;
    return QC_CODEC_OK;
}

enum qc_codec_answer qc_build_bytes(const struct qc_build *build,
                                    struct qc_bytes bytes,
                                    const struct qc_place *place,
                                    void *at)
{
    uint8_t *copy = copy_of(bytes, build->arena);

    if (copy == NULL) {
        return qc_wrong(QC_CODEC_TOO_BIG, place, full, build->error);
    }
    *(ProtobufCBinaryData *)at = (ProtobufCBinaryData){bytes.size, copy};
    return QC_CODEC_OK;
}

enum qc_codec_answer qc_build_entry(const struct qc_build *build,
                                    const ProtobufCFieldDescriptor *field,
                                    struct qc_bytes key,
                                    struct qc_place *place,
                                    void *at,
                                    void **value_out)
{
    ProtobufCMessage *entry = qc_message_new(field->descriptor, build->arena);
    const ProtobufCFieldDescriptor *fields;
    enum qc_codec_answer answer;
    void *key_at;

    if (entry == NULL) {
        return qc_wrong(QC_CODEC_TOO_BIG, place, full, build->error);
    }
    fields = entry->descriptor->fields;
    assert(fields[0].type == PROTOBUF_C_TYPE_STRING);

    key_at = (uint8_t *)entry + fields[0].offset;
    answer = qc_build_string(build, key, place, key_at);
    if (answer != QC_CODEC_OK) {
        return answer;
    }
    place->key = *(char **)key_at;
    *(ProtobufCMessage **)at = entry;
    *value_out = (uint8_t *)entry + fields[1].offset;
    return QC_CODEC_OK;
}

const char *qc_entry_key(const ProtobufCMessage *entry)
{
    return *(const char *const *)qc_message_at(entry,
                                               &entry->descriptor->fields[0]);
}

const ProtobufCFieldDescriptor *qc_map_value(
    const ProtobufCFieldDescriptor *field)
{
    return &((const ProtobufCMessageDescriptor *)field->descriptor)->fields[1];
}

/* Merges two sorted halves. Equal keys keep their order. */
static void merge(ProtobufCMessage *const *from,
                  size_t middle,
                  size_t n,
                  ProtobufCMessage **to)
{
    size_t left = 0;
    size_t right = middle;

    for (size_t i = 0; i < n; i++) {
        if (left < middle &&
            (right == n || strcmp(qc_entry_key(from[left]),
                                  qc_entry_key(from[right])) <= 0)) {
            to[i] = from[left++];
        } else {
            to[i] = from[right++];
        }
    }
}

static bool is_sorted(ProtobufCMessage *const *entries, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (strcmp(qc_entry_key(entries[i - 1]), qc_entry_key(entries[i])) >
            0) {
            return false;
        }
    }
    return true;
}

/* By merging runs of 1, 2, 4, ... entries: what comes from outside may be in
 * the worst of orders, and libc's qsort() may allocate. */
ProtobufCMessage *const *qc_map_sorted(const ProtobufCMessage *message,
                                       const ProtobufCFieldDescriptor *field,
                                       struct qc_arena *arena)
{
    size_t n = qc_message_count(message, field);
    ProtobufCMessage *const *entries =
        *(ProtobufCMessage *const *const *)qc_message_at(message, field);
    ProtobufCMessage **from;
    ProtobufCMessage **to;

    if (n == 0 || is_sorted(entries, n)) {
        return entries;
    }
    from = qc_arena_alloc(arena, n * sizeof(*from));
    to = qc_arena_alloc(arena, n * sizeof(*to));
    if (from == NULL || to == NULL) {
        return NULL;
    }
    memcpy(from, entries, n * sizeof(ProtobufCMessage *));
    for (size_t run = 1; run < n; run *= 2) {
        ProtobufCMessage **merged = to;

        for (size_t i = 0; i < n; i += 2 * run) {
            size_t left = n - i;

            merge(from + i, run < left ? run : left,
                  2 * run < left ? 2 * run : left, to + i);
        }
        to = from;
        from = merged;
    }
    return from;
}

enum qc_codec_answer qc_build_map_end(const struct qc_build *build,
                                      ProtobufCMessage *message,
                                      const ProtobufCFieldDescriptor *field,
                                      const struct qc_place *place)
{
    size_t n = qc_message_count(message, field);
    void *at = (uint8_t *)message + field->offset;
    ProtobufCMessage *const *sorted;

    if (n == 0) {
        return QC_CODEC_OK;
    }
    sorted = qc_map_sorted(message, field, build->arena);
    if (sorted == NULL) {
        return qc_wrong(QC_CODEC_TOO_BIG, place, full, build->error);
    }
    for (size_t i = 1; i < n; i++) {
        if (strcmp(qc_entry_key(sorted[i - 1]), qc_entry_key(sorted[i])) == 0) {
            return qc_wrong(QC_CODEC_MALFORMED, place, "has a key twice",
                            build->error);
        }
    }
    *(ProtobufCMessage *const **)at = sorted;
    return QC_CODEC_OK;
}
