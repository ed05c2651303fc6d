#include "replica/duties.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/siphash.h"
#include "codec/msgpack.h"
#include "replica/configuration.h"
#include "replica/inside.h"

enum {
    ARENA_SIZE = 1024 * 1024,
    CLIENT_ID_SIZE = 64,
    FIELD_REQUEST_ID = 100,
    FIELD_CLIENT_ID = 103,
};

void qc_duties_init(struct qc_replica *replica)
{
    const struct qc_clocks *clocks = &replica->options.clocks;
    struct qc_duties *duties = &replica->duties;
    uint8_t dice[QC_ENTROPY_SIZE];

    clocks->entropy(clocks->ctx, dice);
    memcpy(duties->life, dice, sizeof(duties->life));
    /* A hash that was asked for in another life is of another index. */
    memcpy(&duties->comparison.number, dice + sizeof(duties->life),
           sizeof(duties->comparison.number));
}

/* What was begun as a leader means nothing in another term. */
static void follow_term(struct qc_replica *replica)
{
    struct qc_duties *duties = &replica->duties;
    uint64_t term =
        qc_core_is_leader(&replica->core) ? replica->core.raft.current_term : 0;

    if (term != duties->term) {
        duties->term = term;
        duties->looked_ms = 0;
        duties->settled_index = 0;
        duties->compared_ms = qc_replica_now_ms(replica);
        qc_replica_forget_rounds(replica);
        qc_replica_end_hand_over(replica);
        qc_replica_forget_comparison(replica);
    }
}

int qc_replica_do_duties(struct qc_replica *replica)
{
    int r = 0;

    follow_term(replica);
    if (qc_core_is_leader(&replica->core)) {
        r = qc_replica_keep_members(replica);
        r = r != 0 ? r : qc_replica_compare(replica);
        r = r != 0 ? r : qc_replica_hand_over(replica);
    }
    r = r != 0 ? r : qc_replica_report(replica);
    return r != 0 ? r : qc_replica_tell_room(replica);
}

uint32_t qc_replica_version(const struct qc_replica *replica)
{
    const struct qc_applier *applier = &replica->options.applier;
    uint32_t reported;

    return applier->version(applier->ctx, &reported);
}

bool qc_replica_is_member(const struct qc_replica *replica)
{
    return qc_configuration_find(&replica->core.raft.configuration,
                                 replica->options.id) != NULL;
}

int64_t qc_replica_request_ms(const struct qc_replica *replica)
{
    const struct qc_applier *applier = &replica->options.applier;
    int64_t wall_ms = qc_replica_wall_ms(replica);
    int64_t log_ms = applier->now_ms(applier->ctx);

    if (wall_ms < log_ms) {
        return log_ms;
    }
    return wall_ms - log_ms > QC_CLIENT_AHEAD_MS / 2
               ? log_ms + QC_CLIENT_AHEAD_MS / 2
               : wall_ms;
}

static void errand_ended(void *ctx, const struct qc_proposal_result *result)
{
    struct qc_errand *errand = ctx;

    errand->is_open = false;
    errand->is_done = result->outcome == QC_OUTCOME_APPLIED;
    if (errand->is_done) {
        errand->refusal = result->answer->refusal;
    }
}

/* They stand beside the body. */
static bool is_envelope(uint32_t number)
{
    return number == FIELD_REQUEST_ID || number == FIELD_CLIENT_ID;
}

/* Nobody reads it but the machine, to tell a request from another of its id. */
static void digest_of(struct qc_bytes body, uint8_t digest_out[QC_DIGEST_SIZE])
{
    for (uint8_t half = 0; half < 2; half++) {
        uint8_t key[QC_SIPHASH_KEY_SIZE] = {half};
        uint64_t hash = qc_siphash(key, body);

        memcpy(digest_out + half * sizeof(hash), &hash, sizeof(hash));
    }
}

/* When memory is short for it, it is proposed a little later. */
static void propose(struct qc_replica *replica,
                    struct qc_errand *errand,
                    struct qc_command *command)
{
    struct qc_duties *duties = &replica->duties;
    char client_id[CLIENT_ID_SIZE];
    char request_id[24];
    uint64_t life;

    memcpy(&life, duties->life, sizeof(life));
    (void)snprintf(client_id, sizeof(client_id), "node-%" PRIu64 "-%016" PRIx64,
                   replica->options.id, life);
    (void)snprintf(request_id, sizeof(request_id), "%" PRIu64,
                   ++duties->n_commands);
    command->principal = "node";
    command->client_id = client_id;
    command->request_id = request_id;
    digest_of(command->body, command->digest);
    errand->is_open =
        qc_proposals_add(&replica->proposals, command,
                         qc_replica_now_ms(replica) + QC_ERRAND_MS,
                         errand_ended, errand) != NULL;
}

bool qc_errand_waits(const struct qc_replica *replica,
                     const struct qc_errand *errand)
{
    return errand->is_open ||
           (!errand->is_done && qc_replica_now_ms(replica) < errand->next_ms);
}

int qc_replica_run_errand(struct qc_replica *replica,
                          struct qc_errand *errand,
                          uint32_t id,
                          const ProtobufCMessage *request)
{
    int64_t now_ms = qc_replica_now_ms(replica);
    struct qc_command command = {.id = id};
    struct qc_arena arena;
    int r = QC_E_NOMEM;

    /* One that was refused waits, too, before it is tried again. */
    if (errand->is_open || now_ms < errand->next_ms) {
        return 0;
    }
    errand->is_done = false;
    errand->next_ms = now_ms + QC_ERRAND_MS;
    qc_arena_init(&arena, ARENA_SIZE);
    if (qc_msgpack_write_known(request, is_envelope, &arena, &command.body)) {
        propose(replica, errand, &command);
        r = 0;
    }
    qc_arena_done(&arena);
    return r;
}
