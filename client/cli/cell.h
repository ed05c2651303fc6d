/* The value of a field as text for people. */
#ifndef QC_CLI_CELL_H
#define QC_CLI_CELL_H

#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

enum {
    QC_CELL_SIZE = 1100, /* The longest value of a context, and its key. */
};

/* Writes element |i| of |field|, which is no message, at most |size| bytes with
 * NUL. Enums by their short names, bytes in base64. */
void qc_cell_text(const ProtobufCMessage *message,
                  const ProtobufCFieldDescriptor *field,
                  size_t i,
                  char *text_out,
                  size_t size);

/* Element |i| of |field|, which is a message; NULL when it is not set. */
const ProtobufCMessage *qc_cell_message(const ProtobufCMessage *message,
                                        const ProtobufCFieldDescriptor *field,
                                        size_t i);

#endif
