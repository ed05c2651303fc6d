/*
 * Small texts that come from outside, each by its reader: what is read and
 * written again is the same, and no reader runs past its end.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/base64.h"
#include "base/quoted.h"
#include "cluster-tests/fuzz/choices.h"
#include "cluster-tests/fuzz/target.h"
#include "codec/codec.h"
#include "codec/utf8.h"
#include "daemon/address.h"
#include "http2/connect.h"
#include "http2/grpc.h"
#include "http2/media.h"
#include "http2/peer_address.h"
#include "machine/id.h"
#include "rpc/hello.h"
#include "rpc/phone.h"
#include "rpc/reflection.h"
#include "rpc/served.h"

enum {
    QUOTED_SIZE = 64,
    ARENA_SIZE = 1024 * 1024,
};

/* As much of it as a header can hold; less than a second may be lost. */
static void grpc_timeout(const char *text)
{
    char written[QC_GRPC_TIMEOUT_SIZE];
    int64_t timeout_ms;
    int64_t again_ms;

    if (qc_grpc_timeout_read(text, &timeout_ms)) {
        FUZZ_MUST(timeout_ms >= 0);
        if (timeout_ms > 0) {
            qc_grpc_timeout_write(timeout_ms, written);
            FUZZ_MUST(qc_grpc_timeout_read(written, &again_ms));
            FUZZ_MUST(again_ms <= timeout_ms);
            FUZZ_MUST(again_ms > timeout_ms - 1000 ||
                      again_ms == INT64_C(99999999) * 1000);
        }
    }
}

static void connect_timeout(const char *text)
{
    int64_t timeout_ms;

    if (qc_connect_timeout_read(text, &timeout_ms)) {
        FUZZ_MUST(timeout_ms >= 0 && timeout_ms <= INT64_C(9999999999));
        FUZZ_MUST(strspn(text, "0123456789") == strlen(text));
    }
}

/* What is written is what a header may hold, and reads as the same. */
static void grpc_message(const char *text)
{
    struct qc_buffer written = {.data = NULL};
    struct qc_buffer read = {.data = NULL};

    FUZZ_MUST(qc_grpc_message_write(&written, text));
    for (size_t i = written.begin; i < written.end; i++) {
        FUZZ_MUST(written.data[i] >= 0x20 && written.data[i] <= 0x7e);
    }
    FUZZ_MUST(qc_buffer_add(&written, "", 1));
    FUZZ_MUST(qc_grpc_message_read(&read, (const char *)written.data));
    FUZZ_MUST(strcmp((const char *)read.data, text) == 0);
    qc_buffer_clear(&read);
    FUZZ_MUST(qc_grpc_message_read(&read, text));
    FUZZ_MUST(strlen((const char *)read.data) <= strlen(text));
    qc_buffer_done(&written);
    qc_buffer_done(&read);
}

static void base64(const char *text)
{
    uint8_t *bytes = malloc(qc_base64_size_max(text) + 1);
    size_t size;

    FUZZ_MUST(bytes != NULL);
    if (qc_base64_read(text, bytes, &size)) {
        char *written = calloc(1, qc_base64_text_size(size) + 1);
        uint8_t *again = malloc(size + 3);
        size_t size_again;

        FUZZ_MUST(written != NULL && again != NULL);
        FUZZ_MUST(size <= qc_base64_size_max(text));
        qc_base64_write((struct qc_bytes){bytes, size}, written);
        FUZZ_MUST(strlen(written) == qc_base64_text_size(size));
        FUZZ_MUST(qc_base64_read(written, again, &size_again));
        FUZZ_MUST(size_again == size && memcmp(bytes, again, size) == 0);
        free(written);
        free(again);
    }
    free(bytes);
}

static void addresses(const char *text)
{
    struct qc_address_range range;
    struct qc_address address;
    struct qc_peer_address peer = {.loopback = false};

    if (qc_address_range_read(text, &range)) {
        FUZZ_MUST(range.bits <= 128);
        memcpy(peer.full, range.full, sizeof(peer.full));
        FUZZ_MUST(qc_address_range_has(&range, &peer));
    }
    if (qc_address_read(text, &address)) {
        FUZZ_MUST(strnlen(address.host, sizeof(address.host)) <
                  sizeof(address.host));
        (void)qc_address_is_loopback(&address);
    }
}

/* A value of logfmt cannot end itself, nor its line. */
static void quoted(const char *text)
{
    char to[QUOTED_SIZE];
    size_t size = strlen(qc_quoted(to, sizeof(to), text));

    FUZZ_MUST(size >= 2 && size < sizeof(to));
    FUZZ_MUST(to[0] == '"' && to[size - 1] == '"');
    for (size_t i = 1; i < size - 1; i++) {
        FUZZ_MUST((unsigned char)to[i] >= 0x20 && to[i] != 0x7f);
        FUZZ_MUST(to[i] != '"');
        if (to[i] == '\\') {
            i++;
            FUZZ_MUST(i < size - 1);
        }
    }
}

static void names(const char *text)
{
    const struct qc_media *media = qc_media_of_content_type(text);
    uint64_t id;

    FUZZ_MUST(media == NULL || qc_media_of_content_type(media->name) == media);
    (void)qc_id_parse("al_", text, &id);
    (void)qc_removed_index(text);
    FUZZ_MUST(qc_grpc_status_read(text) <= QC_STATUS_UNAUTHENTICATED);
}

/* How many bytes the letter at |at| takes, by the table of RFC 3629; 0 for what
 * is none. */
static size_t letter_size(const uint8_t *at, size_t left)
{
    static const struct {
        uint8_t first[2];
        uint8_t second[2];
        size_t size;
    } LETTERS[] = {
        {{0x01, 0x7f}, {0, 0}, 1},       {{0xc2, 0xdf}, {0x80, 0xbf}, 2},
        {{0xe0, 0xe0}, {0xa0, 0xbf}, 3}, {{0xe1, 0xec}, {0x80, 0xbf}, 3},
        {{0xed, 0xed}, {0x80, 0x9f}, 3}, {{0xee, 0xef}, {0x80, 0xbf}, 3},
        {{0xf0, 0xf0}, {0x90, 0xbf}, 4}, {{0xf1, 0xf3}, {0x80, 0xbf}, 4},
        {{0xf4, 0xf4}, {0x80, 0x8f}, 4},
    };

    for (size_t i = 0; i < sizeof(LETTERS) / sizeof(LETTERS[0]); i++) {
        size_t size = LETTERS[i].size;
        bool good = at[0] >= LETTERS[i].first[0] &&
                    at[0] <= LETTERS[i].first[1] && left >= size;

        if (good && size > 1) {
            good =
                at[1] >= LETTERS[i].second[0] && at[1] <= LETTERS[i].second[1];
        }
        for (size_t j = 2; good && j < size; j++) {
            good = at[j] >= 0x80 && at[j] <= 0xbf;
        }
        if (good) {
            return size;
        }
    }
    return 0;
}

static void utf8(struct qc_bytes bytes)
{
    size_t at = 0;
    size_t size = 1;

    while (at < bytes.size && size > 0) {
        size = letter_size(bytes.data + at, bytes.size - at);
        at += size;
    }
    FUZZ_MUST(qc_utf8_is_text(bytes) == (size > 0));
}

void fuzz_words_run(struct qc_bytes input)
{
    static void (*const READERS[])(const char *text) = {
        grpc_timeout, connect_timeout, grpc_message, base64,
        addresses,    quoted,          names,
    };
    struct choices choices = {input};
    size_t reader = choices_number(&choices, 1) % 8;
    char *text;

    if (reader == 7) {
        utf8(choices_rest(&choices));
        return;
    }
    text = choices_text(&choices, input.size);
    READERS[reader](text);
    free(text);
}

void fuzz_words_seed(const struct fuzz_seeds *seeds)
{
    static const char *const TEXTS[] = {
        "\0", "99999999H",
        "\0", "1n",
        "\0", "250m",
        "\1", "9999999999",
        "\2", "100 %25 \"no\"\n\xf0\x9f\x98\x80",
        "\3", "YWJj",
        "\3", "-_8=",
        "\3", "YWI=",
        "\4", "10.0.0.0/8",
        "\4", "2001:db8::/32",
        "\4", "[::1]:7400",
        "\4", "localhost:7400",
        "\5", "a \"b\" \\ c\n",
        "\6", "application/grpc+msgpack; keys=name",
        "\6", "al_0123456789ABC",
        "\6", "16",
        "\7", "\xc2\x80\xe0\xa0\x80\xed\x9f\xbf\xf4\x8f\xbf\xbf",
        "\7", "\xed\xa0\x80",
    };

    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i += 2) {
        struct chosen chosen = {NULL, 0};

        chosen_bytes(&chosen, (struct qc_bytes){(const uint8_t *)TEXTS[i], 1});
        chosen_text(&chosen, TEXTS[i + 1]);
        seeds->take(seeds->ctx, (struct qc_bytes){chosen.bytes, chosen.size});
        chosen_done(&chosen);
    }
}

/* --- phone numbers -------------------------------------------------------- */

/* What is made of a number is E.164, and is the same number. */
void fuzz_phone_run(struct qc_bytes input)
{
    static const char *const COUNTRIES[] = {"GB", "US", "DE", "ZZ", ""};
    struct choices choices = {input};
    const char *country = COUNTRIES[choices_number(&choices, 1) % 5];
    char *text = choices_text(&choices, input.size);
    char e164[QC_E164_SIZE];
    char again[QC_E164_SIZE];

    if (qc_phone_read(text, country, e164)) {
        size_t size = strnlen(e164, sizeof(e164));

        FUZZ_MUST(size >= 8 && size < sizeof(e164));
        FUZZ_MUST(e164[0] == '+');
        FUZZ_MUST(strspn(e164 + 1, "0123456789") == size - 1);
        FUZZ_MUST(qc_phone_read(e164, "", again));
        FUZZ_MUST(strcmp(e164, again) == 0);
    }
    free(text);
}

void fuzz_phone_seed(const struct fuzz_seeds *seeds)
{
    static const char *const TEXTS[] = {
        "\0020 7946 0000", "\1(415) 555-2671",           "\2+49 (0)30 901820",
        "\3+442079460000", "\3tel:+1-800-FLOWERS;ext=5", "\3+800 1234 5678",
    };

    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        seeds->take(seeds->ctx, (struct qc_bytes){(const uint8_t *)TEXTS[i],
                                                  strlen(TEXTS[i])});
    }
}

/* --- reflection ----------------------------------------------------------- */

/* Anybody may ask it anything. */
void fuzz_reflection_run(struct qc_bytes input)
{
    static struct qc_served *served;
    Grpc__Reflection__V1__ServerReflectionResponse answer =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__INIT;
    struct qc_codec_error error;
    ProtobufCMessage *asked;
    struct qc_arena arena;
    struct qc_bytes bytes;

    if (served == NULL) {
        served = qc_served_new();
        FUZZ_MUST(served != NULL);
    }
    qc_arena_init(&arena, ARENA_SIZE);
    if (qc_decode(QC_FORMAT_PROTOBUF,
                  &grpc__reflection__v1__server_reflection_request__descriptor,
                  input, &arena, &asked, &error) == QC_CODEC_OK) {
        FUZZ_MUST(qc_reflection_answer(
            served, (Grpc__Reflection__V1__ServerReflectionRequest *)asked,
            &arena, &answer));
        FUZZ_MUST(qc_encode(QC_FORMAT_PROTOBUF, &answer.base, &arena, &bytes));
    }
    qc_arena_done(&arena);
}

void fuzz_reflection_seed(const struct fuzz_seeds *seeds)
{
    static const uint8_t TEXTS[][48] = {
        "\x1a\x18quorumcall/v1/pool.proto",
        "\x22\x12quorumcall.v1.Pool",
        "\x22\x27quorumcall.v1.NumberService.MatchCall",
        "\x32\x18quorumcall.v1.MatchCall",
        "\x3a\x01*",
        "\x0a\x01h\x2a\x1f\x0a\x1cgoogle.protobuf.FieldOptions",
    };

    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        seeds->take(seeds->ctx, (struct qc_bytes){
                                    TEXTS[i], strlen((const char *)TEXTS[i])});
    }
}
