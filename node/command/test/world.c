#include "command/test/world.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include <cmocka.h>

#include "codec/message.h"
#include "codec/msgpack.h"
#include "command/apply.h"
#include "command/entry.h"
#include "command/test/fields.h"
#include "machine/context.h"
#include "machine/effect.h"
#include "machine/id.h"
#include "machine/store.h"
#include "machine/test/mem_store.h"

enum {
    ARENA_SIZE = 256 * 1024 * 1024,
    FIELD_REQUEST_ID = 100,
    FIELD_CLIENT_ID = 103,
    LINE_SIZE = 512,
};

void qc_world_open(struct qc_world *world, int64_t now_ms)
{
    *world =
        (struct qc_world){.now_ms = now_ms, .caller = "local", .tenant = 1};
    world->mem = qc_mem_store_new();
    assert_non_null(world->mem);
    qc_arena_init(&world->arena, ARENA_SIZE);
    assert_int_equal(
        qc_machine_open(&world->machine, qc_mem_store_as_store(world->mem)), 0);
}

void qc_world_open_alone(struct qc_world *world)
{
    static const struct qc_member only = {1, "node1:7400", true};
    struct qc_reply reply;

    qc_world_open(world, QC_WORLD_START_MS);
    qc_world_configure(world, &only, 1);
    assert_true(qc_world_call(
        world, &reply, "ReportNode node_id=1 version_max=4 release=test"));
}

void qc_world_close(struct qc_world *world)
{
    qc_machine_close(&world->machine);
    qc_arena_done(&world->arena);
    qc_mem_store_free(world->mem);
}

/* An answer's bytes live only while the entry does. */
struct kept {
    struct qc_world *world;
    const struct qc_method *method;
    struct qc_reply *reply;
};

static const char *copy(struct qc_arena *arena, const char *text)
{
    size_t size = text != NULL ? strlen(text) + 1 : 0;
    char *mine = size > 0 ? qc_arena_alloc(arena, size) : NULL;

    return mine != NULL ? memcpy(mine, text, size) : NULL;
}

static void keep(void *ctx,
                 const struct qc_command *command,
                 const struct qc_answer *answer)
{
    struct kept *kept = ctx;
    struct qc_arena *arena = &kept->world->arena;
    struct qc_codec_error error;
    struct qc_bytes bytes = answer->response;
    uint8_t *mine;
    ProtobufCMessage *response = NULL;

    (void)command;
    *kept->reply = (struct qc_reply){
        .refusal = answer->refusal,
        .detail = {.field = copy(arena, answer->detail.field),
                   .text = copy(arena, answer->detail.text),
                   .retry_after_ms = answer->detail.retry_after_ms},
        .replayed = answer->replayed,
    };
    if (answer->refusal != 0) {
        return;
    }
    mine = qc_arena_alloc(arena, bytes.size + 1);
    assert_non_null(mine);
    if (bytes.size > 0) {
        memcpy(mine, bytes.data, bytes.size);
    }
    assert_int_equal(qc_msgpack_read(kept->method->response,
                                     (struct qc_bytes){mine, bytes.size}, arena,
                                     &response, &error),
                     QC_CODEC_OK);
    kept->reply->response = response;
}

static void verify(struct qc_machine *machine)
{
    char text[256] = "";

    if (qc_machine_verify(machine, text, sizeof(text)) != 0) {
        fail_msg("verify: %s", text);
    }
}

/* Appends an entry to the log of one machine, and applies it. */
static void append(struct qc_world *world,
                   const struct qc_command *command,
                   struct kept *kept)
{
    uint64_t log_index = world->machine.applied_index + 1;
    struct qc_entry entry = {
        .at_ms = world->now_ms,
        .commands = command,
        .n_commands = command != NULL ? 1 : 0,
    };
    XXH128_hash_t dice = XXH3_128bits(&log_index, sizeof(log_index));
    struct qc_bytes bytes;

    memcpy(entry.entropy, &dice, sizeof(entry.entropy));
    assert_int_equal(qc_entry_write(&entry, &world->arena, &bytes), 0);
    assert_int_equal(
        qc_entry_apply(&world->machine, log_index, bytes, keep, kept), 0);
    if (world->is_watched) {
        verify(&world->machine);
    }
}

void qc_world_pass(struct qc_world *world, int64_t now_ms)
{
    int64_t due_ms = qc_machine_next_timer_ms(&world->machine);

    while (due_ms <= now_ms) {
        world->now_ms = due_ms > world->now_ms ? due_ms : world->now_ms;
        append(world, NULL, NULL);
        due_ms = qc_machine_next_timer_ms(&world->machine);
    }
    world->now_ms = now_ms;
}

static bool stands_beside(uint32_t number)
{
    return number == FIELD_REQUEST_ID || number == FIELD_CLIENT_ID;
}

static bool is_envelope(uint32_t number)
{
    return number >= FIELD_REQUEST_ID && number <= FIELD_CLIENT_ID;
}

void qc_world_configure(struct qc_world *world,
                        const struct qc_member *members,
                        size_t n)
{
    assert_int_equal(qc_entry_configure(&world->machine,
                                        world->machine.applied_index + 1,
                                        members, n),
                     0);
}

void qc_world_effect(struct qc_world *world, Qc__V1__Effect *effect)
{
    static const uint8_t no_entropy[16] = {0};
    struct qc_context payload;
    struct qc_effect_wish wish = {
        .kind = effect->kind,
        .connector = effect->connector,
        .source = effect->source,
        .payload = &payload,
        .not_before_ms = effect->not_before_ms,
        .deadline_ms = effect->deadline_ms,
    };
    struct qc_txn txn;

    qc_context_read(&payload, &effect->base, QC_PAYLOAD_OF_EFFECT);
    qc_machine_begin(&world->machine, &world->arena,
                     world->machine.applied_index + 1, world->now_ms,
                     no_entropy, &txn);
    txn.tenant = world->tenant;
    effect->effect_id =
        qc_id_text(&txn, QC_EFFECT_PREFIX, qc_effect_add(&txn, &wish));
    assert_int_equal(qc_machine_commit(&world->machine, &txn), 0);
}

/* As the edge would say it; what only nodes may propose is proposed by one. */
static struct qc_caller caller_of(const struct qc_world *world,
                                  const struct qc_method *method)
{
    bool of_cluster = world->caller[0] == '/';
    bool no_tenant = of_cluster && !world->names_tenant;
    struct qc_caller caller = {
        .tenant = method->cluster || (method->either && no_tenant)
                      ? 0
                      : world->tenant,
        .principal = world->caller,
    };

    if (method->roles == QC_ROLE_NODE) {
        caller.principal = "node";
    } else if (of_cluster &&
               (caller.tenant == 0 || strcmp(world->caller, "/local") == 0)) {
        caller.principal++;
    }
    return caller;
}

static void propose(struct qc_world *world,
                    const struct qc_method *method,
                    const ProtobufCMessage *request,
                    const char *request_id,
                    struct qc_reply *reply)
{
    struct kept kept = {world, method, reply};
    struct qc_caller caller = caller_of(world, method);
    struct qc_command command = {
        .id = method->id,
        .tenant = caller.tenant,
        .principal = caller.principal,
        .client_id = "story",
        .request_id = request_id,
    };
    XXH128_hash_t digest;
    struct qc_bytes asked;
    char new_id[32];

    if (request_id == NULL) {
        snprintf(new_id, sizeof(new_id), "request %u", ++world->n_requests);
        command.request_id = new_id;
    }
    assert_true(
        qc_msgpack_write_known(request, is_envelope, &world->arena, &asked));
    digest = XXH3_128bits_withSeed(asked.data, asked.size, method->id);
    memcpy(command.digest, &digest, sizeof(command.digest));
    assert_true(qc_msgpack_write_known(request, stands_beside, &world->arena,
                                       &command.body));
    append(world, &command, &kept);
}

static void query(struct qc_world *world,
                  const struct qc_method *method,
                  const ProtobufCMessage *request,
                  struct qc_reply *reply)
{
    struct qc_caller caller = caller_of(world, method);
    struct qc_query_result result;
    int r = qc_query_run(&world->machine, method, &caller, request,
                         &world->arena, &result);

    assert_true(r >= 0);
    *reply = (struct qc_reply){
        .refusal = r,
        .response = r == 0 ? result.response : NULL,
        .detail = result.detail,
    };
}

void qc_world_ask(struct qc_world *world,
                  const struct qc_method *method,
                  const ProtobufCMessage *request,
                  const char *request_id,
                  struct qc_reply *reply_out)
{
    struct qc_refusal_detail detail = {.field = NULL};
    int r = method->check(request, &detail);

    if (r != 0) {
        *reply_out = (struct qc_reply){.refusal = r, .detail = detail};
    } else if (method->kind == QC_METHOD_QUERY) {
        query(world, method, request, reply_out);
    } else {
        propose(world, method, request, request_id, reply_out);
    }
}

void qc_world_verify(struct qc_world *world)
{
    struct qc_machine again;

    verify(&world->machine);
    assert_int_equal(qc_machine_open(&again, qc_mem_store_as_store(world->mem)),
                     0);
    assert_int_equal(again.applied_index, world->machine.applied_index);
    assert_memory_equal(again.hash, world->machine.hash, QC_HASH_SIZE);
    verify(&again);
    qc_machine_close(&again);
}

bool qc_world_call(struct qc_world *world,
                   struct qc_reply *reply,
                   const char *format,
                   ...)
{
    static char line[LINE_SIZE];
    const struct qc_method *methods;
    const struct qc_method *method;
    ProtobufCMessage *request;
    char *rest = line;
    const char *word;
    char now[32];
    va_list values;
    size_t n;

    va_start(values, format);
    assert_true(vsnprintf(line, sizeof(line), format, values) < LINE_SIZE);
    va_end(values);
    qc_arena_reset(&world->arena);
    word = strtok_r(rest, " ", &rest);
    methods = qc_methods(&n);
    method = methods;
    while (method < methods + n && strcmp(method->name, word) != 0) {
        method++;
    }
    assert_true(method < methods + n);
    request = qc_message_new(method->request, &world->arena);
    while ((word = strtok_r(NULL, " ", &rest)) != NULL) {
        char *value = strchr(word, '=');

        assert_non_null(value);
        *value++ = '\0';
        assert_true(qc_fields_set(request, &world->arena, word, value));
    }
    snprintf(now, sizeof(now), "%" PRId64, world->now_ms);
    qc_fields_set(request, &world->arena, "client_ts_ms", now);
    qc_world_ask(world, method, request, NULL, reply);
    return reply->refusal == 0;
}
