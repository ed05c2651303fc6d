/*
 * Phone numbers as people write them, made into E.164 at the edge.
 *
 * Tables of numbers differ between releases of the library, so nothing of this
 * is ever done when an entry is applied: a command carries the finished number
 * and what was found out about it (domain model D.16).
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

/* What the library's tables say of a number. */
struct qc_phone_facts {
    char country[3]; /* ISO 3166; "" for numbers of no country. */
    char area[13];   /* '+', country code and area code; "" when unknown. */
    int line_type;   /* As libphonenumber numbers them; see its PhoneNumberType.
                      */
};

/* Reads |text|, written in |country| (ISO 3166, two letters) unless it begins
 * with '+'. What the library holds possible is taken, whether or not it knows
 * the range: its tables are older than some ranges. False when it is no number.
 * |facts_out| may be NULL: they take longer than reading the number. */
bool qc_phone_read(const char *text,
                   const char *country,
                   char e164_out[QC_E164_SIZE],
                   struct qc_phone_facts *facts_out);

#ifdef __cplusplus
}
#endif

#endif
