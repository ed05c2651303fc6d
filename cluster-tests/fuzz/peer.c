/*
 * What a node that is let in says: any messages, of either channel, in any
 * order, while time passes and what was written becomes durable. Whatever they
 * are, they are dropped, or are a fault that stops the node; and what the node
 * says itself can be read.
 */
#include <stdlib.h>

#include <raft.h>

#include "cluster-tests/fuzz/choices.h"
#include "cluster-tests/fuzz/target.h"
#include "command/entry.h"
#include "replica/test/alone.h"

enum {
    STEPS_MAX = 64,
    ENTRY_ARENA_SIZE = 1024 * 1024,
};

enum step {
    STEP_CONSENSUS, /* Who, 2 bytes of size, so much protobuf. */
    STEP_EXCHANGE,  /* The same. */
    STEP_TIME,      /* 2 bytes of milliseconds. */
    STEP_SYNC,
    STEP_TURN,
    STEP_CONNECTED, /* Who; odd: the connection is there. */
    STEPS,
};

/* --- seeds ---------------------------------------------------------------- */

static struct chosen *recorder; /* NULL: nothing is written down. */

/* NOLINTBEGIN(readability-identifier-naming): the linker's names. */
int __real_qc_replica_receive(struct qc_replica *replica,
                              uint64_t from,
                              enum qc_channel channel,
                              struct qc_bytes message,
                              bool *good_out);
int __wrap_qc_replica_receive(struct qc_replica *replica,
                              uint64_t from,
                              enum qc_channel channel,
                              struct qc_bytes message,
                              bool *good_out);

int __wrap_qc_replica_receive(struct qc_replica *replica,
                              uint64_t from,
                              enum qc_channel channel,
                              struct qc_bytes message,
                              bool *good_out)
{
    if (recorder != NULL) {
        chosen_number(recorder,
                      channel == QC_CHANNEL_CONSENSUS ? STEP_CONSENSUS
                                                      : STEP_EXCHANGE,
                      1);
        chosen_number(recorder, from, 1);
        chosen_number(recorder, message.size, 2);
        chosen_bytes(recorder, message);
    }
    return __real_qc_replica_receive(replica, from, channel, message, good_out);
}
/* NOLINTEND(readability-identifier-naming) */

/* The fake machine takes it that entries are sound; a real one looks. */
static int apply(void *ctx,
                 uint64_t index,
                 struct qc_bytes bytes,
                 qc_answered_fn answered,
                 void *answered_ctx)
{
    const struct qc_applier machine = qc_fake_machine_as_applier(ctx);
    struct qc_entry entry;
    struct qc_arena arena;
    int r;

    qc_arena_init(&arena, ENTRY_ARENA_SIZE);
    r = qc_entry_read(bytes, &arena, &entry);
    if (r == 0 && entry.n_commands > 0) {
        r = QC_E_CORRUPT; /* Its commands are not those of the machine. */
    }
    qc_arena_done(&arena);
    return r != 0 ? r
                  : machine.apply(ctx, index, bytes, answered, answered_ctx);
}

static struct qc_alone *alone_open(void)
{
    void *state = NULL;
    struct qc_alone *f;

    FUZZ_MUST(qc_alone_setup(&state) == 0);
    f = state;
    f->options.applier.apply = apply;
    FUZZ_MUST(qc_alone_restart(f) == 0);
    return f;
}

static void alone_close(struct qc_alone *f)
{
    void *state = f;

    FUZZ_MUST(qc_alone_teardown(&state) == 0);
}

static void record(struct qc_alone *f, enum step step)
{
    chosen_number(recorder, step, 1);
    if (step == STEP_SYNC) {
        qc_alone_sync(f);
    } else {
        qc_alone_turn(f);
    }
}

/* It follows a leader of term 2, and is given entries. */
static void follow(struct qc_alone *f)
{
    const struct qc_alone_leader leader = {2, 2};

    FUZZ_MUST(qc_alone_append(f, leader, 1, 1, 3, 2) == 0);
    record(f, STEP_SYNC);
    record(f, STEP_TURN);
    FUZZ_MUST(qc_alone_heartbeat(f, leader, 4, 2, 1) == 0);
    record(f, STEP_TURN);
}

/* Time passes, and it is given votes. */
static void lead(struct qc_alone *f)
{
    uint64_t waits_ms = 2 * QC_ALONE_ELECTION_MS + 1;

    chosen_number(recorder, STEP_TIME, 1);
    chosen_number(recorder, waits_ms, 2);
    qc_alone_win(f);
    record(f, STEP_SYNC);
    qc_alone_acknowledge(f, 2, 2);
    qc_alone_acknowledge(f, 3, 2);
    record(f, STEP_TURN);
    qc_alone_confirm(f, 2, 2);
}

/* Its leader sends a configuration. */
static void change(struct qc_alone *f)
{
    static const struct qc_server servers[] = {{1, "one", true},
                                               {2, "two", true},
                                               {3, "three", true}};
    const struct qc_alone_leader leader = {2, 2};
    const struct qc_log_entry entry = {
        .index = 2,
        .term = 2,
        .kind = RAFT_CHANGE,
        .data = qc_alone_configuration(f, servers, 3),
    };

    FUZZ_MUST(qc_alone_append_one(f, leader, 1, &entry, 1) == 0);
    record(f, STEP_SYNC);
    FUZZ_MUST(qc_alone_heartbeat(f, leader, 2, 2, 2) == 0);
    record(f, STEP_TURN);
}

/* It leads, and another node hands it a command. */
static void serve(struct qc_alone *f)
{
    static char text[] = "local";
    static uint8_t digest[QC_DIGEST_SIZE];
    Qc__Peer__ExchangeRequest request = QC__PEER__EXCHANGE_REQUEST__INIT;
    Qc__Peer__Forward forward = QC__PEER__FORWARD__INIT;
    Qc__Peer__ForwardedCommand command = QC__PEER__FORWARDED_COMMAND__INIT;
    Qc__Peer__ForwardedCommand *commands[] = {&command};
    bool good;

    command.id = 20;
    command.principal = text;
    command.client_id = text;
    command.request_id = text;
    command.digest = (ProtobufCBinaryData){sizeof(digest), digest};
    forward.n_commands = 1;
    forward.commands = commands;
    request.message_case = QC__PEER__EXCHANGE_REQUEST__MESSAGE_FORWARD;
    request.forward = &forward;
    lead(f);
    FUZZ_MUST(qc_alone_say_exchange(f, 2, &request, &good) == 0 && good);
    record(f, STEP_TURN);
}

void fuzz_peer_seed(const struct fuzz_seeds *seeds)
{
    void (*const plays[])(struct qc_alone * f) = {follow, change, lead, serve};

    for (size_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
        struct chosen chosen = {NULL, 0};
        struct qc_alone *f = alone_open();

        recorder = &chosen;
        plays[i](f);
        recorder = NULL;
        seeds->take(seeds->ctx, (struct qc_bytes){chosen.bytes, chosen.size});
        chosen_done(&chosen);
        alone_close(f);
    }
}

/* --- the target ----------------------------------------------------------- */

static int hear(struct qc_alone *f,
                struct choices *choices,
                enum qc_channel channel)
{
    uint64_t from = choices_number(choices, 1);
    size_t size = choices_number(choices, 2);
    bool good;

    return qc_replica_receive(f->replica, from, channel,
                              choices_bytes(choices, size), &good);
}

static int step(struct qc_alone *f, struct choices *choices)
{
    uint64_t said = 0;
    int r;

    switch ((enum step)(choices_number(choices, 1) % STEPS)) {
    case STEP_CONSENSUS:
        return hear(f, choices, QC_CHANNEL_CONSENSUS);
    case STEP_EXCHANGE:
        return hear(f, choices, QC_CHANNEL_EXCHANGE);
    case STEP_TIME:
        f->now_ms += (int64_t)choices_number(choices, 2);
        return qc_replica_tick(f->replica);
    case STEP_SYNC:
        if (qc_mem_disk_n_queued(f->disk) > 0) {
            said = qc_mem_disk_sync(f->disk);
        }
        return said > 0 ? qc_replica_persisted(f->replica, said) : 0;
    case STEP_CONNECTED:
        said = choices_number(choices, 1);
        qc_replica_peer_connected(f->replica, said / 2, said % 2 != 0);
        return 0;
    case STEP_TURN:
    case STEPS:
    default:
        r = qc_replica_turn(f->replica);
        return r != 0 ? r : qc_replica_tell(f->replica);
    }
}

void fuzz_peer_run(struct qc_bytes input)
{
    struct choices choices = {input};
    struct qc_alone *f = alone_open();
    int r = 0;

    for (unsigned i = 0; i < STEPS_MAX && r == 0 && choices.left.size > 0;
         i++) {
        r = step(f, &choices);
    }
    FUZZ_MUST(r <= 0);
    alone_close(f);
}
