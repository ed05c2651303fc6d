#include "http2/twin.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "http2/answer.h"
#include "http2/api_loop.h"
#include "http2/framing.h"
#include "http2/incoming.h"
#include "http2/stream.h"

struct qc_twin {
    /* What the handler holds. The handler's loop's, once it has begun. */
    struct qc_call call;
    /* The call itself; NULL once it is closed. The serving loop's. */
    struct qc_call *original;
    struct qc_api_loop *loop;
    atomic_size_t queued; /* Bytes of a stream that were sent and not left. */
    /* To the handler. */
    struct qc_letter begin;
    struct qc_letter end;
    struct qc_letter writable;
    struct qc_letter leaving;
    struct qc_letter close; /* And home. */
    bool answered;          /* How it was closed. */
    enum qc_status outcome;
    /* To the call. */
    struct qc_letter allow_origin;
    struct qc_letter want_room;
    struct qc_letter turn_away;
};

/* --- to the handler ------------------------------------------------------- */

/* A message that has come. */
struct message {
    struct qc_letter letter;
    bool receipt; /* The letter is to come back. */
    size_t size;
    uint8_t data[];
};

static void tell(struct qc_twin *twin,
                 struct qc_letter *letter,
                 void (*read)(struct qc_letter *letter))
{
    letter->read = read;
    letter->about = twin;
    qc_outbox_put(&twin->loop->to_server, letter);
}

static void read_begin(struct qc_letter *letter)
{
    struct qc_twin *twin = letter->about;
    const struct qc_call_handler *handler = &twin->loop->handler;

    handler->begin(handler->ctx, &twin->call);
}

static void read_receipt(struct qc_letter *letter)
{
    const struct qc_twin *twin = letter->about;

    qc_connection_touch(twin->call.connection);
    free(letter);
}

static void read_message(struct qc_letter *letter)
{
    struct message *message = (struct message *)letter;
    struct qc_twin *twin = letter->about;
    const struct qc_call_handler *handler = &twin->loop->handler;

    if (!twin->call.answered) {
        handler->message(handler->ctx, &twin->call,
                         (struct qc_bytes){message->data, message->size});
    }
    qc_tally_add(&twin->loop->handled, sizeof(*message) + message->size);
    qc_tally_add(&twin->call.connection->handled,
                 sizeof(*message) + message->size);
    if (message->receipt) {
        letter->read = read_receipt;
        qc_outbox_put(&twin->loop->to_thread, letter);
    } else {
        free(message);
    }
}

static void read_end(struct qc_letter *letter)
{
    struct qc_twin *twin = letter->about;
    const struct qc_call_handler *handler = &twin->loop->handler;

    if (!twin->call.answered) {
        handler->end(handler->ctx, &twin->call);
    }
}

static void read_writable(struct qc_letter *letter)
{
    struct qc_twin *twin = letter->about;
    const struct qc_call_handler *handler = &twin->loop->handler;

    twin->call.wants_room = false;
    if (!twin->call.answered && handler->writable != NULL) {
        handler->writable(handler->ctx, &twin->call);
    }
}

static void read_leaving(struct qc_letter *letter)
{
    struct qc_twin *twin = letter->about;
    const struct qc_call_handler *handler = &twin->loop->handler;

    if (!twin->call.answered && handler->leaving != NULL) {
        handler->leaving(handler->ctx, &twin->call);
    }
}

static void read_home(struct qc_letter *letter)
{
    struct qc_twin *twin = letter->about;

    qc_connection_twin_gone(twin->call.connection);
    qc_buffer_done(&twin->call.headers.text);
    qc_buffer_done(&twin->call.metadata.text);
    free(twin);
}

static void read_close(struct qc_letter *letter)
{
    struct qc_twin *twin = letter->about;
    const struct qc_call_handler *handler = &twin->loop->handler;

    twin->call.answered = twin->answered;
    twin->call.outcome = twin->outcome;
    handler->close(handler->ctx, &twin->call);
    letter->read = read_home;
    qc_outbox_put(&twin->loop->to_thread, letter);
}

/* --- the handler of the loop that serves ---------------------------------- */

static enum qc_call_kind serve_kind(void *ctx, const char *path, bool is_get)
{
    const struct qc_api_loop *loop = ctx;

    return loop->handler.kind(loop->handler.ctx, path, is_get);
}

static bool headers_copy(const struct qc_fields *from, struct qc_fields *to)
{
    struct qc_bytes bytes = qc_buffer_bytes(&from->text);

    to->n = from->n;
    to->marks = from->marks;
    return qc_buffer_add(&to->text, bytes.data, bytes.size);
}

static struct qc_twin *twin_new(struct qc_api_loop *loop, struct qc_call *call)
{
    struct qc_twin *twin = calloc(1, sizeof(*twin));
    const char *path;

    if (twin == NULL || !headers_copy(&call->headers, &twin->call.headers)) {
        free(twin);
        return NULL;
    }
    path = qc_call_header(&twin->call, ":path");
    twin->call.path = path != NULL ? path : "";
    twin->call.twin = twin;
    twin->call.connection = call->connection;
    twin->call.kind = call->kind;
    twin->call.media = call->media;
    twin->call.deadline_ms = call->deadline_ms;
    twin->call.begun_us = call->begun_us;
    twin->original = call;
    twin->loop = loop;
    atomic_init(&twin->queued, 0);
    call->queued = &twin->queued;
    call->connection->n_twins++;
    return twin;
}

static void serve_begin(void *ctx, struct qc_call *call)
{
    struct qc_twin *twin = twin_new(ctx, call);

    qc_call_set_data(call, twin);
    if (twin == NULL) {
        qc_answer_turn_away(call, "the node is short of memory");
        return;
    }
    tell(twin, &twin->begin, read_begin);
}

static void serve_message(void *ctx,
                          struct qc_call *call,
                          struct qc_bytes bytes)
{
    struct qc_api_loop *loop = ctx;
    struct message *message = malloc(sizeof(*message) + bytes.size);

    if (message == NULL) {
        qc_answer_turn_away(call, "the node is short of memory");
        return;
    }
    message->size = bytes.size;
    if (bytes.size > 0) {
        memcpy(message->data, bytes.data, bytes.size);
    }
    qc_tally_add(&loop->sent, sizeof(*message) + bytes.size);
    qc_tally_add(&call->connection->sent, sizeof(*message) + bytes.size);
    message->receipt = qc_connection_runs_ahead(call->connection);
    tell(qc_call_data(call), &message->letter, read_message);
}

static void serve_end(void *ctx, struct qc_call *call)
{
    struct qc_twin *twin = qc_call_data(call);

    (void)ctx;
    tell(twin, &twin->end, read_end);
}

static void serve_writable(void *ctx, struct qc_call *call)
{
    struct qc_twin *twin = qc_call_data(call);

    (void)ctx;
    tell(twin, &twin->writable, read_writable);
}

static void serve_leaving(void *ctx, struct qc_call *call)
{
    struct qc_twin *twin = qc_call_data(call);

    (void)ctx;
    tell(twin, &twin->leaving, read_leaving);
}

static void serve_close(void *ctx, struct qc_call *call)
{
    struct qc_twin *twin = qc_call_data(call);

    (void)ctx;
    if (twin == NULL) {
        return;
    }
    call->queued = NULL;
    twin->original = NULL;
    twin->answered = call->answered;
    twin->outcome = call->outcome;
    tell(twin, &twin->close, read_close);
}

struct qc_call_handler qc_twin_handler(struct qc_api_loop *loop)
{
    return (struct qc_call_handler){
        .ctx = loop,
        .kind = serve_kind,
        .begin = serve_begin,
        .message = serve_message,
        .end = serve_end,
        .close = serve_close,
        .writable = serve_writable,
        .leaving = serve_leaving,
    };
}

/* --- to the call ---------------------------------------------------------- */

/* Something that the handler says. What is borrowed when it says so stands
 * behind the letter. */
struct word {
    struct qc_letter letter;
    void (*say)(const struct word *word, struct qc_call *call);
    struct qc_fields metadata;
    struct qc_bytes bytes;
    size_t size; /* That waits until it is heard. */
    const char *text;
    unsigned number;
    struct qc_call_detail *details;
    unsigned n_details;
    uint8_t *free; /* Room behind it. */
};

static struct word *word_new(struct qc_twin *twin,
                             size_t size,
                             void (*say)(const struct word *word,
                                         struct qc_call *call))
{
    struct word *word = calloc(1, sizeof(*word) + size);

    if (word == NULL) {
        qc_twin_turn_away(twin);
        return NULL;
    }
    word->letter.about = twin;
    word->say = say;
    word->free = (uint8_t *)(word + 1);
    return word;
}

static struct qc_bytes keep(struct word *word, struct qc_bytes bytes)
{
    struct qc_bytes kept = {word->free, bytes.size};

    if (bytes.size > 0) {
        memcpy(word->free, bytes.data, bytes.size);
        word->free += bytes.size;
    }
    return kept;
}

static const char *keep_text(struct word *word, const char *text)
{
    struct qc_bytes bytes = {(const uint8_t *)text, strlen(text) + 1};

    return (const char *)keep(word, bytes).data;
}

static void read_word(struct qc_letter *letter)
{
    struct word *word = (struct word *)letter;
    struct qc_twin *twin = letter->about;
    struct qc_call *call = twin->original;

    /* Before it is counted as output, so that it does not stand in its own way.
     * Who looks from another thread at this moment sees it nowhere. */
    qc_tally_add(&twin->loop->heard, word->size);
    qc_tally_add(&twin->call.connection->heard, word->size);
    if (call != NULL && qc_answer_open(call)) {
        if (word->metadata.n > 0) {
            qc_buffer_done(&call->metadata.text);
            call->metadata = word->metadata;
            word->metadata = (struct qc_fields){.n = 0};
        }
        word->say(word, call);
    }
    qc_buffer_done(&word->metadata.text);
    free(word);
}

static void put(struct word *word)
{
    struct qc_twin *twin = word->letter.about;

    qc_tally_add(&twin->loop->said, word->size);
    qc_tally_add(&twin->call.connection->said, word->size);
    word->letter.read = read_word;
    qc_outbox_put(&twin->loop->to_thread, &word->letter);
}

/* Nothing is said after it. */
static void put_last(struct word *word, enum qc_status outcome)
{
    struct qc_twin *twin = word->letter.about;

    twin->call.answered = true;
    twin->call.outcome = outcome;
    word->metadata = twin->call.metadata;
    twin->call.metadata = (struct qc_fields){.n = 0};
    put(word);
}

/* One of the letters of |twin|. */
static void ask(struct qc_twin *twin,
                struct qc_letter *letter,
                void (*read)(struct qc_letter *letter))
{
    letter->read = read;
    letter->about = twin;
    qc_outbox_put(&twin->loop->to_thread, letter);
}

static void read_turn_away(struct qc_letter *letter)
{
    struct qc_twin *twin = letter->about;

    if (twin->original != NULL) {
        qc_answer_turn_away(twin->original, "the node is short of memory");
    }
}

void qc_twin_turn_away(struct qc_twin *twin)
{
    if (twin->call.answered) {
        return;
    }
    twin->call.answered = true;
    ask(twin, &twin->turn_away, read_turn_away);
}

/* --- what the handler says ------------------------------------------------ */

static void say_answer(const struct word *word, struct qc_call *call)
{
    qc_call_answer(call, word->bytes);
}

void qc_twin_answer(struct qc_twin *twin, struct qc_bytes message)
{
    struct word *word =
        twin->call.answered ? NULL : word_new(twin, message.size, say_answer);

    if (word != NULL) {
        word->bytes = keep(word, message);
        word->size = message.size;
        put_last(word, QC_STATUS_OK);
    }
}

static void say_fail(const struct word *word, struct qc_call *call)
{
    qc_call_fail(call, &(struct qc_call_error){
                           .status = (enum qc_status)word->number,
                           .message = word->text,
                           .details = word->details,
                           .n_details = word->n_details,
                       });
}

static size_t details_size(const struct qc_call_error *error)
{
    size_t size = error->n_details * sizeof(*error->details);

    for (unsigned i = 0; i < error->n_details; i++) {
        size += strlen(error->details[i].type) + 1;
        size += error->details[i].value.size;
    }
    return size;
}

void qc_twin_fail(struct qc_twin *twin, const struct qc_call_error *error)
{
    size_t size = details_size(error) + strlen(error->message) + 1;
    struct word *word =
        twin->call.answered ? NULL : word_new(twin, size, say_fail);

    if (word == NULL) {
        return;
    }
    /* First, for it has to be aligned. */
    word->details = (struct qc_call_detail *)(void *)word->free;
    word->free += error->n_details * sizeof(*error->details);
    word->n_details = error->n_details;
    for (unsigned i = 0; i < error->n_details; i++) {
        word->details[i].type = keep_text(word, error->details[i].type);
        word->details[i].value = keep(word, error->details[i].value);
    }
    word->text = keep_text(word, error->message);
    word->number = (unsigned)error->status;
    put_last(word, error->status);
}

static void say_page(const struct word *word, struct qc_call *call)
{
    qc_call_answer_page(call, word->number, word->text, word->bytes);
}

void qc_twin_answer_page(struct qc_twin *twin,
                         unsigned status,
                         const char *content_type,
                         struct qc_bytes body)
{
    size_t size = strlen(content_type) + 1 + body.size;
    struct word *word =
        twin->call.answered ? NULL : word_new(twin, size, say_page);

    if (word != NULL) {
        word->number = status;
        word->text = keep_text(word, content_type);
        word->bytes = keep(word, body);
        word->size = body.size;
        put_last(word, QC_STATUS_OK);
    }
}

static void say_preflight(const struct word *word, struct qc_call *call)
{
    qc_call_answer_preflight(call, word->number != 0);
}

void qc_twin_answer_preflight(struct qc_twin *twin, bool allowed)
{
    struct word *word =
        twin->call.answered ? NULL : word_new(twin, 0, say_preflight);

    if (word != NULL) {
        word->number = allowed ? 1 : 0;
        put_last(word, QC_STATUS_OK);
    }
}

static void read_allow_origin(struct qc_letter *letter)
{
    struct qc_twin *twin = letter->about;

    if (twin->original != NULL) {
        qc_call_allow_origin(twin->original);
    }
}

void qc_twin_allow_origin(struct qc_twin *twin)
{
    ask(twin, &twin->allow_origin, read_allow_origin);
}

/* --- streams -------------------------------------------------------------- */

static void say_message(const struct word *word, struct qc_call *call)
{
    qc_stream_say(call, word->bytes);
}

static void read_want_room(struct qc_letter *letter)
{
    struct qc_twin *twin = letter->about;

    if (twin->original != NULL) {
        qc_stream_want_room(twin->original);
    }
}

/* Asks once: until writable() tells. */
static void want_room(struct qc_twin *twin)
{
    if (twin->call.wants_room) {
        return;
    }
    twin->call.wants_room = true;
    ask(twin, &twin->want_room, read_want_room);
}

static bool crowded(const struct qc_twin *twin)
{
    const struct qc_server_core *server = twin->loop->server;

    return qc_connection_waiting(twin->call.connection) >
               server->limits.output_size ||
           qc_api_loops_waiting(server->loops) >
               server->limits.output_total_size;
}

bool qc_twin_send(struct qc_twin *twin, struct qc_bytes message)
{
    const struct qc_server_core *server = twin->loop->server;
    struct word *word;

    if (twin->call.answered) {
        return false;
    }
    if (atomic_load(&twin->queued) > server->limits.stream_output_size ||
        crowded(twin)) {
        want_room(twin);
        return false;
    }
    word = word_new(twin, message.size, say_message);
    if (word == NULL) {
        return false;
    }
    word->bytes = keep(word, message);
    word->size = message.size + QC_FRAMING_PREFIX_SIZE;
    atomic_fetch_add(&twin->queued, word->size);
    put(word);
    return true;
}

static void say_end(const struct word *word, struct qc_call *call)
{
    (void)word;
    qc_call_end(call);
}

void qc_twin_end(struct qc_twin *twin)
{
    struct word *word = twin->call.answered ? NULL : word_new(twin, 0, say_end);

    if (word != NULL) {
        put_last(word, QC_STATUS_OK);
    }
}

int64_t qc_twin_now_ms(const struct qc_twin *twin)
{
    return (int64_t)uv_now(twin->loop->server->loop);
}
