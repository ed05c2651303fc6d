#include "machine/row_memory.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/arena.h"
#include "codec/msgpack.h"
#include "machine/row.h"
#include "machine/store.h"

enum {
    WAYS = 4, /* Places that a key may have. */
    SETS = 2048,
    /* From so much memory on nothing is added. */
    MEMORY_MAX = 8 * 1024 * 1024,
    /* More than that, and any row. */
    ARENA_SIZE = 256 * 1024 * 1024,
};

struct remembered {
    struct qc_bytes key;
    struct qc_bytes bytes;
    const void *row;
    uint64_t seen; /* When its bytes were last those that were fetched. */
};

struct qc_row_memory {
    struct qc_arena arena;
    unsigned next_way; /* That is given up, if all of a set are taken. */
    uint64_t now; /* Another one in each entry, and when a row is written. */
    bool has_of[UINT8_MAX + 1]; /* Key spaces: whether it ever had a row. */
    struct remembered *places[SETS][WAYS];
};

struct qc_row_memory *qc_row_memory_new(void)
{
    struct qc_row_memory *memory = calloc(1, sizeof(*memory));

    if (memory != NULL) {
        qc_arena_init(&memory->arena, ARENA_SIZE);
    }
    return memory;
}

void qc_row_memory_free(struct qc_row_memory *memory)
{
    if (memory != NULL) {
        qc_arena_done(&memory->arena);
        free(memory);
    }
}

void qc_row_memory_begin(struct qc_row_memory *memory)
{
    memory->now++;
    if (memory->arena.used >= MEMORY_MAX) {
        qc_arena_reset(&memory->arena);
        memset(memory->places, 0, sizeof(memory->places));
    }
}

static uint8_t space_of(const struct qc_key *key)
{
    return key->data[QC_KEY_PREFIX_SIZE - 1];
}

void qc_row_memory_written(struct qc_row_memory *memory,
                           const struct qc_key *key)
{
    if (memory->has_of[space_of(key)]) {
        memory->now++;
    }
}

static bool is_of(const struct remembered *place, const struct qc_key *key)
{
    return place != NULL && place->key.size == key->len &&
           memcmp(place->key.data, key->data, key->len) == 0;
}

/* Where |key| is, or else is to be. */
static struct remembered **place_of(struct qc_row_memory *memory,
                                    const struct qc_key *key)
{
    struct remembered **set =
        memory->places[XXH3_64bits(key->data, key->len) % SETS];
    size_t way = 0;

    while (way < WAYS && !is_of(set[way], key)) {
        way++;
    }
    for (size_t i = 0; way == WAYS && i < WAYS; i++) {
        way = set[i] == NULL ? i : way;
    }
    return &set[way < WAYS ? way : memory->next_way++ % WAYS];
}

static bool is_known(const struct remembered *place, struct qc_bytes bytes)
{
    return place->bytes.size == bytes.size &&
           (bytes.size == 0 ||
            memcmp(place->bytes.data, bytes.data, bytes.size) == 0);
}

/* Reads the row; NULL is a fault. */
static struct remembered *read_row(struct qc_txn *txn,
                                   const ProtobufCMessageDescriptor *type,
                                   const struct qc_key *key,
                                   struct qc_bytes bytes)
{
    struct remembered *made = qc_alloc(txn, sizeof(*made));
    uint8_t *copy = qc_alloc(txn, key->len + bytes.size);

    if (made == NULL || copy == NULL) {
        return NULL;
    }
    memcpy(copy, key->data, key->len);
    if (bytes.size > 0) {
        memcpy(copy + key->len, bytes.data, bytes.size);
    }
    made->key = (struct qc_bytes){copy, key->len};
    made->bytes = (struct qc_bytes){copy + key->len, bytes.size};
    made->row = qc_row_read(txn, type, made->bytes);
    return made->row != NULL ? made : NULL;
}

/* Reads the row into the memory. One that |place| had stays there, too, for who
 * looks at it. */
static const void *remember(struct qc_txn *txn,
                            struct remembered **place,
                            const ProtobufCMessageDescriptor *type,
                            const struct qc_key *key,
                            struct qc_bytes bytes)
{
    struct qc_arena *arena = txn->arena;
    struct remembered *made;

    txn->arena = &txn->memory->arena;
    made = read_row(txn, type, key, bytes);
    txn->arena = arena;
    if (made == NULL) {
        return NULL;
    }
    made->seen = txn->draft == NULL ? txn->memory->now : 0;
    *place = made;
    txn->memory->has_of[space_of(key)] = true;
    return made->row;
}

const void *qc_row_recall(struct qc_txn *txn,
                          const ProtobufCMessageDescriptor *type,
                          const struct qc_key *key)
{
    struct qc_row_memory *memory = txn->memory;
    struct remembered **place;
    struct qc_bytes bytes;

    if (memory == NULL) {
        return qc_row_get(txn, type, key);
    }
    place = place_of(memory, key);
    if (is_of(*place, key) && (*place)->seen == memory->now &&
        txn->draft == NULL && txn->fault == 0) {
        return (*place)->row;
    }
    if (!qc_get(txn, key, &bytes)) {
        return NULL;
    }
    if (is_of(*place, key) && is_known(*place, bytes)) {
        (*place)->seen = txn->draft == NULL ? memory->now : 0;
        return (*place)->row;
    }
    return memory->arena.used < MEMORY_MAX
               ? remember(txn, place, type, key, bytes)
               : qc_row_read(txn, type, bytes);
}

bool qc_row_memory_verify(const struct qc_row_memory *memory,
                          struct qc_arena *arena,
                          struct qc_key *key_out)
{
    for (size_t i = 0; i < (size_t)SETS * WAYS; i++) {
        const struct remembered *place = memory->places[i / WAYS][i % WAYS];
        struct qc_bytes bytes;

        if (place != NULL && (!qc_msgpack_write(place->row, arena, &bytes) ||
                              !is_known(place, bytes))) {
            key_out->len = (uint16_t)place->key.size;
            memcpy(key_out->data, place->key.data, place->key.size);
            return false;
        }
    }
    return true;
}
