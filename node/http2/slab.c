#include "http2/slab.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct qc_slab_block {
    union {
        size_t size;                /* While it is taken: as it was asked. */
        struct qc_slab_block *next; /* While it is spare. */
    } is;
    max_align_t data[];
};

/* QC_SLAB_CLASSES of what is large. */
static size_t class_of(size_t size)
{
    size_t class = size == 0 ? 0 : (size - 1) / QC_SLAB_UNIT;

    return class < QC_SLAB_CLASSES ? class : QC_SLAB_CLASSES;
}

static size_t size_of(size_t class)
{
    return (class + 1) * QC_SLAB_UNIT;
}

static struct qc_slab_block *block_of(void *data)
{
    return (struct qc_slab_block *)((char *)data -
                                    offsetof(struct qc_slab_block, data));
}

void qc_slab_done(struct qc_slab *slab)
{
    for (size_t i = 0; i < QC_SLAB_CLASSES; i++) {
        while (slab->spare[i] != NULL) {
            struct qc_slab_block *block = slab->spare[i];

            slab->spare[i] = block->is.next;
            free(block);
        }
    }
    slab->kept = 0;
}

static struct qc_slab_block *block_new(size_t size)
{
    size_t class = class_of(size);
    size_t room =
        QC_SLAB_KEPT_MAX > 0 && class < QC_SLAB_CLASSES ? size_of(class) : size;

    return room <= SIZE_MAX - sizeof(struct qc_slab_block)
               ? malloc(sizeof(struct qc_slab_block) + room)
               : NULL;
}

static void *take(size_t size, void *ctx)
{
    struct qc_slab *slab = ctx;
    size_t class = class_of(size);
    struct qc_slab_block *block;

    if (class < QC_SLAB_CLASSES && slab->spare[class] != NULL) {
        block = slab->spare[class];
        slab->spare[class] = block->is.next;
        slab->kept -= size_of(class);
    } else {
        block = block_new(size);
        if (block == NULL) {
            return NULL;
        }
    }
    block->is.size = size;
    return block->data;
}

static void give(void *data, void *ctx)
{
    struct qc_slab *slab = ctx;
    struct qc_slab_block *block;
    size_t class;

    if (data == NULL) {
        return;
    }
    block = block_of(data);
    class = class_of(block->is.size);
    if (class == QC_SLAB_CLASSES ||
        slab->kept + size_of(class) > QC_SLAB_KEPT_MAX) {
        free(block);
        return;
    }
    block->is.next = slab->spare[class];
    slab->spare[class] = block;
    slab->kept += size_of(class);
}

static void *take_zeroed(size_t n, size_t size, void *ctx)
{
    void *data;

    if (size > 0 && n > SIZE_MAX / size) {
        return NULL;
    }
    data = take(n * size, ctx);
    if (data != NULL) {
        memset(data, 0, n * size);
    }
    return data;
}

static void *resize(void *data, size_t size, void *ctx)
{
    size_t before;
    void *moved = take(size, ctx);

    if (data == NULL || moved == NULL) {
        return moved;
    }
    before = block_of(data)->is.size;
    memcpy(moved, data, size < before ? size : before);
    give(data, ctx);
    return moved;
}

nghttp2_mem qc_slab_mem(struct qc_slab *slab)
{
    return (nghttp2_mem){slab, take, give, take_zeroed, resize};
}
