#include "machine/fold.h"

#include <assert.h>
#include <stdlib.h>
#include <xxhash.h>

static_assert(QC_HASH_SIZE == sizeof(XXH128_canonical_t), "XXH3 has 128 bits");

/* What is folded first of each write. */
enum {
    OP_PUT = 1,
    OP_DEL = 2,
};

struct qc_fold {
    XXH3_state_t *state;
};

struct qc_fold *qc_fold_new(void)
{
    struct qc_fold *fold = calloc(1, sizeof(*fold));

    if (fold == NULL) {
        return NULL;
    }
    fold->state = XXH3_createState();
    if (fold->state == NULL) {
        free(fold);
        return NULL;
    }
    XXH3_128bits_reset(fold->state);
    return fold;
}

void qc_fold_free(struct qc_fold *fold)
{
    if (fold != NULL) {
        XXH3_freeState(fold->state);
        free(fold);
    }
}

static void fold_be(struct qc_fold *fold, uint64_t value, size_t size)
{
    uint8_t be[8];

    for (size_t i = 0; i < size; i++) {
        be[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    }
    XXH3_128bits_update(fold->state, be, size);
}

void qc_fold_begin(struct qc_fold *fold,
                   const uint8_t before[QC_HASH_SIZE],
                   uint64_t log_index,
                   int64_t now_ms)
{
    XXH3_128bits_reset(fold->state);
    XXH3_128bits_update(fold->state, before, QC_HASH_SIZE);
    fold_be(fold, log_index, 8);
    fold_be(fold, (uint64_t)now_ms, 8);
}

static void fold_key(struct qc_fold *fold, uint8_t op, const struct qc_key *key)
{
    fold_be(fold, op, 1);
    fold_be(fold, key->len, 2);
    XXH3_128bits_update(fold->state, key->data, key->len);
}

void qc_fold_put(struct qc_fold *fold,
                 const struct qc_key *key,
                 struct qc_bytes row)
{
    fold_key(fold, OP_PUT, key);
    fold_be(fold, row.size, 4);
    if (row.size > 0) {
        XXH3_128bits_update(fold->state, row.data, row.size);
    }
}

void qc_fold_del(struct qc_fold *fold, const struct qc_key *key)
{
    fold_key(fold, OP_DEL, key);
}

void qc_fold_end(struct qc_fold *fold, uint8_t hash_out[QC_HASH_SIZE])
{
    XXH128_canonical_t canonical;

    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(fold->state));
    for (size_t i = 0; i < QC_HASH_SIZE; i++) {
        hash_out[i] = canonical.digest[i];
    }
}
