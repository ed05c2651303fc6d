/* The content types spoken on the path of an RPC. */
#ifndef QC_HTTP2_MEDIA_H
#define QC_HTTP2_MEDIA_H

#include <stdbool.h>

#include "http2/call.h"

struct qc_media {
    const char *name; /* The content type, as it is also answered. */
    enum qc_call_form form;
    bool grpc; /* Else Connect. */
};

/* For an answer that refuses all others. */
extern const char qc_media_accepted[];

/* The one that |content_type| names, whatever its case and its parameters but
 * "keys"; NULL when there is none. Static. */
const struct qc_media *qc_media_of_content_type(const char *content_type);

/* The content type of gRPC messages in |form|, which is not JSON. */
const char *qc_media_of_form(enum qc_call_form form);

#endif
