/*
 * Phone numbers as people write them, made into E.164 at the edge.
 *
 * Tables of numbers differ between releases of the library, so nothing of this
 * is ever done when an entry is applied: a command carries the finished number
 * (domain model D.16).
 */
#ifndef QC_RPC_PHONE_H
#define QC_RPC_PHONE_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    QC_E164_SIZE = 17, /* '+', 15 digits, NUL. */
};

/* Reads |text|, written in |country| (ISO 3166, two letters) unless it begins
 * with '+'. What the library holds possible is taken, whether or not it knows
 * the range: its tables are older than some ranges. False when it is no number.
 */
bool qc_phone_read(const char *text,
                   const char *country,
                   char e164_out[QC_E164_SIZE]);

#ifdef __cplusplus
}
#endif

#endif
