#include "replica/wire.h"

#include <stdlib.h>

#include "base/arena.h"
#include "codec/codec.h"

int qc_wire_send(const struct qc_network *network,
                 uint64_t to,
                 enum qc_channel channel,
                 const ProtobufCMessage *message)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = malloc(size + 1); /* An empty message has a place, too. */

    if (bytes == NULL) {
        return QC_E_NOMEM;
    }
    protobuf_c_message_pack(message, bytes);
    network->send(network->ctx, to, channel, (struct qc_bytes){bytes, size});
    free(bytes);
    return 0;
}

ProtobufCMessage *qc_wire_read(const ProtobufCMessageDescriptor *type,
                               struct qc_bytes bytes,
                               struct qc_arena *arena)
{
    struct qc_codec_error error;
    ProtobufCMessage *message;

    if (bytes.size > QC_WIRE_MESSAGE_SIZE_MAX ||
        qc_decode(QC_FORMAT_PROTOBUF, type, bytes, arena, &message, &error) !=
            QC_CODEC_OK) {
        return NULL;
    }
    return message;
}
