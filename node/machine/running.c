#include "machine/running.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/arena.h"
#include "machine/row.h"
#include "machine/store.h"

enum {
    BUCKETS = 64,
    ARENA_SIZE = 256 * 1024 * 1024,
};

struct running_row {
    struct running_row *next_of_bucket;
    struct running_row *next; /* In the order in which they came. */
    void *row;
    void (*written)(struct qc_txn *txn, const struct qc_key *key);
    struct qc_key key;
};

struct qc_running {
    struct qc_arena arena;
    struct running_row *buckets[BUCKETS];
    struct running_row *first;
    struct running_row **end;
};

struct qc_running *qc_running_new(void)
{
    struct qc_running *running = calloc(1, sizeof(*running));

    if (running != NULL) {
        qc_arena_init(&running->arena, ARENA_SIZE);
        running->end = &running->first;
    }
    return running;
}

void qc_running_free(struct qc_running *running)
{
    if (running != NULL) {
        qc_arena_done(&running->arena);
        free(running);
    }
}

void qc_running_begin(struct qc_running *running)
{
    if (running->first != NULL) {
        qc_arena_reset(&running->arena);
        memset(running->buckets, 0, sizeof(running->buckets));
        running->first = NULL;
        running->end = &running->first;
    }
}

static struct running_row **bucket_of(struct qc_running *running,
                                      const struct qc_key *key)
{
    return &running->buckets[XXH3_64bits(key->data, key->len) % BUCKETS];
}

/* NULL when it was not asked for yet. */
static const struct running_row *find(struct running_row *const *bucket,
                                      const struct qc_key *key)
{
    const struct running_row *one = *bucket;

    while (one != NULL && (one->key.len != key->len ||
                           memcmp(one->key.data, key->data, key->len) != 0)) {
        one = one->next_of_bucket;
    }
    return one;
}

/* The row of |key|, which was not asked for yet; an empty one unless it is
 * |looked_for| and there. NULL is a fault. */
static struct running_row *add(struct qc_txn *txn,
                               struct running_row **bucket,
                               const ProtobufCMessageDescriptor *type,
                               const struct qc_key *key,
                               bool looked_for)
{
    struct qc_running *running = txn->running;
    struct running_row *made = qc_running_alloc(txn, sizeof(*made));
    struct qc_arena *arena = txn->arena;

    if (made == NULL) {
        return NULL;
    }
    txn->arena = &running->arena;
    made->row = looked_for ? qc_row_get(txn, type, key) : NULL;
    if (made->row == NULL) {
        made->row = qc_row_new(txn, type);
    }
    txn->arena = arena;
    if (txn->fault != 0) {
        return NULL;
    }
    made->key.len = key->len;
    memcpy(made->key.data, key->data, key->len);
    made->next_of_bucket = *bucket;
    *bucket = made;
    *running->end = made;
    running->end = &made->next;
    return made;
}

/* The bucket of |key|, in a transaction that may change it. */
static struct running_row **bucket_to_change(struct qc_txn *txn,
                                             const struct qc_key *key)
{
    assert(txn->running != NULL); /* A query changes nothing. */
    assert(txn->draft == NULL);

    return bucket_of(txn->running, key);
}

void *qc_running_row(struct qc_txn *txn,
                     const ProtobufCMessageDescriptor *type,
                     const struct qc_key *key)
{
    struct running_row **bucket = bucket_to_change(txn, key);
    const struct running_row *one = find(bucket, key);

    one = one != NULL ? one : add(txn, bucket, type, key, true);
    return one != NULL ? one->row : NULL;
}

void *qc_running_own_row(struct qc_txn *txn,
                         const ProtobufCMessageDescriptor *type,
                         const struct qc_key *key,
                         void (*written)(struct qc_txn *txn,
                                         const struct qc_key *key))
{
    struct running_row **bucket = bucket_to_change(txn, key);
    const struct running_row *one = find(bucket, key);
    struct running_row *made;

    if (one != NULL) {
        return one->row;
    }
    made = add(txn, bucket, type, key, false);
    if (made == NULL) {
        return NULL;
    }
    made->written = written;
    return made->row;
}

void *qc_running_alloc(struct qc_txn *txn, size_t size)
{
    void *memory = qc_arena_alloc(&txn->running->arena, size);

    if (memory == NULL) {
        qc_txn_fail(txn, QC_E_NOMEM);
    }
    return memory;
}

const void *qc_running_look(struct qc_txn *txn,
                            const ProtobufCMessageDescriptor *type,
                            const struct qc_key *key)
{
    const struct running_row *one =
        txn->running != NULL ? find(bucket_of(txn->running, key), key) : NULL;

    return one != NULL ? one->row : qc_row_get(txn, type, key);
}

void qc_running_end(struct qc_txn *txn)
{
    const struct running_row *one;

    for (one = txn->running->first; one != NULL; one = one->next) {
        qc_row_put(txn, &one->key, one->row);
        if (one->written != NULL && txn->fault == 0) {
            one->written(txn, &one->key);
        }
    }
    qc_running_begin(txn->running);
}
