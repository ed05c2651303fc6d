#include "machine/cors.h"

#include "machine/config.h"
#include "machine/origin.h"
#include "machine/row.h"
#include "machine/store.h"

static void derive(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *message,
                   enum qc_derive how)
{
    const Qc__State__CorsRow *row = message;

    (void)key;
    qc_origins_derive(txn, row->cors->origins, row->cors->n_origins, how);
}

const struct qc_entity qc_cors_entity = {
    .name = "origins",
    .space = QC_SPACE_CORS,
    .type = &qc__state__cors_row__descriptor,
    .derive = derive,
};

static struct qc_key cors_key(uint32_t tenant)
{
    struct qc_key key;

    qc_key_begin(&key, tenant, QC_SPACE_CORS);
    return key;
}

static Qc__State__CorsRow *find(struct qc_txn *txn)
{
    struct qc_key key = cors_key(txn->tenant);

    return qc_row_get(txn, qc_cors_entity.type, &key);
}

Qc__V1__CorsOrigins *qc_cors_get(struct qc_txn *txn)
{
    const Qc__State__CorsRow *row = find(txn);

    return row != NULL ? row->cors
                       : qc_row_new(txn, &qc__v1__cors_origins__descriptor);
}

int qc_cors_put(struct qc_txn *txn,
                const char *const *origins,
                size_t n,
                uint64_t if_rev)
{
    struct qc_key key = cors_key(txn->tenant);
    const ProtobufCMessage *before;
    Qc__State__CorsRow *was;
    Qc__State__CorsRow *row;
    int r;

    r = qc_origins_check(origins, n, "origins", &txn->detail);
    if (r != 0) {
        return r;
    }
    was = find(txn);
    before = was != NULL ? &was->cors->base : NULL;
    r = qc_config_match(txn, before, if_rev);
    if (r != 0) {
        return r;
    }
    row = was != NULL ? qc_row_copy(txn, was)
                      : qc_row_new(txn, qc_cors_entity.type);
    if (row == NULL || (row->cors = qc_row_new(
                            txn, &qc__v1__cors_origins__descriptor)) == NULL) {
        return txn->fault;
    }
    row->cors->origins = qc_alloc(txn, n * sizeof(*row->cors->origins));
    for (size_t i = 0; txn->fault == 0 && i < n; i++) {
        row->cors->origins[row->cors->n_origins++] = origins[i];
    }

    if (qc_config_stamp(txn, before, &row->cors->base) != QC_CHANGE_NONE) {
        qc_entity_put(txn, &qc_cors_entity, &key, was, row);
    }
    return 0;
}
