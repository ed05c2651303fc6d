/*
 * The codecs: any bytes, read as any message.
 *
 * What a reader takes is a message like any other: written in every form and
 * read again it is the same one, and what it is held against is what protobuf-c
 * itself writes. What it refuses, it refuses with a sentence.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cluster-tests/fuzz/target.h"
#include "cluster-tests/fuzz/types.h"
#include "codec/codec.h"
#include "codec/limits.h"
#include "codec/msgpack.h"
#include "codec/test/random_message.h"
#include "codec/yaml.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
    SEEDS_PER_TYPE = 2,
    VIOLATIONS_MAX = 8,
};

static struct qc_bytes pack(const ProtobufCMessage *message,
                            struct qc_arena *arena)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = qc_arena_alloc(arena, size + 1);

    FUZZ_MUST(bytes != NULL);
    return (struct qc_bytes){bytes, protobuf_c_message_pack(message, bytes)};
}

static void same(struct qc_bytes a, struct qc_bytes b)
{
    FUZZ_MUST(a.size == b.size);
    FUZZ_MUST(a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static void is_sentence(const char *text, size_t size)
{
    FUZZ_MUST(memchr(text, '\0', size) != NULL);
    FUZZ_MUST(text[0] != '\0');
}

/* Limits are looked at in two ways, which agree. */
static void check_limits(const ProtobufCMessage *message)
{
    struct qc_codec_error errors[VIOLATIONS_MAX];
    struct qc_codec_error first;
    size_t n = qc_limits_violations(message, errors, VIOLATIONS_MAX);

    FUZZ_MUST(n <= VIOLATIONS_MAX);
    FUZZ_MUST(qc_limits_check(message, &first) == (n == 0));
    if (n > 0) {
        is_sentence(first.text, sizeof(first.text));
        FUZZ_MUST(strcmp(first.where, errors[0].where) == 0);
        FUZZ_MUST(strcmp(first.text, errors[0].text) == 0);
    }
}

/* Whoever is from outside is read as anybody is, or refused for a limit that is
 * broken: that of a list, or that nothing comes in pieces. */
static void check_outside(enum qc_format format,
                          const ProtobufCMessage *message,
                          struct qc_bytes bytes,
                          struct qc_arena *arena)
{
    struct qc_codec_error error;
    ProtobufCMessage *again;

    if (qc_limits_decode(format, message->descriptor, bytes, arena, &again,
                         &error) == QC_CODEC_OK) {
        same(pack(again, arena), pack(message, arena));
    } else {
        is_sentence(error.text, sizeof(error.text));
        FUZZ_MUST(strcmp(error.text, "stands twice") == 0 ||
                  !qc_limits_check(message, &error));
    }
}

static void in_every_form(const ProtobufCMessage *message,
                          struct qc_arena *arena)
{
    struct qc_bytes packed = pack(message, arena);
    struct qc_bytes canonical;
    struct qc_codec_error error;
    ProtobufCMessage *again;
    struct qc_bytes bytes;

    check_limits(message);
    FUZZ_MUST(qc_msgpack_write(message, arena, &canonical));
    for (unsigned format = 0; format <= QC_FORMAT_JSON; format++) {
        FUZZ_MUST(qc_encode(format, message, arena, &bytes));
        FUZZ_MUST(qc_decode(format, message->descriptor, bytes, arena, &again,
                            &error) == QC_CODEC_OK);
        same(pack(again, arena), packed);
        check_outside(format, message, bytes, arena);
        FUZZ_MUST(qc_msgpack_write(again, arena, &bytes));
        same(bytes, canonical);
    }
    FUZZ_MUST(qc_msgpack_read(message->descriptor, canonical, arena, &again,
                              &error) == QC_CODEC_OK);
    same(pack(again, arena), packed);
}

static void refused(enum qc_codec_answer answer,
                    const struct qc_codec_error *error)
{
    FUZZ_MUST(answer == QC_CODEC_MALFORMED || answer == QC_CODEC_TOO_BIG);
    is_sentence(error->text, sizeof(error->text));
    FUZZ_MUST(memchr(error->where, '\0', sizeof(error->where)) != NULL);
}

static void read_as(enum qc_format format, struct qc_bytes input)
{
    struct choices choices = {input};
    const ProtobufCMessageDescriptor *type = types_choose(&choices);
    struct qc_bytes bytes = choices_rest(&choices);
    struct qc_codec_error error;
    enum qc_codec_answer answer;
    ProtobufCMessage *message;
    struct qc_arena arena;

    qc_arena_init(&arena, ARENA_SIZE);
    answer = qc_decode(format, type, bytes, &arena, &message, &error);
    if (answer == QC_CODEC_OK) {
        check_outside(format, message, bytes, &arena);
        in_every_form(message, &arena);
    } else {
        refused(answer, &error);
    }
    qc_arena_done(&arena);
}

/* --- seeds ---------------------------------------------------------------- */

/* Writes |message| into the arena; false when it cannot be. */
typedef bool (*write_fn)(const ProtobufCMessage *message,
                         struct qc_arena *arena,
                         struct qc_bytes *bytes_out);

/* Messages of every type, made up by chance. */
static void seed_messages(const struct fuzz_seeds *seeds, write_fn write)
{
    const ProtobufCMessageDescriptor *type;
    struct qc_random random = {1};

    for (size_t i = 0; (type = types_at(i / SEEDS_PER_TYPE)) != NULL; i++) {
        struct chosen chosen = {NULL, 0};
        struct qc_bytes bytes;
        struct qc_arena arena;

        qc_arena_init(&arena, ARENA_SIZE);
        types_chosen(&chosen, type);
        if (write(qc_random_message(&random, type, &arena), &arena, &bytes)) {
            chosen_bytes(&chosen, bytes);
            seeds->take(seeds->ctx,
                        (struct qc_bytes){chosen.bytes, chosen.size});
        }
        chosen_done(&chosen);
        qc_arena_done(&arena);
    }
}

static bool write_protobuf(const ProtobufCMessage *message,
                           struct qc_arena *arena,
                           struct qc_bytes *bytes_out)
{
    return qc_encode(QC_FORMAT_PROTOBUF, message, arena, bytes_out);
}

static bool write_names(const ProtobufCMessage *message,
                        struct qc_arena *arena,
                        struct qc_bytes *bytes_out)
{
    return qc_encode(QC_FORMAT_MSGPACK_NAMES, message, arena, bytes_out);
}

static bool write_json(const ProtobufCMessage *message,
                       struct qc_arena *arena,
                       struct qc_bytes *bytes_out)
{
    return qc_encode(QC_FORMAT_JSON, message, arena, bytes_out);
}

/* --- protobuf, msgpack, json ---------------------------------------------- */

void fuzz_protobuf_run(struct qc_bytes input)
{
    read_as(QC_FORMAT_PROTOBUF, input);
}

void fuzz_protobuf_seed(const struct fuzz_seeds *seeds)
{
    seed_messages(seeds, write_protobuf);
}

void fuzz_msgpack_run(struct qc_bytes input)
{
    read_as(QC_FORMAT_MSGPACK, input);
}

void fuzz_msgpack_seed(const struct fuzz_seeds *seeds)
{
    seed_messages(seeds, qc_msgpack_write);
    seed_messages(seeds, write_names);
}

void fuzz_json_run(struct qc_bytes input)
{
    read_as(QC_FORMAT_JSON, input);
}

void fuzz_json_seed(const struct fuzz_seeds *seeds)
{
    seed_messages(seeds, write_json);
}

/* --- canonical: rows ------------------------------------------------------ */

/* What is read is what would be written, unknown fields and all; and whoever
 * reads some fields only judges the bytes in the same way. */
void fuzz_canonical_run(struct qc_bytes input)
{
    struct choices choices = {input};
    const ProtobufCMessageDescriptor *type = types_choose(&choices);
    struct qc_bytes bytes = choices_rest(&choices);
    struct qc_codec_error error;
    enum qc_codec_answer answer;
    ProtobufCMessage *message;
    ProtobufCMessage *loose;
    struct qc_bytes again;
    struct qc_arena arena;

    qc_arena_init(&arena, ARENA_SIZE);
    answer = qc_msgpack_read(type, bytes, &arena, &message, &error);
    if (answer != QC_CODEC_OK) {
        refused(answer, &error);
    } else {
        FUZZ_MUST(qc_msgpack_write(message, &arena, &again));
        same(bytes, again);
        FUZZ_MUST(qc_decode(QC_FORMAT_MSGPACK, type, bytes, &arena, &loose,
                            &error) == QC_CODEC_OK);
        in_every_form(loose, &arena);
    }
    qc_arena_done(&arena);
}

void fuzz_canonical_seed(const struct fuzz_seeds *seeds)
{
    seed_messages(seeds, qc_msgpack_write);
}

/* --- yaml ----------------------------------------------------------------- */

/* JSON is YAML, as far as configuration goes. */
void fuzz_yaml_run(struct qc_bytes input)
{
    struct choices choices = {input};
    const ProtobufCMessageDescriptor *type = types_choose(&choices);
    ProtobufCMessage *message;
    struct qc_yaml_error error;
    struct qc_arena arena;

    qc_arena_init(&arena, ARENA_SIZE);
    if (qc_yaml_read(type, "input", choices_rest(&choices), &arena, &message,
                     &error)) {
        in_every_form(message, &arena);
    } else {
        is_sentence(error.text, sizeof(error.text));
        FUZZ_MUST(strncmp(error.text, "input:", 6) == 0);
    }
    qc_arena_done(&arena);
}

void fuzz_yaml_seed(const struct fuzz_seeds *seeds)
{
    seed_messages(seeds, write_json);
}
