#include "machine/answer.h"

#include <string.h>

#include "base/arena.h"
#include "machine/index.h"
#include "machine/meta.h"
#include "machine/planted.h"
#include "machine/row.h"
#include "machine/store.h"
#include "machine/text.h"

enum {
    ROOM = 16,            /* Answers of an entry; doubled as often as needed. */
    EVICTED_FOR_AGE = 16, /* Rows, by one entry; what is over waits. */
    OVERHEAD_SIZE = 128,  /* Of an answer, about, beside what it says. */
};

struct qc_answer_batch {
    Qc__State__AnswersRow *row;
    size_t room;
};

static struct qc_key answers_key(uint64_t log_index)
{
    struct qc_key key;

    qc_key_begin(&key, 0, QC_SPACE_ANSWERS);
    qc_key_put_u64(&key, log_index);
    return key;
}

static struct qc_key answer_of_key(const struct qc_request_id *id)
{
    struct qc_key key;

    qc_key_begin(&key, 0, QC_SPACE_ANSWER_OF);
    qc_key_put_u32(&key, id->tenant);
    if (QC_PLANTED_BUG(9)) {
        qc_key_put_bytes(&key, (struct qc_bytes){id->digest, QC_DIGEST_SIZE});
        return key;
    }
    qc_key_put_str(&key, id->client_id);
    qc_key_put_str(&key, id->request_id);
    return key;
}

static struct qc_request_id id_of(const Qc__State__StoredAnswer *answer)
{
    struct qc_request_id id = {
        .tenant = answer->tenant,
        .client_id = answer->client_id,
        .request_id = answer->request_id,
        .client_ts_ms = answer->client_ts_ms,
    };

    if (answer->digest.len == QC_DIGEST_SIZE) {
        memcpy(id.digest, answer->digest.data, QC_DIGEST_SIZE);
    }
    return id;
}

static struct qc_key cluster_key(enum qc_space space)
{
    struct qc_key key;

    qc_key_begin(&key, 0, space);
    return key;
}

static struct qc_key answers_at_key(uint64_t log_index)
{
    struct qc_key key = cluster_key(QC_SPACE_ANSWERS_AT);

    qc_key_put_u64(&key, log_index);
    return key;
}

static uint64_t size_of(const Qc__State__StoredAnswer *answer)
{
    return OVERHEAD_SIZE + strlen(answer->client_id) +
           strlen(answer->request_id) + answer->response.len +
           strlen(answer->field) + strlen(answer->text);
}

static uint64_t size_of_all(const Qc__State__AnswersRow *row)
{
    uint64_t size = 0;

    for (size_t i = 0; i < row->n_answers; i++) {
        size += size_of(row->answers[i]);
    }
    return size;
}

/* What is known of the row as a whole. */
static void derive_totals(struct qc_txn *txn,
                          uint64_t log_index,
                          const Qc__State__AnswersRow *row,
                          enum qc_derive how)
{
    struct qc_key at = answers_at_key(log_index);
    struct qc_key n = cluster_key(QC_SPACE_ANSWERS_N);
    struct qc_key size = cluster_key(QC_SPACE_ANSWERS_SIZE);
    int64_t sign = how;

    qc_entity_derive_key(txn, &at, (uint64_t)row->at_ms, how);
    qc_index_add(txn, &n, sign * (int64_t)row->n_answers);
    qc_index_add(txn, &size, sign * (int64_t)size_of_all(row));
}

static void derive(struct qc_txn *txn,
                   const struct qc_key *key,
                   const void *message,
                   enum qc_derive how)
{
    const Qc__State__AnswersRow *row = message;
    size_t at = QC_KEY_PREFIX_SIZE;
    uint64_t log_index = qc_key_read_u64(key, &at);

    derive_totals(txn, log_index, row, how);
    for (size_t i = 0; i < row->n_answers; i++) {
        struct qc_request_id id = id_of(row->answers[i]);
        struct qc_key of = answer_of_key(&id);

        qc_entity_derive_key(txn, &of, log_index, how);
    }
}

static bool derived_from(const ProtobufCMessageDescriptor *type,
                         uint32_t number)
{
    /* Of an answer: tenant, client_id and request_id; response, field and text,
     * for their sizes. */
    return type != &qc__state__stored_answer__descriptor || number <= 3 ||
           (number >= 7 && number <= 9);
}

const struct qc_entity qc_answers_entity = {
    .name = "answers",
    .space = QC_SPACE_ANSWERS,
    .type = &qc__state__answers_row__descriptor,
    .derive = derive,
    .derived_from = derived_from,
};

static bool is_of(const Qc__State__StoredAnswer *answer,
                  const struct qc_request_id *id)
{
    if (QC_PLANTED_BUG(9)) {
        return memcmp(answer->digest.data, id->digest, QC_DIGEST_SIZE) == 0;
    }
    return answer->tenant == id->tenant &&
           strcmp(answer->client_id, id->client_id) == 0 &&
           strcmp(answer->request_id, id->request_id) == 0;
}

/* The stored answer, which is of the entry |log_index|; NULL is a fault. */
static const Qc__State__StoredAnswer *stored(struct qc_txn *txn,
                                             const struct qc_request_id *id,
                                             uint64_t log_index)
{
    const Qc__State__AnswersRow *row;

    if (log_index == txn->log_index && txn->answers != NULL) {
        row = txn->answers->row;
    } else {
        struct qc_key key = answers_key(log_index);

        row = qc_row_get(txn, qc_answers_entity.type, &key);
    }
    for (size_t i = 0; row != NULL && i < row->n_answers; i++) {
        if (is_of(row->answers[i], id)) {
            return row->answers[i];
        }
    }
    qc_txn_fail(txn, QC_E_CORRUPT);
    return NULL;
}

static struct qc_answer refused(struct qc_txn *txn, enum qc_refusal refusal)
{
    const char *parts[] = {"the log's time is ",
                           qc_text_decimal(txn, txn->now_ms)};

    return (struct qc_answer){
        .refusal = (int)refusal,
        .detail = {.field = "client_ts_ms",
                   .text = qc_text_join(txn, parts, 2)},
    };
}

static const char *text_or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

/* Gives what the entry |log_index| has stored under |id|. False is a fault. */
static bool give_stored(struct qc_txn *txn,
                        const struct qc_request_id *id,
                        uint64_t log_index,
                        struct qc_answer *answer_out)
{
    const Qc__State__StoredAnswer *found = stored(txn, id, log_index);

    if (found == NULL) {
        return false;
    }
    if (found->digest.len == QC_DIGEST_SIZE &&
        memcmp(found->digest.data, id->digest, QC_DIGEST_SIZE) == 0) {
        *answer_out = (struct qc_answer){
            .refusal = (int)found->refusal,
            .response = {found->response.data, found->response.len},
            .detail = {.field = text_or_null(found->field),
                       .text = text_or_null(found->text),
                       .retry_after_ms = found->retry_after_ms},
            .replayed = true,
        };
    } else {
        *answer_out = (struct qc_answer){
            .refusal = QC_REFUSED_IDEMPOTENCY_KEY_REUSED,
            .detail = {.field = "request_id"},
        };
    }
    return true;
}

/* Whether a request that is not stored has a time at which it is not done. */
static bool refuse_time(struct qc_txn *txn,
                        const struct qc_request_id *id,
                        struct qc_answer *answer_out)
{
    struct qc_key horizon = cluster_key(QC_SPACE_HORIZON);

    if (id->client_ts_ms > txn->now_ms + QC_CLIENT_AHEAD_MS) {
        *answer_out = refused(txn, QC_REFUSED_CLIENT_CLOCK_AHEAD);
        return true;
    }
    if (id->client_ts_ms <= (int64_t)qc_index_gauge(txn, &horizon)) {
        *answer_out = refused(txn, QC_REFUSED_REQUEST_TOO_OLD);
        return true;
    }
    return false;
}

bool qc_answer_find(struct qc_txn *txn,
                    const struct qc_request_id *id,
                    struct qc_answer *answer_out)
{
    struct qc_key of = answer_of_key(id);
    uint64_t log_index;

    return qc_index_get(txn, &of, &log_index)
               ? give_stored(txn, id, log_index, answer_out)
               : refuse_time(txn, id, answer_out);
}

/* One walk of an index with very many keys does for both: is it stored, and it
 * will be. */
bool qc_answer_claim(struct qc_txn *txn,
                     const struct qc_request_id *id,
                     struct qc_answer *answer_out)
{
    struct qc_key of = answer_of_key(id);
    uint64_t log_index;

    if (!qc_index_claim(txn, &of, txn->log_index, &log_index)) {
        return txn->fault == 0 && give_stored(txn, id, log_index, answer_out);
    }
    if (!refuse_time(txn, id, answer_out)) {
        return false;
    }
    qc_index_del(txn, &of);
    return true;
}

/* The batch, with room for one more; NULL is a fault. */
static struct qc_answer_batch *batch_of(struct qc_txn *txn)
{
    struct qc_answer_batch *batch = txn->answers;
    Qc__State__StoredAnswer **answers;
    size_t room;

    if (batch == NULL) {
        batch = qc_alloc(txn, sizeof(*batch));
        if (batch == NULL) {
            return NULL;
        }
        batch->row = qc_row_new(txn, qc_answers_entity.type);
        if (batch->row == NULL) {
            return NULL;
        }
        batch->row->at_ms = txn->now_ms;
        txn->answers = batch;
    }
    if (batch->row->n_answers < batch->room) {
        return batch;
    }
    room = batch->room > 0 ? 2 * batch->room : ROOM;
    answers = qc_alloc(txn, room * sizeof(*answers));
    if (answers == NULL) {
        return NULL;
    }
    if (batch->room > 0) {
        memcpy(answers, batch->row->answers, batch->room * sizeof(*answers));
    }
    batch->row->answers = answers;
    batch->room = room;
    return batch;
}

static ProtobufCBinaryData copy_bytes(struct qc_txn *txn, struct qc_bytes bytes)
{
    ProtobufCBinaryData copy = {.len = bytes.size};

    if (bytes.size > 0) {
        copy.data = qc_alloc(txn, bytes.size);
        if (copy.data == NULL) {
            return (ProtobufCBinaryData){.len = 0};
        }
        memcpy(copy.data, bytes.data, bytes.size);
    }
    return copy;
}

void qc_answer_add(struct qc_txn *txn,
                   const struct qc_request_id *id,
                   const struct qc_answer *answer)
{
    struct qc_answer_batch *batch = batch_of(txn);
    Qc__State__StoredAnswer *stored_answer =
        qc_row_new(txn, &qc__state__stored_answer__descriptor);

    if (batch == NULL || stored_answer == NULL) {
        return;
    }
    stored_answer->tenant = id->tenant;
    stored_answer->client_id = id->client_id;
    stored_answer->request_id = id->request_id;
    stored_answer->client_ts_ms = id->client_ts_ms;
    stored_answer->digest =
        copy_bytes(txn, (struct qc_bytes){id->digest, QC_DIGEST_SIZE});
    stored_answer->refusal = (uint32_t)answer->refusal;
    stored_answer->response = copy_bytes(txn, answer->response);
    if (answer->detail.field != NULL) {
        stored_answer->field = qc_copy(txn, answer->detail.field);
    }
    if (answer->detail.text != NULL) {
        stored_answer->text = qc_copy(txn, answer->detail.text);
    }
    stored_answer->retry_after_ms = answer->detail.retry_after_ms;

    batch->row->answers[batch->row->n_answers++] = stored_answer;
}

/* Takes the row away. Returns the greatest client_ts_ms in it. */
static int64_t take_away(struct qc_txn *txn, uint64_t log_index)
{
    struct qc_key key = answers_key(log_index);
    const Qc__State__AnswersRow *row =
        qc_row_get(txn, qc_answers_entity.type, &key);
    int64_t newest_ms = 0;

    if (row == NULL) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return 0;
    }
    for (size_t i = 0; i < row->n_answers; i++) {
        if (row->answers[i]->client_ts_ms > newest_ms) {
            newest_ms = row->answers[i]->client_ts_ms;
        }
    }
    txn->n_evicted += row->n_answers;
    qc_entity_put(txn, &qc_answers_entity, &key, row, NULL);
    return newest_ms;
}

/* The same, in memory of its own: rows can be large, and an entry may have to
 * take away any number of them. */
static int64_t evict(struct qc_txn *txn, uint64_t log_index)
{
    struct qc_arena *of_entry = txn->arena;
    struct qc_arena of_row;
    int64_t newest_ms;

    qc_arena_init(&of_row, of_entry->limit);
    txn->arena = &of_row;
    newest_ms = take_away(txn, log_index);
    txn->arena = of_entry;
    qc_arena_done(&of_row);
    return newest_ms;
}

/* Makes room for |n| answers more, of |size| bytes. */
static void evict_old(struct qc_txn *txn,
                      const struct qc_answer_limits *limits,
                      uint64_t n,
                      uint64_t size)
{
    struct qc_key n_key = cluster_key(QC_SPACE_ANSWERS_N);
    struct qc_key size_key = cluster_key(QC_SPACE_ANSWERS_SIZE);
    struct qc_key prefix = cluster_key(QC_SPACE_ANSWERS_AT);
    int64_t horizon_ms = 0;
    unsigned for_age = 0;
    uint64_t at_ms;
    struct qc_key key;

    while (qc_index_first(txn, &prefix, &key, &at_ms)) {
        bool is_over = qc_index_gauge(txn, &n_key) + n > limits->answers_max ||
                       qc_index_gauge(txn, &size_key) + size > limits->size_max;
        bool is_aged = (int64_t)at_ms <= txn->now_ms - limits->age_ms &&
                       for_age++ < EVICTED_FOR_AGE;
        size_t at = QC_KEY_PREFIX_SIZE;
        int64_t newest_ms;

        if (!is_over && !is_aged) {
            break;
        }
        newest_ms = evict(txn, qc_key_read_u64(&key, &at));
        horizon_ms = newest_ms > horizon_ms ? newest_ms : horizon_ms;
    }
    if (horizon_ms > 0) {
        Qc__State__MetaRow *meta = qc_meta_get(txn);

        if (meta != NULL && horizon_ms > meta->answer_horizon_ms) {
            meta->answer_horizon_ms = horizon_ms;
            qc_meta_put(txn, meta);
        }
    }
}

void qc_answer_flush_within(struct qc_txn *txn,
                            const struct qc_answer_limits *limits)
{
    const Qc__State__AnswersRow *row =
        txn->answers != NULL ? txn->answers->row : NULL;

    evict_old(txn, limits, row != NULL ? row->n_answers : 0,
              row != NULL ? size_of_all(row) : 0);
    if (row != NULL) {
        struct qc_key key = answers_key(txn->log_index);

        qc_row_put(txn, &key, row);
        /* The rest was derived when each was claimed. */
        derive_totals(txn, txn->log_index, row, QC_DERIVE_ADD);
    }
    txn->answers = NULL;
}

const Qc__State__AnswersRow *qc_answers_of(struct qc_txn *txn,
                                           uint64_t log_index)
{
    struct qc_key key = answers_key(log_index);

    return qc_row_get(txn, qc_answers_entity.type, &key);
}

/* The oldest go first; so what is older than the oldest that is there may be
 * gone. When none is there, the last of them has gone for its age: one that was
 * evicted to make room would have left the newer ones. */
bool qc_answers_may_be_evicted(struct qc_txn *txn,
                               uint64_t log_index,
                               int64_t at_ms)
{
    struct qc_key horizon = cluster_key(QC_SPACE_HORIZON);
    struct qc_key prefix = cluster_key(QC_SPACE_ANSWERS_AT);
    size_t at = QC_KEY_PREFIX_SIZE;
    struct qc_key oldest;
    uint64_t oldest_ms;

    if (qc_index_gauge(txn, &horizon) == 0) {
        return false;
    }
    if (!qc_index_first(txn, &prefix, &oldest, &oldest_ms)) {
        return at_ms <= txn->now_ms - QC_ANSWER_AGE_MS;
    }
    return log_index < qc_key_read_u64(&oldest, &at);
}

void qc_answer_flush(struct qc_txn *txn)
{
    static const struct qc_answer_limits limits = {
        .answers_max = QC_ANSWERS_MAX,
        .size_max = QC_ANSWERS_SIZE_MAX,
        .age_ms = QC_ANSWER_AGE_MS,
    };

    qc_answer_flush_within(txn, &limits);
}
