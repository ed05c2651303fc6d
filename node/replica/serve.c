#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"
#include "replica/fetch.h"
#include "replica/inside.h"
#include "replica/wire.h"

/* A question that waits for its part. */
struct question {
    struct qc_part_reading reading; /* First. */
    struct qc_replica *replica;
    uint64_t from;
    uint64_t number;
    bool expected; /* The part is of what was the newest, and not lost. */
    char file[];
};

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

static int answer(const struct question *question,
                  bool found,
                  struct qc_bytes data)
{
    Qc__Peer__FetchPartResult result = QC__PEER__FETCH_PART_RESULT__INIT;
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;

    result.number = question->number;
    result.found = found;
    result.data = binary(data);
    result.checksum = qc_fetch_checksum(data);
    request.message_case =
        QC__PEER__EXCHANGE_REQUEST__MESSAGE_FETCH_PART_RESULT;
    request.fetch_part_result = &result;
    return qc_wire_send(&question->replica->options.network, question->from,
                        QC_CHANNEL_EXCHANGE, &request.base);
}

static int done(struct qc_part_reading *reading,
                enum qc_part_end end,
                struct qc_bytes data)
{
    struct question *question = (struct question *)reading;
    struct qc_replica *replica = question->replica;
    uint64_t index = reading->part.index;
    int r = 0;

    switch (end) {
    case QC_PART_READ:
        qc_replica_note_reader(replica, question->from, index);
        r = answer(question, true, data);
        break;
    case QC_PART_MISSING:
        /* What was taken since it was asked for is not missing. */
        if (question->expected) {
            qc_replica_note_missing(replica, index);
        }
        r = answer(question, false, data);
        break;
    case QC_PART_DROPPED:
        break;
    }
    free(question);
    return r;
}

static bool is_sound(const Qc__Peer__FetchPart *asked)
{
    return qc_snapshot_is_name_sound(asked->file) && asked->size > 0 &&
           asked->size <= QC_FETCH_PART_SIZE_MAX &&
           asked->offset <= (uint64_t)INT64_MAX - QC_FETCH_PART_SIZE_MAX;
}

/* When it cannot be read now, it is as lost on its way: the peer asks again. */
static int begin(struct qc_replica *replica,
                 uint64_t from,
                 const Qc__Peer__FetchPart *asked)
{
    const struct qc_checkpoints *checkpoints = &replica->options.checkpoints;
    size_t name_size = strlen(asked->file) + 1;
    struct question *question = malloc(sizeof(*question) + name_size);

    if (question == NULL) {
        return QC_E_NOMEM;
    }
    *question = (struct question){
        .reading.part = {.index = asked->index,
                         .file = question->file,
                         .offset = asked->offset,
                         .size = asked->size},
        .reading.done = done,
        .replica = replica,
        .from = from,
        .number = asked->number,
        .expected = asked->index == replica->checkpoints.newest &&
                    !replica->checkpoints.is_lost,
    };
    memcpy(question->file, asked->file, name_size);
    if (!checkpoints->read(checkpoints->ctx, &question->reading)) {
        free(question);
    }
    return 0;
}

int qc_replica_serve_part(struct qc_replica *replica,
                          uint64_t from,
                          const Qc__Peer__FetchPart *asked,
                          bool *good_out)
{
    *good_out = is_sound(asked);
    if (!*good_out) {
        return 0;
    }
    if (asked->damaged) {
        qc_replica_note_missing(replica, asked->index);
        return 0;
    }
    return begin(replica, from, asked);
}
