#include "storage/recent.h"

#include <assert.h>
#include <stdlib.h>

#include "storage/log_row.h"

enum {
    SLOTS_MIN = 1024,
};

static struct qc_recent_entry **slot(const struct qc_recent *recent,
                                     uint64_t index)
{
    return &recent->slots[index & (recent->capacity - 1)];
}

static void drop(struct qc_recent *recent, uint64_t index)
{
    struct qc_recent_entry *entry = *slot(recent, index);

    recent->size -= entry->size;
    recent->n--;
    free(entry);
}

void qc_recent_done(struct qc_recent *recent)
{
    if (recent->n > 0) {
        qc_recent_cut(recent, recent->first);
    }
    free(recent->slots);
    *recent = (struct qc_recent){.n = 0};
}

static int grow(struct qc_recent *recent)
{
    struct qc_recent wider = *recent;

    wider.capacity = recent->capacity > 0 ? 2 * recent->capacity : SLOTS_MIN;
    wider.slots = calloc(wider.capacity, sizeof(*wider.slots));
    if (wider.slots == NULL) {
        return QC_E_NOMEM;
    }
    for (uint64_t i = recent->first; i < recent->first + recent->n; i++) {
        *slot(&wider, i) = *slot(recent, i);
    }
    free(recent->slots);
    *recent = wider;
    return 0;
}

int qc_recent_add(struct qc_recent *recent,
                  const struct qc_log_entry *entry,
                  uint64_t append)
{
    size_t size = QC_LOG_ROW_HEAD_SIZE + entry->data.size;
    struct qc_recent_entry *own;

    assert(recent->n == 0 || entry->index == recent->first + recent->n);

    if (recent->n == recent->capacity && grow(recent) != 0) {
        return QC_E_NOMEM;
    }
    own = malloc(sizeof(*own) + size);
    if (own == NULL) {
        return QC_E_NOMEM;
    }
    own->append = append;
    own->size = size;
    qc_log_row_write(entry, own->row);
    if (recent->n == 0) {
        recent->first = entry->index;
    }
    *slot(recent, entry->index) = own;
    recent->n++;
    recent->size += size;
    return 0;
}

const struct qc_recent_entry *qc_recent_get(const struct qc_recent *recent,
                                            uint64_t index)
{
    if (recent->n == 0 || index < recent->first ||
        index - recent->first >= recent->n) {
        return NULL;
    }
    return *slot(recent, index);
}

void qc_recent_cut(struct qc_recent *recent, uint64_t index)
{
    while (recent->n > 0 && recent->first + recent->n > index) {
        drop(recent, recent->first + recent->n - 1);
    }
}

void qc_recent_trim(struct qc_recent *recent, size_t size_max, uint64_t durable)
{
    while (recent->n > 0 && recent->size > size_max &&
           recent->first <= durable) {
        drop(recent, recent->first);
        recent->first++;
    }
}
