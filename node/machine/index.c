#include "machine/index.h"

#include <bsd/sys/tree.h>
#include <stdlib.h>
#include <string.h>

#include "machine/draft.h"
#include "machine/store.h"

/* Of what tree.h makes, not everything is called. */
#define STATIC_UNUSED static __attribute__((unused))

/* One piece of memory for each entry; |key| stands right behind it. What is
 * only looked for has its key elsewhere. */
struct entry {
    RB_ENTRY(entry) link;
    uint64_t value;
    const uint8_t *key;
    uint16_t len;
};

RB_HEAD(tree, entry);

enum {
    SPACES = 256,
};

/* A tree for each key space, so that few entries in one space are not found
 * among the very many of another. */
struct qc_index {
    struct tree trees[SPACES];
    size_t count;
};

static int entry_compare(const struct entry *a, const struct entry *b)
{
    size_t shorter = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->key, b->key, shorter);

    return order != 0 ? order : (int)a->len - (int)b->len;
}

RB_GENERATE_INTERNAL(tree, entry, link, entry_compare, STATIC_UNUSED)

/* Where |key| is, and all that starts with it. What is too short to have a key
 * space, as only tests write it, shares one tree. */
static struct tree *tree_of(struct qc_index *index, const struct qc_key *key)
{
    return &index->trees[key->len >= QC_KEY_PREFIX_SIZE
                             ? key->data[QC_KEY_PREFIX_SIZE - 1]
                             : 0];
}

static struct entry probe(const struct qc_key *key)
{
    return (struct entry){.key = key->data, .len = key->len};
}

static struct entry *find(struct qc_index *index, const struct qc_key *key)
{
    struct entry wanted = probe(key);

    return RB_FIND(tree, tree_of(index, key), &wanted);
}

/* The first entry that is not below |key|. */
static struct entry *find_from(struct tree *tree, const struct qc_key *key)
{
    struct entry wanted = probe(key);

    return RB_NFIND(tree, tree, &wanted);
}

/* Adds an entry, unless there is one with this key: that one is given out and
 * stays as it is, else NULL. One walk does both, and keys are mostly new. False
 * when memory is short. */
static bool insert(struct qc_index *index,
                   const struct qc_key *key,
                   uint64_t value,
                   struct entry **there_out)
{
    struct entry *entry = malloc(sizeof(*entry) + key->len);
    uint8_t *copy;

    if (entry == NULL) {
        return false;
    }
    copy = (uint8_t *)(entry + 1);
    memcpy(copy, key->data, key->len);
    *entry = (struct entry){.value = value, .key = copy, .len = key->len};
    *there_out = RB_INSERT(tree, tree_of(index, key), entry);
    if (*there_out != NULL) {
        free(entry);
    } else {
        index->count++;
    }
    return true;
}

static void remove_entry(struct qc_index *index,
                         const struct qc_key *key,
                         struct entry *entry)
{
    RB_REMOVE(tree, tree_of(index, key), entry);
    index->count--;
    free(entry);
}

struct qc_index *qc_index_new(void)
{
    return calloc(1, sizeof(struct qc_index));
}

/* Leaves first, so that nothing has to be balanced on the way. */
static void free_tree(struct tree *tree)
{
    struct entry *at = RB_ROOT(tree);

    while (at != NULL) {
        struct entry *next = RB_LEFT(at, link);

        if (next != NULL) {
            RB_LEFT(at, link) = NULL;
        } else if ((next = RB_RIGHT(at, link)) != NULL) {
            RB_RIGHT(at, link) = NULL;
        } else {
            next = RB_PARENT(at, link);
            free(at);
        }
        at = next;
    }
}

void qc_index_free(struct qc_index *index)
{
    for (size_t i = 0; index != NULL && i < SPACES; i++) {
        free_tree(&index->trees[i]);
    }
    free(index);
}

size_t qc_index_count(const struct qc_index *index)
{
    return index->count;
}

static void key_of(const struct entry *entry, struct qc_key *key_out)
{
    key_out->len = entry->len;
    memcpy(key_out->data, entry->key, entry->len);
}

static bool is_equal(struct tree *a, struct tree *b, struct qc_key *key_out)
{
    struct entry *in_a = RB_MIN(tree, a);
    struct entry *in_b = RB_MIN(tree, b);

    while (in_a != NULL && in_b != NULL) {
        int order = entry_compare(in_a, in_b);

        if (order != 0 || in_a->value != in_b->value) {
            key_of(order <= 0 ? in_a : in_b, key_out);
            return false;
        }
        in_a = RB_NEXT(tree, a, in_a);
        in_b = RB_NEXT(tree, b, in_b);
    }
    if (in_a != NULL || in_b != NULL) {
        key_of(in_a != NULL ? in_a : in_b, key_out);
        return false;
    }
    return true;
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

static void note(struct qc_txn *txn,
                 const struct qc_key *key,
                 const struct entry *entry)
{
    if (txn->draft != NULL) {
        qc_draft_note(txn, key, entry != NULL,
                      entry != NULL ? entry->value : 0);
    }
}

void qc_index_put(struct qc_txn *txn, const struct qc_key *key, uint64_t value)
{
    struct entry *there;

    if (txn->fault != 0) {
        return;
    }
    if (!insert(txn->index, key, value, &there)) {
        qc_txn_fail(txn, QC_E_NOMEM);
        return;
    }
    note(txn, key, there);
    if (there != NULL) {
        there->value = value;
    }
}

void qc_index_del(struct qc_txn *txn, const struct qc_key *key)
{
    struct entry *entry;

    if (txn->fault != 0) {
        return;
    }
    entry = find(txn->index, key);
    if (entry == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    note(txn, key, entry);
    remove_entry(txn->index, key, entry);
}

void qc_index_add(struct qc_txn *txn, const struct qc_key *key, int64_t delta)
{
    struct entry *entry;
    uint64_t value;

    if (txn->fault != 0 || delta == 0) {
        return;
    }
    entry = find(txn->index, key);
    value = entry != NULL ? entry->value : 0;
    if (delta < 0 ? value < -(uint64_t)delta
                  : value > UINT64_MAX - (uint64_t)delta) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    value += (uint64_t)delta;
    if (entry == NULL) {
        qc_index_put(txn, key, value);
        return;
    }
    note(txn, key, entry);
    if (value == 0) {
        remove_entry(txn->index, key, entry);
    } else {
        entry->value = value;
    }
}

bool qc_index_restore(struct qc_index *index,
                      const struct qc_key *key,
                      bool present,
                      uint64_t value)
{
    struct entry *entry = find(index, key);

    if (entry == NULL) {
        return !present || insert(index, key, value, &entry);
    }
    if (present) {
        entry->value = value;
    } else {
        remove_entry(index, key, entry);
    }
    return true;
}

bool qc_index_find(struct qc_index *index,
                   const struct qc_key *key,
                   uint64_t *value_out)
{
    const struct entry *entry = find(index, key);

    if (entry != NULL) {
        *value_out = entry->value;
    }
    return entry != NULL;
}

/* Gives out |entry| if there is one and it starts with |prefix|. */
static bool give(const struct entry *entry,
                 const struct qc_key *prefix,
                 struct qc_key *key_out,
                 uint64_t *value_out)
{
    if (entry == NULL || entry->len < prefix->len ||
        memcmp(entry->key, prefix->data, prefix->len) != 0) {
        return false;
    }
    key_of(entry, key_out);
    if (value_out != NULL) {
        *value_out = entry->value;
    }
    return true;
}

bool qc_index_get(struct qc_txn *txn,
                  const struct qc_key *key,
                  uint64_t *value_out)
{
    const struct entry *entry = txn->fault == 0 ? find(txn->index, key) : NULL;

    if (value_out != NULL) {
        *value_out = entry != NULL ? entry->value : 0;
    }
    return entry != NULL;
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
    if (txn->fault != 0) {
        return false;
    }
    return give(find_from(tree_of(txn->index, prefix), prefix), prefix, key_out,
                value_out);
}

bool qc_index_next(struct qc_txn *txn,
                   const struct qc_key *prefix,
                   struct qc_key *key,
                   uint64_t *value_out)
{
    struct tree *tree = tree_of(txn->index, prefix);
    struct entry *entry;

    if (txn->fault != 0) {
        return false;
    }
    entry = find_from(tree, key);
    if (entry != NULL && entry->len == key->len &&
        memcmp(entry->key, key->data, key->len) == 0) {
        entry = RB_NEXT(tree, tree, entry);
    }
    return give(entry, prefix, key, value_out);
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
    struct tree *tree = tree_of(txn->index, prefix);
    struct entry *entry = NULL;
    struct qc_key above;

    if (txn->fault != 0) {
        return false;
    }
    if (key_above(prefix, &above)) {
        entry = find_from(tree, &above);
    }
    entry = entry != NULL ? RB_PREV(tree, tree, entry) : RB_MAX(tree, tree);
    return give(entry, prefix, key_out, value_out);
}
