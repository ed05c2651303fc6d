#include <string.h>

#include "base/siphash.h"
#include "replica/fetch.h"
#include "replica/inside.h"
#include "replica/wire.h"

uint64_t qc_fetch_checksum(struct qc_bytes data)
{
    static const uint8_t key[QC_SIPHASH_KEY_SIZE];

    return qc_siphash(key, data);
}

/* protobuf-c has no const in what it only reads. */
static ProtobufCBinaryData binary(struct qc_bytes bytes)
{
    union {
        const uint8_t *lent;
        uint8_t *data;
    } pointer = {.lent = bytes.data};

    return (ProtobufCBinaryData){bytes.size, pointer.data};
}

int qc_replica_serve_part(struct qc_replica *replica,
                          uint64_t from,
                          const Qc__Peer__FetchPart *question,
                          bool *good_out)
{
    const struct qc_checkpoints *checkpoints = &replica->options.checkpoints;
    const struct qc_part part = {
        .index = question->index,
        .file = question->file,
        .offset = question->offset,
        .size = question->size,
    };
    Qc__Peer__FetchPartResult result = QC__PEER__FETCH_PART_RESULT__INIT;
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;
    struct qc_bytes data = {NULL, 0};
    int r;

    *good_out =
        qc_snapshot_is_name_sound(question->file) && question->size > 0 &&
        question->size <= QC_FETCH_PART_SIZE_MAX &&
        question->offset <= (uint64_t)INT64_MAX - QC_FETCH_PART_SIZE_MAX;
    if (!*good_out) {
        return 0;
    }
    if (question->damaged) {
        qc_replica_note_missing(replica, question->index);
        return 0;
    }
    r = checkpoints->read(checkpoints->ctx, &part, &data);
    if (r < 0) {
        return r;
    }
    if (r == 0) {
        qc_replica_note_reader(replica, from, question->index);
    } else {
        qc_replica_note_missing(replica, question->index);
    }
    result.number = question->number;
    result.found = r == 0;
    result.data = binary(data);
    result.checksum = qc_fetch_checksum(data);
    request.message_case =
        QC__PEER__EXCHANGE_REQUEST__MESSAGE_FETCH_PART_RESULT;
    request.fetch_part_result = &result;
    return qc_wire_send(&replica->options.network, from, QC_CHANNEL_EXCHANGE,
                        &request.base);
}
