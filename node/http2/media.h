/* The content types spoken on the path of an RPC. */
#ifndef QC_HTTP2_MEDIA_H
#define QC_HTTP2_MEDIA_H

#include <stdbool.h>

#include "http2/call.h"

struct qc_media {
    const char *name; /* The content type, as it is also answered. */
    enum qc_call_form form;
    bool grpc;           /* Else Connect. */
    bool connect_stream; /* Its messages have prefixes, too. */
};

/* The one in which errors are told to who has named none. */
extern const struct qc_media *const qc_media_default;

/* Whether calls of |kind| are spoken so. */
bool qc_media_fits(const struct qc_media *media, enum qc_call_kind kind);

/* All that fit |kind|, for an answer that refuses all others. Static. */
const char *qc_media_accepted(enum qc_call_kind kind);

/* The one that |content_type| names, whatever its case and its parameters but
 * "keys"; NULL when there is none. Static. */
const struct qc_media *qc_media_of_content_type(const char *content_type);

/* The content type of gRPC messages in |form|, which is not JSON. */
const char *qc_media_of_form(enum qc_call_form form);

#endif
