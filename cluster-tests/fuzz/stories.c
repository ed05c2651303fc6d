#include "cluster-tests/fuzz/stories.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cluster-tests/fuzz/target.h"
#include "cluster-tests/fuzz/types.h"
#include "codec/codec.h"
#include "codec/limits.h"
#include "codec/message.h"
#include "codec/utf8.h"
#include "command/apply.h"
#include "command/test/story.h"
#include "command/test/world.h"
#include "machine/machine.h"
#include "machine/member.h"
#include "rpc/envelope.h"
#include "rpc/phone_book.h"
#include "rpc/phones.h"

#define STORIES "node/command/test/stories"

enum {
    ARENA_SIZE = 4 * 1024 * 1024,
    PATH_SIZE = 512,
    MEMBERS_MAX = 8,
    STANDBY = 0x80,
    CALLER_SIZE = 64,
    STEPS_MAX = 64,
};

#define BEGIN_MS    INT64_C(1767261600000) /* 2026-01-01, 10:00 UTC. */
#define PASS_MAX_MS (INT64_C(40) * 24 * 3600 * 1000)

/* --- what is written down --------------------------------------------------
 *
 * The linker hands these the calls that stories make (-Wl,--wrap). They write
 * only while seeds are made.
 */

static struct {
    const struct fuzz_seeds *entries; /* NULL: they are not wanted. */
    bool steps;                       /* Whether these are. */
    struct chosen chosen;
    int64_t now_ms;
    char caller[CALLER_SIZE];
    bool names_tenant;
} recorder;

/* NOLINTBEGIN(readability-identifier-naming): the linker's names. */
int __real_qc_entry_apply(struct qc_machine *machine,
                          uint64_t log_index,
                          struct qc_bytes bytes,
                          qc_answered_fn answered,
                          void *ctx);
int __wrap_qc_entry_apply(struct qc_machine *machine,
                          uint64_t log_index,
                          struct qc_bytes bytes,
                          qc_answered_fn answered,
                          void *ctx);
void __real_qc_world_open(struct qc_world *world, int64_t now_ms);
void __wrap_qc_world_open(struct qc_world *world, int64_t now_ms);
void __real_qc_world_pass(struct qc_world *world, int64_t now_ms);
void __wrap_qc_world_pass(struct qc_world *world, int64_t now_ms);
void __real_qc_world_configure(struct qc_world *world,
                               const struct qc_member *members,
                               size_t n);
void __wrap_qc_world_configure(struct qc_world *world,
                               const struct qc_member *members,
                               size_t n);
void __real_qc_world_ask(struct qc_world *world,
                         const struct qc_method *method,
                         const ProtobufCMessage *request,
                         const char *request_id,
                         struct qc_reply *reply_out);
void __wrap_qc_world_ask(struct qc_world *world,
                         const struct qc_method *method,
                         const ProtobufCMessage *request,
                         const char *request_id,
                         struct qc_reply *reply_out);

int __wrap_qc_entry_apply(struct qc_machine *machine,
                          uint64_t log_index,
                          struct qc_bytes bytes,
                          qc_answered_fn answered,
                          void *ctx)
{
    if (recorder.entries != NULL) {
        recorder.entries->take(recorder.entries->ctx, bytes);
    }
    return __real_qc_entry_apply(machine, log_index, bytes, answered, ctx);
}

void __wrap_qc_world_open(struct qc_world *world, int64_t now_ms)
{
    recorder.now_ms = BEGIN_MS;
    snprintf(recorder.caller, sizeof(recorder.caller), "local");
    recorder.names_tenant = false;
    __real_qc_world_open(world, now_ms);
}

static void record_time(enum stories_step step, int64_t now_ms)
{
    if (recorder.steps && now_ms != recorder.now_ms) {
        chosen_number(&recorder.chosen, step, 1);
        chosen_number(&recorder.chosen, (uint64_t)(now_ms - recorder.now_ms),
                      4);
        recorder.now_ms = now_ms;
    }
}

void __wrap_qc_world_pass(struct qc_world *world, int64_t now_ms)
{
    record_time(STORIES_LEAP, world->now_ms);
    record_time(STORIES_PASS, now_ms);
    __real_qc_world_pass(world, now_ms);
}

void __wrap_qc_world_configure(struct qc_world *world,
                               const struct qc_member *members,
                               size_t n)
{
    if (recorder.steps) {
        chosen_number(&recorder.chosen, STORIES_CONFIGURE, 1);
        chosen_number(&recorder.chosen, n, 1);
        for (size_t i = 0; i < n; i++) {
            chosen_number(
                &recorder.chosen,
                members[i].node_id | (members[i].voter ? 0U : STANDBY), 1);
        }
    }
    __real_qc_world_configure(world, members, n);
}

static void record_caller(const struct qc_world *world)
{
    struct chosen *chosen = &recorder.chosen;

    if (strcmp(world->caller, recorder.caller) == 0 &&
        world->names_tenant == recorder.names_tenant) {
        return;
    }
    chosen_number(chosen, STORIES_CALLER, 1);
    chosen_number(chosen, strlen(world->caller), 1);
    chosen_text(chosen, world->caller);
    chosen_number(chosen, world->names_tenant, 1);
    snprintf(recorder.caller, sizeof(recorder.caller), "%s", world->caller);
    recorder.names_tenant = world->names_tenant;
}

static void record_ask(const struct qc_world *world,
                       const struct qc_method *method,
                       const ProtobufCMessage *request)
{
    struct chosen *chosen = &recorder.chosen;
    struct qc_arena arena;
    struct qc_bytes bytes;

    record_time(STORIES_LEAP, world->now_ms);
    record_caller(world);
    qc_arena_init(&arena, ARENA_SIZE);
    FUZZ_MUST(qc_encode(QC_FORMAT_PROTOBUF, request, &arena, &bytes));
    chosen_number(chosen, STORIES_ASK, 1);
    types_chosen_method(chosen, method);
    chosen_number(chosen, bytes.size, 2);
    chosen_bytes(chosen, bytes);
    qc_arena_done(&arena);
}

void __wrap_qc_world_ask(struct qc_world *world,
                         const struct qc_method *method,
                         const ProtobufCMessage *request,
                         const char *request_id,
                         struct qc_reply *reply_out)
{
    if (recorder.steps) {
        record_ask(world, method, request);
    }
    __real_qc_world_ask(world, method, request, request_id, reply_out);
}

/* NOLINTEND(readability-identifier-naming) */

/* --- seeds ---------------------------------------------------------------- */

static bool is_story(const char *name)
{
    const char *end = strrchr(name, '.');

    return end != NULL && strcmp(end, ".story") == 0;
}

/* Plays them all, from where the sources are; tells |played| after each. */
static void play(void (*played)(const struct fuzz_seeds *seeds),
                 const struct fuzz_seeds *seeds)
{
    DIR *folder = opendir(STORIES);
    const struct dirent *entry;

    FUZZ_MUST(folder != NULL);
    while ((entry = readdir(folder)) != NULL) {
        char path[PATH_SIZE];

        if (is_story(entry->d_name)) {
            snprintf(path, sizeof(path), STORIES "/%s", entry->d_name);
            qc_story_play(path, false);
            played(seeds);
        }
    }
    closedir(folder);
}

static void forget(const struct fuzz_seeds *seeds)
{
    (void)seeds;
}

void stories_seed_entries(const struct fuzz_seeds *seeds)
{
    recorder.entries = seeds;
    play(forget, seeds);
    recorder.entries = NULL;
}

static void take_steps(const struct fuzz_seeds *seeds)
{
    seeds->take(seeds->ctx,
                (struct qc_bytes){recorder.chosen.bytes, recorder.chosen.size});
    chosen_done(&recorder.chosen);
}

void fuzz_requests_seed(const struct fuzz_seeds *seeds)
{
    recorder.steps = true;
    play(take_steps, seeds);
    recorder.steps = false;
}

/* --- the target ------------------------------------------------------------
 *
 * Requests as clients may send them, one after the other, to a machine that
 * applies them: whatever the edge lets through is answered, never a fault, and
 * leaves rows and indexes that agree.
 */

static bool is_among(const struct qc_member *members, size_t n, uint64_t id)
{
    bool found = false;

    for (size_t i = 0; i < n; i++) {
        found = found || members[i].node_id == id;
    }
    return found;
}

/* Of a node once, as the replica sees to. */
static void configure(struct qc_world *world, struct choices *choices)
{
    struct qc_member members[MEMBERS_MAX];
    char addresses[MEMBERS_MAX][16];
    uint64_t n_said = choices_number(choices, 1) % (MEMBERS_MAX + 1);
    size_t n = 0;

    for (uint64_t i = 0; i < n_said; i++) {
        uint64_t said = choices_number(choices, 1);
        uint64_t id = said & ~(uint64_t)STANDBY;

        if (id == 0 || is_among(members, n, id)) {
            continue;
        }
        snprintf(addresses[n], sizeof(addresses[n]), "node%u:7400",
                 (unsigned)id);
        members[n] = (struct qc_member){
            .node_id = id,
            .address = addresses[n],
            .voter = (said & STANDBY) == 0,
        };
        n++;
    }
    qc_world_configure(world, members, n);
}

/* What the edge does to a request before it is proposed. */
static bool admit(struct qc_world *world, ProtobufCMessage *request)
{
    static struct qc_phone_book *book; /* It remembers what it has read. */
    struct qc_codec_error error;
    const char *field;

    if (book == NULL) {
        book = qc_phone_book_new();
        FUZZ_MUST(book != NULL);
    }
    qc_envelope_clear_facts(request);
    qc_envelope_set_number(request, QC_FIELD_CLIENT_TS,
                           (uint64_t)world->now_ms);
    return qc_limits_check(request, &error) &&
           qc_phones_normalise(book, request, "GB", &world->arena, &field);
}

static void ask(struct qc_world *world, struct choices *choices)
{
    const struct qc_method *method = types_choose_method(choices);
    size_t size = choices_number(choices, 2);
    struct qc_codec_error error;
    ProtobufCMessage *request;
    struct qc_reply reply;
    const char *id;

    if ((method->kind != QC_METHOD_COMMAND &&
         method->kind != QC_METHOD_QUERY) ||
        qc_decode(QC_FORMAT_PROTOBUF, method->request,
                  choices_bytes(choices, size), &world->arena, &request,
                  &error) != QC_CODEC_OK ||
        !admit(world, request)) {
        return;
    }
    id = qc_message_string(request, QC_FIELD_REQUEST_ID);
    qc_world_ask(world, method, request, id[0] != '\0' ? id : NULL, &reply);
    FUZZ_MUST(reply.refusal > 0 || reply.response != NULL);
}

/* Names of callers are text, for they stand in rows. */
static void call_as(struct qc_world *world,
                    struct choices *choices,
                    char caller[CALLER_SIZE])
{
    char *text = choices_text(choices, choices_number(choices, 1));
    size_t size = strlen(text);

    if (size < CALLER_SIZE &&
        qc_utf8_is_text((struct qc_bytes){(const uint8_t *)text, size})) {
        memcpy(caller, text, size + 1);
    }
    free(text);
    world->names_tenant = choices_number(choices, 1) % 2 != 0;
}

static void step(struct qc_world *world,
                 struct choices *choices,
                 char caller[CALLER_SIZE])
{
    switch ((enum stories_step)(choices_number(choices, 1) % STORIES_STEPS)) {
    case STORIES_PASS:
        qc_world_pass(world,
                      world->now_ms +
                          (int64_t)choices_number(choices, 4) % PASS_MAX_MS);
        break;
    case STORIES_LEAP:
        world->now_ms += (int64_t)choices_number(choices, 4);
        break;
    case STORIES_CONFIGURE:
        configure(world, choices);
        break;
    case STORIES_CALLER:
        call_as(world, choices, caller);
        break;
    case STORIES_ASK:
    case STORIES_STEPS:
    default:
        ask(world, choices);
        break;
    }
}

void fuzz_requests_run(struct qc_bytes input)
{
    struct choices choices = {input};
    char caller[CALLER_SIZE] = "local";
    struct qc_world world;

    qc_world_open(&world, BEGIN_MS);
    world.caller = caller;
    for (unsigned i = 0; i < STEPS_MAX && choices.left.size > 0; i++) {
        step(&world, &choices, caller);
    }
    qc_world_verify(&world);
    qc_world_close(&world);
}
