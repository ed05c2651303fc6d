/*
 * State hashes, compared through the log (guard 11).
 *
 * The leader asks every member for its state hash at one index, and proposes
 * what they say. Every node judges the same entry by the same rules, so all
 * agree who differs, and who differs stops, also when it is the leader.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "codec/msgpack.h"
#include "quorumcall/v1/cluster_service.pb-c.h"
#include "replica/configuration.h"
#include "replica/exchange.h"
#include "replica/inside.h"

enum {
    PATIENCE_MS = 1000, /* With those that do not answer. */
    ASK_AGAIN_MS = 100, /* Who has not applied that far yet says nothing. */
    ARENA_SIZE = 1024 * 1024,
};

void qc_replica_forget_comparison(struct qc_replica *replica)
{
    replica->duties.comparison.index = 0;
}

static bool has_answered(const struct qc_comparison *comparison, uint64_t id)
{
    for (unsigned i = 0; i < comparison->n_answers; i++) {
        if (comparison->answers[i].id == id) {
            return true;
        }
    }
    return false;
}

static void add_answer(struct qc_comparison *comparison,
                       uint64_t id,
                       const uint8_t hash[QC_HASH_SIZE])
{
    if (comparison->n_answers < QC_SERVERS_MAX &&
        !has_answered(comparison, id)) {
        comparison->answers[comparison->n_answers].id = id;
        memcpy(comparison->answers[comparison->n_answers].hash, hash,
               QC_HASH_SIZE);
        comparison->n_answers++;
    }
}

static int ask(struct qc_replica *replica)
{
    const struct raft_configuration *members =
        &replica->core.raft.configuration;
    struct qc_comparison *comparison = &replica->duties.comparison;

    comparison->asked_ms = qc_replica_now_ms(replica);
    for (unsigned i = 0; i < members->n; i++) {
        uint64_t id = members->servers[i].id;
        int r;

        if (has_answered(comparison, id)) {
            continue;
        }
        r = qc_exchange_get_hash(&replica->options.network, id,
                                 comparison->number, comparison->index);
        if (r != 0) {
            return r;
        }
    }
    return 0;
}

/* Whether it is time, and something has been applied that was not compared. */
static bool is_due(struct qc_replica *replica)
{
    const struct qc_applier *applier = &replica->options.applier;
    struct qc_duties *duties = &replica->duties;
    int64_t now_ms = qc_replica_now_ms(replica);
    int64_t between_ms = replica->options.compare_ms > 0
                             ? replica->options.compare_ms
                             : QC_COMPARE_MS;

    if (now_ms - duties->compared_ms < between_ms) {
        return false;
    }
    duties->compared_ms = now_ms;
    return qc_core_is_ready(&replica->core) &&
           applier->applied(applier->ctx) > duties->compared_index &&
           qc_replica_version(replica) >= QC_DUTIES_SINCE;
}

static int begin(struct qc_replica *replica)
{
    const struct qc_applier *applier = &replica->options.applier;
    struct qc_comparison *comparison = &replica->duties.comparison;
    uint64_t index = applier->applied(applier->ctx);
    uint8_t hash[QC_HASH_SIZE];

    if (!applier->hash_at(applier->ctx, index, hash)) {
        return 0;
    }
    *comparison = (struct qc_comparison){
        .index = index,
        .number = comparison->number + 1,
        .began_ms = qc_replica_now_ms(replica),
    };
    add_answer(comparison, replica->options.id, hash);
    return ask(replica);
}

static int propose(struct qc_replica *replica)
{
    struct qc_comparison *comparison = &replica->duties.comparison;
    Qc__V1__CompareHashesRequest request = QC__V1__COMPARE_HASHES_REQUEST__INIT;
    Qc__V1__NodeHash hashes[QC_SERVERS_MAX];
    Qc__V1__NodeHash *list[QC_SERVERS_MAX];

    for (unsigned i = 0; i < comparison->n_answers; i++) {
        qc__v1__node_hash__init(&hashes[i]);
        hashes[i].node_id = comparison->answers[i].id;
        hashes[i].hash =
            (ProtobufCBinaryData){QC_HASH_SIZE, comparison->answers[i].hash};
        list[i] = &hashes[i];
    }
    request.log_index = comparison->index;
    request.n_hashes = comparison->n_answers;
    request.hashes = list;
    request.client_ts_ms = qc_replica_request_ms(replica);
    replica->duties.compare.next_ms = 0;
    return qc_replica_run_errand(replica, &replica->duties.compare,
                                 QC_COMMAND_COMPARE_HASHES, &request.base);
}

static unsigned n_voters_of(const struct qc_replica *replica)
{
    const struct qc_comparison *comparison = &replica->duties.comparison;
    unsigned n = 0;

    for (unsigned i = 0; i < comparison->n_answers; i++) {
        n +=
            qc_core_is_voter(&replica->core, comparison->answers[i].id) ? 1 : 0;
    }
    return n;
}

int qc_replica_compare(struct qc_replica *replica)
{
    struct qc_comparison *comparison = &replica->duties.comparison;
    int64_t now_ms = qc_replica_now_ms(replica);
    int r = 0;

    if (comparison->index == 0) {
        return is_due(replica) ? begin(replica) : 0;
    }
    if (comparison->n_answers < replica->core.raft.configuration.n &&
        now_ms - comparison->began_ms < PATIENCE_MS) {
        return now_ms - comparison->asked_ms >= ASK_AGAIN_MS ? ask(replica) : 0;
    }
    if (2 * n_voters_of(replica) > qc_core_n_voters(&replica->core)) {
        r = propose(replica);
    }
    comparison->index = 0;
    return r;
}

/* --- what others ask and say --- */

int qc_replica_on_get_hash(const struct qc_replica *replica,
                           uint64_t from,
                           const Qc__Peer__GetHash *question)
{
    const struct qc_applier *applier = &replica->options.applier;
    uint8_t hash[QC_HASH_SIZE];
    struct qc_bytes answer = {NULL, 0};

    if (question->index <= applier->applied(applier->ctx) &&
        applier->hash_at(applier->ctx, question->index, hash)) {
        answer = (struct qc_bytes){hash, sizeof(hash)};
    }
    return qc_exchange_get_hash_result(&replica->options.network, from,
                                       question->number, answer);
}

void qc_replica_on_get_hash_result(struct qc_replica *replica,
                                   uint64_t from,
                                   const Qc__Peer__GetHashResult *result,
                                   bool *good_out)
{
    struct qc_comparison *comparison = &replica->duties.comparison;

    *good_out = result->hash.len == 0 || result->hash.len == QC_HASH_SIZE;
    if (*good_out && result->hash.len > 0 && comparison->index != 0 &&
        result->number == comparison->number &&
        qc_configuration_find(&replica->core.raft.configuration, from) !=
            NULL) {
        add_answer(comparison, from, result->hash.data);
    }
}

/* --- the verdict --- */

void qc_replica_note_comparison(struct qc_replica *replica,
                                const struct qc_command *command,
                                uint64_t index)
{
    const Qc__V1__CompareHashesRequest *request;
    struct qc_codec_error error;
    struct qc_arena arena;
    ProtobufCMessage *message;

    if (command->id != QC_COMMAND_COMPARE_HASHES) {
        return;
    }
    replica->duties.compared_index = index;
    replica->duties.is_judged = true;
    qc_arena_init(&arena, ARENA_SIZE);
    if (qc_msgpack_read(&qc__v1__compare_hashes_request__descriptor,
                        command->body, &arena, &message,
                        &error) == QC_CODEC_OK) {
        request = (const Qc__V1__CompareHashesRequest *)message;
        replica->duties.judged_index = request->log_index;
    }
    qc_arena_done(&arena);
}

int qc_replica_judge(struct qc_replica *replica)
{
    const struct qc_applier *applier = &replica->options.applier;
    struct qc_duties *duties = &replica->duties;
    char text[128];

    if (!duties->is_judged) {
        return 0;
    }
    duties->is_judged = false;
    if (!applier->differs(applier->ctx)) {
        return 0;
    }
    (void)snprintf(text, sizeof(text),
                   "this node's state is not that of the others (compared at "
                   "index %llu): it stops",
                   (unsigned long long)duties->judged_index);
    qc_replica_notice(replica, QC_NOTICE_WARNING, text);
    return QC_E_DIFFERS;
}
