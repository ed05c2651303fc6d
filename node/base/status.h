/* How a call ended: the status codes of gRPC, which every floor speaks. */
#ifndef QC_BASE_STATUS_H
#define QC_BASE_STATUS_H

enum qc_status {
    QC_STATUS_OK = 0,
#define QC_STATUS(code, name, connect, http) QC_STATUS_##name = (code),
#include "base/status.def"
#undef QC_STATUS
};

/* "NOT_FOUND". Static; "UNKNOWN" for a code there is not. */
const char *qc_status_name(enum qc_status status);

/* "not_found", as the Connect protocol writes it. Static. */
const char *qc_status_connect_name(enum qc_status status);

/* The HTTP status Connect gives it; 200 for OK. */
int qc_status_http(enum qc_status status);

/* The code of a name that qc_status_connect_name() gives; UNKNOWN else. */
enum qc_status qc_status_of_connect_name(const char *name);

#endif
