#include "cli/output.h"

#include <ctype.h>
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "cli/cell.h"
#include "codec/codec.h"
#include "codec/message.h"

enum {
    COLUMNS_MAX = 16,
    PATH_SIZE = 128,
    JSON_ARENA_SIZE_MAX = 64 * 1024 * 1024,
};

struct qc_table {
    struct libscols_table *lines;
    char paths[COLUMNS_MAX][PATH_SIZE];
    size_t n_columns;
};

static bool column_add(struct qc_table *table, const char *path, size_t size)
{
    char *kept = table->paths[table->n_columns];
    char title[PATH_SIZE];

    if (table->n_columns == COLUMNS_MAX || size >= PATH_SIZE) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        kept[i] = path[i];
        title[i] = path[i] == '_' ? ' ' : (char)toupper((unsigned char)path[i]);
    }
    kept[size] = title[size] = '\0';
    table->n_columns++;
    return scols_table_new_column(table->lines, title, 0, 0) != NULL;
}

struct qc_table *qc_table_new(const char *columns, bool raw)
{
    struct qc_table *table = calloc(1, sizeof(*table));
    bool ok;

    if (table == NULL) {
        return NULL;
    }
    table->lines = scols_new_table();
    ok = table->lines != NULL;
    while (ok && *columns != '\0') {
        size_t size = strcspn(columns, ",");

        ok = column_add(table, columns, size);
        columns += size + (columns[size] == ',' ? 1 : 0);
    }
    if (!ok) {
        scols_unref_table(table->lines);
        free(table);
        return NULL;
    }
    scols_table_enable_raw(table->lines, raw);
    scols_table_enable_noheadings(table->lines, raw);
    return table;
}

void qc_table_row(struct qc_table *table, const char *const *cells, size_t n)
{
    struct libscols_line *line = scols_table_new_line(table->lines, NULL);

    for (size_t i = 0; line != NULL && i < n; i++) {
        scols_line_set_data(line, i, cells[i] != NULL ? cells[i] : "");
    }
}

/* Whether a cell shows it although it is not set: a number that is 0. */
static bool is_number(const ProtobufCFieldDescriptor *field)
{
    return field->type != PROTOBUF_C_TYPE_STRING &&
           field->type != PROTOBUF_C_TYPE_BYTES &&
           field->type != PROTOBUF_C_TYPE_ENUM &&
           field->type != PROTOBUF_C_TYPE_MESSAGE;
}

/* The text of the field at |path|: "branch.name". "" where it is not set. */
static void text_at(const ProtobufCMessage *message,
                    const char *path,
                    char *text_out,
                    size_t size)
{
    char name[PATH_SIZE];
    const ProtobufCFieldDescriptor *field;
    size_t name_size = strcspn(path, ".");

    snprintf(name, sizeof(name), "%.*s", (int)name_size, path);
    field = protobuf_c_message_descriptor_get_field_by_name(message->descriptor,
                                                            name);
    text_out[0] = '\0';
    if (field == NULL ||
        (!qc_message_has(message, field) && !is_number(field))) {
        return;
    }
    if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
        qc_cell_text(message, field, 0, text_out, size);
    } else if (path[name_size] == '.') {
        text_at(qc_cell_message(message, field, 0), path + name_size + 1,
                text_out, size);
    }
}

void qc_table_message(struct qc_table *table, const ProtobufCMessage *message)
{
    struct libscols_line *line = scols_table_new_line(table->lines, NULL);
    char text[QC_CELL_SIZE];

    for (size_t i = 0; line != NULL && i < table->n_columns; i++) {
        text_at(message, table->paths[i], text, sizeof(text));
        scols_line_set_data(line, i, text);
    }
}

void qc_table_print(struct qc_table *table)
{
    scols_print_table(table->lines);
    scols_unref_table(table->lines);
    free(table);
}

static void fields_add(struct qc_table *table,
                       const char *prefix,
                       const ProtobufCMessage *message);

static void entry_add(struct qc_table *table,
                      const char *path,
                      const ProtobufCMessage *entry)
{
    char name[PATH_SIZE + QC_CELL_SIZE];
    char key[QC_CELL_SIZE];
    char value[QC_CELL_SIZE];
    const char *const cells[] = {name, value};

    text_at(entry, "key", key, sizeof(key));
    text_at(entry, "value", value, sizeof(value));
    snprintf(name, sizeof(name), "%s.%s", path, key);
    qc_table_row(table, cells, 2);
}

static void element_add(struct qc_table *table,
                        const char *path,
                        const ProtobufCMessage *message,
                        const ProtobufCFieldDescriptor *field,
                        size_t i)
{
    char text[QC_CELL_SIZE];
    const char *const cells[] = {path, text};

    if (qc_field_is_map(field)) {
        entry_add(table, path, qc_cell_message(message, field, i));
    } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        fields_add(table, path, qc_cell_message(message, field, i));
    } else {
        qc_cell_text(message, field, i, text, sizeof(text));
        qc_table_row(table, cells, 2);
    }
}

/* "prompts[1].action", "allocation.number", "context" */
static void field_path(const char *prefix,
                       const ProtobufCFieldDescriptor *field,
                       size_t i,
                       char path_out[PATH_SIZE])
{
    const char *dot = prefix[0] != '\0' ? "." : "";

    if (field->label == PROTOBUF_C_LABEL_REPEATED && !qc_field_is_map(field)) {
        snprintf(path_out, PATH_SIZE, "%s%s%s[%zu]", prefix, dot, field->name,
                 i);
    } else {
        snprintf(path_out, PATH_SIZE, "%s%s%s", prefix, dot, field->name);
    }
}

static void fields_add(struct qc_table *table,
                       const char *prefix,
                       const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;

    for (unsigned f = 0; f < type->n_fields; f++) {
        const ProtobufCFieldDescriptor *field = &type->fields[f];

        if (!qc_message_has(message, field)) {
            continue;
        }
        for (size_t i = 0; i < qc_message_count(message, field); i++) {
            char path[PATH_SIZE];

            field_path(prefix, field, i, path);
            element_add(table, path, message, field, i);
        }
    }
}

void qc_print_fields(const ProtobufCMessage *message, bool raw)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    struct qc_table *table = qc_table_new("field,value", raw);

    if (table == NULL) {
        return;
    }
    scols_table_enable_noheadings(table->lines, 1);
    /* An answer that is nothing but one object is shown as that object. */
    if (type->n_fields == 1 &&
        type->fields[0].label != PROTOBUF_C_LABEL_REPEATED &&
        type->fields[0].type == PROTOBUF_C_TYPE_MESSAGE &&
        qc_message_has(message, &type->fields[0])) {
        message = qc_cell_message(message, &type->fields[0], 0);
    }
    fields_add(table, "", message);
    qc_table_print(table);
}

bool qc_print_json(const ProtobufCMessage *message)
{
    struct qc_arena arena;
    struct qc_bytes bytes;
    bool ok;

    qc_arena_init(&arena, JSON_ARENA_SIZE_MAX);
    ok = qc_encode(QC_FORMAT_JSON, message, &arena, &bytes);
    if (ok) {
        fwrite(bytes.data, 1, bytes.size, stdout);
    }
    qc_arena_done(&arena);
    return ok;
}

void qc_print_value(json_t *value)
{
    if (value == NULL || json_dumpf(value, stdout, JSON_COMPACT) != 0) {
        fprintf(stderr, "qcctl: out of memory\n");
    } else {
        putchar('\n');
    }
    json_decref(value);
}
