/* What qcctl prints: messages and rows, as a table or as JSON, on stdout. */
#ifndef QC_CLI_OUTPUT_H
#define QC_CLI_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

#include "base/error.h"

struct qc_table;

/* A table with these columns, "number,state,branch.name"; if |raw|, one for
 * scripts: no headings, and one space between cells. NULL when memory is short.
 * Freed by qc_table_print(). */
struct qc_table *qc_table_new(const char *columns, bool raw);

/* Adds a row of |n| cells. A NULL cell is empty. */
void qc_table_row(struct qc_table *table, const char *const *cells, size_t n);

/* Adds a row with the fields of |message| that the columns name, with dots for
 * those of a message in it. */
void qc_table_message(struct qc_table *table, const ProtobufCMessage *message);

/* Prints the table, and frees it. */
void qc_table_print(struct qc_table *table);

/* Prints what is set in |message|, one field a line; if |raw|, for scripts. */
void qc_print_fields(const ProtobufCMessage *message, bool raw);

/* Prints |message| as proto3 JSON, without a newline. False when it is too
 * big. */
QC_MUST_CHECK bool qc_print_json(const ProtobufCMessage *message);

/* Prints |value| as a line of JSON, and frees it. NULL is memory that was
 * short, which it says. */
void qc_print_value(json_t *value);

#endif
