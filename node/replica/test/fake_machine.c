#include "replica/test/fake_machine.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/siphash.h"

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

static void do_command(struct qc_fake_machine *machine,
                       uint64_t index,
                       const struct qc_command *command,
                       struct qc_answer *answer)
{
    unsigned long number = strtoul(command->request_id, NULL, 10);

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

struct qc_applier qc_fake_machine_as_applier(struct qc_fake_machine *machine)
{
    return (struct qc_applier){
        .ctx = machine,
        .apply = apply,
        .applied = applied,
        .now_ms = now_ms,
        .next_timer_ms = next_timer_ms,
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
