#include "command/hashes.h"

#include <assert.h>
#include <string.h>

void qc_hashes_add(struct qc_hashes *hashes,
                   uint64_t log_index,
                   const uint8_t hash[QC_HASH_SIZE])
{
    uint64_t at = hashes->n % QC_HASHES_MAX;

    assert(hashes->n == 0 ||
           hashes->slots[(hashes->n - 1) % QC_HASHES_MAX].log_index <
               log_index);

    hashes->slots[at].log_index = log_index;
    memcpy(hashes->slots[at].hash, hash, QC_HASH_SIZE);
    hashes->n++;
}

/* Whoever asks, asks about a recent one: so from the newest backwards. */
bool qc_hashes_at(const struct qc_hashes *hashes,
                  uint64_t log_index,
                  uint8_t hash_out[QC_HASH_SIZE])
{
    uint64_t held = hashes->n < QC_HASHES_MAX ? hashes->n : QC_HASHES_MAX;

    for (uint64_t i = 1; i <= held; i++) {
        uint64_t at = (hashes->n - i) % QC_HASHES_MAX;

        if (hashes->slots[at].log_index <= log_index) {
            memcpy(hash_out, hashes->slots[at].hash, QC_HASH_SIZE);
            return true;
        }
    }
    return false;
}
