#include "base/arena.h"
#include "replica/exchange.h"
#include "replica/inside.h"
#include "replica/wire.h"

enum {
    CONFIRMS_THE_NOTED = 0,
    WALL_MS_BITS = 52, /* Of a wall clock that can be true. */
};

/* What is not would be done by every node, each of which might stop. */
static bool is_sound(const struct qc_replica *replica,
                     const struct qc_command *command)
{
    const struct qc_applier *applier = &replica->options.applier;

    return applier->is_sound == NULL ||
           applier->is_sound(applier->ctx, command);
}

static int on_forward(struct qc_replica *replica,
                      uint64_t from,
                      const Qc__Peer__Forward *forward,
                      bool *good_out)
{
    struct qc_command commands[QC_ENTRY_COMMANDS_MAX];
    int64_t now_ms = qc_replica_now_ms(replica);

    *good_out = forward->n_commands <= QC_ENTRY_COMMANDS_MAX;
    for (size_t i = 0; *good_out && i < forward->n_commands; i++) {
        *good_out =
            qc_exchange_read_command(forward->commands[i], &commands[i]) &&
            is_sound(replica, &commands[i]);
    }
    if (!*good_out) {
        return 0;
    }
    if (!qc_core_is_leader(&replica->core)) {
        return qc_exchange_turn_away(&replica->options.network, from, forward);
    }
    for (size_t i = 0; i < forward->n_commands; i++) {
        int r = qc_proposals_add_forwarded(
            &replica->proposals, from, forward->commands[i]->number,
            &commands[i], now_ms + forward->commands[i]->remaining_ms);

        if (r != 0) {
            return r;
        }
    }
    return 0;
}

static enum qc_drop reason_of(const Qc__Peer__Dropped__Command *command)
{
    if (command->no_space) {
        return QC_DROP_NO_SPACE;
    }
    return command->expired ? QC_DROP_EXPIRED : QC_DROP_TURNED_AWAY;
}

static void on_dropped(struct qc_replica *replica,
                       const Qc__Peer__Dropped *dropped)
{
    for (size_t i = 0; i < dropped->n_commands; i++) {
        const Qc__Peer__Dropped__Command *from = dropped->commands[i];
        const struct qc_command id = {
            .tenant = from->tenant,
            .client_id = from->client_id,
            .request_id = from->request_id,
        };

        qc_proposals_not_appended(&replica->proposals, &id, from->number,
                                  reason_of(from));
    }
}

static int on_read_index(struct qc_replica *replica,
                         uint64_t from,
                         const Qc__Peer__ReadIndex *question)
{
    int64_t deadline_ms = qc_replica_now_ms(replica) + QC_REMOTE_READ_MS;

    if (qc_core_is_leader(&replica->core) &&
        qc_reads_add_remote(&replica->reads, from, question->number,
                            deadline_ms) != NULL) {
        return 0;
    }
    return qc_replica_tell_reader(replica, from, question->number, 0);
}

static int on_read_index_result(struct qc_replica *replica,
                                uint64_t from,
                                const Qc__Peer__ReadIndexResult *result)
{
    if (result->index == 0 || from != qc_core_leader(&replica->core, NULL)) {
        return 0; /* It is asked again. */
    }
    return qc_reads_tell(&replica->reads, result->number, result->index,
                         qc_replica_tell_reader, replica);
}

static int on_confirm_term_result(struct qc_replica *replica,
                                  uint64_t from,
                                  const Qc__Peer__ConfirmTermResult *result)
{
    uint64_t number;

    if (!qc_core_is_leader(&replica->core) ||
        result->term != replica->core.raft.current_term ||
        !qc_core_is_voter(&replica->core, from)) {
        return 0;
    }
    number = qc_reads_confirm(&replica->reads, from, result->number,
                              qc_core_n_others(&replica->core));
    return qc_reads_tell(&replica->reads, number, CONFIRMS_THE_NOTED,
                         qc_replica_tell_reader, replica);
}

static void on_get_clock_result(struct qc_replica *replica,
                                uint64_t from,
                                const Qc__Peer__GetClockResult *result,
                                bool *good_out)
{
    *good_out = result->wall_ms >= 0 && result->wall_ms >> WALL_MS_BITS == 0;
    if (*good_out && qc_core_is_voter(&replica->core, from)) {
        qc_log_time_answer(&replica->log_time, from, result->number,
                           result->wall_ms - qc_replica_wall_ms(replica));
    }
}

static int dispatch(struct qc_replica *replica,
                    uint64_t from,
                    const Qc__Peer__ExchangeRequest *request,
                    bool *good_out)
{
    const struct qc_network *network = &replica->options.network;

    switch (request->message_case) {
    case QC__PEER__EXCHANGE_REQUEST__MESSAGE_FORWARD:
        return on_forward(replica, from, request->forward, good_out);
    case QC__PEER__EXCHANGE_REQUEST__MESSAGE_DROPPED:
        on_dropped(replica, request->dropped);
        return 0;
    case QC__PEER__EXCHANGE_REQUEST__MESSAGE_READ_INDEX:
        return on_read_index(replica, from, request->read_index);
    case QC__PEER__EXCHANGE_REQUEST__MESSAGE_READ_INDEX_RESULT:
        return on_read_index_result(replica, from, request->read_index_result);
    case QC__PEER__EXCHANGE_REQUEST__MESSAGE_CONFIRM_TERM:
        return qc_exchange_confirm_term_result(network, from,
                                               request->confirm_term->number,
                                               replica->core.raft.current_term);
    case QC__PEER__EXCHANGE_REQUEST__MESSAGE_CONFIRM_TERM_RESULT:
        return on_confirm_term_result(replica, from,
                                      request->confirm_term_result);
    case QC__PEER__EXCHANGE_REQUEST__MESSAGE_GET_CLOCK:
        return qc_exchange_get_clock_result(network, from,
                                            request->get_clock->number,
                                            qc_replica_wall_ms(replica));
    case QC__PEER__EXCHANGE_REQUEST__MESSAGE_GET_CLOCK_RESULT:
        on_get_clock_result(replica, from, request->get_clock_result, good_out);
        return 0;
    case QC__PEER__EXCHANGE_REQUEST__MESSAGE_FETCH_PART:
        return qc_replica_serve_part(replica, from, request->fetch_part,
                                     good_out);
    case QC__PEER__EXCHANGE_REQUEST__MESSAGE_FETCH_PART_RESULT:
        return qc_replica_on_part(replica, from, request->fetch_part_result);
    case QC__PEER__EXCHANGE_REQUEST__MESSAGE_GET_HASH:
        return qc_replica_on_get_hash(replica, from, request->get_hash);
    case QC__PEER__EXCHANGE_REQUEST__MESSAGE_GET_HASH_RESULT:
        qc_replica_on_get_hash_result(replica, from, request->get_hash_result,
                                      good_out);
        return 0;
    case QC__PEER__EXCHANGE_REQUEST__MESSAGE_HELLO: /* Only before us. */
    case QC__PEER__EXCHANGE_REQUEST__MESSAGE__NOT_SET:
    case _QC__PEER__EXCHANGE_REQUEST__MESSAGE__CASE_IS_INT_SIZE:
        break;
    }
    *good_out = false;
    return 0;
}

int qc_replica_listen(struct qc_replica *replica,
                      uint64_t from,
                      struct qc_bytes message,
                      bool *good_out)
{
    const Qc__Peer__ExchangeRequest *request;
    struct qc_arena arena;
    int r = 0;

    qc_arena_init(&arena, QC_WIRE_ARENA_SIZE);
    request = (const Qc__Peer__ExchangeRequest *)qc_wire_read(
        &qc__peer__exchange_request__descriptor, message, &arena);
    *good_out = request != NULL;
    if (request != NULL) {
        r = dispatch(replica, from, request, good_out);
    }
    qc_arena_done(&arena);
    return r;
}
