/* Values written as text: strings in JSON, scalars in YAML. */
#ifndef QC_CODEC_WRITTEN_H
#define QC_CODEC_WRITTEN_H

#include <stdbool.h>

#include "codec/build.h"

/* Reads the whole of |text| as a decimal integer; false when it is none, or is
 * beyond 64 bits. */
bool qc_integer_of_text(const char *text, struct qc_integer *integer_out);

/* Puts |text|, which has a NUL behind it, where |field| wants it: strings as
 * they are, bytes from base64, enums by name or number, numbers by their
 * digits. |field| is neither bool nor a message. */
QC_MUST_CHECK enum qc_codec_answer qc_build_written(
    const struct qc_build *build,
    const ProtobufCFieldDescriptor *field,
    struct qc_bytes text,
    const struct qc_place *place,
    void *at);

#endif
