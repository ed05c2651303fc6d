#include "replica/exchange.h"

#include <string.h>

#include "codec/utf8.h"
#include "replica/wire.h"

static int send(const struct qc_network *network,
                uint64_t to,
                const Qc__Peer__ExchangeRequest *request)
{
    return qc_wire_send(network, to, QC_CHANNEL_EXCHANGE, &request->base);
}

/* --- commands --- */

/* protobuf-c has no const in what it only reads. */
static ProtobufCBinaryData binary(const uint8_t *bytes, size_t size)
{
    union {
        const uint8_t *lent;
        uint8_t *data;
    } pointer = {.lent = bytes};

    return (ProtobufCBinaryData){size, pointer.data};
}

static uint32_t remaining_ms(const struct qc_request *request, int64_t now_ms)
{
    int64_t left_ms =
        qc_request_deadline_ms(request) - now_ms - QC_FORWARD_MARGIN_MS;

    if (left_ms < 1) {
        return 1;
    }
    return left_ms < UINT32_MAX ? (uint32_t)left_ms : UINT32_MAX;
}

int qc_exchange_forward(const struct qc_network *network,
                        uint64_t leader,
                        const struct qc_batch *batch,
                        int64_t now_ms)
{
    Qc__Peer__ForwardedCommand commands[QC_ENTRY_COMMANDS_MAX];
    Qc__Peer__ForwardedCommand *list[QC_ENTRY_COMMANDS_MAX];
    Qc__Peer__Forward forward = QC__PEER__FORWARD__INIT;
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;

    for (size_t i = 0; i < batch->n; i++) {
        const struct qc_command *from = &batch->requests[i]->command;
        Qc__Peer__ForwardedCommand *to = &commands[i];

        qc__peer__forwarded_command__init(to);
        to->id = from->id;
        to->tenant = from->tenant;
        to->principal = from->principal;
        to->client_id = from->client_id;
        to->request_id = from->request_id;
        to->digest = binary(from->digest, sizeof(from->digest));
        to->body = binary(from->body.data, from->body.size);
        to->remaining_ms = remaining_ms(batch->requests[i], now_ms);
        to->number = batch->requests[i]->number;
        list[i] = to;
    }
    forward.n_commands = batch->n;
    forward.commands = list;
    request.message_case = QC__PEER__EXCHANGE_REQUEST__MESSAGE_FORWARD;
    request.forward = &forward;
    return send(network, leader, &request);
}

/* A message that says of commands that they were not appended. */
struct notice_of_drop {
    Qc__Peer__Dropped__Command commands[QC_ENTRY_COMMANDS_MAX];
    Qc__Peer__Dropped__Command *list[QC_ENTRY_COMMANDS_MAX];
    size_t n;
};

static void add_dropped(struct notice_of_drop *notice,
                        const struct qc_command *command,
                        uint64_t number,
                        enum qc_drop drop)
{
    Qc__Peer__Dropped__Command *to = &notice->commands[notice->n];

    qc__peer__dropped__command__init(to);
    to->tenant = command->tenant;
    to->client_id = command->client_id;
    to->request_id = command->request_id;
    to->expired = drop == QC_DROP_EXPIRED;
    to->no_space = drop == QC_DROP_NO_SPACE;
    to->number = number;
    notice->list[notice->n++] = to;
}

static int send_dropped(const struct qc_network *network,
                        uint64_t origin,
                        struct notice_of_drop *notice)
{
    Qc__Peer__Dropped dropped = QC__PEER__DROPPED__INIT;
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;

    dropped.n_commands = notice->n;
    dropped.commands = notice->list;
    request.message_case = QC__PEER__EXCHANGE_REQUEST__MESSAGE_DROPPED;
    request.dropped = &dropped;
    return send(network, origin, &request);
}

int qc_exchange_dropped(const struct qc_network *network,
                        struct qc_request_list *dropped)
{
    int r = 0;

    while (r == 0 && !TAILQ_EMPTY(dropped)) {
        uint64_t origin = TAILQ_FIRST(dropped)->origin;
        struct notice_of_drop notice = {.n = 0};
        struct qc_request *at;

        TAILQ_FOREACH(at, dropped, links)
        {
            if (at->origin != origin || notice.n == QC_ENTRY_COMMANDS_MAX) {
                break;
            }
            add_dropped(&notice, &at->command, at->number, at->drop);
        }
        r = send_dropped(network, origin, &notice);
        for (size_t i = 0; i < notice.n; i++) {
            at = TAILQ_FIRST(dropped);
            TAILQ_REMOVE(dropped, at, links);
            qc_request_free(at);
        }
    }
    return r;
}

int qc_exchange_turn_away(const struct qc_network *network,
                          uint64_t origin,
                          const Qc__Peer__Forward *forward)
{
    struct notice_of_drop notice = {.n = 0};

    for (size_t i = 0; i < forward->n_commands; i++) {
        const Qc__Peer__ForwardedCommand *command = forward->commands[i];
        const struct qc_command id = {
            .tenant = command->tenant,
            .client_id = command->client_id,
            .request_id = command->request_id,
        };

        add_dropped(&notice, &id, command->number, QC_DROP_TURNED_AWAY);
    }
    return send_dropped(network, origin, &notice);
}

static bool is_text(const char *text, size_t size_max)
{
    size_t size = strlen(text);

    return size <= size_max &&
           qc_utf8_is_text((struct qc_bytes){(const uint8_t *)text, size});
}

/* As an entry is read: one that cannot be would stop every node. */
bool qc_exchange_is_command_sound(const struct qc_command *command)
{
    return is_text(command->principal, QC_PRINCIPAL_TEXT_SIZE_MAX) &&
           is_text(command->client_id, QC_ID_TEXT_SIZE_MAX) &&
           is_text(command->request_id, QC_ID_TEXT_SIZE_MAX) &&
           command->body.size <= QC_COMMAND_BODY_SIZE_MAX;
}

bool qc_exchange_read_command(const Qc__Peer__ForwardedCommand *from,
                              struct qc_command *command_out)
{
    struct qc_command command = {
        .id = from->id,
        .tenant = from->tenant,
        .principal = from->principal,
        .client_id = from->client_id,
        .request_id = from->request_id,
        .body = {from->body.data, from->body.len},
    };

    if (from->digest.len != sizeof(command.digest) ||
        !qc_exchange_is_command_sound(&command)) {
        return false;
    }
    memcpy(command.digest, from->digest.data, sizeof(command.digest));
    *command_out = command;
    return true;
}

/* --- questions and answers --- */

int qc_exchange_read_index(const struct qc_network *network,
                           uint64_t leader,
                           uint64_t number)
{
    Qc__Peer__ReadIndex message = QC__PEER__READ_INDEX__INIT;
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;

    message.number = number;
    request.message_case = QC__PEER__EXCHANGE_REQUEST__MESSAGE_READ_INDEX;
    request.read_index = &message;
    return send(network, leader, &request);
}

int qc_exchange_read_index_result(const struct qc_network *network,
                                  uint64_t asker,
                                  uint64_t number,
                                  uint64_t index)
{
    Qc__Peer__ReadIndexResult message = QC__PEER__READ_INDEX_RESULT__INIT;
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;

    message.number = number;
    message.index = index;
    request.message_case =
        QC__PEER__EXCHANGE_REQUEST__MESSAGE_READ_INDEX_RESULT;
    request.read_index_result = &message;
    return send(network, asker, &request);
}

int qc_exchange_confirm_term(const struct qc_network *network,
                             uint64_t voter,
                             uint64_t number,
                             uint64_t term)
{
    Qc__Peer__ConfirmTerm message = QC__PEER__CONFIRM_TERM__INIT;
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;

    message.number = number;
    message.term = term;
    request.message_case = QC__PEER__EXCHANGE_REQUEST__MESSAGE_CONFIRM_TERM;
    request.confirm_term = &message;
    return send(network, voter, &request);
}

int qc_exchange_confirm_term_result(const struct qc_network *network,
                                    uint64_t asker,
                                    uint64_t number,
                                    uint64_t term)
{
    Qc__Peer__ConfirmTermResult message = QC__PEER__CONFIRM_TERM_RESULT__INIT;
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;

    message.number = number;
    message.term = term;
    request.message_case =
        QC__PEER__EXCHANGE_REQUEST__MESSAGE_CONFIRM_TERM_RESULT;
    request.confirm_term_result = &message;
    return send(network, asker, &request);
}

int qc_exchange_get_clock(const struct qc_network *network,
                          uint64_t voter,
                          uint64_t number)
{
    Qc__Peer__GetClock message = QC__PEER__GET_CLOCK__INIT;
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;

    message.number = number;
    request.message_case = QC__PEER__EXCHANGE_REQUEST__MESSAGE_GET_CLOCK;
    request.get_clock = &message;
    return send(network, voter, &request);
}

int qc_exchange_get_clock_result(const struct qc_network *network,
                                 uint64_t asker,
                                 uint64_t number,
                                 int64_t wall_ms)
{
    Qc__Peer__GetClockResult message = QC__PEER__GET_CLOCK_RESULT__INIT;
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;

    message.number = number;
    message.wall_ms = wall_ms;
    request.message_case = QC__PEER__EXCHANGE_REQUEST__MESSAGE_GET_CLOCK_RESULT;
    request.get_clock_result = &message;
    return send(network, asker, &request);
}

int qc_exchange_get_hash(const struct qc_network *network,
                         uint64_t member,
                         uint64_t number,
                         uint64_t index)
{
    Qc__Peer__GetHash message = QC__PEER__GET_HASH__INIT;
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;

    message.number = number;
    message.index = index;
    request.message_case = QC__PEER__EXCHANGE_REQUEST__MESSAGE_GET_HASH;
    request.get_hash = &message;
    return send(network, member, &request);
}

int qc_exchange_get_hash_result(const struct qc_network *network,
                                uint64_t asker,
                                uint64_t number,
                                struct qc_bytes hash)
{
    Qc__Peer__GetHashResult message = QC__PEER__GET_HASH_RESULT__INIT;
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;

    message.number = number;
    message.hash = binary(hash.data, hash.size);
    request.message_case = QC__PEER__EXCHANGE_REQUEST__MESSAGE_GET_HASH_RESULT;
    request.get_hash_result = &message;
    return send(network, asker, &request);
}
