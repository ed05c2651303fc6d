#include "replica/test/fake_machine.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/siphash.h"
#include "codec/msgpack.h"
#include "quorumcall/v1/cluster_service.pb-c.h"
#include "replica/duties.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
};

void qc_fake_machine_init(struct qc_fake_machine *machine,
                          struct qc_ledger *ledger)
{
    *machine = (struct qc_fake_machine){.ledger = ledger};
}

void qc_fake_command(unsigned number,
                     uint32_t tenant,
                     char text[16],
                     struct qc_command *command_out)
{
    (void)snprintf(text, 16, "%u", number);
    *command_out = (struct qc_command){
        .id = 1,
        .tenant = tenant,
        .principal = "local",
        .client_id = "test",
        .request_id = text,
        .digest = {1},
        .body = {(const uint8_t *)text, strlen(text)},
    };
}

/* Everybody must find the same entry at the same index. */
static void enter(struct qc_ledger *ledger,
                  uint64_t index,
                  struct qc_bytes bytes,
                  const struct qc_entry *entry)
{
    static const uint8_t key[QC_SIPHASH_KEY_SIZE] = {7};
    uint64_t digest = qc_siphash(key, bytes) | 1;

    assert(index < QC_FAKE_INDEXES_MAX);
    if (ledger->entries[index].digest != 0) {
        ledger->differs =
            ledger->differs || ledger->entries[index].digest != digest;
        return;
    }
    ledger->entries[index].digest = digest;
    ledger->entries[index].at_ms = entry->at_ms;
    ledger->entries[index].n_commands = (unsigned)entry->n_commands;
    for (size_t i = 0; i < entry->n_commands; i++) {
        bool is_new = true;

        for (size_t j = 0; j < i; j++) {
            is_new = is_new &&
                     entry->commands[j].tenant != entry->commands[i].tenant;
        }
        ledger->entries[index].n_tenants += is_new ? 1 : 0;
    }
}

/* Whoever says something else than most differs. */
static void compare(struct qc_fake_machine *machine,
                    const Qc__V1__CompareHashesRequest *request)
{
    for (size_t i = 0; i < request->n_hashes; i++) {
        size_t n_same = 0;

        for (size_t j = 0; j < request->n_hashes; j++) {
            n_same += memcmp(request->hashes[i]->hash.data,
                             request->hashes[j]->hash.data, QC_HASH_SIZE) == 0
                          ? 1
                          : 0;
        }
        if (2 * n_same < request->n_hashes &&
            request->hashes[i]->node_id == machine->node_id) {
            machine->is_different = true;
        }
    }
}

static void report(struct qc_fake_machine *machine,
                   const Qc__V1__ReportNodeRequest *request)
{
    if (request->node_id == machine->node_id) {
        machine->reported = request->version_max;
    }
}

static const void *request_of(const struct qc_command *command,
                              struct qc_arena *arena)
{
    const ProtobufCMessageDescriptor *type =
        qc_method_of_id(command->id)->request;
    struct qc_codec_error error;
    ProtobufCMessage *message;

    assert(qc_msgpack_read(type, command->body, arena, &message, &error) ==
           QC_CODEC_OK);
    return message;
}

/* A command that a node has proposed by itself. */
static void do_for_node(struct qc_fake_machine *machine,
                        const struct qc_command *command,
                        struct qc_answer *answer)
{
    struct qc_ledger *ledger = machine->ledger;
    struct qc_arena arena;
    const void *request;

    qc_arena_init(&arena, ARENA_SIZE);
    request = request_of(command, &arena);
    switch (command->id) {
    case QC_COMMAND_REPORT_NODE:
        ledger->n_reported++;
        report(machine, request);
        break;
    case QC_COMMAND_COMPARE_HASHES:
        ledger->n_compared++;
        compare(machine, request);
        break;
    case QC_COMMAND_RAISE_ALARM:
        ledger->n_raised++;
        answer->refusal = ledger->refusal;
        break;
    default:
        assert(command->id == QC_COMMAND_DISARM_ALARM);
        ledger->n_disarmed++;
        break;
    }
    qc_arena_done(&arena);
}

static void do_command(struct qc_fake_machine *machine,
                       uint64_t index,
                       const struct qc_command *command,
                       struct qc_answer *answer)
{
    unsigned long number = strtoul(command->request_id, NULL, 10);

    if (strcmp(command->principal, "node") == 0) {
        do_for_node(machine, command, answer);
        return;
    }
    assert(number < QC_FAKE_NUMBERS_MAX);
    answer->replayed = machine->done_at[number] != 0;
    if (!answer->replayed) {
        machine->done_at[number] = index;
    }
}

static int apply(void *ctx,
                 uint64_t index,
                 struct qc_bytes bytes,
                 qc_answered_fn answered,
                 void *answered_ctx)
{
    static struct qc_answer answers[QC_ENTRY_COMMANDS_MAX];
    struct qc_fake_machine *machine = ctx;
    struct qc_arena arena;
    struct qc_entry entry;
    int r;

    if (machine->fail_at > 0 && --machine->fail_at == 0) {
        return QC_E_IO;
    }
    assert(index > machine->applied_index);
    qc_arena_init(&arena, ARENA_SIZE);
    r = qc_entry_read(bytes, &arena, &entry);
    assert(r == 0);
    enter(machine->ledger, index, bytes, &entry);
    machine->ledger->went_back =
        machine->ledger->went_back || entry.at_ms < machine->now_ms;
    machine->now_ms = entry.at_ms;
    if (machine->ledger->timer_ms > 0 &&
        machine->ledger->timer_ms <= entry.at_ms) {
        machine->ledger->timer_ms = INT64_MAX;
    }
    memset(answers, 0, sizeof(answers));
    for (size_t i = 0; i < entry.n_commands; i++) {
        do_command(machine, index, &entry.commands[i], &answers[i]);
    }
    machine->applied_index = index;
    for (size_t i = 0; i < entry.n_commands; i++) {
        answered(answered_ctx, &entry.commands[i], &answers[i]);
    }
    qc_arena_done(&arena);
    return 0;
}

static uint64_t applied(void *ctx)
{
    const struct qc_fake_machine *machine = ctx;

    return machine->applied_index;
}

static int64_t now_ms(void *ctx)
{
    const struct qc_fake_machine *machine = ctx;

    return machine->now_ms;
}

static int64_t next_timer_ms(void *ctx)
{
    const struct qc_fake_machine *machine = ctx;

    return machine->ledger->timer_ms;
}

/* --- members --- */

static const struct qc_fake_configuration *configuration_at(
    const struct qc_ledger *ledger,
    uint64_t index)
{
    const struct qc_fake_configuration *found = NULL;

    for (size_t i = 0; i < ledger->n_configurations; i++) {
        if (ledger->configurations[i].index <= index) {
            found = &ledger->configurations[i];
        }
    }
    return found;
}

static bool is_same(const struct qc_fake_configuration *known,
                    const struct qc_server *servers,
                    size_t n)
{
    bool same = known->n == n;

    for (size_t i = 0; same && i < n; i++) {
        same = known->servers[i].id == servers[i].id &&
               known->servers[i].voter == servers[i].voter &&
               strcmp(known->servers[i].address, servers[i].address) == 0;
    }
    return same;
}

static void enter_configuration(struct qc_ledger *ledger,
                                uint64_t index,
                                const struct qc_server *servers,
                                size_t n)
{
    const struct qc_fake_configuration *known = configuration_at(ledger, index);
    struct qc_fake_configuration *entered;

    if (known != NULL && known->index == index) {
        ledger->differs = ledger->differs || !is_same(known, servers, n);
        return;
    }
    assert(ledger->n_configurations < QC_FAKE_CONFIGURATIONS_MAX);
    entered = &ledger->configurations[ledger->n_configurations++];
    entered->index = index;
    entered->n = n;
    for (size_t i = 0; i < n; i++) {
        entered->servers[i].id = servers[i].id;
        entered->servers[i].voter = servers[i].voter;
        (void)snprintf(entered->servers[i].address, QC_FAKE_ADDRESS_SIZE, "%s",
                       servers[i].address);
    }
}

static int configure(void *ctx,
                     uint64_t index,
                     const struct qc_server *servers,
                     size_t n)
{
    struct qc_fake_machine *machine = ctx;

    assert(index > machine->applied_index);
    enter_configuration(machine->ledger, index, servers, n);
    machine->applied_index = index;
    return 0;
}

size_t qc_fake_machine_members(const struct qc_fake_machine *machine,
                               struct qc_server members_out[QC_SERVERS_MAX],
                               uint64_t *configuration_index_out)
{
    const struct qc_fake_configuration *now =
        configuration_at(machine->ledger, machine->applied_index);

    *configuration_index_out = now != NULL ? now->index : 0;
    for (size_t i = 0; now != NULL && i < now->n; i++) {
        members_out[i] = (struct qc_server){
            .id = now->servers[i].id,
            .address = now->servers[i].address,
            .voter = now->servers[i].voter,
        };
    }
    return now != NULL ? now->n : 0;
}

static size_t wanted(void *ctx, struct qc_wanted wanted_out[QC_SERVERS_MAX])
{
    const struct qc_fake_machine *machine = ctx;
    struct qc_server members[QC_SERVERS_MAX];
    uint64_t index;
    size_t n = machine->ledger->n_wanted;

    if (n > 0) {
        memcpy(wanted_out, machine->ledger->wanted, n * sizeof(wanted_out[0]));
        return n;
    }
    n = qc_fake_machine_members(machine, members, &index);
    for (size_t i = 0; i < n; i++) {
        wanted_out[i] = (struct qc_wanted){
            .id = members[i].id,
            .address = members[i].address,
            .voter = members[i].voter,
        };
    }
    return n;
}

/* --- what is compared --- */

static bool hash_at(void *ctx, uint64_t index, uint8_t hash_out[QC_HASH_SIZE])
{
    const struct qc_fake_machine *machine = ctx;
    uint64_t digest = machine->ledger->entries[index].digest;

    memset(hash_out, machine->is_spoiled ? 1 : 0, QC_HASH_SIZE);
    memcpy(hash_out, &digest, sizeof(digest));
    return index <= machine->applied_index;
}

static bool differs(void *ctx)
{
    const struct qc_fake_machine *machine = ctx;

    return machine->is_different;
}

static uint32_t version(void *ctx, uint32_t *reported_out)
{
    const struct qc_fake_machine *machine = ctx;

    *reported_out = machine->reported;
    return machine->ledger->version;
}

/* --- as bytes --- */

struct written {
    uint64_t applied_index;
    int64_t now_ms;
    uint64_t done_at[QC_FAKE_NUMBERS_MAX];
};

size_t qc_fake_machine_size(void)
{
    return sizeof(struct written);
}

void qc_fake_machine_write(const struct qc_fake_machine *machine,
                           uint8_t *bytes)
{
    static struct written written;

    written.applied_index = machine->applied_index;
    written.now_ms = machine->now_ms;
    memcpy(written.done_at, machine->done_at, sizeof(written.done_at));
    memcpy(bytes, &written, sizeof(written));
}

void qc_fake_machine_read(struct qc_fake_machine *machine, const uint8_t *bytes)
{
    static struct written written;

    memcpy(&written, bytes, sizeof(written));
    machine->applied_index = written.applied_index;
    machine->now_ms = written.now_ms;
    memcpy(machine->done_at, written.done_at, sizeof(written.done_at));
}

struct qc_applier qc_fake_machine_as_applier(struct qc_fake_machine *machine)
{
    return (struct qc_applier){
        .ctx = machine,
        .apply = apply,
        .applied = applied,
        .now_ms = now_ms,
        .next_timer_ms = next_timer_ms,
        .configure = configure,
        .wanted = wanted,
        .hash_at = hash_at,
        .differs = differs,
        .version = version,
    };
}

void qc_fake_machine_go_back(struct qc_fake_machine *machine, uint64_t index)
{
    assert(index <= machine->applied_index);

    for (unsigned i = 0; i < QC_FAKE_NUMBERS_MAX; i++) {
        if (machine->done_at[i] > index) {
            machine->done_at[i] = 0;
        }
    }
    machine->applied_index = index;
    machine->now_ms = 0;
    for (uint64_t i = 1; i <= index; i++) {
        if (machine->ledger->entries[i].at_ms > machine->now_ms) {
            machine->now_ms = machine->ledger->entries[i].at_ms;
        }
    }
}
