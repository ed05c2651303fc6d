/* A message that holds a list of itself. No message of ours may, so this one is
 * made up: it shows what stops those who would follow it. */
#ifndef QC_CODEC_TEST_ENDLESS_H
#define QC_CODEC_TEST_ENDLESS_H

#include <protobuf-c/protobuf-c.h>

struct qc_endless {
    ProtobufCMessage base;
    size_t n_more;
    struct qc_endless **more;
};

/* Its one field is 1, "more". */
extern const ProtobufCMessageDescriptor qc_endless_type;

#endif
