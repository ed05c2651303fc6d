#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "codec/forms.h"
#include "codec/json_token.h"
#include "codec/message.h"
#include "codec/name.h"
#include "codec/written.h"

/*
 * proto3 JSON, read as it comes, in one go. How many elements a list has, its
 * end says; until then they stand in a pile.
 */

enum {
    NAME_SIZE_MAX = 128, /* No field has a longer one. */
    PILE_MIN = 4,
};

struct reading {
    const struct qc_build *build;
    struct qc_json json;
    struct qc_bytes text;
};

/* Elements that have come, each of |size| bytes; in the arena. */
struct pile {
    uint8_t *data;
    size_t size;
    size_t n;
    size_t room;
};

static enum qc_codec_answer malformed(const struct reading *reading,
                                      const struct qc_place *place,
                                      const char *text)
{
    return qc_wrong(QC_CODEC_MALFORMED, place, text, reading->build->error);
}

static enum qc_codec_answer full(const struct reading *reading,
                                 const struct qc_place *place)
{
    return qc_wrong(QC_CODEC_TOO_BIG, place,
                    "is more than fits the memory for it",
                    reading->build->error);
}

/* What is no JSON has a line and a column, not a field. */
static enum qc_codec_answer no_json(const struct reading *reading)
{
    struct qc_codec_error *error = reading->build->error;
    const uint8_t *line_begin = reading->text.data;
    unsigned line = 1;

    (void)malformed(reading, NULL, reading->json.wrong);
    for (const uint8_t *at = line_begin; at < reading->json.at; at++) {
        if (*at == '\n') {
            line++;
            line_begin = at + 1;
        }
    }
    (void)snprintf(error->where, sizeof(error->where), "line %u column %zu",
                   line, (size_t)(reading->json.at - line_begin) + 1);
    return QC_CODEC_MALFORMED;
}

static enum qc_codec_answer next_token(struct reading *reading,
                                       struct qc_json_token *token)
{
    return qc_json_next(&reading->json, token) ? QC_CODEC_OK : no_json(reading);
}

/* Makes room for another element. A limit is looked up when there is none. */
static enum qc_codec_answer pile_up(struct reading *reading,
                                    const struct qc_draft *draft,
                                    const ProtobufCFieldDescriptor *field,
                                    const struct qc_place *place,
                                    struct pile *pile)
{
    enum qc_codec_answer answer;
    size_t room = pile->room > 0 ? 2 * pile->room : PILE_MIN;
    uint8_t *data;

    if (pile->n++ < pile->room) {
        return QC_CODEC_OK;
    }
    answer = qc_build_may_hold(reading->build, draft->message->descriptor,
                               field, pile->n, place);
    if (answer != QC_CODEC_OK) {
        return answer;
    }
    data = qc_arena_alloc(reading->build->arena, room * pile->size);
    if (data == NULL) {
        return full(reading, place);
    }
    if (pile->room > 0) {
        memcpy(data, pile->data, pile->room * pile->size);
    }
    pile->data = data;
    pile->room = room;
    return QC_CODEC_OK;
}

static void *top_of(const struct pile *pile)
{
    return pile->data + (pile->n - 1) * pile->size;
}

/* The list or map is whole. */
static enum qc_codec_answer pile_end(const struct reading *reading,
                                     struct qc_draft *draft,
                                     const ProtobufCFieldDescriptor *field,
                                     const struct qc_place *place,
                                     const struct pile *pile)
{
    void *at;
    enum qc_codec_answer answer =
        qc_build_field(reading->build, draft, field, pile->n, place, &at);

    if (answer == QC_CODEC_OK && pile->n > 0) {
        memcpy(at, pile->data, pile->n * pile->size);
    }
    return answer;
}

/* --- what is not known ---------------------------------------------------- */

/* Reads past what is in |of|, a list or an object, which may be |depth| deep.
 */
static enum qc_codec_answer skip(struct reading *reading,
                                 enum qc_json_kind of,
                                 const struct qc_place *place,
                                 int depth)
{
    bool is_first = true;
    bool more = true;

    if (depth <= 0) {
        return qc_wrong(QC_CODEC_TOO_BIG, place, "is nested too deep",
                        reading->build->error);
    }
    for (;;) {
        struct qc_json_token token;
        enum qc_codec_answer answer;

        if (!qc_json_more(&reading->json, of, &is_first, &more) ||
            (more && of == QC_JSON_OBJECT &&
             !qc_json_key(&reading->json, &token))) {
            return no_json(reading);
        }
        if (!more) {
            return QC_CODEC_OK;
        }
        answer = qc_build_spend(reading->build, 1, place);
        if (answer == QC_CODEC_OK) {
            answer = next_token(reading, &token);
        }
        if (answer == QC_CODEC_OK &&
            (token.kind == QC_JSON_LIST || token.kind == QC_JSON_OBJECT)) {
            answer = skip(reading, token.kind, place, depth - 1);
        }
        if (answer != QC_CODEC_OK) {
            return answer;
        }
    }
}

/* --- what is -------------------------------------------------------------- */

static enum qc_codec_answer put_text(const struct reading *reading,
                                     const ProtobufCFieldDescriptor *field,
                                     const struct qc_json_token *token,
                                     const struct qc_place *place,
                                     void *at)
{
    struct qc_bytes text = token->bytes;
    char *plain;

    if (field->type == PROTOBUF_C_TYPE_STRING && !token->escaped) {
        return qc_build_string(reading->build, text, place, at);
    }
    plain = qc_arena_alloc(reading->build->arena, text.size + 1);
    if (plain == NULL) {
        return full(reading, place);
    }
    text = (struct qc_bytes){(uint8_t *)plain, qc_json_text(token, plain)};
    return qc_build_written(reading->build, field, text, place, at);
}

static enum qc_codec_answer put_scalar(const struct reading *reading,
                                       const ProtobufCFieldDescriptor *field,
                                       const struct qc_json_token *token,
                                       const struct qc_place *place,
                                       void *at)
{
    struct qc_integer integer;

    if (field->type == PROTOBUF_C_TYPE_BOOL) {
        if (token->kind != QC_JSON_TRUE && token->kind != QC_JSON_FALSE) {
            return malformed(reading, place, "is neither true nor false");
        }
        *(protobuf_c_boolean *)at = token->kind == QC_JSON_TRUE;
        return QC_CODEC_OK;
    }
    if (token->kind == QC_JSON_STRING) {
        return put_text(reading, field, token, place, at);
    }
    if (token->kind != QC_JSON_NUMBER) {
        return malformed(reading, place, "is of another type");
    }
    if (!qc_json_integer(token->bytes, &integer)) {
        return malformed(reading, place, "is no integer, or is too large");
    }
    return qc_build_integer(reading->build, field, integer, place, at);
}

static enum qc_codec_answer read_message(struct reading *reading,
                                         struct qc_draft *draft);

/* One value, which begins with |token|: that of a field, an element of a list,
 * or a value of a map. */
static enum qc_codec_answer read_value(struct reading *reading,
                                       const ProtobufCFieldDescriptor *field,
                                       const struct qc_json_token *token,
                                       const struct qc_place *place,
                                       int depth,
                                       void *at)
{
    enum qc_codec_answer answer;
    struct qc_draft draft;

    if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
        return put_scalar(reading, field, token, place, at);
    }
    if (token->kind != QC_JSON_OBJECT) {
        return malformed(reading, place, "is no object");
    }
    answer = qc_build_message(reading->build, field->descriptor, place, depth,
                              &draft);
    if (answer != QC_CODEC_OK) {
        return answer;
    }
    *(ProtobufCMessage **)at = draft.message;
    return read_message(reading, &draft);
}

static enum qc_codec_answer read_list(struct reading *reading,
                                      struct qc_draft *draft,
                                      const ProtobufCFieldDescriptor *field,
                                      struct qc_place *place)
{
    struct pile pile = {.size = qc_element_size(field)};
    enum qc_codec_answer answer = QC_CODEC_OK;
    struct qc_json_token token;
    bool is_first = true;
    bool more = true;

    while (answer == QC_CODEC_OK) {
        if (!qc_json_more(&reading->json, QC_JSON_LIST, &is_first, &more)) {
            return no_json(reading);
        }
        place->index = QC_NO_INDEX;
        if (!more) {
            return pile_end(reading, draft, field, place, &pile);
        }
        answer = pile_up(reading, draft, field, place, &pile);
        place->index = (long)pile.n - 1;
        if (answer == QC_CODEC_OK) {
            answer = next_token(reading, &token);
        }
        if (answer == QC_CODEC_OK) {
            answer = read_value(reading, field, &token, place, draft->depth + 2,
                                top_of(&pile));
        }
    }
    return answer;
}

static enum qc_codec_answer read_entry(struct reading *reading,
                                       const ProtobufCFieldDescriptor *field,
                                       struct qc_place *place,
                                       int depth,
                                       void *at)
{
    struct qc_json_token token;
    enum qc_codec_answer answer;
    char *key;
    void *value;

    if (!qc_json_key(&reading->json, &token)) {
        return no_json(reading);
    }
    key = qc_arena_alloc(reading->build->arena, token.bytes.size + 1);
    if (key == NULL) {
        return full(reading, place);
    }
    token.bytes.size = qc_json_text(&token, key);
    token.bytes.data = (uint8_t *)key;
    answer =
        qc_build_entry(reading->build, field, token.bytes, place, at, &value);
    if (answer == QC_CODEC_OK) {
        answer = next_token(reading, &token);
    }
    if (answer == QC_CODEC_OK) {
        answer = read_value(reading, qc_map_value(field), &token, place, depth,
                            value);
    }
    return answer;
}

static enum qc_codec_answer read_map(struct reading *reading,
                                     struct qc_draft *draft,
                                     const ProtobufCFieldDescriptor *field,
                                     struct qc_place *place)
{
    struct pile pile = {.size = qc_element_size(field)};
    enum qc_codec_answer answer;
    bool is_first = true;
    bool more = true;

    for (;;) {
        if (!qc_json_more(&reading->json, QC_JSON_OBJECT, &is_first, &more)) {
            return no_json(reading);
        }
        place->key = NULL;
        if (!more) {
            break;
        }
        answer = pile_up(reading, draft, field, place, &pile);
        if (answer == QC_CODEC_OK) {
            answer = read_entry(reading, field, place, draft->depth + 2,
                                top_of(&pile));
        }
        if (answer != QC_CODEC_OK) {
            return answer;
        }
    }
    answer = pile_end(reading, draft, field, place, &pile);
    return answer == QC_CODEC_OK
               ? qc_build_map_end(reading->build, draft->message, field, place)
               : answer;
}

static enum qc_codec_answer read_field(struct reading *reading,
                                       struct qc_draft *draft,
                                       const ProtobufCFieldDescriptor *field,
                                       const struct qc_json_token *token)
{
    struct qc_place place = {draft->place, field->name, NULL, QC_NO_INDEX};
    enum qc_codec_answer answer;
    void *at;

    if (qc_field_is_map(field)) {
        return token->kind == QC_JSON_OBJECT
                   ? read_map(reading, draft, field, &place)
                   : malformed(reading, &place, "is no object");
    }
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return token->kind == QC_JSON_LIST
                   ? read_list(reading, draft, field, &place)
                   : malformed(reading, &place, "is no array");
    }
    answer = qc_build_field(reading->build, draft, field, 1, &place, &at);
    if (answer != QC_CODEC_OK) {
        return answer;
    }
    return read_value(reading, field, token, &place, draft->depth + 1, at);
}

static const ProtobufCFieldDescriptor *field_of(
    const ProtobufCMessageDescriptor *type,
    const struct qc_json_token *key)
{
    char name[NAME_SIZE_MAX];

    if (key->bytes.size >= sizeof(name)) {
        return NULL;
    }
    (void)qc_json_text(key, name);
    return qc_field_called(type, name);
}

/* One pair of an object. */
static enum qc_codec_answer read_pair(struct reading *reading,
                                      struct qc_draft *draft)
{
    const ProtobufCFieldDescriptor *field;
    struct qc_json_token token;
    enum qc_codec_answer answer =
        qc_build_spend(reading->build, 1, draft->place);

    if (answer != QC_CODEC_OK) {
        return answer;
    }
    if (!qc_json_key(&reading->json, &token)) {
        return no_json(reading);
    }
    field = field_of(draft->message->descriptor, &token);
    answer = next_token(reading, &token);
    if (answer != QC_CODEC_OK) {
        return answer;
    }
    if (token.kind == QC_JSON_NULL) {
        return QC_CODEC_OK;
    }
    if (field != NULL) {
        return read_field(reading, draft, field, &token);
    }
    return token.kind == QC_JSON_LIST || token.kind == QC_JSON_OBJECT
               ? skip(reading, token.kind, draft->place,
                      QC_DEPTH_MAX - draft->depth)
               : QC_CODEC_OK;
}

/* What follows the brace of an object. */
static enum qc_codec_answer read_message(struct reading *reading,
                                         struct qc_draft *draft)
{
    enum qc_codec_answer answer = QC_CODEC_OK;
    bool is_first = true;
    bool more = true;

    while (answer == QC_CODEC_OK) {
        if (!qc_json_more(&reading->json, QC_JSON_OBJECT, &is_first, &more)) {
            return no_json(reading);
        }
        if (!more) {
            break;
        }
        answer = read_pair(reading, draft);
    }
    return answer;
}

enum qc_codec_answer qc_json_read(const ProtobufCMessageDescriptor *type,
                                  struct qc_bytes bytes,
                                  const struct qc_build *build,
                                  ProtobufCMessage **message_out)
{
    struct reading reading = {
        .build = build,
        .json = {bytes.data, bytes.data + bytes.size, NULL},
        .text = bytes,
    };
    struct qc_json_token token;
    enum qc_codec_answer answer;
    struct qc_draft draft;

    if (bytes.size > QC_JSON_SIZE_MAX) {
        return qc_wrong(QC_CODEC_TOO_BIG, NULL, "the text is too long",
                        build->error);
    }
    answer = next_token(&reading, &token);
    if (answer != QC_CODEC_OK) {
        return answer;
    }
    if (token.kind != QC_JSON_OBJECT) {
        return malformed(&reading, NULL, "the text is no JSON object");
    }
    answer = qc_build_message(build, type, NULL, 1, &draft);
    if (answer == QC_CODEC_OK) {
        answer = read_message(&reading, &draft);
    }
    if (answer == QC_CODEC_OK && !qc_json_ends(&reading.json)) {
        return no_json(&reading);
    }
    if (answer == QC_CODEC_OK) {
        *message_out = draft.message;
    }
    return answer;
}
