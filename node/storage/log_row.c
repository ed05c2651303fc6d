#include "storage/log_row.h"

#include <string.h>
#include <xxhash.h>

enum {
    SEAL_SIZE = 8,
};

const char qc_vote_key[1] = {'v'};
const char qc_base_key[1] = {'m'};

static void put_u64(uint8_t *to, uint64_t value)
{
    for (size_t i = 0; i < sizeof(value); i++) {
        to[i] = (uint8_t)(value >> (8 * (sizeof(value) - 1 - i)));
    }
}

static uint64_t u64_at(const uint8_t *from)
{
    uint64_t value = 0;

    for (size_t i = 0; i < sizeof(value); i++) {
        value = value << 8 | from[i];
    }
    return value;
}

static uint64_t seal_of(struct qc_bytes row)
{
    return XXH3_64bits(row.data + SEAL_SIZE, row.size - SEAL_SIZE);
}

void qc_log_key(uint64_t index, char key_out[QC_LOG_KEY_SIZE])
{
    uint8_t key[QC_LOG_KEY_SIZE] = {'e'};

    put_u64(key + 1, index);
    memcpy(key_out, key, sizeof(key));
}

bool qc_log_key_index(struct qc_bytes key, uint64_t *index_out)
{
    if (key.size != QC_LOG_KEY_SIZE || key.data[0] != 'e') {
        return false;
    }
    *index_out = u64_at(key.data + 1);
    return true;
}

void qc_log_row_write(const struct qc_log_entry *entry, uint8_t *row_out)
{
    size_t size = QC_LOG_ROW_HEAD_SIZE + entry->data.size;

    put_u64(row_out + 8, entry->index);
    put_u64(row_out + 16, entry->term);
    row_out[24] = entry->kind;
    if (entry->data.size > 0) {
        memcpy(row_out + QC_LOG_ROW_HEAD_SIZE, entry->data.data,
               entry->data.size);
    }
    put_u64(row_out, seal_of((struct qc_bytes){row_out, size}));
}

bool qc_log_row_read(struct qc_bytes row,
                     uint64_t index,
                     struct qc_log_entry *entry_out)
{
    if (row.size < QC_LOG_ROW_HEAD_SIZE || u64_at(row.data) != seal_of(row) ||
        u64_at(row.data + 8) != index) {
        return false;
    }
    *entry_out = (struct qc_log_entry){
        .index = index,
        .term = u64_at(row.data + 16),
        .kind = row.data[24],
        .data = {row.data + QC_LOG_ROW_HEAD_SIZE,
                 row.size - QC_LOG_ROW_HEAD_SIZE},
    };
    return true;
}

void qc_vote_row_write(uint64_t term,
                       uint64_t vote,
                       uint8_t row_out[QC_VOTE_ROW_SIZE])
{
    put_u64(row_out + 8, term);
    put_u64(row_out + 16, vote);
    put_u64(row_out, seal_of((struct qc_bytes){row_out, QC_VOTE_ROW_SIZE}));
}

bool qc_vote_row_read(struct qc_bytes row,
                      uint64_t *term_out,
                      uint64_t *vote_out)
{
    if (row.size != QC_VOTE_ROW_SIZE || u64_at(row.data) != seal_of(row)) {
        return false;
    }
    *term_out = u64_at(row.data + 8);
    *vote_out = u64_at(row.data + 16);
    return true;
}

void qc_base_row_write(const struct qc_log_base *base, uint8_t *row_out)
{
    size_t size = QC_BASE_ROW_HEAD_SIZE + base->manifest.size;

    put_u64(row_out + 8, base->generation);
    put_u64(row_out + 16, base->first);
    put_u64(row_out + 24, base->index);
    put_u64(row_out + 32, base->term);
    memcpy(row_out + QC_BASE_ROW_HEAD_SIZE, base->manifest.data,
           base->manifest.size);
    put_u64(row_out, seal_of((struct qc_bytes){row_out, size}));
}

bool qc_base_row_read(struct qc_bytes row, struct qc_log_base *base_out)
{
    struct qc_log_base base;

    if (row.size <= QC_BASE_ROW_HEAD_SIZE || u64_at(row.data) != seal_of(row)) {
        return false;
    }
    base = (struct qc_log_base){
        .generation = u64_at(row.data + 8),
        .first = u64_at(row.data + 16),
        .index = u64_at(row.data + 24),
        .term = u64_at(row.data + 32),
        .manifest = {row.data + QC_BASE_ROW_HEAD_SIZE,
                     row.size - QC_BASE_ROW_HEAD_SIZE},
    };
    if (base.generation == 0 || base.first == 0 || base.index == 0 ||
        base.first - 1 > base.index) {
        return false;
    }
    *base_out = base;
    return true;
}
