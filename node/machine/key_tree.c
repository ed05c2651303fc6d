#include "machine/key_tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/*
 * The entries of a node are slots, in the order of their keys. What all its
 * keys begin with, its prefix, stands at the end of the node; before it stand
 * the tails of the keys, in no order, with gaps where some were removed.
 *
 * In a node that is no leaf, keys separate: a child has what is not below its
 * key and is below the next one's. The first child has all that is below the
 * second's key, so the first key says nothing and may be any.
 */

enum {
    SLOTS_MAX = 126, /* A node is then 2 KiB, with what malloc adds. */
    HEAD_SIZE = sizeof(uint32_t),
    HEIGHT_MAX = 16, /* More nodes than there is memory for. */
};

/* A key without the prefix of its node. */
struct slot {
    uint32_t head; /* Its first bytes, as a number; zeros behind the last. */
    uint16_t len;
    uint16_t tail; /* Where its other bytes are. */
    union {
        uint64_t value;
        struct qc_key_node *child;
    };
};

struct qc_key_node {
    uint16_t n;
    uint16_t prefix_len;
    uint16_t low;                 /* Prefix and tails stand from here on. */
    uint16_t used;                /* By prefix and tails, gaps apart. */
    struct slot slots[SLOTS_MAX]; /* And behind them what is above. */
};

enum {
    ROOM = sizeof(((struct qc_key_node *)NULL)->slots),
    SPARSE = ROOM / 4,    /* Who has less is put together with a neighbour... */
    DENSE = ROOM / 4 * 3, /* ... if that gives no more than this. */
};

static_assert(4 * (QC_KEY_SIZE_MAX + sizeof(struct slot)) <= ROOM,
              "a node has room for a few of the longest keys");

/* Who is on the way from the root to a leaf, and which slot leads on. */
struct path {
    struct qc_key_node *nodes[HEIGHT_MAX];
    unsigned slots[HEIGHT_MAX];
};

/* --- keys of a node ---------------------------------------------------------
 */

static uint8_t *bytes_of(const struct qc_key_node *node, size_t at)
{
    return (uint8_t *)(uintptr_t)node->slots + at;
}

static const uint8_t *prefix_of(const struct qc_key_node *node)
{
    return bytes_of(node, ROOM - (size_t)node->prefix_len);
}

static size_t tail_size(size_t len)
{
    return len > HEAD_SIZE ? len - HEAD_SIZE : 0;
}

static uint32_t head_of(const uint8_t *bytes, size_t len)
{
    uint32_t head = 0;

    if (len >= HEAD_SIZE) {
        return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
               (uint32_t)bytes[2] << 8 | bytes[3];
    }
    for (size_t i = 0; i < HEAD_SIZE; i++) {
        head = head << 8 | (i < len ? bytes[i] : 0U);
    }
    return head;
}

static void key_at(const struct qc_key_node *node,
                   unsigned i,
                   struct qc_key *key_out)
{
    const struct slot *slot = &node->slots[i];
    uint8_t *to = key_out->data + node->prefix_len;

    memcpy(key_out->data, prefix_of(node), node->prefix_len);
    if (slot->len < HEAD_SIZE) {
        for (size_t at = 0; at < slot->len; at++) {
            to[at] = (uint8_t)(slot->head >> (8 * (HEAD_SIZE - 1 - at)));
        }
    } else {
        to[0] = (uint8_t)(slot->head >> 24);
        to[1] = (uint8_t)(slot->head >> 16);
        to[2] = (uint8_t)(slot->head >> 8);
        to[3] = (uint8_t)slot->head;
        memcpy(to + HEAD_SIZE, bytes_of(node, slot->tail),
               tail_size(slot->len));
    }
    key_out->len = (uint16_t)(node->prefix_len + slot->len);
}

static size_t common_size(const uint8_t *a, const uint8_t *b, size_t max)
{
    size_t size = 0;

    while (size < max && a[size] == b[size]) {
        size++;
    }
    return size;
}

/* How much of the prefix of |node| |key| begins with. */
static size_t shared_prefix(const struct qc_key_node *node,
                            const struct qc_key *key)
{
    size_t max = key->len < node->prefix_len ? key->len : node->prefix_len;
    const uint8_t *prefix = prefix_of(node);

    /* Nearly always all of it. */
    return memcmp(prefix, key->data, max) == 0
               ? max
               : common_size(prefix, key->data, max);
}

/* Likewise of all its keys from |first| to before |end|. The first one of
 * others need not be in order. */
static size_t shared_by(const struct qc_key_node *node,
                        unsigned first,
                        unsigned end)
{
    struct qc_key one;
    struct qc_key other;
    size_t shared;

    key_at(node, first, &one);
    shared = one.len;
    for (unsigned i = first + 1; i < end; i = i + 1 < end ? end - 1 : end) {
        key_at(node, i, &other);
        shared = common_size(one.data, other.data,
                             other.len < shared ? other.len : shared);
    }
    return shared;
}

/* The order of the key in |slot| and of one with the same prefix, of which
 * |rest|, |len| long, begins with |head| behind that. */
static int compare(const struct qc_key_node *node,
                   const struct slot *slot,
                   uint32_t head,
                   const uint8_t *rest,
                   size_t len)
{
    size_t size = tail_size(slot->len < len ? slot->len : len);
    int order = 0;

    if (slot->head != head) {
        return slot->head < head ? -1 : 1;
    }
    if (size > 0) {
        order = memcmp(bytes_of(node, slot->tail), rest + HEAD_SIZE, size);
    }
    return order != 0 ? order : (int)slot->len - (int)len;
}

/* Where |key| is from slot |first| on, or where it would be. */
static unsigned search(const struct qc_key_node *node,
                       unsigned first,
                       const struct qc_key *key,
                       bool *found_out)
{
    size_t prefix_len = node->prefix_len;
    size_t shorter = key->len < prefix_len ? key->len : prefix_len;
    int order = memcmp(key->data, prefix_of(node), shorter);
    const uint8_t *rest = key->data + shorter;
    size_t len = key->len - shorter;
    uint32_t head = head_of(rest, len);
    unsigned end = node->n;

    *found_out = false;
    if (order != 0 || shorter < prefix_len) {
        return order > 0 ? end : first;
    }
    while (first < end) {
        unsigned middle = first + (end - first) / 2;

        order = compare(node, &node->slots[middle], head, rest, len);
        if (order == 0) {
            *found_out = true;
            return middle;
        }
        if (order < 0) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return first;
}

/* Whether |key| is above all of |node|, which is not empty. */
static bool is_above(const struct qc_key_node *node, const struct qc_key *key)
{
    size_t prefix_len = node->prefix_len;
    size_t shorter = key->len < prefix_len ? key->len : prefix_len;
    int order = memcmp(key->data, prefix_of(node), shorter);
    const uint8_t *rest = key->data + shorter;
    size_t len = key->len - shorter;

    if (order != 0 || shorter < prefix_len) {
        return order > 0;
    }
    return compare(node, &node->slots[node->n - 1], head_of(rest, len), rest,
                   len) < 0;
}

/* --- changes of a node ------------------------------------------------------
 */

static size_t size_of(const struct qc_key_node *node)
{
    return node->n * sizeof(struct slot) + node->used;
}

/* How large the entries of |node| are, without the prefix, if that is
 * |prefix_len| long. */
static size_t size_with(const struct qc_key_node *node, size_t prefix_len)
{
    size_t size = node->n * sizeof(struct slot);

    for (unsigned i = 0; i < node->n; i++) {
        size += tail_size((size_t)node->prefix_len + node->slots[i].len -
                          prefix_len);
    }
    return size;
}

static bool has_room(const struct qc_key_node *node, const struct qc_key *key)
{
    size_t shared = shared_prefix(node, key);
    size_t size = shared == node->prefix_len ? size_of(node)
                                             : size_with(node, shared) + shared;

    return node->n == 0 ||
           size + sizeof(struct slot) + tail_size(key->len - shared) <= ROOM;
}

/* Leaves |node| empty, with a prefix as long as |prefix_len| of |key|. */
static void begin(struct qc_key_node *node,
                  const struct qc_key *key,
                  size_t prefix_len)
{
    node->n = 0;
    node->prefix_len = (uint16_t)prefix_len;
    node->used = (uint16_t)prefix_len;
    node->low = (uint16_t)(ROOM - prefix_len);
    memcpy(bytes_of(node, node->low), key->data, prefix_len);
}

/* Makes |key|, which begins with the prefix, slot |at|, if there is room before
 * |low|. */
static void place(struct qc_key_node *node,
                  unsigned at,
                  const struct qc_key *key,
                  const struct slot *what)
{
    const uint8_t *rest = key->data + node->prefix_len;
    size_t len = (size_t)key->len - node->prefix_len;
    size_t tail = tail_size(len);
    struct slot *slot = &node->slots[at];

    assert((node->n + 1U) * sizeof(*slot) + tail <= node->low);

    memmove(slot + 1, slot, (node->n - at) * sizeof(*slot));
    *slot = *what;
    slot->head = head_of(rest, len);
    slot->len = (uint16_t)len;
    node->n++;
    node->low = (uint16_t)(node->low - tail);
    node->used = (uint16_t)(node->used + tail);
    slot->tail = node->low;
    if (tail > 0) {
        memcpy(bytes_of(node, node->low), rest + HEAD_SIZE, tail);
    }
}

/* Puts the slots of |from| from |first| to before |end| behind those of |to|.
 */
static void append(struct qc_key_node *to,
                   const struct qc_key_node *from,
                   unsigned first,
                   unsigned end)
{
    struct qc_key key;

    for (unsigned i = first; i < end; i++) {
        key_at(from, i, &key);
        place(to, to->n, &key, &from->slots[i]);
    }
}

/* Lays |node| out anew, with a prefix of |prefix_len|. */
static void lay_out(struct qc_key_node *node, size_t prefix_len)
{
    struct qc_key_node was = *node;
    struct qc_key first;

    key_at(&was, 0, &first);
    begin(node, &first, prefix_len);
    append(node, &was, 0, was.n);
}

/* Moves all tails together, so that there are no gaps. */
static void close_gaps(struct qc_key_node *node)
{
    struct qc_key_node was = *node;
    size_t low = ROOM - (size_t)node->prefix_len;

    for (unsigned i = 0; i < node->n; i++) {
        size_t tail = tail_size(node->slots[i].len);

        low -= tail;
        memcpy(bytes_of(node, low), bytes_of(&was, was.slots[i].tail), tail);
        node->slots[i].tail = (uint16_t)low;
    }
    node->low = (uint16_t)low;
}

/* As place(), where has_room() says so. */
static void insert(struct qc_key_node *node,
                   unsigned at,
                   const struct qc_key *key,
                   const struct slot *what)
{
    size_t shared = shared_prefix(node, key);

    if (node->n == 0) {
        begin(node, key, key->len);
    } else if (shared < node->prefix_len) {
        lay_out(node, shared);
    } else if ((node->n + 1U) * sizeof(*what) + tail_size(key->len - shared) >
               node->low) {
        close_gaps(node);
    }
    place(node, at, key, what);
}

static void take_out(struct qc_key_node *node, unsigned at)
{
    struct slot *slot = &node->slots[at];
    size_t tail = tail_size(slot->len);

    if (slot->tail == node->low) { /* What came last often goes first. */
        node->low = (uint16_t)(node->low + tail);
    }
    node->used = (uint16_t)(node->used - tail);
    node->n--;
    memmove(slot, slot + 1, (node->n - at) * sizeof(*slot));
}

/* Moves the slots from |first| on into |right|, which is new. */
static void halve(struct qc_key_node *node,
                  unsigned first,
                  struct qc_key_node *right)
{
    struct qc_key key;
    size_t shared = shared_by(node, 0, first);
    unsigned n = node->n;

    key_at(node, first, &key);
    begin(right, &key, shared_by(node, first, n));
    append(right, node, first, n);
    if (shared == node->prefix_len) {
        while (node->n > first) {
            take_out(node, node->n - 1U);
        }
    } else {
        node->n = (uint16_t)first;
        lay_out(node, shared);
    }
}

/* --- the tree ---------------------------------------------------------------
 */

/* The leaf of |key|; NULL when the tree is empty. */
static struct qc_key_node *descend(const struct qc_key_tree *tree,
                                   const struct qc_key *key,
                                   struct path *path)
{
    struct qc_key_node *node = tree->root;

    for (unsigned level = 0; level + 1 < tree->height; level++) {
        bool found;
        unsigned at = search(node, 1, key, &found);

        path->nodes[level] = node;
        path->slots[level] = found ? at : at - 1;
        node = node->slots[path->slots[level]].child;
    }
    if (node != NULL) {
        path->nodes[tree->height - 1] = node;
    }
    return node;
}

uint64_t *qc_key_tree_find(const struct qc_key_tree *tree,
                           const struct qc_key *key)
{
    struct path path;
    struct qc_key_node *leaf = descend(tree, key, &path);
    bool found = false;
    unsigned at = leaf != NULL ? search(leaf, 0, key, &found) : 0;

    return found ? &leaf->slots[at].value : NULL;
}

/* The shortest key that is above the one before |at|, and not above that at
 * |at|. */
static void separator_at(const struct qc_key_node *leaf,
                         unsigned at,
                         struct qc_key *key_out)
{
    struct qc_key before;
    size_t shared;

    key_at(leaf, at - 1, &before);
    key_at(leaf, at, key_out);
    shared = common_size(before.data, key_out->data, before.len);
    key_out->len = (uint16_t)(shared + 1);
}

/* Puts a root above the root. */
static bool raise(struct qc_key_tree *tree)
{
    struct qc_key_node *root = calloc(1, sizeof(*root));
    struct slot slot = {.child = tree->root};
    struct qc_key key;

    if (root == NULL) {
        return false;
    }
    assert(tree->height < HEIGHT_MAX);
    key_at(tree->root, 0, &key);
    insert(root, 0, &key, &slot);
    tree->root = root;
    tree->height++;
    return true;
}

/* Makes two nodes of the one on |level|, or, if its parent has no room for
 * that, of the parent. What is added behind all others leaves full nodes
 * behind. False when memory is short. */
static bool split(struct qc_key_tree *tree,
                  const struct path *path,
                  unsigned level,
                  bool is_last)
{
    struct qc_key_node *node = path->nodes[level];
    unsigned at = is_last ? node->n - 1U : node->n / 2U;
    struct qc_key_node *parent;
    struct slot slot = {.child = NULL};
    struct qc_key key;

    if (level == 0) {
        return raise(tree);
    }
    parent = path->nodes[level - 1];
    if (level + 1 == tree->height) {
        separator_at(node, at, &key);
    } else {
        key_at(node, at, &key);
    }
    if (!has_room(parent, &key)) {
        return split(tree, path, level - 1,
                     path->slots[level - 1] + 1 == parent->n);
    }
    slot.child = calloc(1, sizeof(*slot.child));
    if (slot.child == NULL) {
        return false;
    }
    halve(node, at, slot.child);
    if (node == tree->last) {
        tree->last = slot.child;
    }
    insert(parent, path->slots[level - 1] + 1, &key, &slot);
    return true;
}

bool qc_key_tree_add(struct qc_key_tree *tree,
                     const struct qc_key *key,
                     uint64_t value,
                     uint64_t **there_out)
{
    const struct slot slot = {.value = value};

    *there_out = NULL;
    if (tree->root == NULL) {
        tree->root = calloc(1, sizeof(*tree->root));
        tree->last = tree->root;
        tree->height = tree->root != NULL ? 1 : 0;
    } else if (is_above(tree->last, key) && has_room(tree->last, key)) {
        insert(tree->last, tree->last->n, key, &slot);
        return true;
    }
    while (tree->root != NULL) {
        struct path path;
        struct qc_key_node *leaf = descend(tree, key, &path);
        bool found;
        unsigned at = search(leaf, 0, key, &found);

        if (found) {
            *there_out = &leaf->slots[at].value;
            return true;
        }
        if (has_room(leaf, key)) {
            insert(leaf, at, key, &slot);
            return true;
        }
        if (!split(tree, &path, tree->height - 1, at == leaf->n)) {
            break;
        }
    }
    return false;
}

/* The leaf behind the one that |path| leads to; NULL when that is the last. */
static struct qc_key_node *next_leaf(const struct qc_key_tree *tree,
                                     const struct path *path)
{
    unsigned level = tree->height - 1;
    struct qc_key_node *node;

    while (level > 0 &&
           path->slots[level - 1] + 1 == path->nodes[level - 1]->n) {
        level--;
    }
    if (level == 0) {
        return NULL;
    }
    node = path->nodes[level - 1]->slots[path->slots[level - 1] + 1].child;
    for (; level + 1 < tree->height; level++) {
        node = node->slots[0].child;
    }
    return node;
}

/* The leaf before it. */
static struct qc_key_node *previous_leaf(const struct qc_key_tree *tree,
                                         const struct path *path)
{
    unsigned level = tree->height - 1;
    struct qc_key_node *node;

    while (level > 0 && path->slots[level - 1] == 0) {
        level--;
    }
    if (level == 0) {
        return NULL;
    }
    node = path->nodes[level - 1]->slots[path->slots[level - 1] - 1].child;
    for (; level + 1 < tree->height; level++) {
        node = node->slots[node->n - 1].child;
    }
    return node;
}

/* A root with one child is none. */
static void lower(struct qc_key_tree *tree)
{
    while (tree->height > 1 && tree->root->n == 1) {
        struct qc_key_node *root = tree->root;

        tree->root = root->slots[0].child;
        tree->height--;
        free(root);
    }
}

/* Frees the leaf, which is empty, and whoever is empty without it. */
static void drop(struct qc_key_tree *tree, const struct path *path)
{
    unsigned level = tree->height;

    if (path->nodes[level - 1] == tree->last) {
        tree->last = previous_leaf(tree, path);
    }
    while (level > 0 && path->nodes[level - 1]->n == 0) {
        level--;
        free(path->nodes[level]);
        if (level > 0) {
            take_out(path->nodes[level - 1], path->slots[level - 1]);
        }
    }
    if (level == 0) {
        tree->root = NULL;
        tree->height = 0;
    }
}

/* Puts the leaf together with a neighbour that has the same parent, if they are
 * no dense node then. */
static void unite(struct qc_key_tree *tree, const struct path *path)
{
    struct qc_key_node *parent = path->nodes[tree->height - 2];
    unsigned at = path->slots[tree->height - 2];
    struct qc_key_node *left;
    struct qc_key_node *right;
    struct qc_key first;
    struct qc_key last;
    size_t shared;

    if (parent->n == 1) {
        return;
    }
    at = at + 1 < parent->n ? at : at - 1;
    left = parent->slots[at].child;
    right = parent->slots[at + 1].child;
    key_at(left, 0, &first);
    key_at(right, right->n - 1U, &last);
    shared = common_size(first.data, last.data,
                         first.len < last.len ? first.len : last.len);
    if (size_with(left, shared) + size_with(right, shared) + shared > DENSE) {
        return;
    }
    lay_out(left, shared);
    append(left, right, 0, right->n);
    if (right == tree->last) {
        tree->last = left;
    }
    free(right);
    take_out(parent, at + 1);
}

bool qc_key_tree_remove(struct qc_key_tree *tree, const struct qc_key *key)
{
    struct path path;
    struct qc_key_node *leaf = descend(tree, key, &path);
    bool found = false;
    unsigned at = leaf != NULL ? search(leaf, 0, key, &found) : 0;

    if (!found) {
        return false;
    }
    take_out(leaf, at);
    if (leaf->n == 0) {
        drop(tree, &path);
    } else if (tree->height > 1 && size_of(leaf) < SPARSE) {
        unite(tree, &path);
    }
    lower(tree);
    return true;
}

static void free_node(struct qc_key_node *node, unsigned height)
{
    for (unsigned i = 0; height > 1 && i < node->n; i++) {
        free_node(node->slots[i].child, height - 1);
    }
    free(node);
}

void qc_key_tree_clear(struct qc_key_tree *tree)
{
    if (tree->root != NULL) {
        free_node(tree->root, tree->height);
    }
    *tree = (struct qc_key_tree){.root = NULL};
}

/* Gives out slot |at|, if it starts with |prefix|. */
static bool give(const struct qc_key_node *leaf,
                 unsigned at,
                 const struct qc_key *prefix,
                 struct qc_key *key_out,
                 uint64_t *value_out)
{
    struct qc_key key;

    key_at(leaf, at, &key);
    if (key.len < prefix->len ||
        memcmp(key.data, prefix->data, prefix->len) != 0) {
        return false;
    }
    key_out->len = key.len;
    memcpy(key_out->data, key.data, key.len);
    if (value_out != NULL) {
        *value_out = leaf->slots[at].value;
    }
    return true;
}

bool qc_key_tree_next(const struct qc_key_tree *tree,
                      const struct qc_key *prefix,
                      const struct qc_key *from,
                      bool above,
                      struct qc_key *key_out,
                      uint64_t *value_out)
{
    struct path path;
    const struct qc_key_node *leaf = descend(tree, from, &path);
    bool found;
    unsigned at;

    if (leaf == NULL) {
        return false;
    }
    at = search(leaf, 0, from, &found);
    at += found && above ? 1 : 0;
    if (at == leaf->n) {
        leaf = next_leaf(tree, &path);
        at = 0;
    }
    return leaf != NULL && give(leaf, at, prefix, key_out, value_out);
}

bool qc_key_tree_previous(const struct qc_key_tree *tree,
                          const struct qc_key *prefix,
                          const struct qc_key *end,
                          struct qc_key *key_out,
                          uint64_t *value_out)
{
    struct path path;
    const struct qc_key_node *leaf =
        end != NULL ? descend(tree, end, &path) : tree->last;
    unsigned at;
    bool found;

    if (leaf == NULL) {
        return false;
    }
    if (end == NULL) {
        return give(leaf, leaf->n - 1U, prefix, key_out, value_out);
    }
    at = search(leaf, 0, end, &found);
    if (at == 0) {
        leaf = previous_leaf(tree, &path);
        at = leaf != NULL ? leaf->n : 0;
    }
    return leaf != NULL && give(leaf, at - 1, prefix, key_out, value_out);
}
