#include "machine/index.h"

#include <stdlib.h>
#include <string.h>

#include "machine/draft.h"
#include "machine/key_tree.h"
#include "machine/store.h"

enum {
    SPACES = 256,
};

/* A tree for each key space, so that few entries in one space are not found
 * among the very many of another. */
struct qc_index {
    struct qc_key_tree trees[SPACES];
    size_t count;
};

/* Where |key| is, and all that starts with it. What is too short to have a key
 * space, as only tests write it, shares one tree. */
static struct qc_key_tree *tree_of(struct qc_index *index,
                                   const struct qc_key *key)
{
    return &index->trees[key->len >= QC_KEY_PREFIX_SIZE
                             ? key->data[QC_KEY_PREFIX_SIZE - 1]
                             : 0];
}

static uint64_t *find(struct qc_index *index, const struct qc_key *key)
{
    return qc_key_tree_find(tree_of(index, key), key);
}

/* As qc_key_tree_add(): one walk does both, and keys are mostly new. */
static bool insert(struct qc_index *index,
                   const struct qc_key *key,
                   uint64_t value,
                   uint64_t **there_out)
{
    bool done = qc_key_tree_add(tree_of(index, key), key, value, there_out);

    index->count += done && *there_out == NULL ? 1 : 0;
    return done;
}

/* Whether |key| was there, and is not any more. */
static bool take_out(struct qc_index *index, const struct qc_key *key)
{
    bool done = qc_key_tree_remove(tree_of(index, key), key);

    index->count -= done ? 1 : 0;
    return done;
}

struct qc_index *qc_index_new(void)
{
    return calloc(1, sizeof(struct qc_index));
}

void qc_index_free(struct qc_index *index)
{
    for (size_t i = 0; index != NULL && i < SPACES; i++) {
        qc_key_tree_clear(&index->trees[i]);
    }
    free(index);
}

size_t qc_index_count(const struct qc_index *index)
{
    return index->count;
}

static bool is_below(const struct qc_key *a, const struct qc_key *b)
{
    int order = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);

    return order < 0 || (order == 0 && a->len < b->len);
}

static bool is_equal(const struct qc_key_tree *a,
                     const struct qc_key_tree *b,
                     struct qc_key *key_out)
{
    const struct qc_key all = {.len = 0};
    struct qc_key at_a = all;
    struct qc_key at_b = all;
    uint64_t value_a;
    uint64_t value_b;
    bool in_a = qc_key_tree_next(a, &all, &at_a, false, &at_a, &value_a);
    bool in_b = qc_key_tree_next(b, &all, &at_b, false, &at_b, &value_b);

    while (in_a && in_b) {
        bool is_a_first = is_below(&at_a, &at_b);

        if (is_a_first || is_below(&at_b, &at_a) || value_a != value_b) {
            *key_out = is_a_first ? at_a : at_b;
            return false;
        }
        in_a = qc_key_tree_next(a, &all, &at_a, true, &at_a, &value_a);
        in_b = qc_key_tree_next(b, &all, &at_b, true, &at_b, &value_b);
    }
    if (in_a || in_b) {
        *key_out = in_a ? at_a : at_b;
    }
    return !in_a && !in_b;
}

bool qc_index_equal(struct qc_index *a,
                    struct qc_index *b,
                    struct qc_key *key_out)
{
    for (size_t i = 0; i < SPACES; i++) {
        if (!is_equal(&a->trees[i], &b->trees[i], key_out)) {
            return false;
        }
    }
    return true;
}

/* |value| is what |key| has; NULL: it is not there. */
static void note(struct qc_txn *txn,
                 const struct qc_key *key,
                 const uint64_t *value)
{
    if (txn->draft != NULL) {
        qc_draft_note(txn, key, value != NULL, value != NULL ? *value : 0);
    }
}

/* Puts |value|, unless |key| has a number: then that is where what is returned
 * points. NULL: it was put, or there is a fault. */
static uint64_t *put_or_find(struct qc_txn *txn,
                             const struct qc_key *key,
                             uint64_t value)
{
    uint64_t *there = NULL;

    if (txn->fault == 0 && !insert(txn->index, key, value, &there)) {
        qc_txn_fail(txn, QC_E_NOMEM);
    }
    return there;
}

void qc_index_put(struct qc_txn *txn, const struct qc_key *key, uint64_t value)
{
    uint64_t *there = put_or_find(txn, key, value);

    if (txn->fault != 0) {
        return;
    }
    note(txn, key, there);
    if (there != NULL) {
        *there = value;
    }
}

bool qc_index_claim(struct qc_txn *txn,
                    const struct qc_key *key,
                    uint64_t value,
                    uint64_t *there_out)
{
    const uint64_t *there = put_or_find(txn, key, value);

    if (there != NULL) {
        *there_out = *there;
    }
    if (there != NULL || txn->fault != 0) {
        return false;
    }
    note(txn, key, NULL);
    return true;
}

void qc_index_del(struct qc_txn *txn, const struct qc_key *key)
{
    if (txn->fault != 0) {
        return;
    }
    if (txn->draft != NULL) {
        note(txn, key, find(txn->index, key));
    }
    if (!take_out(txn->index, key)) {
        qc_txn_fail(txn, QC_E_CORRUPT);
    }
}

void qc_index_add(struct qc_txn *txn, const struct qc_key *key, int64_t delta)
{
    uint64_t *there;
    uint64_t value;

    if (txn->fault != 0 || delta == 0) {
        return;
    }
    there = find(txn->index, key);
    value = there != NULL ? *there : 0;
    if (delta < 0 ? value < -(uint64_t)delta
                  : value > UINT64_MAX - (uint64_t)delta) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    value += (uint64_t)delta;
    if (there == NULL) {
        qc_index_put(txn, key, value);
        return;
    }
    note(txn, key, there);
    if (value == 0) {
        (void)take_out(txn->index, key);
    } else {
        *there = value;
    }
}

bool qc_index_restore(struct qc_index *index,
                      const struct qc_key *key,
                      bool present,
                      uint64_t value)
{
    uint64_t *there;

    if (!present) {
        (void)take_out(index, key);
        return true;
    }
    if (!insert(index, key, value, &there)) {
        return false;
    }
    if (there != NULL) {
        *there = value;
    }
    return true;
}

bool qc_index_find(struct qc_index *index,
                   const struct qc_key *key,
                   uint64_t *value_out)
{
    const uint64_t *there = find(index, key);

    if (there != NULL) {
        *value_out = *there;
    }
    return there != NULL;
}

bool qc_index_get(struct qc_txn *txn,
                  const struct qc_key *key,
                  uint64_t *value_out)
{
    const uint64_t *there = txn->fault == 0 ? find(txn->index, key) : NULL;

    if (value_out != NULL) {
        *value_out = there != NULL ? *there : 0;
    }
    return there != NULL;
}

uint64_t qc_index_gauge(struct qc_txn *txn, const struct qc_key *key)
{
    uint64_t value;

    qc_index_get(txn, key, &value);
    return value;
}

bool qc_index_first(struct qc_txn *txn,
                    const struct qc_key *prefix,
                    struct qc_key *key_out,
                    uint64_t *value_out)
{
    return txn->fault == 0 &&
           qc_key_tree_next(tree_of(txn->index, prefix), prefix, prefix, false,
                            key_out, value_out);
}

bool qc_index_next(struct qc_txn *txn,
                   const struct qc_key *prefix,
                   struct qc_key *key,
                   uint64_t *value_out)
{
    return txn->fault == 0 &&
           qc_key_tree_next(tree_of(txn->index, prefix), prefix, key, true, key,
                            value_out);
}

/* The first key that is above all that start with |prefix|. False when there
 * is none: it is all ones. */
static bool key_above(const struct qc_key *prefix, struct qc_key *key_out)
{
    *key_out = *prefix;
    while (key_out->len > 0) {
        if (++key_out->data[key_out->len - 1] != 0) {
            return true;
        }
        key_out->len--;
    }
    return false;
}

bool qc_index_last(struct qc_txn *txn,
                   const struct qc_key *prefix,
                   struct qc_key *key_out,
                   uint64_t *value_out)
{
    struct qc_key above;
    bool bounded = key_above(prefix, &above);

    return txn->fault == 0 &&
           qc_key_tree_previous(tree_of(txn->index, prefix), prefix,
                                bounded ? &above : NULL, key_out, value_out);
}
