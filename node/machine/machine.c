#include "machine/machine.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "codec/msgpack.h"
#include "machine/agent.h"
#include "machine/alarm.h"
#include "machine/allocation.h"
#include "machine/answer.h"
#include "machine/audit.h"
#include "machine/branch.h"
#include "machine/cors.h"
#include "machine/customer.h"
#include "machine/disposition.h"
#include "machine/effect.h"
#include "machine/entity.h"
#include "machine/hours.h"
#include "machine/index.h"
#include "machine/interaction.h"
#include "machine/member.h"
#include "machine/meta.h"
#include "machine/notify.h"
#include "machine/number.h"
#include "machine/pool.h"
#include "machine/presence.h"
#include "machine/principal.h"
#include "machine/queue.h"
#include "machine/reason.h"
#include "machine/region.h"
#include "machine/rematch.h"
#include "machine/rosters.h"
#include "machine/row.h"
#include "machine/row_memory.h"
#include "machine/running.h"
#include "machine/skill.h"
#include "machine/subject.h"
#include "machine/subscription.h"
#include "machine/tenant.h"
#include "machine/timer.h"
#include "machine/wrong_code.h"
#include "machine/zone.h"

/* Every kind of row but APPLIED, which is not folded, and TIMER, of which only
 * the next is derived. An entity of which nothing is derived, and which has
 * nothing to verify, may be left out, as are audit records: their head verifies
 * them. */
static const struct qc_entity *const entities[] = {
    &qc_meta_entity,         &qc_answers_entity,
    &qc_tenant_key_entity,   &qc_tenant_entity,
    &qc_subject_entity,      &qc_pool_entity,
    &qc_number_entity,       &qc_number_pair_entity,
    &qc_branch_entity,       &qc_allocation_entity,
    &qc_interaction_entity,  &qc_wrong_codes_entity,
    &qc_wrong_caller_entity, &qc_members_entity,
    &qc_alarm_entity,        &qc_principal_entity,
    &qc_cors_entity,         &qc_audit_head_entity,
    &qc_skill_entity,        &qc_agent_entity,
    &qc_reason_entity,       &qc_disposition_set_entity,
    &qc_effect_entity,       &qc_queue_entity,
    &qc_presence_entity,     &qc_zone_entity,
    &qc_hours_entity,        &qc_rematch_entity,
    &qc_customer_entity,     &qc_subscription_entity,
    &qc_notify_entity,       &qc_region_entity,
};

enum {
    N_ENTITIES = sizeof(entities) / sizeof(entities[0]),
    /* For one row, and what is read to verify it. */
    ROW_ARENA_SIZE = 256 * 1024 * 1024,
};

/* What is to be done with each row. */
struct visitor {
    void (*visit)(struct qc_txn *txn,
                  const struct qc_entity *entity,
                  const struct qc_key *key,
                  const void *row,
                  void *ctx);
    void *ctx;
    bool derives; /* It wants what indexes are derived from, and no more. */
};

static void walk_entity(struct qc_txn *txn,
                        const struct qc_entity *entity,
                        const struct visitor *visitor)
{
    qc_wanted_fn wanted = visitor->derives ? entity->derived_from : NULL;
    struct qc_cursor *cursor;
    struct qc_bytes bytes;
    struct qc_key prefix;
    struct qc_key key;

    qc_key_begin(&prefix, txn->tenant, entity->space);
    cursor = qc_open(txn, &prefix, NULL);
    while (qc_next(txn, cursor, &key, &bytes)) {
        const void *row = qc_row_read_some(txn, entity->type, wanted, bytes);

        if (row != NULL) {
            visitor->visit(txn, entity, &key, row, visitor->ctx);
        }
        qc_arena_reset(txn->arena);
    }
    qc_close(txn, cursor);
}

static void walk_tenant(struct qc_txn *txn,
                        uint32_t tenant,
                        const struct visitor *visitor)
{
    txn->tenant = tenant;
    for (size_t i = 0; i < N_ENTITIES; i++) {
        walk_entity(txn, entities[i], visitor);
    }
}

/* The cluster first, then each tenant. */
static void walk(struct qc_txn *txn, const struct visitor *visitor)
{
    struct qc_cursor *cursor;
    struct qc_bytes bytes;
    struct qc_key prefix;
    struct qc_key key;

    walk_tenant(txn, 0, visitor);
    qc_key_begin(&prefix, 0, QC_SPACE_TENANT_KEY);
    cursor = qc_open(txn, &prefix, NULL);
    while (qc_next(txn, cursor, &key, &bytes)) {
        const Qc__State__TenantKeyRow *row =
            qc_row_read(txn, qc_tenant_key_entity.type, bytes);

        if (row != NULL) {
            walk_tenant(txn, row->tenant, visitor);
        }
    }
    qc_close(txn, cursor);
}

static void derive(struct qc_txn *txn,
                   const struct qc_entity *entity,
                   const struct qc_key *key,
                   const void *row,
                   void *ctx)
{
    (void)ctx;
    qc_entity_derive(txn, entity, key, row, QC_DERIVE_ADD);
    if (entity == &qc_tenant_entity) {
        qc_timer_open(txn); /* Once for each tenant. */
    }
}

static struct qc_key applied_key(void)
{
    struct qc_key key;

    qc_key_begin(&key, 0, QC_SPACE_APPLIED);
    return key;
}

static void read_applied(struct qc_machine *machine, struct qc_txn *txn)
{
    struct qc_key key = applied_key();
    const Qc__State__AppliedRow *row =
        qc_row_get(txn, &qc__state__applied_row__descriptor, &key);

    if (row == NULL) {
        return;
    }
    if (row->hash.len != QC_HASH_SIZE) {
        qc_txn_fail(txn, QC_E_CORRUPT);
        return;
    }
    machine->applied_index = row->log_index;
    machine->now_ms = row->now_ms;
    memcpy(machine->hash, row->hash.data, QC_HASH_SIZE);
}

int qc_machine_open(struct qc_machine *machine, struct qc_store *store)
{
    struct qc_arena arena;
    struct qc_txn txn;
    int r;

    *machine = (struct qc_machine){
        .store = store,
        .index = qc_index_new(),
        .rosters = qc_rosters_new(),
        .fold = qc_fold_new(),
        .memory = qc_row_memory_new(),
        .running = qc_running_new(),
    };
    if (machine->index == NULL || machine->rosters == NULL ||
        machine->fold == NULL || machine->memory == NULL ||
        machine->running == NULL) {
        qc_machine_close(machine);
        return QC_E_NOMEM;
    }
    qc_arena_init(&arena, ROW_ARENA_SIZE);
    qc_machine_view(machine, &arena, &txn);
    read_applied(machine, &txn);
    walk(&txn, &(struct visitor){.visit = derive, .derives = true});
    r = qc_txn_answer(&txn, 0);
    qc_arena_done(&arena);
    if (r != 0) {
        qc_machine_close(machine);
    }
    return r;
}

void qc_machine_close(struct qc_machine *machine)
{
    if (machine != NULL) {
        qc_index_free(machine->index);
        qc_rosters_free(machine->rosters);
        qc_fold_free(machine->fold);
        qc_row_memory_free(machine->memory);
        qc_running_free(machine->running);
        *machine = (struct qc_machine){.store = NULL};
    }
}

void qc_machine_view(const struct qc_machine *machine,
                     struct qc_arena *arena,
                     struct qc_txn *txn_out)
{
    *txn_out = (struct qc_txn){
        .store = machine->store,
        .index = machine->index,
        .rosters = machine->rosters,
        .arena = arena,
        .log_index = machine->applied_index,
        .now_ms = machine->now_ms,
    };
}

void qc_machine_look(const struct qc_machine *machine,
                     struct qc_arena *arena,
                     struct qc_txn *txn_out)
{
    qc_machine_view(machine, arena, txn_out);
    txn_out->memory = machine->memory;
    qc_row_memory_begin(machine->memory);
}

void qc_machine_begin(struct qc_machine *machine,
                      struct qc_arena *arena,
                      uint64_t log_index,
                      int64_t at_ms,
                      const uint8_t entropy[16],
                      struct qc_txn *txn_out)
{
    assert(log_index > machine->applied_index);

    qc_machine_look(machine, arena, txn_out);
    txn_out->of_entry = arena;
    txn_out->fold = machine->fold;
    txn_out->desktops = machine->desktops;
    txn_out->outbox = machine->outbox;
    txn_out->running = machine->running;
    qc_running_begin(machine->running);
    txn_out->log_index = log_index;
    txn_out->now_ms = at_ms > machine->now_ms ? at_ms : machine->now_ms;
    memcpy(txn_out->entropy, entropy, sizeof(txn_out->entropy));
    qc_fold_begin(machine->fold, machine->hash, log_index, txn_out->now_ms);
}

/* Not by qc_put(): the row holds the hash over all that was put. */
static int write_applied(const struct qc_machine *machine,
                         const struct qc_txn *txn,
                         const uint8_t hash[QC_HASH_SIZE])
{
    Qc__State__AppliedRow row = QC__STATE__APPLIED_ROW__INIT;
    uint8_t copy[QC_HASH_SIZE]; /* Messages cannot hold what is const. */
    struct qc_key key = applied_key();
    struct qc_bytes bytes;

    row.log_index = txn->log_index;
    row.now_ms = txn->now_ms;
    memcpy(copy, hash, sizeof(copy));
    row.hash = (ProtobufCBinaryData){sizeof(copy), copy};
    if (!qc_msgpack_write(&row.base, txn->arena, &bytes)) {
        return QC_E_NOMEM;
    }
    return machine->store->ops->put(machine->store, &key, bytes);
}

int qc_machine_commit(struct qc_machine *machine, struct qc_txn *txn)
{
    uint8_t hash[QC_HASH_SIZE];
    int r;

    qc_running_end(txn);
    r = qc_txn_answer(txn, 0);
    if (r != 0) {
        return r;
    }
    qc_fold_end(machine->fold, hash);
    r = write_applied(machine, txn, hash);
    if (r != 0) {
        return qc_txn_fail(txn, r);
    }
    r = machine->store->ops->commit(machine->store);
    if (r != 0) {
        return qc_txn_fail(txn, r);
    }
    machine->applied_index = txn->log_index;
    machine->now_ms = txn->now_ms;
    memcpy(machine->hash, hash, QC_HASH_SIZE);
    machine->n_evicted += txn->n_evicted;
    return 0;
}

/* The text of a finding, cut where the caller's room ends. */
struct finding {
    char *text;
    size_t size;
    size_t length;
};

static void say_char(struct finding *finding, char c)
{
    if (finding->length + 1 < finding->size) {
        finding->text[finding->length++] = c;
        finding->text[finding->length] = '\0';
    }
}

static void say(struct finding *finding, const char *text)
{
    for (; *text != '\0'; text++) {
        say_char(finding, *text);
    }
}

/* Bytes that do not print are written as %XX. */
static void say_key(struct finding *finding, const struct qc_key *key)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < key->len; i++) {
        uint8_t byte = key->data[i];

        if (byte > ' ' && byte < 0x7f && byte != '%') {
            say_char(finding, (char)byte);
        } else {
            say_char(finding, '%');
            say_char(finding, digits[byte >> 4]);
            say_char(finding, digits[byte & 15]);
        }
    }
}

static void find(struct qc_txn *txn,
                 struct finding *finding,
                 const char *what,
                 const struct qc_key *key,
                 const char *wrong)
{
    say(finding, what);
    say_key(finding, key);
    say(finding, ": ");
    say(finding, wrong);
    qc_txn_fail(txn, QC_E_CORRUPT);
}

static void verify(struct qc_txn *txn,
                   const struct qc_entity *entity,
                   const struct qc_key *key,
                   const void *row,
                   void *ctx)
{
    struct finding *finding = ctx;
    const char *wrong;

    if (entity->verify == NULL) {
        return;
    }
    wrong = entity->verify(txn, key, row);
    if (wrong != NULL && txn->fault == 0) {
        say(finding, entity->name);
        find(txn, finding, " ", key, wrong);
    }
}

/* Compares what was derived anew. */
static void compare(const struct qc_machine *machine,
                    struct qc_txn *txn,
                    struct finding *finding)
{
    struct qc_key key;
    const char *wrong;
    uint32_t tenant;

    if (txn->fault == 0 && !qc_index_equal(machine->index, txn->index, &key)) {
        find(txn, finding, "index ", &key, "is not what the rows derive");
    }
    if (txn->fault != 0) {
        return;
    }
    wrong = qc_rosters_difference(machine->rosters, txn->rosters, &tenant);
    if (wrong == NULL) {
        wrong = qc_rosters_difference(txn->rosters, machine->rosters, &tenant);
    }
    if (wrong != NULL) {
        qc_key_begin(&key, tenant, QC_SPACE_TENANT);
        find(txn, finding, "roster ", &key, wrong);
    }
}

/* Derives all indexes and rosters anew, from whole rows, and compares. */
static void verify_index(const struct qc_machine *machine,
                         struct qc_txn *txn,
                         struct finding *finding)
{
    txn->index = qc_index_new();
    txn->rosters = qc_rosters_new();
    if (txn->index != NULL && txn->rosters != NULL) {
        walk(txn, &(struct visitor){.visit = derive});
        compare(machine, txn, finding);
    } else {
        qc_txn_fail(txn, QC_E_NOMEM);
    }
    qc_index_free(txn->index);
    qc_rosters_free(txn->rosters);
    txn->index = machine->index;
    txn->rosters = machine->rosters;
}

static void verify_memory(const struct qc_machine *machine,
                          struct qc_txn *txn,
                          struct finding *finding)
{
    struct qc_key key;

    if (!qc_row_memory_verify(machine->memory, txn->arena, &key)) {
        find(txn, finding, "row ", &key, "was changed where it is remembered");
    }
}

int qc_machine_verify(struct qc_machine *machine,
                      char *text_out,
                      size_t text_size)
{
    struct finding finding = {.text = text_out, .size = text_size};
    struct qc_arena arena;
    struct qc_txn txn;
    int r;

    assert(text_size > 0);

    text_out[0] = '\0';
    qc_arena_init(&arena, ROW_ARENA_SIZE);
    qc_machine_view(machine, &arena, &txn);
    verify_index(machine, &txn, &finding);
    verify_memory(machine, &txn, &finding);
    walk(&txn, &(struct visitor){.visit = verify, .ctx = &finding});
    r = qc_txn_answer(&txn, 0);
    qc_arena_done(&arena);
    return r;
}
