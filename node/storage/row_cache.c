#include "storage/row_cache.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
    /* What a row is thought to take, so that a chain is about one row long. */
    ROW_SIZE_TYPICAL = 256,
};

struct qc_row_cache_row {
    struct qc_row_cache_row *next; /* Of the same bucket. */
    TAILQ_ENTRY(qc_row_cache_row) place;
    bool used; /* Since it last came to the head of the queue. */
    size_t key_size;
    size_t row_size;
    size_t capacity; /* Of |bytes|: the key, then the row. */
    uint8_t bytes[];
};

int qc_row_cache_init(struct qc_row_cache *cache, size_t size_max)
{
    size_t n_buckets = 1;

    while (n_buckets < size_max / ROW_SIZE_TYPICAL) {
        n_buckets *= 2;
    }
    *cache = (struct qc_row_cache){
        .buckets = calloc(n_buckets, sizeof(struct qc_row_cache_row *)),
        .n_buckets = n_buckets,
        .size_max = size_max,
    };
    TAILQ_INIT(&cache->queue);
    return cache->buckets == NULL ? QC_E_NOMEM : 0;
}

void qc_row_cache_done(struct qc_row_cache *cache)
{
    struct qc_row_cache_row *row = TAILQ_FIRST(&cache->queue);

    while (row != NULL) {
        struct qc_row_cache_row *next = TAILQ_NEXT(row, place);

        free(row);
        row = next;
    }
    free(cache->buckets);
    *cache = (struct qc_row_cache){.size = 0};
}

/* Keys hold what clients say. The address, which they do not know, is a seed,
 * so that nobody can make keys that all fall into one bucket. */
static size_t bucket(const struct qc_row_cache *cache, struct qc_bytes key)
{
    XXH64_hash_t seed = (uintptr_t)cache->buckets;

    return (size_t)XXH3_64bits_withSeed(key.data, key.size, seed) &
           (cache->n_buckets - 1);
}

/* Where the row of |key| hangs, or would hang. */
static struct qc_row_cache_row **find(struct qc_row_cache *cache,
                                      struct qc_bytes key)
{
    struct qc_row_cache_row **at = &cache->buckets[bucket(cache, key)];

    while (*at != NULL && ((*at)->key_size != key.size ||
                           memcmp((*at)->bytes, key.data, key.size) != 0)) {
        at = &(*at)->next;
    }
    return at;
}

static size_t size_of(const struct qc_row_cache_row *row)
{
    return sizeof(*row) + row->capacity;
}

static void drop(struct qc_row_cache *cache, struct qc_row_cache_row **at)
{
    struct qc_row_cache_row *row = *at;

    *at = row->next;
    TAILQ_REMOVE(&cache->queue, row, place);
    cache->size -= size_of(row);
    free(row);
}

/* Makes room for |size| more bytes: the oldest go, but those that were used
 * meanwhile are spared once. */
static void make_room(struct qc_row_cache *cache, size_t size)
{
    while (cache->size + size > cache->size_max) {
        struct qc_row_cache_row *oldest = TAILQ_FIRST(&cache->queue);

        if (oldest->used) {
            oldest->used = false;
            TAILQ_REMOVE(&cache->queue, oldest, place);
            TAILQ_INSERT_TAIL(&cache->queue, oldest, place);
        } else {
            drop(cache, find(cache, (struct qc_bytes){oldest->bytes,
                                                      oldest->key_size}));
        }
    }
}

static void add(struct qc_row_cache *cache,
                struct qc_bytes key,
                struct qc_bytes row)
{
    size_t capacity = key.size + row.size;
    struct qc_row_cache_row **at;
    struct qc_row_cache_row *own;

    if (row.size > QC_ROW_CACHE_ROW_SIZE_MAX ||
        sizeof(*own) + capacity > cache->size_max) {
        return;
    }
    make_room(cache, sizeof(*own) + capacity);
    own = malloc(sizeof(*own) + capacity);
    if (own == NULL) {
        return; /* It is on disk. */
    }
    *own = (struct qc_row_cache_row){
        .key_size = key.size,
        .row_size = row.size,
        .capacity = capacity,
    };
    memcpy(own->bytes, key.data, key.size);
    if (row.size > 0) {
        memcpy(own->bytes + key.size, row.data, row.size);
    }
    at = find(cache, key);
    *at = own;
    TAILQ_INSERT_TAIL(&cache->queue, own, place);
    cache->size += size_of(own);
}

bool qc_row_cache_get(struct qc_row_cache *cache,
                      struct qc_bytes key,
                      struct qc_bytes *row_out)
{
    struct qc_row_cache_row *own = *find(cache, key);

    if (own == NULL) {
        return false;
    }
    own->used = true;
    *row_out = (struct qc_bytes){own->bytes + own->key_size, own->row_size};
    return true;
}

void qc_row_cache_put(struct qc_row_cache *cache,
                      struct qc_bytes key,
                      struct qc_bytes row)
{
    struct qc_row_cache_row **at = find(cache, key);

    if (*at != NULL && key.size + row.size <= (*at)->capacity) {
        if (row.size > 0) {
            memcpy((*at)->bytes + key.size, row.data, row.size);
        }
        (*at)->row_size = row.size;
        return;
    }
    if (*at != NULL) {
        drop(cache, at);
    }
    add(cache, key, row);
}

void qc_row_cache_drop(struct qc_row_cache *cache, struct qc_bytes key)
{
    struct qc_row_cache_row **at = find(cache, key);

    if (*at != NULL) {
        drop(cache, at);
    }
}
