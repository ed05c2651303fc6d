#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "codec/forms.h"
#include "codec/message.h"
#include "codec/msgpack.h"
#include "codec/msgpack_token.h"
#include "codec/utf8.h"

/*
 * One reader for both dialects. They differ in what tokens may look like
 * (tokens.canonical, seen to by msgpack_token.c), in keys, and in what is done
 * with fields that are not known.
 */
struct reading {
    struct qc_build build;
    struct qc_tokens tokens;
    qc_wanted_fn wanted; /* NULL: all fields, and unknown ones are kept. */
};

enum {
    FIELD_NUMBER_MAX = (1 << 29) - 1
}; /* protobuf's. */

static enum qc_codec_answer malformed(const struct reading *reading,
                                      const struct qc_place *place,
                                      const char *text)
{
    return qc_wrong(QC_CODEC_MALFORMED, place, text, reading->build.error);
}

static enum qc_codec_answer read_token(struct reading *reading,
                                       const struct qc_place *place,
                                       struct qc_token *token_out)
{
    if (qc_token_next(&reading->tokens, token_out)) {
        return QC_CODEC_OK;
    }
    return malformed(reading, place,
                     reading->tokens.canonical
                         ? "is not canonical msgpack, or is cut short"
                         : "is not msgpack, or is cut short");
}

/*
 * A double that is an integer of at most 64 bits, by its bits: JavaScript has
 * no other numbers. 1.f * 2^exponent is an integer when no bit of the fraction
 * is worth less than 1.
 */
static bool integer_of_double(uint64_t bits, struct qc_integer *integer_out)
{
    int exponent = (int)(bits >> 52 & 0x7ff) - 1023;
    uint64_t mantissa = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
    bool negative = bits >> 63 != 0;

    if (bits << 1 == 0) {
        *integer_out = (struct qc_integer){0, false};
        return true;
    }
    if (exponent < 0 || exponent > 63) {
        return false;
    }
    if (exponent >= 52) {
        *integer_out =
            (struct qc_integer){mantissa << (exponent - 52), negative};
        return true;
    }
    if ((mantissa & ((UINT64_C(1) << (52 - exponent)) - 1)) != 0) {
        return false;
    }
    *integer_out = (struct qc_integer){mantissa >> (52 - exponent), negative};
    return true;
}

static enum qc_codec_answer put_scalar(const struct reading *reading,
                                       const ProtobufCFieldDescriptor *field,
                                       const struct qc_token *token,
                                       const struct qc_place *place,
                                       void *at)
{
    struct qc_integer integer = token->integer;

    switch (token->kind) {
    case QC_TOKEN_BOOL:
        if (field->type != PROTOBUF_C_TYPE_BOOL) {
            break;
        }
        *(protobuf_c_boolean *)at = token->integer.magnitude != 0;
        return QC_CODEC_OK;
    case QC_TOKEN_STRING:
        if (field->type != PROTOBUF_C_TYPE_STRING) {
            break;
        }
        return qc_build_string(&reading->build, token->bytes, place, at);
    case QC_TOKEN_BYTES:
        if (field->type != PROTOBUF_C_TYPE_BYTES) {
            break;
        }
        return qc_build_bytes(&reading->build, token->bytes, place, at);
    case QC_TOKEN_FLOAT:
        if (!integer_of_double(token->bits, &integer)) {
            return malformed(reading, place, "is not an integer");
        }
        return qc_build_integer(&reading->build, field, integer, place, at);
    case QC_TOKEN_INTEGER:
        return qc_build_integer(&reading->build, field, integer, place, at);
    case QC_TOKEN_NIL:
    case QC_TOKEN_EXT:
    case QC_TOKEN_LIST:
    case QC_TOKEN_MAP:
        break;
    }
    return malformed(reading, place, "is of another type");
}

/* Puts a number that is in the range of all types that are one; false when
 * |field| is none. */
static bool put_small(const ProtobufCFieldDescriptor *field,
                      uint32_t number,
                      void *at)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        *(uint64_t *)at = number;
        return true;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_ENUM:
        *(uint32_t *)at = number;
        return true;
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        break;
    }
    return false;
}

static enum qc_codec_answer read_message(struct reading *reading,
                                         struct qc_draft *draft,
                                         size_t n_pairs);

/* One value: that of a field, an element of a list, or a value of a map. */
static enum qc_codec_answer read_value(struct reading *reading,
                                       const ProtobufCFieldDescriptor *field,
                                       const struct qc_place *place,
                                       int depth,
                                       void *at)
{
    struct qc_token token;
    struct qc_draft draft;
    enum qc_codec_answer answer = read_token(reading, place, &token);

    if (answer != QC_CODEC_OK) {
        return answer;
    }
    if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
        return put_scalar(reading, field, &token, place, at);
    }
    if (token.kind != QC_TOKEN_MAP) {
        return malformed(reading, place, "is of another type");
    }
    answer = qc_build_message(&reading->build, field->descriptor, place, depth,
                              &draft);
    if (answer != QC_CODEC_OK) {
        return answer;
    }
    *(ProtobufCMessage **)at = draft.message;
    return read_message(reading, &draft, token.size);
}

static enum qc_codec_answer read_list(struct reading *reading,
                                      struct qc_draft *draft,
                                      const ProtobufCFieldDescriptor *field,
                                      struct qc_place *place)
{
    struct qc_token token;
    void *list;
    size_t size = qc_element_size(field);
    enum qc_codec_answer answer = read_token(reading, place, &token);

    if (answer != QC_CODEC_OK) {
        return answer;
    }
    if (token.kind != QC_TOKEN_LIST) {
        return malformed(reading, place, "is of another type");
    }
    answer =
        qc_build_field(&reading->build, draft, field, token.size, place, &list);
    for (size_t i = 0; i < token.size && answer == QC_CODEC_OK; i++) {
        uint8_t *at = (uint8_t *)list + i * size;
        uint32_t number = qc_token_peek_small(&reading->tokens);

        if (number != QC_SMALL && put_small(field, number, at)) {
            qc_token_take_small(&reading->tokens);
            continue;
        }
        place->index = (long)i;
        answer = read_value(reading, field, place, draft->depth + 2, at);
    }
    place->index = QC_NO_INDEX;
    return answer;
}

static enum qc_codec_answer read_entry(struct reading *reading,
                                       const ProtobufCFieldDescriptor *field,
                                       struct qc_place *place,
                                       int depth,
                                       void *at)
{
    struct qc_token key;
    void *value;
    enum qc_codec_answer answer = read_token(reading, place, &key);

    if (answer != QC_CODEC_OK) {
        return answer;
    }
    if (key.kind != QC_TOKEN_STRING) {
        return malformed(reading, place, "has a key that is no string");
    }
    answer =
        qc_build_entry(&reading->build, field, key.bytes, place, at, &value);
    if (answer != QC_CODEC_OK) {
        return answer;
    }
    return read_value(reading, qc_map_value(field), place, depth, value);
}

static enum qc_codec_answer read_map(struct reading *reading,
                                     struct qc_draft *draft,
                                     const ProtobufCFieldDescriptor *field,
                                     struct qc_place *place)
{
    ProtobufCMessage **entries;
    struct qc_token token;
    void *at;
    enum qc_codec_answer answer = read_token(reading, place, &token);

    if (answer != QC_CODEC_OK) {
        return answer;
    }
    if (token.kind != QC_TOKEN_MAP) {
        return malformed(reading, place, "is of another type");
    }
    answer =
        qc_build_field(&reading->build, draft, field, token.size, place, &at);
    if (answer != QC_CODEC_OK) {
        return answer;
    }
    entries = at;
    for (size_t i = 0; i < token.size; i++) {
        answer =
            read_entry(reading, field, place, draft->depth + 2, &entries[i]);
        if (answer != QC_CODEC_OK) {
            return answer;
        }
        if (reading->tokens.canonical && i > 0 &&
            strcmp(qc_entry_key(entries[i - 1]), qc_entry_key(entries[i])) >=
                0) {
            return malformed(reading, place, "is out of order");
        }
    }
    place->key = NULL;
    return qc_build_map_end(&reading->build, draft->message, field, place);
}

static bool is_zero(const struct qc_token *token)
{
    return token->integer.magnitude == 0 && token->bytes.size == 0;
}

static bool read_text(struct reading *reading, void *at)
{
    struct qc_tokens before = reading->tokens;
    struct qc_bytes text;
    char *copy;

    if (!qc_token_next_short_text(&reading->tokens, &text)) {
        return false;
    }
    copy = qc_utf8_is_text(text)
               ? qc_arena_take(reading->build.arena, text.size + 1)
               : NULL;
    if (copy == NULL) {
        reading->tokens = before;
        return false;
    }
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    *(char **)at = copy;
    return true;
}

/* Whether |field|, which is plain, has a value of the commonest forms, and it
 * has been read: most of most rows. It cannot stand twice where keys ascend,
 * nor be 0 or empty where what is unset is left out. What is wrong is found by
 * read_plain(). */
static bool read_common(struct reading *reading,
                        const struct qc_draft *draft,
                        const ProtobufCFieldDescriptor *field)
{
    void *at = (uint8_t *)draft->message + field->offset;
    uint32_t small = qc_token_peek_small(&reading->tokens);
    uint64_t number;

    if (field->type == PROTOBUF_C_TYPE_STRING) {
        return read_text(reading, at);
    }
    if (small != QC_SMALL) {
        if (small == 0 || !put_small(field, small, at)) {
            return false;
        }
        qc_token_take_small(&reading->tokens);
        return true;
    }
    if (field->type != PROTOBUF_C_TYPE_UINT64 &&
        field->type != PROTOBUF_C_TYPE_INT64) {
        return false;
    }
    number = qc_token_next_long(&reading->tokens);
    if (number != 0) {
        *(uint64_t *)at = number;
    }
    return number != 0;
}

static enum qc_codec_answer read_plain(struct reading *reading,
                                       struct qc_draft *draft,
                                       const ProtobufCFieldDescriptor *field)
{
    struct qc_place place = {draft->place, field->name, NULL, QC_NO_INDEX};
    struct qc_token token;
    void *at;
    enum qc_codec_answer answer =
        qc_build_field(&reading->build, draft, field, 1, &place, &at);

    if (answer == QC_CODEC_OK) {
        answer = read_token(reading, &place, &token);
    }
    if (answer == QC_CODEC_OK) {
        answer = put_scalar(reading, field, &token, &place, at);
    }
    if (answer == QC_CODEC_OK && reading->tokens.canonical && is_zero(&token)) {
        return malformed(reading, &place, "is unset, and stands there");
    }
    return answer;
}

static enum qc_codec_answer read_field(struct reading *reading,
                                       struct qc_draft *draft,
                                       const ProtobufCFieldDescriptor *field)
{
    struct qc_place place = {draft->place, field->name, NULL, QC_NO_INDEX};
    enum qc_codec_answer answer;
    void *at;

    if (qc_field_is_plain(field)) {
        return read_plain(reading, draft, field);
    }
    if (qc_field_is_map(field)) {
        answer = read_map(reading, draft, field, &place);
    } else if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        answer = read_list(reading, draft, field, &place);
    } else {
        answer = qc_build_field(&reading->build, draft, field, 1, &place, &at);
        if (answer == QC_CODEC_OK) {
            answer = read_value(reading, field, &place, draft->depth + 1, at);
        }
    }
    if (answer == QC_CODEC_OK && reading->tokens.canonical &&
        !qc_message_has(draft->message, field)) {
        return malformed(reading, &place, "is unset, and stands there");
    }
    return answer;
}

/* Adds a copy of |bytes| to the unknown fields of |message|, which may become
 * |n_more| more. False when the arena is full. */
static bool add_unknown(struct qc_arena *arena,
                        ProtobufCMessage *message,
                        uint32_t number,
                        struct qc_bytes bytes,
                        size_t n_more)
{
    ProtobufCMessageUnknownField *list = message->unknown_fields;
    uint8_t *copy = qc_arena_alloc(arena, bytes.size);

    if (list == NULL) {
        list = qc_arena_alloc(arena, n_more * sizeof(*list));
    }
    if (copy == NULL || list == NULL) {
        return false;
    }
    memcpy(copy, bytes.data, bytes.size);
    message->unknown_fields = list;
    list[message->n_unknown_fields++] = (ProtobufCMessageUnknownField){
        .tag = number,
        .wire_type = (ProtobufCWireType)QC_WIRE_MSGPACK,
        .len = bytes.size,
        .data = copy,
    };
    return true;
}

static enum qc_codec_answer skip(struct reading *reading,
                                 const struct qc_draft *draft)
{
    return qc_token_skip(&reading->tokens, QC_DEPTH_MAX - draft->depth)
               ? QC_CODEC_OK
               : malformed(reading, draft->place,
                           "holds what is not canonical msgpack");
}

/* Keeps the value that comes next with the message. |n_more| says how many
 * may come, this one among them. */
static enum qc_codec_answer keep(struct reading *reading,
                                 struct qc_draft *draft,
                                 uint32_t number,
                                 size_t n_more)
{
    struct qc_bytes value = {reading->tokens.at, 0};
    enum qc_codec_answer answer = skip(reading, draft);

    if (answer != QC_CODEC_OK) {
        return answer;
    }
    value.size = (size_t)(reading->tokens.at - value.data);
    if (!add_unknown(reading->build.arena, draft->message, number, value,
                     n_more)) {
        return qc_wrong(QC_CODEC_TOO_BIG, draft->place,
                        "has more unknown fields than fit the memory",
                        reading->build.error);
    }
    return QC_CODEC_OK;
}

/* A field's number, which is above |last|. */
static enum qc_codec_answer read_number(struct reading *reading,
                                        const struct qc_place *place,
                                        uint32_t last,
                                        uint32_t *number_out)
{
    enum qc_codec_answer answer;
    struct qc_token key;

    if (!qc_token_next_small(&reading->tokens, number_out)) {
        answer = read_token(reading, place, &key);
        if (answer != QC_CODEC_OK) {
            return answer;
        }
        *number_out = key.kind == QC_TOKEN_INTEGER && !key.integer.negative &&
                              key.integer.magnitude <= FIELD_NUMBER_MAX
                          ? (uint32_t)key.integer.magnitude
                          : 0;
    }
    return *number_out > last
               ? QC_CODEC_OK
               : malformed(reading, place,
                           "has a key that is no ascending field number");
}

static enum qc_codec_answer read_canonical_pair(struct reading *reading,
                                                struct qc_draft *draft,
                                                uint32_t *last_number,
                                                size_t n_more)
{
    const ProtobufCFieldDescriptor *field;
    enum qc_codec_answer answer =
        read_number(reading, draft->place, *last_number, last_number);

    if (answer != QC_CODEC_OK) {
        return answer;
    }
    if (reading->wanted != NULL &&
        !reading->wanted(draft->message->descriptor, *last_number)) {
        return skip(reading, draft);
    }
    field = qc_message_field(draft->message->descriptor, *last_number);
    if (field == NULL) {
        return keep(reading, draft, *last_number, n_more);
    }
    return qc_field_is_plain(field) && read_common(reading, draft, field)
               ? QC_CODEC_OK
               : read_field(reading, draft, field);
}

static enum qc_codec_answer read_any_pair(struct reading *reading,
                                          struct qc_draft *draft)
{
    const ProtobufCMessageDescriptor *type = draft->message->descriptor;
    const ProtobufCFieldDescriptor *field = NULL;
    struct qc_tokens ahead;
    struct qc_token token;
    enum qc_codec_answer answer = read_token(reading, draft->place, &token);

    if (answer != QC_CODEC_OK) {
        return answer;
    }
    if (token.kind == QC_TOKEN_STRING) {
        field = qc_message_field_named(type, token.bytes);
    } else if (token.kind != QC_TOKEN_INTEGER) {
        return malformed(reading, draft->place,
                         "has a key that is neither a number nor a name");
    } else if (!token.integer.negative &&
               token.integer.magnitude <= FIELD_NUMBER_MAX) {
        field = qc_message_field(type, (uint32_t)token.integer.magnitude);
    }
    ahead = reading->tokens;
    if (qc_token_next(&ahead, &token) && token.kind == QC_TOKEN_NIL) {
        reading->tokens = ahead;
        return QC_CODEC_OK;
    }
    if (field != NULL) {
        return read_field(reading, draft, field);
    }
    if (qc_token_skip(&reading->tokens, QC_DEPTH_MAX - draft->depth)) {
        return QC_CODEC_OK;
    }
    /* Nothing is left to spend when that was the reason. */
    answer = qc_build_spend(&reading->build, 1, draft->place);
    return answer != QC_CODEC_OK
               ? answer
               : malformed(reading, draft->place,
                           "has an unknown field that is not msgpack");
}

static enum qc_codec_answer read_message(struct reading *reading,
                                         struct qc_draft *draft,
                                         size_t n_pairs)
{
    enum qc_codec_answer answer =
        qc_build_spend(&reading->build, n_pairs, draft->place);
    uint32_t last_number = 0;

    for (size_t i = 0; i < n_pairs && answer == QC_CODEC_OK; i++) {
        answer =
            reading->tokens.canonical
                ? read_canonical_pair(reading, draft, &last_number, n_pairs - i)
                : read_any_pair(reading, draft);
    }
    return answer;
}

static enum qc_codec_answer read_whole(struct reading *reading,
                                       const ProtobufCMessageDescriptor *type,
                                       ProtobufCMessage **message_out)
{
    struct qc_token token;
    struct qc_draft draft;
    enum qc_codec_answer answer = read_token(reading, NULL, &token);

    if (answer != QC_CODEC_OK) {
        return answer;
    }
    if (token.kind != QC_TOKEN_MAP) {
        return malformed(reading, NULL, "the bytes are no msgpack map");
    }
    answer = qc_build_message(&reading->build, type, NULL, 1, &draft);
    if (answer != QC_CODEC_OK) {
        return answer;
    }
    answer = read_message(reading, &draft, token.size);
    if (answer != QC_CODEC_OK) {
        return answer;
    }
    if (reading->tokens.left > 0) {
        return malformed(reading, NULL, "there are bytes after the message");
    }
    *message_out = draft.message;
    return QC_CODEC_OK;
}

enum qc_codec_answer qc_msgpack_read_some(
    const ProtobufCMessageDescriptor *type,
    qc_wanted_fn wanted,
    struct qc_bytes bytes,
    struct qc_arena *arena,
    ProtobufCMessage **message_out,
    struct qc_codec_error *error_out)
{
    struct reading reading = {
        .build = {arena, error_out, NULL},
        .tokens = {bytes.data, bytes.size, .canonical = true},
        .wanted = wanted,
    };

    return read_whole(&reading, type, message_out);
}

enum qc_codec_answer qc_msgpack_read(const ProtobufCMessageDescriptor *type,
                                     struct qc_bytes bytes,
                                     struct qc_arena *arena,
                                     ProtobufCMessage **message_out,
                                     struct qc_codec_error *error_out)
{
    return qc_msgpack_read_some(type, NULL, bytes, arena, message_out,
                                error_out);
}

enum qc_codec_answer qc_msgpack_read_any(const ProtobufCMessageDescriptor *type,
                                         struct qc_bytes bytes,
                                         const struct qc_build *build,
                                         ProtobufCMessage **message_out)
{
    struct reading reading = {
        .build = *build,
        .tokens = {bytes.data, bytes.size, .canonical = false},
    };

    if (build->bounds != NULL) {
        reading.tokens.n_left = &build->bounds->n_left;
    }

    return read_whole(&reading, type, message_out);
}
