/* Names and numbers as people write them, in JSON and YAML. */
#ifndef QC_CODEC_NAME_H
#define QC_CODEC_NAME_H

#include <stdbool.h>

#include "codec/build.h"
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

/* Reads the whole of |text| as a decimal integer; false when it is none, or is
 * beyond 64 bits. */
bool qc_integer_of_text(const char *text, struct qc_integer *integer_out);

/* Writes the JSON form of a field's name. */
void qc_sink_put_json_name(struct qc_sink *sink, const char *name);

#endif
