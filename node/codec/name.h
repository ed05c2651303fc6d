/* Names of fields and values, as they are written in JSON and YAML. */
#ifndef QC_CODEC_NAME_H
#define QC_CODEC_NAME_H

#include <protobuf-c/protobuf-c.h>

#include "codec/sink.h"

/* The field called |name| in proto/, or in JSON: "page_url" or "pageUrl". NULL
 * when there is none. */
const ProtobufCFieldDescriptor *qc_field_called(
    const ProtobufCMessageDescriptor *type,
    const char *name);

/* The value of an enum called |name|, with or without the enum's prefix:
 * "MATCH_MODE_DNIS" or "DNIS". NULL when there is none. */
const ProtobufCEnumValue *qc_enum_called(const ProtobufCEnumDescriptor *type,
                                         const char *name);

/* Writes the JSON form of a field's name. */
void qc_sink_put_json_name(struct qc_sink *sink, const char *name);

#endif
