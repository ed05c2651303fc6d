#include "rpc/hello.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "codec/codec.h"

static const char REMOVED[] = "this node was removed at index ";

bool qc_hello_write(enum qc_channel channel,
                    const Qc__Peer__Hello *hello,
                    struct qc_arena *arena,
                    struct qc_bytes *bytes_out)
{
    Qc__Peer__ConsensusRequest consensus = QC__PEER__CONSENSUS_REQUEST__INIT;
    Qc__Peer__ExchangeRequest exchange = QC__PEER__EXCHANGE_REQUEST__INIT;
    Qc__Peer__Hello copy = *hello; /* Messages cannot hold what is const. */
    const ProtobufCMessage *message = &exchange.base;

    exchange.message_case = QC__PEER__EXCHANGE_REQUEST__MESSAGE_HELLO;
    exchange.hello = &copy;
    if (channel == QC_CHANNEL_CONSENSUS) {
        consensus.message_case = QC__PEER__CONSENSUS_REQUEST__MESSAGE_HELLO;
        consensus.hello = &copy;
        message = &consensus.base;
    }
    return qc_encode(QC_FORMAT_PROTOBUF, message, arena, bytes_out);
}

const Qc__Peer__Hello *qc_hello_read(enum qc_channel channel,
                                     struct qc_bytes message,
                                     struct qc_arena *arena)
{
    const ProtobufCMessageDescriptor *type =
        channel == QC_CHANNEL_CONSENSUS
            ? &qc__peer__consensus_request__descriptor
            : &qc__peer__exchange_request__descriptor;
    const Qc__Peer__ConsensusRequest *consensus;
    const Qc__Peer__ExchangeRequest *exchange;
    struct qc_codec_error error;
    ProtobufCMessage *decoded;

    if (message.size > QC_HELLO_ARENA_SIZE / 4 ||
        qc_decode(QC_FORMAT_PROTOBUF, type, message, arena, &decoded, &error) !=
            QC_CODEC_OK) {
        return NULL;
    }
    if (channel == QC_CHANNEL_CONSENSUS) {
        consensus = (const Qc__Peer__ConsensusRequest *)decoded;
        return consensus->message_case ==
                       QC__PEER__CONSENSUS_REQUEST__MESSAGE_HELLO
                   ? consensus->hello
                   : NULL;
    }
    exchange = (const Qc__Peer__ExchangeRequest *)decoded;
    return exchange->message_case == QC__PEER__EXCHANGE_REQUEST__MESSAGE_HELLO
               ? exchange->hello
               : NULL;
}

void qc_node_identity(const char *cluster_id,
                      uint64_t node_id,
                      char identity_out[QC_NODE_IDENTITY_SIZE])
{
    snprintf(identity_out, QC_NODE_IDENTITY_SIZE, "quorumcall://%s/%" PRIu64,
             cluster_id, node_id);
}

void qc_removed_text(uint64_t index, char text_out[QC_REMOVED_TEXT_SIZE])
{
    snprintf(text_out, QC_REMOVED_TEXT_SIZE, "%s%" PRIu64, REMOVED, index);
}

uint64_t qc_removed_index(const char *text)
{
    uint64_t index;
    char *end;

    if (strncmp(text, REMOVED, sizeof(REMOVED) - 1) != 0) {
        return 0;
    }
    text += sizeof(REMOVED) - 1;
    errno = 0;
    index = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0
               ? index
               : 0;
}
