#include "machine/key_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    KEYS = 3000, /* Of a model, before those that are equal are left out. */
    ROUNDS = 40000,
    PREFIXES = 6,
};

/* What a tree is to hold, in the order of the keys. */
struct model {
    struct qc_key keys[KEYS];
    uint64_t values[KEYS]; /* 0: it is not there. */
    size_t n;
};

static const struct qc_key all = {.len = 0};

static uint32_t chance(uint32_t n)
{
    static uint64_t state = 1;

    state =
        state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % n;
}

static int compare(const void *a, const void *b)
{
    const struct qc_key *one = a;
    const struct qc_key *other = b;
    size_t shorter = one->len < other->len ? one->len : other->len;
    int order = memcmp(one->data, other->data, shorter);

    return order != 0 ? order : (int)one->len - (int)other->len;
}

/* Few of them alike, many with much in common: of any length, with zeros and
 * ones at their ends. */
static struct qc_key any_key(void)
{
    static const uint16_t lengths[PREFIXES] = {0, 1, 5, 9, 60, 340};
    unsigned prefix = chance(PREFIXES);
    struct qc_key key = {.len = lengths[prefix]};
    uint32_t rest = chance(44);

    memset(key.data, (int)('a' + prefix), key.len);
    for (uint32_t i = 0; i < rest; i++) {
        qc_key_put_u8(
            &key, (uint8_t)(chance(3) == 0 ? chance(256) : 255 * chance(2)));
    }
    return key;
}

static void make(struct model *model)
{
    size_t last = 0;

    for (size_t i = 0; i < KEYS; i++) {
        model->keys[i] = any_key();
        model->values[i] = 0;
    }
    qsort(model->keys, KEYS, sizeof(model->keys[0]), compare);
    for (size_t i = 1; i < KEYS; i++) {
        if (compare(&model->keys[last], &model->keys[i]) != 0) {
            model->keys[++last] = model->keys[i];
        }
    }
    model->n = last + 1;
    assert_true(model->n > KEYS / 2);
}

static void set(struct qc_key_tree *tree, struct model *model, size_t i)
{
    uint64_t value = 1 + chance(1000);
    uint64_t *there;

    assert_true(qc_key_tree_add(tree, &model->keys[i], value, &there));
    assert_int_equal(there != NULL, model->values[i] != 0);
    if (there != NULL) {
        assert_int_equal(*there, model->values[i]);
        *there = value;
    }
    model->values[i] = value;
}

static void unset(struct qc_key_tree *tree, struct model *model, size_t i)
{
    assert_int_equal(qc_key_tree_remove(tree, &model->keys[i]),
                     model->values[i] != 0);
    model->values[i] = 0;
}

static void assert_at(const struct model *model,
                      size_t i,
                      const struct qc_key *key,
                      uint64_t value)
{
    assert_int_equal(compare(key, &model->keys[i]), 0);
    assert_int_equal(value, model->values[i]);
}

/* Each key by itself, and all of them both ways. */
static void assert_same(const struct qc_key_tree *tree,
                        const struct model *model)
{
    struct qc_key forth = all;
    struct qc_key back;
    bool above = false;
    const struct qc_key *end = NULL;
    uint64_t value;

    for (size_t i = 0; i < model->n; i++) {
        const uint64_t *there = qc_key_tree_find(tree, &model->keys[i]);

        assert_int_equal(there != NULL ? *there : 0, model->values[i]);
        if (model->values[i] != 0) {
            assert_true(
                qc_key_tree_next(tree, &all, &forth, above, &forth, &value));
            assert_at(model, i, &forth, value);
            above = true;
        }
    }
    assert_false(qc_key_tree_next(tree, &all, &forth, above, &forth, &value));
    for (size_t i = model->n; i-- > 0;) {
        if (model->values[i] != 0) {
            assert_true(qc_key_tree_previous(tree, &all, end, &back, &value));
            assert_at(model, i, &back, value);
            end = &back;
        }
    }
    assert_false(qc_key_tree_previous(tree, &all, end, &back, &value));
}

static void keys_of_any_kind_come_and_go(void **state)
{
    static struct model model;
    struct qc_key_tree tree = {.root = NULL};

    (void)state;
    make(&model);
    for (int round = 0; round < ROUNDS; round++) {
        /* Mostly more, then mostly fewer, in turns. */
        bool adds = chance(8) != 0;
        size_t i = chance((uint32_t)model.n);

        if ((round / (ROUNDS / 4)) % 2 == 0 ? adds : !adds) {
            set(&tree, &model, i);
        } else {
            unset(&tree, &model, i);
        }
        if (round % (ROUNDS / 40) == 0) {
            assert_same(&tree, &model);
        }
    }
    for (size_t i = 0; i < model.n; i++) {
        unset(&tree, &model, i);
    }
    assert_null(tree.root);
}

static void keys_in_order_come_and_go_like_a_queue(void **state)
{
    static struct model model;
    struct qc_key_tree tree = {.root = NULL};

    (void)state;
    make(&model);
    for (size_t i = 0; i < model.n; i++) {
        set(&tree, &model, i);
        if (i >= model.n / 2) {
            unset(&tree, &model, i - model.n / 2);
        }
    }
    assert_same(&tree, &model);
    for (size_t i = model.n; i-- > 0;) {
        set(&tree, &model, i);
    }
    assert_same(&tree, &model);
    qc_key_tree_clear(&tree);
    assert_null(tree.root);
}

/* The last ones often stand in a node of their own. */
static void the_last_keys_go_and_come_again(void **state)
{
    static struct model model;
    struct qc_key_tree tree = {.root = NULL};

    (void)state;
    make(&model);
    set(&tree, &model, 0);
    for (size_t i = 1; i < model.n; i++) {
        set(&tree, &model, i);
        unset(&tree, &model, i);
        unset(&tree, &model, i - 1);
        set(&tree, &model, i - 1);
        set(&tree, &model, i);
    }
    assert_same(&tree, &model);
    qc_key_tree_clear(&tree);
}

static void a_walk_ends_with_its_prefix(void **state)
{
    struct qc_key_tree tree = {.root = NULL};
    struct qc_key prefix = {.len = 2, .data = "ab"};
    struct qc_key key = {.len = 3, .data = "abc"};
    struct qc_key end = {.len = 2, .data = "ac"};
    struct qc_key other = {.len = 2, .data = "ad"};
    uint64_t *there;

    (void)state;
    assert_true(qc_key_tree_add(&tree, &key, 1, &there));
    assert_true(qc_key_tree_add(&tree, &other, 2, &there));
    assert_true(qc_key_tree_next(&tree, &prefix, &prefix, true, &key, NULL));
    assert_false(qc_key_tree_next(&tree, &prefix, &key, true, &key, NULL));
    assert_int_equal(key.len, 3);
    assert_true(qc_key_tree_previous(&tree, &prefix, &end, &key, NULL));
    assert_false(qc_key_tree_previous(&tree, &prefix, NULL, &key, NULL));
    qc_key_tree_clear(&tree);
}

static void an_empty_tree_has_nothing(void **state)
{
    struct qc_key_tree tree = {.root = NULL};
    struct qc_key key = {.len = 1, .data = "a"};

    (void)state;
    assert_null(qc_key_tree_find(&tree, &key));
    assert_false(qc_key_tree_remove(&tree, &key));
    assert_false(qc_key_tree_next(&tree, &all, &key, false, &key, NULL));
    assert_false(qc_key_tree_previous(&tree, &all, NULL, &key, NULL));
    qc_key_tree_clear(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_any_kind_come_and_go),
        cmocka_unit_test(keys_in_order_come_and_go_like_a_queue),
        cmocka_unit_test(the_last_keys_go_and_come_again),
        cmocka_unit_test(a_walk_ends_with_its_prefix),
        cmocka_unit_test(an_empty_tree_has_nothing),
    };

    return cmocka_run_group_tests_name("key tree", tests, NULL, NULL);
}
