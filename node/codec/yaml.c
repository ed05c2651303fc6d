#include "codec/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "base/arena.h"
#include "codec/limits.h"
#include "codec/message.h"
#include "codec/name.h"
#include "codec/written.h"

/*
 * libyaml gives events; they are followed down the message, and what the
 * message does not know ends it. So nothing is nested deeper than the schema,
 * and each error knows its line.
 */
struct reading {
    yaml_parser_t parser;
    yaml_event_t event; /* The one that is looked at. */
    struct qc_build build;
    struct qc_codec_error said; /* By |build|. */
    const char *name;
    struct qc_yaml_error *error;
    const struct qc_yaml_part *part; /* NULL: it is the whole. */
};

enum {
    NAME_SIZE_MAX = 64,      /* Of what is compared with known names. */
    NEAR_MAX = 3,            /* Letters between a name and what was meant. */
    SHOWN_SIZE_MAX = 64,     /* Of what stands in the file. */
    SUGGESTED_SIZE_MAX = 192 /* Of names that may have been meant. */
};

/* Says what is wrong; always false. */
__attribute__((format(printf, 3, 4))) static bool wrong(struct reading *reading,
                                                        size_t line,
                                                        const char *format,
                                                        ...)
{
    struct qc_yaml_error *error = reading->error;
    size_t size = sizeof(error->text);
    va_list arguments;
    int n;

    error->line = (unsigned)line;
    n = line == 0
            ? snprintf(error->text, size, "%s: ", reading->name)
            : snprintf(error->text, size, "%s:%zu: ", reading->name, line);
    if (n >= 0 && (size_t)n < size) {
        va_start(arguments, format);
        (void)vsnprintf(error->text + n, size - (size_t)n, format, arguments);
        va_end(arguments);
    }
    return false;
}

static size_t line_of(const struct reading *reading)
{
    return reading->event.start_mark.line + 1;
}

/* Whether what was built is well; else says what is not, at the event. */
static bool built(struct reading *reading, enum qc_codec_answer answer)
{
    return answer == QC_CODEC_OK ||
           wrong(reading, line_of(reading), "%s %s", reading->said.where,
                 reading->said.text);
}

static bool is_plain(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor == NULL &&
               event->data.scalar.tag == NULL;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor == NULL &&
               event->data.sequence_start.tag == NULL;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor == NULL &&
               event->data.mapping_start.tag == NULL;
    case YAML_ALIAS_EVENT:
        return false;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        break;
    }
    return true;
}

/* Goes on to the next event. When it is false there is none (YAML_NO_EVENT),
 * and what is wrong has been said. */
static bool next(struct reading *reading)
{
    const yaml_parser_t *parser = &reading->parser;

    yaml_event_delete(&reading->event);
    if (yaml_parser_parse(&reading->parser, &reading->event) == 0) {
        return wrong(reading, parser->problem_mark.line + 1, "%s",
                     parser->problem != NULL ? parser->problem
                                             : "the memory is short");
    }
    if (!is_plain(&reading->event)) {
        (void)wrong(reading, line_of(reading),
                    "anchors, aliases and tags are not understood here");
        yaml_event_delete(&reading->event);
        return false;
    }
    return true;
}

static bool is_null(const yaml_event_t *event)
{
    static const char *const nulls[] = {"", "~", "null"};

    if (event->type != YAML_SCALAR_EVENT ||
        event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
        return false;
    }
    for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++) {
        if (strcmp((const char *)event->data.scalar.value, nulls[i]) == 0) {
            return true;
        }
    }
    return false;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters must be changed, added or taken away to make |b| of |a|
 * (Levenshtein), both of at most NAME_SIZE_MAX. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_SIZE_MAX + 1];
    size_t n = strlen(b);

    for (size_t j = 0; j <= n; j++) {
        row[j] = j;
    }
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 1; j <= n; j++) {
            size_t changed = diagonal + (a[i] != b[j - 1] ? 1 : 0);

            diagonal = row[j];
            row[j] = least(changed, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[n];
}

/* Says which names of |type| are nearest to |key|: " (did you mean ...?)". */
static void suggest(const ProtobufCMessageDescriptor *type,
                    const char *key,
                    char text_out[SUGGESTED_SIZE_MAX])
{
    size_t nearest = NEAR_MAX;
    size_t size = 0;

    text_out[0] = '\0';
    for (unsigned i = 0; i < type->n_fields && strlen(key) <= NAME_SIZE_MAX;
         i++) {
        const char *name = type->fields[i].name;
        size_t far;
        int n;

        if (strlen(name) > NAME_SIZE_MAX) {
            continue;
        }
        far = distance(key, name);
        /* All letters changed is no likeness. */
        if (far > nearest || far >= strlen(name)) {
            continue;
        }
        size = far < nearest ? 0 : size;
        nearest = far;
        n = snprintf(text_out + size, SUGGESTED_SIZE_MAX - size, "%s\"%s\"",
                     size == 0 ? "; did you mean " : " or ", name);
        size += n > 0 ? least((size_t)n, SUGGESTED_SIZE_MAX - size - 1) : 0;
    }
}

static bool unknown_key(struct reading *reading,
                        const ProtobufCMessageDescriptor *type)
{
    const char *key = (const char *)reading->event.data.scalar.value;
    char suggested[SUGGESTED_SIZE_MAX];

    suggest(type, key, suggested);
    return wrong(reading, line_of(reading), "unknown key \"%.*s\" in %s%s%s",
                 SHOWN_SIZE_MAX, key, type->short_name, suggested,
                 suggested[0] != '\0' ? "?" : "");
}

/* A number of milliseconds: "500ms", "10s", "2m", "1h", "30d", or "500". */
static bool duration_of_text(const char *text, struct qc_integer *ms_out)
{
    static const struct {
        const char *name;
        uint64_t ms;
    } units[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000},
    };
    char digits[sizeof("18446744073709551615")];
    size_t n = strspn(text, "0123456789");

    if (n == 0 || n >= sizeof(digits)) {
        return false;
    }
    memcpy(digits, text, n);
    digits[n] = '\0';
    if (!qc_integer_of_text(digits, ms_out)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(text + n, units[i].name) == 0) {
            bool fits = ms_out->magnitude <= UINT64_MAX / units[i].ms;

            ms_out->magnitude *= units[i].ms;
            return fits;
        }
    }
    return false;
}

static bool is_duration(const ProtobufCFieldDescriptor *field)
{
    size_t size = strlen(field->name);

    return size > 3 && strcmp(field->name + size - 3, "_ms") == 0;
}

static bool read_scalar(struct reading *reading,
                        const ProtobufCFieldDescriptor *field,
                        const struct qc_place *place,
                        void *at)
{
    const char *letters = (const char *)reading->event.data.scalar.value;
    struct qc_bytes text = {
        reading->event.data.scalar.value,
        reading->event.data.scalar.length,
    };
    struct qc_integer ms;

    if (reading->event.type != YAML_SCALAR_EVENT) {
        return wrong(reading, line_of(reading), "%s must be one plain value",
                     field->name);
    }
    if (field->type == PROTOBUF_C_TYPE_BOOL) {
        *(protobuf_c_boolean *)at = strcmp(letters, "true") == 0;
        return strcmp(letters, "true") == 0 || strcmp(letters, "false") == 0 ||
               wrong(reading, line_of(reading), "%s must be true or false",
                     field->name);
    }
    if (is_duration(field) && strlen(letters) == text.size &&
        duration_of_text(letters, &ms)) {
        return built(reading,
                     qc_build_integer(&reading->build, field, ms, place, at));
    }
    return built(reading,
                 qc_build_written(&reading->build, field, text, place, at));
}

static bool read_mapping(struct reading *reading, struct qc_draft *draft);

/* One value: that of a field, an element of a list, or a value of a map. */
static bool read_value(struct reading *reading,
                       const ProtobufCFieldDescriptor *field,
                       const struct qc_place *place,
                       int depth,
                       void *at)
{
    struct qc_draft draft;

    if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
        return read_scalar(reading, field, place, at);
    }
    if (!built(reading, qc_build_message(&reading->build, field->descriptor,
                                         place, depth, &draft))) {
        return false;
    }
    *(ProtobufCMessage **)at = draft.message;
    return read_mapping(reading, &draft);
}

/* What a list or map is gathered in, until its length is known. */
struct gathered {
    void *elements;
    size_t n;
    size_t room;
};

static bool make_room(struct reading *reading,
                      const ProtobufCFieldDescriptor *field,
                      struct gathered *gathered)
{
    size_t room = gathered->room > 0 ? 2 * gathered->room : 8;
    void *elements;

    if (gathered->n < gathered->room) {
        return true;
    }
    elements =
        qc_arena_alloc(reading->build.arena, room * qc_element_size(field));
    if (elements == NULL) {
        return wrong(reading, line_of(reading),
                     "%s is more than fits the memory for it", field->name);
    }
    if (gathered->elements != NULL) {
        memcpy(elements, gathered->elements,
               gathered->n * qc_element_size(field));
    }
    gathered->elements = elements;
    gathered->room = room;
    return true;
}

/* An entry of a map; the event is its key. */
static bool read_entry(struct reading *reading,
                       const ProtobufCFieldDescriptor *field,
                       struct qc_place *place,
                       int depth,
                       void *at)
{
    struct qc_bytes key;
    void *value;

    if (reading->event.type != YAML_SCALAR_EVENT) {
        return wrong(reading, line_of(reading), "%s has a key that is no text",
                     field->name);
    }
    key.data = reading->event.data.scalar.value;
    key.size = reading->event.data.scalar.length;
    return built(reading, qc_build_entry(&reading->build, field, key, place, at,
                                         &value)) &&
           next(reading) &&
           read_value(reading, qc_map_value(field), place, depth, value);
}

/* A list or map; the event is its first. */
static bool read_elements(struct reading *reading,
                          struct qc_draft *draft,
                          const ProtobufCFieldDescriptor *field,
                          struct qc_place *place)
{
    bool is_map = qc_field_is_map(field);
    yaml_event_type_t end =
        is_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    struct gathered gathered = {NULL, 0, 0};
    int depth = draft->depth + 2;
    void *at;

    if (reading->event.type !=
        (is_map ? YAML_MAPPING_START_EVENT : YAML_SEQUENCE_START_EVENT)) {
        return wrong(reading, line_of(reading), "%s must be a %s", field->name,
                     is_map ? "mapping" : "list");
    }
    while (next(reading) && reading->event.type != end) {
        if (!make_room(reading, field, &gathered)) {
            return false;
        }
        at = qc_element_at(field, gathered.elements, gathered.n);
        place->index = (long)gathered.n++;
        if (is_map ? !read_entry(reading, field, place, depth, at)
                   : !read_value(reading, field, place, depth, at)) {
            return false;
        }
    }
    place->key = NULL;
    place->index = QC_NO_INDEX;
    if (reading->event.type != end ||
        !built(reading, qc_build_field(&reading->build, draft, field,
                                       gathered.n, place, &at))) {
        return false;
    }
    if (gathered.elements != NULL) {
        memcpy(at, gathered.elements, gathered.n * qc_element_size(field));
    }
    return !is_map ||
           built(reading, qc_build_map_end(&reading->build, draft->message,
                                           field, place));
}

/* The event is the first of the value. */
static bool read_field(struct reading *reading,
                       struct qc_draft *draft,
                       const ProtobufCFieldDescriptor *field)
{
    struct qc_place place = {draft->place, field->name, NULL, QC_NO_INDEX};
    void *at;

    if (is_null(&reading->event)) {
        return true;
    }
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return read_elements(reading, draft, field, &place);
    }
    return built(reading, qc_build_field(&reading->build, draft, field, 1,
                                         &place, &at)) &&
           read_value(reading, field, &place, draft->depth + 1, at);
}

/* Messages within have been checked already; so what is wrong is a field of
 * this one, and has the line of its key, or that of the message. */
static bool check_limits(struct reading *reading,
                         const ProtobufCMessage *message,
                         const size_t lines[QC_FIELDS_MAX],
                         size_t line)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    struct qc_codec_error error;

    if (reading->part != NULL || qc_limits_check(message, &error)) {
        return true;
    }
    for (unsigned i = 0; i < type->n_fields; i++) {
        size_t size = strcspn(error.where, "[");

        if (strlen(type->fields[i].name) == size && lines[i] != 0 &&
            memcmp(type->fields[i].name, error.where, size) == 0) {
            line = lines[i];
        }
    }
    return wrong(reading, line, "%s %s in %s", error.where, error.text,
                 type->short_name);
}

/* The event is the first of the mapping. */
static bool read_mapping(struct reading *reading, struct qc_draft *draft)
{
    const ProtobufCMessageDescriptor *type = draft->message->descriptor;
    size_t lines[QC_FIELDS_MAX] = {0};
    size_t line = line_of(reading);

    if (reading->event.type != YAML_MAPPING_START_EVENT) {
        return wrong(reading, line, "there must be a mapping, a %s",
                     type->short_name);
    }
    while (next(reading) && reading->event.type == YAML_SCALAR_EVENT) {
        const ProtobufCFieldDescriptor *field = qc_field_called(
            type, (const char *)reading->event.data.scalar.value);

        if (field == NULL) {
            return unknown_key(reading, type);
        }
        lines[field - type->fields] = line_of(reading);
        if (!next(reading)) {
            return false;
        }
        if (reading->part != NULL && reading->part->key != NULL &&
            !is_null(&reading->event)) {
            reading->part->key(reading->part->ctx, type, field,
                               (unsigned)lines[field - type->fields]);
        }
        if (!read_field(reading, draft, field)) {
            return false;
        }
    }
    if (reading->event.type == YAML_NO_EVENT) {
        return false; /* next() has said what is wrong. */
    }
    if (reading->event.type != YAML_MAPPING_END_EVENT) {
        return wrong(reading, line_of(reading), "a key must be plain text");
    }
    return check_limits(reading, draft->message, lines, line);
}

/* A file that says nothing is an empty message. */
static bool check_empty(struct reading *reading,
                        const ProtobufCMessage *message)
{
    static const size_t no_lines[QC_FIELDS_MAX];

    return check_limits(reading, message, no_lines, 0);
}

/* Up to the end of the document; the event is its beginning. */
static bool read_document(struct reading *reading, struct qc_draft *draft)
{
    if (!next(reading)) {
        return false;
    }
    return (is_null(&reading->event) ? check_empty(reading, draft->message)
                                     : read_mapping(reading, draft)) &&
           next(reading);
}

/* The whole file. */
static bool read_stream(struct reading *reading,
                        const ProtobufCMessageDescriptor *type,
                        ProtobufCMessage **message_out)
{
    struct qc_draft draft;

    if (!built(reading,
               qc_build_message(&reading->build, type, NULL, 1, &draft))) {
        return false;
    }
    *message_out = draft.message;
    if (!next(reading)) { /* The beginning of the file... */
        return false;
    }
    if (!next(reading)) { /* ...and that of its document. */
        return false;
    }
    if (reading->event.type == YAML_STREAM_END_EVENT) {
        return check_empty(reading, draft.message);
    }
    if (!read_document(reading, &draft) || !next(reading)) {
        return false;
    }
    return reading->event.type == YAML_STREAM_END_EVENT ||
           wrong(reading, line_of(reading), "there may be one document only");
}

static bool read_text(struct reading *reading,
                      const ProtobufCMessageDescriptor *type,
                      struct qc_bytes text,
                      struct qc_arena *arena,
                      ProtobufCMessage **message_out)
{
    ProtobufCMessage *message = NULL;
    bool read;

    reading->build = (struct qc_build){arena, &reading->said, NULL};
    if (!qc_limits_load() || yaml_parser_initialize(&reading->parser) == 0) {
        return wrong(reading, 0, "the memory is short");
    }
    yaml_parser_set_encoding(&reading->parser, YAML_UTF8_ENCODING);
    /* An empty file may have no memory, and libyaml asks for some. */
    yaml_parser_set_input_string(
        &reading->parser, text.size > 0 ? text.data : (const uint8_t *)"",
        text.size);
    read = read_stream(reading, type, &message);
    yaml_event_delete(&reading->event);
    yaml_parser_delete(&reading->parser);
    if (read) {
        *message_out = message;
    }
    return read;
}

bool qc_yaml_read(const ProtobufCMessageDescriptor *type,
                  const char *name,
                  struct qc_bytes text,
                  struct qc_arena *arena,
                  ProtobufCMessage **message_out,
                  struct qc_yaml_error *error_out)
{
    struct reading reading = {.name = name, .error = error_out};

    return read_text(&reading, type, text, arena, message_out);
}

bool qc_yaml_read_part(const ProtobufCMessageDescriptor *type,
                       const struct qc_yaml_part *part,
                       struct qc_arena *arena,
                       ProtobufCMessage **message_out,
                       struct qc_yaml_error *error_out)
{
    struct reading reading = {.name = part->name,
                              .error = error_out,
                              .part = part};

    return read_text(&reading, type, part->text, arena, message_out);
}
