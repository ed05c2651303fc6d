/* Names of enum values as people write them: "web" for ORIGIN_WEB. */
#ifndef QC_CLI_ENUM_NAME_H
#define QC_CLI_ENUM_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

/* The name in proto/ of the value that |text| means, with or without the
 * enum's own name before it, in any case; NULL when there is none. Static. */
const char *qc_enum_full_name(const ProtobufCEnumDescriptor *type,
                              const char *text);

/* The short name of |value|; its number when it has none. Writes at most |size|
 * bytes, with NUL. */
void qc_enum_short_name(const ProtobufCEnumDescriptor *type,
                        int value,
                        char *text_out,
                        size_t size);

#endif
