/* Blocks of numbers in a tenant's file, and the numbers they stand for. */
#ifndef QC_CLI_NUMBER_BLOCK_H
#define QC_CLI_NUMBER_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "quorumcall/config/v1/tenant_file.pb-c.h"

enum {
    QC_BLOCK_NUMBER_SIZE = 33,
};

/* How many numbers |block| stands for. */
uint32_t qc_number_block_count(const Qc__Config__NumberBlock *block);

/*
 * Number |i| of |block|, from 0. The first is passed on as it is written; of
 * several, it must be E.164 (signs between the digits do not count), and all
 * must have as many digits. False when that is not so.
 */
QC_MUST_CHECK bool qc_number_block_at(const Qc__Config__NumberBlock *block,
                                      uint32_t i,
                                      char number_out[QC_BLOCK_NUMBER_SIZE]);

#endif
