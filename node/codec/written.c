#include "codec/written.h"

#include <string.h>

#include "base/arena.h"
#include "base/base64.h"
#include "codec/name.h"

static enum qc_codec_answer malformed(const struct qc_build *build,
                                      const struct qc_place *place,
                                      const char *text)
{
    return qc_wrong(QC_CODEC_MALFORMED, place, text, build->error);
}

bool qc_integer_of_text(const char *text, struct qc_integer *integer_out)
{
    struct qc_integer integer = {0, text[0] == '-'};

    text += integer.negative ? 1 : 0;
    if (text[0] == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        unsigned digit = (unsigned)(unsigned char)*text - '0';

        if (digit > 9 || integer.magnitude > (UINT64_MAX - digit) / 10) {
            return false;
        }
        integer.magnitude = 10 * integer.magnitude + digit;
    }
    *integer_out = integer;
    return true;
}

static enum qc_codec_answer put_base64(const struct qc_build *build,
                                       const char *text,
                                       const struct qc_place *place,
                                       void *at)
{
    uint8_t *bytes = qc_arena_alloc(build->arena, qc_base64_size_max(text));
    size_t size;

    if (bytes == NULL) {
        return qc_wrong(QC_CODEC_TOO_BIG, place,
                        "is more than fits the memory for it", build->error);
    }
    if (!qc_base64_read(text, bytes, &size)) {
        return malformed(build, place, "is no base64");
    }
    *(ProtobufCBinaryData *)at = (ProtobufCBinaryData){size, bytes};
    return QC_CODEC_OK;
}

enum qc_codec_answer qc_build_written(const struct qc_build *build,
                                      const ProtobufCFieldDescriptor *field,
                                      struct qc_bytes text,
                                      const struct qc_place *place,
                                      void *at)
{
    const char *letters = (const char *)text.data;
    const ProtobufCEnumValue *value;
    struct qc_integer integer;

    if (field->type == PROTOBUF_C_TYPE_STRING) {
        return qc_build_string(build, text, place, at);
    }
    if (memchr(letters, '\0', text.size) != NULL) {
        return malformed(build, place, "has a NUL in it");
    }
    if (field->type == PROTOBUF_C_TYPE_BYTES) {
        return put_base64(build, letters, place, at);
    }
    if (field->type == PROTOBUF_C_TYPE_ENUM) {
        value = qc_enum_called(field->descriptor, letters);
        if (value != NULL) {
            *(int *)at = value->value;
            return QC_CODEC_OK;
        }
    }
    if (!qc_integer_of_text(letters, &integer)) {
        return malformed(build, place,
                         field->type == PROTOBUF_C_TYPE_ENUM
                             ? "is no value of its enum"
                             : "is no integer");
    }
    return qc_build_integer(build, field, integer, place, at);
}
