#include "machine/draft.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "machine/index.h"
#include "machine/store.h"

enum {
    ROOM = 64, /* Rows; doubled as often as needed. */
};

/* A row as it is to be written, or the removal of one. */
struct pending {
    struct qc_key key;
    struct qc_bytes row; /* In the arena. */
    bool removed;
};

/* What an index said before. */
struct undo {
    struct qc_key key;
    bool present;
    uint64_t value;
    struct undo *older;
};

/* What the roster is to be told. */
struct enlistment {
    const struct qc_entity *entity;
    struct qc_key key;
    const void *row;
    enum qc_derive how;
    struct enlistment *next;
};

struct qc_draft {
    struct pending *rows; /* In the order they were written. */
    size_t n_rows;
    size_t room;
    struct qc_index *newest;  /* Key -> the last of |rows| with this key. */
    struct undo *undos;       /* Newest first. */
    struct enlistment *first; /* In the order they were written. */
    struct enlistment *last;
};

void qc_draft_begin(struct qc_txn *txn)
{
    struct qc_draft *draft;

    assert(txn->draft == NULL);

    draft = qc_alloc(txn, sizeof(*draft));
    if (draft == NULL) {
        return;
    }
    draft->newest = qc_index_new();
    if (draft->newest == NULL) {
        qc_txn_fail(txn, QC_E_NOMEM);
        return;
    }
    txn->draft = draft;
}

/* Makes room for one row more. What the old room took is lost until the arena
 * goes: less than the new one takes. */
static bool grow(struct qc_txn *txn, struct qc_draft *draft)
{
    size_t room = draft->room > 0 ? 2 * draft->room : ROOM;
    struct pending *rows;

    if (draft->n_rows < draft->room) {
        return true;
    }
    rows = qc_alloc(txn, room * sizeof(*rows));
    if (rows == NULL) {
        return false;
    }
    if (draft->n_rows > 0) {
        memcpy(rows, draft->rows, draft->n_rows * sizeof(*rows));
    }
    draft->rows = rows;
    draft->room = room;
    return true;
}

void qc_draft_put(struct qc_txn *txn,
                  const struct qc_key *key,
                  struct qc_bytes row,
                  bool removed)
{
    struct qc_draft *draft = txn->draft;
    uint8_t *copy = qc_alloc(txn, row.size);

    if (copy == NULL || !grow(txn, draft)) {
        return;
    }
    if (row.size > 0) {
        memcpy(copy, row.data, row.size);
    }
    if (!qc_index_restore(draft->newest, key, true, draft->n_rows)) {
        qc_txn_fail(txn, QC_E_NOMEM);
        return;
    }
    draft->rows[draft->n_rows++] =
        (struct pending){*key, {copy, row.size}, removed};
}

bool qc_draft_get(struct qc_txn *txn,
                  const struct qc_key *key,
                  struct qc_bytes *row_out,
                  bool *found_out)
{
    const struct qc_draft *draft = txn->draft;
    uint64_t at;

    if (!qc_index_find(draft->newest, key, &at)) {
        return false;
    }
    *found_out = !draft->rows[at].removed;
    *row_out = draft->rows[at].row;
    return true;
}

void qc_draft_note(struct qc_txn *txn,
                   const struct qc_key *key,
                   bool present,
                   uint64_t value)
{
    struct undo *undo = qc_alloc(txn, sizeof(*undo));

    if (undo == NULL) {
        return;
    }
    *undo = (struct undo){
        .key = *key,
        .present = present,
        .value = value,
        .older = txn->draft->undos,
    };
    txn->draft->undos = undo;
}

void qc_draft_enlist(struct qc_txn *txn,
                     const struct qc_entity *entity,
                     const struct qc_key *key,
                     const void *row,
                     enum qc_derive how)
{
    struct qc_draft *draft = txn->draft;
    struct enlistment *it = qc_alloc(txn, sizeof(*it));

    if (it == NULL) {
        return;
    }
    *it = (struct enlistment){entity, *key, row, how, NULL};
    if (draft->last != NULL) {
        draft->last->next = it;
    } else {
        draft->first = it;
    }
    draft->last = it;
}

static void enlist_all(struct qc_txn *txn, const struct qc_draft *draft)
{
    const struct enlistment *it;

    for (it = draft->first; it != NULL && txn->fault == 0; it = it->next) {
        it->entity->enlist(txn, &it->key, it->row, it->how);
    }
}

static void write_all(struct qc_txn *txn, const struct qc_draft *draft)
{
    for (size_t i = 0; i < draft->n_rows; i++) {
        const struct pending *pending = &draft->rows[i];

        if (pending->removed) {
            qc_del(txn, &pending->key);
        } else {
            qc_put(txn, &pending->key, pending->row);
        }
    }
}

static void take_back(struct qc_txn *txn, const struct undo *undo)
{
    for (; undo != NULL; undo = undo->older) {
        if (!qc_index_restore(txn->index, &undo->key, undo->present,
                              undo->value)) {
            qc_txn_fail(txn, QC_E_NOMEM);
        }
    }
}

void qc_draft_end(struct qc_txn *txn, bool keep)
{
    struct qc_draft *draft = txn->draft;

    if (draft == NULL) {
        return;
    }
    txn->draft = NULL;
    if (keep) {
        write_all(txn, draft);
        enlist_all(txn, draft);
    } else {
        take_back(txn, draft->undos);
    }
    qc_index_free(draft->newest);
}
