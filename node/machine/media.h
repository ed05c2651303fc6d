/* Media: numbers for each way in which a customer and an agent are in touch. */
#ifndef QC_MACHINE_MEDIA_H
#define QC_MACHINE_MEDIA_H

#include <stdint.h>

#include "quorumcall/v1/media.pb-c.h"

struct qc_txn;

/* |wanted|, which may be NULL, with the numbers of |defaults| where it has
 * none; in the arena. NULL is a fault. */
Qc__V1__PerMedia *qc_media_fill(struct qc_txn *txn,
                                const Qc__V1__PerMedia *wanted,
                                const Qc__V1__PerMedia *defaults);

/* The numbers by medium: |numbers| has one more than there are, from 0 on. */
void qc_media_read(const Qc__V1__PerMedia *from, uint16_t *numbers);

#endif
