#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "codec/forms.h"
#include "codec/message.h"
#include "codec/name.h"
#include "codec/written.h"

/*
 * proto3 JSON, read from jansson's tree. jansson takes its memory from the
 * system, so the text is bounded in size and depth before it sees it; it sees
 * to UTF-8, NUL and keys that stand twice.
 */

static enum qc_codec_answer malformed(const struct qc_build *build,
                                      const struct qc_place *place,
                                      const char *text)
{
    return qc_wrong(QC_CODEC_MALFORMED, place, text, build->error);
}

/* 1.0 and 1e3 are integers too. Beyond 2^53 a double no longer says which. */
static bool integer_of_real(double real, struct qc_integer *integer_out)
{
    static const double exact_max = 9007199254740992.0;
    int64_t value;

    if (!(real >= -exact_max && real <= exact_max)) {
        return false;
    }
    value = (int64_t)real;
    *integer_out = (struct qc_integer){
        (uint64_t)(value < 0 ? -value : value),
        value < 0,
    };
    return (double)value == real;
}

static enum qc_codec_answer put_number(const struct qc_build *build,
                                       const ProtobufCFieldDescriptor *field,
                                       const json_t *json,
                                       const struct qc_place *place,
                                       void *at)
{
    json_int_t value = json_integer_value(json);
    struct qc_integer integer = {
        value < 0 ? ~(uint64_t)value + 1 : (uint64_t)value,
        value < 0,
    };

    if (json_is_real(json) &&
        !integer_of_real(json_real_value(json), &integer)) {
        return malformed(build, place, "is no integer");
    }
    return qc_build_integer(build, field, integer, place, at);
}

static enum qc_codec_answer read_message(const struct qc_build *build,
                                         struct qc_draft *draft,
                                         json_t *json);

/* One value: that of a field, an element of a list, or a value of a map. */
static enum qc_codec_answer read_value(const struct qc_build *build,
                                       const ProtobufCFieldDescriptor *field,
                                       json_t *json,
                                       const struct qc_place *place,
                                       int depth,
                                       void *at)
{
    enum qc_codec_answer answer;
    struct qc_draft draft;

    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        if (!json_is_object(json)) {
            return malformed(build, place, "is no object");
        }
        answer =
            qc_build_message(build, field->descriptor, place, depth, &draft);
        if (answer != QC_CODEC_OK) {
            return answer;
        }
        *(ProtobufCMessage **)at = draft.message;
        return read_message(build, &draft, json);
    }
    if (field->type == PROTOBUF_C_TYPE_BOOL) {
        if (!json_is_boolean(json)) {
            return malformed(build, place, "is neither true nor false");
        }
        *(protobuf_c_boolean *)at = json_is_true(json);
        return QC_CODEC_OK;
    }
    if (json_is_string(json)) {
        struct qc_bytes text = {(const uint8_t *)json_string_value(json),
                                json_string_length(json)};

        return qc_build_written(build, field, text, place, at);
    }
    if (json_is_number(json)) {
        return put_number(build, field, json, place, at);
    }
    return malformed(build, place, "is of another type");
}

static enum qc_codec_answer read_list(const struct qc_build *build,
                                      struct qc_draft *draft,
                                      const ProtobufCFieldDescriptor *field,
                                      json_t *json,
                                      struct qc_place *place)
{
    size_t n = json_array_size(json);
    void *at;
    enum qc_codec_answer answer;

    if (!json_is_array(json)) {
        return malformed(build, place, "is no array");
    }
    answer = qc_build_field(build, draft, field, n, place, &at);
    for (size_t i = 0; i < n && answer == QC_CODEC_OK; i++) {
        place->index = (long)i;
        answer = read_value(build, field, json_array_get(json, i), place,
                            draft->depth + 2, qc_element_at(field, at, i));
    }
    return answer;
}

static enum qc_codec_answer read_map(const struct qc_build *build,
                                     struct qc_draft *draft,
                                     const ProtobufCFieldDescriptor *field,
                                     json_t *json,
                                     struct qc_place *place)
{
    ProtobufCMessage **entry;
    enum qc_codec_answer answer;
    const char *key;
    json_t *value;
    void *at;

    if (!json_is_object(json)) {
        return malformed(build, place, "is no object");
    }
    answer =
        qc_build_field(build, draft, field, json_object_size(json), place, &at);
    if (answer != QC_CODEC_OK) {
        return answer;
    }
    entry = at;
    json_object_foreach(json, key, value)
    {
        struct qc_bytes bytes = {(const uint8_t *)key, strlen(key)};

        answer = qc_build_entry(build, field, bytes, place, entry++, &at);
        if (answer == QC_CODEC_OK) {
            answer = read_value(build, qc_map_value(field), value, place,
                                draft->depth + 2, at);
        }
        if (answer != QC_CODEC_OK) {
            return answer;
        }
    }
    place->key = NULL;
    return qc_build_map_end(build, draft->message, field, place);
}

static enum qc_codec_answer read_field(const struct qc_build *build,
                                       struct qc_draft *draft,
                                       const ProtobufCFieldDescriptor *field,
                                       json_t *json)
{
    struct qc_place place = {draft->place, field->name, NULL, QC_NO_INDEX};
    enum qc_codec_answer answer;
    void *at;

    if (qc_field_is_map(field)) {
        return read_map(build, draft, field, json, &place);
    }
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return read_list(build, draft, field, json, &place);
    }
    answer = qc_build_field(build, draft, field, 1, &place, &at);
    if (answer != QC_CODEC_OK) {
        return answer;
    }
    return read_value(build, field, json, &place, draft->depth + 1, at);
}

static enum qc_codec_answer read_message(const struct qc_build *build,
                                         struct qc_draft *draft,
                                         json_t *json)
{
    const char *key;
    json_t *value;

    json_object_foreach(json, key, value)
    {
        const ProtobufCFieldDescriptor *field =
            qc_field_called(draft->message->descriptor, key);
        enum qc_codec_answer answer;

        if (field == NULL || json_is_null(value)) {
            continue;
        }
        answer = read_field(build, draft, field, value);
        if (answer != QC_CODEC_OK) {
            return answer;
        }
    }
    return QC_CODEC_OK;
}

/* Whether brackets and braces nest no deeper than they may. Of text that is no
 * JSON it may say either. */
static bool is_shallow(struct qc_bytes text)
{
    bool quoted = false;
    int depth = 0;

    for (size_t i = 0; i < text.size; i++) {
        uint8_t letter = text.data[i];

        if (quoted && letter == '\\') {
            i++;
        } else if (letter == '"') {
            quoted = !quoted;
        } else if (!quoted && (letter == '{' || letter == '[')) {
            if (++depth > QC_DEPTH_MAX) {
                return false;
            }
        } else if (!quoted && (letter == '}' || letter == ']')) {
            depth--;
        }
    }
    return true;
}

static enum qc_codec_answer read_tree(const ProtobufCMessageDescriptor *type,
                                      json_t *json,
                                      const struct qc_build *build,
                                      ProtobufCMessage **message_out)
{
    struct qc_draft draft;
    enum qc_codec_answer answer;

    if (!json_is_object(json)) {
        return malformed(build, NULL, "the text is no JSON object");
    }
    answer = qc_build_message(build, type, NULL, 1, &draft);
    if (answer == QC_CODEC_OK) {
        answer = read_message(build, &draft, json);
    }
    if (answer == QC_CODEC_OK) {
        *message_out = draft.message;
    }
    return answer;
}

enum qc_codec_answer qc_json_read(const ProtobufCMessageDescriptor *type,
                                  struct qc_bytes bytes,
                                  const struct qc_build *build,
                                  ProtobufCMessage **message_out)
{
    enum qc_codec_answer answer;
    json_error_t error;
    json_t *json;

    if (bytes.size > QC_JSON_SIZE_MAX || !is_shallow(bytes)) {
        return qc_wrong(QC_CODEC_TOO_BIG, NULL,
                        "the text is too long or nested too deep",
                        build->error);
    }
    /* An empty text may have no memory, and jansson asks for some. */
    json = json_loadb(bytes.size > 0 ? (const char *)bytes.data : "",
                      bytes.size, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL) {
        answer = malformed(build, NULL, error.text);
        (void)snprintf(build->error->where, sizeof(build->error->where),
                       "line %d column %d", error.line, error.column);
        return answer;
    }
    answer = read_tree(type, json, build, message_out);
    json_decref(json);
    return answer;
}
