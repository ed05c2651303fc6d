#include "machine/fold.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static_assert(QC_HASH_SIZE == sizeof(XXH128_canonical_t), "XXH3 has 128 bits");

/* What is folded first of each write. */
enum {
    OP_PUT = 1,
    OP_DEL = 2,
};

/* Of what stands before a row, in bytes. */
enum {
    OP_SIZE = 1,
    LEN_SIZE = 2, /* Of the key's length. */
    ROW_LEN_SIZE = 4,
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

/* Writes |size| bytes; returns what is behind them. */
static uint8_t *put_be(uint8_t *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        at[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    }
    return at + size;
}

void qc_fold_begin(struct qc_fold *fold,
                   const uint8_t before[QC_HASH_SIZE],
                   uint64_t log_index,
                   int64_t now_ms)
{
    uint8_t at[2 * sizeof(uint64_t)];

    XXH3_128bits_reset(fold->state);
    XXH3_128bits_update(fold->state, before, QC_HASH_SIZE);
    put_be(put_be(at, log_index, sizeof(uint64_t)), (uint64_t)now_ms,
           sizeof(uint64_t));
    XXH3_128bits_update(fold->state, at, sizeof(at));
}

/* What stands before a row: so that few pieces are folded. */
struct head {
    size_t size;
    uint8_t bytes[OP_SIZE + LEN_SIZE + QC_KEY_SIZE_MAX + ROW_LEN_SIZE];
};

static void head_of(uint8_t op, const struct qc_key *key, struct head *head_out)
{
    uint8_t *at = put_be(head_out->bytes, op, OP_SIZE);

    at = put_be(at, key->len, LEN_SIZE);
    memcpy(at, key->data, key->len);
    head_out->size = OP_SIZE + LEN_SIZE + key->len;
}

void qc_fold_put(struct qc_fold *fold,
                 const struct qc_key *key,
                 struct qc_bytes row)
{
    struct head head;

    head_of(OP_PUT, key, &head);
    put_be(head.bytes + head.size, row.size, ROW_LEN_SIZE);
    XXH3_128bits_update(fold->state, head.bytes, head.size + ROW_LEN_SIZE);
    if (row.size > 0) {
        XXH3_128bits_update(fold->state, row.data, row.size);
    }
}

void qc_fold_del(struct qc_fold *fold, const struct qc_key *key)
{
    struct head head;

    head_of(OP_DEL, key, &head);
    XXH3_128bits_update(fold->state, head.bytes, head.size);
}

void qc_fold_end(struct qc_fold *fold, uint8_t hash_out[QC_HASH_SIZE])
{
    XXH128_canonical_t canonical;

    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(fold->state));
    for (size_t i = 0; i < QC_HASH_SIZE; i++) {
        hash_out[i] = canonical.digest[i];
    }
}
