/*
 * A map of keys to numbers in the order of the keys: a B+ tree.
 *
 * Keys of one kind have much in common, and there are millions of them. So a
 * node of 2 KiB holds some fifty: what all of them begin with stands there
 * once, the four bytes that follow are compared as a number, and only what is
 * behind is compared as bytes. An entry costs its own bytes and about twenty
 * more; one found costs a node for each level, of which a million entries have
 * four.
 */
#ifndef QC_MACHINE_KEY_TREE_H
#define QC_MACHINE_KEY_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "machine/key.h"

struct qc_key_node;

/* Zeroed: an empty one. Owns its nodes, until qc_key_tree_clear(). */
struct qc_key_tree {
    struct qc_key_node *root; /* NULL: it is empty. */
    struct qc_key_node *last; /* The leaf behind all others. */
    unsigned height;
};

/* Leaves it empty. */
void qc_key_tree_clear(struct qc_key_tree *tree);

/* The number of |key|, which may be written, until the tree is changed; NULL
 * when there is no such key. */
uint64_t *qc_key_tree_find(const struct qc_key_tree *tree,
                           const struct qc_key *key);

/* Adds |key|, unless it is there: then its number stays as it is and
 * |there_out| points to it, as qc_key_tree_find() gives it; else |there_out| is
 * NULL. False when memory is short; then nothing was added. */
QC_MUST_CHECK bool qc_key_tree_add(struct qc_key_tree *tree,
                                   const struct qc_key *key,
                                   uint64_t value,
                                   uint64_t **there_out);

/* Whether there was such a key, and it is removed. */
bool qc_key_tree_remove(struct qc_key_tree *tree, const struct qc_key *key);

/* The first key that is not below |from|, or, if |above|, is above it. The
 * answer is false, and nothing is given out, when there is none or when it does
 * not start with |prefix|. |key_out| may be |from|; |value_out| may be NULL. */
bool qc_key_tree_next(const struct qc_key_tree *tree,
                      const struct qc_key *prefix,
                      const struct qc_key *from,
                      bool above,
                      struct qc_key *key_out,
                      uint64_t *value_out);

/* Likewise the last key that is below |end| (NULL: the last of all). */
bool qc_key_tree_previous(const struct qc_key_tree *tree,
                          const struct qc_key *prefix,
                          const struct qc_key *end,
                          struct qc_key *key_out,
                          uint64_t *value_out);

#endif
