/*
 * Command line words as the fields of a request.
 *
 * --customer-phone +44... sets customer_phone; the last words of a name are
 * enough where they mean one field only (--phone). Enums go by their short
 * names (--origin web), maps by key=value and lists by element, as often as
 * one likes; sub-messages and bytes are written as in JSON. All of it follows
 * from the descriptor, so that a new field needs no code here.
 */
#ifndef QC_CLI_ARGUMENTS_H
#define QC_CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

#include "base/error.h"
#include "cli/options.h"

struct qc_arena;

/* Fields from this number on are set by the node that takes the request. */
enum {
    QC_FIELD_EDGE_MIN = 200,
};

/* What a verb knows of its request beside the descriptor. */
struct qc_request_shape {
    const ProtobufCMessageDescriptor *type;
    const char *positional; /* The field of a bare word; "": none. */
    const char *defaults;   /* "name=value,name=value", where it is unset. */
};

/* Builds the request in |arena| from |words|. */
QC_MUST_CHECK bool qc_arguments_read(const struct qc_request_shape *shape,
                                     const struct qc_options *options,
                                     struct qc_arena *arena,
                                     ProtobufCMessage **request_out,
                                     struct qc_usage_error *error_out);

#endif
