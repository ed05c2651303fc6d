/*
 * Telephone numbers that nobody has, in plenty.
 *
 * Customers get those that ARCEP keeps for films (six ranges of 10 000), then
 * 555-0100 to 555-0199 of NANP area codes, from 999 downwards; the pool's
 * numbers are those of area codes from 200 upwards (see run).
 */
#ifndef QC_BENCH_PHONES_H
#define QC_BENCH_PHONES_H

#include <stdint.h>

enum {
    QC_BENCH_PHONE_SIZE = 16,
    QC_BENCH_PHONES_MAX = 120000,
};

/* Phone |i| of QC_BENCH_PHONES_MAX different ones. */
void qc_bench_phone(uint32_t i, char phone_out[QC_BENCH_PHONE_SIZE]);

#endif
