/*
 * YAML files as messages: how configuration is read.
 *
 * A file is the JSON form of a message in YAML's clothes: fields by their name
 * in proto/ (or its JSON form), enums by name with or without their prefix,
 * scalars plain or quoted. Anything the message does not know is an error that
 * names file, line and key: a misspelt key must not pass for a default.
 * Anchors, aliases, tags and several documents are refused; limits are checked.
 */
#ifndef QC_CODEC_YAML_H
#define QC_CODEC_YAML_H

#include <stdbool.h>

#include "codec/codec.h"

struct qc_yaml_error {
    unsigned line;  /* From 1; 0 when it is about the whole file. */
    char text[384]; /* "tenant.yaml:4: unknown key \"sujbect\" in Pool". */
};

/* Reads the text of a file. |name| is for messages only. */
QC_MUST_CHECK bool qc_yaml_read(const ProtobufCMessageDescriptor *type,
                                const char *name,
                                struct qc_bytes text,
                                struct qc_arena *arena,
                                ProtobufCMessage **message_out,
                                struct qc_yaml_error *error_out);

/* One of several files that are a message together. All is borrowed. */
struct qc_yaml_part {
    const char *name; /* The file's, for errors. */
    struct qc_bytes text;
    /* Told, unless NULL: |field| of a message of |type| is given a value in
     * |line|; null is none. */
    void (*key)(void *ctx,
                const ProtobufCMessageDescriptor *type,
                const ProtobufCFieldDescriptor *field,
                unsigned line);
    void *ctx;
};

/* The same for a part: limits are for whoever puts the parts together to
 * check. */
QC_MUST_CHECK bool qc_yaml_read_part(const ProtobufCMessageDescriptor *type,
                                     const struct qc_yaml_part *part,
                                     struct qc_arena *arena,
                                     ProtobufCMessage **message_out,
                                     struct qc_yaml_error *error_out);

#endif
