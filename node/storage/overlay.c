#include "storage/overlay.h"

#include <string.h>

enum {
    /* The rows of one entry and what was gathered before it, of which there
     * are far fewer; a machine that writes without end must not take the whole
     * node's memory with it. */
    OVERLAY_SIZE_MAX = 256 * 1024 * 1024,
};

int qc_bytes_compare(struct qc_bytes a, struct qc_bytes b)
{
    size_t shorter = a.size < b.size ? a.size : b.size;
    int order = shorter == 0 ? 0 : memcmp(a.data, b.data, shorter);

    if (order != 0) {
        return order;
    }
    return (a.size > b.size) - (a.size < b.size);
}

static int row_compare(const struct qc_overlay_row *a,
                       const struct qc_overlay_row *b)
{
    return qc_bytes_compare(a->key, b->key);
}

/* Not the static kind: nobody calls RB_PREV and RB_REMOVE. */
RB_PROTOTYPE(qc_overlay_tree, qc_overlay_row, node, row_compare)
RB_GENERATE(qc_overlay_tree, qc_overlay_row, node, row_compare)

void qc_overlay_init(struct qc_overlay *overlay)
{
    RB_INIT(&overlay->tree);
    qc_arena_init(&overlay->arena, OVERLAY_SIZE_MAX);
}

void qc_overlay_done(struct qc_overlay *overlay)
{
    qc_arena_done(&overlay->arena);
}

static struct qc_overlay_row *find(struct qc_overlay *overlay,
                                   struct qc_bytes key)
{
    struct qc_overlay_row wanted = {.key = key};

    return RB_FIND(qc_overlay_tree, &overlay->tree, &wanted);
}

/* Finds the row of |key|, or makes one. NULL when memory is short. */
static struct qc_overlay_row *claim(struct qc_overlay *overlay,
                                    struct qc_bytes key)
{
    struct qc_overlay_row *row = find(overlay, key);
    uint8_t *copy;

    if (row != NULL) {
        return row;
    }
    row = qc_arena_alloc(&overlay->arena, sizeof(*row) + key.size);
    if (row == NULL) {
        return NULL;
    }
    copy = (uint8_t *)(row + 1);
    memcpy(copy, key.data, key.size);
    row->key = (struct qc_bytes){copy, key.size};
    RB_INSERT(qc_overlay_tree, &overlay->tree, row);
    return row;
}

int qc_overlay_put(struct qc_overlay *overlay,
                   struct qc_bytes key,
                   struct qc_bytes row)
{
    struct qc_overlay_row *own = claim(overlay, key);

    if (own == NULL) {
        return QC_E_NOMEM;
    }
    if (row.size > own->capacity) {
        own->buffer = qc_arena_alloc(&overlay->arena, row.size);
        if (own->buffer == NULL) {
            return QC_E_NOMEM;
        }
        own->capacity = row.size;
    }
    if (row.size > 0) {
        memcpy(own->buffer, row.data, row.size);
    }
    own->row = (struct qc_bytes){own->buffer, row.size};
    own->deleted = false;
    return 0;
}

int qc_overlay_del(struct qc_overlay *overlay, struct qc_bytes key)
{
    struct qc_overlay_row *own = claim(overlay, key);

    if (own == NULL) {
        return QC_E_NOMEM;
    }
    own->deleted = true;
    return 0;
}

const struct qc_overlay_row *qc_overlay_get(struct qc_overlay *overlay,
                                            struct qc_bytes key)
{
    return find(overlay, key);
}

struct qc_overlay_row *qc_overlay_seek(struct qc_overlay *overlay,
                                       struct qc_bytes key)
{
    struct qc_overlay_row wanted = {.key = key};

    return RB_NFIND(qc_overlay_tree, &overlay->tree, &wanted);
}

struct qc_overlay_row *qc_overlay_next(struct qc_overlay_row *row)
{
    return RB_NEXT(qc_overlay_tree, NULL, row);
}

void qc_overlay_clear(struct qc_overlay *overlay)
{
    RB_INIT(&overlay->tree);
    qc_arena_done(&overlay->arena);
}
