#include "codec/lender.h"

#include "base/arena.h"

static void *lend(void *data, size_t size)
{
    struct qc_lender *lender = data;
    void *memory = qc_arena_alloc(lender->arena, size);

    lender->full = lender->full || memory == NULL;
    return memory;
}

/* The arena frees it. */
static void take_back(void *data, void *memory)
{
    (void)data;
    (void)memory;
}

void qc_lender_init(struct qc_lender *lender, struct qc_arena *arena)
{
    *lender = (struct qc_lender){
        .allocator = {lend, take_back, lender},
        .arena = arena,
    };
}
