#include "machine/meta.h"

#include "machine/index.h"
#include "machine/row.h"
#include "machine/store.h"

static struct qc_key meta_key(void)
{
    struct qc_key key;

    qc_key_begin(&key, 0, QC_SPACE_META);
    return key;
}

/* The horizon is asked for by every command: so it stands in memory. */
static void derive(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *row,
                   enum qc_derive how)
{
    const Qc__State__MetaRow *meta = row;
    struct qc_key horizon;

    (void)key;
    qc_key_begin(&horizon, 0, QC_SPACE_HORIZON);
    qc_entity_derive_key(txn, &horizon, (uint64_t)meta->answer_horizon_ms, how);
}

const struct qc_entity qc_meta_entity = {
    .name = "meta",
    .space = QC_SPACE_META,
    .type = &qc__state__meta_row__descriptor,
    .derive = derive,
};

Qc__State__MetaRow *qc_meta_get(struct qc_txn *txn)
{
    struct qc_key key = meta_key();
    Qc__State__MetaRow *row = qc_row_get(txn, qc_meta_entity.type, &key);

    return row != NULL ? row : qc_row_new(txn, qc_meta_entity.type);
}

void qc_meta_put(struct qc_txn *txn, const Qc__State__MetaRow *row)
{
    struct qc_key key = meta_key();
    const void *was = qc_row_get(txn, qc_meta_entity.type, &key);

    qc_entity_put(txn, &qc_meta_entity, &key, was, row);
}
